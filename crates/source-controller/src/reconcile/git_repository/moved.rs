//! What is said when a name that should only go forward did not: a tag that names another commit, a branch that left the
//! commit that was published. Flux says nothing of either. Pure; what is known of a branch is `git::lineage`'s.

use api::condition::reason;
use reconcile_core::events::Severity;

use crate::foreign::clean;
use crate::git::refs::{TAGS, Target, parts};
use crate::reconcile::notice::Notice;

#[cfg(test)]
mod tests;

/// What is to be said of a new revision, of which an artifact is stored now. `leaves` is the commit that the branch is
/// known to have left.
pub(super) fn told(target: &Target, before: &str, revision: &str, leaves: Option<&str>) -> Option<Notice> {
    let ((name, old), (same, new)) = (parts(before)?, parts(revision)?);
    // Who names a commit changes it, and not its server.
    if name != same || old == new || matches!(target, Target::Commit { .. }) {
        return None;
    }
    let name = clean(name);
    if is_tag(target) {
        // Who signed the old commit did not sign this one by it.
        let message = format!("tag '{name}' was moved: it named commit '{old}' and names '{new}'");
        return Some(Notice { severity: Severity::Error, reason: reason::TAG_MOVED, message });
    }
    (leaves == Some(old)).then(|| {
        let message = format!("'{name}' was rewritten: commit '{new}' does not come after '{old}'");
        Notice { severity: Severity::Info, reason: reason::NON_FAST_FORWARD, message }
    })
}

fn is_tag(target: &Target) -> bool {
    match target {
        Target::Tag(_) | Target::Semver(_) => true,
        Target::Name(name) => name.starts_with(TAGS),
        Target::Branch(_) | Target::Commit { .. } => false,
    }
}
