//! The same stories before our source-controller and Flux's: conditions, revision, what the status observed, events, and
//! the artifact file by file. `cargo xtask control-plane --peers && cargo xtask test --e2e source::stories -- --ignored`;
//! `STORY` picks by name.

mod parts;
mod seen;
mod table;

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::cluster::{ControlPlane, TestNamespace};
use testkit::git::{GitServer, SshServer};
use testkit::stack::Controller;

use super::{API, KIND};
use crate::peers;
use parts::Story;
use seen::Seen;

const LIMIT: Duration = Duration::from_secs(60);

/// What stories are told of.
pub(super) struct World {
    pub(super) git: GitServer,
    pub(super) tls: GitServer,
    pub(super) ssh: SshServer,
}

/// Carries a story out; what is seen after each step.
async fn tell(story: &Story, steps: &[Vec<Value>], ns: &TestNamespace) -> Result<Vec<Seen>> {
    let mut seen = Vec::new();
    for (number, objects) in steps.iter().enumerate() {
        for object in objects {
            let text = object.to_string().replace("@NS@", ns.name());
            let mut object: Value = serde_json::from_str(&text)?;
            if object["kind"] == KIND {
                let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
                object["metadata"]["name"] = format!("{}-{name}", story.name).into();
            }
            let other =
                object["metadata"]["name"].as_str().filter(|_| object["kind"] == KIND).map(str::to_owned);
            ns.apply_value(object).await?;
            if let Some(other) = other.filter(|other| !other.ends_with("-app")) {
                ns.wait_condition(API, KIND, &other, ("Ready", "True"), LIMIT).await?;
            }
        }
        let name = format!("{}-app", story.name);
        let token = format!("step-{number}");
        let patch = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": token}}});
        ns.patch(API, KIND, &name, patch).await?;
        ns.wait_for(API, KIND, &name, LIMIT, |object| {
            object["status"]["lastHandledReconcileAt"] == token.as_str()
                && ["True", "False"].contains(&super::status_of(object, "Ready"))
        })
        .await
        .with_context(|| story.name.to_owned())?;
        seen.push(Seen::now(ns, &name, story.name).await?);
    }
    Ok(seen)
}

#[tokio::test]
#[ignore = "needs Flux's controllers: cargo xtask control-plane --peers"]
async fn our_controller_tells_the_stories_that_flux_tells() -> Result<()> {
    let plane = ControlPlane::shared().await?;
    let (ours, theirs) = (plane.namespace("src-ours").await?, plane.namespace("src-flux").await?);
    let _ours = Controller::new("source-controller").start(&ours).await?;
    let _theirs = peers::theirs("source-controller")?.start(&theirs).await?;
    let world = World {
        git: GitServer::start().await?,
        tls: GitServer::start_tls().await?,
        ssh: SshServer::start().await?,
    };
    let wanted = std::env::var("STORY").unwrap_or_default();
    let (mut report, mut told) = (Vec::new(), 0);
    for story in table::stories() {
        if !story.name.contains(&wanted) {
            continue;
        }
        told += 1;
        let steps = (story.steps)(&world)?;
        let told = tokio::join!(tell(&story, &steps, &ours), tell(&story, &steps, &theirs));
        let (ours, theirs) = match told {
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
