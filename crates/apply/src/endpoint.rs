//! One object's place in the API: where to send it, and the single requests (dry-run, apply, get, patch, delete).
//!
//! A name that would not stay one segment of the path is refused here, before anything is sent: `a?x=` or `../b` in a
//! manifest must not turn a dry-run into a write, or one object's request into another's. Requests are built here rather than through `kube::Api` because the dry-run needs the answer's Date header and how
//! long it took (decisions 4.6). Nothing is decided here.

use crate::handled::{self, Took};
use crate::judge::Answer;
use cluster::{Error as ApiError, Resolved};
use http_body_util::BodyExt as _;
use kube::api::{DeleteParams, Patch, PatchParams, Preconditions, PropagationPolicy};
use kube::client::Body;
use kube::core::DynamicObject;
use kube::core::{Request, Status};
use kube::{Client, Resource as _};
use manifest::check_segment;
use serde_json::Value;
use std::time::{Instant, SystemTime};

/// A kind and namespace at one API server, as one identity.
#[derive(Clone)]
pub struct Endpoint {
    client: Client,
    /// The path of the kind's objects, or why there is none.
    path: Result<String, ApiError>,
    /// As Kubernetes' client names it: `deployments.apps`.
    resource: String,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What a deletion must find unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.resourceVersion`.
    pub resource_version: String,
}

impl Endpoint {
    /// `namespace` is left out of the path for cluster-scoped kinds.
    #[must_use]
    pub fn new(client: Client, resolved: &Resolved, namespace: &str) -> Self {
        let kind = &resolved.api_resource;
        let group = if kind.group.is_empty() { String::new() } else { format!(".{}", kind.group) };
        let resource = format!("{}{group}", kind.plural);
        Self { client, path: path_of(resolved, namespace), resource }
    }

    /// Server-side apply with force (12): the whole object comes back.
    ///
    /// # Errors
    /// Whatever the API server refuses.
    pub async fn apply(&self, object: &Value, manager: &str, dry_run: bool) -> Result<Answer, ApiError> {
        self.send(apply_request(self.path()?, object, manager, dry_run)?, name_of(object)).await
    }

    /// Server-side apply of an object that nobody has made yet: it is sent as a change of a version that no object can have,
    /// which the API server refuses as a conflict where the object exists, and takes no notice of where it does not. `None`
    /// from a server that did notice nothing: the object was there, and was applied.
    ///
    /// # Errors
    /// Whatever the API server refuses.
    pub async fn create(&self, object: &Value, manager: &str) -> Result<Option<Value>, ApiError> {
        let sent = of_no_version(object);
        let request = apply_request(self.path()?, &sent, manager, false)?;
        let (code, answer) = self.exchange(request, name_of(object)).await?;
        Ok((code == http::StatusCode::CREATED).then_some(answer.object))
    }

    /// GET; `None` when the server says that it does not exist.
    ///
    /// # Errors
    /// Anything else, a path that is not served included.
    pub async fn get(&self, name: &str) -> Result<Option<Value>, ApiError> {
        match self.send(get_request(self.path()?, name)?, name).await {
            Ok(answer) => Ok(Some(answer.object)),
            Err(error) if error.is_absence() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A JSON patch (RFC 6902) under a manager name.
    ///
    /// # Errors
    /// Whatever the API server refuses.
    pub async fn json_patch(&self, name: &str, operations: &Value, manager: &str) -> Result<Value, ApiError> {
        let request = patch_request(self.path()?, name, operations, manager)?;
        Ok(self.send(request, name).await?.object)
    }

    /// DELETE with background propagation under preconditions (decisions 3.3).
    ///
    /// # Errors
    /// Whatever the API server refuses: 409 when the object is no longer the one that was judged.
    pub async fn delete(&self, name: &str, judged: &Judged) -> Result<(), ApiError> {
        self.send(delete_request(self.path()?, name, judged)?, name).await.map(drop)
    }

    fn path(&self) -> Result<&str, ApiError> {
        self.path.as_deref().map_err(Clone::clone)
    }

    async fn send(&self, request: http::Request<Vec<u8>>, name: &str) -> Result<Answer, ApiError> {
        self.exchange(request, name).await.map(|(_, answer)| answer)
    }

    /// An answer with its code.
    async fn exchange(
        &self,
        request: http::Request<Vec<u8>>,
        name: &str,
    ) -> Result<(http::StatusCode, Answer), ApiError> {
        let verb = request.method().as_str().to_ascii_lowercase();
        let (monotonic, wall) = (Instant::now(), SystemTime::now());
        let response = self.client.send(request.map(Body::from)).await.map_err(ApiError::from)?;
        // Read after the answer: whatever was handled was handled in between.
        let took = Took { monotonic: monotonic.elapsed(), wall: wall.elapsed().ok() };
        let code = response.status();
        let handled_from = handled::earliest(handled::date_of(response.headers()), took);
        let body = response.into_body().collect().await.map_err(ApiError::from)?.to_bytes();
        read(code, &body, || format!("{verb} {} {name}", self.resource))
            .map(|object| (code, Answer { object, handled_from }))
    }
}

/// The path of a kind's objects; without namespace for cluster-scoped kinds. Group, version and plural come from
/// discovery, which aggregated API servers fill in as they like.
fn path_of(resolved: &Resolved, namespace: &str) -> Result<String, ApiError> {
    let namespace = (resolved.namespaced && !namespace.is_empty()).then_some(namespace);
    let kind = &resolved.api_resource;
    if !kind.group.is_empty() {
        check_segment("apiVersion", &kind.group).map_err(|error| invalid(&error))?;
    }
    for (field, part) in [("apiVersion", kind.version.as_str()), ("resource", &kind.plural)] {
        check_segment(field, part).map_err(|error| invalid(&error))?;
    }
    if let Some(namespace) = namespace {
        check_segment("metadata.namespace", namespace).map_err(|error| invalid(&error))?;
    }
    Ok(DynamicObject::url_path(kind, namespace))
}

fn checked(name: &str) -> Result<&str, ApiError> {
    check_segment("metadata.name", name).map_err(|error| invalid(&error))?;
    Ok(name)
}

fn get_request(path: &str, name: &str) -> Result<http::Request<Vec<u8>>, ApiError> {
    let request = Request::new(path).get(checked(name)?, &kube::api::GetParams::default());
    request.map_err(|error| invalid(&error))
}

/// An object as a change of a version that none can have: versions are revisions of etcd, and the first of them is the empty
/// store's. "0" would stand for any version.
fn of_no_version(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        metadata.insert("resourceVersion".to_owned(), Value::from("1"));
    }
    object
}

fn apply_request(
    path: &str,
    object: &Value,
    manager: &str,
    dry_run: bool,
) -> Result<http::Request<Vec<u8>>, ApiError> {
    let params =
        PatchParams { field_manager: Some(manager.to_owned()), force: true, dry_run, field_validation: None };
    let request = Request::new(path).patch(checked(name_of(object))?, &params, &Patch::Apply(object));
    request.map_err(|error| invalid(&error))
}

fn patch_request(
    path: &str,
    name: &str,
    operations: &Value,
    manager: &str,
) -> Result<http::Request<Vec<u8>>, ApiError> {
    let params = PatchParams { field_manager: Some(manager.to_owned()), ..PatchParams::default() };
    let patch: json_patch::Patch =
        serde_json::from_value(operations.clone()).map_err(|error| invalid(&error))?;
    let request = Request::new(path).patch(checked(name)?, &params, &Patch::<()>::Json(patch));
    request.map_err(|error| invalid(&error))
}

fn delete_request(path: &str, name: &str, judged: &Judged) -> Result<http::Request<Vec<u8>>, ApiError> {
    let params = DeleteParams {
        propagation_policy: Some(PropagationPolicy::Background),
        preconditions: Some(Preconditions {
            uid: Some(judged.uid.clone()),
            resource_version: Some(judged.resource_version.clone()),
        }),
        ..DeleteParams::default()
    };
    Request::new(path).delete(checked(name)?, &params).map_err(|error| invalid(&error))
}

/// The object of an answer, or what the server, or something on the way to it, says instead.
///
/// What nobody serves is answered in plain text; it is told as Kubernetes' own client tells it, which says for what it was
/// asked (contracts/kustomize-controller.md 12.2.4).
fn read(code: http::StatusCode, body: &[u8], asked: impl FnOnce() -> String) -> Result<Value, ApiError> {
    if code.is_success() {
        return serde_json::from_slice(body)
            .map_err(|error| ApiError::invalid_request(&format!("unreadable answer: {error}")));
    }
    let status = serde_json::from_slice::<Status>(body).unwrap_or_else(|_| {
        let text = match code {
            http::StatusCode::NOT_FOUND => {
                format!("the server could not find the requested resource ({})", asked())
            }
            _ => String::from_utf8_lossy(body).trim().to_owned(),
        };
        Status::failure(&text, "").with_code(code.as_u16())
    });
    Err(ApiError::from(kube::Error::Api(status.boxed())))
}

fn invalid(error: &dyn std::error::Error) -> ApiError {
    ApiError::invalid_request(&error.to_string())
}

/// `metadata.name`, empty when absent, which no request takes.
#[must_use]
pub fn name_of(object: &Value) -> &str {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests;
