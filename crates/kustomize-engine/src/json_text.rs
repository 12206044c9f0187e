//! JSON text as Go's `encoding/json` writes it: keys sorted, `<`, `>` and `&` escaped.

use std::fmt::Write as _;

use manifest::yaml::json_float;
use serde_json::{Number, Value};

/// A value as text, compact or with an indentation of two.
pub(crate) fn write(value: &Value, pretty: bool) -> String {
    let mut out = String::new();
    let mut writer = Writer { out: &mut out, pretty, rounded: false };
    writer.value(value, 0);
    out
}

/// Appends a value whose numbers have been floats on the way.
pub(crate) fn push_rounded(out: &mut String, value: &Value) {
    Writer { out, pretty: false, rounded: true }.value(value, 0);
}

struct Writer<'a> {
    out: &'a mut String,
    pretty: bool,
    rounded: bool,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(bool) => self.out.push_str(if *bool { "true" } else { "false" }),
            Value::Number(number) => self.number(number),
            Value::String(text) => self.string(text),
            Value::Array(items) => {
                self.out.push('[');
                for (i, item) in items.iter().enumerate() {
                    self.separate(i, depth + 1);
                    self.value(item, depth + 1);
                }
                self.close(items.is_empty(), ']', depth);
            }
            Value::Object(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_unstable_by(|a, b| a.0.cmp(b.0));
                self.out.push('{');
                for (i, (key, value)) in entries.iter().enumerate() {
                    self.separate(i, depth + 1);
                    self.string(key);
                    self.out.push_str(if self.pretty { ": " } else { ":" });
                    self.value(value, depth + 1);
                }
                self.close(entries.is_empty(), '}', depth);
            }
        }
    }

    fn separate(&mut self, position: usize, depth: usize) {
        if position > 0 {
            self.out.push(',');
        }
        if self.pretty {
            self.line(depth);
        }
    }

    fn close(&mut self, empty: bool, bracket: char, depth: usize) {
        if self.pretty && !empty {
            self.line(depth);
        }
        self.out.push(bracket);
    }

    fn line(&mut self, depth: usize) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n("  ", depth));
    }

    fn number(&mut self, number: &Number) {
        match number.as_f64() {
            Some(float) if self.rounded || number.is_f64() => self.out.push_str(&json_float(float)),
            _ => self.out.push_str(&number.to_string()),
        }
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                    // Writing to a String does not fail.
                    let _ = write!(self.out, "\\u{:04x}", u32::from(c));
                }
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }
}
