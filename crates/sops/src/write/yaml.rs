//! YAML as sops has go-yaml v3 print it: four blanks for a level, lists indented below their key, comments where the tree
//! has them. What go-yaml does with comments in odd places is followed as far as sops' trees can lead there.

mod cursor;

use manifest::yaml::{Node, Scalar, Style, go_float, style_v3, write_node};
use zeroize::Zeroizing;

use super::text::key_text;
use crate::base64;
use crate::error::EmitError;
use crate::tree::{Branch, Comment, Item, Key, Value};
use cursor::Cursor;

/// A longer key is written after a question mark.
const SIMPLE_KEY: usize = 128;
/// The length of a line of binary data.
const BINARY_LINE: usize = 70;

pub(super) fn write(branches: &[Branch]) -> Result<Zeroizing<Vec<u8>>, EmitError> {
    let mut writer = Writer { cursor: Cursor::new() };
    for (i, branch) in branches.iter().enumerate() {
        if i > 0 {
            writer.cursor.document();
        }
        let root = Lead::of_map(branch);
        writer.cursor.head = joined(&root);
        writer.cursor.process_head(-1);
        writer.map(branch, -1, false)?;
        writer.cursor.end_document();
    }
    Ok(writer.cursor.finish())
}

struct Writer {
    cursor: Cursor,
}

/// What a scalar is written as.
enum Written {
    /// On one line, quotes and tag included.
    Line(Vec<u8>),
    /// As a block of lines, after its tag.
    Block(&'static str, String),
}

/// The comments before the first entry of a collection, which go-yaml has as those of the collection.
struct Lead;

impl Lead {
    /// All there are when there is no entry.
    fn of_map(items: &[Item]) -> Vec<&Comment> {
        let comments =
            || items.iter().map_while(|item| if let Item::Comment(c) = item { Some(c) } else { None });
        Self::chosen(comments().collect(), comments().count() == items.len())
    }

    fn of_seq(items: &[Value]) -> Vec<&Comment> {
        let comments =
            || items.iter().map_while(|item| if let Value::Comment(c) = item { Some(c) } else { None });
        Self::chosen(comments().collect(), comments().count() == items.len())
    }

    fn of(value: &Value) -> Vec<&Comment> {
        match value {
            Value::Map(items) => Self::of_map(items),
            Value::Seq(items) => Self::of_seq(items),
            _ => Vec::new(),
        }
    }

    fn chosen(comments: Vec<&Comment>, alone: bool) -> Vec<&Comment> {
        let (inline, head): (Vec<_>, Vec<_>) = comments.into_iter().partition(|comment| comment.inline);
        if alone { head.into_iter().chain(inline).collect() } else { head }
    }
}

/// Comments that wait for the entry after them.
#[derive(Default)]
struct Waiting<'a> {
    head: Vec<&'a Comment>,
    inline: Vec<&'a Comment>,
    begun: bool,
}

impl<'a> Waiting<'a> {
    fn push(&mut self, comment: &'a Comment) {
        if comment.inline { &mut self.inline } else { &mut self.head }.push(comment);
    }

    /// Those before an entry. Before the first they are the collection's.
    fn take_head(&mut self) -> Vec<&'a Comment> {
        let head = std::mem::take(&mut self.head);
        if std::mem::replace(&mut self.begun, true) { head } else { Vec::new() }
    }

    /// Those that no entry came after.
    fn foot(mut self) -> Vec<&'a Comment> {
        self.head.append(&mut self.inline);
        if self.begun { self.head } else { Vec::new() }
    }
}

fn joined(comments: &[&Comment]) -> Vec<u8> {
    let mut out = Vec::new();
    for (i, comment) in comments.iter().enumerate() {
        if i > 0 {
            out.push(b'\n');
        }
        out.push(b'#');
        out.extend_from_slice(&comment.text);
    }
    out
}

/// The indentation inside of a collection.
fn deeper(indent: isize, in_list: bool) -> isize {
    match indent {
        ..0 => 0,
        _ if in_list => indent + 2,
        _ => (indent + 4) / 4 * 4,
    }
}

impl Writer {
    /// As deep as what was read.
    fn map(&mut self, items: &[Item], parent: isize, in_list: bool) -> Result<(), EmitError> {
        if !items.iter().any(|item| matches!(item, Item::Entry(..))) {
            self.empty("{", "}", parent, in_list);
            return Ok(());
        }
        let indent = deeper(parent, in_list);
        let mut waiting = Waiting::default();
        for item in items {
            let (key, value) = match item {
                Item::Comment(comment) => {
                    waiting.push(comment);
                    continue;
                }
                Item::Entry(key, value) => (key, value),
            };
            self.cursor.set_head(joined(&waiting.take_head()));
            self.cursor.process_head(indent);
            let inline = std::mem::take(&mut waiting.inline);
            self.entry(key, value, &joined(&inline), indent)?;
        }
        self.cursor.tail = joined(&waiting.foot());
        self.cursor.process_head(indent);
        Ok(())
    }

    fn entry(&mut self, key: &Key, value: &Value, inline: &[u8], indent: isize) -> Result<(), EmitError> {
        self.cursor.indent(indent);
        let key_line = std::mem::take(&mut self.cursor.line);
        let name = key_text(key);
        if name.len() <= SIMPLE_KEY && !name.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
            self.cursor.word(&text_line(name, style_v3(name)));
            self.cursor.indicator(b":", false, false);
        } else {
            self.cursor.indicator(b"?", true, true);
            self.scalar(text(name.as_bytes()), deeper(indent, false));
            self.cursor.indent(indent);
            self.cursor.indicator(b":", true, true);
        }
        match value {
            Value::Map(_) | Value::Seq(_) => {
                let lead = joined(&Lead::of(value));
                self.cursor.set_head(lead);
                self.cursor.line = key_line;
                if !is_empty(value) {
                    self.cursor.process_line();
                }
                self.cursor.process_foot(indent);
                self.collection(value, indent, false)?;
                self.cursor.set_line(inline.to_vec());
            }
            _ => {
                self.cursor.line = if inline.is_empty() { key_line } else { inline.to_vec() };
                self.scalar(written(value)?, deeper(indent, false));
                self.cursor.process_line();
                self.cursor.process_foot(indent);
            }
        }
        Ok(())
    }

    fn collection(&mut self, value: &Value, indent: isize, in_list: bool) -> Result<(), EmitError> {
        match value {
            Value::Map(items) => self.map(items, indent, in_list),
            Value::Seq(items) => self.seq(items, indent, in_list),
            _ => Ok(()),
        }
    }

    fn seq(&mut self, items: &[Value], parent: isize, in_list: bool) -> Result<(), EmitError> {
        if !items.iter().any(|item| !matches!(item, Value::Comment(_))) {
            self.empty("[", "]", parent, in_list);
            return Ok(());
        }
        let indent = deeper(parent, in_list);
        let last = items.iter().rposition(|item| !matches!(item, Value::Comment(_))).unwrap_or_default();
        let mut waiting = Waiting::default();
        for (i, item) in items.iter().enumerate() {
            if let Value::Comment(comment) = item {
                if i < last {
                    waiting.push(comment);
                }
                continue;
            }
            let mut head = waiting.take_head();
            head.extend(Lead::of(item));
            let inline = joined(&std::mem::take(&mut waiting.inline));
            let foot = if i == last { foot(items.get(i + 1..).unwrap_or_default()) } else { Vec::new() };
            self.cursor.set_head(joined(&head));
            self.cursor.process_head(indent);
            self.cursor.indent(indent);
            self.cursor.indicator(b"-", true, true);
            if let Value::Map(_) | Value::Seq(_) = item {
                self.cursor.process_line();
                self.cursor.process_foot(indent);
                self.collection(item, indent, true)?;
                self.cursor.set_line(inline);
                self.cursor.set_foot(foot);
            } else {
                self.cursor.set_line(inline);
                self.cursor.set_foot(foot);
                self.scalar(written(item)?, indent + 2);
                self.cursor.process_line();
                self.cursor.process_foot(indent);
            }
        }
        Ok(())
    }

    fn empty(&mut self, open: &str, close: &str, parent: isize, in_list: bool) {
        self.cursor.indicator(open.as_bytes(), true, false);
        // The comments of an empty list wait for what comes after it.
        if open == "{" {
            self.cursor.process_head(if parent < 0 { 4 } else { deeper(parent, in_list) });
        }
        self.cursor.indicator(close.as_bytes(), false, false);
        self.cursor.process_line();
        self.cursor.process_foot(parent);
    }

    fn scalar(&mut self, written: Written, indent: isize) {
        match written {
            Written::Line(bytes) => self.cursor.word(&bytes),
            Written::Block(tag, text) => {
                if !tag.is_empty() {
                    self.cursor.word(tag.as_bytes());
                }
                self.block(&text, indent);
            }
        }
    }

    fn block(&mut self, text: &str, indent: isize) {
        let mut mark = b"|".to_vec();
        // go-yaml always says four here, also where the block is indented otherwise.
        if text.starts_with([' ', '\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
            mark.push(b'4');
        }
        match text.strip_suffix('\n') {
            None => mark.push(b'-'),
            Some(rest) if rest.is_empty() || rest.ends_with('\n') => mark.push(b'+'),
            Some(_) => {}
        }
        self.cursor.indicator(&mark, true, false);
        self.cursor.lines(text, indent);
    }
}

/// The comments after the last item of a list.
fn foot(rest: &[Value]) -> Vec<u8> {
    let comments =
        || rest.iter().filter_map(|item| if let Value::Comment(c) = item { Some(c) } else { None });
    let (inline, head): (Vec<_>, Vec<_>) = comments().partition(|comment| comment.inline);
    joined(&head.into_iter().chain(inline).collect::<Vec<_>>())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Map(items) => !items.iter().any(|item| matches!(item, Item::Entry(..))),
        Value::Seq(items) => items.iter().all(|item| matches!(item, Value::Comment(_))),
        _ => false,
    }
}

fn written(value: &Value) -> Result<Written, EmitError> {
    let line = |text: String| Written::Line(text.into_bytes());
    Ok(match value {
        Value::Null => line("null".to_owned()),
        Value::Bool(value) => line(value.to_string()),
        Value::Int(int) => line(int.to_string()),
        Value::Float(float) => {
            let text = go_float(*float);
            line(if text == "inf" { ".inf".to_owned() } else { text })
        }
        Value::Time(time) => line(time.clone()),
        Value::Str(bytes) => text(bytes),
        Value::Bytes(bytes) => {
            let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
            line(format!("[{}]", numbers.join(", ")))
        }
        Value::Comment(_) | Value::Map(_) | Value::Seq(_) => return Err(EmitError::Comment),
    })
}

/// A text: what is no UTF-8 becomes binary data.
fn text(bytes: &[u8]) -> Written {
    let Ok(text) = std::str::from_utf8(bytes) else {
        let encoded = base64::to_standard(bytes);
        if encoded.len() < BINARY_LINE {
            return Written::Line(format!("!!binary {encoded}").into_bytes());
        }
        let lines = encoded.as_bytes().chunks(BINARY_LINE).map(String::from_utf8_lossy);
        return Written::Block("!!binary", lines.map(|line| format!("{line}\n")).collect());
    };
    match style_v3(text) {
        Style::Literal | Style::Folded => Written::Block("", text.to_owned()),
        style => Written::Line(text_line(text, style)),
    }
}

fn text_line(text: &str, style: Style) -> Vec<u8> {
    // go-yaml takes its own text for the mark of a merge and says so.
    if text == "<<" {
        return b"!!merge <<".to_vec();
    }
    let style = if matches!(style, Style::Literal | Style::Folded) { Style::Double } else { style };
    let mut written = write_node(&Node::Scalar(Scalar { style, ..Scalar::string(text) })).into_bytes();
    // The end of the document it was written as.
    written.pop();
    written
}
