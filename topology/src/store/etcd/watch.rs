//! Following the store in etcd: a watch on the number of the current revision, resumed where it broke off, and a read every
//! few seconds, which notices that etcd is gone or has lost its quorum.

use super::{Entry, EtcdStore};
use crate::store::Store as _;
use crate::store::error::StoreError;
use crate::store::revision::Revision;
use crate::store::state::{StoreState, StoreStatus};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch::{Receiver, Sender, channel};

/// How often the store is read although no change was told of.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);
/// The first and the longest pause after a failure.
const RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// Starts watching; the task ends when all receivers are dropped.
pub(super) async fn watch(store: EtcdStore) -> Result<Receiver<Arc<StoreState>>, StoreError> {
    let (sender, receiver) = channel(Arc::new(store.current().await?));
    tokio::spawn(async move {
        tokio::select! {
            () = sender.closed() => {}
            () = follow(&store, &sender) => {}
        }
    });
    Ok(receiver)
}

/// Goes on for ever.
async fn follow(store: &EtcdStore, sender: &Sender<Arc<StoreState>>) {
    let mut pause = RETRY.0;
    loop {
        match follow_once(store, sender, &mut pause).await {
            Ok(()) => {}
            Err(error) => {
                let reason = format!("{error}; the last revision that was read is served");
                publish(sender, |last| StoreState {
                    stored: Arc::clone(&last.stored),
                    status: StoreStatus::Unreadable(reason),
                });
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(RETRY.1);
            }
        }
    }
}

/// Reads the current revision and waits for the next; ends when there may be one, or when the watch has ended.
async fn follow_once(
    store: &EtcdStore,
    sender: &Sender<Arc<StoreState>>,
    pause: &mut Duration,
) -> Result<(), StoreError> {
    let (number, at) = store.number().await?;
    take(store, sender, number).await?;
    let key = store.0.keys.current().into_bytes();
    let mut events = store.0.client.watch(key, at + 1).await.map_err(store.failed("can't be watched"))?;
    *pause = RETRY.0;
    loop {
        let told = tokio::time::timeout(LOOK_INTERVAL, events.message()).await;
        match told {
            // Nothing for a while. Read, to see whether etcd is still there.
            Err(_) => take(store, sender, store.number().await?.0).await?,
            Ok(Ok(Some(answer))) => {
                if answer.compact_revision > 0 {
                    return Ok(());
                }
                if answer.canceled {
                    return Err(store.lost(&answer.cancel_reason));
                }
                if !answer.events.is_empty() {
                    take(store, sender, store.number().await?.0).await?;
                }
            }
            Ok(Ok(None)) => return Err(store.lost("the member ended it")),
            Ok(Err(status)) => return Err(store.lost(status.message())),
        }
    }
}

/// Publishes the revision with this number unless it is the published one.
async fn take(store: &EtcdStore, sender: &Sender<Arc<StoreState>>, number: Option<Revision>) -> Result<(), StoreError> {
    let (published, good) = {
        let last = sender.borrow();
        (last.stored.info.revision, last.status == StoreStatus::Good)
    };
    // An etcd that was emptied, or put back to an older backup, isn't a change that anybody applied.
    let Some(number) = number.filter(|number| *number >= published) else {
        let found = number
            .map_or_else(|| "holds no revision any more".to_owned(), |number| format!("is back at revision {number}"));
        let reason = format!("{} {found}; revision {published} is served on", store.0.place);
        publish(sender, |last| StoreState {
            stored: Arc::clone(&last.stored),
            status: StoreStatus::Unreadable(reason),
        });
        return Ok(());
    };
    if number == published && good {
        return Ok(());
    }
    let Entry { info, documents, .. } = store.kept(number).await?;
    let checked = store.check(info, documents);
    publish(sender, |last| match checked {
        Ok(stored) => StoreState { stored, status: StoreStatus::Good },
        Err(faults) => StoreState { stored: Arc::clone(&last.stored), status: StoreStatus::Faulty(faults) },
    });
    Ok(())
}

fn publish(sender: &Sender<Arc<StoreState>>, next: impl FnOnce(&StoreState) -> StoreState) {
    let state = next(&sender.borrow());
    sender.send_if_modified(|last| {
        let same = last.stored.info == state.stored.info && last.status == state.status;
        if !same {
            *last = Arc::new(state);
        }
        !same
    });
}

impl EtcdStore {
    fn lost(&self, reason: &str) -> StoreError {
        StoreError::Etcd { place: self.0.place.clone(), doing: "can't be watched", reason: reason.to_owned() }
    }
}
