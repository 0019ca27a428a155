//! The plan cache: from a fingerprint's key to the plan, without an allocation on a hit.

use crate::fingerprint::{Fingerprint, SqlMode};
use crate::plan::Plan;
use hashbrown::HashTable;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Statements whose key is longer aren't cached.
pub const MAX_KEY: usize = 16 << 10;

/// How many plans of one key are kept, which differ in their pins.
const MAX_VARIANTS: usize = 16;

const PARTS: usize = 16;

/// Everything besides the text that a plan depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheKey<'a> {
    /// The session's default database (the keyspace without shard and tablet type).
    pub database: Option<&'a str>,
    /// How the text is read.
    pub mode: SqlMode,
    /// Whether the statement is one of the prepared protocol.
    pub prepared: bool,
    /// Whether the session's target is one shard, where every statement passes.
    pub shard_targeted: bool,
    /// Whether the session has set `sql_select_limit`.
    pub select_limit: bool,
    /// The generation of the catalog.
    pub generation: u64,
}

impl CacheKey<'_> {
    fn flags(&self) -> u32 {
        u32::from(self.mode.bits())
            | u32::from(self.prepared) << 16
            | u32::from(self.shard_targeted) << 17
            | u32::from(self.select_limit) << 18
    }
}

/// Plans by the statements' keys; bounded in number and bytes, with second-chance replacement.
#[derive(Debug)]
pub struct PlanCache {
    parts: [Mutex<Part>; PARTS],
    hasher: ahash::RandomState,
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    key: Box<[u8]>,
    database: Option<Box<str>>,
    flags: u32,
    generation: u64,
    variants: Vec<Arc<Plan>>,
    /// Used since the hand last passed.
    used: bool,
}

impl Entry {
    fn bytes(&self) -> usize {
        // A plan's own size isn't counted exactly: it grows with the text.
        self.key.len() * 4 + 1024
    }

    fn is(&self, key: &CacheKey<'_>, fingerprint: &Fingerprint) -> bool {
        self.generation == key.generation
            && self.flags == key.flags()
            && self.database.as_deref() == key.database
            && *self.key == *fingerprint.key()
    }
}

#[derive(Debug)]
struct Part {
    table: HashTable<usize>,
    entries: Vec<Entry>,
    hand: usize,
    bytes: usize,
    max_entries: usize,
    max_bytes: usize,
}

impl PlanCache {
    /// An empty cache for so many entries and, estimated, bytes.
    pub fn new(max_entries: usize, max_bytes: usize) -> Self {
        let part = || {
            Mutex::new(Part {
                table: HashTable::new(),
                entries: Vec::new(),
                hand: 0,
                bytes: 0,
                max_entries: max_entries.div_ceil(PARTS).max(1),
                max_bytes: max_bytes.div_ceil(PARTS),
            })
        };
        PlanCache { parts: std::array::from_fn(|_| part()), hasher: ahash::RandomState::new() }
    }

    fn hash(&self, key: &CacheKey<'_>, fingerprint: &Fingerprint) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(fingerprint.key());
        hasher.write(key.database.unwrap_or("\0").as_bytes());
        hasher.write_u64(key.generation ^ u64::from(key.flags()) << 32);
        hasher.finish()
    }

    fn part(&self, hash: u64) -> MutexGuard<'_, Part> {
        let index = (hash >> 57) as usize % PARTS;
        // A part is never left half changed: what runs under the lock doesn't panic, and a plan is only ever added.
        let part = self.parts.get(index).unwrap_or(&self.parts[0]);
        part.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The plan of this statement, if there is one whose pins hold.
    pub fn get(&self, key: &CacheKey<'_>, fingerprint: &Fingerprint, text: &[u8]) -> Option<Arc<Plan>> {
        let hash = self.hash(key, fingerprint);
        let mut part = self.part(hash);
        let part = &mut *part;
        let index = *part.table.find(hash, |index| {
            part.entries.get(*index).is_some_and(|entry| entry.hash == hash && entry.is(key, fingerprint))
        })?;
        let entry = part.entries.get_mut(index)?;
        entry.used = true;
        entry.variants.iter().find(|plan| plan.serves(fingerprint, text)).map(Arc::clone)
    }

    /// Keep a plan. A key of more than [`MAX_KEY`] bytes isn't kept.
    pub fn insert(&self, key: &CacheKey<'_>, fingerprint: &Fingerprint, plan: Arc<Plan>) {
        if fingerprint.key().len() > MAX_KEY {
            return;
        }
        let hash = self.hash(key, fingerprint);
        let mut part = self.part(hash);
        let part = &mut *part;
        let found = part.table.find(hash, |index| {
            part.entries.get(*index).is_some_and(|entry| entry.hash == hash && entry.is(key, fingerprint))
        });
        if let Some(entry) = found.copied().and_then(|index| part.entries.get_mut(index)) {
            entry.variants.retain(|variant| variant.pins != plan.pins);
            if entry.variants.len() >= MAX_VARIANTS {
                entry.variants.remove(0);
            }
            entry.variants.push(plan);
            return;
        }
        let entry = Entry {
            hash,
            key: fingerprint.key().into(),
            database: key.database.map(Box::from),
            flags: key.flags(),
            generation: key.generation,
            variants: vec![plan],
            used: false,
        };
        part.bytes += entry.bytes();
        part.entries.push(entry);
        let index = part.entries.len() - 1;
        part.link(index);
        while part.entries.len() > part.max_entries || (part.bytes > part.max_bytes && part.entries.len() > 1) {
            part.evict();
        }
    }

    /// How many keys have plans.
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| part.lock().unwrap_or_else(PoisonError::into_inner).entries.len()).sum()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forget all plans.
    pub fn clear(&self) {
        for part in &self.parts {
            let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
            part.table.clear();
            part.entries.clear();
            part.hand = 0;
            part.bytes = 0;
        }
    }
}

impl Part {
    fn link(&mut self, index: usize) {
        let Part { table, entries, .. } = self;
        let Some(hash) = entries.get(index).map(|entry| entry.hash) else { return };
        table.insert_unique(hash, index, |index| entries.get(*index).map_or(0, |entry| entry.hash));
    }

    fn unlink(&mut self, index: usize) {
        let Some(hash) = self.entries.get(index).map(|entry| entry.hash) else { return };
        if let Ok(found) = self.table.find_entry(hash, |other| *other == index) {
            found.remove();
        }
    }

    /// Drop the first entry from the hand on that wasn't used since the hand passed it; the newest stays.
    fn evict(&mut self) {
        let newest = self.entries.len().saturating_sub(1);
        loop {
            if self.hand >= newest {
                self.hand = 0;
            }
            match self.entries.get_mut(self.hand) {
                Some(entry) if entry.used => {
                    entry.used = false;
                    self.hand += 1;
                }
                _ => break,
            }
        }
        let (victim, last) = (self.hand, newest);
        self.unlink(victim);
        if victim != last {
            self.unlink(last);
        }
        if victim < self.entries.len() {
            let entry = self.entries.swap_remove(victim);
            self.bytes = self.bytes.saturating_sub(entry.bytes());
        }
        if victim != last {
            self.link(victim);
        }
        self.hand += 1;
    }
}
