//! The kustomization files of generated folders: each lists what lies in it.

use std::collections::{BTreeMap, BTreeSet};

/// A kustomization file for each folder of these files, and for each that has such folders, below `config`.
pub(super) fn kustomizations<'a>(paths: impl Iterator<Item = &'a String>) -> BTreeMap<String, String> {
    let mut folders: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for path in paths {
        let mut rest = path.as_str();
        while let Some((folder, name)) = rest.rsplit_once('/').filter(|(folder, _)| *folder != "config") {
            folders.entry(folder).or_default().insert(name);
            rest = folder;
        }
    }
    let text = |names: &BTreeSet<&str>| {
        let list: String = names.iter().map(|name| format!("  - {name}\n")).collect();
        format!("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n{list}")
    };
    folders.iter().map(|(folder, names)| (format!("{folder}/kustomization.yaml"), text(names))).collect()
}
