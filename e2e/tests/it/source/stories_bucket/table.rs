//! The stories. A step changes the bucket, applies objects and the spec (beside name, endpoint and interval), and runs the
//! object once more.

use serde_json::{Value, json};

/// Ours differs so on purpose: a quiet poll sends no event.
const ON_PURPOSE: &[&str] = &["event Normal ArtifactUpToDate"];

/// What happens to a bucket.
pub(super) enum Act {
    Make,
    Put(&'static str, &'static str),
    Delete(&'static str),
}

/// A story, whose name is that of its object and its bucket.
pub(super) struct Story {
    pub(super) name: &'static str,
    pub(super) steps: Vec<Step>,
    /// What differs on purpose: parts of the lines.
    pub(super) on_purpose: &'static [&'static str],
}

#[derive(Default)]
pub(super) struct Step {
    pub(super) acts: Vec<Act>,
    pub(super) objects: Vec<Value>,
    pub(super) spec: Value,
}

const fn story(name: &'static str, steps: Vec<Step>) -> Story {
    Story { name, steps, on_purpose: ON_PURPOSE }
}

fn step(spec: Value) -> Step {
    Step { spec, ..Step::default() }
}

impl Step {
    fn put(mut self, objects: &[(&'static str, &'static str)]) -> Self {
        self.acts.extend(objects.iter().map(|(key, content)| Act::Put(key, content)));
        self
    }

    fn act(mut self, act: Act) -> Self {
        self.acts.push(act);
        self
    }

    fn secret(mut self, name: &str, data: Value) -> Self {
        self.objects.push(
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data}),
        );
        self
    }
}

pub(super) fn stories() -> Vec<Story> {
    let mut all = content();
    all.extend(access());
    all
}

fn content() -> Vec<Story> {
    let plain = &[("a.yaml", "1"), ("d/b.yaml", "2"), ("d/", ""), ("p.png", "x"), (".git/c", "c")];
    vec![
        story(
            "plain",
            vec![
                step(json!({})).put(plain),
                step(json!({})),
                step(json!({})).put(&[("a.yaml", "changed")]).act(Act::Delete("p.png")),
                step(json!({ "suspend": true })).put(&[("more", "x")]),
                step(json!({ "suspend": false })),
            ],
        ),
        story(
            "ignored",
            vec![
                step(json!({ "ignore": "*.yaml\n!a.yaml" })).put(plain),
                step(json!({ "ignore": "*.none\n*.yaml\n!a.yaml" })),
                step(json!({ "ignore": "" })),
                step(json!({})).put(&[(".sourceignore", "d/\n"), ("d/.sourceignore", "x")]),
                step(json!({ "ignore": "!d/b.yaml" })),
            ],
        ),
        story(
            "prefixed",
            vec![
                step(json!({ "prefix": "d/" })).put(plain).put(&[(".sourceignore", "*.md"), ("d/x.md", "x")]),
                step(json!({ "prefix": "nothing" })),
                step(json!({ "prefix": "a" })),
            ],
        ),
        story("nothing", vec![step(json!({})).act(Act::Make), step(json!({})).put(&[("a", "1")])]),
        story(
            "absent",
            vec![
                step(json!({})),
                step(json!({ "bucketName": "ab" })),
                step(json!({ "bucketName": "a_b..c" })),
                step(json!({})).act(Act::Make),
            ],
        ),
        // Flux's client sends a key with its dots, which the way to this store does not take away.
        story("hostile", vec![step(json!({})).put(&[("/abs.yaml", "2"), ("x//y", "3")])]),
        Story {
            on_purpose: &["event Normal ArtifactUpToDate", "event Warning", "condition"],
            ..story("folder", vec![step(json!({})).put(&[("a", "1"), ("a/b", "2")])])
        },
        story(
            "odd",
            vec![step(json!({})).put(&[("a b+c%2Fd", "1"), ("ü", "2"), ("tab\there", "3"), ("&<>", "4")])],
        ),
    ]
}

fn access() -> Vec<Story> {
    let named = |field: &str, name: &str| step(json!({ field: { "name": name } }));
    let both = json!({ "accesskey": "key", "secretkey": "bucket-pass" });
    let sts = |more: Value| {
        let mut sts = json!({ "provider": "ldap", "endpoint": "http://@S@/sts" });
        if let (Some(all), Some(more)) = (sts.as_object_mut(), more.as_object()) {
            all.extend(more.clone());
        }
        step(json!({ "sts": sts }))
    };
    vec![
        story(
            "keys",
            vec![
                named("secretRef", "absent").put(&[("a", "1")]),
                named("secretRef", "half").secret("half", json!({ "accesskey": "key" })),
                named("secretRef", "both").secret("both", both),
                named("secretRef", "blank").secret("blank", json!({ "accesskey": "", "secretkey": "" })),
            ],
        ),
        Story {
            // Of an endpoint that is no host's name Flux quotes its URL parser.
            on_purpose: &["does not follow ip address or domain name standards", "invalid character", "event Normal ArtifactUpToDate"],
            ..story(
                "endpoints",
                vec![
                    step(json!({ "endpoint": "http://@S@" })).put(&[("a", "1")]),
                    step(json!({ "endpoint": "@S@/path" })),
                    step(json!({ "endpoint": "a b" })),
                    step(json!({})),
                ],
            )
        },
        story(
            "certs",
            vec![
                named("certSecretRef", "absent").put(&[("a", "1")]),
                named("certSecretRef", "cert-half").secret("cert-half", json!({ "tls.crt": "x", "ca.crt": "y" })),
                named("certSecretRef", "cert-none").secret("cert-none", json!({ "x": "y" })),
            ],
        ),
        story(
            "proxies",
            vec![
                named("proxySecretRef", "absent").put(&[("a", "1")]),
                named("proxySecretRef", "nowhere").secret("nowhere", json!({ "x": "y" })),
                named("proxySecretRef", "ftp").secret("ftp", json!({ "address": "ftp://x" })),
            ],
        ),
        story(
            "sts-secrets",
            vec![
                sts(json!({ "secretRef": { "name": "absent" } })).put(&[("a", "1")]),
                sts(json!({ "secretRef": { "name": "sts-half" } })).secret("sts-half", json!({ "username": "ann" })),
                sts(json!({ "certSecretRef": { "name": "absent" } })),
            ],
        ),
        story(
            "accounts",
            vec![
                step(json!({ "provider": "aws", "serviceAccountName": "robot" })).put(&[("a", "1")]),
                step(json!({ "provider": "gcp", "serviceAccountName": "robot" })),
            ],
        ),
        story(
            "azure",
            vec![
                step(json!({ "provider": "azure", "endpoint": "http://@S@", "secretRef": { "name": "azure-odd" } }))
                    .secret("azure-odd", json!({ "x": "y" }))
                    .put(&[("a", "1")]),
                step(json!({ "provider": "azure", "endpoint": "http://@S@", "secretRef": { "name": "azure-sas" } }))
                    .secret("azure-sas", json!({ "sasKey": "?sv=2021&sig=sas-pass" })),
            ],
        ),
    ]
}
