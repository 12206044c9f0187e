//! YAML documents in memory and their writing in changing styles: block or flow, plain, quoted or literal. What stands in
//! them is the affair of the grammar.

use std::fmt::Write as _;

use crate::random::Random;

/// A part of a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// Written as it is.
    Raw(String),
    /// A string, whatever it looks like.
    Text(String),
    Map(Vec<(String, Self)>),
    List(Vec<Self>),
    Anchor(&'static str, Box<Self>),
    Alias(&'static str),
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl Node {
    pub(crate) fn raw(text: &str) -> Self {
        Self::Raw(text.to_owned())
    }

    pub(crate) fn map(fields: impl IntoIterator<Item = (&'static str, Self)>) -> Self {
        Self::Map(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(fields) => fields.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            Self::Anchor(_, inner) => inner.get(key),
            _ => None,
        }
    }

    pub(crate) fn set(&mut self, key: &str, value: Self) {
        if let Self::Map(fields) = self {
            match fields.iter_mut().find(|(name, _)| name == key) {
                Some((_, old)) => *old = value,
                None => fields.push((key.to_owned(), value)),
            }
        }
    }

    /// Writes a document, in a style that depends on the numbers; `wild` allows flow style, comments and folding.
    pub(crate) fn write(&self, random: &mut Random, wild: bool) -> String {
        // Folding changes what a patch in a text means, so only objects have it.
        let fold = wild && self.get("metadata").is_some() && self.get("patch").is_none();
        let mut writer = Writer { random, text: String::new(), wild, fold };
        match self {
            Self::Map(fields) if !fields.is_empty() => writer.block_map(fields, 0),
            Self::List(items) if !items.is_empty() => writer.block_list(items, 0),
            other => {
                writer.flow(other);
                writer.text.push('\n');
            }
        }
        writer.text
    }

    fn has_alias(&self) -> bool {
        match self {
            Self::Alias(_) | Self::Anchor(..) => true,
            Self::Map(fields) => fields.iter().any(|(key, value)| key == "<<" || value.has_alias()),
            Self::List(items) => items.iter().any(Self::has_alias),
            _ => false,
        }
    }

    fn has_lines(&self) -> bool {
        match self {
            Self::Text(text) => text.contains('\n') || text.len() > 60,
            Self::Map(fields) => fields.iter().any(|(_, value)| value.has_lines()),
            Self::List(items) => items.iter().any(Self::has_lines),
            Self::Anchor(_, inner) => inner.has_lines(),
            Self::Alias(_) | Self::Raw(_) => false,
        }
    }
}

struct Writer<'a> {
    random: &'a mut Random,
    text: String,
    wild: bool,
    fold: bool,
}

impl Writer<'_> {
    fn pad(&mut self, indent: usize) {
        self.text.extend(std::iter::repeat_n(' ', indent));
    }

    fn block_map(&mut self, fields: &[(String, Node)], indent: usize) {
        for (at, (key, value)) in fields.iter().enumerate() {
            if at > 0 || indent == 0 {
                self.pad(indent);
            }
            self.key(key);
            self.after_colon(value, indent, false);
        }
    }

    fn block_list(&mut self, items: &[Node], indent: usize) {
        for item in items {
            self.pad(indent);
            self.text.push('-');
            let one_flow = self.wild && !item.has_lines() && self.random.chance(30);
            match item {
                Node::Map(fields) if !fields.is_empty() && !one_flow => {
                    self.text.push(' ');
                    // The first key stands behind the dash.
                    let start = self.text.len();
                    self.block_map(fields, indent + 2);
                    let written = self.text.split_off(start);
                    self.text.push_str(written.trim_start_matches(' '));
                }
                other => self.after_colon(other, indent, true),
            }
        }
    }

    fn after_colon(&mut self, value: &Node, indent: usize, item: bool) {
        let flow = self.wild && !value.has_lines() && self.random.chance(25);
        match value {
            Node::Map(fields) if !fields.is_empty() && !flow => {
                self.text.push('\n');
                self.pad(indent + 2);
                self.block_map(fields, indent + 2);
            }
            Node::List(items) if !items.is_empty() && !flow => {
                self.text.push('\n');
                let more = if item || self.random.chance(50) { 2 } else { 0 };
                self.block_list(items, indent + more);
            }
            Node::Anchor(name, inner) => {
                write!(self.text, " &{name}").unwrap();
                self.after_colon(inner, indent, item);
            }
            Node::Text(text) if literal(text) && (text.contains('\n') || self.random.chance(4)) => {
                self.literal(text, indent + 2);
            }
            other => {
                self.text.push(' ');
                self.flow(other);
                if self.wild && self.random.chance(3) {
                    self.text.push_str(" # a remark");
                }
                self.text.push('\n');
            }
        }
    }

    fn literal(&mut self, text: &str, indent: usize) {
        let end = match (text.ends_with('\n'), text.ends_with("\n\n")) {
            (_, true) => "+",
            (true, false) => "",
            _ => "-",
        };
        let folded = self.fold && self.random.chance(15);
        writeln!(self.text, " {}{end}", if folded { '>' } else { '|' }).unwrap();
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            if !line.is_empty() {
                self.pad(indent);
            }
            self.text.push_str(line);
            self.text.push('\n');
        }
    }

    fn key(&mut self, key: &str) {
        if key == "<<" {
            self.text.push_str("<<");
        } else {
            self.string(key);
        }
        self.text.push(':');
    }

    fn flow(&mut self, node: &Node) {
        match node {
            Node::Raw(text) => self.text.push_str(text),
            Node::Text(text) => self.string(text),
            Node::Alias(name) => write!(self.text, "*{name} ").unwrap(),
            Node::Anchor(name, inner) => {
                write!(self.text, "&{name} ").unwrap();
                self.flow(inner);
            }
            Node::Map(fields) => {
                self.text.push('{');
                for (at, (key, value)) in fields.iter().enumerate() {
                    self.text.push_str(if at > 0 { ", " } else { "" });
                    self.key(key);
                    self.text.push(' ');
                    self.flow(value);
                }
                self.text.push('}');
            }
            Node::List(items) => {
                let null = Node::raw("null");
                self.text.push('[');
                for (at, item) in items.iter().enumerate() {
                    self.text.push_str(if at > 0 { ", " } else { "" });
                    // An empty item would be no YAML.
                    self.flow(if *item == Node::raw("") { &null } else { item });
                }
                self.text.push(']');
            }
        }
    }

    fn string(&mut self, text: &str) {
        let style = if self.wild { self.random.below(8) } else { 7 };
        if style > 1 && plain(text) {
            self.text.push_str(text);
        } else if text.chars().any(char::is_control) || style == 0 {
            write!(self.text, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
                .unwrap();
        } else {
            write!(self.text, "'{}'", text.replace('\'', "''")).unwrap();
        }
    }
}

/// Whether a text can stand without quotes, in both versions of YAML and in flow style.
fn plain(text: &str) -> bool {
    let word = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"]
        .contains(&text.to_ascii_lowercase().as_str());
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./=+ ()$*".contains(c))
        && !text.ends_with(' ')
        && !word
}

/// Whether a literal block can hold the text without an indentation digit.
fn literal(text: &str) -> bool {
    !text.trim().is_empty()
        && !text.starts_with([' ', '\n'])
        && !text.chars().any(|c| c != '\n' && c.is_control())
}

/// Whether a node needs its anchors in one document with it.
pub(crate) fn uses_anchors(node: &Node) -> bool {
    node.has_alias()
}
