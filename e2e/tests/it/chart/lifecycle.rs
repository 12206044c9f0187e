//! Installation, upgrade, rollback, uninstallation with the real Helm: what they change, and what they never touch.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::cluster::Objects;
use testkit::git::{GitServer, Repository};
use testkit::rendered::{Rendered, chart};

use super::release::{CRD, Cluster, NAMESPACE, stop, version};

const LIMIT: Duration = Duration::from_secs(60);
const KUSTOMIZE: &str = "kustomize.toolkit.fluxcd.io/v1";
const SOURCE: &str = "source.toolkit.fluxcd.io/v1";
const INSTALL: &str = "install flyball ./charts/flyball --namespace flyball-system --create-namespace";

/// Nothing of the chart is in the cluster.
async fn assert_nothing(cluster: &Cluster) -> Result<()> {
    assert_eq!(cluster.definitions().await?, [""; 0]);
    for kind in ["ClusterRole", "ClusterRoleBinding"] {
        let roles = cluster.objects.list("rbac.authorization.k8s.io/v1", kind, "").await?;
        let ours = roles.iter().filter_map(|role| role["metadata"]["name"].as_str());
        let ours: Vec<&str> = ours.filter(|name| name.starts_with("flyball")).collect();
        assert!(ours.is_empty(), "{kind}: {ours:?}");
    }
    assert!(cluster.deployments().await?.is_empty());
    assert!(cluster.objects.list("v1", "ServiceAccount", "app.kubernetes.io/part-of=flux").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_refused_installation_leaves_nothing() -> Result<()> {
    let cluster = Cluster::start().await?;
    let refused = |more: &'static str, chart: String| {
        let words = INSTALL.replace("./charts/flyball", &chart) + more;
        let terminal = cluster.terminal.clone();
        async move { terminal.refused("helm", &words.split(' ').collect::<Vec<_>>()).await }
    };
    let ours = || chart().to_string_lossy().into_owned();

    let said = refused(" --set sourceController.nonsense=1", ours()).await?;
    assert!(said.contains("nonsense"), "{said}");
    let said = refused(" --set kustomizeController.concurrent=many", ours()).await?;
    assert!(said.contains("concurrent"), "{said}");
    // Without what it reads there is nothing for it to do.
    let alone = " --set sourceController.enabled=false --set kustomizeController.enabled=false";
    let said = refused(alone, ours()).await?;
    assert!(said.contains("CustomResourceDefinition"), "{said}");
    assert_nothing(&cluster).await?;

    let demanding = cluster.folder().join("flyball");
    let copied = std::process::Command::new("cp").arg("-r").arg(chart()).arg(&demanding).status()?;
    assert!(copied.success());
    let file = demanding.join("Chart.yaml");
    let lines = std::fs::read_to_string(&file)?;
    let lines = lines.lines().map(|line| match line.starts_with("kubeVersion:") {
        true => "kubeVersion: \">=1.99.0-0\"",
        false => line,
    });
    std::fs::write(&file, lines.collect::<Vec<_>>().join("\n"))?;
    let said = refused("", demanding.to_string_lossy().into_owned()).await?;
    assert!(said.contains("1.99"), "{said}");
    assert_nothing(&cluster).await
}

/// An application that the installed controllers keep.
struct Application {
    // Only held: it ends with the value.
    _git: GitServer,
    repository: Repository,
}

const KEPT: [(&str, &str, &str); 3] =
    [(SOURCE, "GitRepository", "app"), (KUSTOMIZE, "Kustomization", "app"), ("v1", "ConfigMap", "app")];

impl Application {
    async fn begin(objects: &Objects) -> Result<Self> {
        let git = GitServer::start().await?;
        let repository = git.repository("app")?;
        let application = Self { _git: git, repository };
        application.commit("one")?;
        objects
            .apply_value(json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "app" } }))
            .await?;
        let spec =
            json!({ "url": application.repository.url(), "ref": { "branch": "main" }, "interval": "1h" });
        objects.apply_value(Self::object(SOURCE, "GitRepository", spec)).await?;
        let spec = json!({ "sourceRef": { "kind": "GitRepository", "name": "app" }, "interval": "1h",
            "prune": true, "wait": true, "path": "./", "targetNamespace": "app" });
        objects.apply_value(Self::object(KUSTOMIZE, "Kustomization", spec)).await?;
        Ok(application)
    }

    fn object(api_version: &str, kind: &str, spec: Value) -> Value {
        json!({ "apiVersion": api_version, "kind": kind, "metadata": { "name": "app" }, "spec": spec })
    }

    fn commit(&self, value: &str) -> Result<()> {
        let map =
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: app}}\ndata: {{key: {value}}}\n");
        self.repository.commit("main", value, [("map.yaml", map)])?;
        Ok(())
    }

    /// Waits until a commit has arrived.
    async fn arrived(&self, objects: &Objects, value: &str) -> Result<()> {
        let ask = json!({ "metadata": { "annotations": { "reconcile.fluxcd.io/requestedAt": value } } });
        objects.patch(SOURCE, "GitRepository", "app", ask).await?;
        objects.wait_for("v1", "ConfigMap", "app", LIMIT, |map| map["data"]["key"] == value).await?;
        objects.wait_condition(KUSTOMIZE, "Kustomization", "app", ("Ready", "True"), LIMIT).await?;
        Ok(())
    }
}

/// The versions of what was applied, and of the definitions.
async fn versions(cluster: &Cluster, objects: &Objects) -> Result<Vec<(String, (String, String))>> {
    let mut found = Vec::new();
    for (api_version, kind, name) in KEPT {
        let object = objects.get(api_version, kind, name).await?.with_context(|| kind.to_owned())?;
        assert!(object["metadata"]["deletionTimestamp"].is_null(), "{object}");
        found.push((kind.to_owned(), version(&object)));
    }
    for name in cluster.definitions().await? {
        let definition = cluster.objects.get(CRD.0, CRD.1, &name).await?.with_context(|| name.clone())?;
        // Its status may move; that it is the same one, of the same generation, is what matters.
        let generation = definition["metadata"]["generation"].to_string();
        found.push((name, (version(&definition).0, generation)));
    }
    Ok(found)
}

fn argument(deployments: &[Value], name: &str, argument: &str) -> bool {
    let of_name = deployments.iter().find(|found| found["metadata"]["name"] == name);
    let arguments = of_name.map(|found| &found["spec"]["template"]["spec"]["containers"][0]["args"]);
    arguments
        .and_then(Value::as_array)
        .is_some_and(|arguments| arguments.iter().any(|found| found == argument))
}

#[tokio::test]
async fn an_installation_can_be_upgraded_rolled_back_and_removed() -> Result<()> {
    let cluster = Cluster::start().await?;
    let said = cluster.helm(&format!("{INSTALL} --wait")).await?;
    assert!(said.contains("STATUS: deployed"), "{said}");
    let definitions = cluster.definitions().await?;
    let rendered: Vec<&str> = Rendered::installation()?
        .of_kind(CRD.1)
        .filter_map(|definition| definition["metadata"]["name"].as_str())
        .collect();
    assert_eq!(definitions.len(), rendered.len(), "{definitions:?} {rendered:?}");
    assert_eq!(cluster.deployments().await?.len(), 3);

    let running = cluster.start_controllers().await?;
    let objects = cluster.now("app").await?;
    let application = Application::begin(&objects).await?;
    application.arrived(&objects, "one").await?;
    let before = versions(&cluster, &objects).await?;

    let many = "--concurrent=7";
    let chart = "./charts/flyball --namespace flyball-system --wait";
    cluster.helm(&format!("upgrade flyball {chart} --set kustomizeController.concurrent=7")).await?;
    assert!(argument(&cluster.deployments().await?, "kustomize-controller", many));
    cluster.helm("rollback flyball 1 --namespace flyball-system --wait").await?;
    assert!(!argument(&cluster.deployments().await?, "kustomize-controller", many));
    let history = cluster.helm("history flyball --namespace flyball-system --output json").await?;
    let history: Value = serde_json::from_str(&history)?;
    assert_eq!(history.as_array().map(Vec::len), Some(3), "{history}");
    assert_eq!(versions(&cluster, &objects).await?, before, "neither touches what was applied");

    stop(running).await?;
    let before = versions(&cluster, &objects).await?;
    cluster.helm("uninstall flyball --namespace flyball-system --wait").await?;
    assert!(cluster.deployments().await?.is_empty());
    assert_eq!(
        versions(&cluster, &objects).await?,
        before,
        "all that was applied stands, and the definitions"
    );

    // And back again: the definitions that were kept are the release's, and everything goes on.
    cluster.helm(&format!("{INSTALL} --wait")).await?;
    let running = cluster.start_controllers().await?;
    application.commit("two")?;
    application.arrived(&objects, "two").await?;
    stop(running).await
}

#[tokio::test]
async fn definitions_of_others_are_left_alone() -> Result<()> {
    let cluster = Cluster::start().await?;
    let theirs = Rendered::installation()?.of_kind(CRD.1);
    let theirs = theirs.filter(|found| found["spec"]["group"] != "flyball.dev");
    let mut before = Vec::new();
    for definition in theirs {
        let mut definition = definition.clone();
        definition["metadata"]["annotations"] = json!({ "installed-by": "another" });
        let applied = cluster.objects.apply_value(definition).await?;
        let name = applied["metadata"]["name"].as_str().context("a name")?.to_owned();
        let established = ("Established", "True");
        cluster.objects.wait_condition(CRD.0, CRD.1, &name, established, LIMIT).await?;
        before.push(name);
    }
    let said = cluster.helm(&format!("{INSTALL} --wait")).await?;
    for name in &before {
        let found = cluster.objects.get(CRD.0, CRD.1, name).await?.with_context(|| name.clone())?;
        assert_eq!(found["metadata"]["annotations"], json!({ "installed-by": "another" }), "{name}");
        assert_eq!(found["metadata"]["generation"], 1, "{name}");
        assert!(said.contains(name.as_str()), "{name} is named in: {said}");
    }
    let own = ["convergences.flyball.dev", "driftreports.flyball.dev", "healthrules.flyball.dev"].len();
    assert_eq!(cluster.definitions().await?.len(), before.len() + own, "and ours are installed beside them");
    cluster.helm("uninstall flyball --namespace flyball-system --wait").await?;
    assert_eq!(cluster.definitions().await?.len(), before.len() + own);
    assert_eq!(cluster.objects.get("v1", "Namespace", NAMESPACE).await?.map(|_| ()), Some(()));
    Ok(())
}
