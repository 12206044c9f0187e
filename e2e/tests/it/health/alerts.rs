//! Alerts: told once for each root cause, to everybody who wants to know, and their end too.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_lc_rs::hmac;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use testkit::cluster::ControlPlane;
use testkit::events::EventSink;
use testkit::stack::{Controller, Running};
use testkit::wait::{Look, until};

use super::rig::{REVISION, Rig, SOON};

const RBAC: &str = "rbac.authorization.k8s.io/v1";
const KUSTOMIZATIONS: &str = "kustomize.toolkit.fluxcd.io/v1";
const CONVERGENCES: &str = "flyball.dev/v1alpha1";
const NOTE: &str = "flyball.dev/alerted";

/// A webhook that looks at signatures, and is not always there.
struct Webhook {
    address: std::net::SocketAddr,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

struct Shared {
    key: String,
    came: Mutex<Vec<Value>>,
    /// What is answered.
    status: Mutex<u16>,
    turned_away: Mutex<usize>,
}

impl Webhook {
    async fn start(key: &str) -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            key: key.to_owned(),
            came: Mutex::default(),
            status: Mutex::new(200),
            turned_away: Mutex::default(),
        });
        let router = axum::Router::new().fallback(take).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.ok();
        });
        Ok(Self { address, shared, server })
    }

    fn answer_with(&self, status: u16) {
        *self.shared.status.lock().unwrap_or_else(PoisonError::into_inner) = status;
    }

    fn came(&self) -> Vec<Value> {
        self.shared.came.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn turned_away(&self) -> usize {
        *self.shared.turned_away.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: String) -> StatusCode {
    let status = *shared.status.lock().unwrap_or_else(PoisonError::into_inner);
    let signature = headers.get("x-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let code = signature.strip_prefix("sha256=").and_then(manifest::digest::bytes_of_hex).unwrap_or_default();
    let key = hmac::Key::new(hmac::HMAC_SHA256, shared.key.as_bytes());
    if hmac::verify(&key, body.as_bytes(), &code).is_err() {
        return StatusCode::FORBIDDEN;
    }
    if status == 200 {
        let event = serde_json::from_str(&body).unwrap_or_default();
        shared.came.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    } else {
        *shared.turned_away.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    }
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A rig with both kinds of receiver.
struct Told {
    rig: Rig,
    sink: EventSink,
    hook: Webhook,
}

async fn controller(ns: &testkit::cluster::TestNamespace, sink: &EventSink) -> Result<Running> {
    Controller::new("health-controller")
        .flag(format!("--events-addr={}", sink.url()))
        .flag("--alert-delay=2s")
        .flag("--alert-config=receivers")
        .start(ns)
        .await
}

impl Told {
    async fn start(prefix: &str) -> Result<Self> {
        let ns = ControlPlane::shared().await?.namespace(prefix).await?;
        let key = ns.canaries().issue("the key of a webhook");
        let (sink, hook) = (EventSink::start().await?, Webhook::start(&key).await?);
        // As the chart gives it with healthController.alerts.config.
        ns.apply_value(json!({"apiVersion": RBAC, "kind": "Role", "metadata": {"name": "receivers"}, "rules": [
            {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["receivers"], "verbs": ["get", "list", "watch"]}]}))
            .await?;
        let account = json!({"kind": "ServiceAccount", "name": "health-controller", "namespace": ns.name()});
        ns.apply_value(json!({"apiVersion": RBAC, "kind": "RoleBinding", "metadata": {"name": "receivers"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "receivers"}, "subjects": [account]}))
            .await?;
        let receivers = format!(
            "- {{name: hook, type: generic, url: 'http://{}/', insecure: true, key: {key}}}\n",
            hook.address
        );
        ns.apply_value(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "receivers"},
            "stringData": {"receivers.yaml": receivers}}))
            .await?;
        let controller = controller(&ns, &sink).await?;
        let rig = Rig { ns, controller };
        rig.source(REVISION).await?;
        Ok(Self { rig, sink, hook })
    }

    async fn restart(&mut self) -> Result<()> {
        // It may have been ended already.
        self.rig.controller.process.kill().await.ok();
        self.rig.controller = controller(&self.rig.ns, &self.sink).await?;
        Ok(())
    }

    /// Waits until both have been told this of a Kustomization.
    async fn both(&self, name: &str, reason: &str) -> Result<Value> {
        let posted = self
            .sink
            .wait_for(&format!("{reason} of {name}"), SOON, |event| is_about(event, name, reason))
            .await
            .with_context(|| self.rig.controller.process.log_tail())?;
        until(&format!("{reason} of {name} at the webhook"), SOON, || async {
            let came = self.hook.came();
            let found = came.iter().any(|event| is_about(event, name, reason));
            Ok(if found { Look::Found(()) } else { Look::Not(format!("{came:?}")) })
        })
        .await?;
        Ok(posted)
    }

    /// How often both were told that.
    fn times(&self, name: &str, reason: &str) -> (usize, usize) {
        let count = |events: &[Value]| events.iter().filter(|event| is_about(event, name, reason)).count();
        (count(&self.sink.received()), count(&self.hook.came()))
    }

    async fn noted(&self, name: &str, wanted: impl Fn(&Value) -> bool) -> Result<()> {
        self.rig
            .ns
            .wait_for(CONVERGENCES, "Convergence", name, SOON, |found| {
                wanted(&found["metadata"]["annotations"][NOTE])
            })
            .await?;
        Ok(())
    }

    async fn break_it(&self, name: &str) -> Result<()> {
        self.rig.fail(name, "BuildFailed", "kustomize build failed: no such file").await
    }

    /// A run has ended well.
    async fn mend(&self, name: &str) -> Result<()> {
        self.rig.kustomization(name, &[]).await
    }
}

fn is_about(event: &Value, name: &str, reason: &str) -> bool {
    event["involvedObject"]["name"] == name && event["reason"] == reason
}

#[tokio::test]
async fn a_fault_is_told_once_and_its_end_too_across_restarts() -> Result<()> {
    let mut told = Told::start("alerts-once").await?;
    told.rig.kustomization("app", &[]).await?;
    told.rig.converged("app", "True", "Converged").await?;
    told.break_it("app").await?;
    let event = told.both("app", "BuildFailed").await?;
    assert_eq!(event["involvedObject"]["kind"], "Kustomization");
    assert_eq!(event["involvedObject"]["namespace"], told.rig.ns.name());
    assert_eq!(
        (&event["severity"], &event["reportingController"]),
        (&json!("error"), &json!("health-controller"))
    );
    assert_eq!(event["metadata"]["kustomize.toolkit.fluxcd.io/revision"], REVISION);
    assert!(event["metadata"]["kustomize.toolkit.fluxcd.io/summary"].is_string(), "{event}");
    until("an Event on the Kustomization", SOON, || async {
        let events = told.rig.ns.list("v1", "Event", "").await?;
        let found = events.iter().any(|event| {
            is_about(event, "app", "BuildFailed")
                && event["source"]["component"] == "health-controller"
                && event["type"] == "Warning"
        });
        Ok(if found { Look::Found(()) } else { Look::Not(format!("{events:?}")) })
    })
    .await?;
    told.noted("app", Value::is_string).await?;

    told.restart().await?;
    // A later one shows that the time of a first alert has passed since.
    told.rig.kustomization("later", &[]).await?;
    told.break_it("later").await?;
    told.both("later", "BuildFailed").await?;
    assert_eq!(told.times("app", "BuildFailed"), (1, 1));

    // What ends while nobody looks is told by the next process.
    told.rig.controller.process.kill().await?;
    told.mend("app").await?;
    told.restart().await?;
    let event = told.both("app", "Converged").await?;
    assert_eq!(event["severity"], "info");
    told.noted("app", Value::is_null).await?;
    assert_eq!((told.times("app", "BuildFailed"), told.times("app", "Converged")), ((1, 1), (1, 1)));
    Ok(())
}

#[tokio::test]
async fn nine_that_wait_for_one_root_are_one_alert() -> Result<()> {
    let told = Told::start("alerts-root").await?;
    told.rig.kustomization("base", &[]).await?;
    told.rig.converged("base", "True", "Converged").await?;
    let mut before = "base".to_owned();
    for number in 1..=9 {
        let name = format!("app-{number}");
        told.rig.kustomization(&name, &[]).await?;
        let waits = json!({"spec": {"dependsOn": [{"name": before}]}});
        let changed = told.rig.ns.patch(KUSTOMIZATIONS, "Kustomization", &name, waits).await?;
        let generation = &changed["metadata"]["generation"];
        told.rig.set(&name, json!({ "observedGeneration": generation })).await?;
        before = name;
    }
    told.break_it("base").await?;
    let mut before = "base".to_owned();
    for number in 1..=9 {
        let name = format!("app-{number}");
        let message = format!("dependency '{}/{before}' is not ready", told.rig.ns.name());
        told.rig.fail(&name, "DependencyNotReady", &message).await?;
        before = name;
    }
    let event = told.both("base", "BuildFailed").await?;
    let message = event["message"].as_str().unwrap_or_default();
    assert!(message.contains("9 Kustomizations wait for it: "), "{message}");
    // One that breaks later shows that the time of the others has passed.
    told.rig.kustomization("later", &[]).await?;
    told.break_it("later").await?;
    told.both("later", "BuildFailed").await?;
    for number in 1..=9 {
        assert_eq!(told.times(&format!("app-{number}"), "DependencyNotReady"), (0, 0));
    }
    assert_eq!((told.sink.received().len(), told.hook.came().len()), (2, 2));
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_is_down_is_told_later_and_delays_nobody() -> Result<()> {
    let told = Told::start("alerts-down").await?;
    told.hook.answer_with(503);
    told.rig.kustomization("app", &[]).await?;
    told.rig.converged("app", "True", "Converged").await?;
    told.break_it("app").await?;
    told.sink.wait_for("the alert", SOON, |event| is_about(event, "app", "BuildFailed")).await?;
    until("the webhook turns it away", SOON, || async {
        let times = told.hook.turned_away();
        Ok(if times >= 2 { Look::Found(()) } else { Look::Not(times.to_string()) })
    })
    .await?;
    told.mend("app").await?;
    told.sink.wait_for("its end", SOON, |event| is_about(event, "app", "Converged")).await?;
    assert_eq!(told.hook.came().len(), 0);
    let metrics = told.rig.controller.metrics().await?;
    assert!(metrics.contains("flyball_alerts_waiting{receiver=\"hook\"} 2"), "{metrics}");
    told.hook.answer_with(200);
    until("both, in their order", Duration::from_secs(150), || async {
        let came: Vec<Value> = told.hook.came().iter().map(|event| event["reason"].clone()).collect();
        let both = came == [json!("BuildFailed"), json!("Converged")];
        Ok(if both { Look::Found(()) } else { Look::Not(format!("{came:?}")) })
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn what_comes_and_goes_is_not_told() -> Result<()> {
    let told = Told::start("alerts-flap").await?;
    told.rig.kustomization("app", &[]).await?;
    told.rig.converged("app", "True", "Converged").await?;
    told.break_it("app").await?;
    told.rig.converged("app", "False", "BuildFailed").await?;
    told.mend("app").await?;
    told.rig.converged("app", "True", "Converged").await?;
    told.rig.kustomization("later", &[]).await?;
    told.break_it("later").await?;
    told.both("later", "BuildFailed").await?;
    assert_eq!(told.times("app", "BuildFailed"), (0, 0));
    Ok(())
}
