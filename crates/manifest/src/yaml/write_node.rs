//! From nodes to text as go-yaml v3 writes them in kyaml's settings: order, quoting and flow style kept, no folding, lists not
//! indented below their key.

use std::borrow::Cow;

use super::quoting::{escaped, style_allowed};
use super::{Dialect, Map, Node, Scalar, Seq, Style, Tag, refold, resolve};

/// One document, ending in a line break.
#[must_use]
pub fn write_node(node: &Node) -> String {
    let mut out = String::new();
    block(&mut out, node, 0, Place::Root);
    // Also where the text ends in a line break: a block that keeps its breaks has one more than it shows.
    out.push('\n');
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Item,
    Value,
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// Writes a node behind `- `, `key:` or nothing. Ends without line break.
fn block(out: &mut String, node: &Node, indent: usize, place: Place) {
    match node {
        Node::Map(map) if !map.flow && !map.entries.is_empty() => {
            if place == Place::Value {
                out.push('\n');
            }
            for (i, (key, value)) in map.entries.iter().enumerate() {
                if i > 0 {
                    out.push('\n');
                }
                if i > 0 || place == Place::Value {
                    pad(out, indent);
                }
                scalar(out, key, indent, true, false);
                out.push(':');
                let inner = match value {
                    Node::Seq(_) => indent,
                    _ => indent + 2,
                };
                space(out, value);
                block(out, value, inner, Place::Value);
            }
        }
        Node::Seq(seq) if !seq.flow && !seq.items.is_empty() => {
            if place == Place::Value {
                out.push('\n');
            }
            for (i, item) in seq.items.iter().enumerate() {
                if i > 0 {
                    out.push('\n');
                }
                if i > 0 || place == Place::Value {
                    pad(out, indent);
                }
                out.push('-');
                out.push(' ');
                block(out, item, indent + 2, Place::Item);
            }
        }
        Node::Scalar(value) => {
            scalar(out, value, indent.max(if place == Place::Root { 2 } else { indent }), false, false);
        }
        collection => flow(out, collection),
    }
}

/// The blank between a key and what stays on its line.
fn space(out: &mut String, value: &Node) {
    let below = match value {
        Node::Map(map) => !map.flow && !map.entries.is_empty(),
        Node::Seq(seq) => !seq.flow && !seq.items.is_empty(),
        Node::Scalar(scalar) => scalar.text.is_empty() && tag_and_style(scalar) == (None, Style::Plain),
    };
    if !below {
        out.push(' ');
    }
}

fn flow(out: &mut String, node: &Node) {
    match node {
        Node::Map(Map { entries, .. }) => {
            out.push('{');
            for (i, (key, value)) in entries.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                scalar(out, key, 0, true, true);
                out.push_str(": ");
                flow(out, value);
            }
            out.push('}');
        }
        Node::Seq(Seq { items, .. }) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                flow(out, item);
            }
            out.push(']');
        }
        Node::Scalar(value) => scalar(out, value, 0, false, true),
    }
}

/// The tag that has to be written, and the style.
fn tag_and_style(value: &Scalar) -> (Option<&'static str>, Style) {
    let implied = resolve(&value.text, Dialect::V3, true).tag();
    let style = match value.style {
        Style::Plain if value.text.contains('\n') => Style::Literal,
        style => style,
    };
    if value.tagged && value.tag != Tag::Other {
        return (Some(tag_text(value.tag)), style);
    }
    if value.style != Style::Plain {
        return (None, style);
    }
    match value.tag {
        Tag::None => (None, style),
        Tag::Str | Tag::Other if style == Style::Plain && implied != Tag::Str => (None, Style::Double),
        Tag::Str | Tag::Other => (None, style),
        tag if tag != implied => (Some(tag_text(tag)), style),
        _ => (None, style),
    }
}

fn scalar(out: &mut String, value: &Scalar, indent: usize, key: bool, flow: bool) {
    let text = value.text.as_str();
    let (tag, style) = tag_and_style(value);
    let style = style_allowed(text, style, key || flow, flow);
    if let Some(tag) = tag {
        out.push_str(tag);
        if !text.is_empty() || style != Style::Plain {
            out.push(' ');
        }
    }
    match style {
        Style::Plain => out.push_str(text),
        Style::Single => single(out, text, indent),
        Style::Double => {
            out.push('"');
            out.push_str(&escaped(text));
            out.push('"');
        }
        style @ (Style::Literal | Style::Folded) => literal(out, text, indent, style),
    }
}

/// Line breaks are doubled, since a reader folds them.
fn single(out: &mut String, text: &str, indent: usize) {
    out.push('\'');
    let mut breaks = false;
    for c in text.chars() {
        if c == '\n' {
            if !breaks {
                out.push('\n');
            }
            out.push('\n');
            breaks = true;
            continue;
        }
        if breaks {
            pad(out, indent);
            breaks = false;
        }
        out.push(c);
        if c == '\'' {
            out.push(c);
        }
    }
    out.push('\'');
}

fn literal(out: &mut String, text: &str, indent: usize, style: Style) {
    out.push(if style == Style::Literal { '|' } else { '>' });
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    if !text.ends_with('\n') {
        out.push('-');
    } else if text == "\n" || text.ends_with("\n\n") {
        out.push('+');
    }
    let block = if style == Style::Folded { refold::write(text).into() } else { Cow::Borrowed(text) };
    for line in block.strip_suffix('\n').unwrap_or(&block).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            pad(out, indent);
            out.push_str(line);
        }
    }
}

fn tag_text(tag: Tag) -> &'static str {
    match tag {
        Tag::Int => "!!int",
        Tag::Float => "!!float",
        Tag::Bool => "!!bool",
        Tag::Null => "!!null",
        Tag::Time => "!!timestamp",
        Tag::Binary => "!!binary",
        Tag::Merge => "!!merge",
        Tag::None | Tag::Str | Tag::Other => "!!str",
    }
}

#[cfg(test)]
mod tests;
