//! Floats as Go prints them, for the two printers that output passes through: `encoding/json` and `strconv` with format `g`.

use std::fmt::Write as _;

/// `strconv.FormatFloat(f, 'g', -1, 64)`: shortest digits, with an exponent below 1e-4 and from 1e6 on. Infinities and NaN take YAML's spelling.
#[must_use]
pub fn go_float(float: f64) -> String {
    general(float, &format!("{:e}", float.abs()))
}

/// The same with 32 bits, which is how `sigs.k8s.io/yaml` makes texts of keys.
#[expect(clippy::cast_possible_truncation, reason = "that is what Go does with it")]
pub(super) fn go_float32(float: f64) -> String {
    let short = float as f32;
    general(f64::from(short), &format!("{:e}", short.abs()))
}

fn general(float: f64, shortest_text: &str) -> String {
    if float.is_nan() {
        return ".nan".to_owned();
    }
    if float.is_infinite() {
        return if float > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let (digits, exponent) = parts(shortest_text);
    let negative = float.is_sign_negative();
    if !(-4..6).contains(&exponent) {
        scientific(negative, &digits, exponent)
    } else {
        decimal(negative, &digits, exponent)
    }
}

/// `encoding/json`: decimal between 1e-6 and 1e21, else with an exponent of at least one digit.
#[must_use]
pub fn json_float(float: f64) -> String {
    let (negative, digits, exponent) = shortest(float);
    if digits == "0" {
        return if negative { "-0" } else { "0" }.to_owned();
    }
    if !(-6..21).contains(&exponent) {
        let text = scientific(negative, &digits, exponent);
        // Go cleans e-09 up to e-9.
        return match text.split_once("e-0") {
            Some((mantissa, digit)) if digit.len() == 1 => format!("{mantissa}e-{digit}"),
            _ => text,
        };
    }
    decimal(negative, &digits, exponent)
}

/// Sign, digits without point, and the decimal exponent of the first digit.
fn shortest(float: f64) -> (bool, String, i32) {
    let (digits, exponent) = parts(&format!("{:e}", float.abs()));
    (float.is_sign_negative(), digits, exponent)
}

fn parts(text: &str) -> (String, i32) {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    (digits, exponent.parse().unwrap_or(0))
}

fn scientific(negative: bool, digits: &str, exponent: i32) -> String {
    let mut out = String::new();
    if negative {
        out.push('-');
    }
    let mut chars = digits.chars();
    out.extend(chars.next());
    let rest = chars.as_str();
    if !rest.is_empty() {
        out.push('.');
        out.push_str(rest);
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    // Writing to a String does not fail.
    let _ = write!(out, "e{sign}{:02}", exponent.unsigned_abs());
    out
}

fn decimal(negative: bool, digits: &str, exponent: i32) -> String {
    let mut out = String::new();
    if negative {
        out.push('-');
    }
    if exponent < 0 {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', exponent.unsigned_abs() as usize - 1));
        out.push_str(digits);
        return out;
    }
    let whole = exponent.unsigned_abs() as usize + 1;
    for (i, digit) in digits.chars().enumerate() {
        if i == whole {
            out.push('.');
        }
        out.push(digit);
    }
    out.extend(std::iter::repeat_n('0', whole.saturating_sub(digits.len())));
    out
}

#[cfg(test)]
mod tests;
