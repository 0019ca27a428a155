//! The `shardgate` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    shardgate_cli::main()
}
