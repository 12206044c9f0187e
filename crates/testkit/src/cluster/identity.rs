//! Users of the API server: a name as the audit log has it, a kubeconfig, and clients made from that.
//! What a user may do is the chart's business.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use cluster::ConnectOptions;
use kube::Client;
use kube::config::Kubeconfig;
use serde_json::json;

/// A user with a kubeconfig.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    name: String,
    user: String,
    kubeconfig: PathBuf,
}

impl Identity {
    pub(super) fn new(name: &str, user: &str, kubeconfig: &Path) -> Self {
        Self { name: name.to_owned(), user: user.to_owned(), kubeconfig: kubeconfig.to_owned() }
    }

    /// Its short name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its user name, as in the audit log.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Its kubeconfig, for `KUBECONFIG`.
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// A client that acts as this identity.
    pub async fn client(&self) -> Result<Client> {
        client(&self.kubeconfig, None).await
    }
}

/// A client of a kubeconfig.
pub(super) async fn client(kubeconfig: &Path, context: Option<&str>) -> Result<Client> {
    let options = ConnectOptions {
        user_agent: "testkit".to_owned(),
        kubeconfig: Some(kubeconfig.to_owned()),
        context: context.map(ToOwned::to_owned),
        ..ConnectOptions::default()
    };
    cluster::connect(&options).await.with_context(|| kubeconfig.display().to_string())
}

/// Writes a kubeconfig for the same cluster as `template`, with a token instead of its credentials.
pub(super) fn write_kubeconfig(
    template: &Path,
    context: Option<&str>,
    namespace: &str,
    token: &str,
    target: &Path,
) -> Result<()> {
    let found = Kubeconfig::read_from(template).with_context(|| template.display().to_string())?;
    let context =
        context.or(found.current_context.as_deref()).context("the kubeconfig has no current context")?;
    let context = found.contexts.iter().find(|entry| entry.name == context).context("the context")?;
    let cluster = &context.context.as_ref().context("the context is empty")?.cluster;
    let cluster =
        found.clusters.iter().find(|entry| entry.name == *cluster).context("the context's cluster")?;
    let text = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{ "name": "test", "cluster": cluster.cluster }],
        "users": [{ "name": "test", "user": { "token": token } }],
        "contexts": [{ "name": "test", "context": { "cluster": "test", "user": "test", "namespace": namespace } }],
    });
    std::fs::write(target, serde_json::to_vec_pretty(&text)?).with_context(|| target.display().to_string())
}
