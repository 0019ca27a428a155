//! The processor time of a process, as the kernel counts it.

use anyhow::Context as _;
use std::fs;
use std::time::Duration;

/// The unit of the times in /proc: Linux shows hundredths of a second on all its architectures.
const TICK: Duration = Duration::from_millis(10);

/// What a process has used so far, in user space and in the kernel, all its threads together.
///
/// # Errors
/// If there is no such process.
pub(super) fn processor_time(process: u32) -> anyhow::Result<Duration> {
    let path = format!("/proc/{process}/stat");
    let text = fs::read_to_string(&path).with_context(|| format!("{path} can't be read"))?;
    parse(&text).with_context(|| format!("{path} can't be understood: {text}"))
}

/// The resident memory of a process, in bytes.
///
/// # Errors
/// If there is no such process.
pub(super) fn resident_bytes(process: u32) -> anyhow::Result<u64> {
    let path = format!("/proc/{process}/status");
    let text = fs::read_to_string(&path).with_context(|| format!("{path} can't be read"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    Ok(kibibytes.with_context(|| format!("{path} has no VmRSS"))? * 1024)
}

fn parse(stat: &str) -> Option<Duration> {
    // The program's name, in parentheses, may have any characters in it.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    let user: u32 = times.next()?.parse().ok()?;
    let system: u32 = times.next()?.parse().ok()?;
    Some(TICK * (user + system))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_system_time_are_added_whatever_the_program_is_called() {
        let stat = "7 (a b) c) S 1 2 3 4 5 6 7 8 9 10 1234 66 17 18 19";
        assert_eq!(parse(stat), Some(Duration::from_secs(13)));
    }
}
