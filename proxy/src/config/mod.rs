//! shardgate.yaml: listeners, users, pools, limits.
