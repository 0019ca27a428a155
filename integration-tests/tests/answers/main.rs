//! Routing and answers: what the proxy says is what one MySQL would say, and rows lie where they belong.

mod adoption;
mod calls;
mod changes;
mod gathered;
mod limits;
mod metadata;
mod oracle;
mod placement;
mod routing;
mod sequences;
mod session;
mod tools;
mod town;
mod transactions;
mod vexplain;
mod vindex;
