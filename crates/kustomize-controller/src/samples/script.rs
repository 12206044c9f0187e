//! A client whose requests are written down and answered with what a test says. It is not an API server: it stores nothing,
//! judges nothing, and knows of a kind only its plural.
//!
//! What a test says nothing of is answered as simply as may be: a dry-run finds no object, an apply makes one, a read
//! finds none, a deletion is accepted, a list is empty, a watch stays silent.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{Method, Request, Response};
use kube::Client;
use kube::client::Body;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::sync::Arc;

/// Kinds that resolve: group, version, kind, plural, whether namespaced.
const KINDS: [(&str, &str, &str, &str, bool); 12] = [
    ("", "v1", "ConfigMap", "configmaps", true),
    ("", "v1", "Namespace", "namespaces", false),
    ("", "v1", "Pod", "pods", true),
    ("", "v1", "ServiceAccount", "serviceaccounts", true),
    ("apps", "v1", "Deployment", "deployments", true),
    ("apps", "v1", "StatefulSet", "statefulsets", true),
    ("batch", "v1", "Job", "jobs", true),
    ("storage.k8s.io", "v1", "StorageClass", "storageclasses", false),
    ("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", false),
    ("kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "kustomizations", true),
    ("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false),
    ("apiregistration.k8s.io", "v1", "APIService", "apiservices", false),
];

/// Lines in the order in which things happened.
#[derive(Clone, Default)]
pub(crate) struct Transcript(Arc<Mutex<Vec<String>>>);

impl Transcript {
    /// Writes a line.
    pub(crate) fn say(&self, line: impl Into<String>) {
        self.0.lock().push(line.into());
    }

    /// What was written since the last call.
    pub(crate) fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock()).join("\n")
    }
}

/// A request, as far as tests care.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// `dry-run`, `apply`, `make` (an apply of what must not exist), `patch`, `get`, `list`, `watch`, `delete`, `create`.
    pub(crate) verb: &'static str,
    /// `ns/configmaps/a`, or `namespaces/a`.
    pub(crate) path: String,
    /// As sent.
    pub(crate) query: String,
    /// As sent, where it is JSON.
    pub(crate) body: Value,
}

impl Sent {
    fn of(method: &Method, path: &str, query: &str, patches: &str, body: Value) -> Self {
        let short = short(path);
        let verb = match *method {
            Method::PATCH if !patches.contains("apply") => "patch",
            Method::PATCH if query.contains("dryRun") => "dry-run",
            Method::PATCH if body.pointer("/metadata/resourceVersion").is_some() => "make",
            Method::PATCH => "apply",
            Method::DELETE => "delete",
            Method::POST if query.contains("dryRun") => "try",
            Method::POST => "create",
            _ if query.contains("watch=true") => "watch",
            _ if is_collection(&short) => "list",
            _ => "get",
        };
        Self { verb, path: short, query: query.to_owned(), body }
    }

    /// Whether it is this one: `apply ns/configmaps/a`.
    pub(crate) fn is(&self, line: &str) -> bool {
        line == format!("{} {}", self.verb, self.path)
    }
}

/// The path without the group and the word `namespaces`.
fn short(path: &str) -> String {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let prefix = if segments.first() == Some(&"apis") { 3 } else { 2 };
    match segments.get(prefix..) {
        Some(["namespaces", rest @ ..]) if rest.len() > 1 => rest.join("/"),
        Some(rest) => rest.join("/"),
        None => String::new(),
    }
}

fn is_collection(short: &str) -> bool {
    KINDS.iter().any(|(_, _, _, plural, _)| short.rsplit('/').next() == Some(plural))
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Code and body.
    Json(u16, Value),
    /// A watch's events; then it ends.
    Events(Vec<Value>),
    /// No answer ever.
    Never,
}

impl Reply {
    /// 200.
    pub(crate) const fn ok(body: Value) -> Option<Self> {
        Some(Self::Json(200, body))
    }

    /// The API server's refusal.
    pub(crate) fn refused(code: u16, reason: &str, message: &str) -> Option<Self> {
        let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "code": code, "reason": reason, "message": message});
        Some(Self::Json(code, status))
    }
}

type Rule = Arc<dyn Fn(&Sent) -> Option<Reply> + Send + Sync>;

/// See the module.
#[derive(Clone, Default)]
pub(crate) struct Script {
    rules: Arc<Mutex<Vec<Rule>>>,
    /// Requests, but for discovery and events.
    pub(crate) transcript: Transcript,
    /// `Normal Progressing: message`, a line per event.
    pub(crate) events: Transcript,
    /// The same as they were sent.
    pub(crate) event_bodies: Arc<Mutex<Vec<Value>>>,
}

impl Script {
    /// Answers what the rule answers; the newest rule is asked first.
    pub(crate) fn on(&self, rule: impl Fn(&Sent) -> Option<Reply> + Send + Sync + 'static) {
        self.rules.lock().push(Arc::new(rule));
    }

    /// A client on this end of the script.
    pub(crate) fn client(&self) -> Client {
        let script = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| script.clone().take(request));
        Client::new(service, "default")
    }

    fn take(self, request: Request<Body>) -> BoxFuture<'static, Result<Response<Body>, Infallible>> {
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect_bytes().await.map(|bytes| serde_json::from_slice(&bytes));
            let body: Value = body.ok().and_then(Result::ok).unwrap_or_default();
            let patches = head.headers.get("content-type").and_then(|value| value.to_str().ok());
            let (path, query) = (head.uri.path(), head.uri.query().unwrap_or_default());
            let sent = Sent::of(&head.method, path, query, patches.unwrap_or_default(), body);
            if matches!(path, "/api" | "/apis") {
                return Ok(response(200, discovery(path == "/api").to_string().into_bytes()));
            }
            if sent.verb == "create" && sent.path.ends_with("/events") {
                self.events.say(event_line(&sent.body));
                self.event_bodies.lock().push(sent.body.clone());
                return Ok(response(201, sent.body.to_string().into_bytes()));
            }
            if sent.verb == "patch" && sent.path.contains("/events/") {
                self.events.say(format!("the same for the {}. time", sent.body["count"]));
            } else {
                self.transcript.say(line(&sent));
            }
            // The lock is not held while a rule runs: it may look at what a test shares with it.
            let rules: Vec<Rule> = self.rules.lock().iter().rev().cloned().collect();
            let reply = rules.iter().find_map(|rule| rule(&sent)).unwrap_or_else(|| simplest(&sent));
            Ok(match reply {
                Reply::Json(code, body) => response(code, body.to_string().into_bytes()),
                Reply::Events(events) => {
                    response(200, events.iter().map(|event| format!("{event}\n")).collect::<String>().into())
                }
                Reply::Never => std::future::pending().await,
            })
        }
        .boxed()
    }
}

fn line(sent: &Sent) -> String {
    let selector = sent.query.split('&').find(|part| part.contains("Selector")).unwrap_or_default();
    let selector = selector.replace("%2F", "/").replace("%3D", "=").replace("%2C", ",");
    format!("{} {} {selector}", sent.verb, sent.path).trim_end().to_owned()
}

fn event_line(event: &Value) -> String {
    let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
    format!("{} {}: {}", text("type"), text("reason"), text("message"))
}

fn response(code: u16, body: Vec<u8>) -> Response<Body> {
    Response::builder().status(code).body(Body::from(body)).unwrap()
}

fn simplest(sent: &Sent) -> Reply {
    let not_found = || Reply::refused(404, "NotFound", "not found").unwrap_or(Reply::Never);
    match sent.verb {
        "dry-run" => Reply::Json(201, sent.body.clone()),
        "apply" => Reply::Json(200, applied(&sent.body, 7)),
        "make" => Reply::Json(201, applied(&sent.body, 7)),
        "get" => not_found(),
        "list" => Reply::Json(200, json!({"kind": "List", "apiVersion": "v1", "metadata": {}, "items": []})),
        "watch" => Reply::Never,
        "delete" => Reply::Json(200, json!({"kind": "Status", "apiVersion": "v1", "status": "Success"})),
        _ => Reply::Json(200, sent.body.clone()),
    }
}

/// The object after an apply of ours, as the API server would show it at this resourceVersion. The stamp is of long
/// ago, so that a dry-run that answers with it changes nothing.
pub(crate) fn applied(object: &Value, version: u64) -> Value {
    let mut object = object.clone();
    object["metadata"]["uid"] = json!("u");
    object["metadata"]["resourceVersion"] = json!(version.to_string());
    object["metadata"]["managedFields"] = json!([{
        "manager": api::labels::APPLY_MANAGER, "operation": "Apply", "apiVersion": "v1",
        "time": "2020-01-01T00:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {}},
    }]);
    object
}

fn discovery(core: bool) -> Value {
    let groups: Vec<Value> = KINDS
        .iter()
        .filter(|(group, ..)| group.is_empty() == core)
        .map(|(group, version, ..)| (*group, *version))
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .map(|(group, version)| {
            let resources: Vec<Value> = KINDS
                .iter()
                .filter(|kind| kind.0 == group)
                .map(|(group, version, kind, plural, namespaced)| {
                    json!({
                        "resource": plural, "scope": if *namespaced { "Namespaced" } else { "Cluster" },
                        "responseKind": {"group": group, "version": version, "kind": kind},
                        "verbs": ["get", "list", "watch", "patch", "delete"],
                    })
                })
                .collect();
            json!({"metadata": {"name": group}, "versions": [{"version": version, "resources": resources}]})
        })
        .collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": groups})
}
