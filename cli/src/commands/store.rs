//! Which store a command means, and the store while the command uses it.

use anyhow::bail;
use shardgate_proxy::config::{StoreConfig, load_store};
use shardgate_topology::store::{AnyStore, DocumentKind, Store as _, StoreError, StoreState, StoreStatus};
use std::path::PathBuf;
use tokio::runtime::Runtime;

/// Which store is meant.
#[derive(Debug, clap::Args)]
pub(crate) struct StoreArgs {
    /// The shardgate.yaml whose store is meant
    #[arg(long, value_name = "FILE", env = "SHARDGATE_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
    /// The directory with topology.yaml and vschema.yaml, instead of --config [default: the current directory]
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    store: Option<PathBuf>,
}

impl StoreArgs {
    /// Whether the arguments name a store.
    pub(crate) fn named(&self) -> bool {
        self.config.is_some() || self.store.is_some()
    }

    /// Where the store is.
    pub(crate) fn place(&self) -> anyhow::Result<StoreConfig> {
        Ok(match (&self.config, &self.store) {
            (_, Some(directory)) => StoreConfig::File(directory.clone()),
            (Some(config), None) => load_store(config)?,
            (None, None) => StoreConfig::File(PathBuf::from(".")),
        })
    }

    /// Opens the store, which is the one at this place.
    pub(crate) fn open(&self) -> anyhow::Result<OpenStore> {
        let place = self.place()?;
        if let StoreConfig::File(directory) = &place {
            // Else a slip of the pen would make a history in some directory.
            let missing = DocumentKind::ALL.into_iter().find(|kind| !directory.join(kind.file_name()).exists());
            if let Some(kind) = missing {
                bail!(
                    "{}: there is no such file; name the store with --store DIR or --config FILE",
                    directory.join(kind.file_name()).display()
                );
            }
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let store = runtime.block_on(async { place.open() })?;
        Ok(OpenStore { store, runtime })
    }
}

/// A store, and the runtime that its connections live on.
pub(crate) struct OpenStore {
    pub(crate) store: AnyStore,
    runtime: Runtime,
}

impl OpenStore {
    /// Runs a future of the store to its end.
    pub(crate) fn wait<T>(&self, future: impl Future<Output = Result<T, StoreError>>) -> anyhow::Result<T> {
        Ok(self.runtime.block_on(future)?)
    }

    /// The current state; what is wrong with the store goes to standard error.
    pub(crate) fn current(&self) -> anyhow::Result<StoreState> {
        Ok(said(self.wait(self.store.current())?))
    }

    /// As [`current`](Self::current); `None`: nothing has been applied yet.
    pub(crate) fn current_if_any(&self) -> anyhow::Result<Option<StoreState>> {
        match self.runtime.block_on(self.store.current()) {
            Err(StoreError::Empty { .. }) => Ok(None),
            state => Ok(Some(said(state?))),
        }
    }
}

fn said(state: StoreState) -> StoreState {
    if state.status != StoreStatus::Good {
        eprintln!(
            "warning: revision {} stays, since the files are not valid:\n{}",
            state.stored.info.revision, state.status
        );
    }
    state
}
