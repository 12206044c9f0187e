//! What an answer may cost at most, and what is said of one that costs more. Counting is `guard`'s and `pack`'s.

/// Most of one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::git) struct Limits {
    /// Bytes beside the pack: references, what both sides have, progress.
    pub(in crate::git) talk: u64,
    /// Objects of a pack.
    pub(in crate::git) objects: u32,
    /// Bytes of one object.
    pub(in crate::git) object: u64,
    /// Bytes of all objects, each in full.
    pub(in crate::git) inflated: u64,
    /// Bytes of memory that indexing needs.
    pub(in crate::git) held: u64,
    /// Deltas whose base is named instead of pointed at, as in a pack that completes what a clone has.
    pub(in crate::git) references: u32,
}

impl Limits {
    /// What holds for every server.
    pub(in crate::git) const ALL: Self = Self {
        talk: 64 << 20,
        objects: 2_000_000,
        object: 512 << 20,
        inflated: 64 << 30,
        held: 768 << 20,
        references: 50_000,
    };
}

/// An answer that is too much: the server's, or the repository's, fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Excess {
    /// The whole of it.
    #[error("the server sent more than {0} bytes, the most that a fetch may have")]
    Bytes(u64),
    /// What is not a pack.
    #[error("the server sent more than {0} bytes of references and messages")]
    Talk(u64),
    /// Objects.
    #[error(
        "the pack has more than {0} objects; fetch a branch or a tag instead of a commit, or a smaller repository"
    )]
    Objects(u32),
    /// One object.
    #[error("the pack has an object of more than {0} bytes; keep large files elsewhere")]
    Object(u64),
    /// What may be signed.
    #[error("the commit or its tag has more than {0} bytes; keep long texts in files")]
    Signed(u64),
    /// All objects.
    #[error("the objects of the pack have more than {0} bytes in all")]
    Inflated(u64),
    /// Memory for indexing.
    #[error("the pack's chains of deltas need more than {0} bytes of memory")]
    Held(u64),
    /// More memory than the process has for fetches.
    #[error("the fetch needs more than the {0} bytes of memory there are for fetches (--memory-gate)")]
    Memory(u64),
    /// Deltas of a completing pack; a whole pack may do.
    #[error("the pack completes too many objects or too large ones: {0} is the most")]
    References(u64),
    /// Not a pack.
    #[error("the server sent a pack that is malformed: {0}")]
    Malformed(&'static str),
}
