//! A namespace per test, with the chart's service accounts in it: each test's controllers have users of their own,
//! so that their requests can be told from those of other tests.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use k8s_openapi::api::authorization::v1::SubjectAccessReview;
use kube::Client;
use kube::api::{Api, PostParams};
use serde_json::Value;

use super::audit::Mark;
use super::chart;
use super::identity::Identity;
use super::objects::Objects;
use super::place::Place;
use super::plane::ControlPlane;
use crate::canary::{Canaries, Leak, gather};
use crate::wait::{Look, until};

/// How long the search for secrets may take, in the end.
const SEARCH: Duration = Duration::from_secs(60);

/// A namespace of a test; it is also the folder for the test's files. On an existing cluster it is deleted with
/// the value; a control plane of our own is thrown away whole, after a search: a value of a Secret of the namespace
/// that stands in a log, an event, a status or the address of a request fails the test.
///
/// It gives access to its objects as [`Objects`] does.
#[derive(Debug)]
pub struct TestNamespace {
    plane: Arc<ControlPlane>,
    name: String,
    objects: Objects,
    folder: tempfile::TempDir,
    canaries: Canaries,
    since: Option<Mark>,
}

impl std::ops::Deref for TestNamespace {
    type Target = Objects;

    fn deref(&self) -> &Objects {
        &self.objects
    }
}

impl ControlPlane {
    /// A new namespace with the CRDs and the chart's rights in place: the chart as if released there.
    pub async fn namespace(self: &Arc<Self>, prefix: &str) -> Result<TestNamespace> {
        self.prepare().await?;
        TestNamespace::create(Arc::clone(self), prefix).await
    }
}

impl TestNamespace {
    async fn create(plane: Arc<ControlPlane>, prefix: &str) -> Result<Self> {
        let name = format!("{prefix}-{:06x}", rand::random::<u32>() & 0xff_ffff);
        let objects = Objects::new(plane.client().await?, &name);
        // Inside the control plane's folder, with which it goes even when the test is killed.
        let parent = match &plane.description().dir {
            none if none.as_os_str().is_empty() => std::env::temp_dir(),
            folder => folder.clone(),
        };
        let folder = tempfile::Builder::new().prefix(&format!("test-{name}-")).tempdir_in(parent)?;
        objects.apply(&format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n")).await?;
        chart::grant(&objects, &name).await?;
        await_rights(objects.client(), &name).await?;
        let since = plane.requests().ok().and_then(|log| log.mark().ok());
        Ok(Self { plane, name, objects, folder, canaries: Canaries::default(), since })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is.
    #[must_use]
    pub fn plane(&self) -> &Arc<ControlPlane> {
        &self.plane
    }

    /// Values that must be seen nowhere, beside those of the Secrets that are there in the end.
    #[must_use]
    pub fn canaries(&self) -> &Canaries {
        &self.canaries
    }

    /// Searches all that can be read of this namespace for secrets.
    pub async fn leaks(&self) -> Result<Vec<Leak>> {
        // The test's runtime, to which its client belongs, may have ended.
        let objects = Objects::new(self.plane.client().await?, &self.name);
        gather::secrets(&objects, &self.canaries).await?;
        if self.canaries.is_empty() {
            return Ok(Vec::new());
        }
        let mut texts = gather::statuses(&objects).await?;
        texts.extend(gather::logs(self.folder())?);
        texts.extend(gather::posted(&self.name));
        if let (Ok(log), Some(since)) = (self.plane.requests(), &self.since) {
            texts.extend(gather::requests(&log, since, &[&self.name])?);
        }
        Ok(self.canaries.search(&texts))
    }

    /// A folder for the test's files; it goes with the value.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The objects of another namespace, as admin.
    #[must_use]
    pub fn objects_in(&self, namespace: &str) -> Objects {
        Objects::new(self.objects.client(), namespace)
    }

    /// The user name of a service account here, as in the audit log.
    #[must_use]
    pub fn user(&self, account: &str) -> String {
        cluster::service_account_user(&self.name, account)
    }

    /// It as a place for controllers.
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { plane: &self.plane, objects: &self.objects, namespace: &self.name, folder: self.folder() }
    }

    /// A service account of this namespace as an identity with a kubeconfig. It is made if it is missing; the
    /// controllers' are there, with the rights of the chart.
    pub async fn service_account(&self, account: &str) -> Result<Identity> {
        self.place().service_account(account).await
    }

    /// Waits until a Kustomization, source or other of our kinds is Ready (or, with "False", is not).
    pub async fn wait_ready(&self, api_version: &str, kind: &str, name: &str, status: &str) -> Result<Value> {
        self.wait_condition(api_version, kind, name, ("Ready", status), Duration::from_secs(30)).await
    }

    /// Deletes the namespace and the rights given for it, without waiting for the former.
    pub async fn dispose(&self) -> Result<()> {
        chart::revoke(&self.objects, &self.name).await?;
        self.objects.delete("v1", "Namespace", &self.name).await
    }
}

/// The authorizer sees new bindings a moment after they were stored; a controller that starts before would be
/// refused, and wait.
async fn await_rights(client: Client, namespace: &str) -> Result<()> {
    let reviews: Api<SubjectAccessReview> = Api::all(client);
    let asked = [
        ("source-controller", "source.toolkit.fluxcd.io", "gitrepositories"),
        ("kustomize-controller", "kustomize.toolkit.fluxcd.io", "kustomizations"),
        ("health-controller", "kustomize.toolkit.fluxcd.io", "kustomizations"),
    ];
    for (account, group, resource) in asked {
        let user = cluster::service_account_user(namespace, account);
        let review: SubjectAccessReview = serde_json::from_value(serde_json::json!({
            "spec": { "user": user, "resourceAttributes": { "verb": "list", "group": group, "resource": resource } },
        }))?;
        until(&format!("rights of {account}"), Duration::from_secs(10), || async {
            let answer = reviews.create(&PostParams::default(), &review).await?;
            let allowed = answer.status.is_some_and(|status| status.allowed);
            Ok(if allowed { Look::Found(()) } else { Look::Not("refused".to_owned()) })
        })
        .await?;
    }
    Ok(())
}

impl Drop for TestNamespace {
    fn drop(&mut self) {
        // The test's runtime cannot be waited for here; a thread with its own can.
        let ending = std::thread::scope(|scope| scope.spawn(|| self.end()).join());
        // A test that fails has said why.
        if std::thread::panicking() {
            return;
        }
        let leaks = ending.ok().context("the search ended with a panic").flatten();
        let leaks: Vec<String> = match &leaks {
            Ok(leaks) => leaks.iter().map(ToString::to_string).collect(),
            Err(error) => vec![format!("not searched: {error:#}")],
        };
        assert!(leaks.is_empty(), "secrets leaked in {}:\n{}", self.name, leaks.join("\n"));
    }
}

impl TestNamespace {
    /// Cleans up an existing cluster; gives what leaked on a control plane of our own.
    fn end(&self) -> Result<Vec<Leak>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            if !self.plane.is_existing_cluster() {
                // A test may end its API server; then nothing is left to be searched.
                let answers = self.plane.client().await?.apiserver_version().await;
                return match answers {
                    Ok(_) => tokio::time::timeout(SEARCH, self.leaks()).await.context("within its time")?,
                    Err(_) => Ok(Vec::new()),
                };
            }
            let objects = Objects::new(self.plane.client().await?, &self.name);
            chart::revoke(&objects, &self.name).await?;
            objects.delete("v1", "Namespace", &self.name).await?;
            Ok(Vec::new())
        })
    }
}
