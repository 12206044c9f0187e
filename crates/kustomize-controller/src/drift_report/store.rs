//! What is known of the drift of all Kustomizations, shared by runs, heals and the one who writes. Every method takes the
//! lock for a moment; none waits.

use super::due::{Due, Refusal};
use super::findings::{Figures, Findings};
use api::convergence::Target;
use api::drift_report::{DriftReport, DriftReportStatus};
use api::kustomization::Kustomization;
use apply::baseline;
use jiff::Timestamp;
use kube::ResourceExt as _;
use parking_lot::Mutex;
use reconcile_core::ObjectKey;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// One Kustomization.
#[derive(Debug, Default)]
struct Slot {
    /// Its uid: another one of that name is another.
    owner: String,
    findings: Findings,
    /// What is known to be written; `None`: there is no report.
    stored: Option<DriftReportStatus>,
    /// The newest resourceVersion of the report that was heard of.
    version: u64,
    /// What the watch said during a write: judged once that is over.
    unjudged: Option<Option<Seen>>,
    news: bool,
    /// A write is under way.
    busy: bool,
    due: Due,
    /// A run has ended well before it was known what was there at the start.
    ran: bool,
}

/// A report as it is on the API server.
#[derive(Clone, Debug)]
struct Seen {
    /// UID of the Kustomization that it is about; empty when it is about none.
    owner: String,
    version: u64,
    status: DriftReportStatus,
}

impl Seen {
    fn of(report: DriftReport) -> Self {
        let owner = report.owner_references().iter().find(|owner| owner.kind == "Kustomization");
        Self {
            owner: owner.map(|owner| owner.uid.clone()).unwrap_or_default(),
            version: baseline::version_number(report.metadata.resource_version.as_deref()),
            status: report.status.unwrap_or_default(),
        }
    }
}

#[derive(Debug, Default)]
struct Inner {
    slots: HashMap<ObjectKey, Slot>,
    /// What is there of Kustomizations of which nothing is known: of an earlier process, or of another one that goes on.
    earlier: HashMap<ObjectKey, Seen>,
    /// What was there at the start is known.
    listed: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct DriftReports {
    inner: Mutex<Inner>,
    news: Notify,
}

/// A report that is to be written now.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Job {
    pub(crate) key: ObjectKey,
    /// UID of the Kustomization.
    pub(crate) owner: String,
    /// What is there.
    pub(crate) stored: Option<DriftReportStatus>,
    /// What shall be; `None`: no report.
    pub(crate) wanted: Option<DriftReportStatus>,
}

/// What became of a [`Job`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// It is there, in this resourceVersion; 0 where it was deleted.
    Done(u64),
    /// Somebody has deleted the report: it has to be made again.
    Missing,
    /// The Kustomization, or its namespace, is on its way out.
    Leaving,
    /// It is not.
    Refused(Refusal),
}

impl DriftReports {
    /// Tells something of a Kustomization's drift.
    pub(crate) fn note(&self, owner: &Kustomization, now: Timestamp, tell: impl FnOnce(&mut Findings)) {
        let (key, uid) = (ObjectKey::of(&owner.metadata), owner.metadata.uid.as_deref().unwrap_or_default());
        let mut inner = self.inner.lock();
        let slot = inner.slot(&key, uid, now);
        tell(&mut slot.findings);
        slot.news |= slot.findings.take_news();
        let (is_news, is_new) = (slot.news, slot.is_idle() && slot.is_unwritten());
        if is_new && inner.listed {
            inner.slots.remove(&key);
        }
        drop(inner);
        if is_news {
            self.news.notify_one();
        }
    }

    /// Whether anything is known of a Kustomization: else there is nothing to correct.
    pub(crate) fn is_known(&self, key: &ObjectKey) -> bool {
        let inner = self.inner.lock();
        !inner.listed || inner.slots.contains_key(key) || inner.earlier.contains_key(key)
    }

    /// A run has ended well. What is too old to be told goes from its report, and the report with the last of it.
    pub(crate) fn ran(&self, owner: &Kustomization, now: Timestamp, tell: impl FnOnce(&mut Findings)) {
        let key = ObjectKey::of(&owner.metadata);
        if !self.is_known(&key) {
            return;
        }
        self.note(owner, now, |findings| {
            tell(findings);
            findings.expire(now);
        });
        let mut inner = self.inner.lock();
        let Some(slot) = inner.slots.get_mut(&key) else { return };
        slot.ran = true;
        // What was put back long ago goes with the next run, which is soon enough.
        if slot.stored.is_some() && slot.findings.status(target(&key), now) != slot.stored {
            slot.news = true;
            self.news.notify_one();
        }
    }

    /// A Kustomization is gone; its report goes with it.
    pub(crate) fn forget(&self, key: &ObjectKey) {
        let mut inner = self.inner.lock();
        inner.slots.remove(key);
        inner.earlier.remove(key);
    }

    /// A Kustomization's objects are others from now on.
    pub(crate) fn clear(&self, key: &ObjectKey) {
        let mut inner = self.inner.lock();
        if let Some(slot) = inner.slots.get_mut(key) {
            slot.findings = Findings::default();
            slot.news = true;
        }
        if let Some(earlier) = inner.earlier.get_mut(key) {
            // It is still there, and nothing in it is true any more.
            earlier.status =
                DriftReportStatus { target: earlier.status.target.take(), ..DriftReportStatus::default() };
        }
        drop(inner);
        self.news.notify_one();
    }

    /// A report is there, in this form: at the start, or because somebody has written it.
    pub(crate) fn seen(&self, report: DriftReport, now: Timestamp, moment: Instant) {
        let (key, seen) = (ObjectKey::of(&report.metadata), Seen::of(report));
        let mut inner = self.inner.lock();
        let listed = inner.listed;
        let is_news = match inner.slots.get_mut(&key) {
            Some(slot) if listed => slot.see(Some(seen), moment),
            Some(slot) => {
                slot.take_in(seen, now);
                false
            }
            None => {
                inner.earlier.insert(key, seen);
                false
            }
        };
        drop(inner);
        if is_news {
            self.news.notify_one();
        }
    }

    /// A report is not there any more, or cannot be read.
    pub(crate) fn gone(&self, key: &ObjectKey, moment: Instant) {
        let mut inner = self.inner.lock();
        inner.earlier.remove(key);
        let is_news = inner.slots.get_mut(key).is_some_and(|slot| slot.see(None, moment));
        drop(inner);
        if is_news {
            self.news.notify_one();
        }
    }

    /// All that is there has been told, or cannot be.
    pub(crate) fn listed(&self) {
        let mut inner = self.inner.lock();
        let first = !std::mem::replace(&mut inner.listed, true);
        for slot in inner.slots.values_mut() {
            // What of it is not true any more has to go; what was refused may be taken now.
            slot.news |= slot.due.retry() || first && slot.stored.is_some();
        }
        drop(inner);
        self.news.notify_one();
    }

    /// What is to be written now, and when to look again if nothing happens. `renewals` counts discovery's.
    pub(crate) fn due(&self, now: Timestamp, moment: Instant, renewals: u64) -> (Vec<Job>, Option<Duration>) {
        let mut inner = self.inner.lock();
        let (mut jobs, mut next) = (Vec::new(), None);
        if !inner.listed {
            return (jobs, next);
        }
        let mut look = |at: Duration| next = Some(next.map_or(at, |next: Duration| next.min(at)));
        for (key, slot) in &mut inner.slots {
            if slot.findings.next_end().is_some_and(|end| end <= now) {
                slot.findings.expire(now);
                slot.news |= slot.findings.take_news();
            }
            if let Some(end) = slot.findings.next_end() {
                look(
                    Duration::try_from(end.duration_since(now))
                        .unwrap_or_default()
                        .max(Duration::from_millis(100)),
                );
            }
            if !slot.news || slot.busy {
                continue;
            }
            if slot.due.from(moment, renewals) > moment {
                look(slot.due.look(moment, renewals).saturating_duration_since(moment));
                continue;
            }
            slot.news = false;
            let wanted = slot.findings.status(target(key), now);
            if wanted != slot.stored {
                slot.busy = true;
                jobs.push(Job {
                    key: key.clone(),
                    owner: slot.owner.clone(),
                    stored: slot.stored.clone(),
                    wanted,
                });
            }
        }
        inner.slots.retain(|_, slot| !slot.is_idle() || !slot.due.is_over(moment));
        (jobs, next)
    }

    /// What became of a job.
    pub(crate) fn written(&self, job: &Job, written: Written, moment: Instant, renewals: u64) {
        let mut inner = self.inner.lock();
        let slot = inner.slots.get_mut(&job.key).filter(|slot| slot.owner == job.owner);
        let Some(slot) = slot else { return };
        slot.busy = false;
        let refusal = match written {
            Written::Refused(refusal) => Some(refusal),
            _ => None,
        };
        slot.due.tried(moment, refusal, renewals);
        match written {
            Written::Done(version) => {
                slot.stored.clone_from(&job.wanted);
                slot.version = slot.version.max(version);
            }
            Written::Missing => (slot.stored, slot.news) = (None, true),
            Written::Leaving => {}
            Written::Refused(_) => slot.news = true,
        }
        if let Some(seen) = slot.unjudged.take() {
            slot.see(seen, moment);
        }
        drop(inner);
        self.news.notify_one();
    }

    /// Waits until there is something to look at.
    pub(crate) async fn changed(&self) {
        self.news.notified().await;
    }

    /// Over all Kustomizations.
    pub(crate) fn figures(&self) -> Figures {
        let inner = self.inner.lock();
        inner.slots.values().map(|slot| slot.findings.figures()).fold(Figures::default(), |sum, one| {
            Figures {
                drifted: sum.drifted + one.drifted,
                failed: sum.failed + one.failed,
                fights: sum.fights + one.fights,
                ignored: sum.ignored + one.ignored,
            }
        })
    }
}

impl Inner {
    fn slot(&mut self, key: &ObjectKey, uid: &str, now: Timestamp) -> &mut Slot {
        let earlier = self.earlier.remove(key);
        let slot = self.slots.entry(key.clone()).or_default();
        if slot.owner != uid {
            *slot = Slot { owner: uid.to_owned(), ..Slot::default() };
        }
        if let Some(earlier) = earlier {
            slot.take_in(earlier, now);
        }
        slot
    }
}

impl Slot {
    /// Takes in what an earlier process wrote, if it was about this Kustomization. What is of another one goes by itself.
    fn take_in(&mut self, earlier: Seen, now: Timestamp) {
        if earlier.owner == self.owner {
            self.findings.restore(&earlier.status, self.ran, now);
            self.stored = Some(earlier.status);
        }
        self.version = self.version.max(earlier.version);
    }

    /// What the watch says of its report. What is not newer than what was written here is that, or what was before it;
    /// anything else is somebody else's doing, and is put right. True when there is something to put right.
    fn see(&mut self, seen: Option<Seen>, moment: Instant) -> bool {
        if self.busy {
            self.unjudged = Some(seen);
            return false;
        }
        let stored = match seen {
            Some(seen) if seen.version <= self.version => return false,
            Some(seen) => {
                self.version = seen.version;
                (seen.owner == self.owner).then_some(seen.status)
            }
            None => None,
        };
        if stored == self.stored {
            return false;
        }
        self.stored = stored;
        self.due.disturb(moment);
        self.news = true;
        true
    }

    /// Whether it was never tried to write it.
    const fn is_unwritten(&self) -> bool {
        self.due.is_untried()
    }

    /// Whether nothing is kept of it that is not kept of any other.
    fn is_idle(&self) -> bool {
        self.stored.is_none() && !self.busy && !self.news && self.findings.is_empty()
    }
}

fn target(key: &ObjectKey) -> Target {
    Target {
        api_version: format!("{}/{}", api::KUSTOMIZE_GROUP, api::FLUX_VERSION),
        kind: "Kustomization".to_owned(),
        namespace: key.namespace.clone(),
        name: key.name.clone(),
    }
}

#[cfg(test)]
mod tests;
