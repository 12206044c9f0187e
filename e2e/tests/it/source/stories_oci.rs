//! The same stories of OCIRepositories before our controller and Flux's: conditions, revision, metadata, the artifact
//! file by file and events are compared after each step. What differs on purpose is named with the story.
//! `cargo xtask control-plane --peers && cargo xtask test --e2e stories_oci -- --ignored`; `STORY` picks by name.

mod table;

use anyhow::Result;
use serde_json::{Value, json};
use testkit::cluster::{ControlPlane, TestNamespace};
use testkit::oci::Distribution;
use testkit::stack::{Controller, Running};

use super::seen::{Seen, compare};
use super::{API, SOON, status_of};
use crate::peers;
use table::{Registries, Story};

const KIND: &str = "OCIRepository";

/// One controller in a namespace of its own.
struct Side {
    ns: TestNamespace,
    running: Running,
}

impl Side {
    async fn start(flux: bool) -> Result<Self> {
        let ns = ControlPlane::shared().await?.namespace("story-oci").await?;
        let controller =
            if flux { peers::theirs("source-controller")? } else { Controller::new("source-controller") };
        let running = controller.start(&ns).await?;
        Ok(Self { ns, running })
    }

    /// `@NS@` stands for the namespace, `@R@` and `@L@` for the registries.
    async fn apply(&self, object: &Value, registries: &Registries) -> Result<()> {
        let text = registries.placed(&object.to_string()).replace("@NS@", self.ns.name());
        self.ns.apply_value(serde_json::from_str(&text)?).await?;
        Ok(())
    }

    /// Runs the object once more, and waits until it was.
    async fn run(&self, name: &str, token: &str) -> Result<()> {
        let patch = json!({ "metadata": { "annotations": { "reconcile.fluxcd.io/requestedAt": token } } });
        self.ns.patch(API, KIND, name, patch).await?;
        let done = |object: &Value| object["status"]["lastHandledReconcileAt"] == token;
        self.ns.wait_for(API, KIND, name, SOON, done).await?;
        Ok(())
    }
}

async fn tell(side: &Side, story: &Story, step: usize, registries: &Registries) -> Result<Seen> {
    for object in &story.steps[step].objects {
        side.apply(object, registries).await?;
    }
    // Flux 1.9 relies on a default of its own schema for the timeout.
    let url = format!("oci://@R@/{}", story.name);
    let mut spec = json!({ "url": url, "interval": "1h", "timeout": "60s" });
    if let (Some(all), Some(own)) = (spec.as_object_mut(), story.steps[step].spec.as_object()) {
        all.extend(own.clone());
    }
    let object = json!({ "apiVersion": API, "kind": KIND, "metadata": { "name": story.name }, "spec": spec });
    side.apply(&object, registries).await?;
    let looked = |object: &Value| matches!(status_of(object, "Ready"), "True" | "False");
    side.ns.wait_for(API, KIND, &story.name, SOON, looked).await?;
    side.run(&story.name, &format!("step-{step}")).await?;
    Seen::now(&side.ns, &side.running, KIND, &story.name, |text| registries.plain(text)).await
}

#[tokio::test]
#[ignore = "needs Flux's controllers: cargo xtask control-plane --peers"]
async fn our_controller_tells_the_stories_of_registries_that_flux_tells() -> Result<()> {
    let wanted = std::env::var("STORY").unwrap_or_default();
    let registries = Registries {
        open: Distribution::start().await?,
        locked: Distribution::with_login("user", table::PASSWORD, table::HASH).await?,
    };
    let (ours, theirs) = tokio::try_join!(Side::start(false), Side::start(true))?;
    let mut report = Vec::new();
    let mut told = 0;
    for story in table::stories()? {
        if !story.name.contains(&wanted) {
            continue;
        }
        told += 1;
        for number in 0..story.steps.len() {
            for (repository, tag, image) in &story.steps[number].pushes {
                let registry = if story.locked { &registries.locked } else { &registries.open };
                registry.push(repository, tag, image).await?;
            }
            let (seen, flux) = tokio::join!(
                tell(&ours, &story, number, &registries),
                tell(&theirs, &story, number, &registries)
            );
            if !compare(seen, flux, &story.name, number, story.on_purpose, &mut report) {
                break;
            }
        }
    }
    assert!(report.is_empty(), "{told} stories\n{}", report.join("\n"));
    Ok(())
}
