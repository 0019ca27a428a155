import java.util.logging.LogManager;

/** What JDBC's metadata and Hibernate make of a database: host, port, user, password, database. All is printed. */
public final class Run {
    public static void main(String[] args) throws Exception {
        LogManager.getLogManager().reset();
        String url = "jdbc:mysql://" + args[0] + ":" + args[1] + "/" + args[4] + "?sslMode=DISABLED&allowPublicKeyRetrieval=true";
        Metadata.run(url, args[2], args[3], args[4]);
        Mapped.run(url, args[2], args[3]);
    }
}
