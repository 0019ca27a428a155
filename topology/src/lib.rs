//! Where shards are: keyspaces, shards and instances, the stores that hold them, and their watches.
