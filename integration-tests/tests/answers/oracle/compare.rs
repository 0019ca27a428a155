//! Whether two replies are the same answer.

use shardgate_integration_tests::RawReply;
use shardgate_wire::{ColumnDefinition, ColumnType, StatusFlags};

use super::corpus::Sure;

/// How a statement's answers compare.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    Equal,
    /// The proxy says that it doesn't do this.
    Refused(String),
    Different(String),
}

/// The text of a refusal, if these replies are one.
pub(super) fn refusal(replies: &[RawReply]) -> Option<&str> {
    match replies {
        [RawReply::Err { message, .. }] if message.starts_with("SG") && message.contains("unsupported") => {
            Some(message)
        }
        _ => None,
    }
}

/// Whether the answer to a statement is of the session or about the server: the proxy puts the session's value into the
/// text, or makes the answer itself, and then lengths and flags of columns may be others.
fn is_of_session(text: &str) -> bool {
    const WORDS: [&str; 6] = ["@", "LAST_INSERT_ID()", "ROW_COUNT()", "FOUND_ROWS()", "DATABASE()", "SCHEMA()"];
    text.starts_with("SHOW ") || WORDS.iter().any(|word| text.contains(word))
}

/// Whether MySQL's warnings depend on the way that it takes: grouped MIN and MAX of dates warn of a value of its own
/// temporary table. FOUND_ROWS() warns that it is deprecated, but the proxy has put its value in.
fn has_passing_warnings(text: &str) -> bool {
    text.contains("FOUND_ROWS()") || text.contains("GROUP BY") && (text.contains("MIN(") || text.contains("MAX("))
}

/// Whether MySQL failed by a fault of its own (error 1030: its optimizer asks the storage engine for what it doesn't do),
/// which other tables' sizes or indexes may spare the proxy.
fn is_fault_of_mysql(plain: &[RawReply]) -> bool {
    matches!(plain, [RawReply::Err { errno: 1030, .. }])
}

pub(super) fn compare(text: &str, plain: &[RawReply], proxy: &[RawReply], sure: Sure) -> Verdict {
    if is_fault_of_mysql(plain) {
        return Verdict::Equal;
    }
    if plain.len() != proxy.len() {
        return Verdict::Different(format!("{} results, not {}: {proxy:?}", proxy.len(), plain.len()));
    }
    let difference = plain.iter().zip(proxy).find_map(|(plain, proxy)| difference(text, plain, proxy, sure));
    difference.map_or(Verdict::Equal, Verdict::Different)
}

fn difference(text: &str, plain: &RawReply, proxy: &RawReply, sure: Sure) -> Option<String> {
    let differs = |what: &str, plain: &dyn std::fmt::Debug, proxy: &dyn std::fmt::Debug| {
        Some(format!("{what} {proxy:?}, not {plain:?}"))
    };
    match (plain, proxy) {
        // "Wrong index given to function": a bug of MySQL's in set operations over a CTE, which depends on its plan.
        (RawReply::Err { errno: 1030, .. }, _) => None,
        (
            RawReply::Err { errno, sqlstate, message },
            RawReply::Err { errno: errno_b, sqlstate: sqlstate_b, message: message_b },
        ) => {
            let same = errno == errno_b && sqlstate == sqlstate_b;
            if same { None } else { differs("error", &(errno, sqlstate, message), &(errno_b, sqlstate_b, message_b)) }
        }
        (
            RawReply::Ok { affected_rows, insert_id, warnings, info, status },
            RawReply::Ok {
                affected_rows: affected_b,
                insert_id: insert_id_b,
                warnings: warnings_b,
                info: info_b,
                status: status_b,
            },
        ) => {
            if affected_rows != affected_b {
                return differs("affected rows", affected_rows, affected_b);
            }
            if insert_id != insert_id_b {
                return differs("insert id", insert_id, insert_id_b);
            }
            if warnings != warnings_b {
                return differs("warnings", warnings, warnings_b);
            }
            if info != info_b {
                return differs("info", info, info_b);
            }
            differing_status(*status, *status_b)
        }
        (
            RawReply::Rows { columns, rows, warnings, status },
            RawReply::Rows { columns: columns_b, rows: rows_b, warnings: warnings_b, status: status_b },
        ) => {
            if columns.len() != columns_b.len() {
                return differs("number of columns", &columns.len(), &columns_b.len());
            }
            let loose = is_of_session(text);
            let mut columns = columns.iter().zip(columns_b);
            let about_metadata = is_about_metadata(text);
            if let Some(text) = columns.find_map(|(plain, proxy)| {
                if about_metadata {
                    return differing_metadata(plain, proxy);
                }
                differing_column(text, plain, proxy, loose)
            }) {
                return Some(text);
            }
            let (mut rows, mut rows_b) = (rows.clone(), rows_b.clone());
            if sure != Sure::Order {
                rows.sort();
                rows_b.sort();
            }
            if rows.len() != rows_b.len() || sure != Sure::Count && rows != rows_b {
                return Some(differing_rows(&rows, &rows_b));
            }
            // How often a value is looked at depends on the order in which MySQL joins the tables.
            let joined = text.contains(" JOIN ") && *warnings > 0 && *warnings_b > 0;
            if warnings != warnings_b && !joined && !has_passing_warnings(text) {
                return differs("warnings", warnings, warnings_b);
            }
            differing_status(*status, *status_b)
        }
        _ => differs("reply", plain, proxy),
    }
}

fn differing_status(plain: StatusFlags, proxy: StatusFlags) -> Option<String> {
    let of = |status: StatusFlags| (status.contains(StatusFlags::IN_TRANS), status.contains(StatusFlags::AUTOCOMMIT));
    let (plain, proxy) = (of(plain), of(proxy));
    if plain == proxy { None } else { Some(format!("status (in transaction, autocommit) {proxy:?}, not {plain:?}")) }
}

fn is_string(kind: ColumnType) -> bool {
    // A long text is a BLOB, as long as MySQL's temporary table makes it.
    matches!(
        kind,
        ColumnType::VarString
            | ColumnType::String
            | ColumnType::VarChar
            | ColumnType::Blob
            | ColumnType::MediumBlob
            | ColumnType::LongBlob
    )
}

fn is_integer(kind: ColumnType) -> bool {
    matches!(kind, ColumnType::Tiny | ColumnType::Short | ColumnType::Int24 | ColumnType::Long | ColumnType::LongLong)
}

fn differing_column(
    text: &str,
    plain: &ColumnDefinition<'_>,
    proxy: &ColumnDefinition<'_>,
    loose: bool,
) -> Option<String> {
    // Shards that share a server have databases of other names there (`o4_1`), and their replies are relayed as they are.
    let database = plain.schema == proxy.schema
        || proxy.schema.strip_prefix(&*plain.schema).is_some_and(|rest| rest.first() == Some(&b'_'));
    let flags = loose || plain.flags.0 & LASTING == proxy.flags.0 & LASTING;
    let length = if loose { plain.length } else { proxy.length };
    let schema = plain.schema.clone();
    // The original name of what comes from no table is that of MySQL's temporary one, if there was one.
    let org_name = if plain.org_table.is_empty() { plain.org_name.clone() } else { proxy.org_name.clone() };
    // So are the decimals of a text (none, or 31 for as many as there are), and integers' widths: MySQL's temporary
    // table and its empty one have others than the expression itself.
    let computed = plain.org_table.is_empty();
    let decimals = if computed && is_string(plain.column_type) { plain.decimals } else { proxy.decimals };
    // MAX(YEAR(x)) is a YEAR, and a number once it went through a temporary table.
    let column_type = match proxy.column_type {
        ColumnType::Year if computed && is_integer(plain.column_type) => plain.column_type,
        other if computed && is_integer(other) && plain.column_type == ColumnType::Year => ColumnType::Year,
        other => other,
    };
    let (one, other) = (plain.column_type, column_type);
    if computed && (is_string(one) && is_string(other) || is_integer(one) && is_integer(other)) {
        let same = proxy.name == plain.name && proxy.collation == plain.collation && decimals == plain.decimals;
        return (!same).then(|| format!("column {}, not {}", shown(proxy), shown(plain)));
    }
    // A column of a view is said to be of the view, or of a table in it, by the way that MySQL's optimizer takes.
    let of_view = plain.table == proxy.table && text.contains("v_");
    let org_table = if of_view { plain.org_table.clone() } else { proxy.org_table.clone() };
    let org_name = if of_view { plain.org_name.clone() } else { org_name };
    let proxied = ColumnDefinition {
        schema,
        org_table,
        org_name,
        flags: plain.flags,
        length,
        decimals,
        column_type,
        ..proxy.clone()
    };
    let same = database && flags && proxied == *plain;
    if same { None } else { Some(format!("column {}, not {}", shown(proxy), shown(plain))) }
}

/// Whether the answer comes from `information_schema`. MySQL says its columns to be of what its optimizer has left of
/// the views: the same column is of `schemata` or of `TABLES`, VARCHAR or TEXT of any length, INT, BIGINT or DECIMAL, may be NULL
/// or not, by the way that the statement takes. Names, the sort of type, and values are compared.
fn is_about_metadata(text: &str) -> bool {
    text.starts_with("SHOW ") || text.to_lowercase().contains("information_schema")
}

fn differing_metadata(plain: &ColumnDefinition<'_>, proxy: &ColumnDefinition<'_>) -> Option<String> {
    let same = plain.name == proxy.name && sort_of(plain) == sort_of(proxy);
    (!same).then(|| format!("column {}, not {}", shown(proxy), shown(plain)))
}

/// The sort of a column's type: text or bytes, exact number, or the type itself.
fn sort_of(column: &ColumnDefinition<'_>) -> (&'static str, Option<ColumnType>) {
    use ColumnType as T;
    match column.column_type {
        T::Long | T::LongLong | T::Short | T::Tiny | T::Int24 | T::NewDecimal => ("exact number", None),
        T::VarString | T::String | T::VarChar | T::Blob | T::TinyBlob | T::MediumBlob | T::LongBlob | T::Null => {
            ("text or bytes", None)
        }
        other => ("", Some(other)),
    }
}

/// Not NULL, blob, unsigned, zerofill, enum, timestamp, set: the flags of the type, which don't depend
/// on the way that MySQL's optimizer takes (a temporary table forgets keys and defaults).
const LASTING: u16 = 1 | 16 | 32 | 64 | 256 | 1024 | 2048;

fn shown(column: &ColumnDefinition<'_>) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!(
        "`{}`.`{}`({}).`{}`({}) {:?} flags {:#x} collation {} length {} decimals {}",
        text(&column.schema),
        text(&column.table),
        text(&column.org_table),
        text(&column.name),
        text(&column.org_name),
        column.column_type,
        column.flags.0,
        column.collation,
        column.length,
        column.decimals
    )
}

type Row = Vec<Option<Vec<u8>>>;

fn differing_rows(plain: &[Row], proxy: &[Row]) -> String {
    let at = plain.iter().zip(proxy).position(|(plain, proxy)| plain != proxy);
    let at = at.unwrap_or(plain.len().min(proxy.len()));
    let row = |rows: &[Row]| match rows.get(at) {
        Some(row) => {
            let values = row.iter().map(|value| match value {
                Some(value) => String::from_utf8_lossy(value).into_owned(),
                None => "NULL".to_owned(),
            });
            values.collect::<Vec<_>>().join(" | ")
        }
        None => "none".to_owned(),
    };
    format!("{} rows ({} on MySQL); row {at}: {}, not {}", proxy.len(), plain.len(), row(proxy), row(plain))
}

/// Whether rows, names and types are the same, or both are errors. With a LIMIT that nothing orders, any rows will do,
/// so only their number counts.
pub(super) fn compare_values(text: &str, plain: &[RawReply], proxy: &[RawReply]) -> Verdict {
    let verdict = match (plain, proxy) {
        ([RawReply::Rows { columns, rows, .. }], [RawReply::Rows { columns: columns_b, rows: rows_b, .. }]) => {
            let kind = |column: &ColumnDefinition<'static>| (column.name.clone(), column.column_type);
            let kinds = columns.iter().map(kind).eq(columns_b.iter().map(kind));
            let (mut rows, mut rows_b) = (rows.clone(), rows_b.clone());
            rows.sort();
            rows_b.sort();
            if !kinds {
                Some("other columns".to_owned())
            } else if rows.len() != rows_b.len() || (rows != rows_b && !text.to_lowercase().contains(" limit ")) {
                Some(differing_rows(&rows, &rows_b))
            } else {
                None
            }
        }
        ([RawReply::Err { errno, message, .. }], [RawReply::Err { errno: errno_b, message: message_b, .. }]) => {
            // Without a default database MySQL would say 1046 of a table that no keyspace has, too.
            (errno != errno_b && (*errno, *errno_b) != (1146, 1046))
                .then(|| format!("error {errno_b} {message_b}, not {errno} {message}"))
        }
        _ => Some(format!("{proxy:?}, not {plain:?}").chars().take(300).collect()),
    };
    verdict.map_or(Verdict::Equal, Verdict::Different)
}
