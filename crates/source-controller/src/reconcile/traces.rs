//! What runs tell of their trace (docs/operations/tracing.md): which revision they are about, and how they ended. A run
//! that published a revision is the root of its trace; polls that find nothing new leave none.

use reconcile_core::trace::{self, Place, keys};

use super::ending::Ending;
use super::run::Run;
use super::source::Produced;
use crate::kind::Kind;

/// An archive of this revision is to be made.
pub(super) fn found<K: Kind>(run: &Run<K>, revision: &str) {
    trace::belongs(|| Some((place(run, revision, Place::Part), uid(run)?, revision)));
}

/// It was published.
pub(super) fn stored<K: Kind>(run: &Run<K>) {
    let Some(artifact) = &run.status.artifact else { return };
    let size = artifact.size.and_then(|size| usize::try_from(size).ok());
    trace::count(keys::BYTES, size.unwrap_or_default());
    let revision = artifact.revision.as_str();
    trace::belongs(|| Some((place(run, revision, Place::Root), uid(run)?, revision)));
}

/// The run's end, before it is reported; none if it was cancelled.
pub(super) fn ended(ending: Option<&Ending>) {
    if !trace::is_on() {
        return;
    }
    trace::settle();
    let is_told = match ending {
        None => {
            trace::ended("Superseded", false);
            true
        }
        Some(
            Ending::Suspended
            | Ending::Succeeded(Produced::Unchanged { .. } | Produced::Chart { is_new: false, .. }),
        ) => false,
        Some(Ending::Succeeded(Produced::Stored { .. } | Produced::Chart { .. })) => {
            trace::ended(api::condition::reason::SUCCEEDED, false);
            true
        }
        Some(Ending::Failed(fault)) => {
            trace::ended(fault.reason, true);
            true
        }
    };
    trace::keep(is_told);
}

/// The same revision once more, because settings changed or the file was lost, comes after its trace.
fn place<K: Kind>(run: &Run<K>, revision: &str, news: Place) -> Place {
    let before = run.before.artifact.as_ref().map(|artifact| artifact.revision.as_str());
    if before == Some(revision) { Place::Later } else { news }
}

fn uid<K: Kind>(run: &Run<K>) -> Option<&str> {
    run.object.meta().uid.as_deref()
}
