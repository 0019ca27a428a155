//! The client connections by id: what `SHOW PROCESSLIST` shows and `KILL` reaches.
//!
//! A session updates its own entry for each statement, so that costs a few atomics and a lock that nobody else holds,
//! except while a list is being made.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

/// Most bytes of a statement that are kept for showing.
const SHOWN_STATEMENT: usize = 8192;

/// Locks over parts of the map, so that connections that come and go on several workers rarely meet.
const PARTS: usize = 16;

/// What a connection does, as the `Command` column says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ProcessCommand {
    /// Waits for the client.
    Sleep,
    /// Runs a statement.
    Query,
    /// Prepares a statement.
    Prepare,
    /// Runs a prepared statement.
    Execute,
    /// Hasn't logged in yet.
    Connect,
}

impl ProcessCommand {
    /// MySQL's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            ProcessCommand::Sleep => "Sleep",
            ProcessCommand::Query => "Query",
            ProcessCommand::Prepare => "Prepare",
            ProcessCommand::Execute => "Execute",
            ProcessCommand::Connect => "Connect",
        }
    }

    fn from_code(code: u8) -> Self {
        match code {
            1 => ProcessCommand::Query,
            2 => ProcessCommand::Prepare,
            3 => ProcessCommand::Execute,
            4 => ProcessCommand::Connect,
            _ => ProcessCommand::Sleep,
        }
    }

    fn code(self) -> u8 {
        match self {
            ProcessCommand::Sleep => 0,
            ProcessCommand::Query => 1,
            ProcessCommand::Prepare => 2,
            ProcessCommand::Execute => 3,
            ProcessCommand::Connect => 4,
        }
    }
}

/// What somebody asked of a connection by KILL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kill {
    /// End the running statement.
    Query,
    /// End the connection.
    Connection,
}

/// Why a connection that waits for a command must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By KILL.
    Killed,
    /// The proxy is going down.
    Drained,
}

const NOT_KILLED: u8 = 0;
const QUERY_KILLED: u8 = 1;
const CONNECTION_KILLED: u8 = 2;

/// What a client's connection is at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    /// Connection id.
    pub(crate) id: u32,
    /// User.
    pub(crate) user: Arc<str>,
    /// Where the client is: `host:port`, or `localhost` for a Unix socket.
    pub(crate) host: Arc<str>,
    /// The target, as `USE` names it.
    pub(crate) target: Option<Arc<str>>,
    /// What it does.
    pub(crate) command: ProcessCommand,
    /// For how long.
    pub(crate) time: Duration,
    /// The statement without its literals, if one runs.
    pub(crate) statement: Option<String>,
    /// What was asked by KILL and isn't done yet.
    pub(crate) killed: Option<Kill>,
}

#[derive(Debug)]
struct Entry {
    id: u32,
    host: Arc<str>,
    started: Instant,
    names: Mutex<Names>,
    command: AtomicU8,
    /// Microseconds between the registry's start and the last change of `command`.
    since: AtomicU64,
    statement: Mutex<Vec<u8>>,
    killed: AtomicU8,
    /// The session's task, which is the only one that waits for what this entry is asked. It stays here from statement
    /// to statement: taking it out and putting it in again would cost more than all of a plan.
    waiting: Mutex<Option<Waker>>,
}

#[derive(Debug)]
struct Names {
    user: Arc<str>,
    target: Option<Arc<str>>,
}

impl Entry {
    fn set(&self, command: ProcessCommand, now: Instant) {
        let since = u64::try_from(now.saturating_duration_since(self.started).as_micros()).unwrap_or(u64::MAX);
        self.since.store(since, Ordering::Relaxed);
        self.command.store(command.code(), Ordering::Relaxed);
    }

    fn kill_asked(&self) -> Option<Kill> {
        match self.killed.load(Ordering::Acquire) {
            QUERY_KILLED => Some(Kill::Query),
            CONNECTION_KILLED => Some(Kill::Connection),
            _ => None,
        }
    }

    fn ask(&self, kill: Kill) {
        let code = match kill {
            Kill::Query => QUERY_KILLED,
            Kill::Connection => CONNECTION_KILLED,
        };
        // The end of the connection is never taken back by the end of a statement.
        self.killed.fetch_max(code, Ordering::AcqRel);
        self.wake();
    }

    fn wake(&self) {
        let waker = lock(&self.waiting).clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn wait_as(&self, waker: &Waker) {
        let mut waiting = lock(&self.waiting);
        if waiting.as_ref().is_none_or(|known| !known.will_wake(waker)) {
            *waiting = Some(waker.clone());
        }
    }

    fn view(&self, now: Instant) -> Process {
        let since = self.started + Duration::from_micros(self.since.load(Ordering::Relaxed));
        let command = ProcessCommand::from_code(self.command.load(Ordering::Relaxed));
        let runs = matches!(command, ProcessCommand::Query | ProcessCommand::Prepare | ProcessCommand::Execute);
        let statement = runs.then(|| String::from_utf8_lossy(&lock(&self.statement)).into_owned());
        let names = lock(&self.names);
        Process {
            id: self.id,
            user: Arc::clone(&names.user),
            host: Arc::clone(&self.host),
            target: names.target.clone(),
            command,
            time: now.saturating_duration_since(since),
            statement,
            killed: self.kill_asked(),
        }
    }
}

/// All client connections of this proxy.
#[derive(Debug)]
pub(crate) struct Processes {
    started: Instant,
    next_id: AtomicU32,
    draining: AtomicBool,
    parts: [Mutex<HashMap<u32, Arc<Entry>>>; PARTS],
}

impl Processes {
    /// No connections yet.
    pub(crate) fn new(started: Instant) -> Arc<Self> {
        Arc::new(Processes {
            started,
            next_id: AtomicU32::new(1),
            draining: AtomicBool::new(false),
            parts: Default::default(),
        })
    }

    /// Enter a connection; it is listed until the handle is dropped. Its id isn't in use by another one.
    pub(crate) fn register(self: &Arc<Self>, host: impl Into<Arc<str>>, now: Instant) -> ProcessHandle {
        let host = host.into();
        loop {
            let id = self.next_id.fetch_add(1, Ordering::Relaxed);
            let mut part = lock(self.part(id));
            if id == 0 || part.contains_key(&id) {
                continue;
            }
            let entry = Arc::new(Entry {
                id,
                host,
                started: self.started,
                names: Mutex::new(Names { user: Arc::from("unauthenticated user"), target: None }),
                command: AtomicU8::new(0),
                since: AtomicU64::new(0),
                statement: Mutex::default(),
                killed: AtomicU8::new(NOT_KILLED),
                waiting: Mutex::default(),
            });
            entry.set(ProcessCommand::Connect, now);
            part.insert(id, Arc::clone(&entry));
            drop(part);
            return ProcessHandle { processes: Arc::clone(self), entry };
        }
    }

    /// Ask a connection to end its statement or itself; false if there is none of this id.
    pub(crate) fn kill(&self, id: u64, kill: Kill) -> bool {
        let Some(entry) = self.entry(id) else { return false };
        entry.ask(kill);
        true
    }

    /// The proxy is going down: connections that wait for a command outside a transaction end.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Release);
        for part in &self.parts {
            for entry in lock(part).values() {
                entry.wake();
            }
        }
    }

    /// The user of a connection, to see whether another user may kill it.
    pub(crate) fn user_of(&self, id: u64) -> Option<Arc<str>> {
        self.entry(id).map(|entry| Arc::clone(&lock(&entry.names).user))
    }

    /// How many connections a user has.
    pub(crate) fn count_of(&self, user: &str) -> usize {
        let of_user = |entry: &&Arc<Entry>| *lock(&entry.names).user == *user;
        self.parts.iter().map(|part| lock(part).values().filter(of_user).count()).sum()
    }

    /// All connections in the order of their ids.
    pub(crate) fn list(&self, now: Instant) -> Vec<Process> {
        let mut entries: Vec<Arc<Entry>> = Vec::new();
        for part in &self.parts {
            entries.extend(lock(part).values().cloned());
        }
        entries.sort_by_key(|entry| entry.id);
        entries.iter().map(|entry| entry.view(now)).collect()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.parts.iter().map(|part| lock(part).len()).sum()
    }

    fn entry(&self, id: u64) -> Option<Arc<Entry>> {
        let id = u32::try_from(id).ok()?;
        lock(self.part(id)).get(&id).cloned()
    }

    fn part(&self, id: u32) -> &Mutex<HashMap<u32, Arc<Entry>>> {
        // PARTS isn't 0, so the remainder is always an index.
        &self.parts[id as usize % PARTS]
    }
}

/// A session's own entry. Dropping it takes the connection off the list.
#[derive(Debug)]
pub(crate) struct ProcessHandle {
    processes: Arc<Processes>,
    entry: Arc<Entry>,
}

impl ProcessHandle {
    /// The connection's id, as the greeting tells it.
    pub(crate) fn id(&self) -> u32 {
        self.entry.id
    }

    /// Who has logged in (again, after COM_CHANGE_USER).
    pub(crate) fn set_user(&self, user: Arc<str>) {
        lock(&self.entry.names).user = user;
    }

    /// What is the default database now.
    pub(crate) fn set_target(&self, target: Option<Arc<str>>) {
        lock(&self.entry.names).target = target;
    }

    /// A statement begins. `normalised` is its text without literals. A `KILL QUERY` that came before is forgotten, as
    /// in MySQL.
    pub(crate) fn set_statement(&self, command: ProcessCommand, normalised: &[u8], now: Instant) {
        let _ = self.entry.killed.compare_exchange(QUERY_KILLED, NOT_KILLED, Ordering::AcqRel, Ordering::Acquire);
        {
            let mut statement = lock(&self.entry.statement);
            statement.clear();
            statement.extend_from_slice(normalised.get(..SHOWN_STATEMENT).unwrap_or(normalised));
        }
        self.entry.set(command, now);
    }

    /// The statement has ended.
    pub(crate) fn set_idle(&self, now: Instant) {
        self.entry.set(ProcessCommand::Sleep, now);
    }

    /// What KILL asks of the connection or its running statement.
    pub(crate) fn kill_asked(&self) -> Option<Kill> {
        self.entry.kill_asked()
    }

    /// Wait until KILL asks something; at once if it has. To be raced with a running statement.
    pub(crate) async fn killed(&self) -> Kill {
        self.wait(Some).await
    }

    /// Wait until the connection is to end; `KILL QUERY` doesn't count. To be raced with reading the next command.
    pub(crate) async fn connection_killed(&self) {
        self.wait(|kill| (kill == Kill::Connection).then_some(())).await;
    }

    /// Wait until the connection is to end: killed, or, if it is idle, because the proxy is going down.
    pub(crate) async fn ended(&self, idle: bool) -> Ended {
        poll_fn(|cx| {
            // Before the flags are read, so that what is asked in between isn't missed.
            self.entry.wait_as(cx.waker());
            match self.entry.kill_asked() {
                Some(Kill::Connection) => Poll::Ready(Ended::Killed),
                _ if idle && self.processes.draining.load(Ordering::Acquire) => Poll::Ready(Ended::Drained),
                _ => Poll::Pending,
            }
        })
        .await
    }

    async fn wait<T>(&self, wanted: impl Fn(Kill) -> Option<T>) -> T {
        poll_fn(|cx| {
            self.entry.wait_as(cx.waker());
            self.entry.kill_asked().and_then(&wanted).map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

impl Drop for ProcessHandle {
    fn drop(&mut self) {
        lock(self.processes.part(self.entry.id)).remove(&self.entry.id);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_listed_from_login_to_its_end() {
        let start = Instant::now();
        let processes = Processes::new(start);
        let first = processes.register("127.0.0.1:5", start);
        let second = processes.register("localhost", start);
        first.set_user(Arc::from("app"));
        first.set_target(Some(Arc::from("shop@replica")));
        first.set_statement(ProcessCommand::Query, b"SELECT * FROM t WHERE id = ?", start + Duration::from_secs(2));
        let list = processes.list(start + Duration::from_secs(5));
        assert_eq!(list.iter().map(|process| process.id).collect::<Vec<_>>(), [first.id(), second.id()]);
        assert_eq!(&*list[0].user, "app");
        assert_eq!(list[0].target.as_deref(), Some("shop@replica"));
        assert_eq!(list[0].time, Duration::from_secs(3));
        assert_eq!(list[0].statement.as_deref(), Some("SELECT * FROM t WHERE id = ?"));
        assert_eq!((list[1].command, list[1].statement.as_deref()), (ProcessCommand::Connect, None));
        first.set_idle(start + Duration::from_secs(5));
        assert_eq!(processes.list(start + Duration::from_secs(6))[0].statement, None);
        drop(first);
        assert_eq!(processes.len(), 1);
    }

    #[test]
    fn an_id_in_use_is_not_given_again_when_ids_wrap() {
        let start = Instant::now();
        let processes = Processes::new(start);
        let one = processes.register("a", start);
        processes.next_id.store(u32::MAX, Ordering::Relaxed);
        let last = processes.register("b", start);
        let after = processes.register("c", start);
        assert_eq!((one.id(), last.id(), after.id()), (1, u32::MAX, 2));
    }

    #[tokio::test]
    async fn kill_query_ends_the_statement_and_not_the_next_one() {
        let start = Instant::now();
        let processes = Processes::new(start);
        let handle = Arc::new(processes.register("a", start));
        handle.set_statement(ProcessCommand::Query, b"SELECT SLEEP(?)", start);
        let waiter = tokio::spawn({
            let handle = Arc::clone(&handle);
            async move { handle.killed().await }
        });
        assert!(processes.kill(u64::from(handle.id()), Kill::Query));
        assert_eq!(waiter.await.unwrap(), Kill::Query);
        handle.set_statement(ProcessCommand::Query, b"SELECT ?", start);
        assert_eq!(handle.kill_asked(), None);
    }

    #[tokio::test]
    async fn kill_of_a_connection_outlives_its_statement() {
        let start = Instant::now();
        let processes = Processes::new(start);
        let handle = processes.register("a", start);
        assert!(processes.kill(1, Kill::Connection));
        assert!(processes.kill(1, Kill::Query));
        handle.set_statement(ProcessCommand::Query, b"SELECT ?", start);
        handle.connection_killed().await;
        assert_eq!(handle.killed().await, Kill::Connection);
        assert!(!processes.kill(2, Kill::Connection));
        assert!(!processes.kill(u64::from(u32::MAX) + 2, Kill::Connection));
    }

    #[tokio::test]
    async fn a_drain_ends_idle_connections_and_not_those_in_a_transaction() {
        let start = Instant::now();
        let processes = Processes::new(start);
        let idle = processes.register("a", start);
        let busy = processes.register("b", start);
        let waiter = tokio::spawn(async move { idle.ended(true).await });
        tokio::task::yield_now().await;
        processes.drain();
        assert_eq!(waiter.await.unwrap(), Ended::Drained);
        tokio::select! {
            biased;
            ended = busy.ended(false) => panic!("{ended:?}"),
            () = tokio::task::yield_now() => {}
        }
        assert!(processes.kill(u64::from(busy.id()), Kill::Connection));
        assert_eq!(busy.ended(false).await, Ended::Killed);
    }
}
