//! Submodules (`spec.recurseSubmodules`, contracts/source-controller.md 6.2): which there are, where, and their commits,
//! each fetched into a clone of its address, which repositories share (docs/design/0015). Blocking. What of them is
//! archived is `archive`'s.
//!
//! The file that names them is a repository's author's, not the object's: each address is looked at again, credentials
//! go to the repository's own host only, and their number and depth are bounded.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gix::bstr::ByteSlice as _;
use gix::objs::tree::EntryKind;
use reqwest::Url;

use super::archive::MAX_SIGNED;
use super::clients::Reach;
use super::clone::{CloneError, Updater};
use super::clones::{Kept, Key, Purpose, Run, Used};
use super::guard::Excess;
use super::http::rules::{self, Failure, Place, strip_user};
use super::http::{Http, Session};
use super::on_disk;
use super::refs::Target;
use super::ssh::Algorithms;
use super::tip::{Module, Tip};
use crate::access::Access;

#[cfg(test)]
mod tests;

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
    /// The outermost repository's run.
    pub(super) run: &'a Run,
    /// Who asks, whatever the token is that stands for it.
    pub(super) access: &'a Access,
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

impl Walk<'_> {
    /// Fetches all submodules of a commit, and says what of which clone they are.
    pub(super) fn fetch(&self, tip: &mut Tip, used: &mut Used<Key>) -> Result<(), CloneError> {
        let mut found = Vec::new();
        let url = &self.session.origin;
        let (clone, commit) = (tip.clone.as_path(), tip.commit.as_str());
        self.below(&Parent { clone, commit, url, path: b"", git_folder: ".git", depth: 0 }, &mut found)?;
        for (module, kept) in found {
            used.entry(kept.key()).or_default().insert(module.commit.clone());
            tip.held.push(kept.folder());
            tip.modules.push(module);
        }
        Ok(())
    }

    fn below(&self, parent: &Parent<'_>, found: &mut Vec<(Module, Kept)>) -> Result<(), CloneError> {
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
            let kept = self.one(&url, &commit)?;
            let mut whole = parent.path.to_vec();
            if !whole.is_empty() {
                whole.push(b'/');
            }
            whole.extend_from_slice(&path);
            let git_folder = format!("{}/modules/{name}", parent.git_folder);
            let up = "../".repeat(whole.split(|byte| *byte == b'/').count());
            let git_file = format!("gitdir: {up}{git_folder}\n");
            let clone = kept.path().to_owned();
            let module =
                Module { path: whole.clone(), clone: clone.clone(), commit: commit.clone(), git_file };
            found.push((module, kept));
            let (clone, commit, depth) = (clone.as_path(), commit.as_str(), parent.depth + 1);
            self.below(
                &Parent { clone, commit, url: &url, path: &whole, git_folder: &git_folder, depth },
                found,
            )?;
        }
        Ok(())
    }

    /// Fetches a commit of another repository; says where it is.
    fn one(&self, url: &Url, commit: &str) -> Result<Kept, CloneError> {
        let (session, place, reach) = self.session_for(url)?;
        let session = Arc::new(session);
        let access = if place == Place::Origin { self.access.clone() } else { self.access.for_strangers() };
        let kept = self.run.claim(&session.origin, &access, Purpose::Module(reach))?;
        let http = || Http::new(Arc::clone(&session));
        let updater = Updater {
            kept: &kept,
            url: session.origin.as_str(),
            http: &http,
            algorithms: self.algorithms,
            exact: true,
            interrupt: self.interrupt,
            known: None,
        };
        let target = Target::Commit { id: commit.to_owned(), branch: None, label: None };
        let (_, kept) = updater.update(&target)?;
        Ok(kept)
    }

    /// What is needed to talk to a submodule's server: credentials only for the repository's own.
    fn session_for(&self, url: &Url) -> Result<(Session, Place, Reach), CloneError> {
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
        Ok((Session { client, origin, access, ..Session::clone(own) }, place, reach))
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
    // It is read as a whole.
    if repo.find_header(id).map_err(git)?.size() > MAX_SIGNED {
        return Err(CloneError::Wire(Excess::Signed(MAX_SIGNED).into()));
    }
    let tree = repo.find_commit(id).map_err(git)?.tree().map_err(git)?;
    let found = tree.lookup_entry(path.split(|byte| *byte == b'/')).map_err(git)?;
    Ok(found.map(|entry| (entry.mode().kind(), entry.object_id())))
}
