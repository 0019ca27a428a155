//! GET requests to a proxy's admin address.

use anyhow::{Context as _, anyhow, bail};
use std::io::{Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

/// How long connecting, and each read, may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The longest answer that is read, in bytes.
const MAX_ANSWER: u64 = 64 << 20;
/// The environment variable with the admin token.
const TOKEN_VARIABLE: &str = "SHARDGATE_ADMIN_TOKEN";

/// The body of `GET path` at `base` (such as `http://127.0.0.1:15000`), if the answer is 200.
///
/// The admin token comes from the environment variable SHARDGATE_ADMIN_TOKEN, if it is set.
pub(crate) fn get(base: &str, path: &str) -> anyhow::Result<String> {
    get_with(base, path, std::env::var(TOKEN_VARIABLE).ok().as_deref())
}

fn get_with(base: &str, path: &str, token: Option<&str>) -> anyhow::Result<String> {
    let host = base
        .strip_prefix("http://")
        .ok_or_else(|| anyhow!("`{base}` is no admin address: write `http://host:port`"))?
        .trim_end_matches('/');
    let addresses = host.to_socket_addrs().with_context(|| format!("`{host}` is no address: write `host:port`"))?;
    let mut connection = Err(anyhow!("`{host}` has no address"));
    for address in addresses {
        connection = TcpStream::connect_timeout(&address, TIMEOUT).map_err(anyhow::Error::from);
        if connection.is_ok() {
            break;
        }
    }
    let mut connection = connection.with_context(|| {
        format!("no answer at {base}: is the proxy running, and is `admin: {{address: {host}}}` in its shardgate.yaml?")
    })?;
    connection.set_read_timeout(Some(TIMEOUT))?;
    connection.set_write_timeout(Some(TIMEOUT))?;
    // Version 1.0: the answer ends where the connection does, in one piece.
    let authorization = token.map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"));
    write!(connection, "GET {path} HTTP/1.0\r\nHost: {host}\r\nAccept: application/json\r\n{authorization}\r\n")?;
    let mut answer = Vec::new();
    connection
        .take(MAX_ANSWER)
        .read_to_end(&mut answer)
        .with_context(|| format!("{base}{path}: the answer broke off"))?;
    parse_answer(&String::from_utf8_lossy(&answer)).with_context(|| format!("{base}{path}"))
}

fn parse_answer(answer: &str) -> anyhow::Result<String> {
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer isn't HTTP")?;
    let status_line = head.lines().next().unwrap_or_default();
    match status_line.split(' ').nth(1) {
        Some("200") => Ok(body.to_owned()),
        Some("401") => bail!("the admin server asks for its token: set {TOKEN_VARIABLE}"),
        _ => bail!("answered `{status_line}`: {}", body.trim()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufRead as _;
    use std::net::TcpListener;

    /// A server that answers one request with this text.
    fn serve(answer: &'static str) -> (String, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let (mut connection, _) = listener.accept().unwrap();
            let lines = std::io::BufReader::new(connection.try_clone().unwrap()).lines();
            let request = lines.map(Result::unwrap).take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
            connection.write_all(answer.as_bytes()).unwrap();
            request
        });
        (base, thread)
    }

    #[test]
    fn the_body_of_a_good_answer_is_given() {
        let (base, server) = serve("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n{}");
        assert_eq!(get(&base, "/api/status").unwrap(), "{}");
        assert!(server.join().unwrap().starts_with("GET /api/status HTTP/1.0\nHost: 127.0.0.1:"));
    }

    #[test]
    fn a_token_is_sent_and_asked_for() {
        let (base, server) = serve("HTTP/1.0 200 OK\r\n\r\n{}");
        assert_eq!(get_with(&base, "/api/status", Some("s3cret")).unwrap(), "{}");
        assert!(server.join().unwrap().contains("\nAuthorization: Bearer s3cret"));
        let (base, server) = serve("HTTP/1.0 401 Unauthorized\r\n\r\n");
        let error = format!("{:#}", get_with(&base, "/api/status", None).unwrap_err());
        server.join().unwrap();
        assert!(error.contains("set SHARDGATE_ADMIN_TOKEN"), "{error}");
    }

    #[test]
    fn other_answers_are_errors_with_their_text() {
        let (base, server) = serve("HTTP/1.0 503 Service Unavailable\r\n\r\nnot ready\n");
        let error = format!("{:#}", get(&base, "/api/status").unwrap_err());
        server.join().unwrap();
        assert!(error.contains("503 Service Unavailable") && error.contains("not ready"), "{error}");
        assert!(get("127.0.0.1:1", "/").unwrap_err().to_string().contains("write `http://host:port`"));
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let error = format!("{:#}", get(&format!("http://{free}"), "/").unwrap_err());
        assert!(error.contains("is the proxy running"), "{error}");
    }
}
