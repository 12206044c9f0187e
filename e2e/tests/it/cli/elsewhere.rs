//! Kustomizations whose objects are in another cluster: a second real control plane is looked into, and what cannot be is
//! never said to be gone.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::wait::{Look, until};

use super::explain::{manifests, says_at_last};
use super::typed::Typist;
use super::viewer::viewer;
use crate::kustomize::clusters::{Remote, kubeconfig_secret, second, to};
use crate::kustomize::rig::{LIMIT, Rig};

/// A kubeconfig of a cluster that nothing listens for.
const NOWHERE: &str = "apiVersion: v1\nkind: Config\ncurrent-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n\
    clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\nusers: [{name: u, user: {token: none}}]\n";

#[tokio::test]
async fn objects_in_another_cluster_are_looked_at() -> Result<()> {
    let rig = Rig::start("cli-elsewhere").await?;
    let ns = rig.namespace().to_owned();
    let remote = Remote::of(second().await?, &ns).await?;
    kubeconfig_secret(&rig, "there", &[("value", &remote.kubeconfig("deployer")?)]).await?;
    let typist = Typist::admin(&rig.plane, rig.ns.folder())?;
    let revision = rig.publish(&manifests(&ns, None)).await?;
    rig.kustomization("app", to("there")).await?;
    rig.ready("app", &revision).await?;

    // What is well there.
    let line = format!("explain ks/app -n {ns}");
    let well = says_at_last(&typist, &line, 0, &["is converged", "2 objects: 2 healthy"]).await?;
    well.says_nothing_of(&["not looked at"]);
    typist
        .types(&format!("wait ks/app -n {ns} --timeout 60s"))
        .await?
        .says(0, &["all 2 objects are healthy"]);
    typist.types(&format!("status -n {ns}")).await?.says(0, &["app", "True", "2/2"]);
    let tree = typist.types(&format!("tree ks/app -n {ns}")).await?;
    tree.says(0, &[&format!("├── ✔ ConfigMap/{ns}/settings\n"), &format!("└── ✔ Deployment/{ns}/web\n")]);
    typist.types(&format!("diff ks/app -n {ns}")).await?.says(0, &["2 unchanged"]);
    // One of its objects by name: this cluster has none of that name, and it is not missing.
    let object = typist.types(&format!("explain deployment/web -n {ns}")).await?;
    object.says(
        0,
        &[
            &format!("✔ Deployment/{ns}/web is healthy"),
            "cluster    another one",
            &format!("Kustomization/{ns}/app"),
        ],
    );
    object.says_nothing_of(&["missing", "does not exist"]);

    // A Pod here that looks like one of there is not taken for it.
    let decoy = manifests(&ns, Some("CrashLoopBackOff")).replace("-- app.yaml --\n", "");
    rig.ns.apply(&decoy).await?;
    let revision = rig.publish(&manifests(&ns, Some("ImagePullBackOff"))).await?;
    let wanted =
        ["is not converged", "HealthFailed", &format!("Deployment/{ns}/web"), "example.com/app:1", "next: "];
    let explained = says_at_last(&typist, &line, 1, &wanted).await?;
    explained.says(1, &[&revision]);
    let there = remote.objects.list("v1", "Pod", "app=web").await?;
    let is_pulling = |pod: &&Value| {
        pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "ImagePullBackOff"
    };
    let pod = there.iter().find(is_pulling).and_then(|pod| pod["metadata"]["name"].as_str());
    let pod = pod.context("a Pod that waits for its image")?;
    let tree = typist.types(&format!("tree ks/app -n {ns}")).await?;
    tree.says(1, &[&format!("Pod/{ns}/{pod}")]).says_nothing_of(&["CrashLoopBackOff"]);
    typist.types(&format!("status -n {ns}")).await?.says(1, &["False", "example.com/app:1"]);
    let late = typist.types(&format!("wait ks/app -n {ns} --timeout 3s")).await?;
    late.says(3, &["HealthFailed", "next: "]);

    // Who may not read the kubeconfig is told so, and that nothing is known.
    let viewer = viewer(&rig).await?;
    let of_viewer = format!("{line} --kubeconfig {}", viewer.kubeconfig().display());
    let refused =
        format!("you may not read Secret/{ns}/there with its kubeconfig; ask for the right to get it");
    let seen = until(&of_viewer, LIMIT, || async {
        let ran = typist.types(&of_viewer).await?;
        Ok(if ran.stdout.contains(&refused) { Look::Found(ran) } else { Look::Not(ran.to_string()) })
    })
    .await?;
    seen.says(1, &["2 not looked at"]).says_nothing_of(&["missing", "does not exist"]);
    Ok(())
}

#[tokio::test]
async fn a_cluster_that_cannot_be_reached_is_not_said_to_be_empty() -> Result<()> {
    let rig = Rig::start("cli-unreachable").await?;
    let ns = rig.namespace().to_owned();
    let remote = Remote::of(second().await?, &ns).await?;
    kubeconfig_secret(&rig, "there", &[("value", &remote.kubeconfig("deployer")?)]).await?;
    let typist = Typist::admin(&rig.plane, rig.ns.folder())?;
    let revision = rig.publish(&manifests(&ns, None)).await?;
    rig.kustomization("app", to("there")).await?;
    rig.ready("app", &revision).await?;
    kubeconfig_secret(&rig, "there", &[("value", NOWHERE)]).await?;
    let why = format!(
        "127.0.0.1:1, to which the kubeconfig of Secret/{ns}/there leads, cannot be reached from here: connection refused"
    );
    let next = "look from a network that reaches it";
    let gone = ["missing", "Missing", "does not exist"];
    let explained = typist.types(&format!("explain ks/app -n {ns}")).await?;
    explained.says(1, &[&why, next, "2 not looked at"]).says_nothing_of(&gone);
    let json = typist.types(&format!("explain ks/app -n {ns} -o json")).await?;
    let told: Value = serde_json::from_str(&json.stdout)?;
    assert!(told["notes"][0].as_str().is_some_and(|note| note.contains(&why)), "{told}");
    assert_eq!(told["counts"]["notObserved"], json!(2), "{told}");
    let object = typist.types(&format!("explain deployment/web -n {ns}")).await?;
    object.says(1, &["is not looked at", "another one"]).says_nothing_of(&gone);
    for line in [
        format!("tree ks/app -n {ns}"),
        format!("status -n {ns}"),
        format!("wait ks/app -n {ns} --timeout 2s"),
    ] {
        let ran = typist.types(&line).await?;
        ran.notes(&["not looked at: ", &why, next]).says_nothing_of(&gone);
    }
    let diff = typist.types(&format!("diff ks/app -n {ns}")).await?;
    diff.says(2, &[]).notes(&["Error: its objects are in another cluster: ", &why, &format!("hint: {next}")]);
    Ok(())
}
