//! The same stories before our controller and Flux's: what users see afterwards is compared facet by facet: conditions,
//! revisions, history, inventory, events, objects and their field managers. What differs on purpose is named with the
//! story. `cargo xtask control-plane --peers && cargo xtask test --e2e stories -- --ignored`; `STORY` picks by parts of names, `|` between them.

mod lives;
mod seen;
mod table;

use std::time::Duration;

use anyhow::Result;
use serde_json::Value;
use testkit::wait::{Look, until};

use super::rig::Rig;
use seen::Seen;
use table::Story;

/// A check of health takes 30 s before it fails.
const LIMIT: Duration = Duration::from_secs(90);

/// Carries a story out; what is seen after each step.
async fn tell(story: &Story, flux: bool) -> Result<Vec<Seen>> {
    let mut rig = Rig::without_controller("story", story.flags).await?;
    let ns = rig.namespace().to_owned();
    for object in &story.objects {
        rig.apply(placed(object, &ns)).await?;
    }
    if flux {
        rig.start_flux().await?;
    } else {
        rig.start_controller().await?;
    }
    let (mut seen, mut spec) = (Vec::new(), Value::Null);
    for (number, step) in story.steps.iter().enumerate() {
        for object in &step.objects {
            rig.apply(placed(object, &ns)).await?;
        }
        if let Some(files) = &step.files {
            rig.publish(&files.replace("@NS@", &ns)).await?;
        }
        if let Some(fields) = &step.spec {
            match (spec.as_object_mut(), fields.as_object()) {
                (Some(spec), Some(fields)) => spec.extend(fields.clone()),
                _ => spec = fields.clone(),
            }
            if let Some(spec) = spec.as_object_mut() {
                spec.retain(|_, value| !value.is_null());
            }
            rig.kustomization("app", placed(&spec, &ns)).await?;
        }
        if step.deletion {
            rig.delete("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app").await?;
            let gone = ("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app");
            rig.until_object(gone, "is gone", Value::is_null).await?;
            seen.push(Seen::left(&rig).await?);
            continue;
        }
        if number == 0 {
            ended(&rig).await?;
        }
        let reason = super::rig::condition(&rig.state("app").await?, "Ready")["reason"].clone();
        // A check of health that fails takes half a minute: once is enough.
        if spec["suspend"] != true && (number > 0 || reason != "HealthCheckFailed") {
            rig.run("app").await?;
            ended(&rig).await?;
        }
        seen.push(Seen::now(&rig).await?);
    }
    Ok(seen)
}

/// Waits until a run has ended; Flux says first that it has begun.
async fn ended(rig: &Rig) -> Result<()> {
    until("app has ended its run", LIMIT, || async {
        let state = rig.state("app").await?;
        let status = super::rig::condition(&state, "Ready")["status"].as_str().unwrap_or_default().to_owned();
        let ended = status == "True" || status == "False";
        Ok(if ended { Look::Found(()) } else { Look::Not(state["status"].to_string()) })
    })
    .await
}

/// `@NS@` stands for the namespace.
fn placed(object: &Value, ns: &str) -> Value {
    serde_json::from_str(&object.to_string().replace("@NS@", ns)).unwrap_or_default()
}

#[tokio::test]
#[ignore = "needs Flux's controllers: cargo xtask control-plane --peers"]
async fn our_controller_tells_the_stories_that_flux_tells() -> Result<()> {
    let wanted = std::env::var("STORY").unwrap_or_default();
    let mut report = Vec::new();
    let mut told = 0;
    for story in table::stories() {
        if !wanted.split('|').any(|part| story.name.contains(part)) {
            continue;
        }
        told += 1;
        let (ours, theirs) = tokio::join!(tell(&story, false), tell(&story, true));
        let (ours, theirs) = match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => (ours, theirs),
            (ours, theirs) => {
                report.push(format!("{}: ours {:?}, Flux's {:?}", story.name, ours.err(), theirs.err()));
                continue;
            }
        };
        for (number, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            for difference in ours.differences(theirs) {
                if !story.on_purpose.iter().any(|known| difference.contains(known)) {
                    report.push(format!("{} step {number}: {difference}", story.name));
                }
            }
        }
    }
    assert!(report.is_empty(), "{told} stories\n{}", report.join("\n"));
    Ok(())
}
