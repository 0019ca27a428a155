use super::*;
use crate::backend::{Credentials, Limits};
use crate::control::test_world::World;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

const TOPOLOGY: &str = "version: 1\nkeyspaces:\n  shop: {shards: {'-': {instances: [{address: '127.0.0.1:1'}]}}}\n";

/// Status line and body of a GET.
async fn get(address: std::net::SocketAddr, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

#[tokio::test]
async fn every_path_answers_what_it_promises() {
    let world = World::new(TOPOLOGY, "version: 1\nkeyspaces: {shop: {}}\n");
    let metrics = Arc::new(Metrics::new(1, "0", Instant::now()));
    let control = Control::start(Arc::clone(&world.config), world.watch(), Arc::clone(&metrics)).await;
    let processes = Processes::new(Instant::now());
    let process = processes.register("127.0.0.1:5", Instant::now());
    process.set_user(Arc::from("app"));
    let (drain, draining) = watch::channel(false);
    let second = Duration::from_secs(1);
    let limits = Limits { max_connections: 1, acquire_timeout: second, idle_timeout: second, max_lifetime: second };
    let credentials =
        Credentials { user: "root".to_owned(), password: Zeroizing::default(), tls: None, require_tls: false };
    let pools = Arc::new(SharedPools::new(limits, credentials));
    let admin = Admin { control: Arc::new(control), metrics, pools, processes, token: None, draining };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, admin, async move { drop(stopped.await) }));

    assert_eq!(get(address, "/healthz").await, ("HTTP/1.1 200 OK".to_owned(), "ok\n".to_owned()));
    assert!(get(address, "/metrics").await.1.contains("\nshardgate_store_revision 1\n"));
    let (line, body) = get(address, "/readyz").await;
    assert!(line.contains("503") && body.contains("\"keyspaces_ready\":0"), "{line} {body}");
    let status: serde_json::Value = serde_json::from_str(&get(address, "/api/status").await.1).unwrap();
    assert_eq!(status["store"]["status"], "good");
    assert_eq!(status["keyspaces"][0]["shards"][0]["instances"][0]["address"], "127.0.0.1:1");
    assert_eq!(status["keyspaces"][0]["ready"], false);
    let topology: serde_json::Value = serde_json::from_str(&get(address, "/api/topology").await.1).unwrap();
    assert_eq!(topology["document"], TOPOLOGY);
    let vschema: serde_json::Value = serde_json::from_str(&get(address, "/api/vschema").await.1).unwrap();
    assert!(vschema["vschema"]["keyspaces"]["shop"].is_object());
    let list: serde_json::Value = serde_json::from_str(&get(address, "/api/processlist").await.1).unwrap();
    assert_eq!((&list[0]["user"], &list[0]["command"]), (&"app".into(), &"Connect".into()));
    assert!(get(address, "/").await.1.contains("<title>shardgate</title>"));
    assert!(get(address, "/nothing").await.0.contains("404"));
    drain.send_replace(true);
    assert!(get(address, "/readyz").await.1.contains("\"draining\":true"));
    drop(stop);
    server.await.unwrap().unwrap();
}
