//! How much of everything is told and kept. Values and paths of one object are bounded in `finding`.

use jiff::SignedDuration;

/// How long an object that was put back is told of.
pub(super) const HEALED: SignedDuration = SignedDuration::from_hours(1);
/// How many objects that were put back are kept.
pub(super) const HEALED_KEPT: usize = api::drift_report::MAX_DRIFTED;
/// Of how many objects that differ the fields are kept; of all others it is known that they do.
pub(super) const OPEN_WITH_FIELDS: usize = 200;
/// Bytes of all paths with their values in one report: what etcd takes is ten times as much.
pub(super) const BYTES: usize = 128 * 1024;
/// Characters of a message.
pub(super) const MESSAGE: usize = 512;

/// The time over which corrections of a field are counted, and for which it has to be quiet for its fight to be over.
pub(super) const WINDOW: SignedDuration = SignedDuration::from_mins(10);
/// So many corrections within [`WINDOW`] are a fight.
pub(super) const CORRECTIONS: usize = 3;
/// Corrections of one field that are kept.
pub(super) const CORRECTIONS_KEPT: usize = 64;
/// Objects whose corrections are counted.
pub(super) const COUNTED: usize = 1_000;

/// Ignored fields that are kept.
pub(super) const IGNORED_KEPT: usize = 1_000;
