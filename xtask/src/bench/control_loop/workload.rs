//! What a workload is.

use futures::future::LocalBoxFuture;

use super::figures::Phase;
use super::sizes::Sizes;
use super::stand::{Needs, Stand};
use anyhow::Result;

/// What a run of a workload gives.
pub(super) type Playing<'p> = LocalBoxFuture<'p, Result<Vec<Phase>>>;

/// Something that both sides are made to do.
pub(super) struct Workload {
    /// Its name on the command line.
    pub(super) name: &'static str,
    /// The number by which it goes elsewhere; empty for one without.
    pub(super) id: &'static str,
    /// What it is, in a few words.
    pub(super) about: &'static str,
    /// What it is, with its sizes.
    pub(super) title: fn(&Sizes) -> String,
    /// What it needs.
    pub(super) needs: fn(&Sizes) -> Needs,
    /// Does it, with everything else in place.
    pub(super) play: for<'p> fn(&'p Sizes, &'p mut Stand) -> Playing<'p>,
}

impl Workload {
    /// Whether the caller means it.
    pub(super) fn is_called(&self, word: &str) -> bool {
        self.name == word || (!self.id.is_empty() && self.id.eq_ignore_ascii_case(word))
    }
}

/// The needs of those that have none.
pub(super) fn nothing(_: &Sizes) -> Needs {
    Needs::default()
}
