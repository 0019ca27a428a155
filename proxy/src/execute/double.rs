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
        shortest.prefer_even(value.abs());
        shortest
    }

    /// Where the value lies exactly between two numbers of so many digits, MySQL takes the even one, Rust the larger.
    fn prefer_even(&mut self, value: f64) {
        let Some(last) = self.len.checked_sub(1).and_then(|last| self.digits.get_mut(last)) else { return };
        if *last % 2 == 0 {
            return;
        }
        *last -= 1;
        let even = std::str::from_utf8(self.digits()).unwrap_or_default();
        let between = |digits: usize| {
            let text = format!("{value:.digits$e}");
            let exact = text.split('e').next().unwrap_or_default().bytes().filter(|&byte| byte != b'.');
            let expected = even.bytes().chain([b'5']).chain(std::iter::repeat(b'0'));
            exact.zip(expected).all(|(a, b)| a == b)
        };
        // The digit behind the last decides nearly always; the exact value has at most 767 digits.
        let reads_back = || format!("{even}e{}", self.exponent + 1 - self.len as i32).parse() == Ok(value);
        if !(between(self.len) && between(767) && reads_back())
            && let Some(last) = self.len.checked_sub(1).and_then(|last| self.digits.get_mut(last))
        {
            *last += 1;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: f64, decimals: u8) -> String {
        let mut out = Vec::new();
        write_double(value, decimals, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn doubles_are_printed_as_mysql_prints_them() {
        // From MySQL 9.7.
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (0.1, "0.1"),
            (1.0 / 3.0, "0.3333333333333333"),
            (-1.5, "-1.5"),
            (100.0, "100"),
            (1e14, "100000000000000"),
            (999999999999999.0, "999999999999999"),
            (1e15, "1e15"),
            (1234567890123456.5, "1234567890123456.5"),
            (12345678901234567.0, "1.2345678901234568e16"),
            (9007199254740993.0, "9.007199254740992e15"),
            (1e-15, "0.000000000000001"),
            (1.5e-15, "0.0000000000000015"),
            (1e-16, "1e-16"),
            (1.23e-15, "0.00000000000000123"),
            (1e22, "1e22"),
            (1e23, "1e23"),
            (-1.5033190624187396e39, "-1.5033190624187396e39"),
            (5e-324, "5e-324"),
            (2.2250738585072014e-308, "2.2250738585072014e-308"),
            (f64::MAX, "1.7976931348623157e308"),
            // Exactly between two numbers of as many digits.
            (-769693183866810.0 - 0.25, "-769693183866810.2"),
            (2.9802322387695312e-8, "0.000000029802322387695312"),
        ] {
            assert_eq!(text(value, 31), expected);
        }
    }

    #[test]
    fn a_fixed_count_of_digits_is_rounded_and_filled_up() {
        // From MySQL 9.7: AVG and plain values of DOUBLE(M,D) columns.
        for (value, decimals, expected) in [
            (0.12, 2, "0.12"),
            (0.12 / 3.0, 6, "0.040000"),
            (2.0 / 3.0, 6, "0.666667"),
            (1.0 / 128.0, 6, "0.007812"),
            (3.0 / 128.0, 6, "0.023438"),
            (1.0 / 64.0, 6, "0.015625"),
            (-1e-7, 6, "-0.000000"),
            (0.0, 6, "0.000000"),
            (4868121678598285e24, 30, "4868121678598285000000000000000000000000.000000000000000000000000000000"),
            (-769693183866810.0 - 0.25, 5, "-769693183866810.20000"),
        ] {
            assert_eq!(text(value, decimals), expected, "{value:e} with {decimals}");
        }
    }

    #[test]
    fn what_is_no_number_is_zero() {
        assert_eq!(text(f64::INFINITY, 31), "0");
        assert_eq!(text(f64::NAN, 2), "0");
    }
}
