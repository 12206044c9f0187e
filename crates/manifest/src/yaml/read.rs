//! From text to nodes: parser events, tags, anchors and merge keys, within budgets.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag as ParserTag};

use super::{Dialect, Map, Node, Scalar, Seq, Style, Tag, resolve};
use crate::Error;

/// Budgets for one stream.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of text.
    pub bytes: usize,
    /// Nesting of maps and lists.
    pub depth: usize,
    /// Nodes that aliases and merge keys may add.
    pub alias_nodes: usize,
    /// Documents.
    pub documents: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 64 << 20, depth: 128, alias_nodes: 1_000_000, documents: 100_000 }
    }
}

/// Reads every document of a stream into nodes, anchors and merge keys expanded. A document without content is a null.
///
/// # Errors
/// When the text is no YAML or a budget is exceeded.
pub fn read_nodes(text: &str, dialect: Dialect, limits: &Limits) -> Result<Vec<Node>, Error> {
    if text.len() > limits.bytes {
        return Err(Error::Budget { what: "bytes", limit: limits.bytes });
    }
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        source: Source { text, byte: 0, index: 0, previous: None },
        dialect,
        limits,
        anchors: HashMap::new(),
        alias_nodes: 0,
        document: 0,
        depth: 0,
        has_slash_escapes: text.contains("\\/"),
    };
    reader.stream()
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    source: Source<'a>,
    dialect: Dialect,
    limits: &'a Limits,
    anchors: HashMap<usize, Node>,
    alias_nodes: usize,
    document: usize,
    depth: usize,
    has_slash_escapes: bool,
}

/// Follows the parser through the text to see the character in front of a position.
struct Source<'a> {
    text: &'a str,
    byte: usize,
    index: usize,
    previous: Option<char>,
}

impl Source<'_> {
    /// The character before the one at this index, which must not go back.
    fn before(&mut self, index: usize) -> Option<char> {
        if index > self.index {
            for c in self.text.get(self.byte..).unwrap_or_default().chars().take(index - self.index) {
                self.byte += c.len_utf8();
                self.previous = Some(c);
            }
            self.index = index;
        }
        self.previous
    }
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Error> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(self.scan_error(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn stream(&mut self) -> Result<Vec<Node>, Error> {
        let mut nodes = Vec::new();
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(nodes),
                (Event::DocumentStart(_), _) => {
                    if nodes.len() >= self.limits.documents {
                        return Err(Error::Budget { what: "documents", limit: self.limits.documents });
                    }
                    self.document = nodes.len();
                    self.anchors.clear();
                    let (event, span) = self.next()?;
                    nodes.push(match event {
                        Event::DocumentEnd => null(0),
                        event => self.node(event, span, false)?,
                    });
                }
                _ => {}
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, flow: bool) -> Result<Node, Error> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let scalar = self.scalar(&text, style, tag.as_deref(), span)?;
                let node = Node::Scalar(scalar);
                self.remember(anchor, &node);
                Ok(node)
            }
            Event::SequenceStart(anchor, _) => {
                let flow = flow || self.source.before(span.end.index()) == Some('[');
                self.descend()?;
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        (event, span) => items.push(self.node(event, span, flow)?),
                    }
                }
                self.depth -= 1;
                let node = Node::Seq(Seq { items, flow });
                self.remember(anchor, &node);
                Ok(node)
            }
            Event::MappingStart(anchor, _) => {
                let flow = flow || self.source.before(span.end.index()) == Some('{');
                self.descend()?;
                let map = self.mapping(flow)?;
                self.depth -= 1;
                let node = Node::Map(map);
                self.remember(anchor, &node);
                Ok(node)
            }
            Event::Alias(anchor) => self.alias(anchor, line(span)),
            _ => Err(self.error(line(span), "did not find expected node content")),
        }
    }

    fn descend(&mut self) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(Error::Budget { what: "nested levels", limit: self.limits.depth });
        }
        Ok(())
    }

    fn mapping(&mut self, flow: bool) -> Result<Map, Error> {
        let mut map = Map { entries: Vec::new(), flow };
        let mut merges = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let key_line = line(span);
            let Node::Scalar(key) = self.node(event, span, flow)? else {
                return Err(self.error(key_line, "invalid map key"));
            };
            let (event, span) = self.next()?;
            let value = self.node(event, span, flow)?;
            if key.tag == Tag::Merge {
                merges.push((key_line, value));
            } else {
                map.entries.push((key, value));
            }
        }
        for (line, value) in merges {
            self.merge(&mut map, value, line)?;
        }
        Ok(map)
    }

    /// Adds the entries of `<<`: what the map has itself wins, then the first of a list.
    fn merge(&self, map: &mut Map, value: Node, line: u32) -> Result<(), Error> {
        let sources = match value {
            Node::Map(source) => vec![source],
            Node::Seq(seq) => seq
                .items
                .into_iter()
                .map(|item| if let Node::Map(source) = item { Ok(source) } else { Err(()) })
                .collect::<Result<_, _>>()
                .map_err(|()| self.error(line, "map merge requires map or sequence of maps as the value"))?,
            Node::Scalar(_) => {
                return Err(self.error(line, "map merge requires map or sequence of maps as the value"));
            }
        };
        for source in sources {
            for (key, value) in source.entries {
                if map.get(&key.text).is_none() {
                    map.entries.push((key, value));
                }
            }
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, line: u32) -> Result<Node, Error> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(self.error(line, "anchor contains itself"));
        };
        self.alias_nodes += count(node);
        if self.alias_nodes > self.limits.alias_nodes {
            return Err(Error::Budget { what: "nodes added by aliases", limit: self.limits.alias_nodes });
        }
        Ok(node.clone())
    }

    fn remember(&mut self, anchor: usize, node: &Node) {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
    }

    fn scalar(
        &self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&ParserTag>,
        span: Span,
    ) -> Result<Scalar, Error> {
        if style == ScalarStyle::DoubleQuoted && self.has_slash_escapes {
            self.check_escapes(span)?;
        }
        let line = line(span);
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted => Style::Double,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        let (tag, tagged) = match tag {
            Some(tag) => (explicit(tag), true),
            None if style == Style::Plain => (resolve(text, self.dialect, true).tag(), false),
            None => (Tag::Str, false),
        };
        Ok(Scalar { text: text.to_owned(), tag, style, tagged, line, ..Scalar::default() })
    }

    /// Refuses `\/` in double quotes, which YAML 1.1 does not know.
    fn check_escapes(&self, span: Span) -> Result<(), Error> {
        let count = span.end.index().saturating_sub(span.start.index());
        let mut escaped = false;
        for c in self.source.text.chars().skip(span.start.index()).take(count) {
            if escaped && c == '/' {
                return Err(self.error(line(span), "found unknown escape character"));
            }
            escaped = c == '\\' && !escaped;
        }
        Ok(())
    }

    fn scan_error(&self, error: &ScanError) -> Error {
        self.error(u32::try_from(error.marker().line()).unwrap_or(0), error.info())
    }

    fn error(&self, line: u32, message: &str) -> Error {
        Error::Yaml { document: self.document, line, message: message.to_owned() }
    }
}

fn explicit(tag: &ParserTag) -> Tag {
    if tag.handle == "!" && tag.suffix.is_empty() {
        return Tag::Str;
    }
    let full = format!("{}{}", tag.handle, tag.suffix);
    match full.strip_prefix("tag:yaml.org,2002:").or_else(|| full.strip_prefix("!!")) {
        Some("str") => Tag::Str,
        Some("int") => Tag::Int,
        Some("float") => Tag::Float,
        Some("bool") => Tag::Bool,
        Some("null") => Tag::Null,
        Some("timestamp") => Tag::Time,
        Some("binary") => Tag::Binary,
        Some("merge") => Tag::Merge,
        _ => Tag::Other,
    }
}

fn null(line: u32) -> Node {
    Node::Scalar(Scalar { tag: Tag::Null, line, ..Scalar::default() })
}

fn line(span: Span) -> u32 {
    u32::try_from(span.start.line()).unwrap_or(0)
}

fn count(node: &Node) -> usize {
    match node {
        Node::Scalar(_) => 1,
        Node::Seq(seq) => 1 + seq.items.iter().map(count).sum::<usize>(),
        Node::Map(map) => 1 + map.entries.iter().map(|(_, value)| 1 + count(value)).sum::<usize>(),
    }
}
