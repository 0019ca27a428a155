//! The playground as a command: servers, proxy, tour, and then it stays.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::playground_error::PlaygroundError;
use super::servers::{Playground, PlaygroundOptions};
use super::tour::tour;

/// How long the proxy may take until it answers.
const PROXY_START: Duration = Duration::from_secs(20);

/// Starts the playground, serves its configuration with `serve`, runs the tour, says how to connect, and stays until
/// `until` is done (Ctrl-C) or the proxy ends. Prints to standard output.
///
/// `serve` is given the path of `shardgate.yaml` and runs the proxy until it is dropped.
///
/// # Errors
/// The playground can't be started, or the proxy ends or doesn't answer.
pub async fn run<S, F, E>(
    options: PlaygroundOptions,
    serve: S,
    until: impl Future<Output = ()>,
) -> Result<(), PlaygroundError>
where
    S: FnOnce(PathBuf) -> F,
    F: Future<Output = Result<(), E>>,
    E: std::fmt::Display,
{
    let begin = Instant::now();
    let playground = Playground::start(&options, |line| println!("{line} ...")).await?;
    let outcome = {
        let stay = async {
            wait_for_greeting(options.listen).await?;
            println!("\nup in {:.1} s; a tour:\n", begin.elapsed().as_secs_f64());
            tour(options.listen, |text| println!("{text}")).await.map_err(|error| PlaygroundError::Proxy {
                address: options.listen,
                what: format!("broke off the tour: {error}"),
            })?;
            println!("{}", how_to_connect(&options, &playground));
            until.await;
            Ok(())
        };
        tokio::select! {
            result = stay => result,
            ended = serve(playground.config_file()) => Err(PlaygroundError::Proxy {
                address: options.listen,
                what: match ended {
                    Ok(()) => "ended".to_owned(),
                    Err(error) => format!("could not serve: {error}"),
                },
            }),
        }
    };
    println!("stopping the playground ...");
    playground.stop()?;
    outcome
}

/// Waits until a server of MySQL's protocol greets there.
async fn wait_for_greeting(address: SocketAddr) -> Result<(), PlaygroundError> {
    let greeting = async {
        loop {
            if let Ok(mut stream) = TcpStream::connect(address).await
                && stream.read_exact(&mut [0; 5]).await.is_ok()
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PROXY_START, greeting)
        .await
        .map_err(|_| PlaygroundError::Proxy { address, what: format!("did not answer within {PROXY_START:?}") })
}

fn how_to_connect(options: &PlaygroundOptions, playground: &Playground) -> String {
    let (host, port) = (options.listen.ip(), options.listen.port());
    let client = playground.servers().first().and_then(|server| server.template().binary().client("mysql"));
    let client = client.map_or_else(|| "mysql".to_owned(), |path| path.display().to_string());
    let mut text = format!(
        "The proxy is up until Ctrl-C. Connect with any MySQL client:\n\n    \
         {client} -h {host} -P {port} -u app -papp customer\n\n\
         Users: app (writes), dash (reads), admin; each one's password is its name. Its files, to look at and edit:\n\n    \
         {}\n\nThe MySQL servers behind it:\n",
        playground.folder().display()
    );
    for keyspace in playground.keyspaces() {
        for (shard, address) in &keyspace.shards {
            text.push_str(&format!("\n    {}/{shard}: {address}", keyspace.name));
        }
    }
    text.push('\n');
    text
}
