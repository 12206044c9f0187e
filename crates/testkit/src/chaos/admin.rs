//! The API server as an administrator with curl sees it: plain HTTP, JSON and the token of the kubeconfig. It is what
//! the controllers are judged by, so it uses no Kubernetes client and nothing of theirs.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use futures::TryStreamExt as _;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::compare::name;
use crate::wait::{Look, until};

/// How long one answer may take, the pauses of a disturbed server and its busy cores included.
const ANSWER: Duration = Duration::from_secs(30);

/// Access to an API server.
#[derive(Clone, Debug)]
pub(super) struct Admin {
    client: reqwest::Client,
    server: String,
    token: String,
}

impl Admin {
    /// As the kubeconfig of a control plane of ours says, which is JSON.
    pub(super) fn new(kubeconfig: &Path) -> Result<Self> {
        let text = std::fs::read(kubeconfig).with_context(|| kubeconfig.display().to_string())?;
        let config: Value =
            serde_json::from_slice(&text).with_context(|| kubeconfig.display().to_string())?;
        let text = |pointer: &str| {
            let found = config.pointer(pointer).and_then(Value::as_str);
            found.map(str::to_owned).with_context(|| format!("{}: no {pointer}", kubeconfig.display()))
        };
        let authority = text("/clusters/0/cluster/certificate-authority-data")?;
        let authority =
            base64::engine::general_purpose::STANDARD.decode(authority).context("the authority")?;
        let authority = reqwest::Certificate::from_pem(&authority).context("the authority")?;
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([authority]).build()?;
        Ok(Self { client, server: text("/clusters/0/cluster/server")?, token: text("/users/0/user/token")? })
    }

    /// The objects of a collection, as they are now.
    pub(super) async fn list(&self, collection: &str) -> Result<Vec<Value>> {
        Ok(items(self.ask(Method::GET, collection, None).await?))
    }

    /// The same of a kind that may not be served, or not any more; then there are none.
    pub(super) async fn list_served(&self, collection: &str) -> Result<Vec<Value>> {
        let (status, text) = self.send(Method::GET, collection, None).await?;
        match status {
            StatusCode::NOT_FOUND => Ok(Vec::new()),
            status if status.is_success() => {
                Ok(items(serde_json::from_str(&text).with_context(|| collection.to_owned())?))
            }
            status => bail!("GET {collection}: {status}: {text}"),
        }
    }

    /// Creates an object.
    pub(super) async fn create(&self, collection: &str, object: &Value) -> Result<()> {
        self.ask(Method::POST, collection, Some(("application/json", object))).await.map(drop)
    }

    /// A merge patch, as `kubectl edit` and `kubectl annotate` send them. Gives the object as it is then.
    pub(super) async fn patch(&self, collection: &str, name: &str, patch: &Value) -> Result<Value> {
        let path = format!("{collection}/{name}?fieldManager=kubectl-edit");
        self.ask(Method::PATCH, &path, Some(("application/merge-patch+json", patch))).await
    }

    /// Deletes an object. One that is gone already is fine, for the request may have been repeated.
    pub(super) async fn delete(&self, collection: &str, name: &str) -> Result<()> {
        let path = format!("{collection}/{name}");
        let (status, text) = self.send(Method::DELETE, &path, None).await?;
        if !status.is_success() && status != StatusCode::NOT_FOUND {
            bail!("DELETE {path}: {status}: {text}");
        }
        Ok(())
    }

    /// Waits by a watch until an object is as `wanted`, and gives it.
    pub(super) async fn until(
        &self,
        collection: &str,
        name: &str,
        what: &str,
        limit: Duration,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let mut last = Value::Null;
        let query = format!("fieldSelector=metadata.name%3D{name}");
        let look = |_: &str, object: Option<&Value>| {
            last = object.cloned().unwrap_or_default();
            !last.is_null() && wanted(&last)
        };
        if self.follow(collection, &query, limit, look).await.with_context(|| format!("{name} {what}"))? {
            return Ok(last);
        }
        // Lists as long as the repository help nobody.
        for long in ["inventory", "history"] {
            last["status"][long] = Value::Null;
        }
        bail!("{name} {what}: not within {limit:?}; last seen: {}, {}", last["spec"], last["status"])
    }

    /// Shows `look` every object of a collection as it is, then every change, as name and object (nothing for one that
    /// is gone), until it says that it has seen enough. False: that was not within `limit`.
    pub(super) async fn follow(
        &self,
        collection: &str,
        query: &str,
        limit: Duration,
        mut look: impl FnMut(&str, Option<&Value>) -> bool,
    ) -> Result<bool> {
        let mut known = BTreeSet::new();
        let following = async {
            // A watch ends when the server wants it to; all begins again then.
            while !self.follow_once(collection, query, &mut known, &mut look).await? {}
            anyhow::Ok(())
        };
        match tokio::time::timeout(limit, following).await {
            Ok(followed) => followed.map(|()| true),
            Err(_) => Ok(false),
        }
    }

    async fn follow_once(
        &self,
        collection: &str,
        query: &str,
        known: &mut BTreeSet<String>,
        look: &mut impl FnMut(&str, Option<&Value>) -> bool,
    ) -> Result<bool> {
        let list = self.ask(Method::GET, &format!("{collection}?{query}"), None).await?;
        let version = list["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned();
        let mut gone = std::mem::take(known);
        for object in items(list) {
            gone.remove(name(&object));
            known.insert(name(&object).to_owned());
            if look(name(&object), Some(&object)) {
                return Ok(true);
            }
        }
        if gone.iter().any(|name| look(name, None)) {
            return Ok(true);
        }
        let path = format!("{collection}?{query}&watch=true&resourceVersion={version}");
        let Ok(response) = self.request(Method::GET, &path).send().await else { return Ok(false) };
        if !response.status().is_success() {
            return Ok(false);
        }
        let (mut stream, mut buffer) = (response.bytes_stream(), Vec::new());
        while let Ok(Some(bytes)) = stream.try_next().await {
            buffer.extend_from_slice(&bytes);
            while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = buffer.drain(..=end).collect();
                let event: Value = serde_json::from_slice(&line).context("a watch event")?;
                let object = &event["object"];
                let seen = match event["type"].as_str() {
                    Some("ADDED" | "MODIFIED") => look(name(object), Some(object)),
                    Some("DELETED") => look(name(object), None),
                    Some("ERROR") => return Ok(false),
                    _ => false,
                };
                known.insert(name(object).to_owned());
                if seen {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    async fn ask(&self, method: Method, path: &str, body: Option<(&str, &Value)>) -> Result<Value> {
        let (status, text) = self.send(method.clone(), path, body).await?;
        if !status.is_success() {
            bail!("{method} {path}: {status}: {text}");
        }
        serde_json::from_str(&text).with_context(|| format!("{method} {path}"))
    }

    /// Repeats what the server could not answer; all that is sent here may be sent twice.
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, &Value)>,
    ) -> Result<(StatusCode, String)> {
        until(&format!("answer to {method} {path}"), ANSWER, || async {
            let mut request = self.request(method.clone(), path);
            if let Some((kind, value)) = body {
                request = request.header("content-type", kind).body(value.to_string());
            }
            let response = request.send().await?;
            let status = response.status();
            let text = response.text().await?;
            let busy = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
            Ok(if busy { Look::Not(format!("{status}: {text}")) } else { Look::Found((status, text)) })
        })
        .await
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.server)).bearer_auth(&self.token)
    }
}

fn items(mut list: Value) -> Vec<Value> {
    match list["items"].take() {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}
