import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The checks of the integration tests, with MySQL Connector/J.
 *
 * <pre>Check HOST PORT USER PASSWORD DATABASE BASE_ID VARIANT</pre>
 *
 * Works on the table client_check, on ids from BASE_ID on. VARIANT: plain (no TLS, prepared statements by the server),
 * tls (the same over TLS), or text (the driver's defaults: TLS if offered, parameters put into the text). Prints one
 * line of JSON: the outcome of each check.
 */
public final class Check {
    interface Body {
        void run() throws Exception;
    }

    private static final Map<String, String> CHECKS = new LinkedHashMap<>();
    private static String server = "";

    private static void check(String name, Body body) {
        try {
            body.run();
            CHECKS.put(name, "ok");
        } catch (Exception e) {
            CHECKS.put(name, e.toString());
        }
    }

    private static void same(Object got, Object want) {
        if (!String.valueOf(got).equals(String.valueOf(want))) {
            throw new IllegalStateException("got " + got + ", not " + want);
        }
    }

    private static void fails(int errno, String state, Body body) throws Exception {
        try {
            body.run();
        } catch (SQLException e) {
            same(e.getErrorCode() + " " + e.getSQLState(), errno + " " + state);
            return;
        }
        throw new IllegalStateException("no error");
    }

    private static String json(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }

    public static void main(String[] arg) throws Exception {
        long base = Long.parseLong(arg[5]);
        String options = "connectionTimeZone=SERVER&connectTimeout=20000&socketTimeout=60000";
        switch (arg[6]) {
            case "tls":
                options += "&sslMode=REQUIRED&useServerPrepStmts=true";
                break;
            case "text":
                options += "&allowPublicKeyRetrieval=true";
                break;
            default:
                options += "&sslMode=DISABLED&allowPublicKeyRetrieval=true&useServerPrepStmts=true";
        }
        String url = "jdbc:mysql://" + arg[0] + ":" + arg[1] + "/" + arg[4] + "?" + options;
        Connection[] connection = new Connection[1];
        check("connect", () -> connection[0] = DriverManager.getConnection(url, arg[2], arg[3]));
        if (connection[0] != null) {
            run(connection[0], base);
            connection[0].close();
        }
        StringBuilder out = new StringBuilder("{\"client\": \"MySQL Connector/J 9.7\", \"server\": " + json(server) + ", \"checks\": {");
        String separator = "";
        for (Map.Entry<String, String> entry : CHECKS.entrySet()) {
            out.append(separator).append(json(entry.getKey())).append(": ").append(json(entry.getValue()));
            separator = ", ";
        }
        System.out.write(out.append("}}\n").toString().getBytes(StandardCharsets.UTF_8));
        System.out.flush();
    }

    private static int update(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            return statement.executeUpdate();
        }
    }

    private static String value(Connection connection, String sql, long id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setLong(1, id);
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() ? rows.getString(1) : "no row";
            }
        }
    }

    private static void run(Connection connection, long base) {
        String text = "Zoë 太郎 😀 'quoted' \"double\" back\\slash";
        byte[] blob = new byte[256];
        for (int i = 0; i < blob.length; i++) {
            blob[i] = (byte) i;
        }
        Date born = Date.valueOf("1815-12-10");
        Timestamp seen = Timestamp.valueOf("2024-02-29 23:59:58.123456");
        String note = "SELECT note FROM client_check WHERE id = ?";

        check("text_query", () -> {
            try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery("SELECT VERSION()")) {
                rows.next();
                server = rows.getString(1);
            }
        });
        check("insert", () -> {
            try (Statement statement = connection.createStatement()) {
                for (long id = base; id < base + 10; id++) {
                    statement.executeUpdate("DELETE FROM client_check WHERE id = " + id);
                }
                same(statement.executeUpdate("INSERT INTO client_check (id, name) VALUES (" + base + ", 'text')"), 1);
            }
        });
        check("prepared_insert", () -> update(connection,
            "INSERT INTO client_check (id, name, amount, born, seen, data, ratio, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            base + 1, text, new BigDecimal("-12345678901234.5678"), born, seen, blob, 0.1, null));
        Object[] row = new Object[7];
        check("prepared_select", () -> {
            String sql = "SELECT name, amount, born, seen, data, ratio, note FROM client_check WHERE id = ?";
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setLong(1, base + 1);
                try (ResultSet rows = statement.executeQuery()) {
                    same(rows.next(), true);
                    row[0] = rows.getString(1);
                    row[1] = rows.getBigDecimal(2);
                    row[2] = rows.getDate(3);
                    row[3] = rows.getTimestamp(4);
                    row[4] = rows.getBytes(5);
                    row[5] = rows.getDouble(6);
                    row[6] = rows.getString(7);
                    same(rows.next(), false);
                }
            }
        });
        check("null", () -> same(row[6] == null, true));
        check("decimal", () -> same(row[1], "-12345678901234.5678"));
        check("date", () -> same(row[2], born));
        check("datetime", () -> same(row[3], seen));
        check("utf8", () -> same(row[0], text));
        check("binary", () -> same(Arrays.equals((byte[]) row[4], blob), true));
        check("double", () -> same(row[5], 0.1));
        check("multi_row", () -> {
            StringBuilder values = new StringBuilder();
            List<Object> parameters = new ArrayList<>();
            for (long id = base + 2; id < base + 7; id++) {
                values.append(values.length() == 0 ? "(?, ?)" : ", (?, ?)");
                parameters.add(id);
                parameters.add("row " + (id - base));
            }
            same(update(connection, "INSERT INTO client_check (id, name) VALUES " + values, parameters.toArray()), 5);
            StringBuilder found = new StringBuilder();
            String sql = "SELECT id, name FROM client_check WHERE id IN (?, ?, ?, ?, ?) ORDER BY id DESC";
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                for (int i = 0; i < 5; i++) {
                    statement.setLong(i + 1, base + 2 + i);
                }
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        found.append(rows.getLong(1) - base).append(' ').append(rows.getString(2)).append("; ");
                    }
                }
            }
            same(found, "6 row 6; 5 row 5; 4 row 4; 3 row 3; 2 row 2; ");
        });
        check("affected_rows", () -> same(update(connection, "UPDATE client_check SET name = 'changed' WHERE id = ?", base), 1));
        check("commit", () -> {
            connection.setAutoCommit(false);
            update(connection, "UPDATE client_check SET note = 'kept' WHERE id = ?", base);
            connection.commit();
            connection.setAutoCommit(true);
            same(value(connection, note, base), "kept");
        });
        check("rollback", () -> {
            connection.setAutoCommit(false);
            update(connection, "UPDATE client_check SET note = 'gone' WHERE id = ?", base);
            connection.rollback();
            connection.setAutoCommit(true);
            same(value(connection, note, base), "kept");
        });
        check("duplicate_key_error", () -> fails(1062, "23000",
            () -> update(connection, "INSERT INTO client_check (id, name) VALUES (?, 'again')", base)));
        check("unknown_table_error", () -> fails(1146, "42S02", () -> value(connection, "SELECT * FROM no_such_table WHERE id = ?", 1)));
        check("syntax_error", () -> fails(1064, "42000", () -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute("SELEKT 1");
            }
        }));
        check("after_error", () -> same(value(connection, "SELECT name FROM client_check WHERE id = ?", base), "changed"));
        check("big_value", () -> {
            String big = "0123456789abcdef".repeat(70000);
            update(connection, "INSERT INTO client_check (id, name, note) VALUES (?, 'big', ?)", base + 7, big);
            same(value(connection, note, base + 7).equals(big), true);
        });
    }
}
