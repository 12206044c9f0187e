//! Field paths as structured-merge-diff prints them, and removing what they point at.
//!
//! Only this text form is known here (`.spec.containers[name="c"].foo`); nothing is said about JSON pointers.

use std::fmt;

use serde_json::Value;

const MARK: &str = ": field not declared in schema";
/// More paths than this in one answer are not followed.
const MOST_PATHS: usize = 64;
const LONGEST_TEXT: usize = 64 * 1024;

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
pub enum Segment {
    /// `.name`. Field names are printed bare, so one that holds a dot arrives as several of these.
    Field(String),
    /// `[name="c",port=80]`: the list item with these keys.
    Keys(Vec<(String, Value)>),
    /// `[="v"]`: the list item that is this value.
    Item(Value),
    /// `[3]`.
    Index(usize),
}

/// Where in an object something is.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldPath(Vec<Segment>);

impl FieldPath {
    /// Reads `.a.b[name="c"].d`; `None` when the text is not a path.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let mut segments = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                let name = after.get(..end)?;
                if name.is_empty() || name.contains(char::is_whitespace) {
                    return None;
                }
                segments.push(Segment::Field(name.to_owned()));
                rest = after.get(end..)?;
            } else {
                let inside = rest.strip_prefix('[')?;
                let (segment, after) = bracket(inside)?;
                segments.push(segment);
                rest = after;
            }
        }
        (!segments.is_empty()).then_some(Self(segments))
    }

    /// The steps, outermost first.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Removes what the path points at; false when nothing is there. List items that keys select are all visited.
    pub fn remove_from(&self, value: &mut Value) -> bool {
        remove(value, &self.0)
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.0 {
            match segment {
                Segment::Field(name) => write!(f, ".{name}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Item(value) => write!(f, "[={value}]")?,
                Segment::Keys(keys) => {
                    f.write_str("[")?;
                    for (position, (key, value)) in keys.iter().enumerate() {
                        let comma = if position == 0 { "" } else { "," };
                        write!(f, "{comma}{key}={value}")?;
                    }
                    f.write_str("]")?;
                }
            }
        }
        Ok(())
    }
}

/// The content of one pair of brackets, and what follows it.
fn bracket(mut rest: &str) -> Option<(Segment, &str)> {
    if let Some(after) = rest.strip_prefix('=') {
        let (value, after) = scalar(after)?;
        return Some((Segment::Item(value), after.strip_prefix(']')?));
    }
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    if digits > 0 {
        let index = rest.get(..digits)?.parse().ok()?;
        return Some((Segment::Index(index), rest.get(digits..)?.strip_prefix(']')?));
    }
    let mut keys = Vec::new();
    loop {
        let (name, after) = rest.split_once('=')?;
        if name.is_empty() || name.contains([']', ',', '"']) {
            return None;
        }
        let (value, after) = scalar(after)?;
        keys.push((name.to_owned(), value));
        if let Some(after) = after.strip_prefix(']') {
            return Some((Segment::Keys(keys), after));
        }
        rest = after.strip_prefix(',')?;
    }
}

/// One JSON scalar at the start of the text.
fn scalar(text: &str) -> Option<(Value, &str)> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let end = if text.starts_with('"') {
        let value = stream.next()?.ok()?;
        return Some((value, text.get(stream.byte_offset()..)?));
    } else {
        text.find([',', ']'])?
    };
    let value = serde_json::from_str(text.get(..end)?).ok()?;
    Some((value, text.get(end..)?))
}

fn remove(value: &mut Value, path: &[Segment]) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    match (first, value) {
        (Segment::Field(_), Value::Object(map)) => {
            // The longest run of plain fields that is a key wins last: try the shortest first, as schemas do.
            let fields = path.iter().map_while(|segment| match segment {
                Segment::Field(name) => Some(name.as_str()),
                _ => None,
            });
            let mut name = String::new();
            for (position, part) in fields.enumerate() {
                if position > 0 {
                    name.push('.');
                }
                name.push_str(part);
                let after = path.get(position + 1..).unwrap_or_default();
                if after.is_empty() {
                    if map.remove(&name).is_some() {
                        return true;
                    }
                } else if map.get_mut(&name).is_some_and(|inner| remove(inner, after)) {
                    return true;
                }
            }
            false
        }
        (Segment::Index(index), Value::Array(items)) => {
            if *index >= items.len() {
                return false;
            }
            if rest.is_empty() {
                items.remove(*index);
                return true;
            }
            items.get_mut(*index).is_some_and(|item| remove(item, rest))
        }
        (Segment::Item(wanted), Value::Array(items)) => visit(items, rest, |item| item == wanted),
        (Segment::Keys(keys), Value::Array(items)) => visit(items, rest, |item| {
            keys.iter().all(|(key, wanted)| match item.get(key) {
                Some(present) => present == wanted,
                // Keys may have defaults that the sent object leaves out (`protocol` of a port).
                None => item.is_object(),
            }) && keys.iter().any(|(key, _)| item.get(key).is_some())
        }),
        _ => false,
    }
}

fn visit(items: &mut Vec<Value>, rest: &[Segment], selected: impl Fn(&Value) -> bool) -> bool {
    let before = items.len();
    if rest.is_empty() {
        items.retain(|item| !selected(item));
        return items.len() != before;
    }
    let mut removed = false;
    for item in items.iter_mut().filter(|item| selected(item)) {
        removed |= remove(item, rest);
    }
    removed
}

/// The paths of an answer that says nothing but "field not declared in schema", once or in a list (decisions 5.5).
/// `None` when it says anything else beside that, or too much.
pub(crate) fn undeclared(message: &str) -> Option<Vec<FieldPath>> {
    if message.len() > LONGEST_TEXT || !message.contains(MARK) {
        return None;
    }
    let mut paths = Vec::new();
    for (position, line) in message.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let Some(before) = line.strip_suffix(MARK) else {
            // The head of a list, with whatever stands in front of it.
            if position == 0 && line.ends_with("errors:") {
                continue;
            }
            return None;
        };
        // What stands in front of the first path ends in ": "; a path itself holds that only within quotes.
        let path = before.match_indices(['.', '[']).map(|(start, _)| start).find_map(|start| {
            let fresh = start == 0 || before.get(..start).is_some_and(|prefix| prefix.ends_with(": "));
            fresh.then(|| before.get(start..).and_then(FieldPath::parse)).flatten()
        })?;
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    (!paths.is_empty() && paths.len() <= MOST_PATHS).then_some(paths)
}

#[cfg(test)]
mod tests;
