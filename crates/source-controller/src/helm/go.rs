//! Values as Go's `encoding/json` writes them: fields in the order of the structure, keys of maps sorted, what a browser
//! would obey escaped.

use manifest::yaml::json_float;
use serde_json::{Map, Number, Value};

#[cfg(test)]
mod tests;

/// What is written to.
pub(crate) trait Out {
    /// Appends a text.
    fn push_str(&mut self, text: &str);
}

impl Out for String {
    fn push_str(&mut self, text: &str) {
        self.push_str(text);
    }
}

/// How many bytes would be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Length(pub(crate) usize);

impl Out for Length {
    fn push_str(&mut self, text: &str) {
        self.0 = self.0.saturating_add(text.len());
    }
}

/// A value; maps keep their order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Go {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

impl Go {
    /// A list of texts.
    pub(crate) fn texts(texts: &[String]) -> Self {
        Self::List(texts.iter().cloned().map(Self::Text).collect())
    }

    /// Whether it is a list or a map without anything.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::List(items) => items.is_empty(),
            Self::Map(fields) => fields.is_empty(),
            _ => false,
        }
    }

    /// Appends the value, each level on lines of its own (`MarshalIndent` with two blanks).
    pub(crate) fn write(&self, out: &mut impl Out, depth: usize) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(number) => out.push_str(&number_text(number)),
            Self::Text(text) => quote(out, text),
            Self::List(items) => block(out, ["[", "]"], depth, items, |out, item| item.write(out, depth + 1)),
            Self::Map(fields) => block(out, ["{", "}"], depth, fields, |out, (key, value)| {
                quote(out, key);
                out.push_str(": ");
                value.write(out, depth + 1);
            }),
        }
    }

    /// As JSON.
    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Number(number) => Value::Number(number),
            Self::Text(text) => Value::String(text),
            Self::List(items) => Value::Array(items.into_iter().map(Self::into_value).collect()),
            Self::Map(fields) => {
                let fields = fields.into_iter().map(|(key, value)| (key, value.into_value()));
                Value::Object(fields.collect::<Map<_, _>>())
            }
        }
    }
}

/// What Go decodes without knowing the type: keys of maps are sorted when it is written.
impl From<&Value> for Go {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(fields) => {
                let mut fields: Vec<_> =
                    fields.iter().map(|(key, value)| (key.clone(), Self::from(value))).collect();
                fields.sort_by(|a, b| a.0.cmp(&b.0));
                Self::Map(fields)
            }
        }
    }
}

/// Starts the next line.
pub(crate) fn line(out: &mut impl Out, depth: usize) {
    out.push_str("\n");
    for _ in 0..depth {
        out.push_str("  ");
    }
}

fn block<T, O: Out>(
    out: &mut O,
    [open, close]: [&str; 2],
    depth: usize,
    items: &[T],
    mut write: impl FnMut(&mut O, &T),
) {
    out.push_str(open);
    for (number, item) in items.iter().enumerate() {
        if number > 0 {
            out.push_str(",");
        }
        line(out, depth + 1);
        write(out, item);
    }
    if !items.is_empty() {
        line(out, depth);
    }
    out.push_str(close);
}

/// Every number of JSON is a float in Go.
fn number_text(number: &Number) -> String {
    number.as_f64().map_or_else(|| number.to_string(), json_float)
}

/// Appends a text in quotes. What needs no escape goes as it is, in pieces as long as there are.
pub(crate) fn quote(out: &mut impl Out, text: &str) {
    out.push_str("\"");
    let mut rest = text;
    while let Some((plain, special)) = rest.find(is_escaped).and_then(|at| rest.split_at_checked(at)) {
        out.push_str(plain);
        let mut chars = special.chars();
        if let Some(c) = chars.next() {
            escape(out, c);
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push_str("\"");
}

const fn is_escaped(c: char) -> bool {
    matches!(c, '"' | '\\' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..'\u{20}')
}

fn escape(out: &mut impl Out, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '<' => out.push_str("\\u003c"),
        '>' => out.push_str("\\u003e"),
        '&' => out.push_str("\\u0026"),
        '\u{2028}' => out.push_str("\\u2028"),
        '\u{2029}' => out.push_str("\\u2029"),
        c => out.push_str(&format!("\\u{:04x}", u32::from(c))),
    }
}
