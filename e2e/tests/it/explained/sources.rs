//! Sources that fail: absent, unreachable, not let in, without the reference, without a signature, at rest.

use anyhow::Result;
use serde_json::{Value, json};
use testkit::git::Behaviour;

use super::bench::{Bench, SOURCES};
use super::fault::{Fault, config_map};

fn source(kind: &str, name: &str, spec: &Value) -> Value {
    json!({ "apiVersion": SOURCES, "kind": kind, "metadata": { "name": name }, "spec": spec })
}

/// A fault of a source of the fault's own name.
fn of(name: &'static str, kind: &str, spec: &Value) -> Fault {
    Fault::new(name)
        .with(json!({ "sourceRef": { "kind": kind, "name": name }, "path": "./" }))
        .beside(source(kind, name, spec))
}

fn git(name: &'static str, more: Value) -> Fault {
    let mut spec =
        json!({ "url": "GIT/app", "interval": "1h", "timeout": "20s", "ref": { "branch": "main" } });
    if let (Some(fields), Value::Object(more)) = (spec.as_object_mut(), more) {
        fields.extend(more);
    }
    of(name, "GitRepository", &spec)
}

fn faults() -> Vec<Fault> {
    vec![
        Fault::new("no-source").with(json!({ "sourceRef": { "kind": "GitRepository", "name": "nobody" } })).says(
            &["GitRepository/NS/nobody"],
            &["does not exist"],
            &["spec.sourceRef"],
        ),
        git("no-repository", json!({ "url": "GIT/nothing" })).says(
            &["GitRepository/NS/no-repository"],
            &["repository not found"],
            &["spec.url"],
        ),
        git("no-login", json!({ "url": "GIT/closed" })).says(
            &["GitRepository/NS/no-login"],
            &["auth"],
            &["secretRef"],
        ),
        git("no-secret", json!({ "secretRef": { "name": "git-login" } })).says(
            &["GitRepository/NS/no-secret", "git-login"],
            &["not found"],
            &["Secret"],
        ),
        git("no-branch", json!({ "ref": { "branch": "release" } })).says(
            &["GitRepository/NS/no-branch", "release"],
            &["remote ref"],
            &["spec.ref"],
        ),
        git("no-server", json!({ "url": "http://CLOSED/app.git" })).says(
            &["GitRepository/NS/no-server"],
            &["refused"],
            &["spec.url", "reach"],
        ),
        git("unsigned", json!({ "verify": { "mode": "HEAD", "secretRef": { "name": "keys" } } }))
            .beside(json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "keys" }, "stringData": { "a.asc": KEY } }))
            .says(&["GitRepository/NS/unsigned"], &["signature"], &["spec.verify", "sign"]),
        of("no-registry", "OCIRepository", &json!({ "url": "oci://CLOSED/shop/manifests", "interval": "1h", "ref": { "tag": "1" } }))
            .says(&["OCIRepository/NS/no-registry"], &["refused"], &["spec.url", "reach"]),
        of(
            "no-bucket",
            "Bucket",
            &json!({ "endpoint": "CLOSED", "bucketName": "manifests", "insecure": true, "interval": "1h", "timeout": "5s" }),
        )
        .says(&["Bucket/NS/no-bucket"], &["manifests"], &["endpoint", "spec.endpoint"]),
        git("resting", json!({ "suspend": true })).says(
            &["GitRepository/NS/resting"],
            &["suspended"],
            &["resume", "spec.suspend"],
        ),
    ]
}

#[tokio::test]
async fn sources_that_fail() -> Result<()> {
    let bench = Bench::start("explain-sources").await?;
    bench.git.repository("closed")?.commit("main", "first", [("a.yaml", config_map("a").to_string())])?;
    bench.git.behave("closed", Behaviour::basic("reader", "horse-battery"));
    let faults = faults();
    bench.inject(&faults).await?;
    bench.told(&faults).await
}

/// A public key of nobody.
const KEY: &str = include_str!("../../../../crates/source-controller/testdata/signatures/one.asc");
