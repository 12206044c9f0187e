//! What can go wrong with an artifact, by who is at fault: the digest text, the archive, the server or the disk.
//! How a controller reports it is the controller's matter.

use std::path::PathBuf;

/// A digest that cannot be read (contracts/source-controller.md 2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DigestError {
    /// Not of the form `<algorithm>:<hex>`.
    #[error("digest '{0}' is not of the form <algorithm>:<hex>")]
    Malformed(String),
    /// An algorithm that is not known.
    #[error("unsupported digest algorithm '{0}'")]
    UnknownAlgorithm(String),
}

/// A path that an artifact may not contain (architecture D10).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// Empty, absolute, with `..` or a NUL.
    #[error("path {0:?} is not a clean relative path")]
    Unclean(String),
    /// Longer than any path may be.
    #[error("path {path:?}… has more than {limit} bytes")]
    TooLong {
        /// How it begins.
        path: String,
        /// Most bytes.
        limit: usize,
    },
    /// Within more folders than any path may be.
    #[error("path {path:?} has more than {limit} segments")]
    TooDeep {
        /// How it begins.
        path: String,
        /// Most segments, its name included.
        limit: usize,
    },
    /// The same path twice, or a file where a folder is.
    #[error("path {0:?} occurs twice")]
    Duplicate(String),
}

/// An archive that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnpackError {
    /// Not compressed with gzip.
    #[error("requires gzip-compressed body: gzip: invalid header")]
    NotGzip,
    /// A path that is not UTF-8.
    #[error("archive contains a name that is not valid UTF-8: {0}")]
    NotUtf8(String),
    /// Nothing at all.
    #[error("requires gzip-compressed body: EOF")]
    Empty,
    /// An entry that is neither a file, nor a folder, nor a link.
    #[error("tar file entry {name} contained unsupported file type {kind}")]
    Unsupported {
        /// Its name.
        name: String,
        /// What it is, as Go prints it.
        kind: &'static str,
    },
    /// Where contents are kept meanwhile cannot be written.
    #[error("unpacked content cannot be kept: {0}")]
    Spool(String),
    /// Not a readable tar.gz.
    #[error("archive cannot be read: {0}")]
    Malformed(String),
    /// A path that may not be there.
    #[error("tar contained invalid name error{}", invalid_name(.0))]
    Path(#[from] PathError),
    /// More entries than allowed.
    #[error("archive has more than {0} entries")]
    TooManyEntries(u64),
    /// More bytes than allowed once decompressed.
    #[error("archive expands to more than {0} bytes")]
    TooLarge(u64),
    /// A name or another extension of a header that is longer than any that is meant well.
    #[error("archive has a header of more than {0} bytes")]
    LongHeader(u64),
    /// Nobody waits for the result any more.
    #[error("reading the archive was cancelled")]
    Cancelled,
    /// The process cannot spare the memory now. To be tried again with more of it reserved.
    #[error("there is not enough memory for the archive at the moment")]
    Reserve,
}

/// The name alone where it is what is wrong, as Flux has it.
fn invalid_name(error: &PathError) -> String {
    match error {
        PathError::Unclean(name) => format!(" {name:?}"),
        other => format!(": {other}"),
    }
}

/// An artifact that could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The digest in the artifact cannot be read.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// The server answered 404: the artifact is not there (yet, or no longer).
    #[error("file not found: {url}")]
    NotFound {
        /// The address asked.
        url: String,
    },
    /// The body is not what the artifact promised.
    #[error(
        "failed to verify archive: computed digest doesn't match provided '{expected}' (check whether file size exceeds \
         max download size)"
    )]
    DigestMismatch {
        /// The digest in the artifact.
        expected: String,
        /// The digest of the body.
        actual: String,
    },
    /// The body is larger than allowed.
    #[error("artifact from {url} is larger than {limit} bytes")]
    TooLarge {
        /// The address asked.
        url: String,
        /// The limit.
        limit: u64,
    },
    /// The server answered with another status.
    #[error("failed to download archive from {url}, status: {status}")]
    Status {
        /// The address asked.
        url: String,
        /// Code and text of the answer.
        status: String,
    },
    /// No answer, or one that broke off.
    #[error("failed to download archive from {url}: {message}")]
    Transport {
        /// The address asked.
        url: String,
        /// The cause.
        message: String,
    },
    /// The server sends less than it has to.
    #[error("failed to download archive from {url}: the server sent less than {rate} bytes a second")]
    TooSlow {
        /// The address asked.
        url: String,
        /// The least rate.
        rate: u64,
    },
    /// Whoever wants it does not wait any longer.
    #[error("failed to download archive from {url}: not done within {seconds} seconds")]
    Deadline {
        /// The address asked.
        url: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// It does not fit into the memory that there is for artifacts.
    #[error("artifact from {url} {cause}")]
    Memory {
        /// The address asked.
        url: String,
        /// How much it is.
        cause: MemoryError,
    },
    /// The archive is refused.
    #[error("failed to extract archive (check whether file size exceeds max download size): {0}")]
    Unpack(#[from] UnpackError),
}

/// More memory than a process has for all of its artifacts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("needs {needs} bytes of memory, more than the {limit} bytes there are for artifacts (--memory-gate)")]
pub struct MemoryError {
    /// What is needed at least.
    pub needs: u64,
    /// What there is in all.
    pub limit: u64,
}

/// An operation on the storage that failed. The variants follow Flux's reasons.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A name that may not become part of a path.
    #[error("invalid artifact path {0:?}")]
    InvalidPath(String),
    /// A folder cannot be made.
    #[error("create directory '{}': {source}", path.display())]
    Directory {
        /// The folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file cannot be read.
    #[error("read '{}': {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file cannot be written, renamed or removed.
    #[error("write '{}': {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}

#[cfg(test)]
mod tests;
