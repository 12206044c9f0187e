//! Puts comments back between the values they stood between, by line and column.
//!
//! go-yaml ties a comment to a node as its head, its foot, or behind it on its line; sops then lays them out in order. Only
//! that order, and the level, is followed here: a comment belongs to what the next line with content belongs to, unless
//! it is indented further. Then the first of such comments, and those at its column, end the innermost collection, wherever
//! they are indented; others end the map at their own column. That is go-yaml's doing, and what sops wrote has to be
//! read so: encrypted comments are bound to their place.

use std::collections::VecDeque;

use manifest::yaml::{Map, Node, Seq};

use super::comments::Found;
use super::scalar::{key, scalar};
use crate::error::LoadError;
use crate::limits::Spent;
use crate::tree::{Branch, Comment, Item, Value};

pub(super) struct Placer<'a, 'b, 'c> {
    comments: VecDeque<Found>,
    lines: Vec<&'a str>,
    spent: &'b mut Spent<'c>,
}

impl<'a, 'b, 'c> Placer<'a, 'b, 'c> {
    pub(super) fn new(comments: Vec<Found>, text: &'a str, spent: &'b mut Spent<'c>) -> Self {
        // Splitting is skipped where nothing has to be placed.
        let lines = if comments.is_empty() { Vec::new() } else { text.split('\n').collect() };
        Self { comments: comments.into(), lines, spent }
    }

    /// The whole of a document.
    pub(super) fn document(&mut self, map: &Map) -> Result<Branch, LoadError> {
        let mut items = self.map(map, Place { depth: 0, from: 0, until: u32::MAX })?;
        items.append(&mut self.rest());
        Ok(items)
    }

    /// The comments that are left.
    pub(super) fn rest(&mut self) -> Branch {
        self.comments.drain(..).map(|found| Item::Comment(Comment::new(&found.text, false))).collect()
    }

    /// The comments of the lines before this one. A line of 0 is unknown: then none.
    fn before(&mut self, line: u32) -> Vec<Comment> {
        self.take(false, |found| found.line < line)
    }

    /// The comment behind a scalar, which may end on a later line than it begins on.
    fn behind(&mut self, line: u32, until: u32) -> Vec<Comment> {
        let Some(first) = self.comments.front() else { return Vec::new() };
        let at = first.line;
        let text = (at as usize).checked_sub(1).and_then(|i| self.lines.get(i)).copied().unwrap_or_default();
        // A mark of a list begins something else.
        if at < line || at >= until || (at != line && text.trim_start().starts_with('-')) {
            return Vec::new();
        }
        self.take(true, |found| found.inline && found.line == at)
    }

    fn take(&mut self, inline: bool, ours: impl Fn(&Found) -> bool) -> Vec<Comment> {
        let count = self.comments.iter().take_while(|found| ours(found)).count();
        self.comments.drain(..count).map(|found| Comment::new(&found.text, inline)).collect()
    }

    /// The comments after the last entry of a collection that still belong to it. Called from the inside out.
    fn after(&mut self, column: usize, until: u32, is_map: bool) -> Vec<Comment> {
        self.take(false, |found| {
            let dedented = found.column > found.next_indent.unwrap_or_default();
            let ours = found.group == 0 || (is_map && found.column >= column);
            !found.inline && found.line < until && dedented && ours
        })
    }

    /// Recurses as deep as the reader's budget allows.
    fn map(&mut self, map: &Map, place: Place) -> Result<Vec<Item>, LoadError> {
        self.spent.node(place.depth)?;
        let mut items = Vec::with_capacity(map.entries.len());
        let column = map.entries.first().map_or(0, |(key, _)| self.column(key.line, place.from));
        let mut entries = map.entries.iter().peekable();
        while let Some((name, value)) = entries.next() {
            let until = entries.peek().map_or(place.until, |(next, _)| place.nearer(next.line));
            if !map.flow {
                items.extend(self.before(name.line).into_iter().map(Item::Comment));
            }
            let first = first_line(value);
            let behind = match value {
                Node::Scalar(value) => self.behind(value.line.max(name.line), until),
                // Behind the key, if what it holds begins below.
                _ if first != name.line => {
                    self.take(first == 0, |found| found.inline && found.line == name.line)
                }
                _ => Vec::new(),
            };
            items.extend(behind.into_iter().map(Item::Comment));
            let value = self.value(value, Place { depth: place.depth + 1, from: 0, until })?;
            items.push(Item::Entry(key(name)?, value));
        }
        if !map.flow && !map.entries.is_empty() {
            items.extend(self.after(column, place.until, true).into_iter().map(Item::Comment));
        }
        Ok(items)
    }

    fn seq(&mut self, seq: &Seq, place: Place) -> Result<Vec<Value>, LoadError> {
        self.spent.node(place.depth)?;
        let mut items = Vec::with_capacity(seq.items.len());
        let column = seq.items.first().map_or(0, |item| self.column(first_line(item), place.from));
        let mut entries = seq.items.iter().peekable();
        while let Some(item) = entries.next() {
            let until = entries.peek().map_or(place.until, |next| place.nearer(first_line(next)));
            if !seq.flow {
                items.extend(self.before(first_line(item)).into_iter().map(Value::Comment));
            }
            if let Node::Scalar(scalar) = item {
                let behind = self.behind(scalar.line, until);
                items.extend(behind.into_iter().map(Value::Comment));
            }
            items.push(self.value(item, Place { depth: place.depth + 1, from: column + 1, until })?);
        }
        if !seq.flow && !seq.items.is_empty() {
            items.extend(self.after(column, place.until, false).into_iter().map(Value::Comment));
        }
        Ok(items)
    }

    fn value(&mut self, node: &Node, place: Place) -> Result<Value, LoadError> {
        self.spent.node(place.depth)?;
        Ok(match node {
            Node::Scalar(node) => scalar(node)?,
            Node::Map(map) => Value::Map(self.map(map, place)?),
            Node::Seq(seq) => Value::Seq(self.seq(seq, place)?),
        })
    }

    /// The column of the first thing on a line that does not stand before `from`.
    fn column(&self, line: u32, from: usize) -> usize {
        let text =
            (line as usize).checked_sub(1).and_then(|i| self.lines.get(i)).copied().unwrap_or_default();
        let rest = text.as_bytes().get(from..).unwrap_or_default();
        from + rest.iter().take_while(|b| **b == b' ').count()
    }
}

/// Where a node stands.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    /// It begins at this column of its line, or right of it.
    from: usize,
    /// The line on which something begins that does not belong to it.
    until: u32,
}

impl Place {
    /// A line of 0 is unknown.
    fn nearer(self, line: u32) -> u32 {
        if line == 0 { self.until } else { line }
    }
}

/// The line on which a node begins; 0 when no scalar in it says so.
fn first_line(node: &Node) -> u32 {
    let mut node = node;
    loop {
        node = match node {
            Node::Scalar(scalar) => return scalar.line,
            Node::Map(map) => match map.entries.first() {
                Some((key, _)) => return key.line,
                None => return 0,
            },
            Node::Seq(seq) => match seq.items.first() {
                Some(first) => first,
                None => return 0,
            },
        };
    }
}
