//! The same stories of Buckets before our controller and Flux's: conditions, revision, the artifact file by file and events
//! are compared after each step. What differs on purpose is named with the story. The store is of this process, and no judge
//! of signatures.
//! `cargo xtask control-plane --peers && cargo xtask test --e2e stories_bucket -- --ignored`; `STORY` picks by name.

mod table;

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use testkit::buckets::ObjectStore;
use testkit::cluster::{ControlPlane, TestNamespace};
use testkit::stack::{Controller, Running};

use super::seen::{Seen, compare};
use super::{API, status_of};
use crate::peers;
use table::{Act, Story};

const KIND: &str = "Bucket";
const LIMIT: Duration = Duration::from_secs(60);

/// The store of all stories; each has a bucket of its own name.
struct World {
    store: ObjectStore,
}

impl World {
    fn placed(&self, text: &str) -> String {
        text.replace("@S@", &self.store.address())
    }

    fn plain(&self, text: &str) -> String {
        text.replace(&self.store.address(), "@S@")
    }
}

/// One controller in a namespace of its own.
struct Side {
    ns: TestNamespace,
    running: Running,
}

impl Side {
    async fn start(flux: bool) -> Result<Self> {
        let ns = ControlPlane::shared().await?.namespace("story-bucket").await?;
        let controller =
            if flux { peers::theirs("source-controller")? } else { Controller::new("source-controller") };
        let running = controller.start(&ns).await?;
        Ok(Self { ns, running })
    }

    /// `@NS@` stands for the namespace, `@S@` for the store.
    async fn apply(&self, object: &Value, world: &World) -> Result<()> {
        let text = world.placed(&object.to_string()).replace("@NS@", self.ns.name());
        self.ns.apply_value(serde_json::from_str(&text)?).await?;
        Ok(())
    }
}

async fn tell(side: &Side, story: &Story, step: usize, world: &World) -> Result<Seen> {
    let Some(told) = story.steps.get(step) else { anyhow::bail!("no such step") };
    for object in &told.objects {
        side.apply(object, world).await?;
    }
    let mut spec = json!({
        "bucketName": story.name, "endpoint": "@S@", "insecure": true, "interval": "1h", "timeout": "5s",
    });
    if let (Some(all), Some(own)) = (spec.as_object_mut(), told.spec.as_object()) {
        all.extend(own.clone());
    }
    let object = json!({ "apiVersion": API, "kind": KIND, "metadata": { "name": story.name }, "spec": spec });
    side.apply(&object, world).await?;
    let looked = |object: &Value| matches!(status_of(object, "Ready"), "True" | "False");
    side.ns.wait_for(API, KIND, story.name, LIMIT, looked).await?;
    let token = format!("step-{step}");
    let patch = json!({ "metadata": { "annotations": { "reconcile.fluxcd.io/requestedAt": token } } });
    side.ns.patch(API, KIND, story.name, patch).await?;
    let done = |object: &Value| object["status"]["lastHandledReconcileAt"] == token.as_str();
    side.ns.wait_for(API, KIND, story.name, LIMIT, done).await?;
    Seen::now(&side.ns, &side.running, KIND, story.name, |text| world.plain(text)).await
}

#[tokio::test]
#[ignore = "needs Flux's controllers: cargo xtask control-plane --peers"]
async fn our_controller_tells_the_stories_of_buckets_that_flux_tells() -> Result<()> {
    let wanted = std::env::var("STORY").unwrap_or_default();
    let world = World { store: ObjectStore::start().await? };
    let (ours, theirs) = tokio::try_join!(Side::start(false), Side::start(true))?;
    let mut report = Vec::new();
    let mut told = 0;
    for story in table::stories() {
        if !story.name.contains(&wanted) {
            continue;
        }
        told += 1;
        for (number, step) in story.steps.iter().enumerate() {
            for act in &step.acts {
                match act {
                    Act::Make => world.store.make(story.name),
                    Act::Put(key, content) => world.store.put(story.name, key, content),
                    Act::Delete(key) => world.store.delete(story.name, key),
                }
            }
            let (seen, flux) =
                tokio::join!(tell(&ours, &story, number, &world), tell(&theirs, &story, number, &world));
            if !compare(seen, flux, story.name, number, story.on_purpose, &mut report) {
                break;
            }
        }
    }
    assert!(report.is_empty(), "{told} stories\n{}", report.join("\n"));
    Ok(())
}
