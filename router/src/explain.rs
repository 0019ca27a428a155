//! A plan as text and as JSON, for VEXPLAIN, `shardgate explain` and the golden tests.

mod writes;

use crate::args::Arguments;
use crate::plan::{
    Aggregate, AggregateColumn, Arithmetic, Broadcast, Compute, Ddl, Effects, Gather, GatherSource, Insert, KeyExpr,
    KeyList, KnownValue, Local, Lookup, LookupKeys, LookupTable, Metadata, MetadataPart, Operator, Piece, Plan, Route,
    SortKey, Target, Template, ValueExpr,
};
use serde_json::{Map, Value as Json, json};
use std::fmt::Write;

/// The plan as JSON: `operator` and what belongs to it, inputs under `input`.
pub fn to_json(plan: &Plan, args: &Arguments<'_>) -> Json {
    let mut object = Map::new();
    object.insert("class".into(), json!(format!("{:?}", plan.class)));
    let tables = plan.tables.iter().map(|table| {
        let sign = if table.written { " (written)" } else { "" };
        json!(format!("{}.{}{sign}", table.keyspace, table.table))
    });
    object.insert("tables".into(), tables.collect());
    if !plan.pins.is_empty() {
        let pins = plan.pins.iter().map(|pin| json!(String::from_utf8_lossy(&pin.text)));
        object.insert("pinned_literals".into(), pins.collect());
    }
    let effects = effects(&plan.effects);
    if !effects.is_empty() {
        object.insert("effects".into(), json!(effects));
    }
    object.insert("plan".into(), operator(&plan.root, args));
    Json::Object(object)
}

/// The plan as lines, inputs indented.
pub fn to_text(plan: &Plan, args: &Arguments<'_>) -> String {
    let mut out = String::new();
    write_tree(&operator(&plan.root, args), 0, &mut out);
    let Json::Object(all) = to_json(plan, args) else { return out };
    for (name, value) in &all {
        if matches!(name.as_str(), "pinned_literals" | "effects") {
            let _ = writeln!(out, "{name}: {}", line(value));
        }
    }
    out
}

fn write_tree(node: &Json, depth: usize, out: &mut String) {
    let Json::Object(fields) = node else { return };
    let indent = "  ".repeat(depth);
    let name = fields.get("operator").and_then(Json::as_str).unwrap_or("?");
    let _ = writeln!(out, "{indent}{name}");
    for (field, value) in fields {
        match field.as_str() {
            "operator" | "input" => {}
            "rows" | "gathered" | "travelling" => {
                let name = if field == "rows" { "row" } else { field };
                for row in value.as_array().into_iter().flatten() {
                    let _ = writeln!(out, "{indent}  {name}: {}", line(row));
                }
            }
            _ => {
                let _ = writeln!(out, "{indent}  {field}: {}", line(value));
            }
        }
    }
    if let Some(input) = fields.get("input") {
        write_tree(input, depth + 1, out);
    }
}

fn line(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(line).collect::<Vec<_>>().join("; "),
        Json::Object(fields) => {
            fields.iter().map(|(name, value)| format!("{name}: {}", line(value))).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

fn operator(operator: &Operator, args: &Arguments<'_>) -> Json {
    match operator {
        Operator::Route(route) => self::route(route, args),
        Operator::MergeSort(sort) => json!({
            "operator": "MergeSort",
            "keys": sort.keys.iter().map(sort_key).collect::<Vec<_>>(),
            "input": route(&sort.input, args),
        }),
        Operator::Aggregate(found) => aggregate(found, args),
        Operator::Compute(found) => compute(found, args),
        Operator::Limit(limit) => {
            let mut object = Map::new();
            object.insert("operator".into(), json!("Limit"));
            object.insert("count".into(), json!(value(&limit.count, args)));
            if let Some(offset) = &limit.offset {
                object.insert("offset".into(), json!(value(offset, args)));
            }
            if limit.counts_all {
                object.insert("counts".into(), json!("all rows, for FOUND_ROWS()"));
            }
            object.insert("input".into(), self::operator(&limit.input, args));
            Json::Object(object)
        }
        Operator::Gather(found) => gather(found, args),
        Operator::Broadcast(found) => broadcast(found, args),
        Operator::Expand(found) => json!({
            "operator": "Expand",
            "keyspace": *found.keyspace,
            "reason": *found.reason,
            "sql": template(&found.sql, args),
        }),
        Operator::Insert(found) => insert(found, args),
        Operator::InsertRows(found) => writes::insert_rows(found, args),
        Operator::Change(found) => writes::change(found, args),
        Operator::Pulled(found) => writes::pulled(found, args),
        Operator::Load(load) => json!({
            "operator": "Load",
            "keyspace": *load.keyspace,
            "table": *load.table,
            "vindex": load.placement.vindex.name(),
            "fields": load.fields,
            "key": load.placement.columns.iter().zip(&load.key).map(|(column, field)| match field {
                Some(field) => format!("{} = field {}", column.name, field + 1),
                None => format!("{} = generated", column.name),
            }).collect::<Vec<_>>(),
            "sql": template(&load.sql, args),
        }),
        Operator::StagedLoad(load) => json!({
            "operator": "StagedLoad",
            "keyspace": *load.keyspace,
            "table": *load.table,
            "reason": *load.reason,
            "columns": load.columns.iter().map(|column| &*column.name).collect::<Vec<_>>(),
            "sql": template(&load.sql, args),
        }),
        Operator::Ddl(Ddl { keyspace, kind, objects, sql }) => json!({
            "operator": "Ddl",
            "keyspace": **keyspace,
            "kind": format!("{kind:?}"),
            "tables": objects.iter().map(|object| object.name.to_string()).collect::<Vec<_>>(),
            "sql": template(sql, args),
        }),
        Operator::Dropped(dropped) => json!({
            "operator": "Dropped",
            "tables": dropped.tables.iter().map(|table| format!("{}.{}", table.keyspace, table.table)).collect::<Vec<_>>(),
            "sql": dropped.statements.iter().map(|sql| sql.to_string()).collect::<Vec<_>>(),
        }),
        Operator::Maintained(found) => json!({
            "operator": "Maintained",
            "tables": found.tables.iter().map(|table| {
                format!("{}.{} on {}", table.keyspace, table.table, target(&table.target, args))
            }).collect::<Vec<_>>(),
            "sql": format!("{}{{table}}{}", template(&found.head, args), template(&found.tail, args)),
        }),
        Operator::Temporary(found) => json!({
            "operator": "Temporary",
            "keyspace": *found.keyspace,
            "change": format!("{:?}", found.change),
            "sql": template(&found.sql, args),
        }),
        Operator::CreateFrom(found) => writes::create_from(found, args),
        Operator::Metadata(found) => metadata(found, args),
        Operator::Summed(found) => json!({
            "operator": "Summed",
            "column": found.sum,
            "key": found.key,
            "input": route(&found.route, args),
        }),
        Operator::Explained(found) => json!({
            "operator": "Explained",
            "keyspace": *found.keyspace,
            "shards": found.targets.iter().map(|found| target(found, args)).collect::<Vec<_>>(),
            "answered_by": "one of them",
            "sql": template(&found.sql, args),
        }),
        Operator::VindexRows(found) => json!({
            "operator": "VindexRows",
            "keyspace": *found.keyspace,
            "vindex": format!("{}.{}", found.of, found.vindex.name()),
            "values": found.values.iter().map(|value| known_value(value, args)).collect::<Vec<_>>(),
            "sql": format!("{}{{rows}}{}", template(&found.before, args), template(&found.behind, args)),
        }),
        Operator::NextValues { sequence, count } => json!({
            "operator": "NextValues",
            "sequence": format!("{}.{}", sequence.keyspace, sequence.table),
            "count": value(count, args),
        }),
        Operator::Local(Local::Explain { format, plan, .. }) => json!({
            "operator": "Explain",
            "format": format!("{format:?}"),
            "of": format!("{:?}", plan.class),
        }),
        Operator::Local(Local::ColumnUses(document)) => json!({
            "operator": "ColumnUses",
            "document": serde_json::from_str::<Json>(document).unwrap_or_else(|_| json!(**document)),
        }),
        Operator::Local(local) => json!({"operator": "Local", "statement": format!("{local:?}")}),
    }
}

fn route(route: &Route, args: &Arguments<'_>) -> Json {
    let mut object = Map::new();
    object.insert("operator".into(), json!("Route"));
    object.insert("keyspace".into(), json!(*route.keyspace));
    object.insert("shards".into(), json!(target(&route.target, args)));
    object.insert("sql".into(), json!(template(&route.sql, args)));
    if let Some(alone) = &route.sql_alone
        && *alone != route.sql
    {
        object.insert("sql_on_one_shard".into(), json!(template(alone, args)));
    }
    if route.hidden > 0 {
        object.insert("hidden_columns".into(), json!(route.hidden));
    }
    Json::Object(object)
}

fn metadata(found: &Metadata, args: &Arguments<'_>) -> Json {
    let tables = found.tables.iter().map(|table| {
        let mut text = table.layout.name.to_owned();
        if let Some(columns) = &table.columns {
            let _ = write!(text, "({})", columns.join(", "));
        }
        for (what, known) in [("database", &table.schemas), ("table", &table.names)] {
            if let Some(known) = known {
                let known: Vec<String> = known.iter().map(|known| known_value(known, args)).collect();
                let _ = write!(text, " of {what} {}", known.join(", "));
            }
        }
        text
    });
    let sql: String = found
        .parts
        .iter()
        .map(|part| match part {
            MetadataPart::Text(text) => template(text, args),
            MetadataPart::Rows { table, alias: Some(alias) } => format!("{{rows {table}}} AS `{alias}`"),
            MetadataPart::Rows { table, alias: None } => format!("{{rows {table}}}"),
            MetadataPart::ColumnName(name) => format!("{{name of {name}}}"),
        })
        .collect();
    json!({
        "operator": "Metadata",
        "keyspace": *found.keyspace,
        "shards": target(&found.target, args),
        "gathered": tables.collect::<Vec<_>>(),
        "sql": sql,
    })
}

fn known_value(known: &KnownValue, args: &Arguments<'_>) -> String {
    match known {
        KnownValue::Name(name) => name.to_string(),
        KnownValue::Current => "in use".to_owned(),
        KnownValue::Value(found) => value(found, args),
        KnownValue::List(slot) => value(&ValueExpr::Slot(*slot), args),
    }
}

fn sort_key(key: &SortKey) -> String {
    let weight = key.weight.map(|weight| format!(" by weight {weight}")).unwrap_or_default();
    let direction = if key.descending { " DESC" } else { "" };
    format!("column {}{weight}{direction}", key.column)
}

fn aggregate_column(column: &AggregateColumn) -> String {
    match column {
        AggregateColumn::First => "first".to_owned(),
        AggregateColumn::Count => "sum of counts".to_owned(),
        AggregateColumn::Sum => "sum".to_owned(),
        AggregateColumn::Min(key) => format!("min of {}", sort_key(key)),
        AggregateColumn::Max(key) => format!("max of {}", sort_key(key)),
        AggregateColumn::Avg { sum, count } => format!("column {sum} / column {count}"),
        AggregateColumn::Bits(operation) => format!("bits, {operation:?}"),
        AggregateColumn::Distinct(inner) => format!("{} of distinct rows", aggregate_column(inner)),
    }
}

fn compute(found: &Compute, args: &Arguments<'_>) -> Json {
    let mut object = Map::new();
    object.insert("operator".into(), json!("Compute"));
    let values = found.values.iter().map(|value| json!(template(value, args)));
    if !found.values.is_empty() {
        object.insert("values".into(), values.collect());
    }
    if let Some(having) = &found.having {
        object.insert("having".into(), json!(template(having, args)));
    }
    object.insert("columns".into(), json!(found.columns));
    if !found.order.is_empty() {
        object.insert("order".into(), json!(found.order.iter().map(sort_key).collect::<Vec<_>>()));
    }
    object.insert("input".into(), aggregate(&found.input, args));
    Json::Object(object)
}

fn aggregate(found: &Aggregate, args: &Arguments<'_>) -> Json {
    let columns = found.columns.iter().map(aggregate_column);
    let mut object = Map::new();
    object.insert("operator".into(), json!("Aggregate"));
    object.insert("group".into(), json!(found.group.iter().map(sort_key).collect::<Vec<_>>()));
    if !found.distinct.is_empty() {
        object.insert("distinct".into(), json!(found.distinct.iter().map(sort_key).collect::<Vec<_>>()));
    }
    object.insert("columns".into(), json!(columns.collect::<Vec<_>>()));
    if !found.order.is_empty() {
        object.insert("order".into(), json!(found.order.iter().map(sort_key).collect::<Vec<_>>()));
    }
    object.insert("input".into(), route(&found.input, args));
    Json::Object(object)
}

fn gather(found: &Gather, args: &Arguments<'_>) -> Json {
    let mut object = Map::new();
    object.insert("operator".into(), json!("Gather"));
    object.insert("keyspace".into(), json!(*found.keyspace));
    object.insert("because".into(), json!(*found.reason));
    whole_if_one_shard(found, args, &mut object);
    let rows = found.sources.iter().map(|source| gathered(source, args));
    object.insert("gathered".into(), rows.collect());
    object.insert("sql".into(), json!(template(&found.sql, args)));
    Json::Object(object)
}

fn whole_if_one_shard(found: &Gather, args: &Arguments<'_>, object: &mut Map<String, Json>) {
    if let Some(Route { target: Target::OneShard { targets, .. }, .. }) = &found.alone {
        let targets: Vec<String> = targets.iter().map(|found| target(found, args)).collect();
        object.insert("whole_if_one_shard".into(), json!(targets.join(" with ")));
    }
}

fn gathered(source: &GatherSource, args: &Arguments<'_>) -> Json {
    let mut object = Map::new();
    object.insert("table".into(), json!(format!("{}.{}", source.keyspace, source.table)));
    object.insert("into".into(), json!(*source.temporary));
    object.insert("shards".into(), json!(target(&source.target, args)));
    let columns: Vec<&str> = source.columns.iter().map(|column| &*column.name).collect();
    object.insert("columns".into(), json!(if columns.is_empty() { "all".to_owned() } else { columns.join(" ") }));
    let filters: Vec<String> = source
        .filters
        .iter()
        .filter(|filter| filter.holds(args).unwrap_or(true))
        .map(|filter| template(&filter.sql, args))
        .collect();
    if !filters.is_empty() {
        object.insert("where".into(), json!(filters.join(" AND ")));
    }
    if !source.locking.is_empty() {
        object.insert("locking".into(), json!(source.locking.trim()));
    }
    Json::Object(object)
}

fn broadcast(found: &Broadcast, args: &Arguments<'_>) -> Json {
    let mut object = Map::new();
    object.insert("operator".into(), json!("Broadcast"));
    object.insert("because".into(), json!(*found.gathered.reason));
    whole_if_one_shard(&found.gathered, args, &mut object);
    object.insert("in_a_transaction".into(), json!("gathered on one server"));
    if let Some(link) = &found.link
        && let Some(source) = found.sources.get(link.source)
        && let Some(column) = source.columns.get(link.column)
    {
        let text = format!("{}({}.{}), if few rows travel", link.vindex.name(), source.temporary, column.name);
        object.insert("only_shards_of".into(), json!(text));
    }
    let rows = found.sources.iter().map(|source| gathered(source, args));
    object.insert("travelling".into(), rows.collect());
    object.insert("input".into(), operator(&found.input, args));
    Json::Object(object)
}

fn insert(found: &Insert, args: &Arguments<'_>) -> Json {
    let mut object = Map::new();
    object.insert("operator".into(), json!("Insert"));
    object.insert("keyspace".into(), json!(*found.keyspace));
    object.insert("table".into(), json!(*found.table));
    if let Some((vindex, columns)) = &found.vindex {
        object.insert("vindex".into(), json!(format!("{}({})", vindex.name(), columns.join(", "))));
    }
    if let Some(auto) = &found.auto_increment {
        let source = match &auto.sequence {
            Some(sequence) => format!("{} from {}.{}", auto.column, sequence.keyspace, sequence.table),
            None => format!("{} from snowflake", auto.column),
        };
        object.insert("generated".into(), json!(source));
    }
    if !found.lookups.is_empty() {
        object.insert("lookups".into(), json!(writes::names(found.lookups.iter())));
    }
    if let Some(duplicates) = &found.duplicates {
        object.insert("duplicates".into(), json!(format!("{:?}, one row after another", duplicates.duplicates)));
    }
    object.insert("prefix".into(), json!(template(&found.prefix, args)));
    let rows = found.rows.iter().take(100).map(|row| {
        let mut object = Map::new();
        object.insert("sql".into(), json!(template(&row.sql, args)));
        if !row.key.is_empty() {
            let key: Vec<String> = row.key.iter().map(|key| value(&key.value, args)).collect();
            object.insert("key".into(), json!(key.join(", ")));
        }
        Json::Object(object)
    });
    object.insert("rows".into(), json!(rows.collect::<Vec<_>>()));
    let suffix = template(&found.suffix, args);
    if !suffix.is_empty() {
        object.insert("suffix".into(), json!(suffix));
    }
    if found.rekey.is_some() {
        object.insert("on_duplicate".into(), json!("rows move"));
    }
    Json::Object(object)
}

/// A lookup with the values of this statement.
fn lookup(found: &Lookup, args: &Arguments<'_>) -> String {
    let values = match &found.keys {
        LookupKeys::Slot(slot) => value(&ValueExpr::Slot(*slot), args),
        LookupKeys::Rows(rows) => {
            let row = |row: &Vec<ValueExpr>| {
                let values: Vec<String> = row.iter().map(|found| value(found, args)).collect();
                if values.len() > 1 { format!("({})", values.join(", ")) } else { values.join(", ") }
            };
            rows.iter().map(row).collect::<Vec<_>>().join(", ")
        }
    };
    let LookupTable { keyspace, table, .. } = &found.table;
    format!("{}({values}) by {keyspace}.{table}", found.vindex.name())
}

/// A target with the values of this statement.
pub fn target(target: &Target, args: &Arguments<'_>) -> String {
    let join = |targets: &[Target], word: &str| {
        targets.iter().map(|target| self::target(target, args)).collect::<Vec<_>>().join(word)
    };
    match target {
        Target::Unsharded => "the only one".to_owned(),
        Target::AnyShard => "any one".to_owned(),
        Target::Scatter => "all".to_owned(),
        Target::Alike => "all alike".to_owned(),
        Target::Lookup(lookup) => self::lookup(lookup, args),
        Target::Equal { vindex, values } => {
            let values: Vec<String> = values.iter().map(|key| self::key(key, args)).collect();
            format!("{}({})", vindex.name(), values.join(", "))
        }
        Target::In { vindex, values } => {
            let values = match values {
                KeyList::Slot { slot, .. } => {
                    let range = args.fingerprint.slot_range(*slot).unwrap_or_default();
                    String::from_utf8_lossy(args.text.get(range).unwrap_or_default()).into_owned()
                }
                KeyList::Values(values) => values.iter().map(|key| self::key(key, args)).collect::<Vec<_>>().join(", "),
            };
            format!("{} in ({values})", vindex.name())
        }
        Target::Range { vindex, from, to } => {
            let bound = |bound: &Option<KeyExpr>| bound.as_ref().map_or("..".to_owned(), |key| self::key(key, args));
            format!("{} from {} to {}", vindex.name(), bound(from), bound(to))
        }
        Target::AnyOf(targets) => format!("[{}]", join(targets, " or ")),
        Target::AllOf(targets) => format!("[{}]", join(targets, " and ")),
        Target::Pinned(id) => format!("that of keyspace id {id}"),
        Target::OneShard { targets, reason } => {
            format!("{}, which must be one shard: {reason}", join(targets, " with "))
        }
    }
}

fn key(key: &KeyExpr, args: &Arguments<'_>) -> String {
    value(&key.value, args)
}

fn value(value: &ValueExpr, args: &Arguments<'_>) -> String {
    match value {
        ValueExpr::Null => "NULL".to_owned(),
        ValueExpr::Default => "DEFAULT".to_owned(),
        ValueExpr::Int(number) => number.to_string(),
        ValueExpr::Slot(slot) => {
            let range = args.fingerprint.slot_range(*slot).unwrap_or_default();
            String::from_utf8_lossy(args.text.get(range).unwrap_or_default()).into_owned()
        }
        ValueExpr::Negated(slot) => format!("-{}", self::value(&ValueExpr::Slot(*slot), args)),
        ValueExpr::Arithmetic(operation, operands) => {
            let sign = match operation {
                Arithmetic::Add => '+',
                Arithmetic::Subtract => '-',
                Arithmetic::Multiply => '*',
            };
            format!("({} {sign} {})", self::value(&operands.0, args), self::value(&operands.1, args))
        }
        ValueExpr::Evaluate(template) => format!("value of {}", self::template(template, args)),
        ValueExpr::Stored(template) => format!("stored value of {}", self::template(template, args)),
    }
}

/// A template with the client's text in it, and what is known only later in braces.
pub fn template(template: &Template, args: &Arguments<'_>) -> String {
    if template.is_unchanged() {
        return String::from_utf8_lossy(args.text).into_owned();
    }
    let mut out = String::new();
    for piece in &template.pieces {
        match piece {
            Piece::Source { from, to } => match (from.resolve(args), to.resolve(args)) {
                (Ok(from), Ok(to)) => {
                    out.push_str(&String::from_utf8_lossy(args.text.get(from..to).unwrap_or_default()));
                }
                _ => out.push_str("{?}"),
            },
            Piece::Sql(text) => out.push_str(text),
            Piece::Database(keyspace) => {
                let _ = write!(out, "{{database of {keyspace}}}");
            }
            Piece::Session(value) => {
                let _ = write!(out, "{{{value:?}}}");
            }
            Piece::Value(value) => {
                let _ = write!(out, "{{{}}}", self::value(value, args));
            }
            Piece::Generated | Piece::GeneratedOr(_) => out.push_str("{generated}"),
            Piece::LimitSum { offset, count } => {
                let _ = write!(out, "{{{} + {}}}", value(offset, args), value(count, args));
            }
        }
    }
    out
}

fn effects(effects: &Effects) -> Vec<String> {
    let mut found = Vec::new();
    let mut note = |on: bool, text: &str| {
        if on {
            found.push(text.to_owned());
        }
    };
    note(effects.pins_connection, "pins the connection");
    note(effects.taints_connection, "taints the connection");
    note(effects.implicit_commit, "commits");
    note(effects.asks_for_file, "asks for the client's file");
    note(effects.sets_last_insert_id, "sets LAST_INSERT_ID");
    if !effects.reads_variables.is_empty() {
        found.push(format!("reads @{}", effects.reads_variables.join(", @")));
    }
    if !effects.writes_variables.is_empty() {
        found.push(format!("writes @{}", effects.writes_variables.join(", @")));
    }
    for value in &effects.session_values {
        found.push(format!("session value {value:?}"));
    }
    found
}
