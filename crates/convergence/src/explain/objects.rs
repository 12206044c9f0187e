//! Each object of the inventory: sync, health, why, and since when. What Services lead to is `services`', what is made of
//! all objects together `summing`'s.

use std::time::Duration;

use api::blocker::BlockerCode;
use api::convergence::{HealthState, SyncState};
use api::health_rule::Weight;
use health::track::{Shown, Track};
use health::{Judgement, State, wording};
use manifest::ObjectId;

use super::judged::Judged;
use super::look::judgement;
use super::services::Services;
use crate::blockers::{self, About, Draft};
use crate::inventory_mark::Baseline;
use crate::memory::{FINISHED, FINISHED_AND_REMOVED, KIND_UNKNOWN, Memory, Remembered};
use crate::view::{Onlooker, View};
use crate::visibility::{Hidden, Seen, Visibility};

/// What is said of objects beyond the bounds of an inventory.
pub(super) const EXCESS: &str =
    "the inventory names more objects or kinds than are looked at for one Kustomization";

/// What holds for all objects at one look.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) view: &'a View<'a>,
    /// The desired revision is not applied.
    pub(super) pending: bool,
    /// A run has just ended well.
    pub(super) renewed: bool,
    pub(super) services: &'a Services<'a>,
}

/// What is remembered of one object while it is judged.
struct Known {
    before: Option<Remembered>,
    finished: bool,
    baseline: Option<Baseline>,
    track: Track,
    owned: bool,
}

impl Known {
    fn of(memory: &Memory, id: &ObjectId) -> Self {
        let before = memory.objects.get(id).cloned();
        Self {
            finished: before.as_ref().is_some_and(|known| known.finished),
            baseline: before.as_ref().and_then(|known| known.baseline),
            track: before.as_ref().map(|known| known.track.clone()).unwrap_or_default(),
            owned: before.as_ref().is_some_and(|known| known.owned),
            before,
        }
    }
}

/// Judges one object.
pub(super) fn judge(look: &Look<'_>, id: &ObjectId, visibility: &Visibility, memory: &mut Memory) -> Judged {
    let view = look.view;
    let now = view.second();
    let mut judged = Judged::unseen(id, now);
    let mut known = Known::of(memory, id);
    let may_tell = known.owned || view.onlooker == Onlooker::Person || is_at_home(view, id);
    let mut seen_as = None;
    match visibility {
        Visibility::Hidden(hidden) => hide(view, &mut judged, hidden),
        Visibility::KindUnknown => kind_unknown(&mut judged),
        // Whether there is such an object is its namespace's business: both look the same.
        Visibility::Absent | Visibility::Unlabelled(_) if !may_tell => not_owned(&mut judged),
        Visibility::Finished => {
            known.finished = true;
            removed(&mut judged, look.pending);
        }
        Visibility::Absent if known.finished => removed(&mut judged, look.pending),
        Visibility::Absent => {
            let message = if look.pending { "it has not been created yet" } else { "it does not exist" };
            absent(&mut judged, "NotFound", message);
            let reconcile = About::new(view.kustomization, view.beside).reconcile();
            judged.hint =
                Some(format!("kustomize-controller makes it with its next full run: {reconcile} --full"));
            known.baseline = None;
            // What comes in its place is another object.
            known.track = Track::default();
        }
        Visibility::Unlabelled(seen) => {
            exists(look, &mut judged, seen);
            if known.owned && is_at_home(view, id) {
                state_only(view, seen, &mut judged);
            }
        }
        Visibility::Seen(seen) => seen_as = Some(see(look, id, seen, &mut known, &mut judged)),
    }
    if let Some(before) = &known.before
        && before.sync == judged.sync
        && before.health == judged.health
    {
        // A time that is still to come was told by a clock that has been set back since, or by another node's.
        judged.since = before.since.min(now);
    }
    if let Some((said, shown)) = seen_as {
        block(look, visibility, &mut judged, said, &shown);
    }
    let now_known = Remembered {
        sync: judged.sync,
        health: judged.health,
        since: judged.since,
        baseline: known.baseline,
        finished: known.finished,
        track: known.track,
        owned: known.owned,
    };
    memory.objects.insert(id.clone(), now_known);
    judged
}

/// An object that is there and this Kustomization's.
fn see(
    look: &Look<'_>,
    id: &ObjectId,
    seen: &Seen,
    known: &mut Known,
    judged: &mut Judged,
) -> (Judgement, Shown) {
    let view = look.view;
    known.owned = true;
    let drifted = is_drifted(&mut known.baseline, known.before.as_ref(), seen, look.renewed);
    let said = look.services.corrected(id, seen, judgement(view, id, seen));
    let shown = known.track.see(&said, view.now);
    judged.health = shown.state.into();
    judged.weight = said.weight;
    judged.recheck = shown.recheck;
    put_in_words(judged, &said, &shown);
    known.finished = seen.is_finished();
    if known.finished {
        FINISHED.clone_into(&mut judged.reason);
    }
    judged.sync = sync(drifted, look.pending);
    report_drift(look, judged);
    if judged.sync == SyncState::Drifted {
        say_drifted(judged, "somebody changed a field that was applied");
        let id = &judged.id;
        judged.hint.get_or_insert_with(|| blockers::who_writes(id));
    }
    (said, shown)
}

/// Why it is what is shown of it. What is not shown yet is not told yet.
fn put_in_words(judged: &mut Judged, said: &Judgement, shown: &Shown) {
    match (shown.state, said.state) {
        (State::Healthy, State::Healthy) if !said.notable => {}
        (State::Healthy, State::Healthy) => judged.reason.clone_from(&said.reason),
        (State::Healthy, _) => {}
        (_, State::Healthy) => {
            "Recovering".clone_into(&mut judged.reason);
            "it has just become well".clone_into(&mut judged.message);
        }
        _ => {
            judged.reason.clone_from(&said.reason);
            judged.message.clone_from(&said.message);
            judged.evidence.clone_from(&said.evidence);
            judged.hint.clone_from(&said.hint);
        }
    }
}

/// What kustomize-controller reports of its drift.
fn report_drift(look: &Look<'_>, judged: &mut Judged) {
    let Some(report) = look.view.drift else { return };
    let Some((sentence, lines)) = blockers::say_drift(report, &judged.id.to_inventory()) else { return };
    if let Some(sentence) = sentence {
        judged.sync = SyncState::Drifted;
        say_drifted(judged, &sentence);
    }
    judged.evidence.extend(lines);
}

/// The blocker that an object is, or will be if it stays as it is.
fn block(look: &Look<'_>, visibility: &Visibility, judged: &mut Judged, said: Judgement, shown: &Shown) {
    let view = look.view;
    let subject = judged.id.to_string();
    if shown.state == State::Terminating {
        let since = match visibility {
            Visibility::Seen(seen) => seen.object().and_then(blockers::deleted_at),
            _ => None,
        };
        let told = told(&said);
        match blockers::of_leaving(&subject, &told, since.or(Some(judged.since)), view.now) {
            Ok(draft) => judged.blocker = Some(draft),
            Err(left) => judged.again(left),
        }
        return;
    }
    let age = Duration::try_from(view.now.duration_since(judged.since)).unwrap_or_default();
    judged.blocker = blockers::of_object(&subject, shown.state, &said, shown.regressed, age);
    if let Some(left) = blockers::due(shown.state, &said).and_then(|due| due.checked_sub(age))
        && !left.is_zero()
    {
        judged.again(left);
    }
    if let Some(blocker) = &judged.blocker
        && shown.regressed
    {
        judged.message.clone_from(&blocker.message);
    }
}

/// A judgement as what explains an object.
fn told(said: &Judgement) -> health::explain::Explanation {
    health::explain::Explanation {
        reason: said.reason.clone(),
        message: said.message.clone(),
        evidence: said.evidence.clone(),
        hint: said.hint.clone(),
        ..health::explain::Explanation::default()
    }
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
    let hint = blockers::kind_hint(&judged.id.kind, &judged.id.group);
    judged.blocker = Some(
        Draft::new(BlockerCode::KindUnknown, judged.id.to_string(), judged.message.clone())
            .evidence(format!("no {} of group {} is served", judged.id.kind, wording::word(&judged.id.group)))
            .hint(format!(
                "its CustomResourceDefinition is not installed, or no longer serves this version: {hint}"
            )),
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
/// applied it, somebody has taken them away or changed them, mostly another Kustomization.
fn exists(look: &Look<'_>, judged: &mut Judged, seen: &Seen) {
    judged.sync = sync(seen.mark.is_some(), look.pending);
    if seen.mark.is_some() {
        let shared = look.view.rivals.iter().any(|rival| rival.object == judged.id);
        let what = if shared {
            "another Kustomization applied it last"
        } else {
            "somebody changed the owner labels"
        };
        say_drifted(judged, what);
    } else {
        "NotLabelled".clone_into(&mut judged.reason);
        "it exists without the owner labels, so that nothing else is shown of it"
            .clone_into(&mut judged.message);
    }
}

/// Of what was this Kustomization's before and is in its namespace is also said whether it is well, without words.
fn state_only(view: &View<'_>, seen: &Seen, judged: &mut Judged) {
    let said = seen.judge(&[], view.beside, view.rules, view.now);
    judged.health = said.state.into();
    judged.weight = said.weight;
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

/// A Job that had finished before.
fn removed(judged: &mut Judged, pending: bool) {
    judged.sync = if pending { SyncState::RevisionPending } else { SyncState::Applied };
    judged.health = HealthState::Healthy;
    FINISHED_AND_REMOVED.clone_into(&mut judged.reason);
}

fn absent(judged: &mut Judged, reason: &str, message: &str) {
    judged.sync = SyncState::Missing;
    judged.health = HealthState::Missing;
    judged.weight = Weight::Gate;
    reason.clone_into(&mut judged.reason);
    message.clone_into(&mut judged.message);
}

fn hide(view: &View<'_>, judged: &mut Judged, hidden: &Hidden) {
    let (reason, message) = match hidden {
        Hidden::Secret => ("SecretsNotRead", String::new()),
        Hidden::Remote => ("AnotherCluster", String::new()),
        Hidden::Forbidden if view.onlooker == Onlooker::Person => {
            ("Forbidden", "you are not allowed to read it".to_owned())
        }
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

/// Forgets what has left the inventory. `before`: how many objects were remembered before they were judged.
pub(super) fn forget_others(memory: &mut Memory, judged: &[Judged], before: usize) {
    if memory.objects.len() > judged.len() {
        let kept: std::collections::BTreeSet<&ObjectId> = judged.iter().map(|judged| &judged.id).collect();
        memory.objects.retain(|id, _| kept.contains(id));
    }
    if memory.objects.len() != before {
        // What grows one by one leaves half of its room empty, which counts where there are many; this fills it.
        memory.objects = std::mem::take(&mut memory.objects).into_iter().collect();
    }
}
