//! A healthy fleet of many kinds of the library, rolled out again and again: nobody is told that anything stands in its way.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kube::api::{DynamicObject, Patch, PatchParams, WatchEvent, WatchParams};
use manifest::yaml::{Dialect, read_all};
use parking_lot::Mutex;
use serde_json::{Value, json};
use testkit::cluster::{CONTROLLERS, ControlPlane};
use testkit::wait::{Look, until};

use super::rig::{Rig, SOON};

const FLYBALL: &str = "flyball.dev/v1alpha1";
const CRD: (&str, &str) = ("apiextensions.k8s.io/v1", "CustomResourceDefinition");
/// How many kinds are rolled out, and how many of one group at most, so that there are many groups.
const KINDS: usize = 70;
const OF_GROUP: usize = 2;
/// How long a blocker may be shown.
const PASSES: Duration = Duration::from_secs(5);
/// How long controllers take to look at a change, and to be done with it.
const LAG: Duration = Duration::from_millis(1500);
/// How many requests are on their way at once.
const WIDTH: usize = 8;

/// A kind of the library: an object, and two statuses of it.
struct Member {
    group: String,
    version: String,
    kind: String,
    object: Value,
    /// The generation that the statuses are about.
    generation: i64,
    healthy: Value,
    progressing: Value,
}

/// The first case of a state, if nothing but its status says so.
fn case<'a>(cases: &'a [Value], state: &str) -> Option<&'a Value> {
    let found = cases.iter().find(|case| {
        let object = &case["object"];
        case["state"] == state
            && case["now"].is_null()
            && object["status"].as_object().is_some_and(|status| !status.is_empty())
            && object["metadata"]["deletionTimestamp"].is_null()
    });
    found.map(|case| &case["object"])
}

/// Whether a status speaks of generations in a field that this test does not move.
fn counts_otherwise(status: &Value) -> bool {
    match status {
        Value::Object(map) => map.iter().any(|(key, value)| {
            (key != "observedGeneration" && key.to_lowercase().contains("generation"))
                || counts_otherwise(value)
        }),
        Value::Array(list) => list.iter().any(counts_otherwise),
        _ => false,
    }
}

fn member(cases: &[Value]) -> Option<Member> {
    let (healthy, progressing) = (case(cases, "Healthy")?, case(cases, "Progressing")?);
    let besides = |object: &Value| {
        let mut object = object.clone();
        object["status"] = Value::Null;
        object
    };
    let generation = healthy["metadata"]["generation"].as_i64().unwrap_or(1);
    // In the test all of them are of one generation, in one namespace.
    if besides(healthy) != besides(progressing)
        || healthy["metadata"]["namespace"].is_null()
        || counts_otherwise(&healthy["status"])
        || counts_otherwise(&progressing["status"])
    {
        return None;
    }
    let (group, version) = healthy["apiVersion"].as_str()?.split_once('/')?;
    let mut object = besides(healthy);
    object.as_object_mut()?.remove("status");
    let metadata = &healthy["metadata"];
    object["metadata"] = json!({"name": metadata["name"]});
    for field in ["annotations", "labels"] {
        if metadata[field].is_object() {
            object["metadata"][field] = metadata[field].clone();
        }
    }
    Some(Member {
        group: group.to_owned(),
        version: version.to_owned(),
        kind: healthy["kind"].as_str()?.to_owned(),
        object,
        generation,
        healthy: healthy["status"].clone(),
        progressing: progressing["status"].clone(),
    })
}

/// Names in a folder, in order.
fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Kinds of as many groups as there are, by the fixtures of the library.
fn fleet() -> Result<Vec<Member>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/health/fixtures");
    let mut fleet = Vec::new();
    for group in names(&folder)? {
        // Groups of Kubernetes want an approval, and those of Flux are there.
        if !group.contains('.') || group.ends_with(".k8s.io") || group.contains("fluxcd") {
            continue;
        }
        let mut found = 0;
        for file in names(&folder.join(&group))? {
            let text = std::fs::read_to_string(folder.join(&group).join(&file))?;
            let cases = read_all(&text, Dialect::V3).with_context(|| file.clone())?;
            let cases = cases.first().and_then(Value::as_array).cloned().unwrap_or_default();
            if let Some(member) = member(&cases).filter(|_| found < OF_GROUP && fleet.len() < KINDS) {
                found += 1;
                fleet.push(member);
            }
        }
    }
    Ok(fleet)
}

/// A status about the generation that an object has now; one that lags behind does so still.
fn about(status: &Value, of: i64, now: i64) -> Value {
    match status {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| {
                let moved = match value {
                    Value::Number(_) => value.as_i64().map(|seen| json!(seen - of + now)),
                    Value::String(text) => {
                        text.parse::<i64>().ok().map(|seen| json!((seen - of + now).to_string()))
                    }
                    _ => None,
                };
                let moved = moved.filter(|_| key == "observedGeneration");
                (key.clone(), moved.unwrap_or_else(|| about(value, of, now)))
            })
            .collect(),
        Value::Array(list) => list.iter().map(|item| about(item, of, now)).collect(),
        other => other.clone(),
    }
}

/// The merge patch that puts one status in place of another.
fn in_place_of(new: &Value, old: &Value) -> Value {
    let (Value::Object(new), Value::Object(old)) = (new, old) else { return new.clone() };
    let mut patch: serde_json::Map<String, Value> =
        old.keys().map(|key| (key.clone(), Value::Null)).collect();
    for (key, value) in new {
        patch.insert(key.clone(), in_place_of(value, old.get(key).unwrap_or(&Value::Null)));
    }
    Value::Object(patch)
}

impl Member {
    fn api_version(&self) -> String {
        format!("{}/{}", self.group, self.version)
    }

    fn plural(&self) -> String {
        format!("{}s", self.kind.to_lowercase())
    }

    fn name(&self) -> &str {
        self.object["metadata"]["name"].as_str().unwrap_or_default()
    }

    fn definition(&self) -> Value {
        let singular = self.kind.to_lowercase();
        json!({"apiVersion": CRD.0, "kind": CRD.1, "metadata": {"name": format!("{}.{}", self.plural(), self.group)},
            "spec": {"group": self.group, "scope": "Namespaced",
                "names": {"kind": self.kind, "plural": self.plural(), "singular": singular, "listKind": format!("{}List", self.kind)},
                "versions": [{"name": self.version, "served": true, "storage": true, "subresources": {"status": {}},
                    "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}})
    }

    fn entry(&self, rig: &Rig) -> Value {
        let mut entry = rig.entry(&self.group, &self.kind, self.name());
        entry["v"] = json!(self.version);
        entry
    }

    /// Applies the spec of a round.
    async fn apply(&self, rig: &Rig, round: usize) -> Result<()> {
        let mut object = self.object.clone();
        object["spec"]["flyballRound"] = json!(round);
        rig.apply_for("fleet", object)
            .await
            .with_context(|| format!("{} {}", self.api_version(), self.kind))?;
        Ok(())
    }

    /// Its controller writes a status about its generation.
    async fn report(&self, rig: &Rig, status: &Value) -> Result<()> {
        let api = rig.ns.api(&self.api_version(), &self.kind).await?;
        let found: DynamicObject = api.get(self.name()).await?;
        let now = found.metadata.generation.unwrap_or(1);
        let new = about(status, self.generation, now);
        let patch = Patch::Merge(json!({ "status": in_place_of(&new, &found.data["status"]) }));
        api.patch_status(self.name(), &PatchParams::default(), &patch)
            .await
            .with_context(|| format!("status of {} {}", self.api_version(), self.kind))?;
        Ok(())
    }
}

/// Does something with each member, some at once.
async fn each<'a, F, R>(fleet: &'a [Member], act: F) -> Result<()>
where
    F: Fn(&'a Member) -> R,
    R: Future<Output = Result<()>>,
{
    stream::iter(fleet).map(act).buffer_unordered(WIDTH).try_collect().await
}

/// Makes the kinds and their objects, which are well.
async fn launch(rig: &Rig, fleet: &[Member]) -> Result<()> {
    let mut groups: Vec<&str> = fleet.iter().map(|member| member.group.as_str()).collect();
    groups.dedup();
    rig.ns
        .apply_value(json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": "fleet", "labels": {"flyball.dev/aggregate-to-health": "true"}},
            "rules": [{"apiGroups": groups, "resources": ["*"], "verbs": ["get", "list", "watch"]}]}))
        .await?;
    each(fleet, |member| async move { rig.ns.apply_value(member.definition()).await.map(drop) }).await?;
    each(fleet, |member| async move {
        let what = format!("{} {} is served", member.api_version(), member.kind);
        until(&what, SOON, || async {
            Ok(match member.apply(rig, 0).await {
                Ok(()) => Look::Found(()),
                Err(error) => Look::Not(format!("{error:#}")),
            })
        })
        .await?;
        member.report(rig, &member.healthy).await
    })
    .await?;
    let entries: Vec<Value> = fleet.iter().map(|member| member.entry(rig)).collect();
    rig.kustomization("fleet", &[]).await?;
    rig.set("fleet", json!({"inventory": {"entries": entries}})).await?;
    all_well(rig, fleet).await
}

async fn all_well(rig: &Rig, fleet: &[Member]) -> Result<()> {
    rig.convergence("fleet", |found| {
        let (status, counts) = (&found["status"], &found["status"]["counts"]);
        status["conditions"][0]["status"] == "True"
            && counts["total"] == fleet.len()
            && counts["healthy"] == fleet.len()
    })
    .await?;
    Ok(())
}

/// Three changes of everything, each seen late, worked on, and done.
async fn roll_out(rig: &Rig, fleet: &[Member]) -> Result<()> {
    for round in 1..=3 {
        each(fleet, |member| member.apply(rig, round)).await?;
        tokio::time::sleep(LAG).await;
        each(fleet, |member| member.report(rig, &member.progressing)).await?;
        tokio::time::sleep(LAG).await;
        each(fleet, |member| member.report(rig, &member.healthy)).await?;
        all_well(rig, fleet).await.with_context(|| format!("rollout {round}"))?;
    }
    Ok(())
}

/// What a Convergence has shown.
#[derive(Default)]
struct Seen {
    /// Blockers that it shows, with what they say, and since when.
    open: BTreeMap<String, (String, Instant)>,
    /// Blockers, and for how long each was shown.
    blockers: Vec<(String, Duration)>,
    /// How many objects were on their way at once, at most.
    progressing: u64,
}

impl Seen {
    fn note(&mut self, status: &Value, now: Instant) {
        let mut shown = BTreeMap::new();
        for blocker in status["blockers"].as_array().into_iter().flatten() {
            let text = |field: &str| blocker[field].as_str().unwrap_or_default();
            let key = format!("{} {}", text("code"), text("object"));
            let since = self.open.remove(&key).map_or(now, |(_, since)| since);
            shown.insert(key, (text("message").to_owned(), since));
        }
        self.close(now);
        self.open = shown;
        self.progressing = self.progressing.max(status["counts"]["progressing"].as_u64().unwrap_or(0));
    }

    /// What is open is over.
    fn close(&mut self, now: Instant) {
        let over = std::mem::take(&mut self.open).into_iter();
        self.blockers.extend(over.map(|(key, (said, since))| (format!("{key}: {said}"), now - since)));
    }
}

/// Notes each state of the Convergence, until the API server ends the watch.
async fn follow(rig: &Rig, seen: &Mutex<Seen>) -> Result<()> {
    let api = rig.ns.api(FLYBALL, "Convergence").await?;
    let parameters = WatchParams::default().fields("metadata.name=fleet").timeout(290);
    let mut events = std::pin::pin!(api.watch(&parameters, "0").await?);
    while let Some(event) = events.next().await {
        match event? {
            WatchEvent::Added(found) | WatchEvent::Modified(found) => {
                seen.lock().note(&found.data["status"], Instant::now());
            }
            WatchEvent::Bookmark(_) => {}
            other => bail!("{other:?}"),
        }
    }
    bail!("the watch has ended")
}

#[tokio::test]
async fn a_healthy_fleet_of_70_kinds_is_rolled_out_without_a_blocker_that_lasts() -> Result<()> {
    let fleet = fleet()?;
    ensure!(fleet.len() >= 60, "{} kinds are no fleet", fleet.len());
    let plane = Arc::new(ControlPlane::start(&CONTROLLERS).await?);
    let rig = Rig::on(&plane, "health-fleet").await?;
    launch(&rig, &fleet).await?;
    let seen = Mutex::new(Seen::default());
    tokio::select! {
        ended = follow(&rig, &seen) => ended?,
        done = roll_out(&rig, &fleet) => done?,
    }
    let mut seen = seen.into_inner();
    seen.close(Instant::now());
    // Otherwise nothing was rolled out as far as the controller knows.
    assert!(seen.progressing >= 10, "only {} objects were shown on their way", seen.progressing);
    let wrong: Vec<&(String, Duration)> = seen
        .blockers
        .iter()
        .filter(|(text, lasted)| *lasted > PASSES || text.starts_with("HealthFailed"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}\n{}", rig.controller.process.log_tail());
    Ok(())
}
