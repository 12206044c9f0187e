//! Waiting for an object to become what the story says, by watch, so that the times that are shown are those of
//! the controllers and not of polling.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures::{StreamExt as _, TryStreamExt as _};
use kube::Client;
use kube::api::{Api, DynamicObject, WatchEvent, WatchParams};
use kube::core::ApiResource;
use serde_json::Value;

/// An object of the demo.
#[derive(Clone, Debug)]
pub(super) struct Object {
    api: Api<DynamicObject>,
    subject: String,
    name: String,
}

impl Object {
    /// The object `namespace/name` of a kind.
    pub(super) fn new(
        client: &Client,
        namespace: &str,
        api_version: &str,
        kind: &str,
        plural: &str,
        name: &str,
    ) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let resource = ApiResource {
            group: group.to_owned(),
            version: version.to_owned(),
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            plural: plural.to_owned(),
        };
        let api = Api::namespaced_with(client.clone(), namespace, &resource);
        Self { api, subject: format!("{kind}/{name}"), name: name.to_owned() }
    }

    /// Access to its kind.
    pub(super) fn api(&self) -> &Api<DynamicObject> {
        &self.api
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// `Kind/name`.
    pub(super) fn subject(&self) -> &str {
        &self.subject
    }

    /// The object as it is; nothing when it does not exist.
    pub(super) async fn get(&self) -> Result<Option<Value>> {
        let found = self.api.get_opt(&self.name).await.with_context(|| self.subject.clone())?;
        found.map(|object| serde_json::to_value(object).context("JSON")).transpose()
    }

    /// Waits until `wanted` holds for the object (nothing: it does not exist) and returns it.
    pub(super) async fn until(
        &self,
        what: &str,
        limit: Duration,
        wanted: impl Fn(Option<&Value>) -> bool,
    ) -> Result<Option<Value>> {
        let mut last = None;
        let waiting = async {
            loop {
                if let Some(seen) = self.follow(&wanted, &mut last).await? {
                    return Ok(seen);
                }
            }
        };
        match tokio::time::timeout(limit, waiting).await {
            Ok(result) => result,
            Err(_) => {
                bail!("{}: {what}: not within {limit:?}; last seen: {}", self.subject, summary(last.as_ref()))
            }
        }
    }

    /// Waits until a value of the object is `wanted`.
    pub(super) async fn until_value(&self, pointer: &str, wanted: &Value, limit: Duration) -> Result<()> {
        let what = format!("{pointer} becomes {wanted}");
        self.until(&what, limit, |object| object.and_then(|object| object.pointer(pointer)) == Some(wanted))
            .await?;
        Ok(())
    }

    /// Waits until the object does not exist.
    pub(super) async fn until_gone(&self, limit: Duration) -> Result<()> {
        self.until("is gone", limit, |object| object.is_none()).await?;
        Ok(())
    }

    /// One list and the watch that follows. `None`: the watch ended, and all begins again.
    async fn follow(
        &self,
        wanted: &impl Fn(Option<&Value>) -> bool,
        last: &mut Option<Value>,
    ) -> Result<Option<Option<Value>>> {
        let selector = format!("metadata.name={}", self.name);
        let list = self.api.list(&kube::api::ListParams::default().fields(&selector)).await?;
        let current = list.items.into_iter().next().map(serde_json::to_value).transpose()?;
        if wanted(current.as_ref()) {
            return Ok(Some(current));
        }
        *last = current;
        let version = list.metadata.resource_version.unwrap_or_default();
        let params = WatchParams::default().fields(&selector);
        let mut events = self.api.watch(&params, &version).await?.boxed();
        while let Some(event) = events.try_next().await? {
            let seen = match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                    Some(serde_json::to_value(object)?)
                }
                WatchEvent::Deleted(_) => None,
                WatchEvent::Bookmark(_) => continue,
                WatchEvent::Error(_) => break,
            };
            if wanted(seen.as_ref()) {
                return Ok(Some(seen));
            }
            *last = seen;
        }
        Ok(None)
    }
}

/// Status of a condition of an object, with its message.
pub(super) fn condition<'a>(object: &'a Value, kind: &str) -> Option<(&'a str, &'a str)> {
    let conditions = object.pointer("/status/conditions")?.as_array()?;
    let found = conditions.iter().find(|condition| condition["type"] == kind)?;
    Some((found["status"].as_str()?, found["message"].as_str().unwrap_or_default()))
}

fn summary(object: Option<&Value>) -> String {
    let Some(object) = object else { return "nothing".to_owned() };
    object.get("status").or_else(|| object.get("spec")).unwrap_or(object).to_string()
}
