//! Admission webhooks that change what we apply, and objects that are too large.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use base64::Engine as _;
use serde_json::{Value, json};
use testkit::tls::TlsListener;

use super::rig::{Rig, condition, config_map, inventory};

/// A webhook that sets `data.key` of ConfigMaps whose name begins with `changed`: to one value, or to another one on every
/// request that is no dry-run.
struct Webhook {
    server: tokio::task::JoinHandle<()>,
    address: String,
    authority: String,
}

#[derive(Clone)]
struct Habit {
    counts: bool,
    seen: Arc<AtomicUsize>,
}

async fn review(State(habit): State<Habit>, body: String) -> impl IntoResponse {
    let review: Value = serde_json::from_str(&body).unwrap_or_default();
    let request = &review["request"];
    let mut response = json!({"uid": request["uid"], "allowed": true});
    if request["object"]["metadata"]["name"].as_str().is_some_and(|name| name.starts_with("changed")) {
        let value = if habit.counts {
            format!("request {}", habit.seen.fetch_add(1, Ordering::SeqCst))
        } else {
            "from the webhook".to_owned()
        };
        let patch = json!([{"op": "add", "path": "/data/key", "value": value}]).to_string();
        response["patchType"] = json!("JSONPatch");
        response["patch"] = json!(base64::engine::general_purpose::STANDARD.encode(patch));
    }
    let answer =
        json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response});
    ([(CONTENT_TYPE, "application/json")], answer.to_string())
}

impl Webhook {
    async fn start(counts: bool) -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (listener, authority) = TlsListener::new(listener)?;
        let habit = Habit { counts, seen: Arc::default() };
        let router = axum::Router::new().route("/", post(review)).with_state(habit);
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.ok();
        });
        Ok(Self { server, address, authority })
    }

    /// The object that has the API server ask it.
    fn configuration(&self, ns: &str) -> Value {
        let bundle = base64::engine::general_purpose::STANDARD.encode(&self.authority);
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": ns},
            "webhooks": [{
                "name": "change.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None",
                "failurePolicy": "Fail",
                "clientConfig": {"url": format!("https://{}/", self.address), "caBundle": bundle},
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": ns}},
                "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["configmaps"]}],
            }],
        })
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A rig whose webhook has been seen to work.
async fn with_webhook(name: &str, counts: bool) -> Result<(Rig, Webhook)> {
    let rig = Rig::start(name).await?;
    let ns = rig.namespace();
    let webhook = Webhook::start(counts).await?;
    rig.apply(webhook.configuration(ns)).await?;
    let probe = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "changed-probe", "namespace": ns},
        "data": {"key": "mine"}});
    testkit::wait::until("the webhook is asked", super::rig::LIMIT, || async {
        let probe = rig.apply(probe.clone()).await?;
        Ok(match probe["data"]["key"] != "mine" {
            true => testkit::wait::Look::Found(()),
            false => testkit::wait::Look::Not(probe.to_string()),
        })
    })
    .await?;
    Ok((rig, webhook))
}

async fn done(rig: &Rig) -> Result<()> {
    rig.delete("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", rig.namespace()).await
}

const CHANGED: (&str, &str, &str) = ("v1", "ConfigMap", "changed");

fn version(object: &Value) -> &Value {
    &object["metadata"]["resourceVersion"]
}

/// Real writes of the object since.
async fn writes(rig: &Rig, mark: &testkit::cluster::Mark) -> Result<usize> {
    let requests = rig.requests(mark).await?;
    Ok(requests.filter(|r| r.name == "changed" && r.verb == "patch" && !r.is_dry_run()).len())
}

async fn full_pass(rig: &Rig, token: &str) -> Result<()> {
    let patch = json!({"metadata": {"annotations": {"flyball.dev/fullPassAt": token}}});
    rig.patch_as("test", "kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app", patch).await?;
    let state = rig.run("app").await?;
    assert_eq!(condition(&state, "Ready")["status"], "True", "{state}");
    Ok(())
}

#[tokio::test]
async fn a_webhook_that_changes_our_field_is_no_drift() -> Result<()> {
    let (rig, _webhook) = with_webhook("webhook", false).await?;
    let revision =
        rig.publish(&format!("-- a.yaml --\n{}", config_map(rig.namespace(), "changed", "declared"))).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    let applied = rig.get(CHANGED.0, CHANGED.1, CHANGED.2).await?.unwrap();
    assert_eq!(applied["data"]["key"], "from the webhook");
    full_pass(&rig, "1").await?;
    full_pass(&rig, "2").await?;
    assert_eq!(version(&rig.get(CHANGED.0, CHANGED.1, CHANGED.2).await?.unwrap()), version(&applied));
    // Somebody's edit goes through the webhook, too.
    rig.patch_as(
        "somebody",
        CHANGED.0,
        CHANGED.1,
        CHANGED.2,
        json!({"data": {"key": "edited", "more": "1"}}),
    )
    .await?;
    full_pass(&rig, "3").await?;
    let edited = rig.get(CHANGED.0, CHANGED.1, CHANGED.2).await?.unwrap();
    assert_eq!(edited["data"], json!({"key": "from the webhook", "more": "1"}));
    full_pass(&rig, "4").await?;
    assert_eq!(version(&rig.get(CHANGED.0, CHANGED.1, CHANGED.2).await?.unwrap()), version(&edited));
    done(&rig).await
}

#[tokio::test]
async fn a_webhook_with_another_answer_each_time_costs_one_write_a_look() -> Result<()> {
    let (rig, _webhook) = with_webhook("webhook-counts", true).await?;
    let mark = rig.mark()?;
    let revision =
        rig.publish(&format!("-- a.yaml --\n{}", config_map(rig.namespace(), "changed", "declared"))).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    // Its own writes are no drift, and a run with nothing new looks at nothing.
    rig.run("app").await?;
    rig.run("app").await?;
    assert_eq!(writes(&rig, &mark).await?, 1);
    full_pass(&rig, "1").await?;
    full_pass(&rig, "2").await?;
    rig.run("app").await?;
    let count = writes(&rig, &mark).await?;
    assert!(count <= 3, "{count} writes");
    done(&rig).await
}

/// Objects that no etcd takes: said in the server's words, with the object's name, and nothing else suffers.
#[tokio::test]
async fn an_object_that_is_too_large_is_named() -> Result<()> {
    let rig = Rig::start("large").await?;
    let ns = rig.namespace();
    let group = format!("{ns}.example.com");
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": format!("blobs.{group}")},
        "spec": {"group": group, "scope": "Namespaced", "names": {"kind": "Blob", "plural": "blobs"}, "versions": [
            {"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object",
                "x-kubernetes-preserve-unknown-fields": true}}}]},
    });
    let small = config_map(ns, "small", "1");
    let blob = |bytes: usize| {
        let blob = json!({"apiVersion": format!("{group}/v1"), "kind": "Blob", "metadata": {"name": "b", "namespace": ns},
            "text": "x".repeat(bytes)});
        format!("-- a.yaml --\n{definition}\n---\n{small}-- b.yaml --\n{blob}\n")
    };
    let failed = async |files: &str| -> Result<(String, Vec<String>)> {
        rig.publish(files).await?;
        rig.run("app").await?;
        let state = rig.failed("app", "ReconciliationFailed").await?;
        let message = condition(&state, "Ready")["message"].as_str().unwrap_or_default().to_owned();
        Ok((message, inventory(&state)))
    };
    rig.kustomization("app", json!({})).await?;
    // Within what a request may have, beyond what etcd takes: only the real write finds out.
    let (message, recorded) = failed(&blob(2_000_000)).await?;
    let wanted = format!("Blob/{ns}/b apply failed: etcdserver: request is too large\n");
    assert!(message.starts_with(&wanted), "{message:.300}");
    assert_eq!(rig.get("v1", "ConfigMap", "small").await?.unwrap()["data"]["key"], "1");
    assert!(recorded.contains(&format!("{ns}_small__ConfigMap")), "{recorded:?}");
    // Beyond what a request may have.
    let (message, _) = failed(&blob(3_300_000)).await?;
    let wanted = format!("Blob/{ns}/b dry-run failed (RequestEntityTooLarge): ");
    assert!(message.starts_with(&wanted) && message.len() < 1000, "{message:.300}");
    // Beyond what its kind may have.
    let map = config_map(ns, "large", &"x".repeat(1_100_000));
    let (message, _) = failed(&format!("-- a.yaml --\n{definition}\n---\n{small}---\n{map}")).await?;
    let wanted = format!("ConfigMap/{ns}/large dry-run failed (Invalid): ");
    assert!(message.starts_with(&wanted) && message.len() < 1000, "{message:.300}");
    rig.finalized("app").await
}
