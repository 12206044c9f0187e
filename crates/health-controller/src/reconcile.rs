//! One assessment: gather what the watches know, read the few objects that no watch shows, assess, publish.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::condition::READY;
use api::convergence::{ConvergenceStatus, HealthState};
use api::kustomization::Kustomization;
use api::labels;
use cluster::Class;
use health::explain::has_pods;
use jiff::Timestamp;
use kube::Api;
use kube::core::DynamicObject;
use manifest::ObjectId;
use reconcile_core::metrics::Outcome;
use reconcile_core::watch_pool::{Kind, Lease};
use reconcile_core::{Control, Lane, Machine, ObjectKey, condition, store};

use crate::assess::{Assessment, View, assess};
use crate::context::{Context, every};
use crate::memory::{Memory, last_run};
use crate::observed::joined;
use crate::publish::publish;
use crate::sight::{Hidden, Seen, Sight};
use crate::source::SourceView;
use crate::sources::Found;
use crate::step::{self, Event, State};
use crate::{dependencies, mark};

/// How long a verdict waits for watches that have not delivered yet.
const PATIENCE: Duration = Duration::from_secs(3);
/// After a write that failed.
const RETRY: Duration = Duration::from_secs(2);
/// Longest pause after writes that failed in a row.
const LONGEST_RETRY: Duration = Duration::from_secs(300);
/// Reads of absent objects in one assessment.
const PROBES: usize = 20;

/// Held of one Kustomization between assessments.
#[derive(Default)]
pub(crate) struct Held {
    /// `None` before the first assessment.
    memory: Option<Memory>,
    kinds: BTreeMap<(String, String, String), Lease>,
    source: Option<Lease>,
    pods: BTreeMap<String, Lease>,
    /// What reads of objects that no watch shows have given, for the run in which they were made.
    probes: HashMap<ObjectId, (String, Sight)>,
    /// Since when a watch has been waited for.
    waiting: Option<Instant>,
    failures: u32,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held").field("kinds", &self.kinds.len()).finish_non_exhaustive()
    }
}

/// Runs assessments.
pub(crate) struct Assessor {
    context: Arc<Context>,
}

impl Machine for Assessor {
    type State = State<Box<Held>>;
    type Event = Event<Box<Held>>;
    type Job = Box<Held>;

    fn controller(&self) -> &'static str {
        "convergence"
    }

    fn new_state(&self, _key: &ObjectKey) -> Self::State {
        State::new(Box::default())
    }

    fn step(state: &mut Self::State, event: Self::Event, now: Instant) -> Vec<Effect> {
        step::step(state, event, now)
    }

    async fn run(self: Arc<Self>, key: ObjectKey, mut job: Self::Job, ctl: Control<Self>) -> Self::Event {
        let permit = ctl.permit().await;
        let recheck = match permit {
            Some(_permit) => self.context.assess_one(&key, &mut job).await,
            None => None,
        };
        if self.context.kustomizations.get(&key).is_none() {
            // It went during the assessment: what that has subscribed to since then is for nobody.
            self.context.forget(&key);
        }
        Event::Assessed { held: job, recheck }
    }

    fn panicked(&self, _lane: Lane, message: String) -> Self::Event {
        tracing::error!(error = %message, "an assessment panicked");
        Event::Panicked
    }

    fn coalesce(queued: &mut Self::Event, new: Self::Event) -> Option<Self::Event> {
        if matches!((queued, &new), (Event::Changed, Event::Changed)) { None } else { Some(new) }
    }

    // What is told after a deletion is told of a successor.
    fn is_barrier(queued: &Self::Event) -> bool {
        matches!(queued, Event::Gone)
    }
}

type Effect = reconcile_core::Effect<Box<Held>, Event<Box<Held>>>;

impl Assessor {
    pub(crate) const fn new(context: Arc<Context>) -> Self {
        Self { context }
    }
}

impl Context {
    /// Forgets a Kustomization that is gone.
    pub(crate) fn forget(&self, key: &ObjectKey) {
        self.by_object.remove(key);
        self.by_kind.remove(key);
        self.by_source.remove(key);
        self.by_dependency.remove(key);
        self.pods.subscribe(key, []);
        self.process.metrics.forget("Convergence", key);
    }

    async fn assess_one(&self, key: &ObjectKey, held: &mut Held) -> Option<Duration> {
        let object = self.kustomizations.get(key)?;
        let begun = Instant::now();
        let published = self.convergences.get(key).and_then(|known| known.status.clone());
        let mut memory = held.memory.take().unwrap_or_else(|| Memory::restored(published.clone()));
        memory.published = published;
        let (view, waits) = self.look(key, &object, held).await;
        if waits {
            let since = *held.waiting.get_or_insert(begun);
            let left = PATIENCE.saturating_sub(since.elapsed());
            if !left.is_zero() {
                held.memory = Some(memory);
                return Some(left);
            }
        } else {
            held.waiting = None;
        }
        let in_namespace = |namespace: &str| self.pods.in_namespace(namespace);
        let Gathered { source, chain, objects } = view;
        let now = Timestamp::now();
        let view = View { kustomization: &object, source, chain, objects, pods: &in_namespace, now };
        let Assessment { status, recheck } = assess(&view, &mut memory);
        let recheck = self.write(&object, &status, &memory, held, recheck, begun).await;
        held.memory = Some(memory);
        recheck
    }

    async fn write(
        &self,
        object: &Kustomization,
        status: &ConvergenceStatus,
        memory: &Memory,
        held: &mut Held,
        recheck: Option<Duration>,
        begun: Instant,
    ) -> Option<Duration> {
        let key = ObjectKey::of(&object.metadata);
        let outcome = publish(&self.process.client, &self.convergences, object, status).await;
        let metrics = &self.process.metrics;
        match outcome {
            Ok(written) => {
                held.failures = 0;
                if written {
                    tell(&key, memory.published.as_ref(), status);
                    metrics.reconciled("convergence", "Convergence", &key, Outcome::Success, begun.elapsed());
                }
                recheck
            }
            Err(error) => {
                let class = error.classify();
                held.failures = held.failures.saturating_add(1);
                let pause = RETRY.saturating_mul(1 << held.failures.min(8)).min(LONGEST_RETRY);
                match class {
                    // The watch will bring what somebody else wrote; what is gone is forgotten already.
                    Class::Conflict | Class::NotFound => {
                        tracing::debug!(name = %key.name, namespace = %key.namespace, %error, "the Convergence changed meanwhile");
                        return Some(RETRY);
                    }
                    _ => {
                        tracing::error!(name = %key.name, namespace = %key.namespace, %error, "the Convergence could not be written");
                    }
                }
                metrics.reconciled("convergence", "Convergence", &key, Outcome::Error, begun.elapsed());
                Some(recheck.map_or(pause, |recheck| recheck.min(pause)))
            }
        }
    }

    /// Watches Pods where they would tell more, and only there; true when they have not been listed yet. A verdict
    /// without them would take back what an earlier process has explained.
    fn follow_pods(
        &self,
        key: &ObjectKey,
        held: &mut Held,
        objects: &[(ObjectId, Option<Kind>, Sight)],
    ) -> bool {
        let wanted: BTreeSet<String> = objects
            .iter()
            .filter(|(id, _, sight)| match sight {
                Sight::Seen(seen) | Sight::Unlabelled(seen) => {
                    !id.namespace.is_empty() && has_pods(&id.group, &id.kind) && seen.object().is_some()
                }
                _ => false,
            })
            .map(|(id, _, _)| id.namespace.clone())
            .collect();
        held.pods.retain(|namespace, _| wanted.contains(namespace));
        // The subscription comes first, so that the first list already wakes.
        self.pods.subscribe(key, wanted.iter().cloned());
        for namespace in wanted {
            held.pods.entry(namespace).or_insert_with_key(|namespace| self.pods.acquire(namespace));
        }
        held.pods.keys().any(|namespace| !self.pods.is_settled(namespace))
    }

    /// Gathers what is known; true beside it when watches have not delivered yet.
    async fn look(&self, key: &ObjectKey, object: &Kustomization, held: &mut Held) -> (Gathered, bool) {
        let mut waits = false;
        self.by_dependency.set(key, dependencies::of(object));
        let chain = dependencies::chain(object, |key| self.kustomizations.get(key));
        let source = match self.source(key, object, held) {
            Found::View(view) => view,
            Found::Starting => {
                waits = true;
                SourceView::Hidden
            }
        };
        let entries = object.status.as_ref().and_then(|status| status.inventory.as_ref());
        let entries = entries.map_or(&[][..], |inventory| &inventory.entries);
        let mut objects = Vec::with_capacity(entries.len());
        let mut watched = Vec::new();
        for entry in entries {
            let Ok(id) = ObjectId::from_inventory(&entry.id) else {
                let id =
                    ObjectId { name: entry.id.clone(), kind: "Malformed".to_owned(), ..ObjectId::default() };
                objects.push((id, None, Sight::Hidden(Hidden::Malformed)));
                continue;
            };
            if object.spec.kube_config.is_some() {
                objects.push((id, None, Sight::Hidden(Hidden::Remote)));
                continue;
            }
            if id.group.is_empty() && id.kind == "Secret" && !self.settings.observe_secrets {
                objects.push((id, None, Sight::Hidden(Hidden::Secret)));
                continue;
            }
            let kind = Kind::gvk(&id.group, &entry.v, &id.kind);
            watched.push((kind.clone(), ObjectKey::new(id.namespace.clone(), id.name.clone())));
            objects.push((id, Some(kind), Sight::Absent));
        }
        self.subscribe(key, held, &watched);
        for (id, kind, sight) in &mut objects {
            let Some(kind) = kind else { continue };
            *sight = self.observed.sight(kind, &ObjectKey::new(id.namespace.clone(), id.name.clone()));
            waits |= matches!(sight, Sight::Hidden(Hidden::Starting));
        }
        if !waits {
            self.probe(object, held, &mut objects).await;
        }
        waits |= self.follow_pods(key, held, &objects);
        let objects = objects.into_iter().map(|(id, _, sight)| (id, sight)).collect();
        (Gathered { source, chain, objects }, waits)
    }

    fn subscribe(&self, key: &ObjectKey, held: &mut Held, watched: &[(Kind, ObjectKey)]) {
        let mut kinds = BTreeMap::new();
        for (kind, _) in watched {
            kinds.entry((kind.group.clone(), kind.version.clone(), kind.kind.clone())).or_insert(kind);
        }
        // Subscribed before the watch begins, so that nothing is missed.
        self.by_object.set(key, watched.iter().cloned());
        self.by_kind.set(key, kinds.values().map(|kind| (*kind).clone()));
        held.kinds.retain(|name, _| kinds.contains_key(name));
        for (name, kind) in kinds {
            held.kinds.entry(name).or_insert_with(|| self.objects.acquire(kind));
        }
    }

    fn source(&self, key: &ObjectKey, object: &Kustomization, held: &mut Held) -> Found {
        let reference = &object.spec.source_ref;
        let namespace = reference.namespace.clone().unwrap_or_else(|| key.namespace.clone());
        let elsewhere =
            self.process.args.watch_namespace.as_ref().is_some_and(|watched| *watched != namespace);
        if elsewhere || reference.kind.as_str().is_empty() {
            held.source = None;
            self.by_source.remove(key);
            return Found::View(SourceView::Hidden);
        }
        let kind = Kind::gvk(api::SOURCE_GROUP, api::FLUX_VERSION, reference.kind.as_str());
        let source = ObjectKey::new(namespace, reference.name.clone());
        self.by_source.set(key, [(kind.clone(), source.clone()), (kind.clone(), every())]);
        if held.source.as_ref().is_none_or(|lease| *lease.kind() != kind) {
            held.source = Some(self.source_pool.acquire(&kind));
        }
        self.sources.find(&kind, &source)
    }

    /// Objects that the owner label does not show are read once per run: they may exist without it.
    async fn probe(
        &self,
        object: &Kustomization,
        held: &mut Held,
        objects: &mut [(ObjectId, Option<Kind>, Sight)],
    ) {
        let Some(run) = finished_run(object) else { return };
        let mut left = PROBES;
        let mut probes = HashMap::new();
        for (id, kind, sight) in objects.iter_mut() {
            let (Sight::Absent, Some(kind)) = (&*sight, kind.as_ref()) else { continue };
            let known = held.probes.remove(id).filter(|(of, _)| *of == run).map(|(_, sight)| sight);
            let found = match known {
                Some(found) => found,
                None if left == 0 => continue,
                None => {
                    left -= 1;
                    self.read(id, kind).await
                }
            };
            *sight = found.clone();
            // Of an object with its labels the watch tells, a moment later: what was read would hide what it tells next.
            if !matches!(found, Sight::Seen(_)) {
                probes.insert(id.clone(), (run.clone(), found));
            }
        }
        held.probes = probes;
    }

    async fn read(&self, id: &ObjectId, kind: &Kind) -> Sight {
        let resolved = match self.process.mapper.resolve(&kind.group, &kind.version, &kind.kind).await {
            Ok(resolved) => resolved,
            Err(error) if error.classify() == Class::NotFound => return Sight::KindUnknown,
            Err(error) => return Sight::Hidden(Hidden::Failing(error.message().to_owned())),
        };
        let client = self.process.client.clone();
        let api: Api<DynamicObject> = if resolved.namespaced {
            Api::namespaced_with(client, &id.namespace, &resolved.api_resource)
        } else {
            Api::all_with(client, &resolved.api_resource)
        };
        match api.get_opt(&id.name).await.map_err(cluster::Error::from) {
            Ok(None) => Sight::Absent,
            Ok(Some(found)) => read_back(kind, found, Timestamp::now()),
            Err(error) if error.classify() == Class::Forbidden => Sight::Hidden(Hidden::Forbidden),
            Err(error) => Sight::Hidden(Hidden::Failing(error.message().to_owned())),
        }
    }
}

/// What the watches know.
struct Gathered {
    source: SourceView,
    chain: Vec<String>,
    objects: Vec<(ObjectId, Sight)>,
}

/// An object that was read because its watch does not show it. One that has the label is on its way: word of the end of
/// a run may come before word of what the run made, since those are two watches.
pub(crate) fn read_back(kind: &Kind, found: DynamicObject, now: Timestamp) -> Sight {
    let DynamicObject { mut metadata, data, .. } = found;
    let mark = mark::of(&metadata.managed_fields.take().unwrap_or_default());
    let version = store::version(&metadata);
    let uid = metadata.uid.clone().unwrap_or_default();
    let labelled = metadata.labels.as_ref().is_some_and(|labels| labels.contains_key(labels::OWNER_NAME));
    let seen = Arc::new(Seen::new(joined(kind, metadata, data), version, uid, mark, now));
    if labelled { Sight::Seen(seen) } else { Sight::Unlabelled(seen) }
}

/// Tells one finished run from the next; `None` while one is under way, when objects are absent for good reason.
fn finished_run(object: &Kustomization) -> Option<String> {
    let status = object.status.as_ref()?;
    let ready =
        condition::get(&status.conditions, READY).filter(|ready| ready.status != api::condition::UNKNOWN)?;
    let last = last_run(status);
    Some(format!("{:?} {:?} {last:?}", status.last_attempted_revision, ready.last_transition_time.0))
}

/// One log line when the answer changes, none when only details do.
fn tell(key: &ObjectKey, old: Option<&ConvergenceStatus>, new: &ConvergenceStatus) {
    let state = |status: &ConvergenceStatus| {
        let converged =
            status.conditions.first().map(|condition| (condition.status.clone(), condition.reason.clone()));
        (converged, status.health.as_ref().map(|health| health.state))
    };
    if old.map(state) == Some(state(new)) {
        return;
    }
    let health = new.health.as_ref().map_or(HealthState::Unknown, |health| health.state);
    let summary = new.summary.as_deref().unwrap_or_default();
    tracing::info!(controller = "convergence", name = %key.name, namespace = %key.namespace, health = health.as_str(), "{summary}");
}
