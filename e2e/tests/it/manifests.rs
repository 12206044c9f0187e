//! The plain manifests in `config`: each overlay is what Helm renders with the value set of its name, and our engine
//! builds of them what kustomize builds. That they are up to date is checked by `cargo xtask codegen --check`.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use manifest::yaml::{Dialect, read_all};
use serde_json::{Map, Value};
use testkit::binaries::{self, KUSTOMIZE};
use testkit::tool::Terminal;

const NAMESPACE: &str = "flyball-system";
/// They say that Helm made an object, or which version of the chart.
const OF_HELM: [&str; 3] = ["helm.sh/chart", "app.kubernetes.io/managed-by", "app.kubernetes.io/version"];
/// Without Helm there is a namespace, and which definitions are installed is said by the overlay.
const APART: [&str; 2] = ["Namespace", "CustomResourceDefinition"];

/// The folder of a composition and its value set.
fn compositions() -> Result<Vec<(String, String)>> {
    let mut found = vec![("config/default".to_owned(), "all".to_owned())];
    for entry in std::fs::read_dir(binaries::root().join("config/overlays"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        found.push((format!("config/overlays/{name}"), name));
    }
    assert!(found.len() > 6, "{found:?}");
    Ok(found)
}

fn terminal(home: &tempfile::TempDir) -> Result<Terminal> {
    // No cluster is asked.
    let terminal = Terminal::open(home.path(), &home.path().join("kubeconfig"))?;
    terminal.with_binary("flyball", &binaries::own("flyball")?)
}

/// The objects by identity, without what is different for a reason.
fn objects(text: &str) -> Result<BTreeMap<String, Value>> {
    let mut found = BTreeMap::new();
    for mut object in read_all(text, Dialect::V2)? {
        if APART.iter().any(|kind| object["kind"] == *kind) {
            continue;
        }
        for labels in ["/metadata/labels", "/spec/template/metadata/labels"] {
            if let Some(labels) = object.pointer_mut(labels).and_then(Value::as_object_mut) {
                labels.retain(|label, _| !OF_HELM.contains(&label.as_str()));
            }
        }
        // Overlays add their flags at the end.
        let arguments =
            object.pointer_mut("/spec/template/spec/containers/0/args").and_then(Value::as_array_mut);
        if let Some(arguments) = arguments {
            arguments.sort_by_key(ToString::to_string);
        }
        let id =
            format!("{} {} {}", object["kind"], object["metadata"]["namespace"], object["metadata"]["name"]);
        assert!(found.insert(id.clone(), sorted(object)).is_none(), "{id} is there twice");
    }
    Ok(found)
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let map: BTreeMap<String, Value> =
                map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(map.into_iter().collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[tokio::test]
async fn overlays_are_what_helm_renders_with_the_values_of_their_name() -> Result<()> {
    let home = tempfile::tempdir()?;
    let terminal = terminal(&home)?;
    for (folder, values) in compositions()? {
        let built = objects(&terminal.ok("flyball", &["build", &folder]).await?)?;
        let values = format!("charts/flyball/ci/{values}-values.yaml");
        let words = ["template", "flyball", "charts/flyball", "--namespace", NAMESPACE, "--values", &values];
        let rendered = objects(&terminal.ok("helm", &words).await?)?;
        let names = |objects: &BTreeMap<String, Value>| objects.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&built), names(&rendered), "{folder}");
        for (id, object) in built {
            assert_eq!(Some(&object), rendered.get(&id), "{folder}: {id}");
        }
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs kustomize: cargo xtask control-plane --peers"]
async fn kustomize_builds_the_same_bytes() -> Result<()> {
    let home = tempfile::tempdir()?;
    let terminal = terminal(&home)?.with(&KUSTOMIZE)?;
    for (folder, _) in compositions()? {
        let ours = terminal.ok("flyball", &["build", &folder]).await?;
        assert!(
            ours == terminal.ok("kustomize", &["build", &folder]).await?,
            "{folder} is built differently"
        );
    }
    let default = terminal.ok("kustomize", &["build", "config/default"]).await?;
    let install = std::fs::read_to_string(binaries::root().join("install.yaml"))?;
    let (_, install) = install.split_once('\n').context("a head")?;
    assert!(default == install, "install.yaml is not what config/default builds to");
    Ok(())
}
