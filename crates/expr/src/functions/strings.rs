//! Functions of strings. Positions are those of characters, not of bytes.

use regex::Regex;

use super::format;
use super::pattern::{compile, weight};
use crate::value::{List, Value, no_overload};
use crate::work::{Failure, Result, Work};

/// Steps for compiling a pattern.
const COMPILE: usize = 1000;

/// A member function of a string; nothing if there is no such for such values.
pub(super) fn call<'a>(name: &str, all: &[Value<'a>], work: &Work<'_>) -> Result<Option<Value<'a>>> {
    let Some((Value::String(text), arguments)) = all.split_first() else { return Ok(None) };
    work.look(text.len())?;
    let made = |text: String| -> Result<Option<Value<'a>>> {
        work.make(text.len())?;
        Ok(Some(Value::text(text)))
    };
    Ok(Some(match (name, arguments) {
        ("startsWith", [Value::String(part)]) => Value::Bool(text.starts_with(&**part)),
        ("endsWith", [Value::String(part)]) => Value::Bool(text.ends_with(&**part)),
        ("contains", [Value::String(part)]) => Value::Bool(text.contains(&**part)),
        ("charAt", [Value::Int(index)]) => return made(char_at(text, *index)?),
        ("indexOf", [Value::String(part)]) => Value::Int(index_of(text, part, 0)?),
        ("indexOf", [Value::String(part), Value::Int(from)]) => Value::Int(index_of(text, part, *from)?),
        ("lastIndexOf", [Value::String(part)]) => Value::Int(last_index_of(text, part, None)?),
        ("lastIndexOf", [Value::String(part), Value::Int(to)]) => {
            Value::Int(last_index_of(text, part, Some(*to))?)
        }
        ("lowerAscii", []) => return made(text.to_ascii_lowercase()),
        ("upperAscii", []) => return made(text.to_ascii_uppercase()),
        ("trim", []) => return made(text.trim_matches(is_blank).to_owned()),
        ("reverse", []) => return made(text.chars().rev().collect()),
        ("substring", [Value::Int(from)]) => return made(substring(text, *from, None)?),
        ("substring", [Value::Int(from), Value::Int(to)]) => return made(substring(text, *from, Some(*to))?),
        ("replace", [Value::String(from), Value::String(to)]) => replace(text, from, to, -1, work)?,
        ("replace", [Value::String(from), Value::String(to), Value::Int(most)]) => {
            replace(text, from, to, *most, work)?
        }
        ("split", [Value::String(separator)]) => split(text, separator, -1, work)?,
        ("split", [Value::String(separator), Value::Int(most)]) => split(text, separator, *most, work)?,
        ("format", [Value::List(arguments)]) => format::format(text, arguments, work)?,
        _ => return Ok(None),
    }))
}

/// `a.matches(b)` and `matches(a, b)`.
pub(super) fn matches<'a>(all: &[Value<'a>], known: Option<&Regex>, work: &Work<'_>) -> Result<Value<'a>> {
    let [Value::String(text), Value::String(pattern)] = all else {
        return Err(no_overload("matches", &all.iter().collect::<Vec<_>>()));
    };
    work.look(pattern.len())?;
    work.step(1 + (text.len() / 64).saturating_mul(weight(pattern)))?;
    if let Some(pattern) = known {
        return Ok(Value::Bool(pattern.is_match(text)));
    }
    work.step(COMPILE + weight(pattern))?;
    let pattern = compile(pattern).map_err(Failure::Error)?;
    Ok(Value::Bool(pattern.is_match(text)))
}

/// Unicode's white space, as Go has it.
fn is_blank(c: char) -> bool {
    c.is_whitespace()
}

fn out_of_range(index: i64) -> Failure {
    Failure::error(format!("index out of range: {index}"))
}

/// The offset of a character, or the length for the position behind the last.
fn offset(text: &str, index: i64) -> Result<usize> {
    let position = usize::try_from(index).map_err(|_| out_of_range(index))?;
    let mut offsets = text.char_indices().map(|(offset, _)| offset).chain([text.len()]);
    offsets.nth(position).ok_or_else(|| out_of_range(index))
}

fn position(text: &str, offset: usize) -> i64 {
    let count = text.get(..offset).unwrap_or_default().chars().count();
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn char_at(text: &str, index: i64) -> Result<String> {
    let offset = offset(text, index)?;
    Ok(text.get(offset..).unwrap_or_default().chars().take(1).collect())
}

fn index_of(text: &str, part: &str, from: i64) -> Result<i64> {
    if part.is_empty() {
        return Ok(from);
    }
    let from = if from == 0 { 0 } else { offset(text, from)? };
    let found = text.get(from..).unwrap_or_default().find(part);
    Ok(found.map_or(-1, |found| position(text, from + found)))
}

/// The last place that begins at a position or before it.
fn last_index_of(text: &str, part: &str, to: Option<i64>) -> Result<i64> {
    if part.is_empty() {
        return Ok(to.unwrap_or_else(|| position(text, text.len())));
    }
    let end = match to {
        Some(to) => offset(text, to)?.saturating_add(part.len()).min(text.len()),
        None => text.len(),
    };
    let end = (end..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
    let found = text.get(..end).unwrap_or_default().rfind(part);
    Ok(found.map_or(-1, |found| position(text, found)))
}

fn substring(text: &str, from: i64, to: Option<i64>) -> Result<String> {
    let begin = offset(text, from)?;
    let end = match to {
        Some(to) => offset(text, to)?,
        None => text.len(),
    };
    if begin > end {
        return Err(Failure::error(format!(
            "invalid substring range. start: {from}, end: {}",
            to.unwrap_or_default()
        )));
    }
    Ok(text.get(begin..end).unwrap_or_default().to_owned())
}

fn replace<'a>(text: &str, from: &str, to: &str, most: i64, work: &Work<'_>) -> Result<Value<'a>> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let count = if from.is_empty() { text.chars().count() + 1 } else { text.matches(from).count() }.min(most);
    work.make(text.len().saturating_add(count.saturating_mul(to.len())))?;
    Ok(Value::text(text.replacen(from, to, most)))
}

fn split<'a>(text: &str, separator: &str, most: i64, work: &Work<'_>) -> Result<Value<'a>> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let mut keep = |part: &str| -> Result<()> {
        work.element(parts.len())?;
        work.make(part.len())?;
        parts.push(Value::text(part));
        Ok(())
    };
    if most == 0 {
        return Ok(Value::list(Vec::new()));
    }
    if separator.is_empty() {
        let mut rest = text;
        let mut count = 1;
        while let Some(first) = rest.chars().next() {
            if count == most {
                break;
            }
            let (part, after) = rest.split_at_checked(first.len_utf8()).unwrap_or((rest, ""));
            keep(part)?;
            rest = after;
            count += 1;
        }
        if !rest.is_empty() {
            keep(rest)?;
        }
    } else {
        for part in text.splitn(most, separator) {
            keep(part)?;
        }
    }
    Ok(Value::list(parts))
}

/// The strings of a list with a separator between them.
pub(super) fn join<'a>(list: &List<'a>, separator: &str, work: &Work<'_>) -> Result<Value<'a>> {
    let mut joined = String::new();
    for (index, item) in list.iter().enumerate() {
        let Value::String(item) = item else {
            return Err(no_overload("join", &[&Value::List(list.clone()), &item]));
        };
        let separator = if index == 0 { "" } else { separator };
        work.grow(joined.len(), separator.len() + item.len())?;
        joined.push_str(separator);
        joined.push_str(&item);
    }
    Ok(Value::text(joined))
}

/// In double quotes, with escapes.
pub(super) fn quote<'a>(text: &str, work: &Work<'_>) -> Result<Value<'a>> {
    work.make(text.len().saturating_mul(2) + 2)?;
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '\x07' => quoted.push_str("\\a"),
            '\x08' => quoted.push_str("\\b"),
            '\x0c' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\x0b' => quoted.push_str("\\v"),
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    Ok(Value::text(quoted))
}
