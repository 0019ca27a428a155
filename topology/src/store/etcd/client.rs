//! Calls to an etcd cluster: members tried in turn, a deadline for each, the login renewed when its token has run out.

use super::messages::{AuthenticateRequest, AuthenticateResponse, WatchCreateRequest, WatchRequest, WatchResponse};
use super::options::{EtcdOptions, EtcdTls};
use crate::secret::Secret;
use http::uri::PathAndQuery;
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio_stream::StreamExt as _;
use tonic::client::Grpc;

use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request, Status, Streaming};
use tonic_prost::ProstCodec;

/// How long a call to one member may take.
const CALL: Duration = Duration::from_secs(3);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(2);
/// How often a silent connection is tried, and how long the answer may take.
const KEEP_ALIVE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(3));
/// The largest answer: the history of thousands of changes.
const MAX_ANSWER: usize = 256 << 20;

pub(super) const RANGE: &str = "/etcdserverpb.KV/Range";
pub(super) const TXN: &str = "/etcdserverpb.KV/Txn";
const WATCH: &str = "/etcdserverpb.Watch/Watch";
const AUTHENTICATE: &str = "/etcdserverpb.Auth/Authenticate";

/// Why a call failed, on the last member that was tried.
#[derive(Debug)]
pub(super) struct CallError(String);

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One member of the cluster.
struct Member {
    name: String,
    channel: Channel,
}

/// Calls to an etcd cluster.
pub(super) struct Client {
    members: Vec<Member>,
    /// The member that answered last.
    current: AtomicUsize,
    login: Option<(String, Secret)>,
    token: Mutex<Option<MetadataValue<Ascii>>>,
}

/// Without passwords and tokens.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.members.iter().map(|member| &member.name)).finish()
    }
}

impl Client {
    /// Connections are made by the first calls. Must be called within a tokio runtime, which must live as long.
    pub(super) fn new(options: &EtcdOptions) -> Result<Self, String> {
        let tls = tls_of(options.tls.as_ref().unwrap_or(&EtcdTls::default()))?;
        let members = options.endpoints.iter().map(|name| {
            let url = if name.contains("://") {
                name.clone()
            } else {
                format!("{}://{name}", if options.tls.is_some() { "https" } else { "http" })
            };
            let encrypted = url.starts_with("https://");
            if options.tls.is_some() && !encrypted {
                return Err(format!("{name}: `tls` is given, and this URL isn't encrypted; write `https://`"));
            }
            let endpoint = Endpoint::from_shared(url).map_err(|error| format!("{name}: {error}"))?;
            let mut endpoint = endpoint
                .connect_timeout(CONNECT)
                .http2_keep_alive_interval(KEEP_ALIVE.0)
                .keep_alive_timeout(KEEP_ALIVE.1)
                .keep_alive_while_idle(true);
            if encrypted {
                endpoint = endpoint.tls_config(tls.clone()).map_err(|error| format!("{name}: {}", chain(&error)))?;
            }
            Ok(Member { name: name.clone(), channel: endpoint.connect_lazy() })
        });
        Ok(Self {
            members: members.collect::<Result<_, String>>()?,
            current: AtomicUsize::new(0),
            login: options.login.clone(),
            token: Mutex::new(None),
        })
    }

    /// Asks the members in turn, beginning with the one that answered last. The call must do no harm when it is done twice.
    pub(super) async fn call<M, R>(&self, method: &'static str, message: M) -> Result<R, CallError>
    where
        M: prost::Message + Clone + 'static,
        R: prost::Message + Default + 'static,
    {
        self.each_member(|member| self.unary(member, method, &message)).await
    }

    /// Follows one key from a revision of etcd's on.
    pub(super) async fn watch(&self, key: Vec<u8>, from: i64) -> Result<Streaming<WatchResponse>, CallError> {
        self.each_member(|member| self.watch_on(member, key.clone(), from)).await
    }

    async fn watch_on(&self, member: &Member, key: Vec<u8>, from: i64) -> Result<Streaming<WatchResponse>, Status> {
        let create = WatchCreateRequest { key, start_revision: from };
        // The stream of requests stays open: its end would be the watch's.
        let requests = tokio_stream::once(WatchRequest { create: Some(create) }).chain(tokio_stream::pending());
        let mut request = Request::new(requests);
        // A member that is cut off from the others ends the watch then, and doesn't stay silent.
        request.metadata_mut().insert("hasleader", MetadataValue::from_static("true"));
        let mut grpc = self.grpc(member, &mut request).await?;
        let path = PathAndQuery::from_static(WATCH);
        Ok(grpc.streaming(request, path, ProstCodec::default()).await?.into_inner())
    }

    async fn each_member<'a, T, F>(&'a self, call: impl Fn(&'a Member) -> F + Send) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, Status>> + Send,
    {
        let first = self.current.load(Ordering::Relaxed);
        let mut last = CallError("there are no endpoints".to_owned());
        for turn in 0..self.members.len() {
            let index = (first + turn) % self.members.len();
            let Some(member) = self.members.get(index) else { continue };
            let mut outcome = limited(call(member)).await;
            if self.login.is_some() && outcome.as_ref().is_err_and(is_about_the_token) {
                *self.token() = None;
                outcome = limited(call(member)).await;
            }
            match outcome {
                Ok(answer) => {
                    self.current.store(index, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(status) => {
                    let elsewhere = matches!(
                        status.code(),
                        Code::Unavailable | Code::DeadlineExceeded | Code::Unknown | Code::Cancelled | Code::Internal
                    );
                    last = CallError(format!("{}: {}", member.name, text_of(&status)));
                    if !elsewhere {
                        break;
                    }
                }
            }
        }
        Err(last)
    }

    async fn unary<M, R>(&self, member: &Member, method: &'static str, message: &M) -> Result<R, Status>
    where
        M: prost::Message + Clone + 'static,
        R: prost::Message + Default + 'static,
    {
        let mut request = Request::new(message.clone());
        let mut grpc = self.grpc(member, &mut request).await?;
        let path = PathAndQuery::from_static(method);
        Ok(grpc.unary(request, path, ProstCodec::default()).await?.into_inner())
    }

    /// A connection that is ready, and the request with its token.
    async fn grpc<M>(&self, member: &Member, request: &mut Request<M>) -> Result<Grpc<Channel>, Status> {
        if self.login.is_some() {
            let token = self.token().clone();
            let token = match token {
                Some(token) => token,
                None => self.authenticate(member).await?,
            };
            request.metadata_mut().insert("token", token);
        }
        ready(member).await
    }

    async fn authenticate(&self, member: &Member) -> Result<MetadataValue<Ascii>, Status> {
        let Some((name, password)) = &self.login else { return Err(Status::unauthenticated("there is no login")) };
        let message = AuthenticateRequest { name: name.clone(), password: password.expose().to_owned() };
        let mut grpc = ready(member).await?;
        let path = PathAndQuery::from_static(AUTHENTICATE);
        let codec = ProstCodec::<_, AuthenticateResponse>::default();
        let answer = grpc.unary(Request::new(message), path, codec).await?.into_inner();
        let token = MetadataValue::try_from(answer.token)
            .map_err(|error| Status::unauthenticated(format!("etcd's token can't be used: {error}")))?;
        *self.token() = Some(token.clone());
        Ok(token)
    }

    fn token(&self) -> std::sync::MutexGuard<'_, Option<MetadataValue<Ascii>>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn ready(member: &Member) -> Result<Grpc<Channel>, Status> {
    let mut grpc = Grpc::new(member.channel.clone()).max_decoding_message_size(MAX_ANSWER);
    grpc.ready().await.map_err(|error| Status::unavailable(chain(&error)))?;
    Ok(grpc)
}

async fn limited<T>(call: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
    let late = || Status::deadline_exceeded(format!("no answer within {}", humantime::format_duration(CALL)));
    tokio::time::timeout(CALL, call).await.unwrap_or_else(|_| Err(late()))
}

/// etcd answers so when a token has run out (after five minutes by default), or is of a member that was restarted.
fn is_about_the_token(status: &Status) -> bool {
    status.code() == Code::Unauthenticated || status.message().contains("invalid auth token")
}

fn text_of(status: &Status) -> String {
    match std::error::Error::source(status) {
        Some(source) if !status.message().contains(&source.to_string()) => {
            format!("{}: {}", status.message(), chain(source))
        }
        _ => status.message().to_owned(),
    }
}

/// An error and its causes; tonic's own texts are as short as "transport error".
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let more = source.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        next = source.source();
    }
    text
}

fn tls_of(tls: &EtcdTls) -> Result<ClientTlsConfig, String> {
    let read = |path: &Path| fs::read(path).map_err(|error| format!("{}: can't be read: {error}", path.display()));
    let mut config = ClientTlsConfig::new();
    config = match &tls.ca {
        Some(ca) => config.ca_certificate(Certificate::from_pem(read(ca)?)),
        None => config.with_native_roots(),
    };
    if let Some((certificate, key)) = &tls.certificate {
        config = config.identity(Identity::from_pem(read(certificate)?, read(key)?));
    }
    Ok(config)
}
