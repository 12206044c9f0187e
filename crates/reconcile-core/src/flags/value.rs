//! Types that a flag may have, read as Go reads them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

#[cfg(test)]
mod tests;

/// A type that a flag's texts are read into. `Err` holds the text at fault and why.
pub trait FlagValue: Default {
    /// pflag's name of the type, shown by `--help`.
    const TYPE: &'static str;
    /// What `--flag` without a value means; none when a value is required.
    const BARE: Option<&'static str> = None;

    /// Reads what was given, oldest first; never empty. The last one wins unless the type is a collection.
    ///
    /// # Errors
    /// The text at fault and why.
    fn read(given: &[String]) -> Result<Self, (String, String)>;
}

fn last(given: &[String]) -> &str {
    given.last().map(String::as_str).unwrap_or_default()
}

fn fail<T>(text: &str, reason: impl Into<String>) -> Result<T, (String, String)> {
    Err((text.to_owned(), reason.into()))
}

impl FlagValue for bool {
    const TYPE: &'static str = "bool";
    const BARE: Option<&'static str> = Some("true");

    fn read(given: &[String]) -> Result<Self, (String, String)> {
        match last(given) {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
            text => fail(text, format!("strconv.ParseBool: parsing {text:?}: invalid syntax")),
        }
    }
}

impl FlagValue for String {
    const TYPE: &'static str = "string";

    fn read(given: &[String]) -> Result<Self, (String, String)> {
        Ok(last(given).to_owned())
    }
}

impl FlagValue for PathBuf {
    const TYPE: &'static str = "string";

    fn read(given: &[String]) -> Result<Self, (String, String)> {
        Ok(Self::from(last(given)))
    }
}

/// Go's `ParseInt(s, 0, 64)`, without underscores.
fn integer(text: &str) -> Result<i64, (String, String)> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_str() {
        other if other.starts_with("0x") => (16, other.get(2..).unwrap_or_default()),
        other if other.starts_with("0b") => (2, other.get(2..).unwrap_or_default()),
        other if other.starts_with("0o") => (8, other.get(2..).unwrap_or_default()),
        other if other.len() > 1 && other.starts_with('0') => (8, other.get(1..).unwrap_or_default()),
        other => (10, other),
    };
    let valid = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    if !valid {
        return fail(text, format!("strconv.ParseInt: parsing {text:?}: invalid syntax"));
    }
    let out_of_range =
        || (text.to_owned(), format!("strconv.ParseInt: parsing {text:?}: value out of range"));
    let value = i128::from_str_radix(digits, radix).map_err(|_| out_of_range())?;
    i64::try_from(if negative { -value } else { value }).map_err(|_| out_of_range())
}

impl FlagValue for i64 {
    const TYPE: &'static str = "int";

    fn read(given: &[String]) -> Result<Self, (String, String)> {
        integer(last(given))
    }
}

impl FlagValue for usize {
    const TYPE: &'static str = "int";

    fn read(given: &[String]) -> Result<Self, (String, String)> {
        let text = last(given);
        let value = integer(text)?;
        Self::try_from(value).map_err(|_| (text.to_owned(), "must not be negative".to_owned()))
    }
}

impl FlagValue for u8 {
    const TYPE: &'static str = "uint8";

    fn read(given: &[String]) -> Result<Self, (String, String)> {
        let text = last(given);
        let value = integer(text)?;
        Self::try_from(value).map_err(|_| {
            (text.to_owned(), format!("strconv.ParseUint: parsing {text:?}: value out of range"))
        })
    }
}

impl FlagValue for f64 {
    const TYPE: &'static str = "float32";

    fn read(given: &[String]) -> Result<Self, (String, String)> {
        let text = last(given);
        text.parse()
            .map_err(|_| (text.to_owned(), format!("strconv.ParseFloat: parsing {text:?}: invalid syntax")))
    }
}

impl FlagValue for Duration {
    const TYPE: &'static str = "duration";

    fn read(given: &[String]) -> Result<Self, (String, String)> {
        let text = last(given);
        match text.parse::<api::Duration>() {
            Ok(duration) => Ok(duration.get()),
            Err(error) => fail(text, format!("time: {error}")),
        }
    }
}

/// A list: by repetition, and by commas within one (pflag's string slice).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List(pub Vec<String>);

impl FlagValue for List {
    const TYPE: &'static str = "strings";

    fn read(given: &[String]) -> Result<Self, (String, String)> {
        let items = given.iter().flat_map(|text| text.split(','));
        Ok(Self(items.filter(|item| !item.is_empty()).map(str::to_owned).collect()))
    }
}

/// `A=true,B=false`; repetition adds (Kubernetes' map of booleans).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapOfBool(pub BTreeMap<String, bool>);

impl FlagValue for MapOfBool {
    const TYPE: &'static str = "mapStringBool";

    fn read(given: &[String]) -> Result<Self, (String, String)> {
        let mut map = BTreeMap::new();
        for text in given {
            for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
                let Some((name, value)) = pair.split_once('=') else {
                    return fail(text, format!("malformed pair, expect string=bool, found {pair}"));
                };
                let value = bool::read(&[value.trim().to_owned()])
                    .map_err(|_| (text.clone(), format!("invalid value of {}: {value}", name.trim())))?;
                map.insert(name.trim().to_owned(), value);
            }
        }
        Ok(Self(map))
    }
}
