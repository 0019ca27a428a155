//! Creating the shop on its servers.

use std::collections::BTreeMap;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts};
use shardgate_vschema::{Destination, KeyspaceId, ShardName, Value, Vindex, VindexError};
use thiserror::Error;

use super::rows::{CustomerRows, commerce_rows, country_rows, customer_rows};
use super::schema::{COMMERCE_TABLES, CUSTOMER_TABLES};
use super::{COMMERCE, CUSTOMER};

/// How many rows go in one INSERT.
const ROWS_IN_A_STATEMENT: usize = 1000;

/// Why the shop couldn't be created.
#[derive(Debug, Error)]
pub enum LoadError {
    /// A server refused a statement or the connection.
    #[error("the MySQL of {place}: {source}")]
    MySql {
        /// Keyspace and shard.
        place: String,
        /// What it said.
        #[source]
        source: mysql_async::Error,
    },
    /// A customer's shard could not be told.
    #[error("the shard of customer {customer} can't be told: {source}")]
    Vindex {
        /// The customer's id.
        customer: i64,
        /// What the vindex said.
        #[source]
        source: VindexError,
    },
    /// The shop's vindex can't be made.
    #[error("the shop's vindex can't be made: {faults}")]
    NoVindex {
        /// What is wrong with it.
        faults: String,
    },
    /// No shard's range holds a customer.
    #[error("no shard holds customer {customer}, whose keyspace id is {id}")]
    NoShard {
        /// The customer's id.
        customer: i64,
        /// Where it belongs.
        id: String,
    },
}

/// Creates the shop's databases, tables and rows: on the server of `commerce`, and on the servers of `customer`'s
/// shards the rows that belong there. The servers are worked on side by side.
///
/// # Errors
/// The first failure of any of them.
pub async fn load(commerce: Opts, customer: &[(ShardName, Opts)]) -> Result<(), LoadError> {
    let (customers, next_order) = customer_rows();
    let vindex = Vindex::create("xxhash", "xxhash", &BTreeMap::new(), &|_| Err(String::new())).map_err(|faults| {
        let faults: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
        LoadError::NoVindex { faults: faults.join("; ") }
    })?;
    let mut places: Vec<Vec<CustomerRows>> = customer.iter().map(|_| Vec::new()).collect();
    for rows in customers {
        let id = keyspace_id(&vindex, rows.id)?;
        let shard = customer.iter().position(|(shard, _)| shard.key_range().contains(&id));
        let place = shard.and_then(|shard| places.get_mut(shard));
        place.ok_or(LoadError::NoShard { customer: rows.id, id: id.to_string() })?.push(rows);
    }

    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        let rows = commerce_rows(next_order);
        let tables = [
            ("product", rows.product),
            ("country", rows.country),
            ("customer_seq", rows.customer_seq),
            ("orders_seq", rows.orders_seq),
        ];
        let result = load_server(commerce, COMMERCE, COMMERCE_TABLES, tables.into()).await;
        result.map_err(|source| LoadError::MySql { place: COMMERCE.to_owned(), source })
    });
    for ((shard, opts), customers) in customer.iter().cloned().zip(places) {
        tasks.spawn(async move {
            let (mut customer, mut orders, mut order_line) = (Vec::new(), Vec::new(), Vec::new());
            for rows in customers {
                customer.push(rows.customer);
                orders.extend(rows.orders);
                order_line.extend(rows.order_line);
            }
            let country = country_rows();
            let tables = [("customer", customer), ("orders", orders), ("order_line", order_line), ("country", country)];
            let result = load_server(opts, CUSTOMER, CUSTOMER_TABLES, tables.into()).await;
            result.map_err(|source| LoadError::MySql { place: format!("{CUSTOMER}/{shard}"), source })
        });
    }
    tasks.join_all().await.into_iter().collect()
}

fn keyspace_id(vindex: &Vindex, customer: i64) -> Result<KeyspaceId, LoadError> {
    match vindex.map(&[Value::Int(customer)]) {
        Ok(Destination::KeyspaceId(id)) => Ok(id),
        Ok(other) => Err(LoadError::NoShard { customer, id: format!("{other:?}") }),
        Err(source) => Err(LoadError::Vindex { customer, source }),
    }
}

async fn load_server(
    opts: Opts,
    database: &str,
    create: &[&str],
    rows: Vec<(&str, Vec<String>)>,
) -> Result<(), mysql_async::Error> {
    let mut connection = Conn::new(opts).await?;
    connection.query_drop("SET NAMES utf8mb4").await?;
    connection.query_drop(format!("CREATE DATABASE `{database}` CHARACTER SET utf8mb4")).await?;
    connection.query_drop(format!("USE `{database}`")).await?;
    for statement in create {
        connection.query_drop(*statement).await?;
    }
    connection.query_drop("BEGIN").await?;
    for (table, rows) in rows {
        for rows in rows.chunks(ROWS_IN_A_STATEMENT) {
            connection.query_drop(format!("INSERT INTO `{table}` VALUES {}", rows.join(", "))).await?;
        }
    }
    connection.query_drop("COMMIT").await?;
    connection.disconnect().await
}
