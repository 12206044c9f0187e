//! What is known of an object before the API server is asked about it (decisions 4.1). Pure.

use crate::departure;
use crate::drift::{Base, Live, TrackedObject};
use apply::{Action, Known};
use manifest::Manifest;

/// What is known of an object before it is asked about.
#[derive(Clone, Debug)]
pub(crate) enum Prior {
    /// Nothing needs to be asked: it is as this outcome says.
    Settled(Action),
    /// It has to be asked about: changed, never asked, or drifted.
    Ask(Known),
}

/// How a run asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asking {
    /// About everything: nothing is settled.
    pub(crate) full: bool,
    /// The history says that this very input was applied whole: what is not known is what was applied last.
    pub(crate) repeats: bool,
}

/// Decides about one manifest.
pub(super) fn prior(tracked: &TrackedObject, object: &Manifest, asking: Asking) -> Prior {
    // Fields that no schema declares were left out of what was applied; the digest is that of the manifest as built. A
    // run without a build hands back what was applied.
    let same = tracked.desired.as_ref().is_some_and(|desired| {
        desired.digest == digest(object)
            || serde_json::from_slice::<serde_json::Value>(&desired.json)
                .is_ok_and(|json| json == *object.value())
    });
    if same && !asking.full && tracked.is_settled() {
        let managed = tracked.is_managed();
        return Prior::Settled(if managed { Action::Unchanged } else { Action::Skipped });
    }
    let known = tracked.known();
    let is_other = tracked.desired.is_some() && !same;
    // A write of it that may not have been carried out leaves its base unknown, whatever the history says: that write may
    // have been of another manifest, by a run that was given up.
    let applied = match &tracked.desired {
        Some(_) => same && tracked.base != Base::Unknown,
        None => asking.repeats,
    };
    let applied = applied && !is_gone_by_design(&tracked.live, object);
    let audited = if same { tracked.audited() } else { 0 };
    Prior::Ask(Known { changed: known.changed || is_other, applied, audited, ..known })
}

/// Of an object of which nothing is known but its manifest.
pub(super) fn unknown(object: &Manifest, asking: Asking) -> Prior {
    let applied = asking.repeats && !is_gone_by_design(&Live::Unseen, object);
    Prior::Ask(Known { applied, ..Known::default() })
}

/// Whether Kubernetes removes such an object as it is meant to: that it is made again puts nothing back.
fn is_gone_by_design(live: &Live, object: &Manifest) -> bool {
    match live {
        Live::Present { .. } => false,
        Live::Absent { by_design, .. } => *by_design,
        Live::Unseen => departure::is_by_design(object.value(), departure::Last::Missed),
    }
}

/// A manifest's digest.
pub(super) fn digest(object: &Manifest) -> [u8; 16] {
    manifest::digest::of(object.value())
}
