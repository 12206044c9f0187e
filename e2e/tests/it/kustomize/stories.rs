//! The same stories before our controller and Flux's: what users see afterwards is compared facet by facet: conditions,
//! revisions, history, inventory, events, objects and their field managers. What differs on purpose is named with the
//! story. `cargo xtask control-plane --peers && cargo xtask test --e2e stories -- --ignored`; `STORY` picks by name.

mod seen;
mod table;

use anyhow::Result;
use serde_json::Value;

use super::rig::Rig;
use seen::Seen;
use table::Story;

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
    let mut seen = Vec::new();
    for (number, step) in story.steps.iter().enumerate() {
        for object in &step.objects {
            rig.apply(placed(object, &ns)).await?;
        }
        if let Some(files) = &step.files {
            rig.publish(&files.replace("@NS@", &ns)).await?;
        }
        if let Some(spec) = &step.spec {
            rig.kustomization("app", placed(spec, &ns)).await?;
        }
        if number == 0 {
            rig.until("app", "was looked at", |state| {
                let ready = super::rig::condition(state, "Ready");
                ready["status"] == "True" || ready["status"] == "False"
            })
            .await?;
        }
        rig.run("app").await?;
        seen.push(Seen::now(&rig).await?);
    }
    Ok(seen)
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
        if !story.name.contains(&wanted) {
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
