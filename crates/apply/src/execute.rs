//! Carries a stage out: dry-runs side by side, then real applies in order (contracts/kustomize-controller.md 12).
//!
//! The caller records the write-ahead between the two halves and decides which objects need asking at all; order
//! against heals (a lock per object) is the caller's, too.

use crate::changeset::Change;
use crate::cleanup;
use crate::directive;
use crate::endpoint::{Endpoint, name_of};
use crate::error::{ObjectError, Phase};
use crate::judge::{Answer, Known, Verdict, judge};
use crate::outcome::{self, AfterRefusal};
use cluster::{Class, Definition, Error as ApiError, FieldPath, Mapper, Resolved};
use futures::{StreamExt as _, stream};
use kube::Client;
use manifest::foreign::{Foreign, Secrets, Values};
use manifest::{Manifest, ObjectId};
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

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
        }
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
        let mut planned = Planned {
            manifest: object,
            given,
            verdict: Verdict::Skip,
            answer: None,
            recreate: false,
            dropped: Vec::new(),
            endpoint,
        };
        if directive::is_ignored(planned.manifest.value()) {
            return Ok(planned);
        }
        loop {
            let error = match planned.endpoint.apply(planned.manifest.value(), &self.manager, true).await {
                Ok(mut answer) => {
                    let desired = planned.manifest.value();
                    planned.verdict = judge(desired, &answer, &known, &self.manager, &self.overrides);
                    if planned.is_write() {
                        // A set's answers wait until all of them are there. Of what will be written, the answer to the
                        // write says who manages what.
                        answer.object = outcome::without_managers(answer.object);
                    }
                    planned.answer = Some(answer);
                    return Ok(planned);
                }
                Err(error) => error,
            };
            let known = self.known(planned.manifest.value());
            if let Some((slim, paths)) = outcome::slimmer(&planned.manifest, planned.dropped.len(), &error) {
                planned.manifest = slim;
                planned.dropped.extend(paths.iter().map(|path| shown(path, &known)));
                continue;
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

    /// Only here is the live object read: a directive on it skips it, and force needs to know that it exists.
    async fn after_failed_dry_run(
        &self,
        mut planned: Planned,
        force: bool,
        error: &ApiError,
    ) -> Result<Planned, Box<Refused>> {
        let refused = |planned: Planned| {
            let error = self.failed(&planned, Phase::DryRun, error);
            Err(Box::new(Refused { manifest: planned.manifest, error }))
        };
        if !outcome::asks_for_live(error) {
            return refused(planned);
        }
        let Ok(Some(live)) = planned.endpoint.get(planned.manifest.name()).await else {
            return refused(planned);
        };
        let decided = outcome::after_refusal(planned.manifest.value(), &live, force, error.is_immutable());
        planned.answer = Some(Answer { object: live, handled_from: None });
        match decided {
            AfterRefusal::Skip => Ok(planned),
            AfterRefusal::Recreate => Ok(Planned { verdict: Verdict::Create, recreate: true, ..planned }),
            AfterRefusal::Refused => refused(planned),
        }
    }

    /// Writes one planned object and tells what became of it.
    ///
    /// # Errors
    /// The API server's refusal, in Flux's words.
    pub async fn apply(&self, planned: &Planned) -> Result<Change, ObjectError> {
        if !planned.is_write() {
            return Ok(planned.settled(&self.manager));
        }
        if planned.recreate {
            self.delete_for_recreation(planned).await?;
        }
        if planned.verdict == Verdict::CleanUp {
            self.clean_up(planned).await?;
        }
        let answer = planned
            .endpoint
            .apply(planned.manifest.value(), &self.manager, false)
            .await
            .map_err(|error| self.failed(planned, Phase::Apply, &error))?;
        let before = planned.answer.as_ref();
        Ok(outcome::applied(&planned.manifest, planned.recreate, before, answer.object, &self.manager))
    }

    async fn clean_up(&self, planned: &Planned) -> Result<(), ObjectError> {
        let fail = |error: &ApiError| self.failed(planned, Phase::CleanUp, error);
        for attempt in 0.. {
            let Some(live) = planned.endpoint.get(planned.manifest.name()).await.map_err(|e| fail(&e))?
            else {
                return Ok(());
            };
            let Some(patch) = cleanup::patch(planned.manifest.value(), &live, &self.manager, &self.overrides)
            else {
                return Ok(());
            };
            match planned.endpoint.json_patch(planned.manifest.name(), &patch, &self.manager).await {
                Ok(_) => return Ok(()),
                Err(error) if error.classify() == Class::Conflict && attempt < 3 => {}
                Err(error) => {
                    let known = self.known(planned.manifest.value()).and(&live);
                    return Err(ObjectError::of_known(&planned.id(), Phase::CleanUp, &error, &known));
                }
            }
        }
        Ok(())
    }

    /// Deletes the live object under preconditions and waits until it is gone.
    async fn delete_for_recreation(&self, planned: &Planned) -> Result<(), ObjectError> {
        let fail = |error: &ApiError| self.failed(planned, Phase::Delete, error);
        let Some(answer) = &planned.answer else { return Ok(()) };
        let judged = outcome::judged(&answer.object);
        match planned.endpoint.delete(name_of(&answer.object), &judged).await {
            Ok(()) => {}
            Err(error) if error.is_absence() => return Ok(()),
            Err(error) => return Err(fail(&error)),
        }
        // Finalizers may hold it: unbounded, as in Flux (contract 12.2.4), until the caller drops this.
        let mut pause = Duration::from_millis(50);
        loop {
            let live = planned.endpoint.get(planned.manifest.name()).await.map_err(|e| fail(&e))?;
            if outcome::is_gone(live.as_ref(), &judged) {
                return Ok(());
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(2));
        }
    }
}

/// A field's path as an API server wrote it: keys of lists in it are values of the manifest.
fn shown(path: &FieldPath, known: &Secrets) -> String {
    Foreign::from(path.to_string()).masked(known)
}
