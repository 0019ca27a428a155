//! MySQL's protocol, both roles, as bytes and sans-io state machines.
