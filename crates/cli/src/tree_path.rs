//! What a path of the file system is called in the engine's tree, whose root is `/`.

use std::path::Path;

#[cfg(test)]
mod tests;

/// An absolute path as the tree has it; nothing when it is not UTF-8.
pub(crate) fn in_tree(absolute: &Path) -> Option<String> {
    absolute.to_str().map(|text| text.trim_start_matches('/').to_owned())
}
