//! `shardgate playground`: real MySQL servers, a sample shop, and a proxy to connect to.

use crate::commands::log;
use crate::playground::{PlaygroundOptions, cache_folder, run as run_playground};
use anyhow::Context as _;
use shardgate_proxy::config::Config;
use shardgate_proxy::{Proxy, ServeOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tracing_subscriber::filter::LevelFilter;

/// Start MySQL servers with a sample shop on them and a proxy before them, show a tour, and stay until Ctrl-C
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  shardgate playground --shards 4 --dir my-playground --keep")]
pub(crate) struct Args {
    /// How many shards the sample's sharded keyspace has
    #[arg(long, value_name = "N", default_value_t = 2)]
    shards: usize,
    /// The mysqld program [default: the one on PATH, or the one that was fetched]
    #[arg(long, value_name = "PATH")]
    mysqld: Option<PathBuf>,
    /// The directory for the cluster's files and the servers' data [default: `playground` in the cache directory]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Where the proxy listens
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:15306")]
    listen: SocketAddr,
    /// Where the proxy's admin HTTP listens
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:15000")]
    admin: SocketAddr,
    /// Keep data and files at the end, and take them up again the next time
    #[arg(long)]
    keep: bool,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    log::start_from(log::LogFormat::Text, LevelFilter::WARN)?;
    let options = PlaygroundOptions {
        shards: args.shards,
        mysqld: args.mysqld,
        folder: args.dir.unwrap_or_else(|| cache_folder().join("playground")),
        listen: args.listen,
        admin: args.admin,
        keep: args.keep,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let until = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        run_playground(options, serve, until).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Runs a proxy until this future is dropped. The proxy has runtimes of its own, so it lives on a thread of its own.
async fn serve(config: PathBuf) -> anyhow::Result<()> {
    let (started, start) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let thread = std::thread::Builder::new().name("proxy".to_owned()).spawn(move || {
        let proxy = start_proxy(&config);
        let (proxy, outcome) = match proxy {
            Ok(proxy) => (Some(proxy), Ok(())),
            Err(error) => (None, Err(error)),
        };
        // If nobody waits any more, the sender of `stop` is gone, too.
        let _ = started.send(outcome);
        let _ = stopped.blocking_recv();
        drop(proxy);
    })?;
    let _stopper = Stopper { stop: Some(stop), thread: Some(thread) };
    start.await.context("the proxy's thread ended")??;
    std::future::pending().await
}

fn start_proxy(config: &Path) -> anyhow::Result<Proxy> {
    Ok(Proxy::start(Config::load(config)?, ServeOptions::default())?)
}

/// Ends the proxy's thread and waits for it.
struct Stopper {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Stopper {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the proxy's thread had panicked");
        }
    }
}
