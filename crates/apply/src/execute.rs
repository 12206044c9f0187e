//! The first half of a stage: dry-runs side by side (contracts/kustomize-controller.md 12). The real applies are in
//! [`write`].
//!
//! The caller records the write-ahead between the two halves and decides which objects need asking at all; order
//! against heals (a lock per object) is the caller's, too.

mod create;
mod look;
mod refused;
mod write;

use crate::changeset::Change;
use crate::difference::{Difference, Masking, Maskings};
use crate::endpoint::Endpoint;
use crate::error::{ObjectError, Phase};
use crate::ignore::IgnoreRules;
use crate::judge::{Answer, Known, Verdict, judge};
use crate::left_alone::LeftAlone;
use crate::outcome;
use cluster::{Class, Definition, Error as ApiError, FieldPath, Mapper, Resolved};
use futures::{StreamExt as _, stream};
use kube::Client;
use manifest::foreign::{Foreign, Secrets, Values};
use manifest::{Manifest, ObjectId};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use tokio::time::Instant;

/// Of how many objects that drifted the fields are told: each of them is read for it.
const MAX_TOLD: usize = 100;

/// Applies objects as one identity. Made for one run or deletion: what it finds out of definitions is as new as itself.
#[derive(Clone)]
pub struct Applier {
    client: Client,
    mapper: Mapper,
    manager: String,
    overrides: Vec<String>,
    concurrency: usize,
    /// What is said of definitions has to be true at a later moment than this.
    since: Instant,
    /// The values of all Secrets of the run, which no message about any of its objects may carry.
    values: Values,
    /// Fields that are neither compared nor corrected.
    ignored: Arc<IgnoreRules>,
    /// Gate `MigrateAPIVersion`.
    migrates: bool,
    /// Whether discovery was asked anew because a kind that it names was not served, or the cluster gave no answer.
    renewed: Arc<AtomicBool>,
    /// What of the values that differ may be told.
    maskings: Maskings,
    /// Whether what is in doubt is looked at, too.
    settles_doubts: bool,
    /// Objects that drifted and whose fields may still be told.
    to_tell: Arc<AtomicUsize>,
}

impl std::fmt::Debug for Applier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Applier").field("manager", &self.manager).finish_non_exhaustive()
    }
}

/// An object to ask about.
#[derive(Clone, Debug)]
pub struct Ask {
    /// As it shall be.
    pub manifest: Manifest,
    /// What is known of it before the server is asked.
    pub known: Known,
}

/// An object that was dry-run, ready to be written.
#[derive(Clone, Debug)]
pub struct Planned {
    /// As it will be sent; the namespace is cleared on cluster-scoped kinds, undeclared fields are dropped.
    pub manifest: Manifest,
    /// Digest of the manifest as it was given, before anything was dropped.
    pub given: [u8; 16],
    /// What to do.
    pub verdict: Verdict,
    /// The dry-run's answer, without managedFields where something will be written; `None` for an object that a directive
    /// keeps us from asking about.
    pub answer: Option<Answer>,
    /// Delete the live object first: an immutable field changed and force is on.
    pub recreate: bool,
    /// Undeclared fields that were dropped (decisions 5.5), for a warning.
    pub dropped: Vec<String>,
    /// That it drifted: the manifest is the one that was applied last ([`Known::applied`]), and the object would be written all
    /// the same.
    pub drift: Option<Drift>,
    /// Fields that differ and are left alone, as far as they are known; at most twenty.
    pub left_alone: Vec<LeftAlone>,
    /// Whether it was read for that.
    pub audited: Audited,
    /// Paths of fields that are ignored, where that matters: the object exists.
    ignored: Vec<String>,
    endpoint: Endpoint,
}

impl Planned {
    /// The object's inventory id.
    #[must_use]
    pub fn id(&self) -> ObjectId {
        self.manifest.id()
    }

    /// Whether applying it writes.
    #[must_use]
    pub const fn is_write(&self) -> bool {
        self.verdict.is_write()
    }

    /// The outcome of an object that is not written.
    #[must_use]
    pub fn settled(&self, manager: &str) -> Change {
        outcome::settled(&self.manifest, self.verdict, self.answer.as_ref(), manager)
    }
}

/// Whether an object that nothing is done about was compared with its manifest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Audited {
    /// It was not, or something may be done about it.
    #[default]
    Not,
    /// At this version, just now.
    Now(u64),
    /// At this version, which is still there: what is left alone is what it was ([`Known::audited`]), and is not said anew.
    Before(u64),
}

/// In what an object drifted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Drift {
    /// It was not read.
    #[default]
    Unread,
    /// In these fields, as it was when the dry-run was answered; in none where only their owners changed.
    In(Vec<Difference>),
}

/// An object whose dry-run was refused.
#[derive(Clone, Debug)]
pub struct Refused {
    /// As it was sent.
    pub manifest: Manifest,
    /// Why.
    pub error: ObjectError,
}

impl Applier {
    /// `concurrency` is `--concurrent-ssa`; `overrides` are the names of `--override-manager`.
    #[must_use]
    pub fn new(
        client: Client,
        mapper: Mapper,
        manager: &str,
        overrides: Vec<String>,
        concurrency: usize,
    ) -> Self {
        Self {
            client,
            mapper,
            manager: manager.to_owned(),
            overrides,
            concurrency: concurrency.max(1),
            since: Instant::now(),
            values: Values::default(),
            ignored: Arc::default(),
            migrates: false,
            renewed: Arc::default(),
            maskings: Maskings::default(),
            settles_doubts: false,
            to_tell: Arc::new(AtomicUsize::new(MAX_TOLD)),
        }
    }

    /// Says what of the values that differ may be told; by default all but those of Secrets.
    #[must_use]
    pub fn masking(mut self, maskings: Maskings) -> Self {
        self.maskings = maskings;
        self
    }

    /// Reads objects that were applied before and of which a dry-run does not say whether they differ, instead of calling
    /// for an apply: for those who apply nothing.
    #[must_use]
    pub const fn settling_doubts(mut self, settles: bool) -> Self {
        self.settles_doubts = settles;
        self
    }

    /// Lifts field managers' entries of older API versions where they are in the way of a dry-run (contract 12.2.3).
    #[must_use]
    pub const fn migrating(mut self, migrates: bool) -> Self {
        self.migrates = migrates;
        self
    }

    /// Ignores fields (contract 13). What is wrong with the rules is the caller's to tell; every object that they are
    /// needed for is refused otherwise.
    #[must_use]
    pub fn ignoring(mut self, rules: IgnoreRules) -> Self {
        self.ignored = Arc::new(rules);
        self
    }

    /// Has these values masked in every message, beside those of the Secrets that it is asked about.
    #[must_use]
    pub fn with_values(mut self, values: &Values) -> Self {
        self.values = values.clone();
        self
    }

    /// What is known for the messages about an object.
    pub(crate) fn known(&self, object: &Value) -> Secrets {
        Secrets::of(object).beside(&self.values)
    }

    /// An error about an object that was planned: its values are those that were sent, and those that were answered.
    fn failed(&self, planned: &Planned, phase: Phase, error: &ApiError) -> ObjectError {
        let known = self.known(planned.manifest.value());
        let known = match &planned.answer {
            Some(answer) => known.and(&answer.object),
            None => known,
        };
        ObjectError::of_known(&planned.id(), phase, error, &known)
    }

    /// What of an object's values may be told.
    #[must_use]
    pub fn masking_of(&self, manifest: &Value) -> Masking {
        self.maskings.of(manifest, &self.values)
    }

    /// The field manager's name.
    #[must_use]
    pub fn manager(&self) -> &str {
        &self.manager
    }

    /// The mapper in use.
    #[must_use]
    pub const fn mapper(&self) -> &Mapper {
        &self.mapper
    }

    /// What stands behind a kind that is not served, now.
    pub(crate) async fn definition(&self, group: &str, kind: &str) -> Result<Definition, ApiError> {
        self.mapper.definition(group, kind, self.since).await
    }

    /// The place of an object of a known kind.
    #[must_use]
    pub fn endpoint(&self, resolved: &Resolved, namespace: &str) -> Endpoint {
        Endpoint::new(self.client.clone(), resolved, namespace)
    }

    /// Has the values of all these masked in the messages about each of them, whichever is asked about first.
    pub fn gather(&self, asks: &[Ask]) {
        asks.iter().for_each(|ask| self.values.gather(ask.manifest.value()));
    }

    /// Dry-runs objects side by side; answers come in the given order.
    pub async fn dry_run(&self, asks: Vec<Ask>, force: bool) -> Vec<Result<Planned, Box<Refused>>> {
        self.gather(&asks);
        stream::iter(asks).map(|ask| self.dry_run_one(ask, force)).buffered(self.concurrency).collect().await
    }

    /// Dry-runs one object and judges the answer.
    ///
    /// # Errors
    /// The API server's refusal, in Flux's words, with the object for another try.
    pub async fn dry_run_one(&self, ask: Ask, force: bool) -> Result<Planned, Box<Refused>> {
        let Ask { manifest: mut object, known } = ask;
        self.values.gather(object.value());
        let given = manifest::digest::of(object.value());
        let endpoint = match self.locate(&mut object).await {
            Ok(endpoint) => endpoint,
            Err(error) => return Err(Box::new(Refused { manifest: object, error })),
        };
        let planned = Planned {
            manifest: object,
            given,
            verdict: Verdict::Skip,
            answer: None,
            recreate: false,
            dropped: Vec::new(),
            drift: None,
            left_alone: Vec::new(),
            audited: Audited::default(),
            ignored: Vec::new(),
            endpoint,
        };
        let mut planned = match self.hands_off(planned, &known).await {
            Ok(skipped) => return Ok(skipped),
            Err(planned) => *planned,
        };
        let (mut renewed, mut migrated) = (false, false);
        let mut rereads = 0;
        loop {
            let error = match planned.endpoint.apply(planned.manifest.value(), &self.manager, true).await {
                Ok(answer) => {
                    let desired = planned.manifest.value();
                    planned.verdict = judge(desired, &answer, &known, &self.manager, &self.overrides);
                    planned.answer = Some(answer);
                    match self.look(planned, &known, rereads).await? {
                        Looked::Done(done) => return Ok(done),
                        Looked::Outdated(again) => {
                            planned = again;
                            rereads += 1;
                            continue;
                        }
                    }
                }
                Err(error) => error,
            };
            let known = self.known(planned.manifest.value());
            if let Some((slim, paths)) = outcome::slimmer(&planned.manifest, planned.dropped.len(), &error) {
                planned.manifest = slim;
                planned.dropped.extend(paths.iter().map(|path| shown(path, &known)));
                continue;
            }
            if outcome::asks_discovery_anew(&error, self.mapper.is_remote()) && !renewed {
                renewed = true;
                // Once for all: one API that is named and not served does not have discovery asked for every object.
                if !self.renewed.swap(true, Relaxed) {
                    self.mapper.invalidate();
                }
                planned.endpoint = match self.locate(&mut planned.manifest).await {
                    Ok(endpoint) => endpoint,
                    Err(error) => return Err(Box::new(Refused { manifest: planned.manifest, error })),
                };
                continue;
            }
            if self.migrates && !migrated {
                migrated = true;
                match self.migrate(&planned, &error).await {
                    Ok(true) => continue,
                    Ok(false) => {}
                    Err(error) => return Err(Box::new(Refused { manifest: planned.manifest, error })),
                }
            }
            return self.after_failed_dry_run(planned, force, &error).await;
        }
    }

    /// Where an object goes; the namespace is cleared on cluster-scoped kinds.
    async fn locate(&self, object: &mut Manifest) -> Result<Endpoint, ObjectError> {
        let gvk = object.gvk();
        object.id().check().map_err(|error| ObjectError::unfit_name(&object.id(), Phase::DryRun, &error))?;
        let resolved = match self.mapper.resolve(&gvk.group, &gvk.version, &gvk.kind).await {
            Ok(resolved) => resolved,
            Err(error) if error.classify() == Class::NotFound => {
                return Err(self.unknown_kind(object).await);
            }
            Err(error) => {
                let known = self.known(object.value());
                return Err(ObjectError::of_known(&object.id(), Phase::DryRun, &error, &known));
            }
        };
        if !outcome::fit_namespace(object, resolved.namespaced) {
            return Err(ObjectError::no_namespace(&object.id()));
        }
        Ok(self.endpoint(&resolved, object.namespace().unwrap_or_default()))
    }

    /// No such kind, or one whose API is down.
    async fn unknown_kind(&self, object: &Manifest) -> ObjectError {
        let (id, gvk) = (object.id(), object.gvk());
        match self.definition(&gvk.group, &gvk.kind).await {
            Ok(definition @ Definition::Aggregated { .. }) => {
                let error = ApiError::not_served(&gvk.group, &gvk.kind, &definition);
                ObjectError::of_known(&id, Phase::DryRun, &error, &self.known(object.value()))
            }
            // Where the definitions cannot be read, discovery's word is all there is.
            Ok(_) | Err(_) => ObjectError::unknown_kind(&id, &gvk.api_version()),
        }
    }
}

/// What the look at the live object came to (`look`).
enum Looked {
    /// The verdict stands.
    Done(Planned),
    /// Somebody wrote between the dry-run and the read: ask again.
    Outdated(Planned),
}

/// A field's path as an API server wrote it: keys of lists in it are values of the manifest.
fn shown(path: &FieldPath, known: &Secrets) -> String {
    Foreign::from(path.to_string()).masked(known)
}
