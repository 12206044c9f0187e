//! Finds what a generated kustomization file lists. It reads no file: whether each is Kubernetes YAML the build tells.

use kustomize_engine::{Entry, FILE_NAMES};

use crate::tree::{Tree, join};

/// The kustomization file of a folder, if it has one.
pub(super) fn existing(tree: &Tree<'_>, dir: &str) -> Option<String> {
    FILE_NAMES.iter().map(|name| join(dir, name)).find(|path| tree.is_file(path))
}

/// What the walk found, in its order.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Files and folders to list.
    pub(super) resources: Vec<String>,
    /// The files among them.
    pub(super) files: Vec<String>,
}

/// Depth first in lexical order: YAML files, hidden ones too, and folders with a kustomization file of their own,
/// which are not descended into.
pub(super) fn walk(tree: &Tree<'_>, dir: &str) -> Found {
    let mut found = Found::default();
    // A stack of what is left to visit, so that a deep tree costs memory and not stack.
    let mut left: Vec<(String, Entry)> = children(tree, dir);
    while let Some((path, entry)) = left.pop() {
        match entry {
            Entry::Directory if existing(tree, &path).is_some() => found.resources.push(path),
            Entry::Directory => left.extend(children(tree, &path)),
            Entry::File if is_yaml(&path) => {
                found.files.push(path.clone());
                found.resources.push(path);
            }
            Entry::File => {}
        }
    }
    found
}

/// Last first, to be popped from a stack.
fn children(tree: &Tree<'_>, dir: &str) -> Vec<(String, Entry)> {
    let mut children: Vec<_> =
        tree.list(dir).into_iter().map(|(name, entry)| (join(dir, &name), entry)).collect();
    children.reverse();
    children
}

/// Go's `filepath.Ext`: what follows the last dot of the base name, so `.yaml` itself counts.
fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}
