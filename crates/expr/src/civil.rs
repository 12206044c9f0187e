//! Instants and spans of time as text and as parts of a date, in the proleptic Gregorian calendar and UTC. No clock and no
//! database of time zones.

/// An instant between the years 1 and 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timestamp {
    /// Since 1970.
    pub(crate) seconds: i64,
    pub(crate) nanos: u32,
}

const DAY: i64 = 86_400;
const NANOS: i64 = 1_000_000_000;
/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
const FIRST: i64 = -62_135_596_800;
const LAST: i64 = 253_402_300_799;

/// A date and a time of day.
pub(crate) struct Parts {
    pub(crate) year: i64,
    /// From 1.
    pub(crate) month: i64,
    /// From 1.
    pub(crate) day: i64,
    /// From 0.
    pub(crate) day_of_year: i64,
    /// From 0, which is Sunday.
    pub(crate) day_of_week: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
}

impl Timestamp {
    /// What Go's zero time is.
    pub(crate) const ZERO: Self = Self { seconds: FIRST, nanos: 0 };

    pub(crate) fn new(seconds: i64, nanos: u32) -> Option<Self> {
        (FIRST..=LAST).contains(&seconds).then_some(Self { seconds, nanos })
    }

    /// Later by so many nanoseconds, or earlier.
    pub(crate) fn add(self, nanos: i64) -> Option<Self> {
        let sum = i64::from(self.nanos) + nanos.rem_euclid(NANOS);
        let seconds = self.seconds.checked_add(nanos.div_euclid(NANOS))?.checked_add(sum / NANOS)?;
        Self::new(seconds, u32::try_from(sum % NANOS).ok()?)
    }

    /// Nanoseconds since another instant, if they fit.
    pub(crate) fn since(self, other: Self) -> Option<i64> {
        let seconds = i128::from(self.seconds) - i128::from(other.seconds);
        let nanos = i128::from(self.nanos) - i128::from(other.nanos);
        i64::try_from(seconds * i128::from(NANOS) + nanos).ok()
    }

    /// RFC 3339, with a fraction of up to nine digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let number = |from: usize, digits: usize| -> Option<i64> {
            let part = text.get(from..from + digits)?;
            if part.bytes().all(|byte| byte.is_ascii_digit()) { part.parse().ok() } else { None }
        };
        let is = |at: usize, byte: u8| text.as_bytes().get(at) == Some(&byte);
        if !(is(4, b'-') && is(7, b'-') && is(10, b'T') && is(13, b':') && is(16, b':')) {
            return None;
        }
        let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
        let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
        if !(1..=12).contains(&month)
            || !(1..=days_in(year, month)).contains(&day)
            || hour > 23
            || minute > 59
            || second > 59
        {
            return None;
        }
        let mut rest = text.get(19..)?;
        let mut nanos = 0;
        if let Some(fraction) = rest.strip_prefix(['.', ',']) {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                return None;
            }
            nanos = format!("{:0<9}", fraction.get(..digits.min(9))?).parse().ok()?;
            rest = fraction.get(digits..)?;
        }
        let seconds = days(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
        Self::new(seconds - offset(rest)?, nanos)
    }

    /// In a time zone that is that many seconds ahead.
    pub(crate) fn parts(self, ahead: i64) -> Parts {
        let local = self.seconds + ahead;
        let (day, time) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        // The day in an era of 400 years that begins in March, so that the leap day is the last.
        let shifted = day + 719_468;
        let era_day = shifted.rem_euclid(146_097);
        let era_year = (era_day - era_day / 1460 + era_day / 36_524 - era_day / 146_096) / 365;
        let year_day = era_day - (365 * era_year + era_year / 4 - era_year / 100);
        let march_month = (5 * year_day + 2) / 153;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = era_year + shifted.div_euclid(146_097) * 400 + i64::from(month <= 2);
        Parts {
            year,
            month,
            day: year_day - (153 * march_month + 2) / 5 + 1,
            day_of_year: day - days(year, 1, 1),
            day_of_week: (day + 4).rem_euclid(7),
            hour: time / 3600,
            minute: time / 60 % 60,
            second: time % 60,
        }
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Parts { year, month, day, hour, minute, second, .. } = self.parts(0);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if self.nanos > 0 {
            write!(f, ".{}", format!("{:09}", self.nanos).trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

/// Days from 1970-01-01.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, era_year) = (year.div_euclid(400), year.rem_euclid(400));
    let year_day = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + era_year * 365 + era_year / 4 - era_year / 100 + year_day - 719_468
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Seconds ahead of UTC: `Z`, `+01:00`.
fn offset(text: &str) -> Option<i64> {
    if text == "Z" { Some(0) } else { zone(text).filter(|_| text.len() == 6 && text.starts_with(['+', '-'])) }
}

/// Seconds ahead of UTC of a time zone: `UTC`, `01:00`, `+01:00`, `-01:00`.
pub(crate) fn zone(name: &str) -> Option<i64> {
    if matches!(name, "UTC" | "Z" | "") {
        return Some(0);
    }
    let (sign, rest) = match name.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, name.strip_prefix('+').unwrap_or(name)),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let number = |text: &str, most: i64| -> Option<i64> {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number| digits && *number <= most)
    };
    Some(sign * (number(hours, 23)? * 3600 + number(minutes, 59)? * 60))
}

/// A span of time as Go writes it: `1h30m`, `-1.5s`.
pub(crate) fn parse_duration(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, after) = rest.split_at_checked(digits)?;
        let (fraction, after) = match after.strip_prefix('.') {
            Some(fraction) => {
                fraction.split_at_checked(fraction.bytes().take_while(u8::is_ascii_digit).count())?
            }
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(end)?;
        let unit: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()?.into() };
        let digits = fraction.get(..fraction.len().min(15))?;
        let fraction: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        let scale = 10_i128.pow(u32::try_from(digits.len()).ok()?);
        total += whole * unit + fraction * unit / scale;
        if total > i128::from(i64::MAX) + 1 {
            return None;
        }
        rest = after;
    }
    i64::try_from(sign * total).ok()
}

/// A span of time as CEL writes it: seconds.
#[expect(clippy::cast_precision_loss, reason = "Go's seconds are a double, too")]
pub(crate) fn duration_text(nanos: i64) -> String {
    let seconds = (nanos / NANOS) as f64 + (nanos % NANOS) as f64 / NANOS as f64;
    format!("{seconds}s")
}
