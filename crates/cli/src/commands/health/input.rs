//! Objects out of files and standard input: what stands where, so that an error can say it.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use manifest::yaml::{Dialect, Limits, Node, read_nodes, to_value_v2};
use manifest::{Error, Manifest};
use serde_json::Value;

use crate::error::{CliError, system_text};

#[cfg(test)]
mod tests;

/// Most that is read of one file.
const MAX_BYTES: u64 = 64 << 20;

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The file as it was given.
    pub(super) file: String,
    /// Number of the document, from 1.
    pub(super) document: usize,
    /// Line at which it begins, if that is known.
    line: Option<u32>,
    /// Number of the item, from 1, where the document is a list.
    item: Option<usize>,
}

#[cfg(test)]
impl Place {
    /// A document whose line is not known.
    pub(super) fn new(file: &str, document: usize) -> Self {
        Self { file: file.to_owned(), document, line: None, item: None }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, document {}", self.file, self.document)?;
        if let Some(line) = self.line {
            write!(f, " (line {line})")?;
        }
        match self.item {
            Some(item) => write!(f, ", item {item}"),
            None => Ok(()),
        }
    }
}

/// A document that is not empty.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) place: Place,
    pub(super) value: Value,
}

/// An object and where it stands.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) place: Place,
    pub(super) object: Manifest,
}

/// All documents of all files that are not empty.
pub(super) fn documents(files: &[PathBuf]) -> Result<Vec<Document>, CliError> {
    let mut all = Vec::new();
    for file in files {
        let (shown, text) = text_of(file)?;
        all.extend(parsed(&shown, &text)?);
    }
    Ok(all)
}

fn text_of(file: &Path) -> Result<(String, String), CliError> {
    let is_stdin = file.as_os_str() == "-";
    let shown = if is_stdin { "standard input".to_owned() } else { file.display().to_string() };
    let mut bytes = Vec::new();
    let read = if is_stdin {
        io::stdin().take(MAX_BYTES + 1).read_to_end(&mut bytes)
    } else {
        File::open(file).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| CliError::input(format!("read {shown}: {}", system_text(&error))))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(CliError::input(format!("{shown} is larger than {} MiB", MAX_BYTES >> 20)));
    }
    let text = String::from_utf8(bytes).map_err(|_| CliError::input(format!("{shown} is not UTF-8")))?;
    Ok((shown, text))
}

/// The documents of one text.
fn parsed(file: &str, text: &str) -> Result<Vec<Document>, CliError> {
    let wrong = |error: &Error| {
        let document = if let Error::Yaml { document, .. } = error { document + 1 } else { 1 };
        CliError::input(format!("{file}, document {document}: {error}"))
    };
    let nodes = read_nodes(text, Dialect::V2, &Limits::default()).map_err(|error| wrong(&error))?;
    let mut documents = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let place = Place { file: file.to_owned(), document: index + 1, line: line_of(node), item: None };
        let value = to_value_v2(node).map_err(|error| CliError::input(format!("{place}: {error}")))?;
        if !value.is_null() {
            documents.push(Document { place, value });
        }
    }
    Ok(documents)
}

fn line_of(node: &Node) -> Option<u32> {
    node.as_map()?.entries.first().map(|(key, _)| key.line).filter(|line| *line > 0)
}

/// The objects in documents; lists are taken apart.
pub(super) fn objects(documents: Vec<Document>) -> Result<Vec<Object>, CliError> {
    let mut objects = Vec::new();
    for Document { place, mut value } in documents {
        let is_list = value.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"));
        let items = if is_list { value.get_mut("items").and_then(Value::as_array_mut) } else { None };
        match items {
            Some(items) => {
                for (index, item) in std::mem::take(items).into_iter().enumerate() {
                    objects.push(object(Place { item: Some(index + 1), ..place.clone() }, item)?);
                }
            }
            None => objects.push(object(place, value)?),
        }
    }
    if objects.is_empty() {
        return Err(CliError::input("there is no object in the files"));
    }
    Ok(objects)
}

fn object(place: Place, value: Value) -> Result<Object, CliError> {
    match Manifest::new(value) {
        Ok(object) => Ok(Object { place, object }),
        Err(error) => Err(CliError::input(format!("{place}: {error}")).with_hints([
            "each document has to be an object with apiVersion, kind and metadata.name, or a list of such"
                .to_owned(),
        ])),
    }
}
