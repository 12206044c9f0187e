//! From JSON values to the text that go-yaml v2 writes for them: keys in its natural order, its quoting, literal blocks, lines folded
//! at 80 columns.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::{Dialect, Resolved, Style, go_float, json_float, resolve};

/// Column after which a space may become a line break.
const BEST_WIDTH: usize = 80;
const INDENT: usize = 2;
/// Longest key in bytes that is written without `?`.
const SIMPLE_KEY: usize = 128;

/// One document, without `---`, ending in a line break.
#[must_use]
pub fn write(value: &Value) -> String {
    let mut writer = Writer { out: String::new(), column: 0, whitespace: true, indention: true };
    writer.node(value, None, Context::Root);
    if writer.column > 0 {
        writer.put_break();
    }
    writer.out
}

/// Several documents with `---` between them.
#[must_use]
pub fn write_all<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    let mut out = String::new();
    for (i, value) in values.enumerate() {
        if i > 0 {
            out.push_str("---\n");
        }
        out.push_str(&write(value));
    }
    out
}

/// The order of go-yaml v2 for keys: digits by value, letters behind everything else.
#[must_use]
pub fn sort_keys(a: &str, b: &str) -> Ordering {
    // The common part does not decide; ASCII needs no decoding.
    let (ar, br): (Vec<char>, Vec<char>);
    let common = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    if common == a.len() || common == b.len() {
        return a.len().cmp(&b.len());
    }
    if let (Some(x), Some(y)) = (a.as_bytes().get(common), b.as_bytes().get(common))
        && x.is_ascii_alphabetic()
        && y.is_ascii_alphabetic()
    {
        return x.cmp(y);
    }
    ar = a.chars().collect();
    br = b.chars().collect();
    natural(&ar, &br)
}

fn natural(a: &[char], b: &[char]) -> Ordering {
    let Some(i) = a.iter().zip(b).position(|(x, y)| x != y) else { return a.len().cmp(&b.len()) };
    let (Some(&x), Some(&y)) = (a.get(i), b.get(i)) else { return Ordering::Equal };
    match (is_letter(x), is_letter(y)) {
        (true, true) => return x.cmp(&y),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let (mut an, mut bn) = (0i64, 0i64);
    if x == '0' || y == '0' {
        let before = a.get(..i).unwrap_or_default();
        if before.iter().rev().take_while(|c| is_digit(**c)).any(|c| *c != '0') {
            (an, bn) = (1, 1);
        }
    }
    let run = |chars: &[char], start: i64| {
        let digits = chars.get(i..).unwrap_or_default().iter().take_while(|c| is_digit(**c));
        digits.fold((start, 0usize), |(n, count), c| {
            let digit = i64::from(u32::from(*c)) - i64::from(u32::from('0'));
            (n.wrapping_mul(10).wrapping_add(digit), count + 1)
        })
    };
    let ((an, ai), (bn, bi)) = (run(a, an), run(b, bn));
    an.cmp(&bn).then(ai.cmp(&bi)).then(x.cmp(&y))
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic()
}

fn is_digit(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() } else { c.is_numeric() && !c.is_alphabetic() }
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

struct Writer {
    out: String,
    column: usize,
    whitespace: bool,
    indention: bool,
}

impl Writer {
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
            self.put(' ');
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
        entries.sort_by(|a, b| sort_keys(a.0, b.0));
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
        let wanted = if text.contains('\n') {
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
        if text.is_ascii() && self.column + text.len() <= BEST_WIDTH && !text.contains(['\'', '\n', '\r']) {
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

/// How go-yaml v3 writes a string: its quoting.
#[must_use]
pub fn style_v3(text: &str) -> Style {
    let allowed = Allowed::of_v3(text);
    if text.contains('\n') {
        return if allowed.block { Style::Literal } else { Style::Double };
    }
    let old_bool =
        matches!(resolve(text, Dialect::V2, true), Resolved::Bool(_)) && !matches!(text, "true" | "false");
    if !matches!(resolve(text, Dialect::V3, true), Resolved::Str | Resolved::Merge)
        || is_base60(text)
        || old_bool
    {
        Style::Double
    } else if allowed.plain {
        Style::Plain
    } else if allowed.single {
        Style::Single
    } else {
        Style::Double
    }
}

/// Which quotings a text can take.
struct Allowed {
    plain: bool,
    single: bool,
    block: bool,
    multiline: bool,
}

impl Allowed {
    /// By go-yaml v2.
    fn of(text: &str) -> Self {
        Self::analyze(text, false)
    }

    /// By go-yaml v3, where tabs do not rule out blocks.
    fn of_v3(text: &str) -> Self {
        Self::analyze(text, true)
    }

    fn analyze(text: &str, v3: bool) -> Self {
        if text.is_empty() {
            return Self { plain: true, single: true, block: false, multiline: false };
        }
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let (mut line_breaks, mut special, mut tabs) = (false, false, false);
        let (mut break_space, mut space_break) = (false, false);
        let (mut previous_space, mut previous_break) = (false, false);
        let mut preceded = true;
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            let followed = chars.peek().is_none_or(|c| matches!(c, ' ' | '\t'));
            indicators |= match c {
                '#' if !first => preceded,
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
                | '`' => first,
                '?' | '-' => first && followed,
                ':' => followed,
                _ => false,
            };
            if v3 && c == '\t' {
                tabs = true;
            } else {
                special |= !is_printable(c);
            }
            if c == ' ' {
                break_space |= previous_break;
                (previous_space, previous_break) = (true, false);
            } else if is_break(c) {
                line_breaks = true;
                space_break |= previous_space;
                (previous_space, previous_break) = (false, true);
            } else {
                (previous_space, previous_break) = (false, false);
            }
            preceded = matches!(c, ' ' | '\t' | '\0') || is_break(c);
            first = false;
        }
        let edge = |c: char| c == ' ' || is_break(c);
        let trailing_space = text.ends_with(' ');
        let hard = space_break || special;
        Self {
            plain: !(text.starts_with(edge)
                || text.ends_with(edge)
                || break_space
                || hard
                || tabs
                || line_breaks
                || indicators),
            single: !(break_space || hard || tabs),
            block: !(trailing_space || hard),
            multiline: line_breaks,
        }
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

/// `^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$`
fn is_base60(text: &str) -> bool {
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let mut parts = rest.split(':');
    let head = parts.next().unwrap_or_default();
    if !head.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
        return false;
    }
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return false;
    }
    while let Some(part) = parts.next() {
        let digits = match part.split_once('.') {
            Some((digits, fraction)) if parts.peek().is_none() => {
                if !fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
                    return false;
                }
                digits
            }
            _ => part,
        };
        let ok = match digits.as_bytes() {
            [one] => one.is_ascii_digit(),
            [ten, one] => (b'0'..=b'5').contains(ten) && one.is_ascii_digit(),
            _ => false,
        };
        if !ok {
            return false;
        }
    }
    true
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// One character in double quotes.
fn escape(c: char) -> String {
    let code = u32::from(c);
    match c {
        '\0' => "\\0".to_owned(),
        '\u{7}' => "\\a".to_owned(),
        '\u{8}' => "\\b".to_owned(),
        '\t' => "\\t".to_owned(),
        '\n' => "\\n".to_owned(),
        '\u{b}' => "\\v".to_owned(),
        '\u{c}' => "\\f".to_owned(),
        '\r' => "\\r".to_owned(),
        '\u{1b}' => "\\e".to_owned(),
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\u{85}' => "\\N".to_owned(),
        '\u{a0}' => "\\_".to_owned(),
        '\u{2028}' => "\\L".to_owned(),
        '\u{2029}' => "\\P".to_owned(),
        _ if code <= 0xff => format!("\\x{code:02X}"),
        _ if code <= 0xffff => format!("\\u{code:04X}"),
        _ => format!("\\U{code:08X}"),
    }
}

/// A text as it stands in double quotes.
pub(super) fn escaped(text: &str) -> String {
    text.chars()
        .map(
            |c| {
                if !is_printable(c) || is_break(c) || c == '"' || c == '\\' {
                    escape(c)
                } else {
                    c.to_string()
                }
            },
        )
        .collect()
}

/// The quoting that a text gets when one is wished for.
pub(super) fn style_allowed(text: &str, wanted: Style, inline: bool, flow: bool) -> Style {
    let allowed = Allowed::of_v3(text);
    let mut style = wanted;
    if style == Style::Plain {
        let flow_safe = !text.contains([',', '?', '[', ']', '{', '}', ':']);
        if !allowed.plain || (flow && !flow_safe) || (text.is_empty() && inline) {
            style = Style::Single;
        }
    }
    if style == Style::Single && !allowed.single {
        style = Style::Double;
    }
    if matches!(style, Style::Literal | Style::Folded) && (!allowed.block || inline) {
        style = Style::Double;
    }
    style
}
