import jakarta.persistence.CascadeType;
import jakarta.persistence.Column;
import jakarta.persistence.Embeddable;
import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.FetchType;
import jakarta.persistence.Id;
import jakarta.persistence.Index;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.LockModeType;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.MapsId;
import jakarta.persistence.OneToMany;
import jakarta.persistence.OrderBy;
import jakarta.persistence.Table;
import jakarta.persistence.Version;
import java.io.Serializable;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.hibernate.Session;
import org.hibernate.SessionFactory;
import org.hibernate.Transaction;
import org.hibernate.cfg.Configuration;

/** Hibernate: the schema is created, validated and dropped, and entities with a join go through it. */
final class Mapped {
    @Entity(name = "Customer")
    @Table(name = "h_customer", indexes = @Index(name = "by_name", columnList = "name"))
    public static class Customer {
        @Id public Long id;
        @Column(length = 40, nullable = false) public String name;
        public LocalDate born;
        @Version public int version;
        @OneToMany(mappedBy = "customer", cascade = CascadeType.ALL, orphanRemoval = true)
        @OrderBy("id.id")
        public List<Order> orders = new ArrayList<>();
    }

    @Embeddable
    public record OrderId(@Column(name = "customer_id") Long customerId, @Column(name = "id") Long id) implements Serializable {}

    @Entity(name = "Order_")
    @Table(name = "h_order")
    public static class Order {
        @EmbeddedId public OrderId id;
        @MapsId("customerId")
        @ManyToOne(fetch = FetchType.LAZY)
        @JoinColumn(name = "customer_id")
        public Customer customer;
        @Column(precision = 10, scale = 2) public BigDecimal total;
        @Enumerated(EnumType.STRING) public State state;
    }

    public enum State { NEW, PAID }

    interface Work {
        Object run(Session session);
    }

    static void run(String url, String user, String password) {
        System.out.println("# Hibernate");
        for (String mode : List.of("create", "validate")) {
            open(url, user, password, mode).close();
            System.out.println(mode);
        }
        try (SessionFactory factory = open(url, user, password, "update")) {
            use(factory);
        }
        open(url, user, password, "create-drop").close();
    }

    private static SessionFactory open(String url, String user, String password, String mode) {
        Configuration configuration = new Configuration().addAnnotatedClass(Customer.class).addAnnotatedClass(Order.class);
        configuration.setProperty("hibernate.connection.url", url);
        configuration.setProperty("hibernate.connection.username", user);
        configuration.setProperty("hibernate.connection.password", password);
        configuration.setProperty("hibernate.connection.pool_size", "2");
        configuration.setProperty("hibernate.jdbc.batch_size", "5");
        configuration.setProperty("hibernate.hbm2ddl.auto", mode);
        return configuration.buildSessionFactory();
    }

    private static void show(SessionFactory factory, String name, Work work) {
        try (Session session = factory.openSession()) {
            Transaction transaction = session.beginTransaction();
            Object found = work.run(session);
            transaction.commit();
            System.out.println(name + " " + found);
        } catch (RuntimeException error) {
            Throwable cause = error;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            System.out.println(name + " " + error.getClass().getSimpleName() + " " + cause.getMessage());
        }
    }

    private static String rows(Session session, String query) {
        return session.createQuery(query, Object[].class).list().stream().map(Arrays::toString).toList().toString();
    }

    private static List<Long> ids(Session session, String query) {
        return session.createQuery(query, Long.class).list();
    }

    private static void use(SessionFactory factory) {
        show(factory, "fill", Mapped::fill);
        show(factory, "count", s -> ids(s, "select count(c) from Customer c"));
        show(factory, "grouped", s -> rows(s, "select c.name, count(o), sum(o.total) from Customer c join c.orders o group by c.name order by c.name"));
        show(factory, "fetch", s -> s.createQuery("select c from Customer c left join fetch c.orders where c.id in (1, 4, 6) order by c.id", Customer.class)
            .list().stream().map(c -> c.id + ":" + c.orders.size()).toList());
        show(factory, "lazy", s -> s.find(Customer.class, 2L).orders.size());
        show(factory, "page", s -> s.createQuery("select c.id from Customer c order by c.name, c.id", Long.class).setFirstResult(2).setMaxResults(3).list());
        show(factory, "exists", s -> ids(s, "select c.id from Customer c where exists (select 1 from Order_ o where o.customer = c and o.total > 8) order by c.id"));
        show(factory, "window", s -> rows(s, "select c.id, row_number() over (order by c.name desc, c.id) from Customer c order by c.id"));
        show(factory, "change", s -> {
            Customer customer = s.find(Customer.class, 3L);
            customer.name = "changed";
            customer.orders.remove(0);
            return customer.version;
        });
        show(factory, "version", s -> s.find(Customer.class, 3L).version + " " + s.find(Customer.class, 3L).orders.size());
        show(factory, "update", s -> s.createMutationQuery("update Order_ o set o.total = o.total + 1 where o.total > 5").executeUpdate());
        show(factory, "delete", s -> s.createMutationQuery("delete Order_ o where o.state = NEW and o.customer.id > 6").executeUpdate());
        show(factory, "lock", s -> s.find(Customer.class, 1L, LockModeType.PESSIMISTIC_WRITE).name);
        show(factory, "remove", s -> {
            s.remove(s.find(Customer.class, 5L));
            return ids(s, "select count(o) from Order_ o");
        });
        show(factory, "duplicate", s -> {
            Customer customer = new Customer();
            customer.id = 1L;
            customer.name = "again";
            s.persist(customer);
            s.flush();
            return "taken";
        });
        show(factory, "union", s -> ids(s, "select c.id from Customer c where c.id < 3 union select c.id from Customer c where c.id > 6 order by 1"));
    }

    private static Object fill(Session session) {
        for (long i = 1; i <= 8; i++) {
            Customer customer = new Customer();
            customer.id = i;
            customer.name = "n" + i % 3;
            customer.born = LocalDate.of(2000, 1, (int) i);
            for (long j = 0; j < 3; j++) {
                Order order = new Order();
                order.id = new OrderId(i, i * 10 + j);
                order.customer = customer;
                order.total = BigDecimal.valueOf(i * j);
                order.state = j == 0 ? State.NEW : State.PAID;
                customer.orders.add(order);
            }
            session.persist(customer);
        }
        return "done";
    }
}
