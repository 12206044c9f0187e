//! Webhooks, as each side has them: ours in the source-controller, Flux's in a controller of its own. What is sent is
//! `push`'s.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use testkit::binaries::{FLUX_NOTIFICATION_CONTROLLER, root};
use testkit::cluster::TestNamespace;
use testkit::ports;
use testkit::stack::{Controller, Running};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What the Receivers are for.
const KIND: &str = "GitRepository";
/// How long definitions and webhooks may take to be there.
const LIMIT: Duration = Duration::from_secs(600);
const HOOKS: &str = "notification.toolkit.fluxcd.io/v1";
const RECEIVER: &str = "Receiver";
const TOKEN: &str = "token-of-the-benchmark";
const FLUX_MODULE: &str = "github.com/fluxcd/notification-controller";

/// What answers webhooks of a namespace.
pub(super) struct Hooks {
    address: String,
    path: String,
    /// Flux's controller for them.
    theirs: Option<Running>,
}

impl Hooks {
    /// Has Receivers known and allowed, and starts Flux's controller if it is that side's.
    pub(super) async fn open(ns: &TestNamespace, is_flux: bool) -> Result<Self> {
        let address = format!("127.0.0.1:{}", ports::free()?);
        let folder = if is_flux {
            FLUX_NOTIFICATION_CONTROLLER.source_of(FLUX_MODULE)?.join("config/crd/bases")
        } else {
            root().join("charts/flyball/files/crds")
        };
        let kinds: &[&str] = if is_flux { &["alerts", "providers", "receivers"] } else { &["receivers"] };
        for kind in kinds {
            let file = folder.join(format!("notification.toolkit.fluxcd.io_{kind}.yaml"));
            ns.apply(&std::fs::read_to_string(&file).with_context(|| file.display().to_string())?).await?;
            let (api, name) = ("apiextensions.k8s.io/v1", format!("{kind}.notification.toolkit.fluxcd.io"));
            let established = ("Established", "True");
            ns.wait_condition(api, "CustomResourceDefinition", &name, established, LIMIT).await?;
        }
        let subjects = ["source-controller", "notification-controller"]
            .map(|name| json!({ "kind": "ServiceAccount", "name": name, "namespace": ns.name() }));
        ns.apply_value(json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": { "name": "receivers" },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin" },
            "subjects": subjects,
        }))
        .await?;
        let theirs = if is_flux {
            let mut controller = Controller::new("notification-controller")
                .flag(format!("--receiverAddr={address}"))
                .flag(format!("--events-addr=127.0.0.1:{}", ports::free()?));
            controller.binary = Some(FLUX_NOTIFICATION_CONTROLLER.built()?);
            Some(controller.start(ns).await?)
        } else {
            None
        };
        let text = format!("{TOKEN}hook{}", ns.name());
        let path = format!("/hook/{}", manifest::digest::sha256_hex(text.as_bytes()));
        Ok(Self { address, path, theirs })
    }

    /// What the source-controller is told, if it answers webhooks.
    pub(super) fn flag(&self) -> Option<String> {
        self.theirs.is_none().then(|| format!("--receivers-addr={}", self.address))
    }

    /// Declares a Receiver for a GitRepository.
    pub(super) async fn declare(&self, ns: &TestNamespace, name: &str) -> Result<()> {
        ns.apply_value(json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "token" },
            "stringData": { "token": TOKEN } }))
            .await?;
        let spec = json!({ "type": "generic", "secretRef": { "name": "token" },
            "resources": [{ "kind": KIND, "name": name }] });
        ns.apply_value(
            json!({ "apiVersion": HOOKS, "kind": RECEIVER, "metadata": { "name": "hook" }, "spec": spec }),
        )
        .await?;
        ns.wait_condition(HOOKS, RECEIVER, "hook", ("Ready", "True"), LIMIT).await.map(drop)
    }

    /// Tells of a push.
    pub(super) async fn tell(&self) -> Result<()> {
        let mut stream = TcpStream::connect(&self.address).await.context("a webhook")?;
        let (path, host) = (&self.path, &self.address);
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        ensure!(answer.starts_with("HTTP/1.1 200 "), "a webhook is answered {answer}");
        Ok(())
    }
}
