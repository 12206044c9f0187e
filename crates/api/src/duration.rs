//! Durations in Go's text form, which every Flux API uses (`90s`, `1h0m0s`), and times cut to the seconds that Kubernetes
//! writes. No clock is read.
//!
//! Parsing and printing follow Go's `time.ParseDuration` and `Duration.String`; the patterns that restrict what
//! a user may write are in the schemas, not here.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What `interval`, `retryInterval` and most others may look like (contracts/source-controller.md 2).
pub const PATTERN: &str = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$";
/// What `timeout` of a source may look like: no hours (contracts/source-controller.md 2).
pub const PATTERN_WITHOUT_HOURS: &str = r"^([0-9]+(\.[0-9]+)?(ms|s|m))+$";

/// A span of time as Go writes it. Never negative; at most what Go's 64-bit nanoseconds hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(std::time::Duration);

/// Why a text is not a duration.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseDurationError {
    /// The text is not a sequence of decimal numbers with units.
    #[error("invalid duration {0:?}")]
    Invalid(String),
    /// A number stands without its unit.
    #[error("missing unit in duration {0:?}")]
    MissingUnit(String),
    /// The unit is none of ns, us, µs, ms, s, m, h.
    #[error("unknown unit {unit:?} in duration {text:?}")]
    UnknownUnit {
        /// What stands in the unit's place.
        unit: String,
        /// The whole text.
        text: String,
    },
    /// The text is a valid Go duration, but below zero.
    #[error("negative duration {0:?}")]
    Negative(String),
}

impl Duration {
    /// A duration of whole seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(std::time::Duration::from_secs(seconds))
    }

    /// A duration of whole milliseconds.
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(std::time::Duration::from_millis(milliseconds))
    }

    /// The same span as the standard library's type.
    pub const fn get(self) -> std::time::Duration {
        self.0
    }
}

impl From<std::time::Duration> for Duration {
    fn from(span: std::time::Duration) -> Self {
        Self(span)
    }
}

impl From<Duration> for std::time::Duration {
    fn from(span: Duration) -> Self {
        span.0
    }
}

const MAX_NANOS: u64 = i64::MAX.unsigned_abs();

impl FromStr for Duration {
    type Err = ParseDurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || ParseDurationError::Invalid(text.to_owned());
        let (negative, mut rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        if rest == "0" {
            return Ok(Self::default());
        }
        if rest.is_empty() {
            return Err(invalid());
        }
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let (nanos, after) = parse_term(rest, text)?;
            total = total.checked_add(nanos).filter(|sum| *sum <= MAX_NANOS).ok_or_else(invalid)?;
            rest = after;
        }
        if negative && total > 0 {
            return Err(ParseDurationError::Negative(text.to_owned()));
        }
        Ok(Self(std::time::Duration::from_nanos(total)))
    }
}

/// A time without its fraction of a second, as Kubernetes writes times.
#[must_use]
pub fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// One `<number><unit>` from the front of `rest`: its nanoseconds and what follows.
fn parse_term<'a>(rest: &'a str, text: &str) -> Result<(u64, &'a str), ParseDurationError> {
    let invalid = || ParseDurationError::Invalid(text.to_owned());
    let (whole, after) = split_digits(rest);
    let (fraction, after) = match after.strip_prefix('.') {
        Some(tail) => split_digits(tail),
        None => ("", after),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(invalid());
    }
    let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
    let (unit, after) = after.split_at(end);
    if unit.is_empty() {
        return Err(ParseDurationError::MissingUnit(text.to_owned()));
    }
    let unit_nanos = unit_nanos(unit)
        .ok_or_else(|| ParseDurationError::UnknownUnit { unit: unit.to_owned(), text: text.to_owned() })?;
    let mut nanos: u64 = 0;
    if !whole.is_empty() {
        let count: u64 = whole.parse().map_err(|_| invalid())?;
        nanos = count.checked_mul(unit_nanos).filter(|n| *n <= MAX_NANOS).ok_or_else(invalid)?;
    }
    // Eighteen digits are more than a nanosecond of an hour; Go ignores the rest as well.
    let mut scale = u128::from(unit_nanos);
    let mut part: u128 = 0;
    for digit in fraction.bytes().take(18) {
        part = part * 10 + u128::from(digit - b'0');
        scale *= 10;
    }
    let base = scale / u128::from(unit_nanos);
    let extra = u64::try_from(part * u128::from(unit_nanos) / base).map_err(|_| invalid())?;
    Ok((nanos.checked_add(extra).filter(|n| *n <= MAX_NANOS).ok_or_else(invalid)?, after))
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(text.len()))
}

fn unit_nanos(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos();
        if nanos == 0 {
            return f.write_str("0s");
        }
        if nanos < 1_000_000_000 {
            let (unit, name) = match nanos {
                0..1_000 => (1, "ns"),
                1_000..1_000_000 => (1_000, "\u{b5}s"),
                _ => (1_000_000, "ms"),
            };
            write_decimal(f, nanos, unit)?;
            return f.write_str(name);
        }
        let minutes = nanos / 60_000_000_000;
        let seconds = nanos % 60_000_000_000;
        if minutes >= 60 {
            write!(f, "{}h", minutes / 60)?;
        }
        if minutes > 0 {
            write!(f, "{}m", minutes % 60)?;
        }
        write_decimal(f, seconds, 1_000_000_000)?;
        f.write_str("s")
    }
}

/// `nanos / unit` as a decimal number without trailing zeros; `unit` is a power of ten.
fn write_decimal(f: &mut fmt::Formatter<'_>, nanos: u128, unit: u128) -> fmt::Result {
    write!(f, "{}", nanos / unit)?;
    let rest = nanos % unit;
    if rest > 0 {
        let width = usize::try_from(unit.ilog10()).unwrap_or(9);
        let digits = format!("{rest:0width$}");
        write!(f, ".{}", digits.trim_end_matches('0'))?;
    }
    Ok(())
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string"})
    }
}
