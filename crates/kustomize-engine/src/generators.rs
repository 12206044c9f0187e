//! `ConfigMap`s and Secrets made from files, env files and literals.

mod hash;
mod sources;

use std::collections::BTreeMap;

use base64::Engine as _;
use manifest::yaml::{Map, Node, Scalar, Style, Tag};

pub(crate) use hash::name_hash;

use crate::edit;
use crate::error::{Error, Result};
use crate::kustomization::{GeneratorArgs, GeneratorOptions};
use crate::load::Loader;
use crate::resource::{Resource, string_node};

/// Which kind is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A `ConfigMap`.
    ConfigMap,
    /// A Secret.
    Secret,
}

/// Options of one entry over those of the kustomization.
pub(crate) fn merge_options(
    local: Option<&GeneratorOptions>,
    global: Option<&GeneratorOptions>,
) -> Option<GeneratorOptions> {
    let Some(global) = global else { return local.cloned() };
    let mut merged = local.cloned().unwrap_or_default();
    for (into, from) in [(&mut merged.labels, &global.labels), (&mut merged.annotations, &global.annotations)]
    {
        for (key, value) in from {
            into.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    merged.disable_name_suffix_hash |= global.disable_name_suffix_hash;
    merged.immutable |= global.immutable;
    Some(merged)
}

/// Makes the object of one entry.
pub(crate) fn generate(
    loader: &Loader<'_>,
    kind: Kind,
    args: &GeneratorArgs,
    options: Option<&GeneratorOptions>,
) -> Result<Resource> {
    if args.name.is_empty() {
        return Err(Error::input("a configmap must have a name"));
    }
    let work = loader.work();
    work.step(1)?;
    let data = sources::read(loader, args)?;
    // Until the object is among the others, its data is there as bytes, as text and in it.
    let size: usize = data.iter().map(|(key, value)| key.len() + value.len()).sum();
    work.walk(size)?;
    let _data = work.held(size.saturating_mul(4))?;
    let mut root = Map::default();
    let name = if kind == Kind::ConfigMap { "ConfigMap" } else { "Secret" };
    root.entries.push((Scalar::string("apiVersion"), Node::string("v1")));
    root.entries.push((Scalar::string("kind"), Node::string(name)));
    let mut metadata = Map::default();
    edit::set_field(&mut metadata, "name", Some(Node::Scalar(Scalar::string(args.name.as_str()))));
    if !args.namespace.is_empty() {
        edit::set_field(
            &mut metadata,
            "namespace",
            Some(Node::Scalar(Scalar::string(args.namespace.as_str()))),
        );
    }
    if let Some(options) = options {
        for (field, texts) in [("labels", &options.labels), ("annotations", &options.annotations)] {
            if texts.contains_key("") {
                if kind == Kind::ConfigMap {
                    return Err(edit::wrong_kind("ScalarNode", &Node::map()));
                }
                // For a Secret the original gives up here, silently.
                metadata.entries.push((Scalar::untyped(field), Node::map()));
                break;
            }
            if !texts.is_empty() {
                metadata.entries.push((Scalar::untyped(field), texts_node(texts)));
            }
        }
    }
    root.entries.push((Scalar::untyped("metadata"), Node::Map(metadata)));
    match kind {
        Kind::ConfigMap => add_config_map_data(&mut root, data),
        Kind::Secret => {
            let type_ = if args.type_.is_empty() { "Opaque" } else { &args.type_ };
            edit::set_field(&mut root, "type", Some(Node::Scalar(string_node(type_))));
            let encoded =
                data.into_iter().map(|(key, value)| (key, value_node(base64_lines(&value)))).collect();
            root.entries.push((Scalar::untyped("data"), fields_node(encoded)));
        }
    }
    if options.is_some_and(|options| options.immutable) {
        edit::set_field(&mut root, "immutable", Some(Node::Scalar(Scalar::typed("true", Tag::Bool))));
    }
    let mut resource = Resource::new(Node::Map(root))?;
    if options.is_none_or(|options| !options.disable_name_suffix_hash) {
        resource.enable_hash()?;
    }
    resource.set_behavior(&args.behavior)?;
    Ok(resource)
}

fn texts_node(texts: &BTreeMap<String, String>) -> Node {
    let mut map = Map::default();
    for (key, value) in texts {
        let scalar = Scalar { style: Style::Single, ..Scalar::string(value.as_str()) };
        edit::push_field(&mut map, key, Node::Scalar(scalar));
    }
    Node::Map(map)
}

fn add_config_map_data(root: &mut Map, data: BTreeMap<String, Vec<u8>>) {
    let (mut texts, mut binaries) = (Vec::new(), Vec::new());
    for (key, value) in data {
        match String::from_utf8(value) {
            Ok(text) => {
                texts.push((key, value_node(text)));
            }
            Err(bytes) => {
                binaries.push((key, value_node(base64_lines(bytes.as_bytes()))));
            }
        }
    }
    for (field, values) in [("data", texts), ("binaryData", binaries)] {
        if !values.is_empty() {
            root.entries.push((Scalar::untyped(field), fields_node(values)));
        }
    }
}

fn value_node(text: String) -> Node {
    let style = if text.contains('\n') { Style::Literal } else { Style::Plain };
    Node::Scalar(Scalar { style, ..Scalar::string(text) })
}

fn fields_node(values: Vec<(String, Node)>) -> Node {
    let mut map = Map::default();
    for (key, value) in values {
        edit::push_field(&mut map, &key, value);
    }
    Node::Map(map)
}

/// Base64; from 70 characters on in lines of 70, each with a line break.
fn base64_lines(bytes: &[u8]) -> String {
    const WIDTH: usize = 70;
    let encoded = base64::engine::general_purpose::STANDARD.encode(bytes);
    if encoded.len() < WIDTH {
        return encoded;
    }
    let mut lines = String::with_capacity(encoded.len() + encoded.len() / WIDTH + 1);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at_checked(WIDTH).unwrap_or((rest, ""));
        lines.push_str(line);
        lines.push('\n');
        rest = more;
    }
    lines
}
