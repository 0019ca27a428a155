//! A store in etcd, for many proxies: each revision is written once, in one transaction that compares and swaps the number
//! of the current one.

mod client;
mod keys;
mod messages;
mod options;
mod watch;

pub use options::{EtcdOptions, EtcdTls};

use crate::check::read_documents_of;
use crate::store::documents::{DocumentKind, Documents};
use crate::store::error::StoreError;
use crate::store::revision::{Revision, RevisionInfo};
use crate::store::state::{StoreState, StoreStatus, Stored};
use crate::store::{Change, Store};
use crate::topology::Topology;
use client::{CallError, Client, RANGE, TXN};
use keys::Keys;
use messages::{
    CREATE, Compare, Expected, KeyValue, Operation, PutRequest, RangeRequest, RangeResponse, RequestOp, TxnRequest,
    TxnResponse, VALUE,
};
use shardgate_vschema::VSchema;
use shardgate_vschema::yaml::Faults;
use std::path::PathBuf;
use std::sync::Arc;

/// A store in etcd.
#[derive(Debug, Clone)]
pub struct EtcdStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client,
    keys: Keys,
    /// The cluster and the prefix, for messages.
    place: String,
    prefix: String,
    directory: PathBuf,
}

/// What is read of a revision in one go.
struct Entry {
    info: RevisionInfo,
    documents: Documents,
    attempt: Option<String>,
}

impl EtcdStore {
    /// The store at this place; nothing is asked yet. Must be called within the tokio runtime that is to use it.
    ///
    /// # Errors
    /// If an endpoint isn't an address, or a file for the encryption can't be used.
    pub fn open(options: &EtcdOptions) -> Result<Self, StoreError> {
        let place = format!("etcd at {}, prefix {}", options.endpoints.join(", "), options.prefix);
        let client = Client::new(options).map_err(|reason| StoreError::Etcd {
            place: place.clone(),
            doing: "can't be used",
            reason,
        })?;
        let (prefix, directory) = (options.prefix.trim_end_matches('/').to_owned(), options.directory.clone());
        Ok(Self(Arc::new(Inner { client, keys: Keys::new(&prefix), place, prefix, directory })))
    }

    fn failed(&self, doing: &'static str) -> impl Fn(CallError) -> StoreError {
        let place = self.0.place.clone();
        move |error| StoreError::Etcd { place: place.clone(), doing, reason: error.to_string() }
    }

    fn not_ours(&self, key: &str, reason: impl Into<String>) -> StoreError {
        StoreError::EtcdEntry { place: self.0.place.clone(), key: key.to_owned(), reason: reason.into() }
    }

    fn text(&self, entry: &KeyValue) -> Result<Arc<str>, StoreError> {
        let not_text = || self.not_ours(&String::from_utf8_lossy(&entry.key), "it isn't UTF-8");
        std::str::from_utf8(&entry.value).map(Arc::from).map_err(|_| not_text())
    }

    /// The number of the current revision, and the revision of etcd's at which it was read.
    async fn number(&self) -> Result<(Option<Revision>, i64), StoreError> {
        let key = self.0.keys.current();
        let request = RangeRequest { key: key.clone().into_bytes(), range_end: Vec::new() };
        let answer: RangeResponse = self.0.client.call(RANGE, request).await.map_err(self.failed("can't be read"))?;
        let at = answer.header.map_or(0, |header| header.revision);
        let Some(entry) = answer.kvs.first() else { return Ok((None, at)) };
        let number = self.text(entry)?.parse().map_err(|_| self.not_ours(&key, "it isn't a number"))?;
        Ok((Some(number), at))
    }

    /// A revision, if it is kept.
    async fn entry(&self, revision: Revision) -> Result<Option<Entry>, StoreError> {
        let [topology, vschema] = DocumentKind::ALL.map(|kind| self.0.keys.document(revision, kind));
        let info = self.0.keys.info(revision);
        let ranges = [&info, &topology, &vschema]
            .map(|key| RangeRequest { key: key.clone().into_bytes(), range_end: Vec::new() });
        let success = ranges.into_iter().map(|range| RequestOp { operation: Some(Operation::Range(range)) }).collect();
        let request = TxnRequest { compare: Vec::new(), success };
        let answer: TxnResponse = self.0.client.call(TXN, request).await.map_err(self.failed("can't be read"))?;
        let mut found =
            answer.responses.into_iter().map(|part| part.range.and_then(|range| range.kvs.into_iter().next()));
        let mut next = || found.next().flatten();
        let Some(kept) = next() else { return Ok(None) };
        let (Some(topology_found), Some(vschema_found)) = (next(), next()) else {
            return Err(self.not_ours(&info, "its documents are missing"));
        };
        let documents = Documents { topology: self.text(&topology_found)?, vschema: self.text(&vschema_found)? };
        let (info, attempt) =
            RevisionInfo::from_kept(revision, &self.text(&kept)?).map_err(|reason| self.not_ours(&info, reason))?;
        Ok(Some(Entry { info, documents, attempt }))
    }

    async fn kept(&self, revision: Revision) -> Result<Entry, StoreError> {
        let missing = || self.not_ours(&self.0.keys.info(revision), "it is missing, and `current` names it");
        self.entry(revision).await?.ok_or_else(missing)
    }

    /// The current revision; `None`: nothing has been applied yet.
    async fn latest(&self) -> Result<Option<Entry>, StoreError> {
        match self.number().await? {
            (Some(number), _) => Ok(Some(self.kept(number).await?)),
            (None, _) => Ok(None),
        }
    }

    fn check(&self, info: RevisionInfo, documents: Documents) -> Result<Arc<Stored>, Faults> {
        let (topology, vschema) = self.read(&documents)?;
        Ok(Arc::new(Stored { info, documents, topology: Arc::new(topology), vschema: Arc::new(vschema) }))
    }

    /// Writes a revision if the current one is still the base. The attempt's mark tells it from others that were made from
    /// the same base, also when the answer to an earlier try was lost.
    async fn write(&self, base: Option<Revision>, stored: &Stored) -> Result<(), StoreError> {
        let Stored { info, documents, .. } = stored;
        let attempt = format!("{:016x}", getrandom::u64().map_err(|error| self.no_randomness(&error))?);
        let current = self.0.keys.current();
        let (target, expected) = match base {
            Some(base) => (VALUE, Expected::Value(base.to_string().into_bytes())),
            None => (CREATE, Expected::CreateRevision(0)),
        };
        let compare = Compare { result: 0, target, key: current.clone().into_bytes(), expected: Some(expected) };
        let put = |key: String, value: &str| RequestOp {
            operation: Some(Operation::Put(PutRequest { key: key.into_bytes(), value: value.as_bytes().to_vec() })),
        };
        let mut success = vec![
            put(current, &info.revision.to_string()),
            put(self.0.keys.info(info.revision), &info.to_kept(Some(attempt.clone()))),
        ];
        success
            .extend(DocumentKind::ALL.map(|kind| put(self.0.keys.document(info.revision, kind), documents.text(kind))));
        let request = TxnRequest { compare: vec![compare], success };
        let unknown = self.failed("may or may not have made the change (`history` tells)");
        let answer: TxnResponse = self.0.client.call(TXN, request).await.map_err(unknown)?;
        if answer.succeeded {
            return Ok(());
        }
        // Another's revision, or our own whose answer was lost.
        if self.entry(info.revision).await?.is_some_and(|entry| entry.attempt == Some(attempt)) {
            return Ok(());
        }
        let (current, _) = self.number().await?;
        Err(StoreError::Conflict { base: base.unwrap_or(Revision(0)), current: current.unwrap_or(Revision(0)) })
    }

    fn no_randomness(&self, error: &getrandom::Error) -> StoreError {
        StoreError::Etcd { place: self.0.place.clone(), doing: "can't be written", reason: error.to_string() }
    }
}

impl Store for EtcdStore {
    async fn current(&self) -> Result<StoreState, StoreError> {
        let empty = || StoreError::Empty { place: self.0.place.clone() };
        let Entry { info, documents, .. } = self.latest().await?.ok_or_else(empty)?;
        Ok(StoreState { stored: self.check(info, documents)?, status: StoreStatus::Good })
    }

    async fn history(&self) -> Result<Vec<RevisionInfo>, StoreError> {
        let (first, end) = self.0.keys.history();
        let request = RangeRequest { key: first.into_bytes(), range_end: end.into_bytes() };
        let answer: RangeResponse = self.0.client.call(RANGE, request).await.map_err(self.failed("can't be read"))?;
        let info = |entry: &KeyValue| {
            let key = String::from_utf8_lossy(&entry.key).into_owned();
            let not_ours = |reason: String| self.not_ours(&key, reason);
            let revision =
                self.0.keys.revision_of(&key).ok_or_else(|| not_ours("it isn't named by a number".to_owned()))?;
            RevisionInfo::from_kept(revision, &self.text(entry)?).map(|(info, _)| info).map_err(not_ours)
        };
        answer.kvs.iter().map(info).collect()
    }

    async fn get(&self, revision: Revision) -> Result<Documents, StoreError> {
        let entry = self.entry(revision).await?.ok_or(StoreError::NoRevision(revision))?;
        Ok(entry.documents)
    }

    async fn apply(&self, change: Change) -> Result<Arc<Stored>, StoreError> {
        let current = self.latest().await?;
        let at = current.as_ref().map(|entry| entry.info.revision);
        let revision = at.unwrap_or(Revision(0));
        if change.base != revision {
            return Err(StoreError::Conflict { base: change.base, current: revision });
        }
        let old = current.as_ref().map_or_else(Documents::empty, |entry| entry.documents.clone());
        let documents = Documents {
            topology: change.topology.unwrap_or_else(|| Arc::clone(&old.topology)),
            vschema: change.vschema.unwrap_or_else(|| Arc::clone(&old.vschema)),
        };
        if let Some(Entry { info, .. }) = current
            && documents == old
        {
            return Ok(self.check(info, documents)?);
        }
        let (time, author, comment) = (change.time, change.author, change.comment);
        let stored = self.check(RevisionInfo { revision: revision.next(), time, author, comment }, documents)?;
        self.write(at, &stored).await?;
        Ok(stored)
    }

    async fn watch(&self) -> Result<tokio::sync::watch::Receiver<Arc<StoreState>>, StoreError> {
        watch::watch(self.clone()).await
    }

    fn read(&self, documents: &Documents) -> Result<(Topology, VSchema), Faults> {
        let name = |kind: DocumentKind| format!("{}/{}", self.0.prefix, kind.file_name());
        read_documents_of(name, &self.0.directory, documents)
    }
}
