//! YAML in and out, in the two dialects of Go that Kubernetes' tools use, without the tools' text round trips.
//!
//! [`read_all`] and [`write`] are for everybody; [`read_nodes`] keeps quoting, tags and duplicate keys for code that
//! follows kustomize's own handling of them.

mod convert;
mod dialect;
mod keys;
mod node;
mod number;
mod quoting;
mod read;
mod refold;
mod resolve;
mod scan;
mod write;
mod write_node;

pub use convert::{to_value_v2, to_value_v3, to_value_v3_direct};
pub use dialect::Dialect;
pub use keys::sort_keys;
pub use node::{Map, Node, Scalar, Seq, Style, Tag};
pub use number::{go_float, json_float};
pub use quoting::style_v3;
pub use read::{Limits, read_first_node, read_first_node_in, read_nodes, read_nodes_in};
pub use resolve::{Resolved, resolve, timestamp};
pub use write::{write, write_all, write_to};
pub use write_node::write_node;

use crate::Error;

/// Reads every document of a stream. Empty and `null` documents are left out.
///
/// # Errors
/// When the text is no YAML, breaks a rule of the dialect or a budget of [`Limits::default`].
pub fn read_all(text: &str, dialect: Dialect) -> Result<Vec<serde_json::Value>, Error> {
    let mut values = Vec::new();
    for node in read_nodes(text, dialect, &Limits::default())? {
        let value = match dialect {
            Dialect::V2 => to_value_v2(&node)?,
            Dialect::V3 => to_value_v3(&node)?,
        };
        if !value.is_null() {
            values.push(value);
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests;
