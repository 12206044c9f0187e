//! The same webhooks to our source-controller and to Flux's notification-controller, which look at the same Receivers: the
//! answer, whether it has a body, and whether the object was asked for are compared. What differs on purpose is named with
//! the webhook.
//! `cargo xtask control-plane --peers && cargo xtask test --e2e stories_receiver -- --ignored`; `STORY` picks by name.

mod table;

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::binaries::FLUX_NOTIFICATION_CONTROLLER;
use testkit::cluster::TestNamespace;
use testkit::ports;
use testkit::stack::Running;
use testkit::wait::{Look, until};

use super::receivers::{HOOKS, Hooks, RECEIVER};
use super::{API, KIND, status_of};
use crate::peers::theirs;
use table::{TOKEN, Webhook, receivers, webhooks};

const LIMIT: Duration = Duration::from_secs(60);
const RBAC: &str = "rbac.authorization.k8s.io";

/// What came of a webhook.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    status: u16,
    has_body: bool,
    asked: bool,
}

/// Flux's controller, which knows kinds that we have not.
async fn flux(ns: &TestNamespace) -> Result<(Running, String)> {
    let bases = FLUX_NOTIFICATION_CONTROLLER
        .source_of("github.com/fluxcd/notification-controller")?
        .join("config/crd/bases");
    for kind in ["alerts", "providers"] {
        let file = bases.join(format!("notification.toolkit.fluxcd.io_{kind}.yaml"));
        ns.apply(&std::fs::read_to_string(&file).with_context(|| file.display().to_string())?).await?;
        let name = format!("{kind}.notification.toolkit.fluxcd.io");
        let definition = ("apiextensions.k8s.io/v1", "CustomResourceDefinition");
        ns.wait_condition(definition.0, definition.1, &name, ("Established", "True"), LIMIT).await?;
    }
    let account =
        json!({ "kind": "ServiceAccount", "name": "notification-controller", "namespace": ns.name() });
    ns.apply_value(json!({
        "apiVersion": format!("{RBAC}/v1"), "kind": "RoleBinding", "metadata": { "name": "notification-controller" },
        "roleRef": { "apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin" }, "subjects": [account],
    }))
    .await?;
    let address = format!("127.0.0.1:{}", ports::free()?);
    let controller = theirs("notification-controller")?
        .flag(format!("--receiverAddr={address}"))
        .flag(format!("--events-addr=127.0.0.1:{}", ports::free()?));
    Ok((controller.start(ns).await?, address))
}

/// Sends a webhook, and looks whether the object was asked for.
async fn send(hooks: &Hooks, address: &str, webhook: &Webhook) -> Result<Seen> {
    let ns = &hooks.bench.ns;
    let nothing = json!({ "metadata": { "annotations": { "reconcile.fluxcd.io/requestedAt": null } } });
    ns.patch(API, KIND, "app", nothing).await?;
    let path =
        webhook.path.clone().map_or_else(|| path(webhook.receiver, ns.name()), Ok::<_, anyhow::Error>)?;
    let client = reqwest::Client::builder().timeout(LIMIT).build()?;
    let mut request = client.request(webhook.method.clone(), format!("http://{address}{path}"));
    for (name, value) in &webhook.headers {
        request = request.header(*name, value);
    }
    let answer = request.body(webhook.body.clone()).send().await?;
    let status = answer.status().as_u16();
    let has_body = !answer.bytes().await?.is_empty();
    let asked = hooks.requested("app").await? != Value::Null;
    Ok(Seen { status, has_body, asked })
}

fn path(receiver: &str, namespace: &str) -> Result<String> {
    let text = format!("{TOKEN}{receiver}{namespace}");
    Ok(format!("/hook/{}", manifest::digest::sha256_hex(text.as_bytes())))
}

#[tokio::test]
#[ignore = "needs Flux's controllers: cargo xtask control-plane --peers"]
async fn our_controller_answers_webhooks_as_flux_does() -> Result<()> {
    let wanted = std::env::var("STORY").unwrap_or_default();
    let hooks = Hooks::start("story-hooks", &[]).await?;
    let ns = &hooks.bench.ns;
    let (theirs, flux) = flux(ns).await?;
    hooks.token(TOKEN).await?;
    // Nobody reconciles it, so that nobody but a webhook changes it.
    let spec = json!({ "url": "https://example.com/app.git", "interval": "1h", "suspend": true });
    ns.apply_value(json!({ "apiVersion": API, "kind": KIND, "metadata": { "name": "app", "labels": { "team": "a" } }, "spec": spec }))
        .await?;
    for (name, mut spec) in receivers() {
        // One that was never looked at has no path.
        spec["suspend"] = false.into();
        ns.apply_value(
            json!({ "apiVersion": HOOKS, "kind": RECEIVER, "metadata": { "name": name }, "spec": spec }),
        )
        .await?;
    }
    for (name, spec) in receivers() {
        let looked = |object: &Value| status_of(object, "Ready") == "True";
        ns.wait_for(HOOKS, RECEIVER, name, LIMIT, looked).await.with_context(|| theirs.process.log_tail())?;
        if spec["suspend"] == true {
            ns.patch(HOOKS, RECEIVER, name, json!({ "spec": { "suspend": true } })).await?;
        }
        // Both have it at hand.
        let wanted = if spec["suspend"] == true { 503 } else { 404 };
        for address in [&hooks.address, &flux] {
            let path = path(name, ns.name())?;
            until(&format!("{name} at {address}"), LIMIT, || async {
                let status =
                    reqwest::Client::new().post(format!("http://{address}{path}")).send().await?.status();
                let is_known = (status.as_u16() == wanted) == (wanted == 503);
                Ok(if is_known { Look::Found(()) } else { Look::Not(status.to_string()) })
            })
            .await?;
        }
    }
    let mut report = Vec::new();
    let mut told = 0;
    for webhook in webhooks() {
        if !webhook.name.contains(&wanted) {
            continue;
        }
        told += 1;
        let (seen, flux) =
            (send(&hooks, &hooks.address, &webhook).await?, send(&hooks, &flux, &webhook).await?);
        let (is_same, name) = (seen == flux, webhook.name);
        match webhook.on_purpose {
            None if !is_same => report.push(format!("{name}: {seen:?}, and Flux {flux:?}")),
            Some(why) if is_same => report.push(format!("{name}: no longer differs ({why}): {seen:?}")),
            _ => {}
        }
    }
    assert!(told > 0 && report.is_empty(), "{told} webhooks\n{}", report.join("\n"));
    Ok(())
}
