//! The Receivers, and what is sent to them: for each type what is let in and what is not.

use aws_lc_rs::hmac;
use reqwest::Method;
use serde_json::{Value, json};

use crate::source::KIND;

/// What all Receivers have.
pub(super) const TOKEN: &str = "a-token-of-webhooks";

/// One request.
pub(super) struct Webhook {
    pub(super) name: &'static str,
    pub(super) receiver: &'static str,
    pub(super) method: Method,
    /// Another path than the Receiver's.
    pub(super) path: Option<String>,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    /// Why we answer something else.
    pub(super) on_purpose: Option<&'static str>,
}

impl Webhook {
    fn new(name: &'static str, receiver: &'static str, body: impl Into<Vec<u8>>) -> Self {
        let (method, body) = (Method::POST, body.into());
        Self { name, receiver, method, path: None, headers: Vec::new(), body, on_purpose: None }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn json(self) -> Self {
        self.with("content-type", "application/json")
    }

    /// With the code of its body, after these letters.
    fn signed(self, header: &'static str, algorithm: hmac::Algorithm, before: &str) -> Self {
        let code = hmac::sign(&hmac::Key::new(algorithm, TOKEN.as_bytes()), &self.body);
        let value = format!("{before}{}", manifest::digest::hex(code.as_ref()));
        self.with(header, value)
    }

    const fn on_purpose(mut self, why: &'static str) -> Self {
        self.on_purpose = Some(why);
        self
    }
}

/// One Receiver of each type, and some with more in their specs.
pub(super) fn receivers() -> Vec<(&'static str, Value)> {
    let app = json!([{ "kind": KIND, "name": "app" }]);
    let of = |kind: &str, more: Value| {
        let mut spec =
            json!({ "type": kind, "secretRef": { "name": "token" }, "resources": app, "interval": "10m" });
        if let (Some(spec), Value::Object(more)) = (spec.as_object_mut(), more) {
            spec.extend(more);
        }
        spec
    };
    let labelled =
        |labels: Value| json!({ "resources": [{ "kind": KIND, "name": "*", "matchLabels": labels }] });
    vec![
        ("generic", of("generic", json!({}))),
        ("generic-hmac", of("generic-hmac", json!({}))),
        ("github", of("github", json!({ "events": ["ping", "push"] }))),
        ("github-all", of("github", json!({}))),
        ("gitlab", of("gitlab", json!({ "events": ["Push Hook"] }))),
        ("bitbucket", of("bitbucket", json!({ "events": ["repo:refs_changed"] }))),
        ("harbor", of("harbor", json!({}))),
        ("dockerhub", of("dockerhub", json!({}))),
        ("quay", of("quay", json!({}))),
        ("nexus", of("nexus", json!({}))),
        ("acr", of("acr", json!({}))),
        ("cdevents", of("cdevents", json!({ "events": ["dev.cdevents.change.merged.0.2.0"] }))),
        ("cdevents-all", of("cdevents", json!({}))),
        ("suspended", of("generic", json!({ "suspend": true }))),
        ("of-nothing", of("generic", json!({ "resources": [{ "kind": KIND, "name": "gone" }] }))),
        (
            "of-half",
            of(
                "generic",
                json!({ "resources": [{ "kind": KIND, "name": "gone" }, { "kind": KIND, "name": "app" }] }),
            ),
        ),
        ("labelled", of("generic", labelled(json!({ "team": "a" })))),
        ("labelled-otherwise", of("generic", labelled(json!({ "team": "b" })))),
        ("without-labels", of("generic", json!({ "resources": [{ "kind": KIND, "name": "*" }] }))),
        ("filtered", of("generic", json!({ "resourceFilter": "req.name == res.metadata.name" }))),
        ("filtered-by-a-number", of("generic", json!({ "resourceFilter": "req.number > 1" }))),
    ]
}

/// All requests.
pub(super) fn webhooks() -> Vec<Webhook> {
    [generic(), signed(), presented(), decoded(), chosen()].into_iter().flatten().collect()
}

fn generic() -> Vec<Webhook> {
    let get = Webhook { method: Method::GET, ..Webhook::new("generic by GET", "generic", "") };
    let put = Webhook { method: Method::PUT, ..Webhook::new("generic by PUT", "generic", "x") };
    let gone = Webhook {
        path: Some("/hook/0000".to_owned()),
        ..Webhook::new("a path that nobody has", "generic", "")
    };
    let root = Webhook { path: Some("/".to_owned()), ..Webhook::new("no path", "generic", "") }
        .on_purpose("no words for who has no business here");
    vec![
        Webhook::new("generic", "generic", "anything"),
        Webhook::new("generic without a body", "generic", ""),
        get,
        put,
        gone,
        root,
        Webhook::new("a body that is too large", "generic", vec![b'a'; (3 << 20) + 1]),
        Webhook::new("a body that is just not too large", "generic", vec![b'a'; 3 << 20]),
        Webhook::new("suspended", "suspended", ""),
        Webhook::new("an object that is not there", "of-nothing", ""),
        Webhook::new("one that is there and one that is not", "of-half", ""),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn signed() -> Vec<Webhook> {
    const SIGNATURE: &str = "x-signature";
    const NEWER: &str = "x-hub-signature-256";
    const OLDER: &str = "x-hub-signature";
    let sha1 = hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY;
    let hmac = |name| Webhook::new(name, "generic-hmac", "a body");
    let github = |name| Webhook::new(name, "github", r#"{"ref":"refs/heads/main"}"#);
    let bitbucket = |name| Webhook::new(name, "bitbucket", r#"{"eventKey":"repo:refs_changed"}"#);
    let nexus = |name| {
        let body = r#"{"timestamp":"2026-01-01T00:00:00Z","action":"CREATED","repositoryName":"app","component":{"name":"a"}}"#;
        Webhook::new(name, "nexus", body)
    };
    vec![
        hmac("generic-hmac with SHA-1").signed(SIGNATURE, sha1, "sha1="),
        hmac("generic-hmac with SHA-256").signed(SIGNATURE, hmac::HMAC_SHA256, "sha256="),
        hmac("generic-hmac with SHA-512").signed(SIGNATURE, hmac::HMAC_SHA512, "sha512="),
        hmac("generic-hmac with SHA-384").signed(SIGNATURE, hmac::HMAC_SHA384, "sha384="),
        hmac("generic-hmac without a hash").signed(SIGNATURE, hmac::HMAC_SHA256, ""),
        hmac("generic-hmac with the wrong hash").signed(SIGNATURE, hmac::HMAC_SHA256, "sha512="),
        hmac("generic-hmac with a space").signed(SIGNATURE, hmac::HMAC_SHA256, "sha256= "),
        hmac("generic-hmac without a signature"),
        hmac("generic-hmac with another's").with(SIGNATURE, format!("sha256={}", "0".repeat(64))),
        hmac("generic-hmac with half a digit").with(SIGNATURE, "sha256=0"),
        github("github push").json().with("x-github-event", "push").signed(
            NEWER,
            hmac::HMAC_SHA256,
            "sha256=",
        ),
        github("github PUSH").json().with("x-github-event", "PUSH").signed(
            NEWER,
            hmac::HMAC_SHA256,
            "sha256=",
        ),
        github("github star").json().with("x-github-event", "star").signed(
            NEWER,
            hmac::HMAC_SHA256,
            "sha256=",
        ),
        github("github without an event").json().signed(NEWER, hmac::HMAC_SHA256, "sha256="),
        github("github by the older header")
            .json()
            .with("x-github-event", "push")
            .signed(OLDER, sha1, "sha1="),
        github("github with a right older and a wrong newer one")
            .json()
            .with("x-github-event", "push")
            .signed(OLDER, sha1, "sha1=")
            .with(NEWER, format!("sha256={}", "0".repeat(64))),
        github("github with SHA-1 in the newer one")
            .json()
            .with("x-github-event", "push")
            .signed(NEWER, sha1, "sha1="),
        github("github without a type").with("x-github-event", "push").signed(
            NEWER,
            hmac::HMAC_SHA256,
            "sha256=",
        ),
        github("github as text").with("content-type", "text/plain").with("x-github-event", "push").signed(
            NEWER,
            hmac::HMAC_SHA256,
            "sha256=",
        ),
        github("github with a type in capitals")
            .with("content-type", "Application/JSON; charset=utf-8")
            .with("x-github-event", "push")
            .signed(NEWER, hmac::HMAC_SHA256, "sha256="),
        Webhook::new("github as a form", "github", "payload=%7B%22ref%22%3A%22x%22%7D")
            .with("content-type", "application/x-www-form-urlencoded")
            .with("x-github-event", "push")
            .signed(NEWER, hmac::HMAC_SHA256, "sha256="),
        Webhook::new("github as a form that is none", "github", "pay%load=%7")
            .with("content-type", "application/x-www-form-urlencoded")
            .with("x-github-event", "push")
            .signed(NEWER, hmac::HMAC_SHA256, "sha256=")
            .on_purpose("who signed it is heard: nothing of a form is needed"),
        Webhook::new("github without JSON", "github-all", "not JSON").json().signed(
            NEWER,
            hmac::HMAC_SHA256,
            "sha256=",
        ),
        github("github without a signature").json().with("x-github-event", "push"),
        bitbucket("bitbucket").json().with("x-event-key", "repo:refs_changed").signed(
            OLDER,
            hmac::HMAC_SHA256,
            "sha256=",
        ),
        bitbucket("bitbucket of another event").json().with("x-event-key", "pr:opened").signed(
            OLDER,
            hmac::HMAC_SHA256,
            "sha256=",
        ),
        bitbucket("bitbucket without a signature").json().with("x-event-key", "repo:refs_changed"),
        nexus("nexus").json().signed("x-nexus-webhook-signature", sha1, ""),
        nexus("nexus with another's").json().with("x-nexus-webhook-signature", "0".repeat(40)),
        nexus("nexus without a signature").json(),
        Webhook::new("nexus without JSON", "nexus", "no").signed("x-nexus-webhook-signature", sha1, ""),
    ]
}

fn presented() -> Vec<Webhook> {
    vec![
        Webhook::new("gitlab", "gitlab", "{}")
            .with("x-gitlab-token", TOKEN)
            .with("x-gitlab-event", "Push Hook"),
        Webhook::new("gitlab of another event", "gitlab", "{}")
            .with("x-gitlab-token", TOKEN)
            .with("x-gitlab-event", "Tag Push Hook"),
        Webhook::new("gitlab with another's token", "gitlab", "{}")
            .with("x-gitlab-token", "another")
            .with("x-gitlab-event", "Push Hook"),
        Webhook::new("gitlab without a token", "gitlab", "{}").with("x-gitlab-event", "Push Hook"),
        Webhook::new("harbor", "harbor", "{}").with("authorization", TOKEN),
        Webhook::new("harbor with a scheme", "harbor", "{}").with("authorization", format!("Bearer {TOKEN}")),
        Webhook::new("harbor without a token", "harbor", "{}"),
    ]
}

fn decoded() -> Vec<Webhook> {
    let merged = json!({
        "context": {
            "version": "0.4.1", "id": "271069a8-fc18-44f1-b38f-9d70a1695819", "source": "/event/source/123",
            "type": "dev.cdevents.change.merged.0.2.0", "timestamp": "2023-03-20T14:27:05.315384Z",
        },
        "subject": {
            "id": "mySubject123", "source": "/event/source/123", "type": "change",
            "content": { "repository": { "id": "cdevents/service", "source": "/event/source/123" } },
        },
    });
    let mut other = merged.clone();
    other["context"]["type"] = json!("dev.cdevents.nothing.known.0.1.0");
    let type_of = |event: &Value| event["context"]["type"].as_str().unwrap_or_default().to_owned();
    let hub = |tag: &str, url: &str| {
        json!({ "push_data": { "tag": tag }, "repository": { "repo_url": url } }).to_string()
    };
    let quay = |url: &str, tags: Value| json!({ "docker_url": url, "updated_tags": tags }).to_string();
    let acr = |action: &str, tag: &str| {
        json!({ "action": action, "target": { "repository": "app", "tag": tag } }).to_string()
    };
    vec![
        Webhook::new("dockerhub", "dockerhub", hub("1", "https://hub.docker.com/r/a/b")).json(),
        Webhook::new("dockerhub without a tag", "dockerhub", hub("", "https://hub.docker.com/r/a/b")).json(),
        Webhook::new("dockerhub without an address", "dockerhub", hub("1", "")).json(),
        Webhook::new("dockerhub of nothing", "dockerhub", "{}").json(),
        Webhook::new("dockerhub without JSON", "dockerhub", "no").json(),
        Webhook::new("dockerhub with more behind it", "dockerhub", format!("{} more", hub("1", "a"))).json(),
        Webhook::new(
            "dockerhub of other types",
            "dockerhub",
            r#"{"push_data":{"tag":1},"repository":{"repo_url":"a"}}"#,
        )
        .json(),
        Webhook::new("quay", "quay", quay("quay.io/a/b", json!(["1"]))).json(),
        Webhook::new("quay without tags", "quay", quay("quay.io/a/b", json!([]))).json(),
        Webhook::new("quay of nothing", "quay", "{}").json(),
        Webhook::new("quay without JSON", "quay", "").json(),
        Webhook::new("acr", "acr", acr("push", "1")).json(),
        Webhook::new("acr without a tag", "acr", acr("push", "")).json(),
        Webhook::new("acr of nothing", "acr", "{}").json(),
        Webhook::new("acr without JSON", "acr", "[").json(),
        Webhook::new("cdevents", "cdevents", merged.to_string()).json().with("ce-type", type_of(&merged)),
        Webhook::new("cdevents without a header", "cdevents", merged.to_string()).json(),
        Webhook::new("cdevents of another header", "cdevents", merged.to_string())
            .json()
            .with("ce-type", "dev.cdevents.change.created.0.2.0"),
        Webhook::new("cdevents of all types", "cdevents-all", merged.to_string())
            .json()
            .with("ce-type", type_of(&merged)),
        Webhook::new("cdevents of no known type", "cdevents-all", other.to_string())
            .json()
            .with("ce-type", type_of(&other))
            .on_purpose("the list of types grows with every version of the specification"),
        Webhook::new("cdevents without JSON", "cdevents-all", "no").json().with("ce-type", type_of(&merged)),
    ]
}

fn chosen() -> Vec<Webhook> {
    vec![
        Webhook::new("labelled", "labelled", ""),
        Webhook::new("labelled otherwise", "labelled-otherwise", ""),
        Webhook::new("all without labels", "without-labels", ""),
        Webhook::new("a filter that lets it pass", "filtered", r#"{"name":"app"}"#).json(),
        Webhook::new("a filter that does not", "filtered", r#"{"name":"other"}"#).json(),
        Webhook::new("a filter of what is missing", "filtered", "{}").json(),
        Webhook::new("a filter without JSON", "filtered", "no").json(),
        Webhook::new("a filter of a body of no type", "filtered", r#"{"name":"app"}"#),
        Webhook::new("a filter of a body of another type", "filtered", r#"{"name":"app"}"#)
            .with("content-type", "text/plain"),
        Webhook::new("a filter that compares numbers", "filtered-by-a-number", r#"{"number":2}"#).json(),
        Webhook::new(
            "a filter that compares a text with a number",
            "filtered-by-a-number",
            r#"{"number":"2"}"#,
        )
        .json(),
        Webhook::new("a filter with more behind it", "filtered", r#"{"name":"app"} {}"#).json(),
    ]
}
