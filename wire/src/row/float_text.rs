//! FLOAT and DOUBLE as the text that MySQL makes of them.

/// The point may stand so many digits from the first one before MySQL writes an exponent (its DBL_DIG).
const MAX_PLAIN: i32 = 15;
/// Significant digits of a FLOAT (FLT_DIG).
const FLOAT_DIGITS: usize = 6;
/// "As many digits behind the point as there are".
const DECIMALS_NOT_FIXED: u8 = 31;

/// Appends a DOUBLE.
pub(super) fn write_double(out: &mut Vec<u8>, value: f64, decimals: u8) {
    if decimals < DECIMALS_NOT_FIXED {
        return write_fixed(out, value, usize::from(decimals));
    }
    write_scientific(out, &shortest(value));
}

/// Appends a FLOAT: six digits, unless their number behind the point is fixed.
pub(super) fn write_float(out: &mut Vec<u8>, value: f32, decimals: u8) {
    if decimals < DECIMALS_NOT_FIXED {
        return write_fixed(out, f64::from(value), usize::from(decimals));
    }
    write_scientific(out, &format!("{value:.*e}", FLOAT_DIGITS - 1));
}

/// Appends so many digits behind the point. The shortest digits that mean the value are filled up with zeros; only
/// what is longer is rounded.
fn write_fixed(out: &mut Vec<u8>, value: f64, decimals: usize) {
    let shortest = plain(&shortest(value)).unwrap_or_else(|| format!("{value}"));
    let (whole, fraction) = shortest.split_once('.').unwrap_or((&shortest, ""));
    let text = match fraction.len() {
        len if len > decimals => format!("{value:.decimals$}"),
        _ if decimals == 0 => whole.to_owned(),
        _ => format!("{whole}.{fraction:0<decimals$}"),
    };
    out.extend_from_slice(text.as_bytes());
}

/// The fewest digits that mean the value, as `d.ddde-x`. Where two numbers of so few digits are equally near, MySQL
/// takes the one that ends in an even digit.
fn shortest(value: f64) -> String {
    let text = format!("{value:e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let decimals = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    // With fewer digits the shortest ones are the exact ones.
    if decimals < 14 || !mantissa.ends_with(['1', '3', '5', '7', '9']) {
        return text;
    }
    // Forty digits more than the shortest ones: only a tie has a 5 and nothing but zeros behind it.
    let exact = format!("{value:.*e}", decimals + 40);
    let is_tie = exact
        .split_once('e')
        .and_then(|(digits, _)| digits.get(mantissa.len()..))
        .is_some_and(|rest| rest.strip_prefix('5').is_some_and(|zeros| zeros.bytes().all(|digit| digit == b'0')));
    let lower = exact.get(..mantissa.len()).map(|digits| format!("{digits}e{exponent}"));
    match lower {
        Some(lower) if is_tie && lower != text && lower.parse() == Ok(value) => lower,
        _ => text,
    }
}

/// A number in scientific form as one without an exponent.
fn plain(text: &str) -> Option<String> {
    let (mantissa, exponent) = text.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits = mantissa.replace('.', "");
    let point = exponent + 1;
    Some(match usize::try_from(point) {
        Ok(0) | Err(_) => format!("{sign}0.{}{digits}", "0".repeat(point.unsigned_abs() as usize)),
        Ok(point) => match digits.split_at_checked(point) {
            None | Some((_, "")) => format!("{sign}{digits:0<point$}"),
            Some((whole, fraction)) => format!("{sign}{whole}.{fraction}"),
        },
    })
}

/// Appends the number that `text` spells as `-d.dddde-x`, with or without an exponent as MySQL would.
fn write_scientific(out: &mut Vec<u8>, text: &str) {
    let Some((mantissa, exponent)) = text.split_once('e') else { return out.extend_from_slice(text.as_bytes()) };
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let digits = mantissa.replace('.', "");
    let digits = match digits.trim_end_matches('0') {
        "" => "0",
        digits => digits,
    };
    // Where the point stands, counted from the first digit's left.
    let point = exponent.parse::<i32>().unwrap_or_default() + 1;
    out.extend_from_slice(sign.as_bytes());
    let text = if !(1 - MAX_PLAIN..=MAX_PLAIN).contains(&point) {
        let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
        let dot = if rest.is_empty() { "" } else { "." };
        format!("{first}{dot}{rest}e{}", point - 1)
    } else if point <= 0 {
        format!("0.{}{digits}", "0".repeat(point.unsigned_abs() as usize))
    } else {
        match digits.split_at_checked(point as usize) {
            None | Some((_, "")) => format!("{digits:0<width$}", width = point as usize),
            Some((whole, fraction)) => format!("{whole}.{fraction}"),
        }
    };
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn double(value: f64, decimals: u8) -> String {
        let mut out = Vec::new();
        write_double(&mut out, value, decimals);
        String::from_utf8(out).unwrap()
    }

    fn float(value: f32) -> String {
        let mut out = Vec::new();
        write_float(&mut out, value, 31);
        String::from_utf8(out).unwrap()
    }

    /// What MySQL 9.7 answers to `SELECT` of the same DOUBLE.
    #[test]
    fn doubles_are_written_as_mysql_writes_them() {
        for (value, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (123456789.125, "123456789.125"),
            (1e14, "100000000000000"),
            (1e15, "1e15"),
            (1.25e20, "1.25e20"),
            (1e-15, "0.000000000000001"),
            (1e-16, "1e-16"),
            (-2.5e-300, "-2.5e-300"),
            (1.7976931348623157e308, "1.7976931348623157e308"),
        ] {
            assert_eq!(double(value, 31), text);
        }
        assert_eq!(double(1.005, 2), "1.00");
        assert_eq!(double(12.0, 3), "12.000");
        assert_eq!(double(-45712544313028.1, 4), "-45712544313028.1000");
        assert_eq!(double(0.0, 2), "0.00");
        assert_eq!(double(0.015625, 4), "0.0156");
        assert_eq!(double(0.5, 4), "0.5000");
        assert_eq!(double(-7.0, 0), "-7");
        assert_eq!(double(4.222123954218463e28, 4), "42221239542184630000000000000.0000");
    }

    #[test]
    fn ties_go_to_the_even_digit() {
        // The value ends in .625 exactly: .62 and .63 are equally near.
        assert_eq!(double(-267086413256115.63, 31), "-267086413256115.62");
        assert_eq!(double(267086413256115.63, 4), "267086413256115.6200");
        assert_eq!(double(0.30000000000000004, 31), "0.30000000000000004");
    }

    #[test]
    fn floats_have_six_digits() {
        for (value, text) in [(0.1, "0.1"), (2.7654321, "2.76543"), (16777216.0, "16777200"), (1.5e30, "1.5e30")] {
            assert_eq!(float(value), text);
        }
    }
}
