//! DOUBLE values as MySQL's text protocol prints them.

use std::fmt::Write as _;

/// A column definition's `decimals` where the digits behind the point aren't fixed.
const NOT_FIXED: u8 = 31;

/// Decimal exponents of values that are printed without one: from 1e-15 on, and below 1e15 if they are whole.
const SMALLEST_PLAIN: i32 = -15;
const LARGEST_PLAIN_WHOLE: i32 = 14;

/// Room for a value's digits: `-`, 17 digits, a point, and the exponent.
#[derive(Default)]
struct Scratch {
    bytes: [u8; 32],
    len: usize,
}

impl std::fmt::Write for Scratch {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.len + text.len();
        self.bytes.get_mut(self.len..end).ok_or(std::fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

/// A value's shortest digits that read back as the same value, without point, and the decimal exponent of the first.
struct Shortest {
    digits: [u8; 24],
    len: usize,
    exponent: i32,
}

impl Shortest {
    /// Of a finite value's absolute.
    fn new(value: f64) -> Self {
        let mut scratch = Scratch::default();
        let mut shortest = Shortest { digits: [b'0'; 24], len: 0, exponent: 0 };
        // A finite value's digits and exponent always fit.
        if write!(scratch, "{:e}", value.abs()).is_err() {
            return shortest;
        }
        let text = scratch.bytes.get(..scratch.len).unwrap_or_default();
        let mut parts = text.split(|&byte| byte == b'e');
        for &digit in parts.next().unwrap_or_default().iter().filter(|&&byte| byte != b'.') {
            if let Some(place) = shortest.digits.get_mut(shortest.len) {
                *place = digit;
                shortest.len += 1;
            }
        }
        let exponent = parts.next().and_then(|exponent| std::str::from_utf8(exponent).ok());
        shortest.exponent = exponent.and_then(|exponent| exponent.parse().ok()).unwrap_or(0);
        shortest
    }

    fn digits(&self) -> &[u8] {
        self.digits.get(..self.len).unwrap_or_default()
    }

    /// How many digits are behind the point.
    fn fraction(&self) -> i32 {
        (self.len as i32 - 1 - self.exponent).max(0)
    }

    /// Append without exponent.
    fn write_plain(&self, out: &mut Vec<u8>) {
        let zeros = |out: &mut Vec<u8>, count: i32| out.extend(std::iter::repeat_n(b'0', count.max(0) as usize));
        if self.exponent < 0 {
            out.extend_from_slice(b"0.");
            zeros(out, -1 - self.exponent);
            out.extend_from_slice(self.digits());
        } else if let Some((integer, fraction)) = self.digits().split_at_checked(self.exponent as usize + 1) {
            out.extend_from_slice(integer);
            if !fraction.is_empty() {
                out.push(b'.');
                out.extend_from_slice(fraction);
            }
        } else {
            out.extend_from_slice(self.digits());
            zeros(out, self.exponent + 1 - self.len as i32);
        }
    }
}

/// Append the text of a DOUBLE, as a column whose definition has these `decimals` shows it: with exactly so many
/// digits behind the point, or (31, not fixed) with the fewest digits that read back as the same value, and an
/// exponent where the value is below 1e-15, or whole and at least 1e15. MySQL prints infinities and NaN as 0.
pub(crate) fn write_double(value: f64, decimals: u8, out: &mut Vec<u8>) {
    if !value.is_finite() {
        out.push(b'0');
        return;
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    let shortest = Shortest::new(value);
    if decimals < NOT_FIXED {
        write_fixed(value.abs(), decimals, &shortest, out);
    } else if value == 0.0 {
        out.push(b'0');
    } else if shortest.exponent >= SMALLEST_PLAIN
        && (shortest.exponent <= LARGEST_PLAIN_WHOLE || shortest.fraction() > 0)
    {
        shortest.write_plain(out);
    } else {
        if let Some((first, rest)) = shortest.digits().split_first() {
            out.push(*first);
            if !rest.is_empty() {
                out.push(b'.');
                out.extend_from_slice(rest);
            }
        }
        out.push(b'e');
        out.extend_from_slice(shortest.exponent.to_string().as_bytes());
    }
}

/// With `decimals` digits behind the point: the shortest digits if they suffice, else the exact value rounded.
fn write_fixed(absolute: f64, decimals: u8, shortest: &Shortest, out: &mut Vec<u8>) {
    let missing = i32::from(decimals) - shortest.fraction();
    if missing < 0 {
        out.extend_from_slice(format!("{absolute:.*}", usize::from(decimals)).as_bytes());
        return;
    }
    shortest.write_plain(out);
    if missing > 0 {
        if shortest.fraction() == 0 {
            out.push(b'.');
        }
        out.extend(std::iter::repeat_n(b'0', missing as usize));
    }
}
