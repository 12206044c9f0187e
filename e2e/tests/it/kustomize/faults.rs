//! Faults on the way to the API server and in it: the table of docs/design/0010-faults.md says which one is shown where.
//! A proxy stands between the controller and the real API server; the tests themselves go past it.

mod answers;
mod leaders;
mod outages;
mod statuses;

use std::collections::BTreeSet;

use anyhow::{Result, ensure};

use super::rig::{Rig, inventory};

/// That everything the controller made is recorded, and gives the names of the ConfigMaps.
async fn all_recorded(rig: &Rig) -> Result<Vec<String>> {
    // In this order: what is made in between is not looked for.
    let made = rig.owned("v1", "ConfigMap").await?;
    let recorded: BTreeSet<String> = inventory(&rig.state("app").await?).into_iter().collect();
    for name in &made {
        let id = format!("{}_{name}__ConfigMap", rig.namespace());
        ensure!(recorded.contains(&id), "{name} was made and is not recorded: {recorded:?}");
    }
    Ok(made)
}

/// The value of a ConfigMap that has to be there, and its UID.
async fn value(rig: &Rig, name: &str) -> Result<(String, String)> {
    let map = rig.get("v1", "ConfigMap", name).await?.unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    Ok((text(&map["data"]["key"]), text(&map["metadata"]["uid"])))
}
