//! One object's place in the API: where to send it, and the single requests (dry-run, apply, get, patch, delete).
//!
//! Requests are built here rather than through `kube::Api` because the dry-run needs the answer's Date header and how
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
use serde_json::Value;
use std::time::{Instant, SystemTime};

/// A kind and namespace at one API server, as one identity.
#[derive(Clone)]
pub struct Endpoint {
    client: Client,
    path: String,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What a deletion must find unchanged.
#[derive(Clone, Debug)]
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
        let namespace = (resolved.namespaced && !namespace.is_empty()).then_some(namespace);
        let path = DynamicObject::url_path(&resolved.api_resource, namespace);
        Self { client, path }
    }

    /// Server-side apply with force (12): the whole object comes back.
    ///
    /// # Errors
    /// Whatever the API server refuses.
    pub async fn apply(&self, object: &Value, manager: &str, dry_run: bool) -> Result<Answer, ApiError> {
        let params = PatchParams {
            field_manager: Some(manager.to_owned()),
            force: true,
            dry_run,
            field_validation: None,
        };
        let name = name_of(object);
        let request = Request::new(&self.path).patch(name, &params, &Patch::Apply(object));
        self.send(request.map_err(invalid_request)?).await
    }

    /// GET; `None` when the server says that it does not exist.
    ///
    /// # Errors
    /// Anything else, a path that is not served included.
    pub async fn get(&self, name: &str) -> Result<Option<Value>, ApiError> {
        let request = Request::new(&self.path).get(name, &kube::api::GetParams::default());
        match self.send(request.map_err(invalid_request)?).await {
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
        let params = PatchParams { field_manager: Some(manager.to_owned()), ..PatchParams::default() };
        let patch: json_patch::Patch = serde_json::from_value(operations.clone())
            .map_err(|error| ApiError::invalid_request(&error.to_string()))?;
        let request = Request::new(&self.path).patch(name, &params, &Patch::<()>::Json(patch));
        Ok(self.send(request.map_err(invalid_request)?).await?.object)
    }

    /// DELETE with background propagation under preconditions (decisions 3.3).
    ///
    /// # Errors
    /// Whatever the API server refuses: 409 when the object is no longer the one that was judged.
    pub async fn delete(&self, name: &str, judged: &Judged) -> Result<(), ApiError> {
        let params = DeleteParams {
            propagation_policy: Some(PropagationPolicy::Background),
            preconditions: Some(Preconditions {
                uid: Some(judged.uid.clone()),
                resource_version: Some(judged.resource_version.clone()),
            }),
            ..DeleteParams::default()
        };
        let request = Request::new(&self.path).delete(name, &params);
        self.send(request.map_err(invalid_request)?).await.map(drop)
    }

    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<Answer, ApiError> {
        let (monotonic, wall) = (Instant::now(), SystemTime::now());
        let response = self.client.send(request.map(Body::from)).await.map_err(ApiError::from)?;
        // Read after the answer: whatever was handled was handled in between.
        let took = Took { monotonic: monotonic.elapsed(), wall: wall.elapsed().ok() };
        let code = response.status();
        let handled_from = handled::earliest(handled::date_of(response.headers()), took);
        let body = response.into_body().collect().await.map_err(ApiError::from)?.to_bytes();
        if code.is_success() {
            let object = serde_json::from_slice(&body)
                .map_err(|error| ApiError::invalid_request(&format!("unreadable answer: {error}")))?;
            return Ok(Answer { object, handled_from });
        }
        let status = serde_json::from_slice::<Status>(&body).unwrap_or_else(|_| {
            Status::failure(String::from_utf8_lossy(&body).trim(), "").with_code(code.as_u16())
        });
        Err(ApiError::from(kube::Error::Api(status.boxed())))
    }
}

fn invalid_request(error: kube::core::request::Error) -> ApiError {
    ApiError::invalid_request(&error.to_string())
}

/// `metadata.name`, empty when absent (the API server then refuses).
#[must_use]
pub fn name_of(object: &Value) -> &str {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}
