//! Programs of others that tests run: made ready by `scripts/tools.sh`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::HarnessError;

/// The path of a program that `scripts/tools.sh` knows, fetched if need be.
///
/// # Errors
/// It isn't on this machine and can't be fetched.
pub(crate) fn program(name: &str) -> Result<PathBuf, HarnessError> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/tools.sh");
    let tools = Command::new(&script).arg(name).output();
    let tools = tools.map_err(HarnessError::io(format!("running {}", script.display())))?;
    if !tools.status.success() {
        let what = String::from_utf8_lossy(&tools.stderr).into_owned();
        return Err(HarnessError::Client { client: name.to_owned(), what });
    }
    Ok(Path::new(String::from_utf8_lossy(&tools.stdout).trim()).join(name))
}
