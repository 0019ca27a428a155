//! SQL, vschema and schema in; a plan out. Pure.
