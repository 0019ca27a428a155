//! Compute expressions over combined aggregates: a shard that has sent its rows computes them.

use super::aggregate::Aggregate;
use super::compare::Comparator;
use super::merge_sort::MergeSort;
use super::route::render;
use super::row_writer;
use super::rows::{Row, RowStream};
use super::scatter::hold_limits;
use super::shard_rows::ShardRows;
use super::sort::HeldRows;
use super::wait::watched;
use crate::backend::{BackendError, Head, Step};
use crate::error::StatementError;
use crate::session::query::Statement;
use crate::session::{Session, Warning};
use shardgate_router::error::Code;
use shardgate_router::plan;
use shardgate_wire::{ColumnDefinition, ColumnFlags, ColumnType};
use tokio::time::Instant;

/// Groups that are sent at once: more make a shard hold more, fewer cost more round trips.
const BATCH_ROWS: usize = 500;
/// Bytes of them.
const BATCH_BYTES: usize = 256 << 10;
/// A column definition's `decimals` of a DOUBLE whose digits aren't fixed.
const NOT_FIXED: u8 = 31;

/// The computed rows, all of them.
pub(super) struct Computed {
    columns: Vec<ColumnDefinition<'static>>,
    rows: std::vec::IntoIter<(Box<[u8]>, Row)>,
    projection: Vec<u32>,
}

impl RowStream for Computed {
    fn columns(&self) -> &[ColumnDefinition<'static>] {
        &self.columns
    }

    async fn next(&mut self, row: &mut Row) -> Result<bool, StatementError> {
        let Some((_, next)) = self.rows.next() else { return Ok(false) };
        row_writer::clear(row);
        for column in &self.projection {
            row_writer::push(row, next.field(*column));
        }
        Ok(true)
    }
}

/// Combine the groups of the shards and compute what the plan asks for. `described`: the client's columns, as a shard
/// describes them.
///
/// # Errors
/// Those of the shards, and `TooManyRows` if there are more groups than the proxy may hold.
pub(super) async fn rows(
    session: &mut Session,
    statement: &Statement<'_>,
    plan: &plan::Compute,
    described: Vec<ColumnDefinition<'static>>,
    inputs: &mut [ShardRows],
) -> Result<Computed, StatementError> {
    let limits = hold_limits(session);
    let deadline = session.query_timeout.map(|limit| Instant::now() + limit);
    let mut held = HeldRows::new(limits);
    let input = {
        let merge = MergeSort::new(inputs.iter_mut().collect(), &plan.input.keys())?;
        let mut groups = Aggregate::new(merge, &plan.input, limits)?;
        let mut row = Row::default();
        while watched(&session.process, &mut session.client.stream, deadline, groups.next(&mut row)).await? {
            held.push(&[], &row)?;
        }
        groups.columns().to_vec()
    };
    let mut columns = input.clone();
    if !plan.values.is_empty() || plan.having.is_some() {
        let groups: Vec<Row> = held.sorted().map(|(_, row)| row).collect();
        let shard = inputs.first_mut().ok_or_else(|| internal("an aggregate of no shards has something to compute"))?;
        keep_warnings(session, shard).await;
        held = HeldRows::new(limits);
        let mut rest = groups.as_slice();
        let mut first = true;
        while !rest.is_empty() || first {
            let (text, count) = batch(session, statement, plan, &input, rest, shard)?;
            let (batch, behind) = rest.split_at(count.min(rest.len()));
            rest = behind;
            let ask = ask(session, shard, &text, deadline);
            let (values, rows) = ask.await?;
            for (index, row) in rows {
                let group = batch.get(index).ok_or_else(|| internal("a shard computed a row that it wasn't sent"))?;
                held.push(&[], &joined(group, &row))?;
            }
            if first {
                columns.extend(values.into_iter().skip(1));
                first = false;
            }
        }
    }
    let columns_of_client = client_columns(plan, &columns, described)?;
    let rows = if plan.order.is_empty() {
        held.sorted()
    } else {
        let by = Comparator::new(&columns, &plan.order)?;
        let mut sorted = HeldRows::new(limits);
        let mut key = Vec::new();
        for (_, row) in held.sorted() {
            key.clear();
            by.key(&row, &mut key)?;
            sorted.push(&key, &row)?;
        }
        sorted.sorted()
    };
    Ok(Computed { columns: columns_of_client, rows, projection: plan.columns.clone() })
}

/// The client's columns. What comes from the groups is of the type that the shards sent and has the name that the shard
/// described; what was computed is as the shard described it.
fn client_columns(
    plan: &plan::Compute,
    columns: &[ColumnDefinition<'static>],
    described: Vec<ColumnDefinition<'static>>,
) -> Result<Vec<ColumnDefinition<'static>>, StatementError> {
    if described.len() != plan.columns.len() {
        return Err(internal("a shard describes other columns than the plan has"));
    }
    let groups = columns.len().saturating_sub(plan.values.len());
    let of_client = |(definition, column): (ColumnDefinition<'static>, &u32)| {
        let made = columns.get(*column as usize).ok_or_else(|| internal("the plan names a column that isn't there"))?;
        if (*column as usize) < groups {
            return Ok(ColumnDefinition { name: definition.name, ..made.clone() });
        }
        if made.column_type != definition.column_type || made.decimals != definition.decimals {
            let name = String::from_utf8_lossy(&definition.name);
            let (is, must) = (made.column_type, definition.column_type);
            return Err(internal(&format!("column `{name}` was computed as {is:?}, and is {must:?}")));
        }
        Ok(definition)
    };
    described.into_iter().zip(&plan.columns).map(of_client).collect()
}

/// A group with what was computed for it.
fn joined(group: &Row, values: &Row) -> Row {
    let mut row = Row::default();
    for column in 0..group.fields.len() as u32 {
        row_writer::push(&mut row, group.field(column));
    }
    for column in 1..values.fields.len() as u32 {
        row_writer::push(&mut row, values.field(column));
    }
    row
}

/// The query that computes the first of these groups, and how many those are. Without groups: one of no rows, for the
/// types of its columns.
fn batch(
    session: &Session,
    statement: &Statement<'_>,
    plan: &plan::Compute,
    columns: &[ColumnDefinition<'static>],
    groups: &[Row],
    shard: &ShardRows,
) -> Result<(Vec<u8>, usize), StatementError> {
    let place = shard.place();
    let mut text = b"SELECT s.i".to_vec();
    for value in &plan.values {
        text.extend_from_slice(b", ");
        text.extend_from_slice(&render(session, statement, value, place, &[], None)?);
    }
    text.extend_from_slice(b" FROM (VALUES ");
    let none = Row::default();
    let mut count = 0;
    for group in if groups.is_empty() { std::slice::from_ref(&none) } else { groups } {
        if count > 0 {
            if count >= BATCH_ROWS || text.len() >= BATCH_BYTES {
                break;
            }
            text.push(b',');
        }
        text.extend_from_slice(format!("ROW({count}").as_bytes());
        for column in &plan.sent {
            text.push(b',');
            let definition =
                columns.get(*column as usize).ok_or_else(|| internal("the plan sends a column that isn't there"))?;
            write_typed(definition, group.field(*column), &mut text)?;
        }
        text.push(b')');
        count += 1;
    }
    text.extend_from_slice(b") AS s (i");
    for column in &plan.sent {
        text.extend_from_slice(format!(", c{column}").as_bytes());
    }
    text.push(b')');
    match (&plan.having, groups.is_empty()) {
        (_, true) => text.extend_from_slice(b" WHERE FALSE"),
        (Some(having), false) => {
            text.extend_from_slice(b" WHERE ");
            text.extend_from_slice(&render(session, statement, having, place, &[], None)?);
        }
        (None, false) => {}
    }
    Ok((text, count))
}

/// Write a value with its type.
fn write_typed(
    column: &ColumnDefinition<'static>,
    value: Option<&[u8]>,
    out: &mut Vec<u8>,
) -> Result<(), StatementError> {
    let unsigned = column.flags.contains(ColumnFlags::UNSIGNED);
    let digits = u32::from(column.decimals);
    let (target, quoted) = match column.column_type {
        ColumnType::Tiny | ColumnType::Short | ColumnType::Int24 | ColumnType::Long | ColumnType::LongLong => {
            (if unsigned { "UNSIGNED" } else { "SIGNED" }.to_owned(), false)
        }
        ColumnType::Decimal | ColumnType::NewDecimal => {
            let length = column.length.saturating_sub(u32::from(digits > 0) + u32::from(!unsigned));
            (format!("DECIMAL({}, {digits})", length.clamp(digits.max(1), 65)), false)
        }
        ColumnType::Double if column.decimals == NOT_FIXED => ("DOUBLE".to_owned(), false),
        ColumnType::Date | ColumnType::NewDate => ("DATE".to_owned(), true),
        ColumnType::DateTime | ColumnType::DateTime2 => (format!("DATETIME({digits})"), true),
        ColumnType::Time | ColumnType::Time2 => (format!("TIME({digits})"), true),
        other => {
            let name = String::from_utf8_lossy(&column.name);
            let text = format!("unsupported: computing from {name} of several shards, whose type is {other:?}");
            return Err(StatementError::sql(Code::Unsupported, text));
        }
    };
    out.extend_from_slice(b"CAST(");
    match value {
        None => out.extend_from_slice(b"NULL"),
        Some(value) if quoted => {
            // Whether a date without a day or month is one depends on sql_mode.
            if value.starts_with(b"0000-")
                || value.get(4..10).is_some_and(|date| date.windows(3).any(|part| part == b"-00"))
            {
                let text = "unsupported: computing from dates of several shards with a year, month or day of zero";
                return Err(StatementError::sql(Code::Unsupported, text));
            }
            out.push(b'\'');
            out.extend_from_slice(value);
            out.push(b'\'');
        }
        Some(value) => out.extend_from_slice(value),
    }
    out.extend_from_slice(format!(" AS {target})").as_bytes());
    Ok(())
}

type Answer = (Vec<ColumnDefinition<'static>>, Vec<(usize, Row)>);

/// Let the shard compute a batch: its columns, and its rows with the number of the group that each is of.
async fn ask(
    session: &mut Session,
    shard: &mut ShardRows,
    text: &[u8],
    deadline: Option<Instant>,
) -> Result<Answer, StatementError> {
    let lease = shard.idle().ok_or_else(|| internal("the shard that is to compute hasn't sent all of its rows"))?;
    let place = lease.place.to_string();
    let backend = &mut lease.backend;
    let asked = async {
        backend.queue_query(text);
        backend.flush().await?;
        let Head::Rows(columns) = backend.read_head().await? else { return Ok((Vec::new(), Vec::new(), 0)) };
        let mut rows = Vec::new();
        let mut row = Row::default();
        loop {
            match backend.read_row(columns.len(), &mut row).await? {
                Step::Row => {
                    let number = row.field(0).and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
                    let number = number.ok_or_else(|| backend.malformed("a computed row has no number"))?;
                    rows.push((number, row.clone()));
                }
                Step::End { warnings, .. } => return Ok((columns, rows, warnings)),
            }
        }
    };
    let asked = async {
        asked.await.map_err(|error| match error {
            BackendError::Answered(mut answered) => {
                answered.origin = place.as_str().into();
                StatementError::Shard(answered)
            }
            error => {
                let message = format!("the connection to shard {place} broke while it computed: {error}");
                StatementError::sql(Code::ConnectionLost, message)
            }
        })
    };
    let answer = watched(&session.process, &mut session.client.stream, deadline, asked).await;
    if let Err(StatementError::Sql(_) | StatementError::Client(_)) = &answer
        && let Some(lease) = shard.idle()
    {
        // Its answer is still to come.
        lease.backend.broken = true;
    }
    let (columns, mut rows, warnings) = answer?;
    rows.sort_by_key(|(number, _)| *number);
    if warnings > 0 {
        let more = warnings_of(session, shard).await;
        let mut kept = shard.take_warnings().unwrap_or_default();
        kept.extend(more);
        shard.keep_warnings(kept);
    }
    Ok((columns, rows))
}

/// Keep the warnings of the statement that the shard has run.
async fn keep_warnings(session: &mut Session, shard: &mut ShardRows) {
    let kept = if shard.warned().is_some() { warnings_of(session, shard).await } else { Vec::new() };
    shard.keep_warnings(kept);
}

async fn warnings_of(session: &mut Session, shard: &mut ShardRows) -> Vec<Warning> {
    if let Some(lease) = shard.idle() {
        session.fetch_warnings(lease).await;
    }
    std::mem::take(&mut session.state.warnings)
}

fn internal(message: &str) -> StatementError {
    StatementError::sql(Code::Internal, message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::testing::{code, column, decimals};

    fn typed(column: &ColumnDefinition<'static>, value: Option<&str>) -> Result<String, StatementError> {
        let mut out = Vec::new();
        write_typed(column, value.map(str::as_bytes), &mut out)?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    #[test]
    fn values_are_sent_with_the_types_that_they_have() {
        let unsigned = ColumnDefinition { flags: ColumnFlags::UNSIGNED, ..column("u", ColumnType::LongLong) };
        let sum = ColumnDefinition { length: 34, ..decimals("d", 2) };
        let whole = ColumnDefinition { length: 33, ..decimals("d", 0) };
        let seen = ColumnDefinition { decimals: 3, ..column("t", ColumnType::DateTime) };
        for (column, value, text) in [
            (column("n", ColumnType::LongLong), Some("-9223372036854775808"), "CAST(-9223372036854775808 AS SIGNED)"),
            (unsigned, Some("18446744073709551615"), "CAST(18446744073709551615 AS UNSIGNED)"),
            (sum, Some("-1.50"), "CAST(-1.50 AS DECIMAL(32, 2))"),
            (whole, None, "CAST(NULL AS DECIMAL(32, 0))"),
            (column("f", ColumnType::Double), Some("1e20"), "CAST(1e20 AS DOUBLE)"),
            (column("d", ColumnType::Date), Some("2024-02-29"), "CAST('2024-02-29' AS DATE)"),
            (seen, Some("2024-02-29 01:02:03.456"), "CAST('2024-02-29 01:02:03.456' AS DATETIME(3))"),
            (column("t", ColumnType::Time), Some("-100:00:00"), "CAST('-100:00:00' AS TIME(0))"),
        ] {
            assert_eq!(typed(&column, value).unwrap(), text);
        }
    }

    #[test]
    fn what_would_change_on_the_way_is_refused() {
        let fixed = ColumnDefinition { decimals: 2, ..column("f", ColumnType::Double) };
        for (column, value) in [
            (fixed, "1.50"),
            (column("t", ColumnType::VarString), "x"),
            (column("j", ColumnType::Json), "1"),
            (column("d", ColumnType::Date), "0000-00-00"),
            (column("d", ColumnType::DateTime), "2024-01-00 00:00:00"),
        ] {
            assert_eq!(code(typed(&column, Some(value))), Some(Code::Unsupported));
        }
    }
}
