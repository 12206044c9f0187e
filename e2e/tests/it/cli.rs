//! `flyball check` and `flyball version` on a control plane of their own: with nothing in it, with old CRDs, with our
//! controllers, with Flux's beside, and asked by somebody without rights. No controller runs: their Deployments, Pods
//! and Leases are what is looked at.

mod diff;
mod elsewhere;
mod explain;
mod reconcile;
mod typed;
mod viewer;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::binaries;
use testkit::cluster::{ControlPlane, Objects};
use testkit::wait::{Look, until};

const NAMESPACE: &str = "flux-system";
const STRANGER: &str = "stranger";
const CONTROLLERS: [&str; 3] = ["source-controller", "kustomize-controller", "health-controller"];

/// A cluster, and the command that looks at it.
struct Cluster {
    plane: ControlPlane,
    admin: Objects,
    flyball: PathBuf,
}

/// What the command said.
#[derive(Debug)]
struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Cluster {
    async fn start() -> Result<Self> {
        let plane = ControlPlane::start(&[STRANGER]).await?;
        let admin = Objects::new(plane.client().await?, NAMESPACE);
        Ok(Self { plane, admin, flyball: binaries::own("flyball")? })
    }

    /// Runs it as admin.
    fn run(&self, line: &str) -> Result<Ran> {
        self.run_as(&self.plane.description().kubeconfig, line)
    }

    fn run_as(&self, kubeconfig: &Path, line: &str) -> Result<Ran> {
        let output = Command::new(&self.flyball)
            .args(line.split(' '))
            .env("KUBECONFIG", kubeconfig)
            .env_remove("HTTPS_PROXY")
            .env_remove("https_proxy")
            .stdin(Stdio::null())
            .output()
            .context("flyball")?;
        Ok(Ran {
            code: output.status.code().context("an exit code")?,
            stdout: String::from_utf8(output.stdout)?,
            stderr: String::from_utf8(output.stderr)?,
        })
    }

    async fn definitions(&self, change: impl Fn(&mut Value)) -> Result<()> {
        for definition in api::all_crds() {
            let mut definition = serde_json::to_value(definition)?;
            definition["apiVersion"] = "apiextensions.k8s.io/v1".into();
            definition["kind"] = "CustomResourceDefinition".into();
            change(&mut definition);
            let name = definition["metadata"]["name"].as_str().context("a name")?.to_owned();
            self.admin.apply_value(definition).await?;
            let established = ("Established", "True");
            let limit = Duration::from_secs(20);
            self.admin
                .wait_condition(
                    "apiextensions.k8s.io/v1",
                    "CustomResourceDefinition",
                    &name,
                    established,
                    limit,
                )
                .await?;
        }
        Ok(())
    }

    /// A Deployment as charts and manifests have it; kwok makes its Pods ready.
    async fn deploy(&self, namespace: &str, image: &str, replicas: u32, args: &[&str]) -> Result<()> {
        let name = image.rsplit('/').next().and_then(|name| name.split(':').next()).context("a name")?;
        let labels =
            json!({ "app": name, "app.kubernetes.io/part-of": "flux", "app.kubernetes.io/component": name });
        let objects = Objects::new(self.admin.client(), namespace);
        objects
            .apply_value(json!({
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": name, "labels": labels },
                "spec": { "replicas": replicas, "selector": { "matchLabels": { "app": name } }, "template": {
                    "metadata": { "labels": labels },
                    "spec": { "containers": [{ "name": "manager", "image": image, "args": args }] },
                } },
            }))
            .await?;
        let ready = move |found: &Value| {
            found["status"]["readyReplicas"].as_u64().unwrap_or(0) == u64::from(replicas)
        };
        objects.wait_for("apps/v1", "Deployment", name, Duration::from_secs(60), ready).await.map(drop)
    }

    async fn lease(&self, controller: &str, renewed: jiff::Timestamp) -> Result<()> {
        let name = format!("{controller}-leader-election");
        let spec = json!({ "holderIdentity": format!("{controller}-1_ab"), "leaseDurationSeconds": 35,
            "renewTime": format!("{renewed:.6}") });
        let lease = json!({ "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": { "name": name },
            "spec": spec });
        self.admin.apply_value(lease).await.map(drop)
    }

    async fn namespace(&self, name: &str, labels: Value) -> Result<()> {
        let object = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name, "labels": labels } });
        self.admin.apply_value(object).await.map(drop)
    }
}

impl Ran {
    /// It ended so, and said all of this on standard output.
    fn says(&self, code: i32, texts: &[&str]) -> &Self {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        for text in texts {
            assert!(self.stdout.contains(text), "{text:?} is not in\n{}", self.stdout);
        }
        self
    }

    fn says_nothing_of(&self, text: &str) {
        assert!(!self.stdout.contains(text), "{text:?} is in\n{}", self.stdout);
    }
}

#[tokio::test]
async fn a_cluster_is_looked_at() -> Result<()> {
    let cluster = Cluster::start().await?;
    nothing(&cluster)?;
    old_definitions(&cluster).await?;
    a_shut_namespace(&cluster).await?;
    our_controllers(&cluster).await?;
    flux_beside(&cluster).await?;
    somebody_without_rights(&cluster).await
}

fn nothing(cluster: &Cluster) -> Result<()> {
    let missing = "✗ controllers: no Deployment has the label app.kubernetes.io/part-of=flux";
    cluster
        .run("check")?
        .says(1, &[missing, "hint: see whether Flyball can be installed with `flyball check --pre`"]);
    let before = cluster.run("check --pre")?;
    before.says(
        0,
        &[
            "✔ Namespace flyball-system: is not there yet",
            "✔ controllers: there are none yet",
            "✔ CustomResourceDefinition kustomizations.kustomize.toolkit.fluxcd.io: is not there yet",
            "✔ rights: you may do all that an installation needs",
            "no problems",
        ],
    );
    let asked = cluster.run("version")?;
    asked.says(0, &["flyball: ", "kustomize: v5.8.1", "kubernetes: v"]).says_nothing_of("controller");
    Ok(())
}

async fn old_definitions(cluster: &Cluster) -> Result<()> {
    cluster
        .definitions(|definition| {
            let path = "/spec/versions/0/schema/openAPIV3Schema/properties/status/properties";
            let status = definition.pointer_mut(path).and_then(Value::as_object_mut);
            status.into_iter().for_each(|status| drop(status.remove("inventory")));
        })
        .await?;
    let lacks =
        "its schema is older and lacks status.inventory, so that what controllers write there is lost";
    cluster
        .run("check --pre")?
        .says(1, &[lacks, "hint: upgrade whatever installed it, or apply the chart's CRDs"]);
    cluster
        .definitions(|definition| {
            definition["metadata"]["annotations"]["meta.helm.sh/release-name"] = "flux".into();
            definition["metadata"]["annotations"]["meta.helm.sh/release-namespace"] = NAMESPACE.into();
        })
        .await?;
    let whose = "kustomizations.kustomize.toolkit.fluxcd.io: serves v1, stores v1; of the Helm release flux in flux-system";
    cluster.run("check --pre")?.says(0, &[whose]);
    Ok(())
}

async fn a_shut_namespace(cluster: &Cluster) -> Result<()> {
    cluster.namespace("shut", json!({ "pod-security.kubernetes.io/enforce": "restricted" })).await?;
    let policy = json!({ "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": { "name": "all" },
        "spec": { "podSelector": {}, "policyTypes": ["Ingress", "Egress"] } });
    let objects = Objects::new(cluster.admin.client(), "shut");
    objects.apply_value(policy).await?;
    let service = json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "source-controller" },
        "spec": { "ports": [{ "port": 80 }] } });
    objects.apply_value(service).await?;
    cluster.run("check --pre -n shut")?.says(
        1,
        &[
            "✔ Namespace shut: enforces the Pod Security Standard restricted, which the controllers meet",
            "✗ Service shut/source-controller: the name is taken",
            "! Namespace shut: the NetworkPolicy all lets nobody in to port 9090 of source-controller",
            "✗ Namespace shut: the NetworkPolicy all allows no connection out",
        ],
    );
    Ok(())
}

async fn our_controllers(cluster: &Cluster) -> Result<()> {
    cluster.namespace(NAMESPACE, json!({})).await?;
    for controller in CONTROLLERS {
        let image = format!("ghcr.io/flyball/{controller}:v0.1.0");
        cluster.deploy(NAMESPACE, &image, 1, &["--enable-leader-election"]).await?;
        cluster.lease(controller, jiff::Timestamp::now()).await?;
    }
    let looked = cluster.run("check")?;
    looked.says(
        0,
        &[
            "✔ Deployment flux-system/kustomize-controller: kustomize-controller v0.1.0 of Flyball: 1 of 1 ready, \
             watches all namespaces",
            "✔ Lease flux-system/source-controller-leader-election: held by source-controller-1_ab, renewed ",
            "✔ CustomResourceDefinition convergences.flyball.dev: serves v1alpha1, stores v1alpha1",
            "no problems",
        ],
    );
    let before = cluster.run("check --pre --controllers kustomize-controller")?;
    before
        .says(1, &["a second kustomize-controller would undo its work", "kustomizeController.enabled=false"]);
    cluster.lease("source-controller", jiff::Timestamp::now() - Duration::from_secs(300)).await?;
    let late = "✗ Lease flux-system/source-controller-leader-election: held by source-controller-1_ab, renewed 5m ago";
    cluster.run("check")?.says(1, &[late]);
    cluster.lease("source-controller", jiff::Timestamp::now()).await?;
    let report: Value = serde_json::from_str(&cluster.run("check -o json")?.says(0, &[]).stdout)?;
    assert_eq!(report["controllers"].as_array().map(Vec::len), Some(3), "{report}");
    let asked: Value = serde_json::from_str(&cluster.run("version -o json")?.says(0, &[]).stdout)?;
    assert_eq!(asked["controllers"][2]["version"], "v0.1.0", "{asked}");
    Ok(())
}

async fn flux_beside(cluster: &Cluster) -> Result<()> {
    cluster.namespace("flux", json!({})).await?;
    let image = "ghcr.io/fluxcd/kustomize-controller:v1.9.5";
    cluster.deploy("flux", image, 1, &["--watch-all-namespaces=true"]).await?;
    let both = "✗ Deployment flux/kustomize-controller and Deployment flux-system/kustomize-controller: \
                kustomize-controller of Flux and of Flyball both work on the same Kustomizations";
    cluster.run("check")?.says(1, &[both, "--replicas=0"]);
    cluster.deploy("flux", image, 1, &["--watch-label-selector=sharding.fluxcd.io/key=a"]).await?;
    let meets = cluster.run("check")?;
    meets.says(1, &[both]);
    cluster.deploy("flux", image, 0, &[]).await?;
    cluster.run("check")?.says(
        0,
        &["! Deployment flux/kustomize-controller: kustomize-controller v1.9.5 of Flux: scaled to zero"],
    );
    cluster.deploy("flux", image, 1, &["--watch-all-namespaces=false"]).await?;
    let ours = "ghcr.io/flyball/kustomize-controller:v0.1.0";
    cluster.deploy(NAMESPACE, ours, 1, &["--watch-all-namespaces=false", "--enable-leader-election"]).await?;
    cluster.run("check")?.says(0, &["watches the namespace flux\n"]).says_nothing_of("both work on");
    Ok(())
}

async fn somebody_without_rights(cluster: &Cluster) -> Result<()> {
    let stranger = cluster.plane.identity(STRANGER)?;
    let kubeconfig = stranger.kubeconfig();
    let refused = [
        "? deployments.apps: you may not list in all namespaces: what is installed in other namespaces is not known",
        "? deployments.apps: you may not list in flyball-system: what is installed is not known",
        "? customresourcedefinitions.apiextensions.k8s.io: you may not get",
        "hint: ask for the right; `kubectl auth can-i list deployments.apps --all-namespaces` says when you have it",
    ];
    cluster.run_as(kubeconfig, "check")?.says(1, &refused);
    cluster.run(&format!("check --as {}", stranger.user()))?.says(1, &refused);
    let may_not =
        "✗ customresourcedefinitions.apiextensions.k8s.io: you may not create, which an installation needs";
    cluster.run_as(kubeconfig, "check --pre")?.says(1, &[may_not, "ClusterRole cluster-admin"]);
    let failed = cluster.run_as(kubeconfig, "version")?;
    failed.says(1, &["kubernetes: v"]);
    assert!(failed.stderr.starts_with("Error: Deployments: "), "{}", failed.stderr);

    let role = json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": { "name": "view" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view" },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": stranger.user() }] });
    cluster.admin.apply_value(role).await?;
    until("the right to view one namespace", Duration::from_secs(20), || async {
        let looked = cluster.run_as(kubeconfig, "check -n flux-system")?;
        let sees =
            looked.stdout.contains("✔ Deployment flux-system/source-controller: source-controller v0.1.0");
        Ok(if sees { Look::Found(()) } else { Look::Not(looked.stdout) })
    })
    .await?;
    let refused = [
        "? deployments.apps: you may not list in all namespaces",
        "? leases.coordination.k8s.io: you may not list in flux-system: which replica leads is not known",
        "✔ CustomResourceDefinition buckets.source.toolkit.fluxcd.io: serves v1",
    ];
    cluster.run_as(kubeconfig, "check -n flux-system")?.says(1, &refused).says_nothing_of("? pods");
    Ok(())
}
