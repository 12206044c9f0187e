//! Phase A: the files that secret generators and patches name are replaced by what they hold, in every kustomization file
//! that the build will read. Files of `patchesStrategicMerge` are left alone, as Flux leaves them.
//!
//! What a kustomization file says wrong, the build will say.

use std::collections::{BTreeMap, BTreeSet};

use kustomize_engine::path::clean_from_top;
use kustomize_engine::{FILE_NAMES, read_leniently};
use manifest::yaml;
use serde_json::{Map, Value};
use sops::{Document, Format, Formats, Limits};
use zeroize::Zeroizing;

use super::authentic;
use super::decryptor::{Decryptor, Opened, Problem, source_error};
use crate::error::{RenderError, SourceError};
use crate::tree::{Tree, join};

/// The tree with every file decrypted that a build from `dir` reads as plain.
pub(crate) fn files<'t>(
    tree: Tree<'t>,
    dir: &str,
    decryptor: &Decryptor<'_>,
) -> Result<Tree<'t>, RenderError> {
    let mut walk = Walk {
        tree: &tree,
        decryptor,
        plain: BTreeMap::new(),
        looked: BTreeSet::new(),
        seen: BTreeSet::new(),
    };
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        if walk.seen.insert(dir.clone()) {
            // Depth first, in the order in which they are written: the first error is the one that Flux tells.
            open.extend(walk.folder(&dir)?.into_iter().rev());
        }
    }
    decryptor.done()?;
    let plain = walk.plain;
    Ok(plain.into_iter().fold(tree, |tree, (path, content)| tree.with(path, &content)))
}

struct Walk<'a, 't> {
    tree: &'a Tree<'t>,
    decryptor: &'a Decryptor<'a>,
    plain: BTreeMap<String, Zeroizing<Vec<u8>>>,
    /// Files that were looked at.
    looked: BTreeSet<String>,
    /// Folders.
    seen: BTreeSet<String>,
}

impl Walk<'_, '_> {
    /// Decrypts what a folder's kustomization file names; returns the folders that it goes on to.
    fn folder(&mut self, dir: &str) -> Result<Vec<String>, RenderError> {
        let Some(file) = self.kustomization(dir)? else { return Ok(Vec::new()) };
        for generator in list(&file, "secretGenerator") {
            for source in texts(generator, "files") {
                let (key, path) = match source.split_once('=') {
                    Some((key, rest)) => (key, rest.split('=').next().unwrap_or_default()),
                    None => (source, source),
                };
                self.file(dir, path, Format::for_path(key))?;
            }
            let env = generator.get("env").and_then(Value::as_str);
            for path in texts(generator, "envs").chain(env) {
                let format = match Format::for_path(path) {
                    Format::Binary => Format::Dotenv,
                    format => format,
                };
                self.file(dir, path, format)?;
            }
        }
        for patch in list(&file, "patches") {
            if let Some(path) = patch.get("path").and_then(Value::as_str).filter(|path| !path.is_empty()) {
                self.file(dir, path, Format::for_path(path))?;
                self.reveal(&clean_from_top(dir, path));
            }
        }
        let mut folders = Vec::new();
        let named = ["resources", "bases", "components"].into_iter();
        for path in named.flat_map(|field| list(&file, field)).filter_map(Value::as_str) {
            if is_remote(path) {
                continue;
            }
            let path = clean_from_top(dir, path);
            if self.tree.is_dir(&path) {
                folders.push(path);
            } else {
                self.verify(&path)?;
            }
        }
        let merged = list(&file, "patchesStrategicMerge").filter_map(Value::as_str);
        for path in merged.filter(|path| !path.contains('\n')) {
            self.verify(&clean_from_top(dir, path))?;
        }
        Ok(folders)
    }

    /// What a patch holds that was decrypted goes into objects of any kind. One that is no YAML, the build will refuse.
    fn reveal(&self, path: &str) {
        let text = |content: &[u8]| std::str::from_utf8(content).map(str::to_owned).unwrap_or_default();
        let documents = |text: &str| yaml::read_all(text, yaml::Dialect::V3).unwrap_or_default();
        if let (Some(plain), Some(encrypted)) = (self.plain.get(path), self.tree.read(path)) {
            let (encrypted, plain) = (documents(&text(&encrypted)), documents(&text(plain)));
            encrypted
                .iter()
                .zip(&plain)
                .for_each(|(encrypted, plain)| self.decryptor.reveal(encrypted, plain));
        }
    }

    /// Looks at a file that is not decrypted here, if it is there.
    fn verify(&self, path: &str) -> Result<(), RenderError> {
        match self.tree.is_file(path).then(|| self.tree.read(path)).flatten() {
            Some(content) => authentic::check(path, &content, self.decryptor),
            None => Ok(()),
        }
    }

    fn kustomization(&self, dir: &str) -> Result<Option<Map<String, Value>>, RenderError> {
        let mut paths = FILE_NAMES.iter().map(|name| join(dir, name));
        let Some(content) = paths.find(|path| self.tree.is_file(path)).and_then(|path| self.tree.read(&path))
        else {
            return Ok(None);
        };
        match read_leniently(&content, self.decryptor.budget) {
            Ok(file) => Ok(Some(file)),
            Err(error) => match error.exceeded() {
                Some(exceeded) => Err(exceeded.into()),
                None => Ok(None),
            },
        }
    }

    /// Decrypts one file, if it is encrypted.
    fn file(&mut self, dir: &str, path: &str, format: Format) -> Result<(), RenderError> {
        if is_remote(path) {
            return Ok(());
        }
        let path = clean_from_top(dir, path);
        if !self.looked.insert(path.clone()) {
            return Ok(());
        }
        let Some(content) = self.tree.read(&path) else {
            let error = if self.tree.is_dir(&path) {
                SourceError::NotAFile { path }
            } else {
                SourceError::NotFound { path }
            };
            return Err(RenderError::Sources(error));
        };
        let (size, limit) = (content.len(), Limits::default().bytes);
        if size > limit {
            return Err(RenderError::Sources(SourceError::Size { path, size, limit }));
        }
        if !format.is_marked(&content) {
            // Under another name it may be of another format.
            self.looked.remove(&path);
            return Ok(());
        }
        let formats = Formats { input: format, output: format };
        let as_it_is: fn(Document) -> Document = |document| document;
        match self.decryptor.open(&content, formats, self.decryptor.verify(), as_it_is) {
            Ok(Opened::Plain(plain)) => drop(self.plain.insert(path, plain)),
            Ok(Opened::Waits) => {}
            Err(Problem::Exceeded(exceeded)) => return Err(exceeded.into()),
            Err(Problem::Sops(error)) => return Err(source_error(path, error)),
        }
        Ok(())
    }
}

fn is_remote(path: &str) -> bool {
    path.contains("://")
}

fn list<'v>(file: &'v Map<String, Value>, field: &str) -> impl Iterator<Item = &'v Value> {
    file.get(field).and_then(Value::as_array).into_iter().flatten()
}

fn texts<'v>(value: &'v Value, field: &str) -> impl Iterator<Item = &'v str> {
    value.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}
