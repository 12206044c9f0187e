//! From tokens to nodes: structure, tags, anchors and merge keys, within budgets.

use std::collections::{HashMap, HashSet};

use compact_str::CompactString;

use super::scan::{Kind, Kinds, Mark, Problem, Scanner, Token};
use super::{Dialect, Map, Node, Scalar, Seq, Style, Tag, resolve};
use crate::Error;
use crate::budget::Budget;

mod spent;

use spent::Spent;

/// Keys from which on a mapping is searched through an index.
const INDEXED: usize = 16;
/// Bytes of text that are scanned or copied for one step.
const BYTES_PER_STEP: usize = 64;

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
    nodes(Reader::new(text, dialect, limits, None)?, limits)
}

/// As [`read_nodes`], charged to a budget: a step for each node, also of those that aliases add, and for what is
/// scanned; bytes as [`Node::weight`] counts them. They are held while it reads: what is returned is the caller's to
/// hold.
///
/// # Errors
/// As [`read_nodes`], and when the budget is exceeded.
pub fn read_nodes_in(
    text: &str,
    dialect: Dialect,
    limits: &Limits,
    budget: &Budget,
) -> Result<Vec<Node>, Error> {
    nodes(Reader::new(text, dialect, limits, Some(budget))?, limits)
}

fn nodes(mut reader: Reader<'_>, limits: &Limits) -> Result<Vec<Node>, Error> {
    let mut nodes = Vec::new();
    while let Some(node) = reader.document()? {
        nodes.push(node);
        if nodes.len() > limits.documents {
            return Err(Error::Budget { what: "documents", limit: limits.documents });
        }
    }
    Ok(nodes)
}

/// Reads the first document of a stream; what follows it is not looked at.
///
/// # Errors
/// As [`read_nodes`].
pub fn read_first_node(text: &str, dialect: Dialect, limits: &Limits) -> Result<Option<Node>, Error> {
    Reader::new(text, dialect, limits, None)?.document()
}

/// As [`read_first_node`], charged to a budget as [`read_nodes_in`] does it.
///
/// # Errors
/// As [`read_nodes_in`].
pub fn read_first_node_in(
    text: &str,
    dialect: Dialect,
    limits: &Limits,
    budget: &Budget,
) -> Result<Option<Node>, Error> {
    Reader::new(text, dialect, limits, Some(budget))?.document()
}

struct Reader<'a> {
    scanner: Scanner<'a>,
    dialect: Dialect,
    limits: &'a Limits,
    /// `None` while the node is still being read.
    anchors: HashMap<String, Option<Node>>,
    /// Handles that the document states; two need not be.
    tags: HashMap<String, String>,
    spent: Spent<'a>,
    /// Items and entries of the lists and maps that are being read, outer ones first: what is made of them takes no more
    /// room than it needs.
    items: Vec<Node>,
    entries: Vec<(u32, Node, Node)>,
    alias_nodes: usize,
    /// Nodes so far, those that aliases added included.
    nodes: usize,
    documents: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn new(
        text: &'a str,
        dialect: Dialect,
        limits: &'a Limits,
        budget: Option<&'a Budget>,
    ) -> Result<Self, Error> {
        if text.len() > limits.bytes {
            return Err(Error::Budget { what: "bytes", limit: limits.bytes });
        }
        let mut spent = Spent::new(budget);
        spent.steps(text.len() / BYTES_PER_STEP)?;
        if has_control(text) {
            let message = "control characters are not allowed".to_owned();
            return Err(Error::Yaml { document: 0, line: 0, message });
        }
        Ok(Self {
            scanner: Scanner::new(text, dialect),
            dialect,
            limits,
            anchors: HashMap::new(),
            tags: HashMap::new(),
            spent,
            items: Vec::new(),
            entries: Vec::new(),
            alias_nodes: 0,
            nodes: 0,
            documents: 0,
            depth: 0,
        })
    }

    fn fail(&self, problem: &Problem) -> Error {
        Error::Yaml { document: self.documents, line: problem.line(), message: problem.message.to_owned() }
    }

    fn plain_error(&self, line: u32, message: impl Into<String>) -> Error {
        Error::Yaml { document: self.documents, line, message: message.into() }
    }

    fn peek(&mut self) -> Result<&Token, Error> {
        let documents = self.documents;
        self.scanner.peek().map_err(|problem| Error::Yaml {
            document: documents,
            line: problem.line(),
            message: problem.message.to_owned(),
        })
    }

    fn take(&mut self) -> Result<Token, Error> {
        self.scanner.take().map_err(|problem| self.fail(&problem))
    }

    /// What comes next, without what it holds.
    fn next_is(&mut self, kinds: Kinds) -> Result<bool, Error> {
        Ok(kinds.have(&self.peek()?.kind))
    }

    fn unexpected<T>(&mut self, context: Option<Mark>, message: &'static str) -> Result<T, Error> {
        let mark = self.peek()?.start;
        Err(self.fail(&Problem { context, mark, message, scanner: false }))
    }

    fn document(&mut self) -> Result<Option<Node>, Error> {
        let first = self.documents == 0;
        if first && self.next_is(Kinds::STREAM_START)? {
            self.take()?;
        }
        // Marks for the end of a document may follow one, but not lead a stream.
        while !first && self.next_is(Kinds::DOCUMENT_END)? {
            self.take()?;
        }
        self.anchors.clear();
        self.tags.clear();
        let (mut explicit, mut versioned, mut started) = (false, false, false);
        loop {
            match &self.peek()?.kind {
                Kind::StreamEnd if !explicit => return Ok(None),
                Kind::VersionDirective => {
                    if versioned {
                        return self.unexpected(None, "found duplicate %YAML directive");
                    }
                    self.take()?;
                    versioned = true;
                    explicit = true;
                }
                Kind::TagDirective(_) => {
                    if let Kind::TagDirective(tagging) = self.take()?.kind {
                        self.spent.hold(Node::WEIGHT + tagging.handle.len() + tagging.rest.len())?;
                        self.tags.insert(tagging.handle, tagging.rest);
                    }
                    explicit = true;
                }
                Kind::DocumentStart => {
                    self.take()?;
                    started = true;
                    break;
                }
                _ if first && !explicit => break,
                _ => return self.unexpected(None, "did not find expected <document start>"),
            }
        }
        let empty = started
            && matches!(
                self.peek()?.kind,
                Kind::VersionDirective
                    | Kind::TagDirective(_)
                    | Kind::DocumentStart
                    | Kind::DocumentEnd
                    | Kind::StreamEnd
            );
        let node = if empty { null(0) } else { self.node(true, false)? };
        // The end of a document is looked for before it counts as read.
        self.peek()?;
        self.spent.flush()?;
        self.documents += 1;
        Ok(Some(node))
    }

    fn node(&mut self, block: bool, indentless: bool) -> Result<Node, Error> {
        self.nodes += 1;
        self.spent.node()?;
        let token = self.peek()?;
        let start = token.start;
        match &token.kind {
            Kind::Scalar { .. } => return self.scalar_node(None, start),
            Kind::Alias(_) => {
                let Kind::Alias(name) = self.take()?.kind else { return Ok(null(0)) };
                return self.alias(&name, start.line + 1);
            }
            Kind::Anchor(_) | Kind::Tag(_) => {}
            _ => return self.content(block, indentless, start, (None, false)),
        }
        let (mut anchor, mut tag) = (None, None);
        loop {
            match &self.peek()?.kind {
                Kind::Anchor(_) if anchor.is_none() => {
                    if let Kind::Anchor(name) = self.take()?.kind {
                        self.anchors.insert(name.clone(), None);
                        anchor = Some(name);
                    }
                }
                Kind::Tag(_) if tag.is_none() => {
                    let mark = self.peek()?.start;
                    if let Kind::Tag(tagging) = self.take()?.kind {
                        tag = Some(self.full_tag(&tagging.handle, &tagging.rest, start, mark)?);
                    }
                }
                _ => break,
            }
        }
        let tag = tag.as_deref().filter(|tag| *tag != "!");
        let node = self.content(block, indentless, start, (tag, anchor.is_some()))?;
        if let Some(anchor) = anchor {
            self.spent.copy(&node)?;
            self.anchors.insert(anchor, Some(node.clone()));
        }
        Ok(node)
    }

    fn content(
        &mut self,
        block: bool,
        indentless: bool,
        start: Mark,
        (tag, anchored): (Option<&str>, bool),
    ) -> Result<Node, Error> {
        let token = self.peek()?;
        let mark = token.start;
        match &token.kind {
            Kind::BlockEntry if indentless => self.indentless(),
            Kind::Scalar { .. } => self.scalar_node(tag, mark),
            Kind::FlowSequenceStart => self.flow_sequence(mark),
            Kind::FlowMappingStart => self.flow_mapping(mark),
            Kind::BlockSequenceStart if block => self.block_sequence(mark),
            Kind::BlockMappingStart if block => self.block_mapping(mark),
            _ if anchored || tag.is_some() => {
                Ok(Node::Scalar(self.scalar(CompactString::default(), Style::Plain, tag, mark.line + 1)))
            }
            _ => self.unexpected(Some(start), "did not find expected node content"),
        }
    }

    /// The scalar that comes next.
    fn scalar_node(&mut self, tag: Option<&str>, mark: Mark) -> Result<Node, Error> {
        let Kind::Scalar { text, style } = self.take()?.kind else { return Ok(null(0)) };
        self.spent.hold(text.len())?;
        Ok(Node::Scalar(self.scalar(text, style, tag, mark.line + 1)))
    }

    fn full_tag(&mut self, handle: &str, suffix: &str, start: Mark, mark: Mark) -> Result<String, Error> {
        if handle.is_empty() {
            return Ok(suffix.to_owned());
        }
        let stated = self.tags.get(handle).map(String::as_str);
        match stated.or(match handle {
            "!" => Some("!"),
            "!!" => Some("tag:yaml.org,2002:"),
            _ => None,
        }) {
            Some(prefix) => {
                self.spent.steps(prefix.len() / BYTES_PER_STEP)?;
                Ok(format!("{prefix}{suffix}"))
            }
            None => Err(self.fail(&Problem {
                context: Some(start),
                mark,
                message: "found undefined tag handle",
                scanner: false,
            })),
        }
    }

    fn alias(&mut self, name: &str, line: u32) -> Result<Node, Error> {
        match self.anchors.get(name) {
            // An anchor's name can be a password that begins with an asterisk.
            None => Err(self.plain_error(line, "unknown anchor referenced")),
            Some(None) => Err(self.plain_error(line, "anchor value contains itself")),
            Some(Some(node)) => {
                let added = count(node);
                self.alias_nodes += added;
                self.nodes += added;
                if self.alias_nodes > self.limits.alias_nodes {
                    let limit = self.limits.alias_nodes;
                    return Err(Error::Budget { what: "nodes added by aliases", limit });
                }
                if self.dialect == Dialect::V2 && is_excessive(self.alias_nodes, self.nodes) {
                    return Err(self.plain_error(0, "document contains excessive aliasing"));
                }
                self.spent.copy(node)?;
                Ok(node.clone())
            }
        }
    }

    fn descend(&mut self) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(Error::Budget { what: "nested levels", limit: self.limits.depth });
        }
        Ok(())
    }

    /// The node after an indicator, or a null where another indicator follows.
    fn node_unless(&mut self, ends: Kinds, block: bool, indentless: bool) -> Result<Node, Error> {
        if self.next_is(ends)? {
            let line = self.peek()?.start.line + 1;
            self.spent.node()?;
            return Ok(null(line));
        }
        self.node(block, indentless)
    }

    fn block_sequence(&mut self, start: Mark) -> Result<Node, Error> {
        self.take()?;
        self.descend()?;
        let base = self.items.len();
        loop {
            match self.peek()?.kind {
                Kind::BlockEntry => {
                    self.take()?;
                    let item = self.node_unless(Kinds::BLOCK_ENTRY.or(Kinds::BLOCK_END), true, false)?;
                    self.items.push(item);
                }
                Kind::BlockEnd => break,
                _ => return self.unexpected(Some(start), "did not find expected '-' indicator"),
            }
        }
        self.take()?;
        self.depth -= 1;
        Ok(self.sequence(base, false))
    }

    fn indentless(&mut self) -> Result<Node, Error> {
        self.descend()?;
        let base = self.items.len();
        while self.next_is(Kinds::BLOCK_ENTRY)? {
            self.take()?;
            let ends = Kinds::BLOCK_ENTRY.or(Kinds::KEY).or(Kinds::VALUE).or(Kinds::BLOCK_END);
            let item = self.node_unless(ends, true, false)?;
            self.items.push(item);
        }
        self.depth -= 1;
        Ok(self.sequence(base, false))
    }

    fn block_mapping(&mut self, start: Mark) -> Result<Node, Error> {
        self.take()?;
        self.descend()?;
        let base = self.entries.len();
        let ends = Kinds::KEY.or(Kinds::VALUE).or(Kinds::BLOCK_END);
        loop {
            match self.peek()?.kind {
                Kind::Key => {
                    let line = self.take()?.start.line + 1;
                    let key = self.node_unless(ends, true, true)?;
                    let value = self.value(ends, true)?;
                    self.entries.push((line, key, value));
                }
                Kind::BlockEnd => break,
                _ => return self.unexpected(Some(start), "did not find expected key"),
            }
        }
        self.take()?;
        self.depth -= 1;
        self.mapping(base, false)
    }

    /// What follows `:`, or a null when there is none.
    fn value(&mut self, ends: Kinds, block: bool) -> Result<Node, Error> {
        if !self.next_is(Kinds::VALUE)? {
            let line = self.peek()?.start.line + 1;
            self.spent.node()?;
            return Ok(null(line));
        }
        self.take()?;
        self.node_unless(ends, block, block)
    }

    fn flow_sequence(&mut self, start: Mark) -> Result<Node, Error> {
        self.take()?;
        self.descend()?;
        let base = self.items.len();
        let ends = Kinds::VALUE.or(Kinds::FLOW_ENTRY).or(Kinds::FLOW_SEQUENCE_END);
        while !self.next_is(Kinds::FLOW_SEQUENCE_END)? {
            if self.items.len() > base {
                if !self.next_is(Kinds::FLOW_ENTRY)? {
                    return self.unexpected(Some(start), "did not find expected ',' or ']'");
                }
                self.take()?;
            }
            if self.next_is(Kinds::KEY)? {
                let line = self.take()?.start.line + 1;
                let key = self.node_unless(ends, false, false)?;
                let value = self.value(Kinds::FLOW_ENTRY.or(Kinds::FLOW_SEQUENCE_END), false)?;
                let pairs = self.entries.len();
                self.entries.push((line, key, value));
                let item = self.mapping(pairs, true)?;
                self.items.push(item);
            } else if !self.next_is(Kinds::FLOW_SEQUENCE_END)? {
                let item = self.node(false, false)?;
                self.items.push(item);
            }
        }
        self.take()?;
        self.depth -= 1;
        Ok(self.sequence(base, true))
    }

    fn flow_mapping(&mut self, start: Mark) -> Result<Node, Error> {
        self.take()?;
        self.descend()?;
        let base = self.entries.len();
        let ends = Kinds::VALUE.or(Kinds::FLOW_ENTRY).or(Kinds::FLOW_MAPPING_END);
        while !self.next_is(Kinds::FLOW_MAPPING_END)? {
            if self.entries.len() > base {
                if !self.next_is(Kinds::FLOW_ENTRY)? {
                    return self.unexpected(Some(start), "did not find expected ',' or '}'");
                }
                self.take()?;
            }
            let line = self.peek()?.start.line + 1;
            if self.next_is(Kinds::KEY)? {
                self.take()?;
                let key = self.node_unless(ends, false, false)?;
                let value = self.value(Kinds::FLOW_ENTRY.or(Kinds::FLOW_MAPPING_END), false)?;
                self.entries.push((line, key, value));
            } else if !self.next_is(Kinds::FLOW_MAPPING_END)? {
                let key = self.node(false, false)?;
                self.entries.push((line, key, null(line)));
            }
        }
        self.take()?;
        self.depth -= 1;
        self.mapping(base, true)
    }

    /// The list of the items that were read from a place on.
    fn sequence(&mut self, base: usize, flow: bool) -> Node {
        Node::Seq(Seq { items: self.items.drain(base..).collect(), flow })
    }

    /// The map of the entries that were read from a place on.
    fn mapping(&mut self, base: usize, flow: bool) -> Result<Node, Error> {
        let mut map = Map { entries: Vec::with_capacity(self.entries.len() - base), flow };
        let mut merges = Vec::new();
        let mut wrong = None;
        for (line, key, value) in self.entries.drain(base..) {
            let key = match key {
                Node::Scalar(key) => key,
                // Legal as long as nobody asks for the value: what is written out fails.
                _ if self.dialect == Dialect::V3 => {
                    Scalar { tag: Tag::Other, tagged: true, line, ..Scalar::default() }
                }
                _ => {
                    wrong = wrong.or(Some((line, "invalid map key")));
                    continue;
                }
            };
            if key.tag != Tag::Merge {
                map.entries.push((key, value));
            } else if self.dialect == Dialect::V3 && !merges.is_empty() {
                wrong = wrong.or(Some((0, "duplicate merge key")));
            } else {
                merges.push((line, value));
            }
        }
        if let Some((line, message)) = wrong {
            return Err(self.plain_error(line, message));
        }
        if merges.is_empty() && self.dialect == Dialect::V3 {
            // The original clears the key by its text, quoted or not.
            map.remove("<<");
        }
        for (line, value) in merges {
            self.merge(&mut map, value, line)?;
        }
        Ok(Node::Map(map))
    }

    /// Adds the entries of `<<`: what the map has itself wins, then the first of a list.
    fn merge(&mut self, map: &mut Map, value: Node, line: u32) -> Result<(), Error> {
        let document = self.documents;
        let message = "map merge requires map or sequence of maps as the value";
        let wrong = || Error::Yaml { document, line, message: message.to_owned() };
        let sources = match value {
            Node::Map(source) => vec![source],
            Node::Seq(seq) => {
                let maps = seq.items.into_iter().map(|item| match item {
                    Node::Map(source) => Ok(source),
                    _ => Err(wrong()),
                });
                maps.collect::<Result<_, _>>()?
            }
            Node::Scalar(_) => return Err(wrong()),
        };
        let count = map.entries.len() + sources.iter().map(|source| source.entries.len()).sum::<usize>();
        self.spent.steps(count)?;
        let mut known = (count >= INDEXED)
            .then(|| map.entries.iter().map(|(key, _)| key.text.clone()).collect::<HashSet<_>>());
        for source in sources {
            for (key, value) in source.entries {
                let new = match &mut known {
                    Some(known) => known.insert(key.text.clone()),
                    None => map.get(&key.text).is_none(),
                };
                if new {
                    map.entries.push((key, value));
                }
            }
        }
        Ok(())
    }

    fn scalar(&self, text: CompactString, style: Style, tag: Option<&str>, line: u32) -> Scalar {
        let (tag, tagged) = match tag {
            Some(tag) => (explicit(tag), true),
            None if style != Style::Plain => (Tag::Str, false),
            None => (resolve(&text, self.dialect, true).tag(), false),
        };
        Scalar { text, tag, style, tagged, line, ..Scalar::default() }
    }
}

fn explicit(tag: &str) -> Tag {
    match tag.strip_prefix("tag:yaml.org,2002:").or_else(|| tag.strip_prefix("!!")) {
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

fn has_control(text: &str) -> bool {
    // One pass over bytes first: those of ASCII that are refused, and those that begin other characters.
    let suspect = |b: &u8| (*b < b' ' && !matches!(b, b'\t' | b'\n' | b'\r')) || *b >= 0x7f;
    text.as_bytes().iter().any(suspect) && text.contains(is_control)
}

/// What the reader of the original refuses anywhere in a text.
fn is_control(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
}

/// How much of a document go-yaml lets come from aliases: nearly all of a small one, a tenth of a large one.
fn is_excessive(from_aliases: usize, nodes: usize) -> bool {
    const LOW: usize = 400_000;
    const HIGH: usize = 4_000_000;
    let beyond = nodes.clamp(LOW, HIGH) - LOW;
    // In millionths.
    let allowed = 990_000 - 890_000 * beyond / (HIGH - LOW);
    from_aliases > 100
        && nodes > 1000
        && from_aliases.saturating_mul(1_000_000) > nodes.saturating_mul(allowed)
}

/// What a copy of a node costs: nodes, and long texts by their length.
fn count(node: &Node) -> usize {
    match node {
        Node::Scalar(scalar) => 1 + scalar.text.len() / 64,
        Node::Seq(seq) => 1 + seq.items.iter().map(count).sum::<usize>(),
        Node::Map(map) => 1 + map.entries.iter().map(|(_, value)| 1 + count(value)).sum::<usize>(),
    }
}

#[cfg(test)]
mod tests;
