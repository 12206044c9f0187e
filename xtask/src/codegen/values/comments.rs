//! Reads the keys of `values.yaml` with what their comments say. YAML readers drop comments, so lines are looked at: block
//! maps, indented by two. What the values are is left to the YAML reader.

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};

/// A key of the values.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// The names from the top.
    pub(super) path: Vec<String>,
    /// What is said of it after `# --`, in one line.
    pub(super) description: String,
    /// JSON after `# @schema`, which is laid over what follows from the default.
    pub(super) schema: Option<Map<String, Value>>,
    /// The section after `# @inherits`, whose keys this one takes too.
    pub(super) inherits: Option<String>,
    /// The value in the file.
    pub(super) default: Value,
}

impl Key {
    /// Whether it is a map whose keys are described one by one.
    pub(super) fn is_section(&self) -> bool {
        self.schema.is_none() && self.default.as_object().is_some_and(|map| !map.is_empty())
    }

    /// The names with dots.
    pub(super) fn name(&self) -> String {
        self.path.join(".")
    }
}

/// Every key in the order of the file.
pub(super) fn keys(text: &str) -> Result<Vec<Key>> {
    let values: Value = serde_saphyr::from_str(text).context("is no YAML")?;
    let mut keys: Vec<Key> = Vec::new();
    let mut comment: Vec<&str> = Vec::new();
    let mut path: Vec<String> = Vec::new();
    // Within what is one row, however deep it goes, nothing is looked at.
    let mut closed: Option<usize> = None;
    for line in text.lines() {
        let content = line.trim_start();
        let depth = (line.len() - content.len()) / 2;
        if content.is_empty() {
            comment.clear();
        } else if let Some(words) = content.strip_prefix('#') {
            comment.push(words.strip_prefix(' ').unwrap_or(words));
        } else if closed.is_none_or(|above| depth <= above) {
            let (name, _) =
                content.split_once(':').with_context(|| format!("cannot read the line {line:?}"))?;
            if depth > path.len() {
                bail!("{name} is not indented by two");
            }
            path.truncate(depth);
            path.push(name.to_owned());
            let key = key(&path, &comment, &values).with_context(|| path.join("."))?;
            closed = (!key.is_section()).then_some(depth);
            keys.push(key);
            comment.clear();
        }
    }
    complete(&keys, &values, &mut Vec::new())?;
    Ok(keys)
}

fn key(path: &[String], comment: &[&str], values: &Value) -> Result<Key> {
    let default =
        path.iter().try_fold(values, |value, name| value.get(name)).context("is no key of the YAML")?;
    let mut key = Key {
        path: path.to_vec(),
        description: String::new(),
        schema: None,
        inherits: None,
        default: default.clone(),
    };
    let mut described = false;
    for line in comment {
        if let Some(json) = line.strip_prefix("@schema ") {
            key.schema = Some(serde_json::from_str(json).context("@schema")?);
        } else if let Some(section) = line.strip_prefix("@inherits ") {
            key.inherits = Some(section.trim().to_owned());
        } else if let Some(words) = line.strip_prefix("-- ") {
            described = true;
            words.clone_into(&mut key.description);
        } else if described {
            key.description.push(' ');
            key.description.push_str(line);
        }
    }
    if key.description.is_empty() && !key.is_section() {
        bail!("has no comment that begins with `# --`");
    }
    Ok(key)
}

/// Whether every key of the YAML was found by its line.
fn complete(keys: &[Key], values: &Value, path: &mut Vec<String>) -> Result<()> {
    for (name, value) in values.as_object().into_iter().flatten() {
        path.push(name.clone());
        let Some(key) = keys.iter().find(|key| key.path == *path) else {
            bail!("{} is written in a way that is not understood here", path.join("."));
        };
        if key.is_section() {
            complete(keys, value, path)?;
        }
        path.pop();
    }
    Ok(())
}
