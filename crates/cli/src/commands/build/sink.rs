//! Where the objects of a build go: standard output, a file, or one file per object. They are kept until the build has
//! succeeded as a whole.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::file_names::file_names;
use super::folder::Folder;
use crate::error::CliError;
use crate::output::Output;

#[cfg(test)]
mod tests;

/// The objects so far, and where they go in the end.
#[derive(Debug, PartialEq)]
pub(super) enum Sink<'a> {
    /// To standard output, as documents of one stream.
    Stdout(String),
    /// The same into a file, which is replaced.
    File(&'a Path, String),
    /// Into an existing directory. The objects are kept, because all of them decide about the names of the files.
    Directory(&'a Path, Vec<Value>),
}

impl<'a> Sink<'a> {
    /// What `--output` asks for.
    pub(super) fn of(output: Option<&'a Path>) -> Self {
        match output {
            None => Self::Stdout(String::new()),
            Some(path) if path.is_dir() => Self::Directory(path, Vec::new()),
            Some(path) => Self::File(path, String::new()),
        }
    }

    /// Takes the next object.
    pub(super) fn add(&mut self, object: Value) {
        match self {
            Self::Stdout(text) | Self::File(_, text) => {
                if !text.is_empty() {
                    text.push_str("---\n");
                }
                manifest::yaml::write_to(text, &object);
            }
            Self::Directory(_, objects) => objects.push(object),
        }
    }

    /// Writes everything that it was given.
    pub(super) fn write(&self, output: &mut Output<'_>) -> Result<(), CliError> {
        match self {
            Self::Stdout(text) => output.print(text.as_bytes()),
            Self::File(path, text) => write_file(path, text),
            Self::Directory(directory, objects) => {
                // All names before the first file, so that a refusal leaves nothing behind.
                let named = file_names(objects)?;
                let folder = Folder::open(directory)?;
                named
                    .into_iter()
                    .try_for_each(|(name, object)| folder.write(&name, &manifest::yaml::write(object)))
            }
        }
    }
}

fn write_file(path: &Path, text: &str) -> Result<(), CliError> {
    // The action is what kustomize says for every failure here, not only for a file that cannot be opened.
    fs::write(path, text).map_err(|error| CliError::file("open", &path.display().to_string(), &error))
}
