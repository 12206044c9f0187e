//! Which file of `config/` an object stands in: what it is for, then whose it is. Each folder is a kustomize base.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use manifest::yaml;
use serde_json::Value;

use crate::codegen::bases;

const COMPONENT: &str = "app.kubernetes.io/component";
/// They say that Helm made an object, which here it did not.
const OF_HELM: [&str; 2] = ["helm.sh/chart", "app.kubernetes.io/managed-by"];

/// The files by path, with a kustomization file in each folder.
pub(super) fn files(objects: Vec<Value>) -> Result<BTreeMap<String, String>> {
    let mut files: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for mut object in objects {
        clean(&mut object);
        files.entry(path(&object)?).or_default().push(object);
    }
    let mut texts: BTreeMap<String, String> =
        files.iter().map(|(path, objects)| (path.clone(), yaml::write_all(objects.iter()))).collect();
    let bases = bases::kustomizations(texts.keys());
    texts.extend(bases);
    Ok(texts)
}

fn clean(object: &mut Value) {
    for pointer in ["/metadata/labels", "/spec/template/metadata/labels"] {
        if let Some(labels) = object.pointer_mut(pointer).and_then(Value::as_object_mut) {
            labels.retain(|label, _| !OF_HELM.contains(&label.as_str()));
        }
    }
}

fn path(object: &Value) -> Result<String> {
    let kind = object["kind"].as_str().context("an object has a kind")?;
    let component = object["metadata"]["labels"][COMPONENT].as_str();
    let (folder, file) = match kind {
        "ServiceAccount" | "ClusterRole" | "ClusterRoleBinding" | "Role" | "RoleBinding" => {
            ("rbac", "rights")
        }
        "Deployment" => ("manager", "deployment"),
        "Service" => ("manager", "service"),
        "NetworkPolicy" => ("network", "policy"),
        _ => bail!("there is no place in config for a {kind}"),
    };
    // What is no controller's is for users.
    Ok(format!("config/{folder}/{}/{file}.yaml", component.unwrap_or("users")))
}
