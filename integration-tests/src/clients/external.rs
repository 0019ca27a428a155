//! Clients in other languages, as programs under `integration-tests/clients`, made ready by `scripts/clients.sh`.

use std::path::Path;
use std::process::{Command, Output};

use super::report::ClientReport;
use super::{Outcome, Variant};
use crate::endpoint::Endpoint;
use crate::error::HarnessError;

/// What `scripts/clients.sh` exits with when the toolchain isn't on this machine.
const MISSING: i32 = 3;

pub(super) fn check(client: &str, endpoint: &Endpoint, base: u64, variant: Variant) -> Result<Outcome, HarnessError> {
    let output = match run(client, endpoint, &[&base.to_string(), variant.name()])? {
        Run::Done(output) => output,
        Run::Skipped(why) => return Ok(Outcome::Skipped(why)),
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    serde_json::from_str::<ClientReport>(last).map(Outcome::Ran).map_err(|error| {
        let (status, errors) = (output.status, String::from_utf8_lossy(&output.stderr));
        failed(client, format!("made no report ({error}; {status}); it printed:\n{text}{errors}"))
    })
}

/// What a tool prints about the endpoint's default database; `None`: its toolchain isn't on this machine.
///
/// # Errors
/// It can't be made ready, or ends with an error.
pub fn tool(client: &str, endpoint: &Endpoint) -> Result<Option<String>, HarnessError> {
    let output = match run(client, endpoint, &[])? {
        Run::Done(output) => output,
        Run::Skipped(why) => {
            println!("{why}");
            return Ok(None);
        }
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(Some(text));
    }
    let (status, errors) = (output.status, String::from_utf8_lossy(&output.stderr));
    Err(failed(client, format!("ended with {status}; it printed:\n{text}{errors}")))
}

/// What came of running a program.
enum Run {
    Done(Output),
    Skipped(String),
}

fn failed(client: &str, what: String) -> HarnessError {
    HarnessError::Client { client: client.to_owned(), what }
}

/// Makes a program ready and runs it with the endpoint and more arguments.
fn run(client: &str, endpoint: &Endpoint, more: &[&str]) -> Result<Run, HarnessError> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/clients.sh");
    let ready = Command::new(&script).arg(client).output();
    let ready = ready.map_err(HarnessError::io(format!("running {}", script.display())))?;
    let explanation = String::from_utf8_lossy(&ready.stderr).trim().to_owned();
    if ready.status.code() == Some(MISSING) {
        return Ok(Run::Skipped(explanation));
    }
    if !ready.status.success() {
        return Err(failed(client, format!("could not be made ready: {explanation}")));
    }
    let command = String::from_utf8_lossy(&ready.stdout).into_owned();
    let mut words = command.lines();
    let program = words.next().ok_or_else(|| failed(client, "has no command".to_owned()))?;
    let output = Command::new(program)
        .args(words)
        .args([&endpoint.host, &endpoint.port.to_string(), &endpoint.user, &endpoint.password, &endpoint.database])
        .args(more)
        .output()
        .map_err(HarnessError::io(format!("running {program}")))?;
    Ok(Run::Done(output))
}
