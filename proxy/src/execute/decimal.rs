//! Exact decimal numbers: sums and averages as MySQL computes and prints them.

use bigdecimal::num_bigint::{BigInt, Sign};

/// Digits in one word of MySQL's decimal arithmetic: quotients are computed to whole words.
const WORD: u32 = 9;

/// An integer of any size; nearly always it fits into the small form.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Unscaled {
    Small(i128),
    Big(BigInt),
}

/// A decimal number with a fixed count of digits behind the point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal {
    unscaled: Unscaled,
    scale: u32,
}

impl Decimal {
    /// Read the text of an integer or DECIMAL value: an optional `-`, digits, perhaps a point and digits. `None` if
    /// it's anything else.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let (negative, digits) = match text.split_first() {
            Some((b'-', rest)) => (true, rest),
            _ => (false, text),
        };
        let (mut value, mut fits) = (0i128, true);
        let (mut count, mut scale, mut in_fraction) = (0usize, 0u32, false);
        for &byte in digits {
            match byte {
                b'0'..=b'9' => {
                    count += 1;
                    scale += u32::from(in_fraction);
                    match value.checked_mul(10).and_then(|value| value.checked_add(i128::from(byte - b'0'))) {
                        Some(next) if fits => value = next,
                        _ => fits = false,
                    }
                }
                b'.' if !in_fraction => in_fraction = true,
                _ => return None,
            }
        }
        if count == 0 {
            return None;
        }
        let unscaled = if fits {
            Unscaled::Small(if negative { -value } else { value })
        } else {
            let digits: Vec<u8> = digits.iter().copied().filter(u8::is_ascii_digit).collect();
            let value = BigInt::parse_bytes(&digits, 10)?;
            Unscaled::Big(if negative { -value } else { value })
        };
        Some(Decimal { unscaled, scale })
    }

    /// Add another number; the scale is the larger of the two.
    pub(crate) fn add(&mut self, other: &Decimal) {
        let scale = self.scale.max(other.scale);
        if let (Unscaled::Small(a), Unscaled::Small(b)) = (&self.unscaled, &other.unscaled) {
            let sum = rescale(*a, scale - self.scale)
                .zip(rescale(*b, scale - other.scale))
                .and_then(|(a, b)| a.checked_add(b));
            if let Some(sum) = sum {
                *self = Decimal { unscaled: Unscaled::Small(sum), scale };
                return;
            }
        }
        let sum = self.big(scale) + other.big(scale);
        *self = Decimal { unscaled: Unscaled::Big(sum), scale };
    }

    /// This sum divided by a count, to the digit what AVG gives whose result has `decimals` digits behind the point.
    ///
    /// MySQL computes the quotient to whole words of nine digits, cuts off the rest, and then rounds half away from
    /// zero: where the result's last digit is a word's last, it is cut, not rounded (AVG of 0.00002, 0, 0 is
    /// 0.000006666). `None` if the count is 0.
    pub(crate) fn average(&self, count: u64, decimals: u32) -> Option<Decimal> {
        if count == 0 {
            return None;
        }
        let whole = self.scale.next_multiple_of(WORD);
        let increment = decimals.saturating_sub(self.scale).saturating_sub(whole - self.scale);
        let computed = (whole + increment).next_multiple_of(WORD);
        let mut quotient = self.big(computed) / BigInt::from(count);
        if computed > decimals {
            let divisor = power_of_ten(computed - decimals);
            let half = &divisor / 2u32;
            quotient = match quotient.sign() {
                Sign::Minus => (quotient - half) / divisor,
                _ => (quotient + half) / divisor,
            };
        } else {
            quotient *= power_of_ten(decimals - computed);
        }
        let unscaled = i128::try_from(&quotient).map_or(Unscaled::Big(quotient), Unscaled::Small);
        Some(Decimal { unscaled, scale: decimals })
    }

    /// Append the text: all digits behind the point, at least one before it.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let (negative, digits) = match &self.unscaled {
            Unscaled::Small(value) => (*value < 0, value.unsigned_abs().to_string()),
            Unscaled::Big(value) => (value.sign() == Sign::Minus, value.magnitude().to_string()),
        };
        if negative {
            out.push(b'-');
        }
        let scale = self.scale as usize;
        let digits = digits.as_bytes();
        match digits.split_at_checked(digits.len().saturating_sub(scale)) {
            Some((integer, fraction)) if !integer.is_empty() => {
                out.extend_from_slice(integer);
                if scale > 0 {
                    out.push(b'.');
                    out.extend_from_slice(fraction);
                }
            }
            _ => {
                out.extend_from_slice(b"0.");
                out.extend(std::iter::repeat_n(b'0', scale - digits.len()));
                out.extend_from_slice(digits);
            }
        }
    }

    /// The unscaled integer at a scale that isn't smaller than its own.
    fn big(&self, scale: u32) -> BigInt {
        let value = match &self.unscaled {
            Unscaled::Small(value) => BigInt::from(*value),
            Unscaled::Big(value) => value.clone(),
        };
        value * power_of_ten(scale.saturating_sub(self.scale))
    }
}

fn rescale(value: i128, digits: u32) -> Option<i128> {
    if digits == 0 { Some(value) } else { value.checked_mul(10i128.checked_pow(digits)?) }
}

fn power_of_ten(digits: u32) -> BigInt {
    BigInt::from(10u32).pow(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bigdecimal::BigDecimal;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text.as_bytes()).unwrap()
    }

    fn text(decimal: &Decimal) -> String {
        let mut out = Vec::new();
        decimal.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn averages_are_cut_at_whole_words_and_rounded_elsewhere_as_mysql_does() {
        // From MySQL 9.7: AVG over (x, 0, 0), default div_precision_increment first.
        for (sum, decimals, expected) in [
            ("0.00002", 9, "0.000006666"),
            ("2", 4, "0.6667"),
            ("2.000000000", 13, "0.6666666666667"),
            ("2.00000000000000", 18, "0.666666666666666666"),
            ("2.0000000000000000000000000000", 30, "0.666666666666666666666666666667"),
            ("0.00002", 5, "0.00001"),
            ("2", 0, "0"),
            ("2.000000000", 9, "0.666666666"),
            ("2.00000000000000", 14, "0.66666666666667"),
            ("0.00002", 12, "0.000006666667"),
            ("2", 7, "0.6666667"),
            ("2", 9, "0.666666666"),
            ("2.000000000", 18, "0.666666666666666666"),
            ("2.00000000000000", 23, "0.66666666666666666666667"),
            ("2", 5, "0.66667"),
            ("0", 4, "0.0000"),
            ("-2", 4, "-0.6667"),
        ] {
            assert_eq!(text(&decimal(sum).average(3, decimals).unwrap()), expected, "{sum} / 3 to {decimals}");
        }
        assert_eq!(decimal("1").average(0, 4), None);
    }

    #[test]
    fn what_is_not_a_number_is_not_read() {
        for wrong in ["", "-", ".", "1e5", "1.2.3", "+1", "0x1", " 1"] {
            assert_eq!(Decimal::parse(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn sums_beyond_128_bits_stay_exact() {
        let mut sum = decimal("99999999999999999999999999999999999999999999999999999999999999999");
        sum.add(&decimal("0.01"));
        assert_eq!(text(&sum), "99999999999999999999999999999999999999999999999999999999999999999.01");
        let mut sum = decimal("170141183460469231731687303715884105727");
        sum.add(&decimal("1"));
        assert_eq!(text(&sum), "170141183460469231731687303715884105728");
    }

    proptest! {
        #[test]
        fn text_is_kept(text_in in "-?(0|[1-9][0-9]{0,50})(\\.[0-9]{1,30})?") {
            prop_assume!(!text_in.starts_with("-0"));
            prop_assert_eq!(text(&decimal(&text_in)), text_in);
        }

        #[test]
        fn sums_are_those_of_bigdecimal(texts in prop::collection::vec("-?[0-9]{1,40}\\.[0-9]{6}", 1..20)) {
            let mut sum = decimal("0.000000");
            let mut expected = BigDecimal::from(0);
            for text in &texts {
                sum.add(&decimal(text));
                expected += text.parse::<BigDecimal>().unwrap();
            }
            prop_assert_eq!(text(&sum).parse::<BigDecimal>().unwrap(), expected);
        }
    }
}
