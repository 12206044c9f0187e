//! What a row says of its kinds. The rows that are built in stand in `built_in`.

use jiff::Timestamp;
use serde_json::Value;

use crate::Error;
use crate::explain::{Explanation, Scene};
use crate::kstatus::{Verdict, int};

/// Judges an object by its own fields, as of a time.
pub type StatusFn = fn(&Value, Timestamp) -> Result<Verdict, Error>;

/// Explains an object that is in progress or has failed; `None` when there is nothing to say beyond the verdict.
pub type ExplainFn = fn(&Subject<'_>) -> Option<Explanation>;

/// An object that is to be explained.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The object, pruned or whole.
    pub object: &'a Value,
    /// Its kind.
    pub kind: &'a str,
    /// What is said of it.
    pub verdict: &'a Verdict,
    /// The Pods that its selector chooses; none where [`Pods::exist`] is false.
    pub pods: &'a [&'a Value],
    /// What else is known around it.
    pub scene: Scene<'a>,
}

/// Where a status function stands beside the rules for every kind: deletion, generations, Reconciling and Stalled.
#[derive(Clone, Copy, Debug)]
pub enum StatusRule {
    /// Asked when they say nothing.
    AfterGeneric(StatusFn),
    /// Asked in place of them.
    InPlaceOfGeneric(StatusFn),
}

/// What Pods have to do with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pods {
    /// It has none.
    None,
    /// They explain it; its verdict does not depend on them.
    Explain,
    /// A failed one fails it, too.
    Count,
}

impl Pods {
    /// Whether Pods tell more about such an object than it does itself.
    #[must_use]
    pub const fn exist(self) -> bool {
        !matches!(self, Self::None)
    }

    /// Whether they change its verdict.
    #[must_use]
    pub const fn matter(self) -> bool {
        matches!(self, Self::Count)
    }
}

/// Everything that is known of one kind, or of kinds that have it all in common.
///
/// # Assumptions
/// `keeps` names every field that the functions of the row read, those aside that are kept of every object
/// ([`crate::prune::EVERY`]): objects are judged and explained after all others are gone.
#[derive(Clone, Copy, Debug)]
pub struct KindRules {
    /// API groups; the core group is empty.
    pub groups: &'static [&'static str],
    /// Kinds in each of these groups.
    pub kinds: &'static [&'static str],
    /// The verdict.
    pub status: StatusRule,
    /// What Pods have to do with it.
    pub pods: Pods,
    /// The integer field that lets a finished object be removed after so many seconds.
    pub ttl: Option<&'static [&'static str]>,
    /// Why it is in progress or has failed.
    pub explain: ExplainFn,
    /// One word for an object that is Current but worth knowing; empty for none.
    pub notable: fn(&Value) -> &'static str,
    /// Paths of the fields to keep, as `status.conditions` or, for fields of a list's items,
    /// `status.containerStatuses[].name`. What is below a path is kept whole.
    pub keeps: &'static [&'static str],
}

impl KindRules {
    /// Whether the row is this kind's.
    #[must_use]
    pub fn covers(&self, group: &str, kind: &str) -> bool {
        self.groups.contains(&group) && self.kinds.contains(&kind)
    }

    /// Whether an object is removed some time after it has finished.
    #[must_use]
    pub fn has_ttl(&self, object: &Value) -> bool {
        self.ttl.is_some_and(|path| int(object, path).is_some())
    }
}
