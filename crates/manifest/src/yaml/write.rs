//! From JSON values to the text that go-yaml v2 writes for them: keys in its natural order, its quoting, literal blocks, lines folded
//! at 80 columns.

use serde_json::{Map, Value};

use super::keys::sort_keys;
use super::quoting::{Allowed, escape, is_base60, is_break, is_printable};
use super::{Dialect, Resolved, go_float, json_float, resolve};
use crate::go_sort;

/// Column after which a space may become a line break.
const BEST_WIDTH: usize = 80;
const INDENT: usize = 2;
/// What lines begin with, written in pieces of this length.
const BLANKS: &str = "                                ";
/// Longest key in bytes that is written without `?`.
const SIMPLE_KEY: usize = 128;

/// One document, without `---`, ending in a line break.
#[must_use]
pub fn write(value: &Value) -> String {
    let mut out = String::new();
    write_to(&mut out, value);
    out
}

/// Appends one document, without `---`, ending in a line break.
pub fn write_to(out: &mut String, value: &Value) {
    let mut writer = Writer { out, column: 0, whitespace: true, indention: true };
    writer.node(value, None, Context::Root);
    if writer.column > 0 {
        writer.put_break();
    }
}

/// Several documents with `---` between them.
#[must_use]
pub fn write_all<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    let mut out = String::new();
    for (i, value) in values.enumerate() {
        if i > 0 {
            out.push_str("---\n");
        }
        write_to(&mut out, value);
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    Root,
    Item,
    Value,
    Key,
    ComplexKey,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    Plain,
    Single,
    Double,
    Literal,
}

struct Writer<'a> {
    out: &'a mut String,
    column: usize,
    whitespace: bool,
    indention: bool,
}

impl Writer<'_> {
    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn put_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    fn write_indent(&mut self, indent: usize) {
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.put_break();
        }
        while self.column < indent {
            let blanks = BLANKS.get(..indent - self.column).unwrap_or(BLANKS);
            self.out.push_str(blanks);
            self.column += blanks.len();
        }
        self.whitespace = true;
        self.indention = true;
    }

    fn indicator(&mut self, text: &str, need_whitespace: bool, is_whitespace: bool, is_indention: bool) {
        if need_whitespace && !self.whitespace {
            self.put(' ');
        }
        self.out.push_str(text);
        self.column += text.len();
        self.whitespace = is_whitespace;
        self.indention = self.indention && is_indention;
    }

    fn node(&mut self, value: &Value, indent: Option<usize>, context: Context) {
        match value {
            Value::Null => self.scalar("null", Quoting::Plain, indent, context),
            Value::Bool(true) => self.scalar("true", Quoting::Plain, indent, context),
            Value::Bool(false) => self.scalar("false", Quoting::Plain, indent, context),
            Value::Number(number) => self.scalar(&number_text(number), Quoting::Plain, indent, context),
            Value::String(text) => self.string(text, indent, context),
            Value::Array(items) => self.sequence(items, indent, context),
            Value::Object(map) => self.mapping(map, indent),
        }
    }

    fn sequence(&mut self, items: &[Value], indent: Option<usize>, context: Context) {
        if items.is_empty() {
            self.indicator("[", true, true, false);
            self.indicator("]", false, false, false);
            return;
        }
        let in_map = matches!(context, Context::Value | Context::ComplexKey);
        let inner = match indent {
            None => 0,
            Some(indent) if in_map && !self.indention => indent,
            Some(indent) => indent + INDENT,
        };
        for item in items {
            self.write_indent(inner);
            self.indicator("-", true, false, true);
            self.node(item, Some(inner), Context::Item);
        }
    }

    fn mapping(&mut self, map: &Map<String, Value>, indent: Option<usize>) {
        if map.is_empty() {
            self.indicator("{", true, true, false);
            self.indicator("}", false, false, false);
            return;
        }
        let inner = indent.map_or(0, |indent| indent + INDENT);
        let mut entries: Vec<_> = map.iter().collect();
        // The order contradicts itself for keys like 1a, 01 and 10.
        go_sort(&mut entries, |a, b| sort_keys(a.0, b.0).is_lt());
        for (key, value) in entries {
            self.write_indent(inner);
            if key.len() <= SIMPLE_KEY && !key.contains(is_break) {
                self.string(key, Some(inner), Context::Key);
                self.indicator(":", false, false, false);
            } else {
                self.indicator("?", true, false, true);
                self.string(key, Some(inner), Context::ComplexKey);
                self.write_indent(inner);
                self.indicator(":", true, false, true);
            }
            self.node(value, Some(inner), Context::Value);
        }
    }

    fn string(&mut self, text: &str, indent: Option<usize>, context: Context) {
        let wanted = if text.as_bytes().contains(&b'\n') {
            Quoting::Literal
        } else if matches!(resolve(text, Dialect::V2, true), Resolved::Str | Resolved::Merge)
            && !is_base60(text)
        {
            Quoting::Plain
        } else {
            Quoting::Double
        };
        self.scalar(text, wanted, indent, context);
    }

    fn scalar(&mut self, text: &str, wanted: Quoting, indent: Option<usize>, context: Context) {
        let key = context == Context::Key;
        let allowed = Allowed::of(text);
        let mut quoting = wanted;
        if key && allowed.multiline {
            quoting = Quoting::Double;
        }
        if quoting == Quoting::Plain && (!allowed.plain || (text.is_empty() && key)) {
            quoting = Quoting::Single;
        }
        if quoting == Quoting::Single && !allowed.single {
            quoting = Quoting::Double;
        }
        if quoting == Quoting::Literal && (!allowed.block || key) {
            quoting = Quoting::Double;
        }
        let inner = indent.map_or(INDENT, |indent| indent + INDENT);
        match quoting {
            Quoting::Plain => self.plain(text, inner, !key),
            Quoting::Single => self.single(text, inner, !key),
            Quoting::Double => self.double(text, inner, !key),
            Quoting::Literal => self.literal(text, inner),
        }
    }

    fn plain(&mut self, text: &str, indent: usize, fold: bool) {
        if !self.whitespace {
            self.put(' ');
        }
        self.folding(text, indent, fold, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn single(&mut self, text: &str, indent: usize, fold: bool) {
        self.indicator("'", true, false, false);
        self.folding(text, indent, fold, true);
        self.indicator("'", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    /// The inside of a plain or single-quoted scalar.
    fn folding(&mut self, text: &str, indent: usize, fold: bool, quoted: bool) {
        let plain = |b: &u8| b.is_ascii() && !matches!(b, b'\'' | b'\n' | b'\r');
        if self.column + text.len() <= BEST_WIDTH && text.as_bytes().iter().all(plain) {
            self.out.push_str(text);
            self.column += text.len();
            return;
        }
        let (mut spaces, mut breaks) = (false, false);
        let mut chars = text.char_indices().peekable();
        while let Some((i, c)) = chars.next() {
            let next = chars.peek().map(|(_, c)| *c);
            if c == ' ' {
                let inside = !quoted || (i > 0 && i + 1 < text.len());
                if fold && !spaces && self.column > BEST_WIDTH && inside && next != Some(' ') {
                    self.write_indent(indent);
                } else {
                    self.put(c);
                }
                spaces = true;
            } else if is_break(c) {
                if !breaks && c == '\n' {
                    self.put_break();
                }
                self.write_break(c);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.write_indent(indent);
                }
                if quoted && c == '\'' {
                    self.put('\'');
                }
                self.put(c);
                self.indention = false;
                (spaces, breaks) = (false, false);
            }
        }
    }

    fn write_break(&mut self, c: char) {
        if c == '\n' {
            self.put_break();
        } else {
            self.out.push(c);
            self.column = 0;
        }
    }

    fn double(&mut self, text: &str, indent: usize, fold: bool) {
        self.indicator("\"", true, false, false);
        let bom = text.starts_with('\u{feff}');
        let mut spaces = false;
        let mut chars = text.char_indices().peekable();
        while let Some((i, c)) = chars.next() {
            if bom || !is_printable(c) || is_break(c) || c == '"' || c == '\\' {
                self.escape(c);
                spaces = false;
            } else if c == ' ' {
                if fold && !spaces && self.column > BEST_WIDTH && i > 0 && i + 1 < text.len() {
                    self.write_indent(indent);
                    if chars.peek().is_some_and(|(_, c)| *c == ' ') {
                        self.put('\\');
                    }
                } else {
                    self.put(c);
                }
                spaces = true;
            } else {
                self.put(c);
                spaces = false;
            }
        }
        self.indicator("\"", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn escape(&mut self, c: char) {
        let text = escape(c);
        self.out.push_str(&text);
        self.column += text.len();
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.indicator("|", true, false, false);
        self.block_hints(text);
        self.put_break();
        self.indention = true;
        self.whitespace = true;
        let mut breaks = true;
        for c in text.chars() {
            if is_break(c) {
                self.write_break(c);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.write_indent(indent);
                }
                self.put(c);
                self.indention = false;
                breaks = false;
            }
        }
    }

    fn block_hints(&mut self, text: &str) {
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.indicator("2", false, false, false);
        }
        let mut last = text.chars().rev();
        let hint = match (last.next(), last.next()) {
            (Some(c), _) if !is_break(c) => "-",
            (None, _) => "-",
            (Some(_), None) => "+",
            (Some(_), Some(c)) if is_break(c) => "+",
            _ => return,
        };
        self.indicator(hint, false, false, false);
    }
}

fn number_text(number: &serde_json::Number) -> String {
    if let Some(int) = number.as_i64() {
        return int.to_string();
    }
    if let Some(int) = number.as_u64() {
        return int.to_string();
    }
    let float = number.as_f64().unwrap_or(0.0);
    match resolve(&json_float(float), Dialect::V2, false) {
        Resolved::Int(int) => int.to_string(),
        Resolved::Uint(int) => int.to_string(),
        _ => go_float(float),
    }
}

#[cfg(test)]
mod tests;
