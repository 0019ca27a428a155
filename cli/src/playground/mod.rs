//! The playground: real MySQL servers, a sample shop on them, and everything to look at and edit on disk.
//!
//! Its servers and its writer of cluster files serve the integration tests too. It knows nothing of how a proxy works:
//! [`run`] is given a function that serves a configuration file.

mod cache;
mod cluster_files;
mod error_log;
mod free_port;
mod mysqld;
mod mysqld_binary;
mod mysqld_error;
mod playground_error;
mod run;
mod saved;
mod servers;
pub mod shop;
mod template;
mod tied_child;
mod tour;

pub use cache::cache_folder;
pub use cluster_files::{ClusterFiles, KeyspaceServers, ProxyUser, STORE_IN_FILES};
pub use free_port::free_port;
pub use mysqld::{Mysqld, MysqldOptions};
pub use mysqld_binary::{FindMysqldError, MysqldBinary};
pub use mysqld_error::MysqldError;
pub use playground_error::PlaygroundError;
pub use run::run;
pub use servers::{Playground, PlaygroundOptions};
pub use template::Template;
pub use tied_child::spawn_tied;
