//! Noticing changes of a directory: the system's notifications where they work, a look every other second where they
//! don't (network file systems, mounted configuration).

use crate::store::documents::DocumentKind;
use crate::store::error::StoreError;
use crate::store::file::FileStore;
use crate::store::state::{StoreState, StoreStatus};
use notify::{RecursiveMode, Watcher as _};
use std::fs;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{Notify, watch};

/// How often the files are looked at without a notification.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// How long a file must be left alone before it is read: editors write in several steps.
const QUIET: Duration = Duration::from_millis(100);

/// What changes with a file whenever its text does.
type Mark = [Option<(u64, SystemTime, u64)>; 2];

fn mark(store: &FileStore) -> Mark {
    use std::os::unix::fs::MetadataExt as _;
    DocumentKind::ALL.map(|kind| {
        let metadata = fs::metadata(store.path(kind)).ok()?;
        Some((metadata.len(), metadata.modified().ok()?, metadata.ino()))
    })
}

/// Starts watching; the task ends when all receivers are dropped. Must be called within a tokio runtime.
pub(crate) fn watch(store: FileStore) -> Result<watch::Receiver<Arc<StoreState>>, StoreError> {
    let changed = Arc::new(Notify::new());
    let mut watcher = notify::recommended_watcher({
        let changed = Arc::clone(&changed);
        move |_event| changed.notify_one()
    })
    .map_err(|error| cannot_watch(&store, &error))?;
    watcher.watch(store.directory(), RecursiveMode::NonRecursive).map_err(|error| cannot_watch(&store, &error))?;
    // Read after the watch has begun, so that no change falls between.
    let seen = mark(&store);
    let (sender, receiver) = watch::channel(Arc::new(store.current_state()?));
    tokio::spawn(async move {
        let _watcher = watcher;
        follow(&store, &changed, seen, &sender).await;
    });
    Ok(receiver)
}

async fn follow(store: &FileStore, changed: &Notify, mut seen: Mark, sender: &watch::Sender<Arc<StoreState>>) {
    loop {
        tokio::select! {
            () = sender.closed() => return,
            () = changed.notified() => {}
            () = tokio::time::sleep(LOOK_INTERVAL) => {}
        }
        let mut now = mark(store);
        if now == seen {
            continue;
        }
        // Wait until the files are left alone.
        loop {
            tokio::time::sleep(QUIET).await;
            let later = mark(store);
            if later == now {
                break;
            }
            now = later;
        }
        seen = now;
        let last = Arc::clone(&sender.borrow());
        let state = match store.current_state() {
            Ok(state) => state,
            Err(error) => {
                // Tried again with the next look, since the cause may not be in the files.
                seen = [None; 2];
                StoreState { stored: Arc::clone(&last.stored), status: StoreStatus::Unreadable(error.to_string()) }
            }
        };
        let same = state.stored.info == last.stored.info && state.status == last.status;
        if !same {
            sender.send_replace(Arc::new(state));
        }
    }
}

fn cannot_watch(store: &FileStore, error: &notify::Error) -> StoreError {
    StoreError::Watch { path: store.directory().to_owned(), reason: error.to_string() }
}
