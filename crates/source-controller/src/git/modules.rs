//! Submodules (`spec.recurseSubmodules`, contracts/source-controller.md 6.2): which there are, where, and their commits,
//! each fetched into a clone below that of the repository. Blocking. What of them is archived is `archive`'s.
//!
//! The file that names them is a repository's author's, not the object's: each address is looked at again, credentials
//! go to the repository's own host only, and their number and depth are bounded.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gix::bstr::ByteSlice as _;
use gix::objs::tree::EntryKind;
use reqwest::Url;

use super::clients::Reach;
use super::clone::{CloneError, Found, Updater};
use super::clones;
use super::http::rules::{self, Failure, Place, strip_user};
use super::http::{Http, Session};
use super::on_disk::{self, short_hash};
use super::refs::Target;
use super::ssh::Algorithms;
use super::tip::{Module, Tip};

#[cfg(test)]
mod tests;

/// Where they are, below the outermost repository's clone.
const FOLDER: &str = "modules";
/// The file that names them.
const FILE: &str = ".gitmodules";
/// Its most bytes.
const MOST_BYTES: u64 = 1 << 20;
/// Submodules of a repository, those of submodules included.
const MOST: usize = 128;
/// Within each other, as in Flux.
const DEEPEST: usize = 10;

/// One as its parent's file names it.
#[derive(Debug, PartialEq, Eq)]
struct Named {
    name: String,
    path: Vec<u8>,
    url: String,
}

/// What all submodules of one repository share.
pub(super) struct Walk<'a> {
    pub(super) session: &'a Arc<Session>,
    pub(super) algorithms: &'a Algorithms,
    pub(super) interrupt: &'a AtomicBool,
    /// The outermost repository's clone.
    pub(super) root: &'a Path,
}

/// A repository on the way down.
struct Parent<'a> {
    clone: &'a Path,
    commit: &'a str,
    url: &'a Url,
    /// Its folder.
    path: &'a [u8],
    /// Where a working copy keeps it.
    git_folder: &'a str,
    depth: usize,
}

/// Removes all submodules' clones: the repository at `root` is wanted without.
pub(super) fn forget(root: &Path) {
    clones::keep_used(&root.join(FOLDER), &HashSet::new());
}

impl Walk<'_> {
    /// Fetches all submodules of a commit. The clones of others, which the repository had once, go.
    pub(super) fn fetch(&self, tip: &Tip) -> Result<Vec<Module>, CloneError> {
        let mut found = Vec::new();
        let url = &self.session.origin;
        let (clone, commit) = (tip.clone.as_path(), tip.commit.as_str());
        self.below(&Parent { clone, commit, url, path: b"", git_folder: ".git", depth: 0 }, &mut found)?;
        // Not after a failure: what it did not come to is wanted at the next try.
        let used = found.iter().map(|module| module.clone.as_path()).collect();
        clones::keep_used(&self.root.join(FOLDER), &used);
        Ok(found)
    }

    fn below(&self, parent: &Parent<'_>, found: &mut Vec<Module>) -> Result<(), CloneError> {
        let repo = on_disk::open(parent.clone).map_err(|error| CloneError::Git(error.to_string()))?;
        for Named { name, path, url } in named(&repo, parent.commit)? {
            let Some(commit) = pinned(&repo, parent.commit, &path)? else {
                return Err(CloneError::Git("entry not found".to_owned()));
            };
            if found.len() >= MOST || parent.depth >= DEEPEST {
                return Err(CloneError::Git(format!(
                    "there are more than {MOST} submodules, or more than {DEEPEST} within each other"
                )));
            }
            let url = rules::module(parent.url, &self.session.origin, &url, self.session.private_redirects)?;
            rules::module_over_ssh(&name, &url, &self.session.origin)?;
            let clone = self.one(&url, &commit)?;
            let mut whole = parent.path.to_vec();
            if !whole.is_empty() {
                whole.push(b'/');
            }
            whole.extend_from_slice(&path);
            let git_folder = format!("{}/modules/{name}", parent.git_folder);
            let up = "../".repeat(whole.split(|byte| *byte == b'/').count());
            let git_file = format!("gitdir: {up}{git_folder}\n");
            found.push(Module {
                path: whole.clone(),
                clone: clone.clone(),
                commit: commit.clone(),
                git_file,
            });
            let (clone, commit, depth) = (clone.as_path(), commit.as_str(), parent.depth + 1);
            self.below(
                &Parent { clone, commit, url: &url, path: &whole, git_folder: &git_folder, depth },
                found,
            )?;
        }
        Ok(())
    }

    /// Fetches a commit of another repository; says where it is.
    fn one(&self, url: &Url, commit: &str) -> Result<PathBuf, CloneError> {
        let session = Arc::new(self.session_for(url)?);
        let path = self.root.join(FOLDER).join(short_hash(session.origin.as_str()));
        let http = || Http::new(Arc::clone(&session));
        let updater = Updater {
            path: &path,
            url: session.origin.as_str(),
            http: &http,
            algorithms: self.algorithms,
            exact: true,
            interrupt: self.interrupt,
            known: None,
        };
        match updater.update(&Target::Commit { id: commit.to_owned(), branch: None, label: None })? {
            Found::Revision { place, .. } => Ok(place.clone),
            Found::Unchanged => Ok(path),
        }
    }

    /// What is needed to talk to a submodule's server: credentials only for the repository's own.
    fn session_for(&self, url: &Url) -> Result<Session, CloneError> {
        let own = self.session.as_ref();
        let mut origin = url.clone();
        strip_user(&mut origin);
        let place = rules::place(url, &own.origin);
        let access = if place == Place::Origin { own.access.clone() } else { own.access.for_strangers() };
        let reach = match place {
            Place::Elsewhere if !own.private_redirects => Reach::Public,
            _ => Reach::Anywhere,
        };
        let client = own.clients.client(access.tls(), access.proxy(), reach);
        let client = client.map_err(|error| CloneError::Wire(Failure::Transport(error.to_string())))?;
        Ok(Session {
            client,
            clients: Arc::clone(&own.clients),
            runtime: own.runtime.clone(),
            origin,
            access,
            deadline: own.deadline,
            cancelled: own.cancelled.clone(),
            private_redirects: own.private_redirects,
            memory: own.memory.clone(),
            received: Arc::clone(&own.received),
        })
    }
}

/// Which submodules the file of a commit names.
fn named(repo: &gix::Repository, commit: &str) -> Result<Vec<Named>, CloneError> {
    let git = |error: gix::Error| CloneError::Git(error.to_string());
    let Some((kind, id)) = entry(repo, commit, FILE.as_bytes())? else { return Ok(Vec::new()) };
    if !matches!(kind, EntryKind::Blob | EntryKind::BlobExecutable) {
        return Ok(Vec::new());
    }
    if repo.find_header(id).map_err(git)?.size() > MOST_BYTES {
        return Err(CloneError::Git(format!("{FILE} has more than {MOST_BYTES} bytes")));
    }
    let blob = repo.find_object(id).map_err(git)?;
    parse(&blob.data).map_err(|cause| CloneError::Git(format!("{FILE} cannot be read: {cause}")))
}

fn parse(text: &[u8]) -> Result<Vec<Named>, String> {
    let metadata = gix::config::file::Metadata::default();
    let file = gix::config::File::from_bytes_no_includes(text, metadata, Default::default());
    let file = file.map_err(|error| error.to_string())?;
    let Some(sections) = file.sections_by_name("submodule") else { return Ok(Vec::new()) };
    let mut all: Vec<Named> = Vec::new();
    for section in sections {
        let Some(name) = section.header().subsection_name() else { continue };
        let name = name.to_str_lossy().into_owned();
        let (Some(path), Some(url)) = (section.value("path"), section.value("url")) else { continue };
        let path = path.trim_end_with(|c| c == '/').to_vec();
        artifact::path::check(&path).map_err(|error| error.to_string())?;
        all.retain(|one| one.name != name);
        all.push(Named { name, path, url: url.to_str_lossy().into_owned() });
        if all.len() > MOST {
            return Err(format!("it names more than {MOST} submodules"));
        }
    }
    Ok(all)
}

/// The commit that a tree has at a path.
fn pinned(repo: &gix::Repository, commit: &str, path: &[u8]) -> Result<Option<String>, CloneError> {
    Ok(match entry(repo, commit, path)? {
        Some((EntryKind::Commit, id)) => Some(id.to_string()),
        _ => None,
    })
}

fn entry(
    repo: &gix::Repository,
    commit: &str,
    path: &[u8],
) -> Result<Option<(EntryKind, gix::ObjectId)>, CloneError> {
    let git = |error: gix::Error| CloneError::Git(error.to_string());
    let id =
        gix::ObjectId::from_hex(commit.as_bytes()).map_err(|error| CloneError::Git(error.to_string()))?;
    let tree = repo.find_commit(id).map_err(git)?.tree().map_err(git)?;
    let found = tree.lookup_entry(path.split(|byte| *byte == b'/')).map_err(git)?;
    Ok(found.map(|entry| (entry.mode().kind(), entry.object_id())))
}
