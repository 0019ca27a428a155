import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;

/** The sample shop from Java: {@code make demo} in another terminal, then
 *  {@code java -cp mysql-connector-j.jar docs/examples/Shop.java}. */
public class Shop {
    public static void main(String[] args) throws Exception {
        String port = args.length > 0 ? args[0] : "15306";
        String url = "jdbc:mysql://127.0.0.1:" + port + "/customer?useServerPrepStmts=true";
        try (Connection shop = DriverManager.getConnection(url, "app", "app")) {
            System.out.println("connected to " + shop.getMetaData().getDatabaseProductVersion());
            try (PreparedStatement one = shop.prepareStatement("SELECT name, balance FROM customer WHERE id = ?")) {
                for (long id = 41; id <= 43; id++) {
                    one.setLong(1, id);
                    try (ResultSet rows = one.executeQuery()) {
                        while (rows.next()) {
                            System.out.println(id + ": " + rows.getString(1) + ", " + rows.getBigDecimal(2));
                        }
                    }
                }
            }
        }
    }
}
