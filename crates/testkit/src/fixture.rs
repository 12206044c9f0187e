//! Many files in one string, for tests that read like what they describe.
//! It knows nothing of what the files mean.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};

/// Splits `-- path --` sections into files:
///
/// ```
/// let files = testkit::fixture::files("-- a.yaml --\nkind: A\n-- b/c.txt --\nhello\n");
/// assert_eq!(files["b/c.txt"], "hello\n");
/// ```
#[must_use]
pub fn files(text: &str) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut current: Option<String> = None;
    for line in text.split_inclusive('\n') {
        if let Some(path) = header(line) {
            files.insert(path.to_owned(), String::new());
            current = Some(path.to_owned());
        } else if let Some(content) = current.as_ref().and_then(|path| files.get_mut(path)) {
            content.push_str(line);
        }
    }
    files
}

/// Writes the files of [`files`] below `folder`.
pub fn write(folder: &Path, text: &str) -> Result<()> {
    for (path, content) in files(text) {
        let target = folder.join(&path);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
        }
        std::fs::write(&target, content).with_context(|| target.display().to_string())?;
    }
    Ok(())
}

fn header(line: &str) -> Option<&str> {
    line.trim_end().strip_prefix("-- ")?.strip_suffix(" --").map(str::trim).filter(|path| !path.is_empty())
}
