//! Reads the Kustomizations that the watch cannot decode. What can be read of them is `unreadable`'s.

use crate::context::Context;
use crate::facts::facts;
use crate::machine::Kustomizations;
use crate::step::Event;
use crate::unreadable::{plain, salvage_object};
use reconcile_core::watch::Bad;
use reconcile_core::{Backoff, ObjectKey, Runtime};
use std::sync::Arc;
use std::time::Duration;

/// Between tries to read one.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// The watch met one: it is read and run, which says so, or finalises it.
pub(crate) fn on_undecodable(ctx: &Arc<Context>, runtime: &Arc<Runtime<Kustomizations>>, bad: &Bad) {
    ctx.unreadable.report(&bad.key, &bad.uid);
    let (ctx, runtime, key) = (Arc::clone(ctx), Arc::clone(runtime), bad.key.clone());
    drop(tokio::spawn(async move {
        if let Some(facts) = read(&ctx, &key).await {
            runtime.send(&key, Event::Spec(facts));
            ctx.changes.send_modify(|version| *version += 1);
        }
    }));
}

pub(crate) async fn read(ctx: &Context, key: &ObjectKey) -> Option<crate::step::Facts> {
    let api = plain(ctx.client.clone(), &key.namespace);
    for tries in 0_u32.. {
        let reader = ctx.unreadable.readers.acquire().await.ok()?;
        let answer = api.get_opt(&key.name).await;
        drop(reader);
        match answer {
            Ok(None) => return None,
            Ok(Some(object)) => {
                let salvaged = salvage_object(&object);
                let facts = facts(&salvaged.object);
                let store = |object| {
                    // The watch may be ahead; then it says more.
                    ctx.kustomizations.insert(Arc::new(object));
                };
                return ctx.unreadable.settle(key, salvaged, store).then_some(facts);
            }
            Err(error) => {
                let error = cluster::Error::from(error);
                tracing::error!(namespace = %key.namespace, name = %key.name, error = %error,
                    "a Kustomization that cannot be decoded could not be read");
            }
        }
        tokio::time::sleep(Backoff::delay(PAUSES.0, PAUSES.1, tries)).await;
        if !ctx.unreadable.contains(key) {
            return None;
        }
    }
    None
}
