//! Each object of the inventory: sync, health, why, and since when.

use std::time::Duration;

use api::blocker::BlockerCode;
use api::convergence::{Counts, HealthState, SyncState};
use api::explain::ObjectExplanation;
use health::explain::{self, selects};
use health::kstatus::{Status, Verdict};
use health::wording;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use manifest::ObjectId;
use serde_json::Value;

use crate::blockers::{self, Draft, STALE_AFTER};
use crate::inventory_mark::Baseline;
use crate::memory::{FINISHED, FINISHED_AND_REMOVED, KIND_UNKNOWN, Memory, Remembered};
use crate::view::View;
use crate::visibility::{Hidden, Seen, Visibility};

/// What is said of objects beyond the bounds of an inventory.
const EXCESS: &str = "the inventory names more objects or kinds than are looked at for one Kustomization";

/// One object, judged.
pub(super) struct Judged {
    pub(super) id: ObjectId,
    pub(super) sync: SyncState,
    pub(super) health: HealthState,
    pub(super) reason: String,
    pub(super) message: String,
    since: Timestamp,
    pub(super) blocker: Option<Draft>,
    /// What was said of it, when it was seen.
    pub(super) told: Option<explain::Explanation>,
    /// Why it was not looked at.
    pub(super) hidden: Option<Hidden>,
    /// After this time it is judged differently.
    pub(super) recheck: Option<Duration>,
}

impl Judged {
    fn unseen(id: &ObjectId, now: Timestamp) -> Self {
        Self {
            id: id.clone(),
            sync: SyncState::NotObserved,
            health: HealthState::NotObserved,
            reason: String::new(),
            message: String::new(),
            since: now,
            blocker: None,
            told: None,
            hidden: None,
            recheck: None,
        }
    }
}

/// Judges one object. `pending`: the desired revision is not applied; `renewed`: a run has just ended well.
pub(super) fn judge(
    view: &View<'_>,
    id: &ObjectId,
    visibility: &Visibility,
    pending: bool,
    renewed: bool,
    memory: &mut Memory,
) -> Judged {
    let now = view.second();
    let remembered = memory.objects.get(id).cloned();
    let mut judged = Judged::unseen(id, now);
    let mut finished = remembered.as_ref().is_some_and(|known| known.finished);
    let mut baseline = remembered.as_ref().and_then(|known| known.baseline);
    let mut owned = remembered.as_ref().is_some_and(|known| known.owned);
    let may_tell = owned || is_at_home(view, id);
    let mut verdict = None;
    match visibility {
        Visibility::Hidden(hidden) => hide(&mut judged, hidden),
        Visibility::KindUnknown => kind_unknown(&mut judged),
        // Whether there is such an object is its namespace's business: both look the same.
        Visibility::Absent | Visibility::Unlabelled(_) if !may_tell => not_owned(&mut judged),
        Visibility::Finished => {
            finished = true;
            removed(&mut judged, pending);
        }
        Visibility::Absent if finished => removed(&mut judged, pending),
        Visibility::Absent => {
            let message = if pending { "it has not been created yet" } else { "it does not exist" };
            absent(&mut judged, "NotFound", message);
            baseline = None;
        }
        Visibility::Unlabelled(seen) => {
            exists(&mut judged, seen, pending);
            if owned && is_at_home(view, id) {
                state_only(view, seen, &mut judged);
            }
        }
        Visibility::Seen(seen) => {
            owned = true;
            let drifted = is_drifted(&mut baseline, remembered.as_ref(), seen, renewed);
            let (said, told) = look(view, id, seen, &mut judged);
            finished = seen.has_ttl && said.status == Status::Current;
            if finished {
                FINISHED.clone_into(&mut judged.reason);
            }
            judged.sync = sync(drifted, pending);
            if drifted {
                say_drifted(&mut judged, "somebody changed a field that was applied");
            }
            verdict = Some((said, told));
        }
    }
    if let Some(known) = &remembered
        && known.sync == judged.sync
        && known.health == judged.health
    {
        // A time that is still to come was told by a clock that has been set back since, or by another node's.
        judged.since = known.since.min(now);
    }
    if let Some((said, told)) = verdict {
        block(view, &mut judged, &said, told);
    }
    let now_known = Remembered {
        sync: judged.sync,
        health: judged.health,
        since: judged.since,
        baseline,
        finished,
        owned,
    };
    memory.objects.insert(id.clone(), now_known);
    judged
}

/// The blocker that an object is, or will be if it stays as it is.
fn block(view: &View<'_>, judged: &mut Judged, said: &Verdict, told: explain::Explanation) {
    let age = Duration::try_from(view.now.duration_since(judged.since)).unwrap_or_default();
    judged.blocker = blockers::of_object(&judged.id.to_string(), said, &told, age);
    if blockers::ages(said, &told) && age < STALE_AFTER {
        let left = STALE_AFTER.saturating_sub(age);
        judged.recheck = Some(judged.recheck.map_or(left, |other| other.min(left)));
    }
    judged.told = Some(told);
}

/// Whether somebody has changed what was applied since the baseline, which begins here if there is none.
fn is_drifted(
    baseline: &mut Option<Baseline>,
    remembered: Option<&Remembered>,
    seen: &Seen,
    renewed: bool,
) -> bool {
    let known = baseline.get_or_insert_with(|| {
        let before = remembered.is_some_and(|known| known.sync == SyncState::Drifted);
        Baseline::begin(seen.mark, before)
    });
    if renewed {
        known.renew(seen.mark);
    }
    known.drifted(seen.mark)
}

const fn sync(drifted: bool, pending: bool) -> SyncState {
    match (drifted, pending) {
        (true, _) => SyncState::Drifted,
        (false, true) => SyncState::RevisionPending,
        (false, false) => SyncState::Applied,
    }
}

fn kind_unknown(judged: &mut Judged) {
    absent(judged, KIND_UNKNOWN, "the API server does not know its kind");
    judged.blocker = Some(
        Draft::new(BlockerCode::KindUnknown, judged.id.to_string(), judged.message.clone())
            .hint("its CRD is not installed, or no longer serves this version"),
    );
}

/// Whether an object is in the Kustomization's own namespace, where whoever may write Kustomizations sees objects anyway.
fn is_at_home(view: &View<'_>, id: &ObjectId) -> bool {
    let own = view.kustomization.metadata.namespace.as_deref().unwrap_or_default();
    !id.namespace.is_empty() && id.namespace == own
}

/// Nothing is known of it that is this Kustomization's to know.
fn not_owned(judged: &mut Judged) {
    "NotOwned".clone_into(&mut judged.reason);
    "no object with the owner labels of this Kustomization is there".clone_into(&mut judged.message);
}

/// It exists without the owner labels of this Kustomization: that is all that is said in words. If kustomize-controller has
/// applied it, somebody has taken them away or changed them.
fn exists(judged: &mut Judged, seen: &Seen, pending: bool) {
    judged.sync = sync(seen.mark.is_some(), pending);
    if seen.mark.is_some() {
        say_drifted(judged, "somebody changed the owner labels");
    } else {
        "NotLabelled".clone_into(&mut judged.reason);
        "it exists without the owner labels, so that nothing else is shown of it"
            .clone_into(&mut judged.message);
    }
}

/// Of what was this Kustomization's before and is in its namespace is also said whether it is well, without words.
fn state_only(view: &View<'_>, seen: &Seen, judged: &mut Judged) {
    let (said, _) = seen.judge(&[], view.rules, view.now);
    judged.health = state(said.status);
    judged.recheck = said.changes_in;
}

fn say_drifted(judged: &mut Judged, what: &str) {
    if judged.message.is_empty() {
        what.clone_into(&mut judged.message);
    }
    if judged.reason.is_empty() {
        "Drifted".clone_into(&mut judged.reason);
    }
}

fn look(view: &View<'_>, id: &ObjectId, seen: &Seen, judged: &mut Judged) -> (Verdict, explain::Explanation) {
    let pods = match seen.object() {
        Some(object) if view.rules.of(&id.group, &id.kind).pods.exist() => {
            let all = (view.pods)(&id.namespace);
            all.into_iter().filter(|pod| selects(object, pod.pointer("/metadata/labels"))).collect()
        }
        _ => Vec::new(),
    };
    let chosen: Vec<&Value> = pods.iter().map(AsRef::as_ref).collect();
    let (verdict, told) = seen.judge(&chosen, view.rules, view.now);
    judged.health = state(verdict.status);
    judged.reason.clone_from(&told.reason);
    judged.message.clone_from(&told.message);
    judged.recheck = verdict.changes_in;
    (verdict, told)
}

const fn state(status: Status) -> HealthState {
    match status {
        Status::Current => HealthState::Healthy,
        Status::InProgress | Status::Terminating => HealthState::Progressing,
        Status::Failed => HealthState::Degraded,
        Status::NotFound => HealthState::Missing,
        Status::Unknown => HealthState::Unknown,
    }
}

/// A Job that had finished before.
fn removed(judged: &mut Judged, pending: bool) {
    judged.sync = if pending { SyncState::RevisionPending } else { SyncState::Applied };
    judged.health = HealthState::Healthy;
    FINISHED_AND_REMOVED.clone_into(&mut judged.reason);
}

fn absent(judged: &mut Judged, reason: &str, message: &str) {
    judged.sync = SyncState::Missing;
    judged.health = HealthState::Missing;
    reason.clone_into(&mut judged.reason);
    message.clone_into(&mut judged.message);
}

fn hide(judged: &mut Judged, hidden: &Hidden) {
    let (reason, message) = match hidden {
        Hidden::Secret => ("SecretsNotRead", String::new()),
        Hidden::Remote => ("AnotherCluster", String::new()),
        Hidden::Forbidden => ("Forbidden", "health-controller is not allowed to read this kind".to_owned()),
        Hidden::Starting => ("NotWatchedYet", String::new()),
        Hidden::Failing(error) => ("WatchFailed", wording::quoted(error)),
        Hidden::Malformed => ("MalformedId", "the inventory's entry cannot be read".to_owned()),
        Hidden::Excess => ("TooMany", EXCESS.to_owned()),
    };
    reason.clone_into(&mut judged.reason);
    judged.message = message;
    judged.hidden = Some(hidden.clone());
}

/// Forgets what has left the inventory.
pub(super) fn forget_others(memory: &mut Memory, judged: &[Judged]) {
    if memory.objects.len() > judged.len() {
        let kept: std::collections::BTreeSet<&ObjectId> = judged.iter().map(|judged| &judged.id).collect();
        memory.objects.retain(|id, _| kept.contains(id));
    }
}

/// One blocker per kind that cannot be looked at, Secrets aside: not to read them is the normal case.
pub(super) fn unobserved(judged: &[Judged]) -> Vec<Draft> {
    let mut kinds: Vec<(String, Draft)> = Vec::new();
    for judged in judged {
        let kind = if judged.id.group.is_empty() {
            judged.id.kind.clone()
        } else {
            format!("{}.{}", judged.id.kind, judged.id.group)
        };
        let draft = match &judged.hidden {
            Some(Hidden::Forbidden) => {
                Draft::new(BlockerCode::NotObserved, String::new(), format!("no right to look at objects of kind {kind}"))
                    .hint("label a ClusterRole that may get, list and watch them with flyball.dev/aggregate-to-health: \"true\"")
            }
            Some(Hidden::Failing(error)) => Draft::new(
                BlockerCode::NotObserved,
                String::new(),
                format!("objects of kind {kind} cannot be watched: {}", wording::quoted(error)),
            ),
            Some(Hidden::Excess) => Draft::new(BlockerCode::NotObserved, String::new(), EXCESS)
                .hint("split the Kustomization into several"),
            _ => continue,
        };
        if kinds.iter().all(|(known, _)| *known != kind) {
            kinds.push((kind, draft));
        }
    }
    kinds
        .into_iter()
        .map(|(kind, mut draft)| {
            // The kind stands where an object's name would, so that several kinds are several blockers.
            draft.object = Some(kind);
            draft
        })
        .collect()
}

/// How many are in which state.
pub(super) fn counts(judged: &[Judged]) -> Counts {
    let count = |wanted: &dyn Fn(&Judged) -> bool| {
        i64::try_from(judged.iter().filter(|judged| wanted(judged)).count()).unwrap_or(i64::MAX)
    };
    let health = |state: HealthState| count(&|judged: &Judged| judged.health == state);
    Counts {
        total: count(&|_| true),
        healthy: health(HealthState::Healthy),
        progressing: health(HealthState::Progressing),
        degraded: health(HealthState::Degraded),
        missing: health(HealthState::Missing),
        drifted: count(&|judged| judged.sync == SyncState::Drifted),
        unknown: health(HealthState::Unknown),
        not_observed: health(HealthState::NotObserved),
    }
}

/// Those that need attention first, then by id.
pub(super) fn explanations(judged: &[Judged]) -> Vec<ObjectExplanation> {
    let mut order: Vec<(u8, String, &Judged)> =
        judged.iter().map(|judged| (rank(judged), judged.id.to_inventory(), judged)).collect();
    order.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    order
        .into_iter()
        .map(|(_, id, judged)| ObjectExplanation {
            id,
            sync: judged.sync,
            health: judged.health,
            reason: Some(judged.reason.clone()).filter(|reason| !reason.is_empty()),
            message: Some(judged.message.clone()).filter(|message| !message.is_empty()),
            evidence: judged.told.as_ref().map(|told| told.evidence.clone()).unwrap_or_default(),
            hint: judged.told.as_ref().and_then(|told| told.hint).map(str::to_owned),
            since: Time(judged.since),
        })
        .collect()
}

/// Attention that an object needs; lower comes first.
pub(super) fn rank(judged: &Judged) -> u8 {
    match (judged.health, judged.sync) {
        (HealthState::Degraded, _) => 0,
        (HealthState::Missing, _) => 1,
        (HealthState::Unknown, _) => 2,
        (HealthState::Progressing, _) => 3,
        (_, SyncState::Drifted) => 4,
        (HealthState::NotObserved, _) => 6,
        (HealthState::Healthy, SyncState::Applied) => 7,
        (HealthState::Healthy, _) => 5,
    }
}
