//! Which type a plain scalar has, by the rules of go-yaml v2 and v3.

use super::{Dialect, Tag};

/// The typed value of a scalar.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolved {
    /// `!!null`
    Null,
    /// `!!bool`
    Bool(bool),
    /// `!!int` that fits 64 bits with sign.
    Int(i64),
    /// `!!int` above that.
    Uint(u64),
    /// `!!float`
    Float(f64),
    /// `!!timestamp`, as RFC 3339 text.
    Time(String),
    /// `<<`
    Merge,
    /// `!!str`: the text itself.
    Str,
}

impl Resolved {
    /// The tag that goes with the value.
    #[must_use]
    pub fn tag(&self) -> Tag {
        match self {
            Self::Null => Tag::Null,
            Self::Bool(_) => Tag::Bool,
            Self::Int(_) | Self::Uint(_) => Tag::Int,
            Self::Float(_) => Tag::Float,
            Self::Time(_) => Tag::Time,
            Self::Merge => Tag::Merge,
            Self::Str => Tag::Str,
        }
    }
}

/// Resolves plain text. `time` says whether dates count (they do unless another type was asked for).
#[must_use]
pub fn resolve(text: &str, dialect: Dialect, time: bool) -> Resolved {
    let Some(first) = text.bytes().next() else { return Resolved::Null };
    match first {
        b'+' | b'-' | b'0'..=b'9' => number(text, dialect, time),
        b'.' => special(text).or_else(|| go_parse_float(text).map(Resolved::Float)).unwrap_or(Resolved::Str),
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => word(text, dialect),
        b'<' if text == "<<" => Resolved::Merge,
        _ => Resolved::Str,
    }
}

fn word(text: &str, dialect: Dialect) -> Resolved {
    const LONGEST: usize = "false".len();
    if text.len() > LONGEST {
        return Resolved::Str;
    }
    match text {
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        "true" | "True" | "TRUE" => Resolved::Bool(true),
        "false" | "False" | "FALSE" => Resolved::Bool(false),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" if dialect == Dialect::V2 => {
            Resolved::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" if dialect == Dialect::V2 => {
            Resolved::Bool(false)
        }
        _ => Resolved::Str,
    }
}

fn special(text: &str) -> Option<Resolved> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(Resolved::Float(f64::NAN)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(Resolved::Float(f64::INFINITY)),
        "-.inf" | "-.Inf" | "-.INF" => Some(Resolved::Float(f64::NEG_INFINITY)),
        _ => None,
    }
}

fn number(text: &str, dialect: Dialect, time: bool) -> Resolved {
    // One digit is neither a date nor anything but itself.
    if let [digit @ b'0'..=b'9'] = text.as_bytes() {
        return Resolved::Int(i64::from(digit - b'0'));
    }
    if let Some(value) = special(text) {
        return value;
    }
    if time && let Some(time) = timestamp(text) {
        return Resolved::Time(time);
    }
    let stripped;
    let plain = if text.contains('_') {
        stripped = text.replace('_', "");
        stripped.as_str()
    } else {
        text
    };
    if let Some(value) = go_parse_int(plain) {
        return value;
    }
    if is_yaml_float(plain)
        && let Some(float) = go_parse_float(plain)
    {
        return Resolved::Float(float);
    }
    let radix = |prefix: &str, radix: u32| -> Option<Resolved> {
        if let Some(digits) = plain.strip_prefix(prefix) {
            // Go's ParseInt takes a sign here too: 0b-1 is -1.
            return i64::from_str_radix(digits, radix)
                .map(Resolved::Int)
                .or_else(|_| u64::from_str_radix(digits, radix).map(Resolved::Uint))
                .ok();
        }
        let digits = plain.strip_prefix('-')?.strip_prefix(prefix)?;
        if digits.starts_with(['+', '-']) {
            return None;
        }
        i64::from_str_radix(&format!("-{digits}"), radix).map(Resolved::Int).ok()
    };
    if let Some(value) = radix("0b", 2) {
        return value;
    }
    if dialect == Dialect::V3
        && let Some(value) = radix("0o", 8)
    {
        return value;
    }
    Resolved::Str
}

/// `strconv.ParseInt(text, 0, 64)`, then `ParseUint`: base by prefix, a leading zero is octal.
fn go_parse_int(text: &str) -> Option<Resolved> {
    let (sign, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (text.chars().next(), digits),
        None => (None, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, digits.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.bytes().all(|b| char::from(b).is_digit(radix)) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if sign == Some('-') {
        return 0i64.checked_sub_unsigned(magnitude).map(Resolved::Int);
    }
    match i64::try_from(magnitude) {
        Ok(int) => Some(Resolved::Int(int)),
        // ParseUint takes no sign.
        Err(_) if sign.is_none() => Some(Resolved::Uint(magnitude)),
        Err(_) => None,
    }
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_yaml_float(text: &str) -> bool {
    let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let whole = digits(rest);
    rest = rest.get(whole..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix('.') {
        let count = digits(fraction);
        if whole == 0 && count == 0 {
            return false;
        }
        rest = fraction.get(count..).unwrap_or_default();
    } else if whole == 0 {
        return false;
    }
    if rest.is_empty() {
        return true;
    }
    let Some(exponent) = rest.strip_prefix(['e', 'E']) else { return false };
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    !exponent.is_empty() && digits(exponent) == exponent.len()
}

/// `strconv.ParseFloat` for what can begin with a digit, sign or point; out of range is an error there.
fn go_parse_float(text: &str) -> Option<f64> {
    if !is_yaml_float(text) {
        return None;
    }
    text.parse::<f64>().ok().filter(|float| float.is_finite())
}

/// Reads the four time layouts of go-yaml and prints the time as RFC 3339 with its own offset.
#[must_use]
pub fn timestamp(text: &str) -> Option<String> {
    let mut cursor = Cursor(text);
    let year = cursor.digits(4, 4)?;
    cursor.expect('-')?;
    let month = cursor.digits(1, 2)?;
    cursor.expect('-')?;
    let day = cursor.digits(1, 2)?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if cursor.0.is_empty() {
        return Some(format!("{date}T00:00:00Z"));
    }
    let separator = cursor.next()?;
    if !matches!(separator, 'T' | 't' | ' ') {
        return None;
    }
    let hour = cursor.digits(1, 2)?;
    cursor.expect(':')?;
    let minute = cursor.digits(1, 2)?;
    cursor.expect(':')?;
    let second = cursor.digits(1, 2)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let fraction = cursor.fraction()?;
    let zone = if separator == ' ' { "Z".to_owned() } else { cursor.zone()? };
    cursor.0.is_empty().then(|| format!("{date}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}"))
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

struct Cursor<'a>(&'a str);

impl Cursor<'_> {
    fn next(&mut self) -> Option<char> {
        let mut chars = self.0.chars();
        let c = chars.next()?;
        self.0 = chars.as_str();
        Some(c)
    }

    fn expect(&mut self, wanted: char) -> Option<()> {
        self.0 = self.0.strip_prefix(wanted)?;
        Some(())
    }

    fn digits(&mut self, min: usize, max: usize) -> Option<u32> {
        let count = self.0.bytes().take(max).take_while(u8::is_ascii_digit).count();
        if count < min {
            return None;
        }
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.parse().ok()
    }

    /// A fraction of a second of any length; beyond nanoseconds it is cut, trailing zeros vanish.
    fn fraction(&mut self) -> Option<String> {
        let Some(rest) = self.0.strip_prefix(['.', ',']) else { return Some(String::new()) };
        let count = rest.bytes().take_while(u8::is_ascii_digit).count();
        if count == 0 {
            return None;
        }
        let (digits, rest) = rest.split_at_checked(count)?;
        self.0 = rest;
        let digits: String = digits.chars().take(9).collect();
        let digits = digits.trim_end_matches('0');
        Some(if digits.is_empty() { String::new() } else { format!(".{digits}") })
    }

    fn zone(&mut self) -> Option<String> {
        let sign = self.next()?;
        if sign == 'Z' {
            return Some("Z".to_owned());
        }
        if !matches!(sign, '+' | '-') {
            return None;
        }
        let hour = self.digits(2, 2)?;
        self.expect(':')?;
        let minute = self.digits(2, 2)?;
        if hour > 24 || minute > 60 {
            return None;
        }
        Some(if hour == 0 && minute == 0 { "Z".to_owned() } else { format!("{sign}{hour:02}:{minute:02}") })
    }
}

#[cfg(test)]
mod tests;
