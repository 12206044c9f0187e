//! Commits that no git program would make, written object by object into a repository of their own.

use std::path::Path;

use gix::ObjectId;
use gix::object::Kind;
use gix::objs::Write as _;
use manifest::budget::{Budget, Cancel, Limits};

use super::listing::Listing;
use super::objects::Objects;
use super::{ArchiveError, Assembly, Commit, read};
use crate::git::clone::Tip;
use crate::upstream::{Content as _, Means, PackError};

pub(super) const FILE: &str = "100644";
pub(super) const EXECUTABLE: &str = "100755";
pub(super) const LINK: &str = "120000";
pub(super) const SUBMODULE: &str = "160000";
pub(super) const FOLDER: &str = "40000";

/// A repository, and what is in it.
pub(super) struct Raw {
    folder: tempfile::TempDir,
    repo: gix::Repository,
}

impl Raw {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repo = gix::init_bare(folder.path()).unwrap();
        Self { folder, repo }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Any object.
    pub(super) fn object(&self, kind: Kind, bytes: &[u8]) -> ObjectId {
        self.repo.objects.write_buf(kind, bytes).unwrap()
    }

    pub(super) fn blob(&self, text: &str) -> ObjectId {
        self.object(Kind::Blob, text.as_bytes())
    }

    /// A tree of these entries, in this order.
    pub(super) fn tree<N: AsRef<[u8]>>(
        &self,
        entries: impl IntoIterator<Item = (&'static str, N, ObjectId)>,
    ) -> ObjectId {
        let mut bytes = Vec::new();
        for (mode, name, id) in entries {
            bytes.extend_from_slice(mode.as_bytes());
            bytes.push(b' ');
            bytes.extend_from_slice(name.as_ref());
            bytes.push(0);
            bytes.extend_from_slice(id.as_slice());
        }
        self.object(Kind::Tree, &bytes)
    }

    /// A tree that names one thing so many times.
    pub(super) fn many(&self, count: usize, mode: &'static str, id: ObjectId) -> ObjectId {
        self.tree((0..count).map(|number| (mode, format!("{number:06}"), id)))
    }

    /// A tree in so many folders within each other.
    pub(super) fn nested(&self, depth: usize, name: &str, inner: ObjectId) -> ObjectId {
        (0..depth).fold(inner, |inner, _| self.tree([(FOLDER, name, inner)]))
    }

    pub(super) fn list(&self, tree: ObjectId, budget: &Budget) -> Result<Listing, ArchiveError> {
        Listing::of(&Objects::of(&self.repo, "c"), tree, budget)
    }

    /// The commit of a tree.
    pub(super) fn commit(&self, tree: ObjectId) -> Commit {
        let who = "Test <test@flyball.dev> 1700000000 +0000";
        let text = format!("tree {tree}\nauthor {who}\ncommitter {who}\n\nsubject\n");
        let id = self.object(Kind::Commit, text.as_bytes()).to_string();
        let tip = Tip { clone: self.path().to_owned(), commit: id, ..Tip::default() };
        read(tip, Assembly::default()).unwrap().content
    }

    /// Packs a tree within a number of steps.
    pub(super) fn within(
        &self,
        steps: u64,
        tree: ObjectId,
        ignore: Option<&str>,
    ) -> Result<Budget, ArchiveError> {
        let budget = Budget::new(Limits { steps, ..Limits::NONE }, Cancel::default());
        self.commit(tree).write(ignore, &budget, None, &mut std::io::sink()).map(|_| budget)
    }

    /// Packs a tree as the controller does.
    pub(super) fn pack(&self, tree: ObjectId) -> Result<(), PackError> {
        self.commit(tree).pack(None, &Means::default(), &mut std::io::sink())
    }
}
