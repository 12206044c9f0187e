//! Blockers: what stands in the way of a Kustomization, found in its own conditions, in its source, in its
//! dependencies and in its objects; one file per family. Since when is added by `explain`.

mod about;
mod artifact;
mod build;
mod checks;
mod decryption;
mod dependency;
mod draft;
mod drift;
mod hints;
mod leaving;
mod order;
mod refused;
mod result;
mod rivals;
mod source;
mod spec;
mod stuck_objects;
mod substitution;
mod suspended;
mod target;

pub(crate) use about::About;
pub(crate) use dependency::blockers as of_dependency;
pub(crate) use draft::Draft;
pub(crate) use drift::{fights, say as say_drift, unhealed, who_writes};
pub(crate) use hints::general as general_hint;
pub(crate) use leaving::{deleted_at, of_kustomization, of_leaving};
pub(crate) use order::ordered;
pub(crate) use refused::kind_hint;
pub(crate) use result::of_result;
pub(crate) use rivals::of_rivals;
pub(crate) use source::of_source;
pub(crate) use stuck_objects::{STALE_AFTER, due, of_object};
pub(crate) use suspended::blocker as of_suspension;
