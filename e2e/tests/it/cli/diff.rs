//! `flyball diff` and `flyball ignored`: of the artifact, of a checkout before its commit and of a revision, with everything
//! that may stand in the way of a comparison.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use testkit::fixture;
use testkit::wait::{Look, until};

use super::typed::Typist;
use super::viewer::viewer;
use crate::kustomize::rig::{LIMIT, Rig, config_map, config_maps, inventory};

macro_rules! vector {
    ($name:literal) => {
        include_str!(concat!("../../../../crates/sops/tests/vectors/", $name))
    };
}

/// A controller that has applied the ConfigMaps `kept`, `changed` and `gone`, and a terminal in a folder beside.
async fn applied(name: &str) -> Result<(Rig, Typist)> {
    let rig = Rig::start(name).await?;
    let files = config_maps(rig.namespace(), &["kept", "changed", "gone"], "1");
    let revision = rig.publish(&files).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    let typist = Typist::admin(&rig.plane, rig.ns.folder())?;
    Ok((rig, typist))
}

/// The next commit, which nobody has made yet.
fn checkout(rig: &Rig) -> Result<String> {
    let ns = rig.namespace();
    let folder = rig.ns.folder().join("checkout");
    let files = format!(
        "-- kept.yaml --\n{}-- changed.yaml --\n{}-- new.yaml --\n{}-- README.md --\nno manifest\n",
        config_map(ns, "kept", "1"),
        config_map(ns, "changed", "2"),
        config_map(ns, "new", "1")
    );
    fixture::write(&folder, &files)?;
    Ok(folder.display().to_string())
}

fn git(folder: &str, line: &str) -> Result<()> {
    let output = Command::new("git")
        .args(["-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.com"])
        .args(line.split(' '))
        .output()
        .context("git")?;
    ensure!(output.status.success(), "git {line}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

async fn version(rig: &Rig, name: &str) -> Result<Value> {
    let object = rig.get("v1", "ConfigMap", name).await?.context("the ConfigMap")?;
    Ok(object["metadata"]["resourceVersion"].clone())
}

#[tokio::test]
async fn a_commit_is_compared_before_it_is_made() -> Result<()> {
    let (rig, typist) = applied("diff").await?;
    let ns = rig.namespace();
    let before = (version(&rig, "changed").await?, inventory(&rig.state("app").await?));
    typist.types(&format!("diff ks/app -n {ns}")).await?.says(0, &["3 unchanged"]);
    let folder = checkout(&rig)?;
    let line = format!("diff kustomization app -n {ns} --path {folder}");
    let changed = format!("~ ConfigMap {ns}/changed is changed\n    /data/key\n  -   \"1\"\n  +   \"2\"\n");
    let (created, deleted) =
        (format!("+ ConfigMap {ns}/new is created"), format!("- ConfigMap {ns}/gone is deleted"));
    let found = typist.types(&line).await?;
    found
        .says(
            1,
            &[
                &changed,
                &created,
                "  +     key: \"1\"",
                &deleted,
                "1 to create, 1 to change, 1 to delete, 1 unchanged",
            ],
        )
        .says_nothing_of(&["ConfigMap kept", "no manifest"]);
    let comment = typist.types(&format!("{line} -o md")).await?;
    comment.says(
        1,
        &[
            &format!("### Kustomization `{ns}/app`: 1 to create, 1 to change, 1 to delete, 1 unchanged"),
            &format!("<details><summary><code>~ ConfigMap {ns}/changed (1 field)</code></summary>"),
            "```diff\n  /data/key\n- \"1\"\n+ \"2\"\n```",
        ],
    );
    let names = typist.types(&format!("{line} -o name")).await?;
    assert_eq!(names.says(1, &[]).stdout, "configmap/changed\nconfigmap/new\nconfigmap/gone\n");
    let report: Value = serde_json::from_str(&typist.types(&format!("{line} -o json")).await?.stdout)?;
    assert_eq!(report["counts"]["change"], 1, "{report}");
    // Nothing was written, whatever was asked.
    assert_eq!((version(&rig, "changed").await?, inventory(&rig.state("app").await?)), before);
    assert!(rig.get("v1", "ConfigMap", "new").await?.is_none());
    let nowhere = typist.types(&format!("diff ks/app -n {ns} --path {folder}/gone")).await?;
    nowhere.says(2, &[]).notes(&["Error: ", "no such file or directory"]);
    typist
        .types(&format!("diff ks/other -n {ns}"))
        .await?
        .says(2, &[])
        .notes(&["Kustomization", "there is none"]);
    Ok(())
}

#[tokio::test]
async fn a_revision_of_a_checkout_is_compared() -> Result<()> {
    let (rig, typist) = applied("diff-revision").await?;
    let folder = checkout(&rig)?;
    git(&folder, "init --quiet")?;
    git(&folder, "add .")?;
    git(&folder, "commit --quiet -m next")?;
    git(&folder, "tag next")?;
    fs::write(format!("{folder}/changed.yaml"), config_map(rig.namespace(), "changed", "3"))?;
    let line = format!("diff ks/app -n {} --path {folder}", rig.namespace());
    let found = typist.types(&format!("{line} --revision next")).await?;
    found.says(1, &["  +   \"2\"", "the revision next ("]).says_nothing_of(&["\"3\""]);
    typist.types(&line).await?.says(1, &["  +   \"3\""]);
    let unknown = typist.types(&format!("{line} --revision gone")).await?;
    unknown.says(2, &[]).notes(&["git rev-parse"]);
    Ok(())
}

#[tokio::test]
async fn what_somebody_changed_is_told_with_who_it_was() -> Result<()> {
    let (mut rig, typist) = applied("diff-drift").await?;
    let ns = rig.namespace().to_owned();
    let ignored = json!([{"paths": ["/data/key"], "target": {"name": "kept"}}]);
    // Nobody heals.
    rig.kill_controller().await?;
    rig.kustomization("app", json!({ "ignore": ignored, "suspend": true })).await?;
    for name in ["changed", "kept"] {
        rig.patch_as("somebody", "v1", "ConfigMap", name, json!({"data": {"key": "theirs"}})).await?;
    }
    let found = typist.types(&format!("diff ks/app -n {ns}")).await?;
    found
        .says(
            1,
            &["/data/key  (set by somebody, ", "  -   \"theirs\"\n  +   \"1\"", "1 to change, 2 unchanged"],
        )
        .notes(&["note: the Kustomization is suspended"])
        .says_nothing_of(&["ConfigMap kept"]);
    let audit = typist.types(&format!("ignored ks/app -n {ns}")).await?;
    audit
        .says(
            1,
            &[
                &format!("ConfigMap/{ns}/kept"),
                "/data/key",
                "spec.ignore[0]",
                "somebody",
                "theirs",
                "not known",
            ],
        )
        .notes(&["has no DriftReport"]);
    let audit: Value =
        serde_json::from_str(&typist.types(&format!("ignored -n {ns} -o json")).await?.stdout)?;
    assert_eq!(audit["fields"][0]["path"], "/data/key", "{audit}");
    rig.kustomization("app", json!({ "ignore": [] })).await?;
    typist.types(&format!("ignored ks/app -n {ns}")).await?.says(0, &["no ignored field is known to differ"]);
    Ok(())
}

#[tokio::test]
async fn values_of_secrets_are_masked_on_both_sides() -> Result<()> {
    let rig = Rig::without_controller("diff-secret", &[]).await?;
    let ns = rig.namespace();
    rig.apply(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "vars"},
        "stringData": {"token": "canary-of-variables"}}))
        .await?;
    let declared = |password: &str| {
        format!(
            "-- s.yaml --\napiVersion: v1\nkind: Secret\nmetadata: {{name: login}}\nstringData: {{password: {password}}}\n\
             -- c.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: app}}\ndata: {{url: 'x?${{token}}', plain: '{password}-hash'}}\n"
        )
    };
    rig.apply(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"},
        "stringData": {"password": "canary-of-before"}}))
        .await?;
    rig.publish(&declared("canary-of-after")).await?;
    let spec =
        json!({"targetNamespace": ns, "postBuild": {"substituteFrom": [{"kind": "Secret", "name": "vars"}]}});
    rig.kustomization("app", spec).await?;
    let typist = Typist::admin(&rig.plane, rig.ns.folder())?;
    for form in ["text", "md", "json", "yaml"] {
        let found = typist.types(&format!("diff ks/app -n {ns} -o {form}")).await?;
        found.says(1, &["login", "***"]).says_nothing_of(&[
            "canary-of-variables",
            "canary-of-before",
            "canary-of-after",
            "Y2FuYXJ5",
        ]);
    }
    Ok(())
}

#[tokio::test]
async fn what_is_encrypted_is_compared_as_far_as_the_keys_go() -> Result<()> {
    let rig = Rig::without_controller("diff-sops", &[]).await?;
    let ns = rig.namespace();
    let files = format!(
        "-- secret.yaml --\n{}-- plain.yaml --\n{}",
        vector!("manifests/secret.yaml"),
        config_map(ns, "plain", "1")
    );
    rig.publish(&files).await?;
    let spec =
        json!({"targetNamespace": ns, "decryption": {"provider": "sops", "secretRef": {"name": "keys"}}});
    rig.kustomization("app", spec).await?;
    let typist = Typist::admin(&rig.plane, rig.ns.folder())?;
    let line = format!("diff ks/app -n {ns}");
    let sealed = typist.types(&line).await?;
    sealed
        .says(
            1,
            &[
                &format!("+ Secret {ns}/login is created\n    # its values are encrypted"),
                &format!("+ ConfigMap {ns}/plain"),
            ],
        )
        .notes(&[&format!("note: what is encrypted cannot be compared: there is no Secret/{ns}/keys")]);
    rig.apply(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": {"password": "another-one-entirely"}})).await?;
    typist
        .types(&line)
        .await?
        .says(1, &[&format!("? Secret {ns}/login cannot be compared"), "1 not comparable"]);
    rig.apply(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"},
        "stringData": {"a.agekey": vector!("keys/one.agekey")}}))
        .await?;
    let opened = typist.types(&line).await?;
    opened.says(1, &[&format!("~ Secret {ns}/login is changed"), "/data/password", "***"]);
    opened.says_nothing_of(&["correct-horse", "Y29ycmVjdC1ob3JzZQ", "AGE-SECRET"]);
    Ok(())
}

#[tokio::test]
async fn what_a_run_would_meet_is_told() -> Result<()> {
    let rig = Rig::without_controller("diff-refused", &[]).await?;
    let ns = rig.namespace();
    let other = format!("{ns}-other");
    let files = format!(
        "-- ns.yaml --\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {other}}}\n-- in.yaml --\n{}",
        config_map(&other, "inside", "1")
    );
    rig.publish(&files).await?;
    rig.kustomization("app", json!({})).await?;
    let typist = Typist::admin(&rig.plane, rig.ns.folder())?;
    let line = format!("diff ks/app -n {ns}");
    let found = typist.types(&line).await?;
    found.says(
        1,
        &[
            &format!("+ Namespace {other} is created"),
            &format!(
                "+ ConfigMap {other}/inside is created\n    # Namespace {other} is made by the same run"
            ),
        ],
    );
    let wrong = format!(
        "-- a.yaml --\napiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: {ns}}}\nspec: {{ports: [{{port: 0}}]}}\n"
    );
    rig.publish(&wrong).await?;
    let refused = typist.types(&line).await?;
    refused.says(1, &[&format!("✗ Service {ns}/web is refused"), "spec.ports[0].port", "1 refused"]);
    assert_eq!(refused.stderr, "", "a run would fail: that is an answer");
    // Who may not ask gets none.
    let reader = viewer(&rig).await?;
    let line_of_reader = format!("{line} --kubeconfig {}", reader.kubeconfig().display());
    until(&line_of_reader, LIMIT, || async {
        let ran = typist.types(&line_of_reader).await?;
        let is_told =
            ran.code == 2 && ran.stdout.contains(&format!("! Service {ns}/web could not be asked about"));
        let is_noted = ran.stderr.contains("Error: 1 object could not be asked about");
        Ok(if is_told && is_noted { Look::Found(()) } else { Look::Not(ran.to_string()) })
    })
    .await?;
    rig.publish("-- kustomization.yaml --\nresources: [gone.yaml]\n").await?;
    typist.types(&line).await?.says(2, &[]).notes(&["Error: kustomize build failed", "gone.yaml"]);
    Ok(())
}
