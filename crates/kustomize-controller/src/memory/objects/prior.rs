//! What is known of an object before the API server is asked about it (decisions 4.1). Pure.

use crate::drift::TrackedObject;
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

/// Decides about one manifest; in a full pass nothing is settled.
pub(super) fn prior(tracked: &TrackedObject, object: &Manifest, full: bool) -> Prior {
    // Fields that no schema declares were left out of what was applied; the digest is that of the manifest as built. A
    // run without a build hands back what was applied.
    let same = tracked.desired.as_ref().is_some_and(|desired| {
        desired.digest == digest(object)
            || serde_json::from_slice::<serde_json::Value>(&desired.json)
                .is_ok_and(|json| json == *object.value())
    });
    if same && !full && tracked.is_settled() {
        let managed = tracked.is_managed();
        return Prior::Settled(if managed { Action::Unchanged } else { Action::Skipped });
    }
    let known = tracked.known();
    Prior::Ask(Known { changed: known.changed || (tracked.desired.is_some() && !same), ..known })
}

/// A manifest's digest.
pub(super) fn digest(object: &Manifest) -> [u8; 16] {
    manifest::digest::of(object.value())
}
