//! What is sharded and how: the vschema model, its validation, vindex functions, keyspace ids and key ranges.
