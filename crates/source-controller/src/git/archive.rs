//! From a commit's tree objects straight into an archive: no checkout, so nothing in a repository becomes a path
//! on this machine (architecture D7). Symlinks stay out, and of submodules there is an empty folder
//! (contracts/source-controller.md 5.2 and 5.5). Names are archived byte by byte.
//! How a commit gets into the clone is `clone`'s.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use artifact::ignore::{self, Rules, TooMuch};
use artifact::pack::{Kept, Packer, Pieces};
use artifact::path::walk_order;
use gix::bstr::ByteSlice as _;
use gix::object::Kind;
use gix::objs::tag::ref_iter::Token;
use gix::objs::{CommitRefIter, TagRefIter};
use manifest::budget::Budget;
use manifest::foreign::without_controls;

use super::clones::Folder;
use super::on_disk;
use super::tip::{Module, TagRef, Tip};
use crate::foreign::clean;
use crate::upstream::{Content, Fetched, Means, PackError, STEPS};
use crate::verify::Evidence;
use crate::verify::signature::{Signed, Tag};

mod error;
mod limits;
mod listing;
mod objects;
#[cfg(test)]
mod samples;
mod segments;
#[cfg(test)]
mod tests;
mod whole;

pub(crate) use error::ArchiveError;
pub(super) use limits::MAX_SIGNED;
use limits::{MAX_ENTRIES, MAX_HOPS};
use listing::{Kind as Listed, Listing};
use objects::{Objects, repository};
use segments::Segments;
pub(crate) use whole::{Assembly, Include};
use whole::{Node, Sparse, Whole};

/// Bytes of memory that rules take for each byte that they are written in.
const RULES: u64 = 32;

/// Runes of a commit's subject that are kept for the event (contract 14).
const SUBJECT: usize = 50;

/// A commit in a clone, to make an archive of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Commit {
    clone: PathBuf,
    /// The commit as it was asked for, for messages.
    id: String,
    tree: gix::ObjectId,
    modules: Vec<Module>,
    assembly: Assembly,
    /// What all this is read from stays until then.
    _held: Vec<Arc<Folder>>,
}

impl Content for Commit {
    fn pack(&self, ignore: Option<&str>, means: &Means, out: &mut dyn Write) -> Result<(), PackError> {
        let pieces = self.write(ignore, &means.budget(STEPS), means.kept.clone(), out)?;
        means.made(pieces);
        Ok(())
    }
}

/// Reads a commit that is in a clone. Blocking.
pub(crate) fn read(tip: Tip, assembly: Assembly) -> Result<Fetched<Commit>, ArchiveError> {
    let Tip { clone, commit: id, tag, modules, held, leaves: _ } = tip;
    let unreadable = |cause: String| ArchiveError::Object(id.clone(), cause);
    let repo = on_disk::open(&clone).map_err(|error| unreadable(error.to_string()))?;
    let oid = gix::ObjectId::from_hex(id.as_bytes()).map_err(|error| unreadable(error.to_string()))?;
    let commit = whole_object(&repo, oid, Kind::Commit, &id)?;
    let tag = tag.map(|tag| signed_tag(&repo, tag, oid)).transpose()?;
    let parts = || CommitRefIter::from_bytes(&commit, oid.kind());
    let message = parts().message().map_err(|error| unreadable(error.to_string()))?;
    let subject = subject(message.to_str_lossy().as_ref());
    let tree = parts().tree_id().map_err(|error| unreadable(error.to_string()))?;
    if !assembly.sparse.is_empty() {
        let root = repo.find_tree(tree).map_err(|error| unreadable(error.to_string()))?;
        has_folders(&root, &assembly)?.map_err(unreadable)?;
    }
    let signed = Some(Box::new(Signed { id: id.clone(), commit, tag }));
    let evidence = Evidence { digest: format!("sha1:{oid}"), signed, attested: None };
    Ok(Fetched {
        file: id.clone(),
        content: Commit { clone, id, tree, modules, assembly, _held: held },
        evidence,
        subject,
        metadata: BTreeMap::new(),
    })
}

/// Whether a tree has all that a sparse checkout names. The inner error is of a tree that cannot be read.
fn has_folders(tree: &gix::Tree<'_>, assembly: &Assembly) -> Result<Result<(), String>, ArchiveError> {
    // A link stays out, so that nothing would be there.
    let exists = |path: &str| {
        tree.lookup_entry_by_path(path).map(|entry| entry.is_some_and(|entry| !entry.mode().is_link()))
    };
    match Sparse::missing(&assembly.sparse, exists) {
        Ok(None) => Ok(Ok(())),
        Ok(Some(folder)) => {
            let (place, shown) = (whole::clamped(folder), &assembly.shown);
            Err(ArchiveError::Sparse(format!(
                "sparse checkout dir '{folder}' does not exist in repository: lstat {shown}/{place}: no such file or \
                 directory"
            )))
        }
        Err(error) => Ok(Err(error.to_string())),
    }
}

/// An object, which a clone on a disk that went bad may have under another's name.
/// `commit` is that for messages.
fn whole_object(
    repo: &gix::Repository,
    oid: gix::ObjectId,
    kind: Kind,
    commit: &str,
) -> Result<Vec<u8>, ArchiveError> {
    let unreadable = |cause: String| ArchiveError::Object(commit.to_owned(), cause);
    // Nothing is read, and so held, of what is too large.
    let header = repo.find_header(oid).map_err(|error| unreadable(error.to_string()))?;
    if header.kind() != kind {
        return Err(unreadable(format!("object '{oid}' is a {}", header.kind())));
    }
    if header.size() > MAX_SIGNED {
        return Err(ArchiveError::Signed(MAX_SIGNED));
    }
    let found = repo.find_object(oid).map_err(|error| unreadable(error.to_string()))?;
    let read = gix::objs::compute_hash(oid.kind(), kind, &found.data)
        .map_err(|error| unreadable(error.to_string()))?;
    if read != oid {
        return Err(unreadable(format!("it is '{read}'")));
    }
    Ok(found.detach().data)
}

/// The tag that a commit was found by. That it stands for this commit is only the server's word: the tag has to say so
/// itself, because the tag is what is signed.
fn signed_tag(repo: &gix::Repository, tag: TagRef, commit: gix::ObjectId) -> Result<Tag, ArchiveError> {
    let TagRef { name, object } = tag;
    let Some(id) = object else { return Ok(Tag { name, object: None }) };
    let shown = commit.to_string();
    let oid = gix::ObjectId::from_hex(id.as_bytes())
        .map_err(|error| ArchiveError::Object(shown.clone(), error.to_string()))?;
    let data = whole_object(repo, oid, Kind::Tag, &shown)?;
    let refuse = |cause: String| ArchiveError::Tag(format!("tag '{}' {cause}", clean(&name)));
    let mut next = tagged(&data, oid.kind());
    for _ in 0..MAX_HOPS {
        match next {
            Some((target, Kind::Commit)) if target == commit => {
                return Ok(Tag { name, object: Some((id, data)) });
            }
            Some((target, Kind::Tag)) => {
                next = tagged(&whole_object(repo, target, Kind::Tag, &shown)?, target.kind());
            }
            Some((target, kind)) => {
                return Err(refuse(format!(
                    "stands for {kind} '{target}', and the server says for commit '{commit}'"
                )));
            }
            None => return Err(refuse(format!("'{id}' cannot be read: it does not say what it stands for"))),
        }
    }
    Err(refuse(format!("is one of more than {MAX_HOPS} tags of each other")))
}

/// What a tag object says that it stands for.
fn tagged(tag: &[u8], hash: gix::hash::Kind) -> Option<(gix::ObjectId, Kind)> {
    let mut tokens = TagRefIter::from_bytes(tag, hash);
    match (tokens.next()?, tokens.next()?) {
        (Ok(Token::Target { id }), Ok(Token::TargetKind(kind))) => Some((id, kind)),
        _ => None,
    }
}

impl Commit {
    fn write(
        &self,
        spec_ignore: Option<&str>,
        budget: &Budget,
        kept: Option<Kept>,
        out: &mut dyn Write,
    ) -> Result<Pieces, ArchiveError> {
        let unreadable = |error: gix::Error| ArchiveError::Object(self.id.clone(), error.to_string());
        let repo = on_disk::open(&self.clone).map_err(unreadable)?;
        let objects = Objects::of(&repo, &self.id);
        let listing = Listing::of(&objects, self.tree, budget)?;
        let Assembly { sparse, includes, shown } = &self.assembly;
        if sparse.is_empty() && includes.is_empty() && self.modules.is_empty() {
            let entries = |visit: &mut Visit<'_>| {
                listing.walk(|path, kind| match kind {
                    Listed::Dir | Listed::Module => visit(path, &Node::Dir),
                    Listed::File { id, executable } => visit(path, &Node::Blob { repo: 0, id, executable }),
                })
            };
            return archive(
                &[objects],
                &entries,
                spec_ignore,
                budget,
                Packer::within(out, budget.clone())?.beside(kept),
            );
        }
        let mut whole = Whole::default();
        whole.add(&listing, 0, b"", &Sparse::of(sparse), budget)?;
        drop(listing);
        let repos: Vec<_> = self.modules.iter().map(|module| on_disk::open(&module.clone)).collect();
        let repos = repos.into_iter().collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
        let mut all = vec![objects];
        for (module, repo) in self.modules.iter().zip(&repos) {
            let objects = Objects::of(repo, &module.commit);
            let oid = gix::ObjectId::from_hex(module.commit.as_bytes())
                .map_err(|error| ArchiveError::Object(module.commit.clone(), error.to_string()))?;
            let tree = repo.find_commit(oid).map_err(unreadable)?.tree_id().map_err(unreadable)?.detach();
            let listing = Listing::of(&objects, tree, budget)?;
            whole.add(&listing, all.len(), &module.path, &Sparse::of(&[]), budget)?;
            whole.file(&[module.path.as_slice(), b"/.git"].concat(), module.git_file.as_bytes(), budget)?;
            all.push(objects);
        }
        for include in includes {
            whole.include(include, shown, budget)?;
        }
        let entries = |visit: &mut Visit<'_>| {
            for (path, node) in whole.nodes() {
                visit(&path, node)?;
            }
            Ok(())
        };
        archive(&all, &entries, spec_ignore, budget, Packer::within(out, budget.clone())?.beside(kept))
    }
}

/// Is given each entry, parents before children, names of one folder by bytes.
type Visit<'a> = dyn FnMut(&[u8], &Node) -> Result<(), ArchiveError> + 'a;
/// Goes over all entries.
type Entries<'a> = dyn Fn(&mut Visit<'_>) -> Result<(), ArchiveError> + 'a;

fn archive<W: Write>(
    objects: &[Objects<'_>],
    entries: &Entries<'_>,
    spec_ignore: Option<&str>,
    budget: &Budget,
    packer: Packer<W>,
) -> Result<Pieces, ArchiveError> {
    let rules = rules(objects, entries, spec_ignore, budget)?;
    let mut segments = Segments::new(packer, objects, budget);
    let mut count = 0usize;
    entries(&mut |path, node| {
        if rules.is_ignored(&path.to_str_lossy(), matches!(node, Node::Dir), budget)? {
            return Ok(());
        }
        count += 1;
        if count > MAX_ENTRIES {
            return Err(ArchiveError::TooManyEntries);
        }
        segments.add(path, node)
    })?;
    Ok(segments.finish()?.finish_with_pieces()?.1)
}

/// The effective rules: every `.sourceignore` outside `.git` folders, parents before children, then the spec's.
fn rules(
    objects: &[Objects<'_>],
    entries: &Entries<'_>,
    spec_ignore: Option<&str>,
    budget: &Budget,
) -> Result<Rules, ArchiveError> {
    let mut files = Vec::new();
    let mut bytes = 0u64;
    entries(&mut |path, node| {
        if !path.ends_with(ignore::FILE_NAME.as_bytes()) || matches!(node, Node::Dir) {
            return Ok(());
        }
        let path = path.to_str_lossy();
        let (folder, name) = artifact::path::split(&path);
        let in_git = folder.split('/').any(|segment| segment == ".git");
        if name != ignore::FILE_NAME || in_git {
            return Ok(());
        }
        budget.step(1)?;
        let size = match node {
            Node::Blob { repo, id, .. } => repository(objects, *repo)?.size(*id, &path)?,
            Node::Bytes { content, .. } => content.len() as u64,
            Node::Dir => 0,
        };
        bytes = bytes.saturating_add(size);
        if bytes > ignore::MAX_BYTES {
            return Err(TooMuch::Bytes.into());
        }
        budget.hold(RULES * size)?;
        let text = match node {
            Node::Blob { repo, id, .. } => {
                repository(objects, *repo)?.blob(*id)?.data.to_str_lossy().into_owned()
            }
            Node::Bytes { content, .. } => content.to_str_lossy().into_owned(),
            Node::Dir => String::new(),
        };
        files.push((folder.to_owned(), text));
        Ok(())
    })?;
    // In the walk a folder's own file may come after a subfolder's.
    files.sort_by(|(a, _), (b, _)| walk_order(a, b));
    let files = files.iter().map(|(folder, text)| (folder.as_str(), text.as_str()));
    Ok(Rules::effective(files, spec_ignore)?)
}

fn subject(message: &str) -> String {
    let line = message.split('\n').next().unwrap_or_default();
    let line = without_controls(line);
    let mut subject: String = line.chars().take(SUBJECT).collect();
    if line.chars().nth(SUBJECT).is_some() {
        subject.push_str("...");
    }
    subject
}
