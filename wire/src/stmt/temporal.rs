//! Dates and times in their binary form and as MySQL's text.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html#sect_protocol_binary_resultset_row_value_date>

/// A date. Like MySQL's, it may have a zero year, month or day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Date {
    /// The year.
    pub year: u16,
    /// The month, from 1.
    pub month: u8,
    /// The day, from 1.
    pub day: u8,
}

/// A date and time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DateTime {
    /// The date.
    pub date: Date,
    /// The hour.
    pub hour: u8,
    /// The minute.
    pub minute: u8,
    /// The second.
    pub second: u8,
    /// The fraction of the second, in microseconds.
    pub micros: u32,
}

/// A span of time, at most some 838 hours in MySQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Time {
    /// Whether it is below zero.
    pub negative: bool,
    /// Days.
    pub days: u32,
    /// Hours, below 24.
    pub hours: u8,
    /// Minutes.
    pub minutes: u8,
    /// Seconds.
    pub seconds: u8,
    /// The fraction of the second, in microseconds.
    pub micros: u32,
}

impl Date {
    /// Reads the binary form without its length byte: 0 or 4 bytes (more, if it is a DATETIME's).
    pub(crate) fn from_binary(bytes: &[u8]) -> Option<Self> {
        DateTime::from_binary(bytes).map(|value| value.date)
    }

    /// Appends the binary form with its length byte.
    pub(crate) fn to_binary(self, out: &mut Vec<u8>) {
        if self == Date::default() {
            return out.push(0);
        }
        out.push(4);
        self.fields(out);
    }

    fn fields(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.year.to_le_bytes());
        out.extend_from_slice(&[self.month, self.day]);
    }

    /// Reads MySQL's text, `YYYY-MM-DD`.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut parts = text.split(|byte| *byte == b'-');
        let date = Date { year: number(parts.next()?)?, month: number(parts.next()?)?, day: number(parts.next()?)? };
        parts.next().is_none().then_some(date)
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl DateTime {
    /// Reads the binary form without its length byte: 0, 4, 7 or 11 bytes.
    pub(crate) fn from_binary(bytes: &[u8]) -> Option<Self> {
        let mut value = DateTime::default();
        let rest = match bytes {
            [] => return Some(value),
            [year_low, year_high, month, day, rest @ ..] => {
                value.date = Date { year: u16::from_le_bytes([*year_low, *year_high]), month: *month, day: *day };
                rest
            }
            _ => return None,
        };
        let rest = match rest {
            [] => return Some(value),
            [hour, minute, second, rest @ ..] => {
                (value.hour, value.minute, value.second) = (*hour, *minute, *second);
                rest
            }
            _ => return None,
        };
        value.micros = micros(rest)?;
        Some(value)
    }

    /// Appends the binary form with its length byte.
    pub(crate) fn to_binary(self, out: &mut Vec<u8>) {
        if self.micros == 0 && (self.hour, self.minute, self.second) == (0, 0, 0) {
            return self.date.to_binary(out);
        }
        out.push(if self.micros == 0 { 7 } else { 11 });
        self.date.fields(out);
        out.extend_from_slice(&[self.hour, self.minute, self.second]);
        if self.micros != 0 {
            out.extend_from_slice(&self.micros.to_le_bytes());
        }
    }

    /// Reads MySQL's text, `YYYY-MM-DD hh:mm:ss[.fraction]`.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let Some(at) = text.iter().position(|byte| matches!(byte, b' ' | b'T')) else {
            return Some(DateTime { date: Date::parse(text)?, ..DateTime::default() });
        };
        let (date, rest) = text.split_at_checked(at)?;
        let (clock, micros) = fraction(rest.get(1..)?)?;
        let mut parts = clock.split(|byte| *byte == b':');
        let value = DateTime {
            date: Date::parse(date)?,
            hour: number(parts.next()?)?,
            minute: number(parts.next()?)?,
            second: number(parts.next()?)?,
            micros,
        };
        parts.next().is_none().then_some(value)
    }

    /// Writes MySQL's text with so many digits of fraction (at most six).
    pub fn write(&self, out: &mut Vec<u8>, decimals: u8) {
        let DateTime { date, hour, minute, second, micros } = self;
        out.extend_from_slice(format!("{date} {hour:02}:{minute:02}:{second:02}").as_bytes());
        write_fraction(out, *micros, decimals);
    }
}

impl Time {
    /// Reads the binary form without its length byte: 0, 8 or 12 bytes.
    pub(crate) fn from_binary(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [] => Some(Time::default()),
            [sign, d0, d1, d2, d3, hours, minutes, seconds, rest @ ..] => Some(Time {
                negative: *sign != 0,
                days: u32::from_le_bytes([*d0, *d1, *d2, *d3]),
                hours: *hours,
                minutes: *minutes,
                seconds: *seconds,
                micros: micros(rest)?,
            }),
            _ => None,
        }
    }

    /// Appends the binary form with its length byte.
    pub(crate) fn to_binary(self, out: &mut Vec<u8>) {
        if (Time { negative: false, ..self }) == Time::default() {
            return out.push(0);
        }
        out.extend_from_slice(&[if self.micros == 0 { 8 } else { 12 }, u8::from(self.negative)]);
        out.extend_from_slice(&self.days.to_le_bytes());
        out.extend_from_slice(&[self.hours, self.minutes, self.seconds]);
        if self.micros != 0 {
            out.extend_from_slice(&self.micros.to_le_bytes());
        }
    }

    /// Reads MySQL's text, `[-]hh:mm:ss[.fraction]` with any number of hours.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (negative, text) = match text.strip_prefix(b"-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (clock, micros) = fraction(text)?;
        let mut parts = clock.split(|byte| *byte == b':');
        let hours: u32 = number(parts.next()?)?;
        let time = Time {
            negative,
            days: hours / 24,
            hours: (hours % 24) as u8,
            minutes: number(parts.next()?)?,
            seconds: number(parts.next()?)?,
            micros,
        };
        parts.next().is_none().then_some(time)
    }

    /// Writes MySQL's text with so many digits of fraction (at most six).
    pub fn write(&self, out: &mut Vec<u8>, decimals: u8) {
        let sign = if self.negative { "-" } else { "" };
        let hours = u64::from(self.days) * 24 + u64::from(self.hours);
        out.extend_from_slice(format!("{sign}{hours:02}:{:02}:{:02}", self.minutes, self.seconds).as_bytes());
        write_fraction(out, self.micros, decimals);
    }
}

/// A fraction's four bytes, or none.
fn micros(bytes: &[u8]) -> Option<u32> {
    match bytes {
        [] => Some(0),
        bytes => Some(u32::from_le_bytes(bytes.try_into().ok()?)).filter(|micros| *micros < 1_000_000),
    }
}

fn number<T: std::str::FromStr>(digits: &[u8]) -> Option<T> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Splits `...ss.fraction` and reads the fraction, of at most six digits.
fn fraction(text: &[u8]) -> Option<(&[u8], u32)> {
    let Some(at) = text.iter().position(|byte| *byte == b'.') else { return Some((text, 0)) };
    let (clock, digits) = text.split_at_checked(at)?;
    let digits = digits.get(1..)?;
    if digits.len() > 6 {
        return None;
    }
    let value: u32 = if digits.is_empty() { 0 } else { number(digits)? };
    Some((clock, value * 10u32.pow(6 - digits.len() as u32)))
}

fn write_fraction(out: &mut Vec<u8>, micros: u32, decimals: u8) {
    if decimals > 0 {
        let digits = format!("{micros:06}");
        out.push(b'.');
        out.extend_from_slice(digits.as_bytes().get(..usize::from(decimals)).unwrap_or(digits.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out);
        out
    }

    #[test]
    fn the_examples_are_read_and_written() {
        let bytes = b"\x0b\xda\x07\x0a\x11\x13\x1b\x1e\x01\x00\x00\x00";
        let value = DateTime::from_binary(&bytes[1..]).unwrap();
        assert_eq!(binary(|out| value.write(out, 6)), b"2010-10-17 19:27:30.000001");
        assert_eq!(binary(|out| value.to_binary(out)), bytes);
        let bytes = b"\x0c\x01\x78\x00\x00\x00\x13\x1b\x1e\x01\x00\x00\x00";
        let value = Time::from_binary(&bytes[1..]).unwrap();
        assert_eq!(binary(|out| value.write(out, 6)), b"-2899:27:30.000001");
        assert_eq!(binary(|out| value.to_binary(out)), bytes);
        assert_eq!(binary(|out| Date::parse(b"2010-10-17").unwrap().to_binary(out)), b"\x04\xda\x07\x0a\x11");
        assert_eq!(binary(|out| Date::default().to_binary(out)), b"\0");
    }

    #[test]
    fn text_is_read_with_any_fraction() {
        let value = DateTime::parse(b"2024-02-29 01:02:03.5").unwrap();
        assert_eq!(value.micros, 500_000);
        assert_eq!(binary(|out| value.write(out, 3)), b"2024-02-29 01:02:03.500");
        assert_eq!(DateTime::parse(b"0000-00-00 00:00:00"), Some(DateTime::default()));
        let value = Time::parse(b"-838:59:59.000000").unwrap();
        assert_eq!((value.days, value.hours), (34, 22));
        assert_eq!(binary(|out| value.write(out, 0)), b"-838:59:59");
        for text in ["", "2024", "2024-02", "2024-02-29-1", "2024-02-29 1:2", "2024-02-29 1:2:3.1234567", "a-b-c"] {
            assert_eq!(DateTime::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Time::parse(b"12:30"), None);
    }

    #[test]
    fn other_lengths_are_refused() {
        for len in [1, 3, 5, 6, 8, 10, 12] {
            assert_eq!(DateTime::from_binary(&vec![0; len]), None, "{len}");
        }
        for len in [1, 7, 9, 11, 13] {
            assert_eq!(Time::from_binary(&vec![0; len]), None, "{len}");
        }
    }
}
