//! Where webhooks are played: the definition of Receivers, the rights that the chart gives for them, and an honest
//! Receiver. How the hostile ones are called is `attack`'s.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::attack::Attack;
use super::guest::{Guest, SOURCES, extend, object};
use crate::binaries;
use crate::cluster::{Objects, TestNamespace};
use crate::hostile::input::Webhook;
use crate::wait::{Look, until};

const HOOKS: &str = "notification.toolkit.fluxcd.io/v1";
const RECEIVER: &str = "Receiver";
const LIMIT: Duration = Duration::from_secs(30);
/// How long an honest webhook may take, whatever is going on beside it.
const HONEST: Duration = Duration::from_secs(20);

/// The server that webhooks are sent to.
pub(in crate::hostile) struct Hooks {
    address: String,
    /// Of the honest Receiver.
    path: String,
}

impl Hooks {
    /// Has Receivers known and allowed.
    pub(super) async fn prepare(ns: &TestNamespace, address: String) -> Result<Self> {
        let file =
            binaries::root().join("charts/flyball/files/crds/notification.toolkit.fluxcd.io_receivers.yaml");
        let definition = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        ns.apply(&definition).await?;
        let name = "receivers.notification.toolkit.fluxcd.io";
        let api = "apiextensions.k8s.io/v1";
        ns.wait_condition(api, "CustomResourceDefinition", name, ("Established", "True"), LIMIT).await?;
        // Established comes before discovery names the kind.
        until("Receivers are known", LIMIT, || async {
            Ok(match ns.api(HOOKS, RECEIVER).await {
                Ok(_) => Look::Found(()),
                Err(error) => Look::Not(error.to_string()),
            })
        })
        .await?;
        let rule = |group: &str, resources: &[&str], verbs: &[&str]| json!({ "apiGroups": [group], "resources": resources, "verbs": verbs });
        let rbac = "rbac.authorization.k8s.io/v1";
        let role = json!({ "apiVersion": rbac, "kind": "ClusterRole", "metadata": { "name": "receivers" }, "rules": [
            rule("notification.toolkit.fluxcd.io", &["receivers"], &["get", "list", "watch", "patch"]),
            rule("notification.toolkit.fluxcd.io", &["receivers/status"], &["patch"]),
            rule("", &["secrets"], &["get", "list", "watch"]),
            rule("source.toolkit.fluxcd.io", &["gitrepositories"], &["get", "list", "patch"]),
        ] });
        let account =
            json!({ "kind": "ServiceAccount", "name": "source-controller", "namespace": ns.name() });
        let binding = json!({ "apiVersion": rbac, "kind": "ClusterRoleBinding", "metadata": { "name": "receivers" },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "receivers" },
            "subjects": [account] });
        ns.apply_value(role).await?;
        ns.apply_value(binding).await?;
        Ok(Self { address, path: String::new() })
    }

    /// Declares the honest Receiver.
    pub(super) async fn honest(&mut self, ns: &TestNamespace, token: &str) -> Result<()> {
        ns.apply_value(secret("honest", token)).await?;
        let spec = json!({ "type": "generic", "secretRef": { "name": "honest" },
            "resources": [{ "kind": "GitRepository", "name": "honest" }] });
        ns.apply_value(
            json!({ "apiVersion": HOOKS, "kind": RECEIVER, "metadata": { "name": "honest" }, "spec": spec }),
        )
        .await?;
        ns.wait_condition(HOOKS, RECEIVER, "honest", ("Ready", "True"), LIMIT).await?;
        self.path = path(token, "honest", ns.name());
        self.ask_honestly().await
    }

    /// Puts a Receiver before the controllers, in a tenant's namespace, with something that it could ask for.
    pub(super) async fn invite(
        &self,
        objects: Objects,
        namespace: String,
        webhook: Webhook,
    ) -> Result<Guest> {
        objects.apply_value(secret("app", &webhook.token)).await?;
        let source = json!({ "suspend": true, "url": "https://example.com/app.git", "interval": "1h" });
        objects.apply_value(object((SOURCES, "GitRepository"), source)).await?;
        let mut spec = json!({ "secretRef": { "name": "app" }, "resources": [{ "kind": "GitRepository", "name": "app" }] });
        extend(&mut spec, webhook.spec.clone());
        if spec["type"] == "gcr" {
            let more = json!({ "stringData": { "audience": "https://hooks.example.com", "email": "push@example.com" } });
            objects.patch("v1", "Secret", "app", more).await?;
        }
        objects.apply_value(object((HOOKS, RECEIVER), spec)).await?;
        objects.wait_for(HOOKS, RECEIVER, "app", LIMIT, is_looked_at).await?;
        let path = path(&webhook.token, "app", &namespace);
        let made = vec![(HOOKS, RECEIVER), (SOURCES, "GitRepository"), ("v1", "Secret")];
        let attack = Some(Attack { address: self.address.clone(), path, webhook });
        Ok(Guest { objects, namespace, kind: (HOOKS, RECEIVER), made, site: None, attack })
    }

    /// An honest webhook is answered.
    pub(in crate::hostile) async fn ask_honestly(&self) -> Result<()> {
        let post =
            reqwest::Client::new().post(format!("http://{}{}", self.address, self.path)).timeout(HONEST);
        let status = post.body("{}").send().await.context("an honest webhook")?.status();
        ensure!(status == 200, "an honest webhook is answered {status}");
        Ok(())
    }
}

/// It may be called, or never will be.
fn is_looked_at(receiver: &Value) -> bool {
    let conditions = receiver["status"]["conditions"].as_array();
    let mut conditions = conditions.into_iter().flatten().filter(|condition| condition["status"] == "True");
    conditions.any(|condition| condition["type"] == "Ready" || condition["type"] == "Stalled")
}

/// Flux's path of a Receiver.
fn path(token: &str, name: &str, namespace: &str) -> String {
    format!("/hook/{}", manifest::digest::sha256_hex(format!("{token}{name}{namespace}").as_bytes()))
}

fn secret(name: &str, token: &str) -> Value {
    json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name }, "stringData": { "token": token } })
}
