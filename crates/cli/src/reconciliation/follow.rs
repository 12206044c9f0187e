//! Follows one object by a watch until what it says is an end, or time is up. What is an end is `settled`'s.

use std::time::Duration;

use futures::StreamExt as _;
use kube::Api;
use kube::api::{DynamicObject, ListParams, WatchEvent, WatchParams};
use serde_json::Value;

use super::settled::{Ending, Progress};

/// How long a watch that broke off is not begun anew.
const PAUSE: Duration = Duration::from_secs(1);

/// What became of waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Followed {
    /// It ended.
    Ended(Ending),
    /// Time is up, and what was waited for.
    TimedOut(String),
}

/// Follows an object for so long at most. `says` hears what is waited for whenever that is something else.
///
/// # Errors
/// The API server's refusal. What passes is tried again.
pub(crate) async fn follow(
    objects: &Api<DynamicObject>,
    name: &str,
    limit: Duration,
    judge: impl Fn(Option<&Value>) -> Progress,
    mut says: impl FnMut(&str),
) -> Result<Followed, cluster::Error> {
    let mut waits = String::new();
    let mut look = |object: Option<&Value>| match judge(object) {
        Progress::Over(ending) => Some(ending),
        Progress::Waits(what) => {
            if what != waits {
                says(&what);
                waits = what;
            }
            None
        }
    };
    match tokio::time::timeout(limit, until_over(objects, name, &mut look)).await {
        Ok(ending) => ending.map(Followed::Ended),
        Err(_) => Ok(Followed::TimedOut(waits)),
    }
}

async fn until_over(
    objects: &Api<DynamicObject>,
    name: &str,
    look: &mut impl FnMut(Option<&Value>) -> Option<Ending>,
) -> Result<Ending, cluster::Error> {
    let field = format!("metadata.name={name}");
    loop {
        let tried = async {
            let listed = objects.list(&ListParams::default().fields(&field)).await?;
            let version = listed.metadata.resource_version.unwrap_or_default();
            let found = listed.items.first().map(value);
            if let Some(ending) = look(found.as_ref()) {
                return Ok(Some(ending));
            }
            watch(objects, &field, &version, look).await
        };
        match tried.await.map_err(cluster::Error::from) {
            Ok(Some(ending)) => return Ok(ending),
            Ok(None) => {}
            Err(error) if error.is_transient() => {}
            Err(error) => return Err(error),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// One watch, up to its end.
async fn watch(
    objects: &Api<DynamicObject>,
    field: &str,
    version: &str,
    look: &mut impl FnMut(Option<&Value>) -> Option<Ending>,
) -> Result<Option<Ending>, kube::Error> {
    let stream = objects.watch(&WatchParams::default().fields(field), version).await?;
    let mut stream = std::pin::pin!(stream);
    while let Some(event) = stream.next().await {
        let ending = match event? {
            WatchEvent::Added(object) | WatchEvent::Modified(object) => look(Some(&value(&object))),
            WatchEvent::Deleted(_) => look(None),
            WatchEvent::Bookmark(_) => None,
            // The version is too old, or the server says why not.
            WatchEvent::Error(_) => return Ok(None),
        };
        if ending.is_some() {
            return Ok(ending);
        }
    }
    Ok(None)
}

/// As JSON. Whatever came as JSON goes as JSON.
fn value(object: &DynamicObject) -> Value {
    serde_json::to_value(object).unwrap_or_default()
}
