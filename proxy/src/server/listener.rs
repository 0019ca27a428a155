//! Listeners, and the way of a client from accept to the end of its session.

use super::{ServeError, io_error};
use crate::client::{Client, Input};
use crate::config::Config;
use crate::metrics::RefusedConnection;
use crate::net::Stream;
use crate::session::{self, End, LoginError, Session};
use crate::worker::Worker;
use shardgate_router::error::Code;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// How long a client may take to log in, as MySQL's `connect_timeout`.
const LOGIN_LIMIT: Duration = Duration::from_secs(10);
/// After a failed accept (no file descriptors left) the listener waits this long.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A client that was accepted, on its way to its worker.
#[derive(Debug)]
pub(super) enum Arrival {
    Tcp(std::net::TcpStream, SocketAddr),
    Unix(std::os::unix::net::UnixStream),
}

/// Sockets that are bound.
#[derive(Debug)]
pub(super) struct Listeners {
    tcp: Option<std::net::TcpListener>,
    unix: Option<(std::os::unix::net::UnixListener, PathBuf)>,
}

/// Bind what the configuration names.
pub(super) fn bind(config: &Config) -> Result<Listeners, ServeError> {
    let tcp = match config.listen.address {
        Some(address) => Some(bind_tcp(address).map_err(io_error(format!("listen.address {address}")))?),
        None => None,
    };
    let unix = match &config.listen.socket {
        Some(path) => {
            let what = format!("listen.socket {}", path.display());
            Some((bind_unix(path).map_err(io_error(what))?, path.clone()))
        }
        None => None,
    };
    if tcp.is_none() && unix.is_none() {
        return Err(ServeError::NoListener);
    }
    Ok(Listeners { tcp, unix })
}

fn bind_tcp(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let domain = if address.is_ipv4() { socket2::Domain::IPV4 } else { socket2::Domain::IPV6 };
    let socket = socket2::Socket::new(domain, socket2::Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(4096)?;
    Ok(socket.into())
}

/// A socket file that nobody listens on any more is replaced.
fn bind_unix(path: &std::path::Path) -> io::Result<std::os::unix::net::UnixListener> {
    if std::os::unix::net::UnixStream::connect(path).is_err() && path.exists() {
        std::fs::remove_file(path)?;
    }
    let listener = std::os::unix::net::UnixListener::bind(path)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

impl Listeners {
    /// The address of the TCP listener.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.tcp.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Accept on this runtime, and deal the clients out to the workers in turn.
    pub(super) fn spawn(self, worker: Arc<Worker>, doors: Vec<UnboundedSender<Arrival>>) {
        tokio::spawn(async move {
            let result = self.accept(&worker, &doors).await;
            if let Err(error) = result {
                tracing::error!(%error, "the listener has ended");
            }
        });
    }

    async fn accept(self, worker: &Worker, doors: &[UnboundedSender<Arrival>]) -> io::Result<()> {
        let tcp = self.tcp.map(TcpListener::from_std).transpose()?;
        let unix = self.unix.map(|(listener, path)| UnixListener::from_std(listener).map(|listener| (listener, path)));
        let unix = unix.transpose()?;
        let mut draining = worker.shared.draining.clone();
        let mut turn = 0usize;
        loop {
            let accepted = tokio::select! {
                biased;
                _ = draining.wait_for(|draining| *draining) => break,
                accepted = accept_tcp(tcp.as_ref()) => accepted,
                accepted = accept_unix(unix.as_ref().map(|(listener, _)| listener)) => accepted,
            };
            match accepted {
                Ok(arrival) => {
                    let door = doors.get(turn.checked_rem(doors.len()).unwrap_or_default());
                    turn = turn.wrapping_add(1);
                    // A worker that has ended takes nobody; the client sees a closed connection.
                    if door.is_none_or(|door| door.send(arrival).is_err()) {
                        break;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "a client could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        if let Some((_, path)) = unix {
            std::fs::remove_file(path)?;
        }
        Ok(())
    }
}

async fn accept_tcp(listener: Option<&TcpListener>) -> io::Result<Arrival> {
    let Some(listener) = listener else { return std::future::pending().await };
    let (socket, peer) = listener.accept().await?;
    Ok(Arrival::Tcp(socket.into_std()?, peer))
}

async fn accept_unix(listener: Option<&UnixListener>) -> io::Result<Arrival> {
    let Some(listener) = listener else { return std::future::pending().await };
    let (socket, _) = listener.accept().await?;
    Ok(Arrival::Unix(socket.into_std()?))
}

/// Take the clients that were dealt to this worker, each in a task of its own.
pub(super) async fn admit(worker: Arc<Worker>, mut room: UnboundedReceiver<Arrival>) {
    while let Some(arrival) = room.recv().await {
        match stream(arrival) {
            Ok((stream, host)) => {
                tokio::spawn(serve(Arc::clone(&worker), stream, host));
            }
            Err(error) => tracing::debug!(%error, "a client went away before it was greeted"),
        }
    }
}

fn stream(arrival: Arrival) -> io::Result<(Stream, Arc<str>)> {
    match arrival {
        Arrival::Tcp(socket, peer) => {
            socket.set_nodelay(true)?;
            Ok((TcpStream::from_std(socket)?.into(), Arc::from(peer.to_string())))
        }
        Arrival::Unix(socket) => Ok((UnixStream::from_std(socket)?.into(), Arc::from("localhost"))),
    }
}

/// Serve one client, from the greeting to the end of its session.
async fn serve(worker: Arc<Worker>, stream: Stream, host: Arc<str>) {
    let limit = worker.snapshot().config.limits.max_connections as usize;
    let mut client = Client::new(stream);
    let mut input = Input::new();
    if worker.shared.processes.len() >= limit {
        worker.metrics.refuse(RefusedConnection::TooManyConnections);
        refuse(&mut client, Code::TooManyConnections, "Too many connections").await;
        return;
    }
    let process = worker.shared.processes.register(Arc::clone(&host), Instant::now());
    let address = host.rsplit_once(':').map_or(&*host, |(address, _)| address);
    let login = session::log_in(&worker, &mut client, &mut input, process.id(), address);
    let login = match tokio::time::timeout(LOGIN_LIMIT, login).await {
        Ok(Ok(login)) => login,
        Ok(Err(error)) => {
            failed_login(&worker, &mut client, &error).await;
            return;
        }
        Err(_) => {
            worker.metrics.refuse(RefusedConnection::Handshake);
            tracing::info!(%host, "a client didn't log in within {} s", LOGIN_LIMIT.as_secs());
            return;
        }
    };
    let user = Arc::clone(&login.state.user.name);
    process.set_user(Arc::clone(&user));
    if login.state.target.keyspace.is_some() {
        process.set_target(Some(Arc::from(login.state.target.to_string())));
    }
    if let Some(limit) = worker.snapshot().config.limits.max_connections_per_user
        && worker.shared.processes.count_of(&user) > limit as usize
    {
        worker.metrics.refuse(RefusedConnection::TooManyUserConnections);
        client.out.clear();
        let message = format!("User {user} already has more than 'max_connections_per_user' active connections");
        refuse(&mut client, Code::TooManyUserConnections, &message).await;
        return;
    }
    if client.flush().await.is_err() {
        return;
    }
    worker.metrics.accepted_connections.increment();
    worker.metrics.open_connections.increment();
    let mut session = Session::new(Arc::clone(&worker), client, login, process);
    let end = session.run(&mut input).await;
    worker.metrics.open_connections.decrement();
    match end {
        End::Client | End::Proxy | End::Drained | End::Killed => tracing::debug!(%host, %user, ?end, "session ended"),
        End::Io(error) => tracing::debug!(%host, %user, %error, "the client's connection broke"),
        End::Protocol(error) => tracing::warn!(%host, %user, error, "the client doesn't follow the protocol"),
    }
}

async fn failed_login(worker: &Worker, client: &mut Client, error: &LoginError) {
    match error {
        LoginError::Denied { .. } | LoginError::Refused(_) => {
            worker.metrics.refuse(RefusedConnection::AccessDenied);
            tracing::info!("{error}");
        }
        LoginError::Protocol(reason) => {
            worker.metrics.refuse(RefusedConnection::Handshake);
            tracing::info!(reason, "a handshake failed");
            client.error(1043, "08S01", "Bad handshake");
        }
        LoginError::Io(error) => {
            worker.metrics.refuse(RefusedConnection::Handshake);
            tracing::debug!(%error, "a client went away during its login");
            return;
        }
    }
    // The client may be gone; the refusal is all that was left to say.
    if client.flush().await.is_ok() {
        let _ = client.stream.shutdown().await;
    }
}

async fn refuse(client: &mut Client, code: Code, message: &str) {
    client.error(code.errno(), code.sqlstate(), &format!("{code}: {message}"));
    if client.flush().await.is_ok() {
        let _ = client.stream.shutdown().await;
    }
}
