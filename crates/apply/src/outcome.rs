//! What becomes of one object once the API server has answered: what may be left out after a refusal, whether a refusal
//! stands, what an apply did, what a deletion has to find unchanged. Pure.
//!
//! Whether a dry-run's answer asks for a write is `judge`'s; requests are made by `execute` and `delete`.

use crate::baseline::Baseline;
use crate::changeset::{Action, Change};
use crate::directive;
use crate::endpoint::Judged;
use crate::judge::{Answer, Verdict};
use crate::recreate;
use cluster::{Class, Error as ApiError, FieldPath};
use manifest::{Gvk, Manifest};
use serde_json::Value;

/// How many undeclared fields of one object are dropped before the error stands (decisions 5.5: bounded).
const MAX_DROPPED: usize = 32;

/// Whether a field that the API server does not declare is dropped (decisions 5.5), as Flux's Go types have dropped it:
/// not from RBAC roles, which Flux does not send through them.
fn drops_undeclared(gvk: &Gvk) -> bool {
    let is_role =
        gvk.group == "rbac.authorization.k8s.io" && matches!(gvk.kind.as_str(), "Role" | "ClusterRole");
    manifest::is_built_in(&gvk.group) && !is_role
}

/// The object without the fields that the server calls undeclared, and their paths; `None` when the error stands.
/// `dropped` is how many were left out before.
pub(crate) fn slimmer(
    object: &Manifest,
    dropped: usize,
    error: &ApiError,
) -> Option<(Manifest, Vec<FieldPath>)> {
    if dropped >= MAX_DROPPED || !drops_undeclared(&object.gvk()) {
        return None;
    }
    let paths = error.undeclared_fields()?;
    let mut value = object.value().clone();
    let removed = paths.iter().filter(|path| path.remove_from(&mut value)).count();
    // A path that leads nowhere would be complained of for ever.
    (removed > 0).then(|| Manifest::new(value).ok()).flatten().map(|slim| (slim, paths))
}

/// Brings the namespace into line with the kind's scope: cluster-scoped objects have none. False when the kind is
/// namespaced and the object says no namespace.
pub(crate) fn fit_namespace(object: &mut Manifest, namespaced: bool) -> bool {
    if !namespaced {
        object.set_namespace(None);
        return true;
    }
    object.namespace().is_some()
}

/// Whether the live object can change what a refused dry-run means. Where the server could not be asked, or knows neither
/// object nor place, it cannot.
pub(crate) const fn asks_for_live(error: &ApiError) -> bool {
    !matches!(error.classify(), Class::NotFound | Class::Transport | Class::Timeout | Class::Throttled)
}

/// What a refused dry-run of an object that exists leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterRefusal {
    /// A directive on either side says hands off: there is nothing to refuse.
    Skip,
    /// Somebody wants it made again if a field cannot be changed, and the server may have refused it for that: ask
    /// whether it would be accepted as a new object.
    AskToCreate,
    /// The refusal stands.
    Refused,
}

/// Decides on a refused dry-run with the live object at hand. `force` is the Kustomization's.
pub(crate) fn after_refusal(desired: &Manifest, live: &Value, force: bool, class: Class) -> AfterRefusal {
    if directive::is_ignored(live) || directive::is_create_only(desired.value()) {
        return AfterRefusal::Skip;
    }
    // Fields that cannot be changed are a matter of validation, in the API server and in definitions alike.
    if class == Class::Invalid && recreate::is_asked_for(desired, live, force) {
        AfterRefusal::AskToCreate
    } else {
        AfterRefusal::Refused
    }
}

/// Whether what discovery said has to be asked anew: the server has no such path, although discovery named it; or another
/// cluster gives no answer. Of that one, discovery then tells which server it is and why, in the same words whether the
/// outage came before or after the kind was known.
pub(crate) fn asks_discovery_anew(error: &ApiError, is_remote: bool) -> bool {
    match error.classify() {
        Class::NotFound => !error.is_absence(),
        Class::Transport => is_remote,
        _ => false,
    }
}

/// The outcome of an object that is not written.
pub(crate) fn settled(
    manifest: &Manifest,
    verdict: Verdict,
    answer: Option<&Answer>,
    manager: &str,
) -> Change {
    let action = if verdict == Verdict::Skip { Action::Skipped } else { Action::Unchanged };
    let live = answer.filter(|answer| answer.exists()).map(|answer| &answer.object);
    Change {
        id: manifest.id(),
        version: manifest.gvk().version,
        action,
        baseline: live.map(|live| Baseline::of_answer(live, manifest.value(), manager)),
        object: live.map(|live| without_managers(live.clone())),
    }
}

/// An object that is kept for later, when nobody asks for its field managers any more: they are half of it.
pub(crate) fn without_managers(mut object: Value) -> Value {
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        metadata.remove("managedFields");
    }
    object
}

/// The outcome of an apply: `before` is the dry-run's answer, `after` the apply's.
pub(crate) fn applied(
    manifest: &Manifest,
    recreated: bool,
    before: Option<&Answer>,
    after: Value,
    manager: &str,
) -> Change {
    let version_of = |object: &Value| object.pointer("/metadata/resourceVersion").cloned();
    let existed = before.is_some_and(Answer::exists) && !recreated;
    let kept = before.and_then(|answer| version_of(&answer.object)) == version_of(&after);
    let action = match (existed, kept) {
        (false, _) => Action::Created,
        // An apply that the server found to change nothing keeps the resourceVersion.
        (true, true) => Action::Unchanged,
        (true, false) => Action::Configured,
    };
    let baseline = Some(Baseline::of_answer(&after, manifest.value(), manager));
    let object = Some(without_managers(after));
    Change { id: manifest.id(), version: manifest.gvk().version, action, baseline, object }
}

/// UID and resourceVersion of a live object, which its deletion has to find unchanged.
pub(crate) fn judged(object: &Value) -> Judged {
    let text = |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    Judged { uid: text("/metadata/uid"), resource_version: text("/metadata/resourceVersion") }
}

/// Whether the object that was deleted is gone: nothing is there, or another object of its name.
pub(crate) fn is_gone(live: Option<&Value>, deleted: &Judged) -> bool {
    live.is_none_or(|live| live.pointer("/metadata/uid").and_then(Value::as_str) != Some(&deleted.uid))
}

/// What a refused deletion leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterDelete {
    /// It went meanwhile.
    Gone,
    /// It changed since it was judged, and may have been taken over: judge it again.
    JudgeAgain,
    /// The refusal stands.
    Refused,
}

/// Decides on a refused deletion.
pub(crate) fn after_delete(error: &ApiError) -> AfterDelete {
    if error.is_absence() {
        AfterDelete::Gone
    } else if error.classify() == Class::Conflict {
        AfterDelete::JudgeAgain
    } else {
        AfterDelete::Refused
    }
}

#[cfg(test)]
mod tests;
