//! The objects of a commit, read from a clone, and whose fault it is when one is not what it should be: the clone is
//! mended by fetching it again, the commit is not.

use gix::object::Kind;

use super::error::ArchiveError;

/// The objects that a commit's tree names.
pub(super) struct Objects<'a> {
    repo: &'a gix::Repository,
    /// The commit as it was asked for, for messages.
    commit: &'a str,
}

impl<'a> Objects<'a> {
    /// Of a commit in a clone.
    pub(super) const fn of(repo: &'a gix::Repository, commit: &'a str) -> Self {
        Self { repo, commit }
    }

    /// A folder.
    pub(super) fn tree(&self, id: gix::ObjectId) -> Result<gix::Tree<'a>, ArchiveError> {
        let object = self.repo.find_object(id).map_err(|error| self.unreadable(&error.to_string()))?;
        if object.kind != Kind::Tree {
            return Err(self.fault(id, object.kind, &object.data, "it is listed as a folder and is none"));
        }
        object.try_into_tree().map_err(|error| self.unreadable(&error.to_string()))
    }

    /// The size of a file that is listed at `path`.
    pub(super) fn size(&self, id: gix::ObjectId, path: &str) -> Result<u64, ArchiveError> {
        let header = self.repo.find_header(id).map_err(|error| self.unreadable(&error.to_string()))?;
        if header.kind() == Kind::Blob {
            Ok(header.size())
        } else {
            Err(ArchiveError::NotAFile(artifact::path::quoted(path)))
        }
    }

    /// The size of a file whose [size](Self::size) was asked before.
    pub(super) fn blob_size(&self, id: gix::ObjectId) -> Result<u64, ArchiveError> {
        let header = self.repo.find_header(id).map_err(|error| self.unreadable(&error.to_string()))?;
        Ok(header.size())
    }

    /// The content of a file whose [size](Self::size) was asked before.
    pub(super) fn blob(&self, id: gix::ObjectId) -> Result<gix::Object<'a>, ArchiveError> {
        self.repo.find_object(id).map_err(|error| self.unreadable(&error.to_string()))
    }

    /// A tree object that cannot be decoded.
    pub(super) fn malformed(&self, tree: &gix::Tree<'_>, cause: &str) -> ArchiveError {
        self.fault(tree.id, Kind::Tree, &tree.data, cause)
    }

    fn unreadable(&self, cause: &str) -> ArchiveError {
        ArchiveError::Object(self.commit.to_owned(), cause.to_owned())
    }

    /// An object that is whole is as its author made it; any other was damaged on our disk.
    fn fault(&self, id: gix::ObjectId, kind: Kind, data: &[u8], cause: &str) -> ArchiveError {
        match gix::objs::compute_hash(id.kind(), kind, data) {
            Ok(hash) if hash == id => ArchiveError::Malformed(id.to_string(), cause.to_owned()),
            _ => self.unreadable(&format!("object '{id}': {cause}")),
        }
    }
}

/// One of several repositories.
pub(super) fn repository<'a, 'b>(
    all: &'a [Objects<'b>],
    number: usize,
) -> Result<&'a Objects<'b>, ArchiveError> {
    all.get(number).ok_or_else(|| ArchiveError::Object(number.to_string(), "no such repository".to_owned()))
}
