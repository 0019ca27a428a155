//! The shop's tables and its vschema.

/// What is created on the MySQL of keyspace `commerce`. Sequences have the columns and the comment that Vitess gives
/// them, so the same tables work there.
pub(super) const COMMERCE_TABLES: &[&str] = &[
    "CREATE TABLE product (
        sku VARCHAR(16) NOT NULL PRIMARY KEY,
        name VARCHAR(80) NOT NULL,
        price DECIMAL(10,2) NOT NULL,
        stock INT NOT NULL
    )",
    COUNTRY,
    "CREATE TABLE customer_seq (id INT NOT NULL PRIMARY KEY, next_id BIGINT, cache BIGINT) COMMENT 'vitess_sequence'",
    "CREATE TABLE orders_seq (id INT NOT NULL PRIMARY KEY, next_id BIGINT, cache BIGINT) COMMENT 'vitess_sequence'",
];

/// What is created on every shard of keyspace `customer`.
pub(super) const CUSTOMER_TABLES: &[&str] = &[
    "CREATE TABLE customer (
        id BIGINT NOT NULL PRIMARY KEY,
        email VARCHAR(120) NOT NULL,
        name VARCHAR(80) NOT NULL,
        country CHAR(2) NOT NULL,
        balance DECIMAL(10,2) NOT NULL DEFAULT 0,
        created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
        KEY by_email (email)
    )",
    "CREATE TABLE orders (
        id BIGINT NOT NULL PRIMARY KEY,
        customer_id BIGINT NOT NULL,
        ordered_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
        status VARCHAR(10) NOT NULL DEFAULT 'new',
        total DECIMAL(10,2) NOT NULL,
        note VARCHAR(200) DEFAULT NULL,
        KEY by_customer (customer_id),
        KEY by_time (ordered_at)
    )",
    "CREATE TABLE order_line (
        customer_id BIGINT NOT NULL,
        order_id BIGINT NOT NULL,
        line INT NOT NULL,
        sku VARCHAR(16) NOT NULL,
        quantity INT NOT NULL,
        price DECIMAL(10,2) NOT NULL,
        PRIMARY KEY (customer_id, order_id, line)
    )",
    COUNTRY,
];

const COUNTRY: &str = "CREATE TABLE country (code CHAR(2) NOT NULL PRIMARY KEY, name VARCHAR(60) NOT NULL)";

/// How the shop is sharded: the text of its `vschema.yaml`.
pub const VSCHEMA: &str = "\
# How the data is split. Edit it: a running proxy takes the new version at once, or says what is wrong with it and
# keeps the old one.
version: 1
keyspaces:
  commerce:                       # one MySQL
    tables:
      product: {}
      country: {}                 # the source of the copies in keyspace customer
      customer_seq: {type: sequence}
      orders_seq: {type: sequence}
  customer:                       # split by customer: a customer's orders lie beside the customer
    sharded: true
    vindexes:
      xxhash: {type: xxhash}
    tables:
      customer:
        column_vindexes: [{column: id, name: xxhash}]
        auto_increment: {column: id, sequence: commerce.customer_seq}
      orders:
        column_vindexes: [{column: customer_id, name: xxhash}]
        auto_increment: {column: id, sequence: commerce.orders_seq}
      order_line:
        column_vindexes: [{column: customer_id, name: xxhash}]
      country: {type: reference, source: commerce.country}
";

#[cfg(test)]
mod tests {
    use shardgate_vschema::VSchema;

    use super::VSCHEMA;

    #[test]
    fn the_vschema_has_no_fault() {
        let no_files = |path: &str| Err(format!("{path} is not there"));
        let parsed = VSchema::parse("vschema.yaml", VSCHEMA, &no_files);
        assert!(parsed.is_ok(), "{parsed:?}");
    }
}
