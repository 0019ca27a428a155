//! Send a text to the shards of a target. One shard: its reply is relayed as it is.

use super::scatter;
use super::view::{PlaceDatabases, SessionView};
use crate::backend::{BackendError, RelayError, Watch};
use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::query::Statement;
use crate::session::{DEADLOCK, KeyspaceRef, Lease, Needs, Place, Session, TabletType};
use shardgate_router::error::Code;
use shardgate_router::plan::{RenderContext, Route, ShardSet, StatementClass, Target, Template};
use shardgate_vschema::Value;
use shardgate_wire::StatusFlags;
use shardgate_wire::reply::{End, Expect, Outcome};

/// Run a route.
#[inline]
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    route: &Route,
) -> Result<Reach, StatementError> {
    let (keyspace, shards) = shards(session, statement, &route.keyspace, &route.target)?;
    if shards.single().is_none() {
        return Box::pin(scatter::run_route(session, statement, route, &keyspace, &shards)).await;
    }
    let place = place(session, &keyspace, &shards)?;
    let template = route.sql_alone.as_ref().unwrap_or(&route.sql);
    run_alone(session, statement, template, place).await?;
    Ok(Reach::OneShard)
}

/// The keyspace and its shards for these arguments. A session whose target is one shard gets that one.
pub(crate) fn shards(
    session: &Session,
    statement: &Statement<'_>,
    keyspace: &str,
    target: &Target,
) -> Result<(KeyspaceRef, ShardSet), StatementError> {
    let found = KeyspaceRef::find(&session.snapshot, keyspace)?;
    if let Some(laid) = session.connections.laid_shards() {
        return Ok((found, laid.clone()));
    }
    if let Some(index) = targeted_shard(session, &found, keyspace)? {
        return Ok((found, ShardSet::one(index as u32)));
    }
    let version = &*session.snapshot.server_version;
    let view = SessionView { state: &session.state, id: session.id, version, evaluated: &[] };
    let set = target.resolve(&statement.args, &view, found.ranges())?;
    Ok((found, set))
}

/// The number of the shard that the session's target names, if it is one of this keyspace.
pub(super) fn targeted_shard(
    session: &Session,
    found: &KeyspaceRef,
    keyspace: &str,
) -> Result<Option<usize>, StatementError> {
    let own = &session.state.target;
    let (Some(shard), Some(own_keyspace), KeyspaceRef::Keyspace(topology)) = (&own.shard, &own.keyspace, found) else {
        return Ok(None);
    };
    if **own_keyspace != *keyspace {
        return Ok(None);
    }
    let index = topology.shards.iter().position(|candidate| candidate.name == *shard);
    index.map(Some).ok_or_else(|| {
        let message = format!("keyspace {keyspace} has no shard `{}` any more", shard.as_str());
        StatementError::sql(Code::UnknownTarget, message)
    })
}

/// The place of a single shard. Where any shard would do it is one that the session holds already, or the next in turn.
pub(super) fn place(session: &Session, keyspace: &KeyspaceRef, shards: &ShardSet) -> Result<Place, StatementError> {
    let first = shards.single().unwrap_or_default() as usize;
    let tablet = session.tablet();
    if shards.is_any() {
        let count = keyspace.ranges().len();
        for index in 0..count {
            let place = keyspace.place(index, tablet, 0)?;
            if session.connections.holds(&place) {
                return Ok(place);
            }
        }
        let turn = session.worker.next_turn();
        return keyspace.place(turn.checked_rem(count).unwrap_or_default(), tablet, turn);
    }
    let turn = if tablet == TabletType::Replica { session.worker.next_turn() } else { 0 };
    keyspace.place(first, tablet, turn)
}

/// Render a template for a place.
pub(super) fn render(
    session: &Session,
    statement: &Statement<'_>,
    template: &Template,
    place: &Place,
    evaluated: &[(Template, Value<'static>)],
    generated: Option<u64>,
) -> Result<Vec<u8>, StatementError> {
    let version = &*session.snapshot.server_version;
    let view = SessionView { state: &session.state, id: session.id, version, evaluated };
    let databases = PlaceDatabases { place, snapshot: &session.snapshot };
    let context = RenderContext { session: &view, databases: &databases, generated };
    let mut text = Vec::with_capacity(statement.args.text.len() + 64);
    template.render(&statement.args, &context, &mut text)?;
    Ok(text)
}

/// Render an expression for a place, before anything is computed.
pub(super) fn render_at(
    session: &Session,
    statement: &Statement<'_>,
    template: &Template,
    place: &Place,
) -> Result<Vec<u8>, StatementError> {
    render(session, statement, template, place, &[], None)
}

/// Run a statement on one shard and relay its reply.
#[inline]
pub(super) async fn run_alone(
    session: &mut Session,
    statement: &Statement<'_>,
    template: &Template,
    place: Place,
) -> Result<(), StatementError> {
    let plan = &statement.plan;
    if let (Some(execution), true) = (statement.execution, template.is_unchanged()) {
        return super::prepared::run_alone(session, statement, execution, place).await;
    }
    let rendered = if template.is_unchanged() && statement.args.parameters.is_none() {
        None
    } else {
        Some(render(session, statement, template, &place, &[], None)?)
    };
    if statement.binary
        || statement.collector.is_some()
        || statement.names.is_some()
        || super::broadcast::renames(session, statement)
    {
        let text = rendered.unwrap_or_else(|| statement.args.text.to_vec());
        return Box::pin(scatter::run_decoded(session, statement, place, &text)).await;
    }
    if plan.effects.asks_for_file {
        super::local_file::check(session)?;
    }
    let text = rendered.as_deref();
    let mut retried = false;
    loop {
        let mut lease = lease(session, statement, place.clone()).await?;
        let sent = match text {
            None => match statement.frames {
                Some(frames) => lease.backend.flush_with(frames).await,
                None => {
                    lease.backend.queue_query(statement.args.text);
                    lease.backend.flush().await
                }
            },
            Some(text) => {
                lease.backend.queue_query(text);
                lease.backend.flush().await
            }
        }
        .map_err(|error| RelayError::Backend { error, relayed: 0 });
        let result = match sent {
            Ok(()) if plan.effects.asks_for_file => match relay_any(session, &mut lease, Expect::Query).await {
                Ok(outcome) if matches!(outcome.end, End::LocalInfile) => {
                    Box::pin(super::local_file::pass_on(session, &mut lease)).await
                }
                other => other,
            },
            Ok(()) => relay(session, &mut lease, Expect::Query).await,
            Err(error) => Err(error),
        };
        match result {
            Ok(outcome) => return finish(session, statement, lease, &outcome).await,
            Err(RelayError::Backend { error, relayed: 0 })
                if !retried && lease.reused && may_repeat(session, plan.class, &lease) && is_io(&error) =>
            {
                // The server had closed an idle connection; a read that nobody has answered can be asked again.
                retried = true;
                tracing::debug!(shard = %place, %error, "an idle connection was closed; the read is sent again");
            }
            Err(error) => return Err(lost(session, plan.class, lease, error).await),
        }
    }
}

fn is_io(error: &BackendError) -> bool {
    matches!(error, BackendError::Io { .. })
}

/// Whether a statement without an answer may be sent again: only reads, and only outside a transaction.
pub(super) fn may_repeat(session: &Session, class: StatementClass, lease: &Lease) -> bool {
    matches!(class, StatementClass::Select | StatementClass::Show)
        && !lease.in_transaction
        && !lease.laid
        && !session.transaction.open
}

/// A connection for the statement, in the state that it needs.
#[inline]
pub(super) async fn lease(
    session: &mut Session,
    statement: &Statement<'_>,
    place: Place,
) -> Result<Lease, StatementError> {
    lease_for(session, statement, place, session.profile).await
}

/// As [`lease`], of another profile than the client's.
pub(super) async fn lease_for(
    session: &mut Session,
    statement: &Statement<'_>,
    place: Place,
    profile: crate::backend::Profile,
) -> Result<Lease, StatementError> {
    let effects = &statement.plan.effects;
    if effects.implicit_commit && (session.transaction.open || session.connections.in_transaction()) {
        session.commit_all().await?;
    }
    session.check_transaction_mode(&place)?;
    let needs = Needs { variables: &effects.reads_variables, transaction: true };
    let mut lease = session.connections.lease(&session.worker.pools, place, profile, &session.state.settings).await?;
    if let Err(error) = lease.prepare(&session.state, &session.transaction, needs).await {
        session.connections.put_back(lease).await;
        return Err(error);
    }
    session.transaction.characteristics_used |= !session.transaction.characteristics.is_empty();
    Ok(lease)
}

/// Relay the reply of the statement that was sent. A request for a file of the client's isn't passed on.
#[inline]
pub(super) async fn relay(session: &mut Session, lease: &mut Lease, expect: Expect) -> Result<Outcome, RelayError> {
    let start = session.client.out.len();
    let outcome = relay_any(session, lease, expect).await?;
    if matches!(outcome.end, End::LocalInfile) {
        session.client.out.truncate(start);
        let error = lease.backend.malformed("the server asked for a file of the client's, which the statement doesn't");
        return Err(RelayError::Backend { error, relayed: 0 });
    }
    Ok(outcome)
}

/// Relay the reply, whatever it is.
#[inline]
async fn relay_any(session: &mut Session, lease: &mut Lease, expect: Expect) -> Result<Outcome, RelayError> {
    let client = &mut session.client;
    let deadline = session.query_timeout.map(|limit| tokio::time::Instant::now() + limit);
    let mut watch = Watch::new(&session.process, deadline, &lease.pool, &mut session.alarm);
    if client.seq.0 == 1 && !client.more_results && client.out.is_empty() {
        return lease.backend.relay(&mut client.stream, &mut client.out, expect, &mut watch).await;
    }
    lease.backend.relay_renumbered(client, expect, &mut watch).await
}

/// Note what a relayed reply came to, and give the connection back.
#[inline]
pub(super) async fn finish(
    session: &mut Session,
    statement: &Statement<'_>,
    mut lease: Lease,
    outcome: &Outcome,
) -> Result<(), StatementError> {
    let effects = &statement.plan.effects;
    note(session, statement.plan.class, outcome);
    if let End::Ok { insert_id: 1.., .. } = outcome.end {
        note_insert_id(session, statement, &mut lease, outcome).await;
    }
    if matches!(outcome.end, End::ResultSet) && statement.plan.class == StatementClass::Select {
        note_functions(session, statement, &mut lease).await;
    }
    if let Some(status) = outcome.status {
        lease.in_transaction = status.contains(StatusFlags::IN_TRANS);
    }
    match outcome.end {
        End::Err { errno, .. } => {
            let message = error_text(&session.client.out);
            session.state.failed(errno, &message, Some(&lease.place.to_string()));
            session.relayed_error = true;
            lease.backend.tainted |= effects.taints_connection;
            if statement.plan.class == StatementClass::Call {
                settle_call(&mut lease, errno).await;
            }
            session.answered_error(lease, errno).await;
        }
        _ => {
            session.after_statement(effects, &mut lease, outcome.warnings).await?;
            session.connections.put_back(lease).await;
        }
    }
    Ok(())
}

/// A procedure that failed may have begun or ended a transaction, which an error doesn't tell, and may have left things that
/// are the session's.
async fn settle_call(lease: &mut Lease, errno: u16) {
    lease.backend.queue_query(b"DO 0");
    let answer = match lease.backend.flush().await {
        Ok(()) => lease.backend.read_ok().await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(ok) => {
            lease.pinned = true;
            if errno != DEADLOCK {
                lease.in_transaction = StatusFlags(ok.status).contains(StatusFlags::IN_TRANS);
            }
        }
        // What its state is can't be known: it isn't used again.
        Err(error) => {
            lease.backend.broken = true;
            tracing::warn!(shard = %lease.place, %error, "what a failed procedure left can't be asked for");
        }
    }
}

/// Keep what the session's functions will say.
#[inline]
fn note(session: &mut Session, class: StatementClass, outcome: &Outcome) {
    let state = &mut session.state;
    if !state.warnings.is_empty() && class != StatementClass::Show {
        state.warnings.clear();
    }
    match outcome.end {
        End::Ok { affected_rows, .. } => {
            state.row_count = i64::try_from(affected_rows).unwrap_or(i64::MAX);
        }
        End::ResultSet => {
            state.row_count = -1;
            state.found_rows = outcome.rows;
        }
        _ => state.row_count = -1,
    }
}

/// Keep what LAST_INSERT_ID() will say. The insert id of an OK may also be a value that the statement gave itself, which
/// LAST_INSERT_ID() doesn't tell; where that is possible, the server is asked. If it tells another value, that is of what
/// the connection did before, for whichever session.
async fn note_insert_id(session: &mut Session, statement: &Statement<'_>, lease: &mut Lease, outcome: &Outcome) {
    let End::Ok { insert_id, .. } = outcome.end else { return };
    if !may_be_given(statement, insert_id) {
        session.state.last_insert_id = insert_id;
        return;
    }
    if let Some(id) = ask_number(lease, b"SELECT LAST_INSERT_ID()").await
        && id == insert_id
    {
        session.state.last_insert_id = id;
    }
}

/// Keep what FOUND_ROWS() and LAST_INSERT_ID() will say after rows, where the reply doesn't tell it.
pub(super) async fn note_functions(session: &mut Session, statement: &Statement<'_>, lease: &mut Lease) {
    if counts_found_rows(statement.args.text)
        && let Some(count) = ask_number(lease, b"SELECT FOUND_ROWS()").await
    {
        session.state.found_rows = count;
    }
    if statement.plan.effects.sets_last_insert_id
        && let Some(id) = ask_number(lease, b"SELECT LAST_INSERT_ID()").await
    {
        session.state.last_insert_id = id;
    }
}

/// Whether a text has SQL_CALC_FOUND_ROWS (perhaps only in a string, which costs a question too many).
fn counts_found_rows(text: &[u8]) -> bool {
    const WORD: &[u8] = b"SQL_CALC_FOUND_ROWS";
    memchr::memchr2_iter(b'S', b's', text)
        .any(|at| text.get(at..at + WORD.len()).is_some_and(|word| word.eq_ignore_ascii_case(WORD)))
}

/// Ask the connection that ran a statement for a number of its session.
async fn ask_number(lease: &mut Lease, query: &[u8]) -> Option<u64> {
    let asked =
        lease.backend.query(query, |row| row.field(0).and_then(|text| std::str::from_utf8(text).ok()?.parse().ok()));
    match asked.await {
        Ok((_, rows)) => rows.first().copied().flatten(),
        // The statement itself is done; its connection isn't used again.
        Err(error) => {
            lease.backend.broken = true;
            tracing::warn!(shard = %lease.place, %error, "what a statement left in its session could not be read");
            None
        }
    }
}

/// Whether an insert id can be a value of the statement's own: only if it stands in it, or may come from a query.
fn may_be_given(statement: &Statement<'_>, insert_id: u64) -> bool {
    let args = &statement.args;
    let is_insert = matches!(statement.plan.class, StatementClass::Insert | StatementClass::Replace);
    let has_query = args.text.windows(6).any(|word| word.eq_ignore_ascii_case(b"select"));
    !is_insert
        || has_query
        || args.fingerprint.literals().iter().any(|literal| match args.literal(*literal) {
            Ok(Value::Int(number)) => u64::try_from(number) == Ok(insert_id),
            Ok(Value::UInt(number)) => number == insert_id,
            Ok(Value::Null) => false,
            // A number in another form.
            Ok(Value::Text(text) | Value::Bytes(text)) => text.first().is_some_and(u8::is_ascii_digit),
            Ok(Value::Decimal(_) | Value::Float(_)) => true,
            Err(_) => false,
        })
}

/// The message of the ERR packet at the end of what the client gets, if it is there.
fn error_text(out: &[u8]) -> String {
    let (mut payload, mut rest): (&[u8], _) = (&[], out);
    while let [a, b, c, _, behind @ ..] = rest {
        (payload, rest) = behind.split_at(behind.len().min(u32::from_le_bytes([*a, *b, *c, 0]) as usize));
    }
    match shardgate_wire::reply::ErrPacket::decode(payload) {
        Ok(packet) => String::from_utf8_lossy(&packet.message).into_owned(),
        Err(_) => "the statement failed after its first rows".to_owned(),
    }
}

/// A statement got no whole answer. What is known of its effect is said; nothing is repeated.
pub(super) async fn lost(
    session: &mut Session,
    class: StatementClass,
    mut lease: Lease,
    error: RelayError,
) -> StatementError {
    let place = lease.place.to_string();
    let in_transaction = lease.in_transaction || session.transaction.open;
    lease.backend.broken = true;
    let (message, code, relayed) = match error {
        RelayError::Client(error) => {
            session.kill_backend(&lease);
            drop(lease);
            return StatementError::Client(error);
        }
        RelayError::Interrupted { relayed } => {
            let killed = session.process.kill_asked().is_some();
            let (code, text) = if killed {
                (Code::Interrupted, "the statement was killed, and the shard didn't answer to that")
            } else {
                (
                    Code::QueryTimeout,
                    "the statement ran longer than query_timeout, and the shard didn't answer to being stopped",
                )
            };
            (format!("{text}: {place}"), code, relayed)
        }
        RelayError::Backend { error: BackendError::Answered(shard), relayed } => {
            drop(lease);
            return if relayed == 0 {
                StatementError::Shard(shard)
            } else {
                StatementError::Client(std::io::Error::other("the reply broke off"))
            };
        }
        RelayError::Backend { error, relayed } => {
            let writes =
                !matches!(class, StatementClass::Select | StatementClass::LockingSelect | StatementClass::Show);
            if writes && !in_transaction {
                let message = format!(
                    "the connection to shard {place} broke ({error}) while the statement ran: it may have taken effect or not, and was not repeated"
                );
                (message, Code::OutcomeUnknown, relayed)
            } else {
                (format!("the connection to shard {place} broke: {error}"), Code::ConnectionLost, relayed)
            }
        }
    };
    drop(lease);
    let mut message = message;
    if in_transaction {
        session.roll_back_others().await;
        session.ending = true;
        message.push_str("; the transaction was rolled back and the connection is closed");
    }
    if relayed > 0 {
        // Part of the reply is out, perhaps half a packet: only the end of the connection can't be misread.
        tracing::warn!(shard = %place, "{message}; the client's connection is closed in mid-reply");
        return StatementError::Client(std::io::Error::other(message));
    }
    StatementError::sql(code, message)
}
