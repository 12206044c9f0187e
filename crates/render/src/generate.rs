//! The root kustomization file: generated when the repository has none, then rewritten with the spec's overrides
//! (contracts/kustomize-controller.md 7). It builds nothing, and changes no other file.

mod candidate;
mod overrides;
mod walk;

use kustomize_engine::{FILE_NAMES, read_leniently};
use manifest::budget::Budget;
use manifest::yaml;
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
pub(crate) fn generate(
    tree: &Tree<'_>,
    dir: &str,
    request: &Request,
    budget: &Budget,
) -> Result<Generated, RenderError> {
    let (path, mut file, candidates) = match walk::existing(tree, dir) {
        Some(path) => {
            let file = read(tree, &path, request, budget)?;
            (path, file, Vec::new())
        }
        None => {
            let found = walk::walk(tree, dir);
            (join(dir, FILE_NAMES[0]), created(dir, &found), found.files)
        }
    };
    overrides::apply(tree, dir, request, &mut file, budget)?;
    for (field, value) in [("apiVersion", "kustomize.config.k8s.io/v1beta1"), ("kind", "Kustomization")] {
        file.entry(field).or_insert_with(|| value.into());
    }
    Ok(Generated { path, text: yaml::write(&Value::Object(file)), candidates })
}

fn read(
    tree: &Tree<'_>,
    path: &str,
    request: &Request,
    budget: &Budget,
) -> Result<Map<String, Value>, RenderError> {
    let bytes = tree.read(path).unwrap_or_default();
    read_leniently(&bytes, budget).map_err(|problem| {
        let text = format!("{}: {problem}", request.shown(path));
        match problem.exceeded() {
            Some(exceeded) => RenderError::Exceeded { exceeded, text },
            None => RenderError::KustomizationFile(text),
        }
    })
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
    budget: &Budget,
) -> Result<Option<RenderError>, RenderError> {
    for path in candidates {
        let Some(content) = tree.read(path) else { continue };
        if let Some(problem) = candidate::problem(&content, budget)? {
            return Ok(Some(RenderError::NotKubernetesYaml { shown: request.shown(path), problem }));
        }
    }
    Ok(None)
}
