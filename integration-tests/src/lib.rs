//! Real MySQL clusters, real clients, the oracle.
