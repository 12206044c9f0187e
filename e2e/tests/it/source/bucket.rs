//! Buckets at an object store: publish, poll without news, a changed object, ignore rules, logins, failures, hostile keys,
//! identities that may not be used; and a Kustomization that applies from one.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::buckets::{Behaviour, ObjectStore};
use testkit::cluster::{ControlPlane, TestNamespace};
use testkit::stack::{Controller, Running};

use super::{API, SOON, condition, conditions, names, status_of, unpacked};

const KIND: &str = "Bucket";

struct Bench {
    ns: TestNamespace,
    store: ObjectStore,
    controller: Running,
}

impl Bench {
    async fn start() -> Result<Self> {
        let ns = ControlPlane::shared().await?.namespace("bucket").await?;
        let controller = Controller::new("source-controller").start(&ns).await?;
        Ok(Self { ns, store: ObjectStore::start().await?, controller })
    }

    async fn source(&self, name: &str, spec: Value) -> Result<()> {
        let mut all = json!({
            "bucketName": "app", "endpoint": self.store.address(), "insecure": true, "interval": "10m",
        });
        if let (Some(all), Some(spec)) = (all.as_object_mut(), spec.as_object()) {
            all.extend(spec.clone());
        }
        let object = json!({ "apiVersion": API, "kind": KIND, "metadata": { "name": name }, "spec": all });
        self.ns.apply_value(object).await?;
        Ok(())
    }

    async fn change(&self, name: &str, spec: Value) -> Result<()> {
        self.ns.patch(API, KIND, name, json!({ "spec": spec })).await?;
        Ok(())
    }

    async fn wait(&self, name: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let found = self.ns.wait_for(API, KIND, name, SOON, wanted).await;
        found.with_context(|| self.controller.process.log_tail())
    }

    async fn ready(&self, name: &str) -> Result<Value> {
        self.wait(name, |object| {
            status_of(object, "Ready") == "True"
                && object["status"]["observedGeneration"] == object["metadata"]["generation"]
        })
        .await
    }

    async fn failed(&self, name: &str, reason: &str, message: &str) -> Result<Value> {
        self.wait(name, |object| {
            condition(object, "FetchFailed").is_some_and(|found| {
                found["reason"] == reason
                    && found["message"].as_str().is_some_and(|text| text.contains(message))
            })
        })
        .await
        .with_context(|| message.to_owned())
    }

    async fn request(&self, name: &str, token: &str) -> Result<Value> {
        let patch = json!({ "metadata": { "annotations": { "reconcile.fluxcd.io/requestedAt": token } } });
        self.ns.patch(API, KIND, name, patch).await?;
        self.wait(name, |object| object["status"]["lastHandledReconcileAt"] == token).await
    }

    async fn secret(&self, name: &str, data: Value) -> Result<()> {
        let secret =
            json!({ "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data });
        self.ns.apply_value(secret).await?;
        Ok(())
    }

    async fn events(&self, name: &str) -> Result<Vec<String>> {
        let events = self.ns.list("v1", "Event", "").await?;
        let own = events.iter().filter(|event| event["involvedObject"]["name"] == name);
        Ok(own.map(|event| format!("{} {}", event["reason"], event["message"]).replace('"', "")).collect())
    }
}

#[tokio::test]
async fn from_objects_to_an_artifact() -> Result<()> {
    let bench = Bench::start().await?;
    for (key, content) in [("a.yaml", "1"), ("d/b.yaml", "2"), ("pic.png", "x"), ("../../up.yaml", "3")] {
        bench.store.put("app", key, content);
    }
    bench.source("app", json!({})).await?;
    let object = bench.ready("app").await?;
    let artifact = &object["status"]["artifact"];
    let revision = artifact["revision"].as_str().context("revision")?.to_owned();
    let message = format!("stored artifact: revision '{revision}'");
    assert_eq!(
        conditions(&object),
        [format!("Ready=True Succeeded {message}"), format!("ArtifactInStorage=True Succeeded {message}")]
    );
    let file = format!("/{}.tar.gz", revision.trim_start_matches("sha256:"));
    assert!(artifact["path"].as_str().is_some_and(|path| path.ends_with(&file)), "{artifact}");
    assert_eq!(names(&unpacked(&object).await?), ["a.yaml", "d/b.yaml", "pic.png", "up.yaml"]);
    let latest = reqwest::get(object["status"]["url"].as_str().context("url")?).await?;
    assert_eq!(latest.bytes().await?.len() as u64, artifact["size"].as_u64().context("size")?);
    let event = "NewArtifact stored artifact with 4 fetched files from 'app' bucket".to_owned();
    testkit::wait::until("the event", SOON, || async {
        let events = bench.events("app").await?;
        Ok(if events.contains(&event) {
            testkit::wait::Look::Found(())
        } else {
            testkit::wait::Look::Not(events.join("; "))
        })
    })
    .await?;

    // A poll without news costs the store two questions, and changes nothing.
    drop(bench.store.asked());
    let polled = bench.request("app", "poll").await?;
    assert_eq!(polled["status"]["artifact"], object["status"]["artifact"]);
    assert_eq!(bench.store.asked().len(), 2);

    // One object of four is another: it alone is fetched.
    let before = bench.store.content();
    bench.store.put("app", "a.yaml", "changed");
    bench.request("app", "changed").await?;
    let object = bench.ready("app").await?;
    assert_ne!(object["status"]["artifact"]["revision"], revision.as_str());
    assert_eq!(bench.store.content() - before, 7);

    // Rules that hit nothing new change nothing, as in Flux.
    bench.change("app", json!({ "ignore": "*.none" })).await?;
    let same = bench.ready("app").await?;
    assert_eq!(same["status"]["artifact"], object["status"]["artifact"]);
    assert!(same["status"].get("observedIgnore").is_none());
    bench.store.put("app", ".sourceignore", "*.png");
    bench.change("app", json!({ "ignore": "d/" })).await?;
    let object = bench.wait("app", |object| object["status"]["observedIgnore"] == "d/").await?;
    assert_eq!(names(&unpacked(&object).await?), [".sourceignore", "a.yaml", "up.yaml"]);
    bench.change("app", json!({ "prefix": "d/", "ignore": null })).await?;
    bench.wait("app", |object| object["status"].get("observedIgnore").is_none()).await?;
    let object = bench.ready("app").await?;
    assert_eq!(names(&unpacked(&object).await?), [".sourceignore", "d/b.yaml"]);
    Ok(())
}

#[tokio::test]
async fn logins_failures_and_recovery() -> Result<()> {
    let bench = Bench::start().await?;
    let store = &bench.store;
    store.put("app", "a.yaml", "1");
    store.behave(Behaviour {
        access_key: Some("key".into()),
        user: Some(("ann".into(), "ldap-pass".into())),
        ..Behaviour::default()
    });
    bench.source("app", json!({})).await?;
    let unknown = "failed to confirm existence of 'app' bucket: The AWS Access Key Id you provided does not exist in our records.";
    bench.failed("app", "BucketOperationFailed", unknown).await?;
    bench.change("app", json!({ "secretRef": { "name": "keys" } })).await?;
    let ns = bench.ns.name();
    let absent = format!("failed to get secret '{ns}/keys': secrets \"keys\" not found");
    bench.failed("app", "AuthenticationFailed", &absent).await?;
    bench.secret("keys", json!({ "accesskey": "key" })).await?;
    bench.request("app", "half").await?;
    let half = "invalid 'keys' secret data: required fields 'accesskey' and 'secretkey'";
    bench.failed("app", "AuthenticationFailed", half).await?;
    bench.secret("keys", json!({ "accesskey": "key", "secretkey": "bucket-pass" })).await?;
    bench.request("app", "whole").await?;
    let stored = bench.ready("app").await?["status"]["artifact"].clone();

    // What is published stays, whatever fails; and the same is stored again without being fetched.
    bench.change("app", json!({ "bucketName": "other" })).await?;
    let object = bench.failed("app", "BucketOperationFailed", "bucket 'other' not found").await?;
    assert_eq!(object["status"]["artifact"], stored);
    bench.change("app", json!({ "bucketName": "app" })).await?;
    bench.ready("app").await?;
    let recovered = "Succeeded stored artifact with 1 fetched files from 'app' bucket".to_owned();
    testkit::wait::until("the event", SOON, || async {
        let events = bench.events("app").await?;
        let is_there = events.contains(&recovered);
        Ok(if is_there {
            testkit::wait::Look::Found(())
        } else {
            testkit::wait::Look::Not(events.join("; "))
        })
    })
    .await?;
    secrets_are_kept(&bench)
}

fn secrets_are_kept(bench: &Bench) -> Result<()> {
    let log = bench.controller.process.log()?;
    let secrets = ["bucket-pass", "ldap-pass", "wrong-pass", "session-pass"];
    assert!(secrets.iter().all(|secret| !log.contains(secret)));
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_is_said_and_secrets_are_not() -> Result<()> {
    let bench = Bench::start().await?;
    let store = &bench.store;
    let ns = bench.ns.name();
    store.put("app", "a.yaml", "1");
    store.behave(Behaviour { user: Some(("ann".into(), "ldap-pass".into())), ..Behaviour::default() });
    for (spec, reason, message) in [
        (
            json!({ "endpoint": "http://x:9000" }),
            "AuthenticationFailed",
            "Endpoint url cannot have fully qualified paths.".to_owned(),
        ),
        (
            json!({ "certSecretRef": { "name": "none" } }),
            "AuthenticationFailed",
            format!("failed to get TLS config: secret '{ns}/none' not found"),
        ),
        (
            json!({ "proxySecretRef": { "name": "none" } }),
            "AuthenticationFailed",
            format!("failed to get proxy URL: secret '{ns}/none' not found"),
        ),
        (
            json!({ "endpoint": "127.0.0.1:1", "timeout": "1s" }),
            "BucketOperationFailed",
            "failed to confirm existence of 'app' bucket: Get \"http://127.0.0.1:1/app/\": dial tcp 127.0.0.1:1: connect: connection refused".to_owned(),
        ),
        (
            json!({ "provider": "aws", "serviceAccountName": "robot" }),
            "FeatureGateDisabled",
            "please enable the ObjectLevelWorkloadIdentity feature gate".to_owned(),
        ),
        (
            json!({ "provider": "aws", "sts": { "provider": "aws", "endpoint": "https://sts.example" } }),
            "InvalidSTSConfiguration",
            "the STS endpoint is not one of AWS".to_owned(),
        ),
        (
            json!({ "provider": "azure", "endpoint": format!("http://{}", store.address()) }),
            "AuthenticationFailed",
            "the token of an identity is only sent to Azure's own hosts".to_owned(),
        ),
    ] {
        bench.source("odd", spec).await?;
        bench.failed("odd", reason, &message).await?;
        bench.ns.delete(API, KIND, "odd").await?;
        bench.ns.wait_gone(API, KIND, "odd", SOON).await?;
    }

    bench.secret("ldap", json!({ "username": "ann", "password": "ldap-pass" })).await?;
    let endpoint = format!("http://{}/", store.address());
    let sts = json!({ "provider": "ldap", "endpoint": endpoint, "secretRef": { "name": "ldap" } });
    bench.source("ldap", json!({ "sts": sts })).await?;
    bench.ready("ldap").await?;
    bench.secret("ldap", json!({ "username": "ann", "password": "wrong-pass" })).await?;
    bench.request("ldap", "wrong").await?;
    bench.failed("ldap", "BucketOperationFailed", "LDAP authentication failed for ann with *****").await?;
    secrets_are_kept(&bench)
}

#[tokio::test]
async fn a_kustomization_applies_from_each_kind_of_store() -> Result<()> {
    let bench = Bench::start().await?;
    let _kustomize = Controller::new("kustomize-controller").start(&bench.ns).await?;
    let manifest = |name: &str, value: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  key: \"{value}\"\n")
    };
    let azure = format!("http://{}", bench.store.address());
    bench.secret("sas", json!({ "sasKey": "?sv=2021&sig=sas-pass" })).await?;
    let of_azure = json!({ "bucketName": "container", "provider": "azure", "endpoint": azure, "secretRef": {"name": "sas"} });
    for (name, spec) in [("s3", json!({ "bucketName": "bucket" })), ("azure", of_azure)] {
        let bucket = spec["bucketName"].as_str().context("bucket")?.to_owned();
        bench.store.put(&bucket, "one.yaml", manifest(name, "1"));
        bench.source(name, spec).await?;
        let kustomization = json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": {"name": name},
            "spec": {
                "interval": "1h", "prune": true, "targetNamespace": bench.ns.name(),
                "sourceRef": {"kind": KIND, "name": name},
            },
        });
        bench.ns.apply_value(kustomization).await?;
        bench.ns.wait_for("v1", "ConfigMap", name, SOON, |object| object["data"]["key"] == "1").await?;
        bench.store.put(&bucket, "one.yaml", manifest(name, "2"));
        bench.request(name, "second").await?;
        bench.ns.wait_for("v1", "ConfigMap", name, SOON, |object| object["data"]["key"] == "2").await?;
    }
    // A name that comes back is found without what was kept of its former life.
    bench.ns.delete(API, KIND, "s3").await?;
    bench.ns.wait_gone(API, KIND, "s3", SOON).await?;
    let objects = bench.controller.storage().context("no storage")?.0.join(".objects");
    let is_one = || std::fs::read_dir(&objects).is_ok_and(|entries| entries.count() == 1);
    testkit::wait::until("what is kept of one bucket", Duration::from_secs(20), || async {
        Ok(if is_one() {
            testkit::wait::Look::Found(())
        } else {
            testkit::wait::Look::Not("more, or none".into())
        })
    })
    .await?;
    Ok(())
}
