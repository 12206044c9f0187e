//! `'…'.format([…])`.

use std::fmt::Write as _;

use super::text_of;
use crate::value::{List, Map, Value};
use crate::work::{Failure, Result, Work};

/// Digits behind the point where none are asked for, and most that may be.
const PRECISION: usize = 6;
const MOST: usize = 1000;
/// About how long a scalar is that is no string, with what stands around it.
const SCALAR: usize = 32;
/// How deep values are printed.
const MAX_DEPTH: usize = 64;

/// A text with clauses replaced by arguments.
pub(super) fn format<'a>(text: &str, arguments: &List<'a>, work: &Work<'_>) -> Result<Value<'a>> {
    let mut out = String::new();
    let mut rest = text;
    let mut index = 0;
    while let Some((before, after)) = rest.split_once('%') {
        work.grow(out.len(), before.len())?;
        out.push_str(before);
        let (precision, after) = precision(after)?;
        let mut chars = after.chars();
        let clause = chars.next().ok_or_else(|| Failure::error("unexpected end of string"))?;
        rest = chars.as_str();
        if clause == '%' {
            out.push('%');
        } else {
            let argument =
                arguments.get(index).ok_or_else(|| Failure::error(format!("index {index} out of range")))?;
            index += 1;
            // What one clause prints is charged as it is printed, but for numbers.
            clause_of(&mut out, clause, precision, &argument, work)?;
            work.grow(out.len(), MOST)?;
        }
    }
    work.grow(out.len(), rest.len())?;
    out.push_str(rest);
    Ok(Value::text(out))
}

fn precision(text: &str) -> Result<(Option<usize>, &str)> {
    let Some(text) = text.strip_prefix('.') else { return Ok((None, text)) };
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(digits).unwrap_or(("", text));
    match digits.parse::<usize>() {
        Ok(precision) if precision <= MOST => Ok((Some(precision), rest)),
        _ => Err(Failure::error("error while parsing precision")),
    }
}

fn clause_of(
    out: &mut String,
    clause: char,
    precision: Option<usize>,
    argument: &Value<'_>,
    work: &Work<'_>,
) -> Result<()> {
    let wrong = |what: &str| {
        let kind = argument.type_name();
        Failure::error(format!("error during formatting: {what} clause cannot be used on {kind}"))
    };
    let precise = precision.unwrap_or(PRECISION);
    let ignored = match (clause, argument) {
        ('s', value) => return print(out, value, work, 0),
        ('d', Value::Int(value)) => write!(out, "{value}"),
        ('d', Value::Uint(value)) => write!(out, "{value}"),
        ('d', Value::Double(value)) if !value.is_finite() => return print(out, argument, work, 0),
        ('d', _) => return Err(wrong("decimal")),
        ('f' | 'e', _) => {
            let value = number(argument).ok_or_else(|| wrong("floating point"))?;
            match clause {
                _ if !value.is_finite() => return print(out, &Value::Double(value), work, 0),
                'f' => write!(out, "{value:.precise$}"),
                _ => {
                    let text = format!("{value:.precise$e}");
                    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                    let (sign, digits) = match exponent.strip_prefix('-') {
                        Some(digits) => ('-', digits),
                        None => ('+', exponent),
                    };
                    write!(out, "{mantissa}e{sign}{digits:0>2}")
                }
            }
        }
        ('b', Value::Bool(value)) => write!(out, "{}", u8::from(*value)),
        ('b', Value::Int(value)) => signed(out, *value, |magnitude| format!("{magnitude:b}")),
        ('b', Value::Uint(value)) => write!(out, "{value:b}"),
        ('b', _) => return Err(wrong("binary")),
        ('o', Value::Int(value)) => signed(out, *value, |magnitude| format!("{magnitude:o}")),
        ('o', Value::Uint(value)) => write!(out, "{value:o}"),
        ('o', _) => return Err(wrong("octal")),
        ('x' | 'X', value) => {
            let upper = clause == 'X';
            let hex = |number: u64| if upper { format!("{number:X}") } else { format!("{number:x}") };
            let all = |bytes: &[u8]| -> String {
                bytes
                    .iter()
                    .map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") })
                    .collect()
            };
            match value {
                Value::Int(value) => signed(out, *value, hex),
                Value::Uint(value) => write!(out, "{}", hex(*value)),
                Value::String(text) => {
                    work.make(text.len().saturating_mul(2))?;
                    write!(out, "{}", all(text.as_bytes()))
                }
                Value::Bytes(bytes) => {
                    work.make(bytes.len().saturating_mul(2))?;
                    write!(out, "{}", all(bytes))
                }
                _ => return Err(wrong("hex")),
            }
        }
        (clause, _) => return Err(Failure::error(format!("unrecognized formatting clause \"{clause}\""))),
    };
    // Writing to a string does not fail.
    _ = ignored;
    Ok(())
}

fn signed(out: &mut String, value: i64, digits: impl Fn(u64) -> String) -> std::fmt::Result {
    write!(out, "{}{}", if value < 0 { "-" } else { "" }, digits(value.unsigned_abs()))
}

#[expect(clippy::cast_precision_loss, reason = "that is what the clause does")]
fn number(value: &Value<'_>) -> Option<f64> {
    Some(match value {
        Value::Int(value) => *value as f64,
        Value::Uint(value) => *value as f64,
        Value::Double(value) => *value,
        _ => return None,
    })
}

/// Any value, as `%s` has it.
fn print(out: &mut String, value: &Value<'_>, work: &Work<'_>, depth: usize) -> Result<()> {
    work.step(1)?;
    if depth > MAX_DEPTH {
        return Err(Failure::error("value is nested too deeply to be printed"));
    }
    match value {
        Value::Null => out.push_str("null"),
        Value::Type(name) => out.push_str(name),
        Value::Bytes(bytes) => {
            work.make(bytes.len())?;
            out.push_str(&String::from_utf8_lossy(bytes));
        }
        Value::List(list) => {
            out.push('[');
            for (index, item) in list.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                print(out, &item, work, depth + 1)?;
                work.grow(out.len(), SCALAR)?;
            }
            out.push(']');
        }
        Value::Map(map) => print_map(out, map, work, depth)?,
        Value::Optional(_) => {
            return Err(Failure::error(
                "error during formatting: string clause cannot be used on optional_type",
            ));
        }
        scalar => {
            if let Value::String(text) = scalar {
                work.grow(out.len(), text.len())?;
            }
            out.push_str(&text_of(scalar).unwrap_or_default());
        }
    }
    Ok(())
}

/// With keys in the order of their texts.
fn print_map(out: &mut String, map: &Map<'_>, work: &Work<'_>, depth: usize) -> Result<()> {
    work.elements(map.len())?;
    let mut entries = Vec::with_capacity(map.len());
    for (key, value) in map.entries() {
        let mut text = String::new();
        print(&mut text, &key, work, depth + 1)?;
        entries.push((text, value));
    }
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    out.push('{');
    for (index, (key, value)) in entries.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        out.push_str(key);
        out.push_str(": ");
        print(out, value, work, depth + 1)?;
        work.grow(out.len(), SCALAR)?;
    }
    out.push('}');
    Ok(())
}
