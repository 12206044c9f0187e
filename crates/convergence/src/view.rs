//! What is seen of one Kustomization at one time. Who looked, and how, is the caller's.

use std::sync::Arc;

use api::drift_report::DriftReportStatus;
use api::duration::whole_seconds;
use api::kustomization::Kustomization;
use health::Rules;
use health::beside::Beside;
use jiff::Timestamp;
use manifest::ObjectId;

use crate::dependencies::Chain;
use crate::source_status::SourceView;
use crate::visibility::{Seen, Visibility};

/// An object that two Kustomizations have applied.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rival {
    /// The object.
    pub object: ObjectId,
    /// The other Kustomization. Of one beyond the reach of the explanation only that there is one: `None`.
    pub kustomization: Option<ObjectId>,
}

/// Who looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Onlooker {
    /// A controller, which tells others what it sees with rights of its own: of what an inventory names it shows no more
    /// than that Kustomization's namespace is to know.
    #[default]
    Controller,
    /// Somebody who has seen all of it with rights of their own, so that to speak of it gives nothing away.
    Person,
}

/// Everything that an explanation is made from.
pub struct View<'a> {
    /// The Kustomization that is explained.
    pub kustomization: &'a Kustomization,
    /// The source that it names.
    pub source: SourceView,
    /// What it waits for: [`crate::dependencies::chain`].
    pub chain: Chain,
    /// The inventory, in its order.
    pub objects: Vec<(ObjectId, Visibility)>,
    /// What carries the owner labels of the Kustomization, is no longer in its inventory, and is being deleted: what was
    /// pruned and is not gone.
    pub leaving: Vec<(ObjectId, Arc<Seen>)>,
    /// Objects of the inventory that another Kustomization's inventory names, too.
    pub rivals: Vec<Rival>,
    /// What kustomize-controller reports of drift, if it does.
    pub drift: Option<&'a DriftReportStatus>,
    /// What is beside objects that are not well.
    pub beside: &'a dyn Beside,
    /// What objects are judged and explained by.
    pub rules: &'a Rules,
    /// The time.
    pub now: Timestamp,
    /// Who looks.
    pub onlooker: Onlooker,
}

impl std::fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let objects = self.objects.len();
        f.debug_struct("View").field("objects", &objects).field("now", &self.now).finish_non_exhaustive()
    }
}

impl View<'_> {
    /// The time as it stands in an explanation.
    pub(crate) fn second(&self) -> Timestamp {
        whole_seconds(self.now)
    }
}
