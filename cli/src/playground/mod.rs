//! The playground: real MySQL servers, a sample shop on them, and everything to look at and edit on disk.
//!
//! Its servers serve the integration tests too.

mod cache;
mod error_log;
mod free_port;
mod mysqld;
mod mysqld_binary;
mod mysqld_error;
mod template;
mod tied_child;

pub use cache::cache_folder;
pub use free_port::free_port;
pub use mysqld::{Mysqld, MysqldOptions};
pub use mysqld_binary::{FindMysqldError, MysqldBinary};
pub use mysqld_error::MysqldError;
pub use template::Template;
pub use tied_child::spawn_tied;
