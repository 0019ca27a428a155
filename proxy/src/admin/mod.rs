//! The admin HTTP server: metrics, health, a JSON view of the proxy, and a page that shows it to people.
//!
//! It only reads: nothing can be changed here. Statements are shown without their literals, so no row's data appears.

mod guard;
mod page;
mod report;

use crate::backend::SharedPools;
use crate::control::{Control, KeyspaceState};
use crate::metrics::Metrics;
use crate::show::Processes;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use serde_json::json;
use shardgate_topology::Secret;
use std::io;
use std::sync::Arc;
use std::time::Instant;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What the admin server looks at.
#[derive(Clone)]
pub(crate) struct Admin {
    /// The control plane.
    pub(crate) control: Arc<Control>,
    /// Counters.
    pub(crate) metrics: Arc<Metrics>,
    /// The backend pools.
    pub(crate) pools: Arc<SharedPools>,
    /// The connections.
    pub(crate) processes: Arc<Processes>,
    /// What a request must bring.
    pub(crate) token: Option<Secret>,
    /// Whether the proxy is going down.
    pub(crate) draining: watch::Receiver<bool>,
}

/// Serve until `stop` is ready; answers that have begun are finished.
///
/// # Errors
/// If the listener breaks.
pub(crate) async fn serve(
    listener: TcpListener,
    admin: Admin,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, routes(admin)).with_graceful_shutdown(stop).await
}

fn routes(admin: Admin) -> Router {
    Router::new()
        .route("/", get(page::page))
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/api/status", get(status))
        .route("/api/topology", get(topology))
        .route("/api/vschema", get(vschema))
        .route("/api/processlist", get(processlist))
        .layer(axum::middleware::from_fn_with_state(admin.token.clone(), guard::guard))
        .with_state(admin)
}

async fn metrics(State(admin): State<Admin>) -> Response {
    let text = admin.metrics.render(&admin.pools.stats(), Instant::now());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

/// Whether a load balancer should send clients here: not while draining, and not while there is nothing to serve from.
/// A keyspace that is down doesn't count as long as another one is up.
async fn ready(State(admin): State<Admin>) -> Response {
    let status = admin.control.status();
    let draining = *admin.draining.borrow();
    let all = status.keyspaces.values().chain(&status.default);
    let (known, ready) = all.fold((0, 0), |(known, ready), keyspace| {
        (known + 1, ready + usize::from(matches!(keyspace.state, KeyspaceState::Ready { .. })))
    });
    let is_ready = !draining && (known == 0 || ready > 0);
    let code = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({ "ready": is_ready, "draining": draining, "keyspaces": known, "keyspaces_ready": ready });
    (code, Json(body)).into_response()
}

async fn status(State(admin): State<Admin>) -> Response {
    Json(report::report(&admin, Instant::now())).into_response()
}

async fn topology(State(admin): State<Admin>) -> Response {
    let stored = &admin.control.status().stored;
    let revision = stored.info.revision.0;
    Json(json!({ "revision": revision, "document": &*stored.documents.topology })).into_response()
}

async fn vschema(State(admin): State<Admin>) -> Response {
    let stored = &admin.control.status().stored;
    let revision = stored.info.revision.0;
    let model = stored.vschema.to_json();
    Json(json!({ "revision": revision, "document": &*stored.documents.vschema, "vschema": model })).into_response()
}

async fn processlist(State(admin): State<Admin>) -> Response {
    let list = admin.processes.list(Instant::now());
    let list: Vec<_> = list
        .into_iter()
        .map(|process| {
            json!({
                "id": process.id,
                "user": &*process.user,
                "host": &*process.host,
                "target": process.target.as_deref(),
                "command": process.command.as_str(),
                "seconds": process.time.as_secs_f64(),
                "statement": process.statement,
                "killed": process.killed.is_some(),
            })
        })
        .collect();
    Json(list).into_response()
}

#[cfg(test)]
mod tests;
