import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;

/** JDBC's DatabaseMetaData, by SHOW and by information_schema, with databases as catalogs and as schemas. */
final class Metadata {
    interface Question {
        ResultSet ask() throws SQLException;
    }

    private static final String[] TABLES = {
        "DROP TABLE IF EXISTS j_order",
        "DROP TABLE IF EXISTS j_customer",
        "CREATE TABLE j_customer (id BIGINT UNSIGNED NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL DEFAULT 'x' COMMENT 'called',"
            + " born DATE, price DECIMAL(10,2), ok TINYINT(1), bits BIT(8), doc JSON, kind ENUM('a','b'), seen TIMESTAMP(3) NULL,"
            + " length INT GENERATED ALWAYS AS (LENGTH(name)) VIRTUAL, KEY by_name (name), KEY by_born (born))"
            + " COMMENT 'customers'",
        "CREATE TABLE j_order (customerId BIGINT UNSIGNED NOT NULL, id INT NOT NULL, PRIMARY KEY (customerId, id),"
            + " CONSTRAINT of_customer FOREIGN KEY (customerId) REFERENCES j_customer (id) ON DELETE CASCADE)",
        "INSERT INTO j_customer (id, name) VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')",
    };

    static void run(String url, String user, String password, String database) throws SQLException {
        String[] ways = {"", "&useInformationSchema=true", "&databaseTerm=SCHEMA", "&useServerPrepStmts=true"};
        for (String way : ways) {
            System.out.println("# JDBC " + way);
            try (Connection connection = DriverManager.getConnection(url + way, user, password)) {
                try (Statement statement = connection.createStatement()) {
                    for (String text : TABLES) {
                        statement.execute(text);
                    }
                }
                boolean schemas = way.endsWith("SCHEMA");
                describe(connection.getMetaData(), schemas ? null : database, schemas ? database : null);
                read(connection);
            }
        }
    }

    private static void describe(DatabaseMetaData about, String catalog, String schema) throws SQLException {
        show("tables", () -> about.getTables(catalog, schema, "j%", new String[] {"TABLE", "VIEW"}));
        show("columns", () -> about.getColumns(catalog, schema, "j%", "%"));
        show("primary keys", () -> about.getPrimaryKeys(catalog, schema, "j_order"));
        show("imported keys", () -> about.getImportedKeys(catalog, schema, "j_order"));
        show("exported keys", () -> about.getExportedKeys(catalog, schema, "j_customer"));
        show("references", () -> about.getCrossReference(catalog, schema, "j_customer", catalog, schema, "j_order"));
        show("row id", () -> about.getBestRowIdentifier(catalog, schema, "j_order", DatabaseMetaData.bestRowSession, false));
        show("version columns", () -> about.getVersionColumns(catalog, schema, "j_customer"));
        show("procedures", () -> about.getProcedures(catalog, schema, "%"));
        show("procedure columns", () -> about.getProcedureColumns(catalog, schema, "%", "%"));
        show("functions", () -> about.getFunctions(catalog, schema, "nosuch%"));
        show("types", about::getTypeInfo);
        show("table types", about::getTableTypes);
        try (ResultSet found = about.getIndexInfo(catalog, schema, "j_customer", false, true)) {
            while (found.next()) {
                // Not the cardinality, which is an estimate.
                for (int column : new int[] {3, 4, 6, 7, 8, 9, 10}) {
                    System.out.print(found.getString(column) + "|");
                }
                System.out.println();
            }
        }
        String database = catalog == null ? schema : catalog;
        System.out.println(names(about.getCatalogs(), database) + " " + names(about.getSchemas(), database));
        System.out.println(about.getDatabaseMajorVersion() + " " + about.getSQLKeywords().length() + " "
            + about.storesLowerCaseIdentifiers() + " " + about.getDefaultTransactionIsolation() + " " + about.getIdentifierQuoteString());
    }

    private static boolean names(ResultSet databases, String wanted) throws SQLException {
        boolean found = false;
        while (databases.next()) {
            found |= databases.getString(1).equals(wanted);
        }
        return found;
    }

    private static void show(String name, Question question) {
        System.out.println("## " + name);
        try (ResultSet rows = question.ask()) {
            int columns = rows.getMetaData().getColumnCount();
            while (rows.next()) {
                for (int column = 1; column <= columns; column++) {
                    System.out.print(rows.getString(column) + "|");
                }
                System.out.println();
            }
        } catch (SQLException error) {
            System.out.println(error.getErrorCode() + " " + error.getMessage());
        }
    }

    private static void read(Connection connection) throws SQLException {
        String text = "SELECT *, COUNT(*) OVER () AS n FROM j_customer WHERE id > ? ORDER BY id";
        try (PreparedStatement statement = connection.prepareStatement(text)) {
            statement.setLong(1, 1);
            ResultSet rows = statement.executeQuery();
            ResultSetMetaData columns = rows.getMetaData();
            for (int column = 1; column <= columns.getColumnCount(); column++) {
                System.out.println(columns.getColumnName(column) + " " + columns.getColumnTypeName(column) + " "
                    + columns.getColumnClassName(column) + " " + columns.getTableName(column) + " " + columns.isNullable(column)
                    + " " + columns.getPrecision(column) + " " + columns.getScale(column));
            }
            while (rows.next()) {
                System.out.println(rows.getObject(1) + " " + rows.getObject(2) + " " + rows.getObject("n"));
            }
        }
        connection.setAutoCommit(false);
        connection.setReadOnly(true);
        connection.setReadOnly(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        Savepoint savepoint = connection.setSavepoint("before");
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("DELETE FROM j_customer WHERE id > 1");
            connection.rollback(savepoint);
            ResultSet count = statement.executeQuery("SELECT COUNT(*) FROM j_customer");
            count.next();
            System.out.println(count.getLong(1) + " " + connection.isValid(2) + " " + connection.getTransactionIsolation());
        }
        connection.rollback();
    }
}
