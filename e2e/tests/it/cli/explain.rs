//! `flyball explain`, `status`, `tree` and `wait` beside our kustomize-controller, without health-controller and with it:
//! what is well, what is not, and what may not be read.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::stack::Controller;
use testkit::wait::{Look, until};

use super::typed::{Ran, Typist};
use super::viewer::viewer;
use crate::kustomize::rig::{LIMIT, Rig};

/// What only time makes true: something that hangs is told after half a minute.
const LATE: Duration = Duration::from_secs(75);

/// A Deployment of one Pod that meets a fate (none: it becomes ready), and a ConfigMap.
pub(crate) fn manifests(ns: &str, fate: Option<&str>) -> String {
    let annotations =
        fate.map(|fate| format!("annotations: {{test.flyball.dev/fate: {fate}}}, ")).unwrap_or_default();
    format!(
        "-- app.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings, namespace: {ns}}}\ndata: {{key: value}}\n\
         ---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: {ns}}}\nspec:\n  replicas: 1\n  \
         selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{{annotations}labels: {{app: web}}}}\n    \
         spec: {{containers: [{{name: main, image: 'example.com/app:1'}}]}}\n"
    )
}

async fn applied(name: &str, fate: Option<&str>) -> Result<(Rig, Typist, String)> {
    let rig = Rig::start(name).await?;
    let revision = rig.publish(&manifests(rig.namespace(), fate)).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    let typist = Typist::admin(&rig.plane, rig.ns.folder())?;
    Ok((rig, typist, revision))
}

/// Types a line until it says all of this.
pub(crate) async fn says_at_last(typist: &Typist, line: &str, code: i32, texts: &[&str]) -> Result<Ran> {
    until(line, LATE, || async {
        let ran = typist.types(line).await?;
        let says = ran.code == code && texts.iter().all(|text| ran.stdout.contains(text));
        Ok(if says { Look::Found(ran) } else { Look::Not(ran.to_string()) })
    })
    .await
}

#[tokio::test]
async fn what_is_well_is_said_to_be() -> Result<()> {
    let (rig, typist, revision) = applied("explain-well", None).await?;
    let ns = rig.namespace();
    let waited = typist.types(&format!("wait kustomization/app -n {ns} --timeout 60s")).await?;
    waited.says(0, &[&format!("✔ Kustomization/{ns}/app: ")]);
    let explained = typist.types(&format!("explain kustomization/app -n {ns}")).await?;
    explained.says(
        0,
        &[
            &format!("✔ Kustomization/{ns}/app is converged: "),
            "all 2 objects are healthy",
            &format!("GitRepository/{ns}/app"),
            &format!("{revision} is applied"),
            "2 objects: 2 healthy",
        ],
    );
    assert_eq!(explained.stderr, "");
    typist.types(&format!("explain ks {ns}/app")).await?.says(0, &["is converged"]);
    let json: Value =
        serde_json::from_str(&typist.types(&format!("explain ks/app -n {ns} -o json")).await?.stdout)?;
    assert_eq!((&json["verdict"]["status"], &json["counts"]["healthy"]), (&json!("True"), &json!(2)));

    let status = typist.types(&format!("status -n {ns}")).await?;
    status.says(0, &["NAME", "CONVERGED", "app", "True", "Applied", "Healthy", "2/2"]);
    let names = typist.types(&format!("status -n {ns} -o name")).await?;
    assert_eq!(names.says(0, &[]).stdout, "kustomization.kustomize.toolkit.fluxcd.io/app\n");
    let tree = typist.types(&format!("tree ks/app -n {ns}")).await?;
    tree.says(
        0,
        &[
            &format!("✔ Kustomization/{ns}/app\n"),
            &format!("├── ✔ ConfigMap/{ns}/settings\n"),
            &format!("└── ✔ Deployment/{ns}/web\n"),
        ],
    );

    let hash = revision.rsplit(':').next().context("a hash")?;
    for what in [revision.as_str(), "main", &hash[..7]] {
        typist
            .types(&format!("wait ks/app -n {ns} --for revision={what} --timeout 20s"))
            .await?
            .says(0, &["is applied"]);
    }
    typist
        .types(&format!("wait deployment/web -n {ns} --for healthy --timeout 20s"))
        .await?
        .says(0, &["it is healthy"]);
    let deployment = typist.types(&format!("explain deploy/web -n {ns}")).await?;
    deployment.says(
        0,
        &[&format!("✔ Deployment/{ns}/web is healthy"), &format!("Kustomization/{ns}/app, converged")],
    );
    Ok(())
}

#[tokio::test]
async fn a_bad_image_is_named_with_the_next_step() -> Result<()> {
    let (rig, typist, _) = applied("explain-image", Some("ImagePullBackOff")).await?;
    let ns = rig.namespace();
    let object = format!("Deployment/{ns}/web");
    let wanted =
        ["is not converged", "HealthFailed", object.as_str(), "example.com/app:1", "seen: ", "next: "];
    let explained = says_at_last(&typist, &format!("explain ks/app -n {ns}"), 1, &wanted).await?;
    assert!(explained.stdout.lines().count() <= 60, "{explained}");

    let pods = rig.ns.list("v1", "Pod", "app=web").await?;
    let pod = pods.first().and_then(|pod| pod["metadata"]["name"].as_str()).context("a Pod")?.to_owned();
    let explained = typist.types(&format!("explain pod/{pod} -n {ns}")).await?;
    explained.says(
        1,
        &[&format!("Pod/{ns}/{pod}"), &format!("Deployment/{ns}/web"), &format!("Kustomization/{ns}/app")],
    );
    let tree = typist.types(&format!("tree ks/app -n {ns}")).await?;
    tree.says(
        1,
        &[&format!("Deployment/{ns}/web"), &format!("Pod/{ns}/{pod}"), &format!("✔ ConfigMap/{ns}/settings")],
    );
    let status = typist.types(&format!("status -n {ns}")).await?;
    status.says(1, &["False", "example.com/app:1"]);
    let late = typist.types(&format!("wait ks/app -n {ns} --for healthy --timeout 3s")).await?;
    late.says(3, &["HealthFailed", "next: "]).notes(&["waiting: ", "time is up"]);
    let failed = typist.types(&format!("wait ks/app -n {ns} --timeout 150s --fail-fast")).await?;
    failed.says(1, &["HealthFailed"]).notes(&["nothing but a person can help"]);

    // With health-controller the same is said, and it knows since when.
    let _health = Controller::new("health-controller").start(&rig.ns).await?;
    let told = |found: &Value| found["status"]["conditions"][0]["reason"] == "HealthFailed";
    rig.ns.wait_for("flyball.dev/v1alpha1", "Convergence", "app", LIMIT, told).await?;
    says_at_last(&typist, &format!("explain ks/app -n {ns}"), 1, &wanted).await?;
    says_at_last(&typist, &format!("status -n {ns}"), 1, &["False", "example.com/app:1"]).await?;

    let revision = rig.publish(&manifests(ns, None)).await?;
    let waited = typist.types(&format!("wait ks/app -n {ns} --for converged --timeout 90s")).await?;
    waited.says(0, &[&format!("✔ Kustomization/{ns}/app: ")]);
    rig.ready("app", &revision).await?;
    says_at_last(&typist, &format!("status -n {ns}"), 0, &["True", "2/2"]).await?;
    Ok(())
}

#[tokio::test]
async fn a_namespace_that_is_missing_is_named() -> Result<()> {
    let rig = Rig::start("explain-namespace").await?;
    let ns = rig.namespace();
    let typist = Typist::admin(&rig.plane, rig.ns.folder())?;
    let missing = format!("{ns}-gone");
    rig.publish(&format!(
        "-- a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: {missing}}}\n"
    ))
    .await?;
    rig.kustomization("app", json!({})).await?;
    let explained = says_at_last(
        &typist,
        &format!("explain kustomization/app -n {ns}"),
        1,
        &["NamespaceMissing", &format!("ConfigMap/{missing}/a"), "next: ", &missing],
    )
    .await?;
    explained.says(1, &["is not converged"]);
    Ok(())
}

#[tokio::test]
async fn what_hangs_after_it_was_pruned_is_found() -> Result<()> {
    let rig = Rig::start("explain-finalizer").await?;
    let ns = rig.namespace();
    let typist = Typist::admin(&rig.plane, rig.ns.folder())?;
    let kept = format!(
        "-- kept.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: kept, namespace: {ns}}}\n"
    );
    let held = format!(
        "-- held.yaml --\napiVersion: v1\nkind: Service\nmetadata: {{name: held, namespace: {ns}, finalizers: [example.com/hold]}}\n\
         spec: {{type: ExternalName, externalName: example.com}}\n"
    );
    let revision = rig.publish(&format!("{kept}{held}")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    let revision = rig.publish(&kept).await?;
    rig.ready("app", &revision).await?;
    let explained = says_at_last(
        &typist,
        &format!("explain ks/app -n {ns}"),
        1,
        &["FinalizerStuck", &format!("Service/{ns}/held"), "example.com/hold", "next: "],
    )
    .await;
    rig.ns.patch("v1", "Service", "held", json!({"metadata": {"finalizers": null}})).await?;
    explained?;
    says_at_last(&typist, &format!("explain ks/app -n {ns}"), 0, &["is converged"]).await?;
    Ok(())
}

#[tokio::test]
async fn what_may_not_be_read_is_not_said_to_be_missing() -> Result<()> {
    let (rig, typist, _) = applied("explain-rights", None).await?;
    let ns = rig.namespace();
    let reader = rig.ns.service_account("reader").await?;
    let rules = json!([
        {"apiGroups": ["kustomize.toolkit.fluxcd.io"], "resources": ["kustomizations"], "verbs": ["get", "list"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]}]);
    rig.ns
        .apply_value(json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "reader"},
            "rules": rules}))
        .await?;
    rig.ns
        .apply_value(json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "reader"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
            "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": reader.user()}]}))
        .await?;
    let kubeconfig = reader.kubeconfig().display().to_string();
    let line = format!("explain ks/app -n {ns} --kubeconfig {kubeconfig} --all");
    let explained = until(&line, LIMIT, || async {
        let ran = typist.types(&line).await?;
        Ok(if ran.code == 2 { Look::Not(ran.to_string()) } else { Look::Found(ran) })
    })
    .await?;
    explained.says(
        1,
        &[
            "NotObserved",
            "ConfigMap",
            "1 not looked at",
            &format!("not looked at: GitRepository/{ns}/app: you may not read it"),
            "not looked at: Kustomizations of other namespaces",
        ],
    );
    explained.says_nothing_of(&["does not exist", "missing"]);
    let absent = typist.types(&format!("explain ks/gone -n {ns} --kubeconfig {kubeconfig}")).await?;
    absent.says(2, &[]).notes(&[&format!("Kustomization/{ns}/gone does not exist")]);
    Ok(())
}

#[tokio::test]
async fn sources_children_and_strangers() -> Result<()> {
    let (rig, typist, revision) = applied("explain-others", None).await?;
    let ns = rig.namespace();
    let source = typist.types(&format!("explain gitrepository/app -n {ns}")).await?;
    source.says(
        0,
        &[&format!("GitRepository/{ns}/app is healthy"), &revision, &format!("Kustomizations {ns}/app")],
    );
    let failed = json!({"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "GitOperationFailed",
        "message": "failed to checkout and determine revision: unable to clone 'https://u:hunter2@example.com/app.git': repository not found",
        "observedGeneration": 1, "lastTransitionTime": "2026-11-25T10:00:00Z"}]}});
    let sources = rig.ns.api("source.toolkit.fluxcd.io/v1", "GitRepository").await?;
    sources.patch_status("app", &kube::api::PatchParams::default(), &kube::api::Patch::Merge(failed)).await?;
    let source = typist.types(&format!("explain gitrepository app -n {ns}")).await?;
    source.says(1, &["SourceNotReady", "repository not found", "next: "]).says_nothing_of(&["hunter2"]);
    typist
        .types(&format!("explain ks/app -n {ns}"))
        .await?
        .says(1, &["SourceNotReady", &format!("GitRepository/{ns}/app")]);

    // An object of nobody is judged by itself.
    rig.ns
        .apply_value(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine"}}))
        .await?;
    let mine = typist.types(&format!("explain configmap/mine -n {ns}")).await?;
    mine.says(0, &[&format!("✔ ConfigMap/{ns}/mine is healthy"), "no Kustomization"]);
    typist.types("explain gadget/x").await?.says(2, &[]).notes(&["serves no kind 'gadget'"]);
    let elsewhere = typist.types("explain deployment/web -n default").await?;
    elsewhere.says(2, &[]).notes(&["Deployment/default/web does not exist", "-n"]);
    Ok(())
}

#[tokio::test]
async fn who_may_view_sees_all_but_secrets_and_is_not_frightened_by_them() -> Result<()> {
    let rig = Rig::start("explain-view").await?;
    let ns = rig.namespace();
    let secret = format!(
        "-- secret.yaml --\napiVersion: v1\nkind: Secret\nmetadata: {{name: token, namespace: {ns}}}\nstringData: {{key: canary-of-viewers}}\n"
    );
    let revision = rig.publish(&format!("{}{secret}", manifests(ns, None))).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    let admin = Typist::admin(&rig.plane, rig.ns.folder())?;
    says_at_last(&admin, &format!("explain ks/app -n {ns}"), 0, &["3 objects: 3 healthy"]).await?;
    let viewer = viewer(&rig).await?;
    let with = format!("-n {ns} --kubeconfig {}", viewer.kubeconfig().display());
    let explained =
        says_at_last(&admin, &format!("explain ks/app {with}"), 0, &["is converged", "1 not looked at"])
            .await?;
    explained.says(0, &["not looked at: 1 Secret: you may not read Secrets"]);
    explained.says_nothing_of(&["canary-of-viewers", "missing", "does not exist"]);
    let waited = admin.types(&format!("wait ks/app {with} --timeout 30s")).await?;
    waited.says(0, &[&format!("✔ Kustomization/{ns}/app: ")]);
    let tree = admin.types(&format!("tree ks/app {with}")).await?;
    tree.says(0, &[&format!("? Secret/{ns}/token not looked at: Secrets are not read")]);
    admin.types(&format!("status {with}")).await?.says(0, &["app", "True"]);
    Ok(())
}

#[tokio::test]
async fn nobody_waits_for_dependencies_that_wait_for_each_other() -> Result<()> {
    let rig = Rig::start("wait-cycle").await?;
    let ns = rig.namespace();
    rig.publish(&manifests(ns, None)).await?;
    let on = |name: &str| json!({"dependsOn": [{"name": name}]});
    rig.kustomization("one", on("two")).await?;
    rig.kustomization("two", on("one")).await?;
    rig.failed("one", "DependencyNotReady").await?;
    let typist = Typist::admin(&rig.plane, rig.ns.folder())?;
    // A minute has to pass before it is for good.
    let failed = typist.types(&format!("wait ks/one -n {ns} --fail-fast --timeout 150s")).await?;
    failed.says(1, &["DependencyNotReady", "the dependencies are a cycle", "next: break the cycle"]);
    failed.notes(&["nothing but a person can help"]);
    Ok(())
}
