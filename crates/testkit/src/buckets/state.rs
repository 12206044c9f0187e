//! What an object store of tests holds, and how it behaves.

use std::collections::{BTreeMap, HashMap, HashSet};

/// What the store does beside answering.
#[derive(Clone, Debug, Default)]
pub struct Behaviour {
    /// Answers everything with this status, quoting the question and the credentials that came along.
    pub refuse: Option<u16>,
    /// Answers so many questions with trouble first.
    pub busy: usize,
    /// Objects of one page.
    pub page: Option<usize>,
    /// Names the same page again, for ever.
    pub endless: bool,
    /// The region of all buckets: whoever signs for another one is told.
    pub region: Option<String>,
    /// The access key that whoever asks has to have.
    pub access_key: Option<String>,
    /// User and password that the security token service knows; it gives [`Self::access_key`].
    pub user: Option<(String, String)>,
    /// Keys that are in the list and no more to be had.
    pub vanished: HashSet<String>,
    /// Keys whose content changes once they are listed.
    pub changing: HashSet<String>,
    /// Keys whose content changes so many times, once somebody has looked up what is known of it.
    pub restless: HashMap<String, usize>,
}

#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) content: Vec<u8>,
    pub(super) etag: String,
    pub(super) generation: u64,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) behaviour: Behaviour,
    pub(super) buckets: HashMap<String, BTreeMap<String, Object>>,
    pub(super) generation: u64,
    pub(super) asked: Vec<String>,
    pub(super) content: u64,
}

pub(super) fn object(content: Vec<u8>, generation: u64) -> Object {
    let etag = crate::oci::digest(&content).replace("sha256:", "").chars().take(32).collect();
    Object { content, etag, generation }
}
