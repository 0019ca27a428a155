//! Durations and sizes as the configuration writes them.

use std::str::FromStr;
use std::time::Duration;

/// A duration such as `10m`, `1h30m`, `250ms` or `0s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) Duration);

/// A number of bytes such as `256MiB` or `1048576`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) u64);

/// Why a text is no duration or size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnitError {
    #[error("`{0}` has no unit: write `{0}s` for seconds (`ms`, `s`, `m`, `h` and `d` are known)")]
    NoUnit(String),
    #[error("`{0}` is not a duration: write numbers with units, such as `10m`, `5s` or `250ms`")]
    Duration(String),
    #[error("`{0}` is not a size: write a number with `B`, `KiB`, `MiB` or `GiB`, such as `256MiB`")]
    Size(String),
    #[error("`{0}` is too large")]
    TooLarge(String),
}

impl FromStr for Span {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(UnitError::NoUnit(text.to_owned()));
        }
        let no_duration = || UnitError::Duration(text.to_owned());
        let too_large = || UnitError::TooLarge(text.to_owned());
        let mut rest = text;
        let mut total = 0_u64;
        while !rest.is_empty() {
            let (number, behind) = split_number(rest).ok_or_else(no_duration)?;
            let end = behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len());
            let (unit, behind) = behind.split_at_checked(end).ok_or_else(no_duration)?;
            let milliseconds = match unit {
                "ms" => 1,
                "s" => 1000,
                "m" => 60_000,
                "h" => 3_600_000,
                "d" => 86_400_000,
                _ => return Err(no_duration()),
            };
            let number: u64 = number.parse().map_err(|_| too_large())?;
            let part = number.checked_mul(milliseconds).ok_or_else(too_large)?;
            total = total.checked_add(part).ok_or_else(too_large)?;
            rest = behind;
        }
        if text.is_empty() { Err(no_duration()) } else { Ok(Self(Duration::from_millis(total))) }
    }
}

impl FromStr for Size {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let (number, unit) = split_number(text).ok_or_else(|| UnitError::Size(text.to_owned()))?;
        let bytes = match unit {
            "" | "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return Err(UnitError::Size(text.to_owned())),
        };
        let number = number.parse::<u64>().ok().and_then(|number| number.checked_mul(bytes));
        number.map(Self).ok_or_else(|| UnitError::TooLarge(text.to_owned()))
    }
}

/// The digits at the start of a text, at least one, and what follows.
fn split_number(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).filter(|(number, _)| !number.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units() {
        for (text, milliseconds) in
            [("10m", 600_000), ("5s", 5000), ("0s", 0), ("250ms", 250), ("1h30m", 5_400_000), ("2d", 172_800_000)]
        {
            assert_eq!(text.parse::<Span>().unwrap().0, Duration::from_millis(milliseconds), "{text}");
        }
        assert!("5".parse::<Span>().unwrap_err().to_string().contains("`5s`"));
        for text in ["", "s", "5x", "5 s", "-5s", "1.5s", "5sx", "99999999999999999999s", "18446744073709551615d"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_bytes_or_binary_units() {
        for (text, bytes) in [("256MiB", 256 << 20), ("64KiB", 65_536), ("1GiB", 1 << 30), ("12", 12), ("12B", 12)] {
            assert_eq!(text.parse::<Size>().unwrap().0, bytes, "{text}");
        }
        for text in ["", "MiB", "256MB", "256M", "-1", "1.5GiB", "99999999999999GiB"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }
}
