//! The root kustomization file: generated when the repository has none, then rewritten with the spec's overrides
//! (contracts/kustomize-controller.md 7). It builds nothing, and changes no other file.

mod candidate;
mod fields;
mod lenient;
mod overrides;
mod walk;

use manifest::yaml::{self, Dialect};
use serde_json::{Map, Value};

use crate::error::RenderError;
use crate::request::Request;
use crate::tree::{Tree, join};

/// The file to build from.
#[derive(Debug)]
pub(crate) struct Generated {
    /// Its path in the artifact; the file that was there is replaced.
    pub(crate) path: String,
    /// What it says.
    pub(crate) text: String,
    /// The files that a generated file lists, to be named when the build fails. Empty for an existing file.
    pub(crate) candidates: Vec<String>,
}

/// Reads or generates the kustomization file of `dir` and applies the spec to it.
pub(crate) fn generate(tree: &Tree<'_>, dir: &str, request: &Request) -> Result<Generated, RenderError> {
    let (path, mut file, candidates) = match walk::existing(tree, dir) {
        Some(path) => {
            let file = read(tree, &path, request)?;
            (path, file, Vec::new())
        }
        None => {
            let found = walk::walk(tree, dir);
            (join(dir, walk::FILE_NAMES[0]), created(dir, &found), found.files)
        }
    };
    overrides::apply(tree, dir, request, &mut file)?;
    for (field, value) in [("apiVersion", "kustomize.config.k8s.io/v1beta1"), ("kind", "Kustomization")] {
        file.entry(field).or_insert_with(|| value.into());
    }
    Ok(Generated { path, text: yaml::write(&Value::Object(file)), candidates })
}

fn read(tree: &Tree<'_>, path: &str, request: &Request) -> Result<Map<String, Value>, RenderError> {
    let bytes = tree.read(path).unwrap_or_default();
    let shown =
        |problem: String| RenderError::KustomizationFile(format!("{}: {problem}", request.shown(path)));
    let text = str::from_utf8(&bytes)
        .map_err(|_| shown("error converting YAML to JSON: yaml: invalid UTF-8".into()))?;
    let documents = yaml::read_all(first_document(text), Dialect::V2)
        .map_err(|error| shown(format!("error converting YAML to JSON: {error}")))?;
    lenient::decode(documents.into_iter().next().unwrap_or(Value::Null)).map_err(shown)
}

/// Only the first document counts; the rest need not even be YAML.
fn first_document(text: &str) -> &str {
    let (mut begun, mut end) = (false, 0);
    for line in text.split_inclusive('\n') {
        let marker = line.starts_with("---")
            && line.get(3..).is_none_or(|rest| rest.trim_start() != rest || rest.is_empty());
        if begun && marker {
            return text.get(..end).unwrap_or(text);
        }
        begun |= marker || !(line.trim().is_empty() || line.starts_with(['#', '%']));
        end += line.len();
    }
    text
}

/// What Flux writes for a folder without a kustomization file. An empty one would not build, so it sets a namespace.
fn created(dir: &str, found: &walk::Found) -> Map<String, Value> {
    let mut file = Map::new();
    if found.resources.is_empty() {
        file.insert("namespace".into(), "_placeholder".into());
    } else {
        let relative = |path: &String| {
            let rest = path.strip_prefix(dir).unwrap_or(path).trim_start_matches('/');
            Value::String(format!("./{rest}"))
        };
        file.insert("resources".into(), found.resources.iter().map(relative).collect());
    }
    file
}

/// The first file that a generated kustomization file should not have listed, and what is wrong with it.
pub(crate) fn not_kubernetes_yaml(
    tree: &Tree<'_>,
    candidates: &[String],
    request: &Request,
) -> Option<RenderError> {
    candidates.iter().find_map(|path| {
        let problem = candidate::problem(&tree.read(path)?)?;
        Some(RenderError::NotKubernetesYaml { shown: request.shown(path), problem })
    })
}
