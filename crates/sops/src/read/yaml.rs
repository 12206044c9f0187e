//! YAML as sops reads it with go-yaml v3. Structure and types come from `manifest`; comments, which it does not keep, are
//! looked for in the text and put back where they stood.

mod comments;
mod merges;
mod place;
mod scalar;

use manifest::yaml::{Dialect, Limits as YamlLimits, Node, read_nodes};

use crate::error::LoadError;
use crate::limits::Spent;
use crate::tree::Branch;
use merges::without_merges;
use place::Placer;

pub(super) fn read(text: &str, spent: &mut Spent<'_>) -> Result<Vec<Branch>, LoadError> {
    let limits = spent.limits();
    let limits = YamlLimits {
        bytes: limits.bytes,
        depth: limits.depth,
        alias_nodes: limits.nodes,
        documents: limits.nodes,
    };
    let marks = comments::find(text);
    let nodes =
        read_nodes(&without_merges(text, &marks.merges), Dialect::V3, &limits).map_err(
            |error| match error {
                manifest::Error::Budget { what, limit } => LoadError::Budget { what, limit },
                other => LoadError::Yaml(other.to_string()),
            },
        )?;
    let mut documents = marks.documents.into_iter();
    let mut branches = Vec::new();
    for node in nodes {
        let mut placer = Placer::new(documents.next().unwrap_or_default(), text, spent);
        branches.push(match &node {
            Node::Map(map) => placer.document(map)?,
            // A document without content.
            Node::Scalar(scalar) if scalar.is_null() => placer.rest(),
            Node::Scalar(_) => return Err(unsupported("values")),
            Node::Seq(_) => return Err(unsupported("sequences")),
        });
    }
    Ok(branches)
}

fn unsupported(what: &str) -> LoadError {
    LoadError::Yaml(format!("YAML documents that are {what} are not supported"))
}
