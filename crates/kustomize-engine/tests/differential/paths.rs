//! The leaves of a document with their paths in the notations of JSON patches and replacements.

use std::fmt::Write as _;

use crate::node::Node;

/// A scalar of a document.
#[derive(Debug, Clone)]
pub(crate) struct Leaf {
    /// As in JSON patches.
    pub(crate) pointer: String,
    /// As in replacements.
    pub(crate) field: String,
    /// The pointer of the list nearest to it.
    pub(crate) list: Option<String>,
    pub(crate) value: Node,
}

impl Leaf {
    /// The scalar as it stands in the file, and whether it is certainly a string.
    pub(crate) fn text(&self) -> (&str, bool) {
        match &self.value {
            Node::Text(text) => (text, true),
            Node::Raw(text) => {
                let word = text.starts_with(|c: char| c.is_ascii_lowercase() || c == '/')
                    && text.len() > 1
                    && !["true", "false", "null", "yes", "no", "on"].contains(&text.as_str());
                (text, word)
            }
            _ => ("", false),
        }
    }
}

/// All scalars that stand in no anchor.
pub(crate) fn leaves(node: &Node) -> Vec<Leaf> {
    let mut found = Vec::new();
    walk(node, "", "", None, &mut found);
    found
}

fn walk(node: &Node, pointer: &str, field: &str, list: Option<&str>, found: &mut Vec<Leaf>) {
    match node {
        Node::Map(fields) => {
            for (key, value) in fields {
                let pointer = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                let dot = if field.is_empty() { "" } else { "." };
                let step = if key.contains('.') { format!("[{key}]") } else { key.clone() };
                walk(value, &pointer, &format!("{field}{dot}{step}"), list, found);
            }
        }
        Node::List(items) => {
            for (at, item) in items.iter().enumerate() {
                let mut step = format!("{field}.");
                let same = items.iter().filter(|other| other.get("name") == item.get("name")).count();
                match item.get("name") {
                    Some(Node::Raw(name) | Node::Text(name))
                        if same == 1 && at % 3 != 2 && !name.contains('.') =>
                    {
                        write!(step, "[name={name}]").unwrap();
                    }
                    _ => write!(step, "{at}").unwrap(),
                }
                walk(item, &format!("{pointer}/{at}"), &step, Some(pointer), found);
            }
        }
        Node::Raw(_) | Node::Text(_) => found.push(Leaf {
            pointer: pointer.to_owned(),
            field: field.to_owned(),
            list: list.map(str::to_owned),
            value: node.clone(),
        }),
        Node::Anchor(..) | Node::Alias(_) => {}
    }
}
