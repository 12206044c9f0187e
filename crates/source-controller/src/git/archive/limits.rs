//! What a commit's tree may cost, beside the steps of every archive. Who counts is `listing`, `archive` and the rules' own
//! crate.

/// Most bytes of an archive before compression; what consumers accept.
pub(super) const MAX_BYTES: u64 = 512 << 20;
/// Most files and folders of an archive; what consumers accept. What is only read has a limit of its own.
pub(super) const MAX_ENTRIES: usize = 100_000;
/// Most entries that are read, those that stay out of the archive included.
pub(super) const MAX_READ: usize = 1_000_000;
/// Most bytes of a commit or tag object: what is signed is kept until it is verified.
pub(in crate::git) const MAX_SIGNED: u64 = 8 << 20;
/// Tags of tags that are followed to a commit.
pub(super) const MAX_HOPS: usize = 8;
/// Most bytes of the tree objects that are read, each as often as it is.
pub(super) const MAX_TREES: u64 = 256 << 20;
/// Most bytes of all paths that are read.
pub(super) const MAX_PATHS: u64 = 256 << 20;
