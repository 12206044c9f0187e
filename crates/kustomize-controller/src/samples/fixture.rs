//! Everything that a step of a run needs, with a scripted client in the place of the API server.

use super::{Clouds, Lent, Reply, Script, Stored, artifact, config_map, key, kustomization};
use crate::args::Options;
use crate::claims::Claims;
use crate::clusters::Clusters;
use crate::context::Context;
use crate::declared::{Declared, Made, Objects};
use crate::drift_report::{DriftReports, Written};
use crate::key_services::KeyServices;
use crate::kind_watches::{KindWatches, Pools};
use crate::measures::Measures;
use crate::memory::Memory;
use crate::reconcile::builder::Builder;
use crate::reconcile::recorder::Recorder;
use crate::reconcile::scope::{Resolved, Scope};
use crate::references::References;
use crate::render_request;
use crate::reporter::Reporter;
use crate::source_index::SourceIndex;
use crate::throttle::Throttles;
use crate::unreadable::Unreadables;
use crate::watched_target::WatchedTarget;
use ::apply::Applier;
use api::Artifact;
use api::drift_report::DriftReportStatus;
use api::kustomization::Kustomization;
use api::meta::SourceKind;
use cluster::{ConnectOptions, Connector, Impersonator, Mapper, Target, TargetId};
use jiff::Timestamp;
use manifest::Manifest;
use manifest::budget::Limits;
use reconcile_core::events::{Options as EventOptions, Recorder as Events};
use reconcile_core::gate::MemoryGate;
use reconcile_core::gate::size::MemorySize;
use reconcile_core::metrics::Metrics;
use reconcile_core::outside::{Outside, Surroundings};
use reconcile_core::watch_pool::{self, WatchPool};
use reconcile_core::{ObjectKey, Store, Turns};
use serde_json::{Value, json};
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// This controller's settings by default, without jitter.
pub(crate) fn options() -> Options {
    Options {
        concurrent_ssa: 4,
        create_without_dry_run: false,
        requeue_dependency: Duration::from_secs(30),
        http_retry: 0,
        default_service_account: String::new(),
        default_kubeconfig_service_account: String::new(),
        object_identity: false,
        insecure_kubeconfig_tls: false,
        no_cross_namespace_refs: false,
        overrides: Vec::new(),
        custom_stage_kinds: Vec::new(),
        drift_watch: true,
        jitter_percent: 0,
        external_artifact: false,
        fail_fast: true,
        commit_status: true,
        additive_ready_expr: false,
        strict_substitution: true,
        reference_watch: false,
        noop: crate::reconcile::telling::Settings { status: true, events: true },
        migrate_api_version: false,
        retry: (Duration::from_secs(1), Duration::from_secs(900)),
        memory_gate: MemorySize::default(),
        sops: crate::args::SopsOptions::default(),
        build_limits: Limits::NONE,
    }
}

/// Pools whose watches never hear anything; what they ask for stands in no transcript.
fn pools() -> Pools {
    let client = Script::default().client();
    let pool = || {
        let (mapper, options) = (Mapper::new(client.clone()), watch_pool::Options::default());
        WatchPool::new(client.clone(), mapper, options, None, Default::default(), |_| {})
    };
    Pools { metadata: pool(), whole: pool() }
}

/// Watches of kinds with these pools, or without any.
pub(crate) fn kind_watches(drift_watch: bool) -> (KindWatches, watch::Sender<u64>) {
    let (news, is_news) = watch::channel(0);
    (KindWatches::new(drift_watch.then(pools), is_news), news)
}

/// See the module.
pub(crate) struct Fixture {
    pub(crate) script: Script,
    pub(crate) ctx: Context,
    events: Events,
    pub(crate) key: ObjectKey,
    pub(crate) object: Arc<Kustomization>,
    pub(crate) stored: Stored,
    pub(crate) memory: Arc<Memory>,
    pub(crate) lent: Lent,
}

impl Fixture {
    /// The Kustomization `ns/app`, with `more` merged into it.
    pub(crate) async fn new(more: &Value) -> Self {
        let (script, object) = (Script::default(), Arc::new(kustomization(more)));
        let stored = Stored::of(&object, script.transcript.clone());
        let metrics = Metrics::new();
        let events = recorder(&script, &metrics);
        let ctx = context(&script, &events, &metrics).await;
        ctx.kustomizations.insert(Arc::clone(&object));
        let (memory, lent) = (Arc::default(), Lent::new().await);
        Self { script, ctx, events, key: key("app"), object, stored, memory, lent }
    }

    /// As [`new`](Self::new), with these fields of the spec.
    pub(crate) async fn with_spec(spec: Value) -> Self {
        Self::new(&json!({ "spec": spec })).await
    }

    /// With clouds in the place of the real ones.
    pub(crate) fn under(&mut self, clouds: &Arc<Clouds>) {
        let (outside, machine) = (Arc::<Clouds>::clone(clouds) as _, Arc::<Clouds>::clone(clouds) as _);
        self.ctx.key_services = KeyServices::new(outside, machine).unwrap();
    }

    /// There is a ServiceAccount with these annotations, and tokens are issued for it.
    pub(crate) fn has_account(&self, name: &'static str, annotations: Value, token: &'static str) {
        self.script.on(move |sent| {
            let metadata = json!({"name": name, "namespace": "ns", "uid": "u", "annotations": annotations});
            let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata});
            sent.is(&format!("get ns/serviceaccounts/{name}")).then(|| Reply::ok(account)).flatten()
        });
        self.script.on(move |sent| {
            let token = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": {},
                "spec": {"audiences": []}, "status": {"token": token, "expirationTimestamp": "2099-01-01T00:00:00Z"}});
            sent.path.ends_with(&format!("serviceaccounts/{name}/token")).then(|| Reply::ok(token)).flatten()
        });
    }

    /// Another Kustomization beside it.
    pub(crate) fn add(&self, name: &str, more: &Value) -> Arc<Kustomization> {
        let mut object = kustomization(more);
        object.metadata.name = Some(name.to_owned());
        object.metadata.uid = Some(format!("uid of {name}"));
        let object = Arc::new(object);
        self.ctx.kustomizations.insert(Arc::clone(&object));
        object
    }

    /// The source of all samples has an artifact of this revision.
    pub(crate) fn publish(&self, revision: &str) {
        self.ctx.sources.put(SourceKind::GitRepository, &self.key, Some(artifact(revision)));
    }

    /// The source has an artifact that nobody can fetch, and no request is made for it.
    pub(crate) fn publish_unreadable(&self) {
        let artifact = Artifact { digest: "unreadable".into(), ..artifact("1") };
        self.ctx.sources.put(SourceKind::GitRepository, &self.key, Some(artifact));
    }

    /// A Kustomization's present input is known to give these ConfigMaps.
    pub(crate) fn declare(&self, name: &str, objects: &[&str]) {
        let key = key(name);
        let object = self.ctx.kustomizations.get(&key).unwrap();
        let spec = render_request::digest(&self.ctx.options, &key, &object.spec);
        let objects: Vec<Manifest> = objects.iter().map(|name| config_map(name)).collect();
        let made = Made { artifact: artifact("1").digest, spec, cluster: TargetId::Local };
        self.ctx.declared.set(&key, made, Objects::of(&TargetId::Local, &objects, |_, _| [0; 32]));
    }

    /// Applies as the Kustomization's account.
    pub(crate) fn applier(&self) -> Applier {
        self.scope().applier().unwrap()
    }

    /// The watches of the own cluster.
    pub(crate) fn kind_watches(&self) -> &KindWatches {
        &self.ctx.clusters.local().kind_watches
    }

    pub(crate) fn scope(&self) -> Scope<'_> {
        Scope {
            ctx: &self.ctx,
            key: &self.key,
            object: Arc::clone(&self.object),
            target: Arc::clone(self.ctx.clusters.local()),
            lost: None,
            memory: &self.memory,
            health: crate::expressions::HealthExpressions::read(&self.object.spec.health_check_exprs)
                .unwrap(),
            control: &self.lent.control,
            started: Instant::now(),
        }
    }

    pub(crate) fn recorder(&self) -> Recorder<'_> {
        self.stored.recorder(&self.memory.own)
    }

    /// With the source found at revision `main@sha1:1`.
    pub(crate) fn resolved(&self) -> Resolved {
        Resolved { artifact: artifact("1"), timeout: Duration::from_secs(30) }
    }

    /// Requests since the last call, in order.
    pub(crate) fn requests(&self) -> String {
        self.script.transcript.take()
    }

    /// What a DriftReport would be written as now, if it would be; it is taken as written.
    pub(crate) fn drift_report(&self) -> Option<DriftReportStatus> {
        let (now, moment) = (Timestamp::now(), Instant::now() + Duration::from_secs(60));
        self.ctx.drift.listed();
        let (mut jobs, _) = self.ctx.drift.due(now, moment, 0);
        let job = jobs.pop()?;
        self.ctx.drift.written(&job, Written::Done(0), moment - Duration::from_secs(60), 0);
        job.wanted
    }

    /// Events since the last call.
    pub(crate) async fn events(&self) -> String {
        self.events.flush(Duration::from_secs(10)).await;
        self.script.events.take()
    }
}

async fn context(script: &Script, events: &Events, metrics: &Arc<Metrics>) -> Context {
    let client = script.client();
    let impersonator = Impersonator::new(Arc::new(connector().await));
    let own = Target::own(client.clone(), Mapper::new(client.clone()), impersonator);
    Context {
        clusters: Clusters::new(furnished(own), ConnectOptions::default(), furnished),
        reporter: Reporter::new(events.clone(), true),
        tracer: reconcile_core::trace::Tracer::default(),
        artifacts: artifact::ArtifactCache::new(fetcher(), artifact::shared::Options::default()),
        client,
        metrics: Arc::clone(metrics),
        measures: Arc::new(Measures::new(metrics)),
        kustomizations: Store::new(),
        changes: watch::Sender::new(0),
        sources: SourceIndex::default(),
        claims: Arc::new(Claims::default()),
        references: References::new(None, Default::default()),
        declared: Declared::default(),
        drift: Arc::new(DriftReports::default()),
        builder: Builder::new(4, MemoryGate::new(64 << 20), options().build_limits),
        key_services: KeyServices::new(Arc::new(Outside::over(fetcher())), Arc::new(Surroundings)).unwrap(),
        throttles: Throttles::default(),
        shared: Default::default(),
        unreadable: Unreadables::default(),
        dependants: Default::default(),
        precedence: Default::default(),
        fetches: Turns::new(8, 8),
        options: options(),
    }
}

/// With watches that never hear anything.
fn furnished(cluster: Target) -> WatchedTarget {
    WatchedTarget::new(cluster, kind_watches(true).0).with_places(4)
}

fn recorder(script: &Script, metrics: &Arc<Metrics>) -> Events {
    let options = EventOptions {
        controller: "kustomize-controller".into(),
        instance: "pod".into(),
        events_addr: String::new(),
    };
    Events::new(script.client(), &options, Arc::clone(metrics)).unwrap()
}

/// Where impersonating clients would connect; none of them is used.
async fn connector() -> Connector {
    let mut kubeconfig = tempfile::NamedTempFile::new().unwrap();
    let content = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "http://cluster.test"}}],
        "users": [{"name": "u", "user": {}}],
    });
    write!(kubeconfig, "{content}").unwrap();
    let options =
        ConnectOptions { kubeconfig: Some(kubeconfig.path().to_owned()), ..ConnectOptions::default() };
    Connector::load(&options).await.unwrap()
}

/// Fetches nothing: there is no such host.
fn fetcher() -> reqwest::Client {
    reqwest::Client::builder().tls_certs_only([]).build().unwrap()
}
