//! Which folder of a checkout stands for the root of the source's artifact. Pure.

use std::path::{Component, Path, PathBuf};

#[cfg(test)]
mod tests;

/// The root, given the absolute folder that was named and `spec.path`: the folder itself where it has the path, else the
/// folder above that the path leads from to the one that was named, as `flux diff` takes it. `is_dir` looks.
pub(super) fn root(folder: &Path, path: &str, is_dir: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    let below = relative(path);
    if is_dir(&folder.join(&below)) {
        return Some(folder.to_owned());
    }
    let depth = below.components().count();
    let above = folder.ancestors().nth(depth)?;
    (above.join(&below) == folder).then(|| above.to_owned())
}

/// `spec.path` without what leads out of the root, as it is joined to it.
pub(super) fn relative(path: &str) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(name) => clean.push(name),
            Component::ParentDir => drop(clean.pop()),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    clean
}
