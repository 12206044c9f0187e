//! Webhooks: a push is acted on long before the interval, a forged one is not, and who else reconciles Receivers is left
//! alone.

use anyhow::{Context as _, Result};
use aws_lc_rs::hmac;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use testkit::cluster::ControlPlane;
use testkit::git::GitServer;
use testkit::ports;
use testkit::stack::Controller;
use testkit::wait::{Look, until};

use super::{API, Bench, KIND, SOON, conditions, status_of};

pub(super) const HOOKS: &str = "notification.toolkit.fluxcd.io/v1";
pub(super) const RECEIVER: &str = "Receiver";
const RBAC: &str = "rbac.authorization.k8s.io/v1";

pub(super) struct Hooks {
    pub(super) bench: Bench,
    pub(super) address: String,
}

impl Hooks {
    /// A source-controller that answers webhooks, with the rights that the chart gives it then, in its own namespace.
    pub(super) async fn start(prefix: &str, flags: &[&str]) -> Result<Self> {
        let address = format!("127.0.0.1:{}", ports::free()?);
        let ns = ControlPlane::shared().await?.namespace(prefix).await?;
        let definitions: Api<CustomResourceDefinition> = Api::all(ns.client());
        for definition in api::optional_crds() {
            let name = definition.metadata.name.clone().context("a name")?;
            let params = PatchParams::apply("testkit").force();
            definitions.patch(&name, &params, &Patch::Apply(definition)).await?;
            let (api, kind) = ("apiextensions.k8s.io/v1", "CustomResourceDefinition");
            ns.wait_condition(api, kind, &name, ("Established", "True"), SOON).await?;
        }
        // Discovery follows a little later.
        until("Receivers are served", SOON, || async {
            Ok(match ns.get(HOOKS, RECEIVER, "none").await {
                Ok(_) => Look::Found(()),
                Err(error) => Look::Not(format!("{error:#}")),
            })
        })
        .await?;
        let rule = |group: &str, resources: &[&str], verbs: &[&str]| json!({ "apiGroups": [group], "resources": resources, "verbs": verbs });
        ns
            .apply_value(json!({ "apiVersion": RBAC, "kind": "Role", "metadata": { "name": "receivers" }, "rules": [
                rule("notification.toolkit.fluxcd.io", &["receivers"], &["get", "list", "watch", "patch"]),
                rule("notification.toolkit.fluxcd.io", &["receivers/status"], &["patch"]),
                rule("", &["secrets"], &["get", "list", "watch"]),
                rule("source.toolkit.fluxcd.io", &["gitrepositories", "helmrepositories"], &["get", "list", "patch"]),
            ] }))
            .await?;
        let account = json!({ "kind": "ServiceAccount", "name": "source-controller" });
        ns.apply_value(
            json!({ "apiVersion": RBAC, "kind": "RoleBinding", "metadata": { "name": "receivers" },
                "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "receivers" },
                "subjects": [account] }),
        )
        .await?;
        let mut controller = Controller::new("source-controller").flag(format!("--receivers-addr={address}"));
        for flag in flags {
            controller = controller.flag(*flag);
        }
        let controller = controller.start(&ns).await?;
        let bench = Bench { ns, git: GitServer::start().await?, controller };
        Ok(Self { bench, address })
    }

    pub(super) async fn token(&self, token: &str) -> Result<()> {
        self.bench
            .ns
            .apply_value(json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "token" },
                "stringData": { "token": token } }))
            .await?;
        Ok(())
    }

    async fn receiver(&self, spec: Value) -> Result<()> {
        self.bench
            .ns
            .apply_value(json!({ "apiVersion": HOOKS, "kind": RECEIVER, "metadata": { "name": "hook" }, "spec": spec }))
            .await?;
        Ok(())
    }

    async fn wait(&self, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let found = self.bench.ns.wait_for(HOOKS, RECEIVER, "hook", SOON, wanted).await;
        found.with_context(|| self.bench.controller.process.log_tail())
    }

    /// Sends a push as GitHub does, signed with that token, and gives the answer's status.
    async fn push(&self, path: &str, token: &str, event: &str) -> Result<u16> {
        let body = json!({ "ref": "refs/heads/main", "repository": { "name": "app" } }).to_string();
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes()), body.as_bytes());
        let request = reqwest::Client::new()
            .post(format!("http://{}{path}", self.address))
            .header("content-type", "application/json")
            .header("x-github-event", event)
            .header("x-hub-signature-256", format!("sha256={}", manifest::digest::hex(tag.as_ref())))
            .body(body);
        Ok(request.send().await?.status().as_u16())
    }

    /// Pushes, signed with no token that is one, until that is the answer.
    async fn answers(&self, path: &str, wanted: u16) -> Result<()> {
        until(&format!("{path} answers {wanted}"), SOON, || async {
            let status = self.push(path, "whatever", "push").await?;
            Ok(if status == wanted { Look::Found(()) } else { Look::Not(status.to_string()) })
        })
        .await
        .with_context(|| self.bench.controller.process.log_tail())
    }

    pub(super) async fn requested(&self, name: &str) -> Result<Value> {
        let object = self.bench.ns.get(API, KIND, name).await?.context("an object")?;
        Ok(object["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"].clone())
    }
}

fn path(receiver: &Value) -> &str {
    receiver["status"]["webhookPath"].as_str().unwrap_or_default()
}

/// Whether something of the status is written by source-controller.
fn is_said_by_us(receiver: &Value) -> bool {
    let fields = receiver["metadata"]["managedFields"].as_array();
    fields
        .into_iter()
        .flatten()
        .any(|entry| entry["subresource"] == "status" && entry["manager"] == api::labels::SOURCE_MANAGER)
}

fn github(more: Value) -> Value {
    let mut spec = json!({ "type": "github", "events": ["push"], "secretRef": { "name": "token" },
        "resources": [{ "kind": KIND, "name": "app" }] });
    if let (Some(spec), Some(more)) = (spec.as_object_mut(), more.as_object()) {
        spec.extend(more.clone());
    }
    spec
}

#[tokio::test]
async fn a_push_is_acted_on_and_a_forged_one_is_not() -> Result<()> {
    let hooks = Hooks::start("source-hooks", &["--no-cross-namespace-refs"]).await?;
    let bench = &hooks.bench;
    let canaries = bench.ns.canaries();
    let (token, newer) = (canaries.issue("a token of webhooks"), canaries.issue("its successor"));
    let repo = bench.git.repository("app")?;
    repo.commit("main", "one", [("a", "1")])?;
    let spec = json!({ "ref": { "branch": "main" }, "interval": "1h" });
    bench.source("app", repo.url(), spec.clone()).await?;
    bench.ready("app").await?;

    hooks.receiver(github(json!({}))).await?;
    let missing = hooks.wait(|found| status_of(found, "Ready") == "False").await?;
    let words = format!(
        "Ready=False TokenNotFound unable to read token from secret '{}/token' error: Secret \"token\" not found",
        bench.ns.name()
    );
    assert_eq!(
        conditions(&missing),
        ["Reconciling=True ProgressingWithRetry Reconciliation in progress", words.as_str()]
    );
    hooks.token(&token).await?;
    let ready = hooks.wait(|found| status_of(found, "Ready") == "True").await?;
    let first = path(&ready).to_owned();
    assert_eq!(conditions(&ready), [format!("Ready=True Succeeded Receiver initialized for path: {first}")]);
    assert_eq!(ready["status"]["observedGeneration"], ready["metadata"]["generation"]);

    // Nobody but GitHub starts anything.
    let two = repo.commit("main", "two", [("a", "2")])?;
    assert_eq!(hooks.push(&first, "forged", "push").await?, 400);
    assert_eq!(hooks.push(&first, &token, "star").await?, 400);
    assert_eq!(hooks.push("/hook/0000", &token, "push").await?, 404);
    assert_eq!(hooks.push(&format!("{first}?x"), &token, "push").await?, 404);
    assert_eq!(hooks.push("/", &token, "push").await?, 404);
    assert_eq!(hooks.requested("app").await?, Value::Null);

    assert_eq!(hooks.push(&first, &token, "push").await?, 200);
    bench.at_revision("app", &format!("main@sha1:{two}")).await?;
    let asked = hooks.requested("app").await?;
    assert_ne!(asked, Value::Null);
    bench.wait("app", |object| object["status"]["lastHandledReconcileAt"] == asked).await?;

    // By labels, and only those that a filter accepts; others' namespaces are refused, and the rest goes on.
    bench.source("other", repo.url(), spec).await?;
    bench.ready("other").await?;
    for name in ["app", "other"] {
        bench.ns.patch(API, KIND, name, json!({ "metadata": { "labels": { "team": "a" } } })).await?;
    }
    let resources = json!([
        { "kind": KIND, "name": "app", "namespace": "default" },
        { "kind": KIND, "name": "*", "matchLabels": { "team": "a" } },
    ]);
    let filter = "res.metadata.name == req.repository.name && req.ref == 'refs/heads/main'";
    hooks.receiver(github(json!({ "resources": resources, "resourceFilter": filter }))).await?;
    hooks.wait(|found| found["status"]["observedGeneration"] == found["metadata"]["generation"]).await?;
    let three = repo.commit("main", "three", [("a", "3")])?;
    assert_eq!(hooks.push(&first, &token, "push").await?, 500);
    bench.at_revision("app", &format!("main@sha1:{three}")).await?;
    assert_eq!(hooks.requested("other").await?, Value::Null);

    // Another token is another path, and the old one is nobody's.
    hooks.token(&newer).await?;
    let moved = hooks.wait(|found| status_of(found, "Ready") == "True" && path(found) != first).await?;
    assert_eq!(hooks.push(&first, &newer, "push").await?, 404);
    assert_eq!(hooks.push(path(&moved), &token, "push").await?, 400);

    // A suspended one and one without a valid expression are closed.
    hooks.receiver(github(json!({ "resourceFilter": "req." }))).await?;
    let stalled = hooks.wait(|found| status_of(found, "Stalled") == "True").await?;
    assert!(conditions(&stalled)[0].starts_with(
        "Stalled=True InvalidCELExpression Reconciliation failed terminally due to configuration error: "
    ));
    assert_eq!(hooks.push(path(&moved), &newer, "push").await?, 503);
    hooks.receiver(github(json!({}))).await?;
    hooks.wait(|found| status_of(found, "Ready") == "True").await?;
    assert_eq!(hooks.push(path(&moved), &newer, "push").await?, 200);
    bench.ns.delete(HOOKS, RECEIVER, "hook").await?;
    bench.ns.wait_gone(HOOKS, RECEIVER, "hook", SOON).await?;
    hooks.answers(path(&moved), 404).await?;
    Ok(())
}

#[tokio::test]
async fn what_a_notification_controller_says_is_left_as_it_is() -> Result<()> {
    let hooks = Hooks::start("source-hooks-beside", &[]).await?;
    let ns = &hooks.bench.ns;
    let canaries = ns.canaries();
    let (token, newer) = (canaries.issue("a token of webhooks"), canaries.issue("its successor"));
    hooks.token(&token).await?;
    // It cannot be called, so that it has nothing to say before the other one has.
    let suspended = github(json!({ "type": "generic", "events": [], "resources": [], "suspend": true }));
    hooks.receiver(suspended.clone()).await?;
    let api = ns.api(HOOKS, RECEIVER).await?;
    let theirs = json!({ "metadata": { "finalizers": ["finalizers.fluxcd.io"] } });
    ns.patch(HOOKS, RECEIVER, "hook", theirs).await?;
    let object = ns.get(HOOKS, RECEIVER, "hook").await?.context("a Receiver")?;
    // Of the generation to come: the other one has looked at it first.
    let generation = object["metadata"]["generation"].as_i64().context("a generation")? + 1;
    let first =
        format!("/hook/{}", manifest::digest::sha256_hex(format!("{token}hook{}", ns.name()).as_bytes()));
    let status = json!({ "status": {
        "observedGeneration": generation, "webhookPath": first,
        "conditions": [{ "type": "Ready", "status": "True", "reason": "Succeeded", "message": "in other words",
            "observedGeneration": generation, "lastTransitionTime": "2026-01-01T00:00:00Z" }],
    } });
    let params =
        PatchParams { field_manager: Some("notification-controller".to_owned()), ..PatchParams::default() };
    api.patch_status("hook", &params, &Patch::Merge(status)).await?;
    let mut resumed = suspended.clone();
    resumed["suspend"] = json!(false);
    hooks.receiver(resumed.clone()).await?;
    hooks.answers(&first, 200).await?;
    // Closed by the look after the one that opened it: whatever that has said is there by then.
    hooks.receiver(suspended).await?;
    hooks.answers(&first, 503).await?;
    let left = ns.get(HOOKS, RECEIVER, "hook").await?.context("a Receiver")?;
    assert_eq!(conditions(&left), ["Ready=True Succeeded in other words"]);
    assert_eq!((path(&left), &left["status"]["observedGeneration"]), (first.as_str(), &json!(generation)));
    assert!(!is_said_by_us(&left), "{}", left["metadata"]["managedFields"]);
    // What the other one has not said is said.
    hooks.token(&newer).await?;
    hooks.receiver(resumed).await?;
    let moved = hooks.wait(|found| status_of(found, "Ready") == "True" && path(found) != first).await?;
    assert!(is_said_by_us(&moved), "{}", moved["metadata"]["managedFields"]);
    hooks.answers(path(&moved), 200).await?;
    // The finalizer of a controller that may be gone holds nobody up.
    ns.delete(HOOKS, RECEIVER, "hook").await?;
    ns.wait_gone(HOOKS, RECEIVER, "hook", SOON).await?;
    Ok(())
}
