//! When a value that the API server wrote means the same as what a manifest says. Numbers with units, and what is left out,
//! are for kinds that the server has types for: of a custom resource it keeps every value as it was sent.

use serde_json::{Number, Value};

/// Fields below which numbers with units stand.
const QUANTITIES: [&str; 7] =
    ["resources", "limits", "requests", "hard", "capacity", "overhead", "sizeLimit"];

/// Whether the server leaves a value out, or puts it in where nothing is said.
pub(super) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}

/// Whether two scalars say the same.
pub(super) fn is_same(desired: &Value, live: &Value) -> bool {
    match (desired, live) {
        // What is whole in both is compared to the last digit.
        (Value::Number(one), Value::Number(other)) if !one.is_f64() && !other.is_f64() => one == other,
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        _ => desired == live,
    }
}

/// Whether two scalars at a path are the same number with a unit.
pub(super) fn is_same_quantity(path: &[String], desired: &Value, live: &Value) -> bool {
    let takes_quantities = path.iter().any(|segment| QUANTITIES.contains(&segment.as_str()));
    takes_quantities && quantity(desired).is_some_and(|desired| quantity(live) == Some(desired))
}

/// A quantity in thousandths; `None` for what is none, or has a finer fraction than that.
fn quantity(value: &Value) -> Option<i128> {
    match value {
        Value::String(text) => of_text(text),
        Value::Number(number) => of_number(number),
        _ => None,
    }
}

fn of_number(number: &Number) -> Option<i128> {
    of_text(&number.to_string())
}

fn of_text(text: &str) -> Option<i128> {
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '-' | '+')).unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(end)?;
    let factor = factor(unit)?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let joined: i128 = format!("{whole}{fraction}").parse().ok()?;
    let scaled = joined.checked_mul(factor)?;
    (scaled % scale == 0).then(|| scaled / scale)
}

/// Of a unit, in thousandths.
fn factor(unit: &str) -> Option<i128> {
    let power = |base: i128, exponent| base.checked_pow(exponent)?.checked_mul(1000);
    match unit {
        "m" => Some(1),
        "" => Some(1000),
        "k" => power(1000, 1),
        "M" => power(1000, 2),
        "G" => power(1000, 3),
        "T" => power(1000, 4),
        "P" => power(1000, 5),
        "E" => power(1000, 6),
        "Ki" => power(1024, 1),
        "Mi" => power(1024, 2),
        "Gi" => power(1024, 3),
        "Ti" => power(1024, 4),
        "Pi" => power(1024, 5),
        "Ei" => power(1024, 6),
        exponent => {
            let exponent = exponent.strip_prefix(['e', 'E'])?.parse().ok()?;
            power(10, exponent)
        }
    }
}

#[cfg(test)]
mod tests;
