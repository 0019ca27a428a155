//! Bytes whose order is the order of the values that they are made of.
//!
//! Each function appends a value so that no value's bytes are the beginning of another's: keys of several columns, and
//! inverted ones, keep the order. They return false if the value isn't of the type, and what was appended is of no use.

/// 65 bits, the sign bit turned around so that negative numbers come first.
pub(super) fn append_integer(text: &[u8], out: &mut Vec<u8>) -> bool {
    let (negative, digits) = split_sign(text);
    if digits.is_empty() {
        return false;
    }
    let mut absolute = 0u64;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        let next = absolute.checked_mul(10).and_then(|value| value.checked_add(u64::from(digit)));
        match next {
            Some(next) if digit < 10 => absolute = next,
            _ => return false,
        }
    }
    let value = if negative { -i128::from(absolute) } else { i128::from(absolute) };
    let [.., a, b, c, d, e, f, g, h, i] = (value + (1 << 64)).to_be_bytes();
    out.extend_from_slice(&[a, b, c, d, e, f, g, h, i]);
    true
}

/// Sign, count of digits before the point (negative: of zeros behind it), digits without zeros at either end, end mark.
pub(super) fn append_decimal(text: &[u8], out: &mut Vec<u8>) -> bool {
    let (negative, number) = split_sign(text);
    let point = number.iter().position(|&byte| byte == b'.');
    let (integer, fraction) = match point {
        Some(at) => (number.get(..at).unwrap_or_default(), number.get(at + 1..).unwrap_or_default()),
        None => (number, [].as_slice()),
    };
    let digits = || integer.iter().chain(fraction);
    if digits().count() == 0 || !digits().all(u8::is_ascii_digit) {
        return false;
    }
    let Some(first) = digits().position(|&byte| byte != b'0') else {
        out.push(0x80);
        return true;
    };
    let zeros = digits().rev().take_while(|&&byte| byte == b'0').count();
    let significant = digits().count() - zeros - first;
    let Ok(exponent) = u16::try_from(integer.len() as i64 - first as i64 + 0x8000) else { return false };
    let start = out.len();
    out.push(0x81);
    out.extend_from_slice(&exponent.to_be_bytes());
    out.extend(digits().skip(first).take(significant));
    out.push(0);
    if negative {
        for byte in out.iter_mut().skip(start) {
            *byte = !*byte;
        }
    }
    true
}

/// The bits of the value, turned around so that their order is the numbers' order.
pub(super) fn append_double(text: &[u8], out: &mut Vec<u8>) -> bool {
    let value = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok());
    let Some(value) = value.filter(|value| value.is_finite()) else { return false };
    // -0 equals 0.
    let bits = (value + 0.0).to_bits();
    let sign = 1 << 63;
    out.extend_from_slice(&(if bits & sign == 0 { bits | sign } else { !bits }).to_be_bytes());
    true
}

pub(super) fn append_bits(value: &[u8], out: &mut Vec<u8>) -> bool {
    if value.len() > 8 {
        return false;
    }
    let number = value.iter().fold(0u64, |number, &byte| number << 8 | u64::from(byte));
    out.extend_from_slice(&number.to_be_bytes());
    true
}

/// `[-]h..h:mm:ss[.f..f]`, as signed microseconds.
pub(super) fn append_time(text: &[u8], out: &mut Vec<u8>) -> bool {
    let (negative, rest) = split_sign(text);
    let (whole, fraction) = match rest.iter().position(|&byte| byte == b'.') {
        Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default()),
        None => (rest, [].as_slice()),
    };
    if fraction.len() > 6 {
        return false;
    }
    let (mut micros, mut fields) = (0i64, 0);
    for field in whole.split(|&byte| byte == b':') {
        let Some(number) = small_number(field) else { return false };
        micros = micros * 60 + number;
        fields += 1;
    }
    let Some(fraction_value) = (if fraction.is_empty() { Some(0) } else { small_number(fraction) }) else {
        return false;
    };
    micros = micros * 1_000_000 + fraction_value * 10i64.pow(6 - fraction.len() as u32);
    if fields != 3 {
        return false;
    }
    let signed = if negative { -micros } else { micros };
    out.extend_from_slice(&(signed as u64 ^ 1 << 63).to_be_bytes());
    true
}

/// Up to six digits.
fn small_number(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.len() > 6 || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(text.iter().fold(0, |number, &byte| number * 10 + i64::from(byte - b'0')))
}

/// With an end mark that sorts before every byte: a zero byte is followed by 0xFF, the end by another zero byte.
pub(super) fn append_bytes(value: &[u8], out: &mut Vec<u8>) -> bool {
    let mut rest = value;
    while let Some(zero) = memchr::memchr(0, rest) {
        let (head, tail) = rest.split_at(zero + 1);
        out.extend_from_slice(head);
        out.push(0xFF);
        rest = tail;
    }
    out.extend_from_slice(rest);
    out.extend_from_slice(&[0, 0]);
    true
}

/// Weights without the spaces at the end, so that they compare as if there were spaces without end: each space is
/// followed by whether what comes behind the spaces is less than a space (1), nothing (2), or greater (3).
pub(super) fn append_padded(value: &[u8], unit: &[u8], out: &mut Vec<u8>) -> bool {
    let mut weights = value.chunks(unit.len().max(1)).peekable();
    loop {
        let mut spaces = 0;
        while weights.next_if_eq(&unit).is_some() {
            spaces += 1;
        }
        let Some(weight) = weights.next() else {
            out.extend_from_slice(unit);
            out.push(2);
            return true;
        };
        for _ in 0..spaces {
            out.extend_from_slice(unit);
            out.push(if weight < unit { 1 } else { 3 });
        }
        out.extend_from_slice(weight);
    }
}

fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, text),
    }
}
