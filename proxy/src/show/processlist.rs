//! SHOW PROCESSLIST, with MySQL's columns.

use super::{ProcessCommand, ShowContext, ShowResult};
use shardgate_wire::ColumnType;

/// How much of a statement SHOW PROCESSLIST without FULL shows, in characters.
const SHORT: usize = 100;

/// All connections, or without the right to see them the user's own. Statements are shown without their literals.
pub(super) fn processlist(full: bool, context: &ShowContext<'_>) -> ShowResult {
    let columns = [
        ("Id", ColumnType::LongLong),
        ("User", ColumnType::VarString),
        ("Host", ColumnType::VarString),
        ("db", ColumnType::VarString),
        ("Command", ColumnType::VarString),
        ("Time", ColumnType::Long),
        ("State", ColumnType::VarString),
        ("Info", ColumnType::VarString),
    ];
    let list = context.processes.list(context.now);
    let seen = list.into_iter().filter(|process| context.is_admin() || process.user == context.user.name);
    let rows = seen.map(|process| {
        let state = match (process.killed, process.command) {
            (Some(_), _) => "killed",
            (None, ProcessCommand::Sleep | ProcessCommand::Connect) => "",
            (None, _) => "executing",
        };
        let info = process.statement.map(|text| if full { text } else { text.chars().take(SHORT).collect() });
        vec![
            Some(process.id.to_string()),
            Some(process.user.to_string()),
            Some(process.host.to_string()),
            process.target.map(|target| target.to_string()),
            Some(process.command.as_str().to_owned()),
            Some(process.time.as_secs().to_string()),
            Some(state.to_owned()),
            info,
        ]
    });
    ShowResult { rows: rows.collect(), columns: columns.map(|(name, kind)| (name.to_owned(), kind)).into() }
}
