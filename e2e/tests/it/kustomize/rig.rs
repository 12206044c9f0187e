//! What the tests of the kustomize-controller stand on: a namespace, the controller as a process under its own identity,
//! and a source that the test itself publishes (a GitRepository's status and an archive behind HTTP), so that no
//! source-controller takes part. It judges nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use kube::Client;
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::{Value, json};
use testkit::archives::Archives;
use testkit::cluster::{ControlPlane, Mark, Requests, TestNamespace};
use testkit::proxy::Proxy;
use testkit::stack::{Controller, Running};
use testkit::wait::{Look, until};

/// How long anything may take that should take less than a second.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// The controller under test and its surroundings.
pub(crate) struct Rig {
    pub(crate) plane: Arc<ControlPlane>,
    pub(crate) ns: TestNamespace,
    pub(crate) client: Client,
    archives: Archives,
    flags: Vec<String>,
    /// Beside what a controller has anyway.
    environment: Vec<(String, String)>,
    controller: Option<Running>,
}

impl Rig {
    /// A namespace, a source named `app` without artifact, and a running controller.
    pub(crate) async fn start(name: &str) -> Result<Self> {
        Self::start_with(name, &[]).await
    }

    /// The same with flags for the controller.
    pub(crate) async fn start_with(name: &str, flags: &[&str]) -> Result<Self> {
        let mut rig = Self::without_controller(name, flags).await?;
        rig.start_controller().await?;
        Ok(rig)
    }

    /// The same with a controller whose way to the API server is the proxy; the test itself goes past it.
    pub(crate) async fn behind_proxy(name: &str, flags: &[&str]) -> Result<(Self, Proxy)> {
        let mut rig = Self::without_controller(name, flags).await?;
        let proxy = rig.proxy().await?;
        rig.go_through(&proxy);
        rig.start_controller().await?;
        Ok((rig, proxy))
    }

    /// A proxy for the controller's identity.
    pub(crate) async fn proxy(&self) -> Result<Proxy> {
        let identity = self.ns.service_account("kustomize-controller").await?;
        Proxy::before(identity.kubeconfig()).await
    }

    /// Lets every controller that is started from now on go through a proxy.
    pub(crate) fn go_through(&mut self, proxy: &Proxy) {
        let kubeconfig = proxy.kubeconfig().to_string_lossy().into_owned();
        self.environment = vec![("KUBECONFIG".to_owned(), kubeconfig)];
    }

    /// Adds a variable to the environment of every controller that is started from now on.
    pub(crate) fn surround(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// A namespace and a source; the controller is started later.
    pub(crate) async fn without_controller(name: &str, flags: &[&str]) -> Result<Self> {
        let plane = ControlPlane::shared().await?;
        let ns = plane.namespace(name).await?;
        let client = ns.client();
        let archives = Archives::start().await?;
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let environment = Vec::new();
        let rig = Self { plane, ns, client, archives, flags, environment, controller: None };
        rig.source("app").await?;
        Ok(rig)
    }

    /// The namespace's name.
    pub(crate) fn namespace(&self) -> &str {
        self.ns.name()
    }

    /// Starts the controller (again).
    pub(crate) async fn start_controller(&mut self) -> Result<()> {
        self.controller = Some(self.another_controller().await?);
        Ok(())
    }

    /// Starts a controller that the caller keeps.
    pub(crate) async fn another_controller(&self) -> Result<Running> {
        let mut controller = Controller::new("kustomize-controller");
        controller.binary = std::env::var_os("FLYBALL_BINARIES")
            .map(|folder| std::path::Path::new(&folder).join("kustomize-controller"));
        controller.flags.clone_from(&self.flags);
        controller.environment.clone_from(&self.environment);
        controller.start(&self.ns).await
    }

    /// Starts Flux's controller in its place.
    pub(crate) async fn start_flux(&mut self) -> Result<()> {
        let mut controller = crate::peers::theirs("kustomize-controller")?;
        controller.flags.clone_from(&self.flags);
        self.controller = Some(controller.start(&self.ns).await?);
        Ok(())
    }

    /// The running controller.
    pub(crate) fn controller(&self) -> &Running {
        self.controller.as_ref().expect("the controller runs")
    }

    /// `kill -9`.
    pub(crate) async fn kill_controller(&mut self) -> Result<()> {
        if let Some(controller) = self.controller.take() {
            controller.process.kill().await?;
        }
        Ok(())
    }

    /// The present end of the audit log.
    pub(crate) fn mark(&self) -> Result<Mark> {
        self.plane.requests()?.mark()
    }

    /// What the controller has asked the API server since, without leases and discovery.
    pub(crate) async fn requests(&self, mark: &Mark) -> Result<Requests> {
        let user = self.ns.user("kustomize-controller");
        Ok(self.plane.requests()?.since(mark, &user).await?.counted())
    }

    /// Waits until the controller has sent that many events since.
    pub(crate) async fn sent_events(&self, mark: &Mark, count: usize) -> Result<()> {
        let (log, user) = (self.plane.requests()?, self.ns.user("kustomize-controller"));
        until(&format!("{count} events"), LIMIT, || async {
            let sent = log.now(mark, &user)?.filter(|request| request.is_event()).len();
            Ok(if sent >= count { Look::Found(()) } else { Look::Not(sent.to_string()) })
        })
        .await
    }

    /// A GitRepository that nobody reconciles.
    pub(crate) async fn source(&self, name: &str) -> Result<()> {
        let source = json!({
            "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
            "metadata": {"name": name, "namespace": self.namespace()},
            "spec": {"url": "https://example.com/app.git", "interval": "1h"},
        });
        self.apply(source).await.map(drop)
    }

    /// Publishes files (`-- path --` sections) as an artifact of the source `app`; gives its revision.
    pub(crate) async fn publish(&self, files: &str) -> Result<String> {
        self.publish_as("app", files).await
    }

    /// Publishes an artifact of one source.
    pub(crate) async fn publish_as(&self, source: &str, files: &str) -> Result<String> {
        let archive = pack(&testkit::fixture::files(files))?;
        let digest = manifest::digest::sha256_hex(&archive);
        let revision = format!("main@sha1:{}", &digest[..40]);
        let size = archive.len();
        let url = self.archives.put(&format!("{digest}.tar.gz"), archive);
        self.set_artifact(
            source,
            json!({
                "path": format!("gitrepository/{}/{source}/{digest}.tar.gz", self.namespace()), "url": url,
                "revision": revision, "digest": format!("sha256:{digest}"), "size": size,
                "lastUpdateTime": "2026-01-01T00:00:00Z",
            }),
        )
        .await?;
        Ok(revision)
    }

    /// Writes the source's status as source-controller would.
    pub(crate) async fn set_artifact(&self, source: &str, artifact: Value) -> Result<()> {
        let revision = artifact["revision"].as_str().unwrap_or_default().to_owned();
        let status = json!({"status": {
            "observedGeneration": 1,
            "artifact": artifact,
            "conditions": [{
                "type": "Ready", "status": "True", "reason": "Succeeded", "observedGeneration": 1,
                "message": format!("stored artifact for revision '{revision}'"),
                "lastTransitionTime": "2026-01-01T00:00:00Z",
            }],
        }});
        let sources = self.objects("source.toolkit.fluxcd.io/v1", "GitRepository");
        sources.patch_status(source, &PatchParams::default(), &Patch::Merge(&status)).await?;
        Ok(())
    }

    /// Creates or changes a Kustomization: an hourly, pruning one of the source `app`, with these fields over it.
    pub(crate) async fn kustomization(&self, name: &str, spec: Value) -> Result<Value> {
        let mut fields = json!({
            "interval": "1h", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"},
        });
        if let (Some(fields), Value::Object(spec)) = (fields.as_object_mut(), spec) {
            fields.extend(spec);
        }
        self.apply(json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": name, "namespace": self.namespace()}, "spec": fields,
        }))
        .await
    }

    /// Changes the Kustomization's status in its owner's stead.
    pub(crate) async fn patch_status(&self, name: &str, status: Value) -> Result<()> {
        let patch = Patch::Merge(json!({ "status": status }));
        let kustomizations = self.objects("kustomize.toolkit.fluxcd.io/v1", "Kustomization");
        kustomizations.patch_status(name, &PatchParams::default(), &patch).await?;
        Ok(())
    }

    /// Server-side apply as the test's user.
    pub(crate) async fn apply(&self, object: Value) -> Result<Value> {
        let text = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
        let name = object["metadata"]["name"].as_str().context("a name")?.to_owned();
        let objects = self.objects(&text("apiVersion"), &text("kind"));
        let applied =
            objects.patch(&name, &PatchParams::apply("test").force(), &Patch::Apply(&object)).await?;
        Ok(serde_json::to_value(applied)?)
    }

    /// A plain create as somebody else, with a field manager of that name.
    pub(crate) async fn create_as(&self, who: &str, object: Value) -> Result<()> {
        let text = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
        let params = PostParams { field_manager: Some(who.to_owned()), ..PostParams::default() };
        let objects = self.objects(&text("apiVersion"), &text("kind"));
        objects.create(&params, &serde_json::from_value(object)?).await?;
        Ok(())
    }

    /// A merge patch as somebody else, with a field manager of that name.
    pub(crate) async fn patch_as(
        &self,
        who: &str,
        api: &str,
        kind: &str,
        name: &str,
        patch: Value,
    ) -> Result<Value> {
        let params = PatchParams { field_manager: Some(who.to_owned()), ..PatchParams::default() };
        let patched = self.objects(api, kind).patch(name, &params, &Patch::Merge(&patch)).await?;
        Ok(serde_json::to_value(patched)?)
    }

    /// A live object, if there is one.
    pub(crate) async fn get(&self, api: &str, kind: &str, name: &str) -> Result<Option<Value>> {
        let found = self.objects(api, kind).get_opt(name).await?;
        Ok(found.map(serde_json::to_value).transpose()?)
    }

    /// The Kustomization as it is.
    pub(crate) async fn state(&self, name: &str) -> Result<Value> {
        self.get("kustomize.toolkit.fluxcd.io/v1", "Kustomization", name).await?.context(name.to_owned())
    }

    /// All Kustomizations of the namespace by name.
    pub(crate) async fn states(&self) -> Result<BTreeMap<String, Value>> {
        let kustomizations = self.objects("kustomize.toolkit.fluxcd.io/v1", "Kustomization");
        let listed = kustomizations.list(&ListParams::default()).await?;
        let values = listed.items.into_iter().map(|object| {
            Ok((object.metadata.name.clone().unwrap_or_default(), serde_json::to_value(object)?))
        });
        values.collect()
    }

    /// Deletes in the background.
    pub(crate) async fn delete(&self, api: &str, kind: &str, name: &str) -> Result<()> {
        self.objects(api, kind).delete(name, &DeleteParams::background()).await?;
        Ok(())
    }

    /// Names of the live objects of a kind that carry the owner label of a Kustomization of this namespace.
    pub(crate) async fn owned(&self, api: &str, kind: &str) -> Result<Vec<String>> {
        let label = format!("kustomize.toolkit.fluxcd.io/namespace={}", self.namespace());
        let found = self.objects(api, kind).list(&ListParams::default().labels(&label)).await?;
        let mut names: Vec<String> =
            found.items.into_iter().filter_map(|object| object.metadata.name).collect();
        names.sort();
        Ok(names)
    }

    /// Asks for a run and gives the token.
    pub(crate) async fn request_run(&self, name: &str) -> Result<String> {
        let token = format!("{}", rand::random::<u64>());
        let patch = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": token}}});
        self.patch_as("test", "kustomize.toolkit.fluxcd.io/v1", "Kustomization", name, patch).await?;
        Ok(token)
    }

    /// Asks for a run and waits until it has ended, well or badly.
    pub(crate) async fn run(&self, name: &str) -> Result<Value> {
        let token = self.request_run(name).await?;
        self.until(name, "handled the request", |state| {
            state["status"]["lastHandledReconcileAt"] == token.as_str()
        })
        .await
    }

    /// Waits until the Kustomization is as wanted.
    pub(crate) async fn until(
        &self,
        name: &str,
        what: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        until(&format!("{name} {what}"), LIMIT, || async {
            let state = self.state(name).await?;
            Ok(if wanted(&state) { Look::Found(state) } else { Look::Not(state["status"].to_string()) })
        })
        .await
    }

    /// Waits until this revision of the current generation has been applied.
    pub(crate) async fn ready(&self, name: &str, revision: &str) -> Result<Value> {
        self.until(name, &format!("is ready at {revision}"), |state| is_ready_at(state, revision)).await
    }

    /// Waits until Ready is False with this reason for the current generation.
    pub(crate) async fn failed(&self, name: &str, reason: &str) -> Result<Value> {
        self.until(name, &format!("fails with {reason}"), |state| {
            let ready = condition(state, "Ready");
            ready["status"] == "False"
                && ready["reason"] == reason
                && ready["observedGeneration"] == state["metadata"]["generation"]
        })
        .await
    }

    /// Waits until the deletion of a Kustomization says why it does not go on.
    pub(crate) async fn failed_deletion(&self, name: &str) -> Result<Value> {
        self.until(name, "says why it is still there", |state| {
            condition(state, "Ready")["reason"] == "PruneFailed"
                && !state["metadata"]["deletionTimestamp"].is_null()
        })
        .await
    }

    /// Waits until a live object is as wanted; null stands for none.
    pub(crate) async fn until_object(
        &self,
        (api, kind, name): (&str, &str, &str),
        what: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        until(&format!("{kind} {name} {what}"), LIMIT, || async {
            let object = self.get(api, kind, name).await?.unwrap_or(Value::Null);
            Ok(if wanted(&object) { Look::Found(object) } else { Look::Not(object.to_string()) })
        })
        .await
    }

    /// Events about a Kustomization: `reason`, `message`, `type`, oldest first.
    pub(crate) async fn events(&self, name: &str) -> Result<Vec<(String, String, String)>> {
        let listed = self.objects("v1", "Event").list(&ListParams::default()).await?;
        let mut events: Vec<(String, Value)> = listed
            .items
            .into_iter()
            .map(|event| {
                serde_json::to_value(event).map(|event| (event["firstTimestamp"].to_string(), event))
            })
            .collect::<Result<_, _>>()?;
        events.retain(|(_, event)| {
            event["involvedObject"]["name"] == name && event["involvedObject"]["kind"] == "Kustomization"
        });
        events.sort_by(|a, b| a.0.cmp(&b.0));
        let text = |event: &Value, field: &str| event[field].as_str().unwrap_or_default().to_owned();
        Ok(events.iter().map(|(_, e)| (text(e, "reason"), text(e, "message"), text(e, "type"))).collect())
    }

    /// Waits for an event that satisfies `wanted` (reason, message).
    pub(crate) async fn event(
        &self,
        name: &str,
        what: &str,
        wanted: impl Fn(&str, &str) -> bool,
    ) -> Result<String> {
        until(&format!("event of {name}: {what}"), LIMIT, || async {
            let events = self.events(name).await?;
            Ok(match events.iter().find(|(reason, message, _)| wanted(reason, message)) {
                Some((_, message, _)) => Look::Found(message.clone()),
                None => Look::Not(format!("{events:?}")),
            })
        })
        .await
    }

    /// Deletes a Kustomization and waits until it is gone.
    pub(crate) async fn finalized(&self, name: &str) -> Result<()> {
        self.delete("kustomize.toolkit.fluxcd.io/v1", "Kustomization", name).await?;
        self.until_object(
            ("kustomize.toolkit.fluxcd.io/v1", "Kustomization", name),
            "is gone",
            Value::is_null,
        )
        .await
        .map(drop)
    }

    fn objects(&self, api: &str, kind: &str) -> Api<DynamicObject> {
        let (group, version) = api.split_once('/').unwrap_or(("", api));
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        if is_cluster_scoped(kind) {
            Api::all_with(self.client.clone(), &resource)
        } else {
            Api::namespaced_with(self.client.clone(), self.namespace(), &resource)
        }
    }
}

fn is_cluster_scoped(kind: &str) -> bool {
    matches!(
        kind,
        "Namespace"
            | "CustomResourceDefinition"
            | "ClusterRole"
            | "ClusterRoleBinding"
            | "PriorityClass"
            | "StorageClass"
            | "IngressClass"
            | "RuntimeClass"
            | "VolumeAttributesClass"
            | "CSIDriver"
            | "PersistentVolume"
            | "APIService"
            | "MutatingWebhookConfiguration"
    )
}

/// A condition of an object; null if it has none of that type.
pub(crate) fn condition<'v>(object: &'v Value, kind: &str) -> &'v Value {
    let conditions = object["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    conditions.iter().find(|condition| condition["type"] == kind).unwrap_or(&Value::Null)
}

/// Whether this revision has been applied for the current generation.
pub(crate) fn is_ready_at(state: &Value, revision: &str) -> bool {
    let ready = condition(state, "Ready");
    ready["status"] == "True"
        && ready["message"] == format!("Applied revision: {revision}")
        && state["status"]["observedGeneration"] == state["metadata"]["generation"]
}

/// Ids in the inventory, in its order.
pub(crate) fn inventory(state: &Value) -> Vec<String> {
    let entries = state["status"]["inventory"]["entries"].as_array().map(Vec::as_slice).unwrap_or_default();
    entries.iter().map(|entry| entry["id"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The files of ConfigMaps with these names, all with one key of this value.
pub(crate) fn config_maps(ns: &str, names: &[&str], value: &str) -> String {
    names.iter().map(|name| format!("-- {name}.yaml --\n{}", config_map(ns, name, value))).collect()
}

/// A ConfigMap in the namespace `ns`, with one key.
pub(crate) fn config_map(ns: &str, name: &str, value: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: {ns}\ndata:\n  key: \"{value}\"\n"
    )
}

fn pack(files: &BTreeMap<String, String>) -> Result<Vec<u8>> {
    let mut paths: Vec<&String> = files.keys().collect();
    paths.sort_by(|a, b| artifact::path::walk_order(a, b));
    let mut packer = artifact::pack::Packer::new(Vec::new())?;
    for path in paths {
        packer.file(path, false, files[path].as_bytes())?;
    }
    Ok(packer.finish()?)
}
