//! OCIRepositories against a real registry: publish, poll without news, new tag, range of versions, logins, signatures,
//! failures, hostile layers; and a Kustomization that applies from one.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::cluster::{ControlPlane, TestNamespace};
use testkit::oci::{CONTENT, Distribution, Image, Notary, Person, Signer, Sigstore, Wish, tarball};
use testkit::stack::{Controller, Running};

use super::{API, SOON, condition, conditions, names, status_of, unpacked};

const KIND: &str = "OCIRepository";
pub(super) const PASSWORD: &str = "registry-pass";
/// [`PASSWORD`] by bcrypt.
pub(super) const HASH: &str = "$2b$04$Ea24Ej9HB48ioqhh0fUYi.7mOk.sUd3oTq8D.FsZeINYLdMNeSytO";

struct Bench {
    ns: TestNamespace,
    registry: Distribution,
    controller: Running,
}

impl Bench {
    async fn start(prefix: &str, registry: Distribution) -> Result<Self> {
        let ns = ControlPlane::shared().await?.namespace(prefix).await?;
        let controller = Controller::new("source-controller").start(&ns).await?;
        Ok(Self { ns, registry, controller })
    }

    async fn source(&self, name: &str, spec: Value) -> Result<()> {
        let mut all = json!({ "url": self.registry.url(name), "interval": "10m" });
        if let (Some(all), Some(spec)) = (all.as_object_mut(), spec.as_object()) {
            all.extend(spec.clone());
        }
        let object = json!({ "apiVersion": API, "kind": KIND, "metadata": { "name": name }, "spec": all });
        self.ns.apply_value(object).await?;
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

    async fn at(&self, name: &str, revision: &str) -> Result<Value> {
        self.wait(name, |object| {
            object["status"]["artifact"]["revision"] == revision && status_of(object, "Ready") == "True"
        })
        .await
    }

    async fn failed(&self, name: &str, message: &str) -> Result<Value> {
        self.wait(name, |object| {
            let ready = condition(object, "Ready").and_then(|ready| ready["message"].as_str());
            status_of(object, "Ready") == "False" && ready.is_some_and(|ready| ready.contains(message))
        })
        .await
        .with_context(|| message.to_owned())
    }

    async fn request(&self, name: &str, token: &str) -> Result<Value> {
        let patch = json!({ "metadata": { "annotations": { "reconcile.fluxcd.io/requestedAt": token } } });
        self.ns.patch(API, KIND, name, patch).await?;
        self.wait(name, |object| object["status"]["lastHandledReconcileAt"] == token).await
    }

    async fn secret(&self, name: &str, type_: &str, data: Value) -> Result<()> {
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": type_, "stringData": data,
        });
        self.ns.apply_value(secret).await?;
        Ok(())
    }

    async fn login(&self, name: &str, password: &str) -> Result<()> {
        let address = self.registry.address();
        let config = json!({"auths": {address: {"username": "user", "password": password}}}).to_string();
        self.secret(name, "kubernetes.io/dockerconfigjson", json!({".dockerconfigjson": config})).await
    }
}

fn manifest(value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\ndata:\n  key: \"{value}\"\n")
}

#[tokio::test]
async fn from_a_push_to_an_artifact() -> Result<()> {
    let bench = Bench::start("oci", Distribution::start().await?).await?;
    let layer = tarball([("app.yaml", "a: 1"), ("pic.png", "x"), ("run.sh!", "x")])?;
    let annotations = [
        ("org.opencontainers.image.source", "https://git.example/app"),
        ("org.opencontainers.image.revision", "main@sha1:aa"),
    ];
    let image = Image::of_layers([(CONTENT, layer.clone())], &annotations);
    bench.registry.push("app", "latest", &image).await?;
    bench.source("app", json!({})).await?;
    let first = format!("latest@{}", image.digest());
    let object = bench.at("app", &first).await?;
    let message = format!("stored artifact for digest '{first}'");
    assert_eq!(
        conditions(&object),
        [format!("Ready=True Succeeded {message}"), format!("ArtifactInStorage=True Succeeded {message}")]
    );
    let artifact = &object["status"]["artifact"];
    assert_eq!(artifact["metadata"]["org.opencontainers.image.revision"], "main@sha1:aa");
    assert!(
        artifact["path"].as_str().is_some_and(|path| path.ends_with(&format!("/{}.tar.gz", image.digest())))
    );
    let tree = unpacked(&object).await?;
    assert_eq!(names(&tree), ["app.yaml", "run.sh"]);
    let latest = reqwest::get(object["status"]["url"].as_str().context("url")?).await?;
    assert_eq!(latest.bytes().await?.len() as u64, artifact["size"].as_u64().context("size")?);

    // A poll without news changes nothing, and asks the API server for nothing but its answer.
    let version = object["metadata"]["resourceVersion"].clone();
    let polled = bench.request("app", "poll").await?;
    assert_eq!(polled["status"]["artifact"], object["status"]["artifact"]);
    assert_ne!(polled["metadata"]["resourceVersion"], version, "the request itself");

    let second = Image::of_files([("app.yaml", "a: 2")])?;
    bench.registry.push("app", "latest", &second).await?;
    bench.request("app", "second").await?;
    let object = bench.at("app", &format!("latest@{}", second.digest())).await?;
    assert!(object["status"]["artifact"].get("metadata").is_none(), "the old annotations are gone: {object}");

    // The layer as it is.
    let spec =
        json!({ "spec": { "ref": {"digest": image.digest()}, "layerSelector": { "operation": "copy" } } });
    bench.ns.patch(API, KIND, "app", spec).await?;
    let object = bench.at("app", &image.digest()).await?;
    assert_eq!(object["status"]["artifact"]["digest"], testkit::oci::digest(&layer));
    assert_eq!(object["status"]["observedLayerSelector"], json!({ "operation": "copy" }));
    Ok(())
}

#[tokio::test]
async fn versions_failures_and_hostile_layers() -> Result<()> {
    let bench = Bench::start("oci", Distribution::start().await?).await?;
    for version in ["1.0.0", "1.2.0", "2.0.0-rc.1"] {
        bench.registry.push("app", version, &Image::of_files([("v", version)])?).await?;
    }
    bench.source("app", json!({ "ref": { "semver": "1.x" } })).await?;
    let object = bench.ready("app").await?;
    assert!(
        object["status"]["artifact"]["revision"]
            .as_str()
            .is_some_and(|revision| revision.starts_with("1.2.0@"))
    );
    let stored = object["status"]["artifact"].clone();

    bench.ns.patch(API, KIND, "app", json!({ "spec": { "ref": { "semver": "9.x" } } })).await?;
    let object = bench.failed("app", "no match found for semver: 9.x").await?;
    assert_eq!(object["status"]["artifact"], stored, "what is published stays");
    let reference = json!({ "spec": { "ref": { "semver": null, "tag": "none" } } });
    bench.ns.patch(API, KIND, "app", reference).await?;
    bench.failed("app", "MANIFEST_UNKNOWN: manifest unknown; map[Tag:none]").await?;

    let hostile = Image::of_files([("../../x.yaml", "x")])?;
    bench.registry.push("hostile", "latest", &hostile).await?;
    bench.source("hostile", json!({})).await?;
    let object = bench
        .failed("hostile", "failed to extract layer contents from artifact: tar contained invalid name error \"../../x.yaml\"")
        .await?;
    assert_eq!(
        condition(&object, "FetchFailed").context("condition")?["reason"],
        "OCIArtifactLayerOperationFailed"
    );

    bench.source("stalled", json!({ "url": "oci://r.example/app:v1" })).await?;
    let object = bench.failed("stalled", "URL validation failed for 'oci://r.example/app:v1'").await?;
    assert_eq!(status_of(&object, "Stalled"), "True");
    Ok(())
}

#[tokio::test]
async fn logins_of_secrets_and_accounts() -> Result<()> {
    let bench = Bench::start("oci", Distribution::with_login("user", PASSWORD, HASH).await?).await?;
    bench.registry.push("app", "latest", &Image::of_files([("a", "1")])?).await?;
    bench.login("right", PASSWORD).await?;
    bench.login("wrong", "another-pass").await?;
    bench.source("app", json!({})).await?;
    bench.failed("app", "UNAUTHORIZED: authentication required").await?;
    bench.ns.patch(API, KIND, "app", json!({ "spec": { "secretRef": { "name": "wrong" } } })).await?;
    bench.wait("app", |object| object["status"]["lastHandledReconcileAt"].is_null()).await?;
    bench.failed("app", "UNAUTHORIZED: authentication required").await?;
    bench.ns.patch(API, KIND, "app", json!({ "spec": { "secretRef": { "name": "right" } } })).await?;
    bench.ready("app").await?;

    bench
        .ns
        .patch(API, KIND, "app", json!({ "spec": { "secretRef": null, "serviceAccountName": "robot" } }))
        .await?;
    bench.failed("app", &format!("serviceaccount '{}/robot' not found", bench.ns.name())).await?;
    let account = json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"},
        "imagePullSecrets": [{"name": "right"}],
    });
    bench.ns.apply_value(account).await?;
    bench.request("app", "account").await?;
    bench.ready("app").await?;
    let log = bench.controller.process.log()?;
    assert!(!log.contains(PASSWORD) && !log.contains("another-pass"));
    Ok(())
}

#[tokio::test]
async fn only_what_is_signed_is_published() -> Result<()> {
    let bench = Bench::start("oci", Distribution::start().await?).await?;
    let (signer, stranger) = (Signer::new()?, Signer::new()?);
    bench.secret("keys", "Opaque", json!({ "cosign.pub": signer.pem() })).await?;
    let image = Image::of_files([("a", "1")])?;
    bench.registry.push("app", "latest", &image).await?;
    bench
        .source("app", json!({ "verify": { "provider": "cosign", "secretRef": { "name": "keys" } } }))
        .await?;
    let refused = format!(
        "failed to verify the signature using provider 'cosign': no matching signatures were found for '{}/app@{}'",
        bench.registry.address(),
        image.digest()
    );
    let object = bench.failed("app", &refused).await?;
    assert_eq!(status_of(&object, "SourceVerified"), "False");
    assert!(object["status"].get("artifact").is_none());

    let tag = image.digest().replace(':', "-");
    bench.registry.push("app", &format!("{tag}.sig"), &stranger.tagged(&image.digest())?).await?;
    bench.request("app", "stranger").await?;
    bench.failed("app", &refused).await?;
    bench.registry.push("app", &format!("{tag}.sig"), &signer.tagged(&image.digest())?).await?;
    bench.request("app", "signed").await?;
    let object = bench.ready("app").await?;
    let verified = condition(&object, "SourceVerified").context("verified")?;
    assert_eq!(verified["message"], format!("verified signature of revision latest@{}", image.digest()));

    // Other keys: the stored revision is judged again, and stays.
    bench.secret("keys", "Opaque", json!({ "cosign.pub": stranger.pem() })).await?;
    bench.request("app", "rotated").await?;
    let object = bench.failed("app", &refused).await?;
    assert!(object["status"].get("artifact").is_some(), "what was verified when it was published stays");

    // A bundle under the tag that stands for a list of referrers.
    let signed = Image::of_files([("a", "2")])?;
    let referrer = stranger.referrer(&signed.digest())?;
    bench.registry.push("app", &referrer.digest(), &referrer).await?;
    let index = Image::index(&[("", &referrer)]);
    bench.registry.push("app", &signed.digest().replace(':', "-"), &index).await?;
    bench.registry.push("app", "latest", &signed).await?;
    bench.request("app", "bundle").await?;
    bench.at("app", &format!("latest@{}", signed.digest())).await?;
    Ok(())
}

/// Without keys and by a trust policy; what the policy skips is published and not called verified.
#[tokio::test]
async fn signers_without_keys_and_of_trust_policies_are_known() -> Result<()> {
    let bench = Bench::start("oci", Distribution::start().await?).await?;
    let (sigstore, notary) = (Sigstore::new()?, Notary::new(&Person::default())?);
    let image = Image::of_files([("a", "1")])?;
    let digest = image.digest();
    bench.registry.push("app", "latest", &image).await?;
    let root = sigstore.trusted_root().to_string();
    bench.secret("root", "Opaque", json!({ "trusted_root.json": root })).await?;
    let of = |subject: &str| {
        json!({ "verify": {
            "provider": "cosign", "trustedRootSecretRef": { "name": "root" },
            "matchOIDCIdentity": [{ "issuer": "^https://token\\.example\\.com$", "subject": subject }],
        } })
    };
    bench.source("app", of("^https://example\\.com/org/repo/")).await?;
    let prefix =
        "failed to verify the signature using provider 'cosign keyless': no matching signatures were found";
    let reference = format!("{}/app@{digest}", bench.registry.address());
    bench.failed("app", &format!("{prefix} for '{reference}'")).await?;
    let tag = digest.replace(':', "-");
    bench.registry.push("app", &format!("{tag}.sig"), &sigstore.tagged(&Wish::of(&digest))?).await?;
    bench.request("app", "signed").await?;
    let object = bench.ready("app").await?;
    let verified = condition(&object, "SourceVerified").context("verified")?;
    assert_eq!(verified["message"], format!("verified signature of revision latest@{digest}"));
    bench.source("app", of("^nobody$")).await?;
    let wish = Wish::of(&digest);
    let refused = format!(
        "{prefix} for '{reference}': the signature is of subject {} of issuer {}, which no identity of the policy matches",
        wish.subject, wish.issuer
    );
    bench.failed("app", &refused).await?;

    // The Notary Project's, under the tag that stands for a list of referrers.
    let trust = |level: &str| json!({ "trustpolicy.json": Notary::policy(level).to_string(), "ca.crt": notary.root() });
    bench.secret("trust", "Opaque", trust("strict")).await?;
    bench
        .source("app", json!({ "verify": { "provider": "notation", "secretRef": { "name": "trust" } } }))
        .await?;
    let none = format!(
        "failed to verify the signature using provider 'notation': no signature is associated with \"{reference}\", make \
         sure the artifact was signed successfully"
    );
    bench.failed("app", &none).await?;
    let referrer = notary.referrer(&image)?;
    bench.registry.push("app", &referrer.digest(), &referrer).await?;
    bench.registry.push("app", &tag, &Image::index(&[("", &referrer)])).await?;
    bench.request("app", "notary").await?;
    let object = bench.ready("app").await?;
    assert_eq!(status_of(&object, "SourceVerified"), "True");
    bench.secret("trust", "Opaque", trust("skip")).await?;
    bench.request("app", "skipped").await?;
    bench.wait("app", |object| condition(object, "SourceVerified").is_none()).await?;
    Ok(())
}

#[tokio::test]
async fn a_kustomization_applies_from_a_registry() -> Result<()> {
    let bench = Bench::start("oci", Distribution::start().await?).await?;
    let _kustomize = Controller::new("kustomize-controller").start(&bench.ns).await?;
    let annotations = [("org.opencontainers.image.revision", "main@sha1:aa")];
    let layer = |value: &str| anyhow::Ok((CONTENT, tarball([("one.yaml", manifest(value).as_str())])?));
    bench.registry.push("app", "latest", &Image::of_layers([layer("1")?], &annotations)).await?;
    bench.source("app", json!({})).await?;
    let kustomization = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": {"name": "app"},
        "spec": {
            "interval": "1h", "prune": true, "targetNamespace": bench.ns.name(),
            "sourceRef": {"kind": KIND, "name": "app"},
        },
    });
    bench.ns.apply_value(kustomization).await?;
    bench.ns.wait_for("v1", "ConfigMap", "one", SOON, |object| object["data"]["key"] == "1").await?;
    let second = Image::of_layers([layer("2")?], &annotations);
    bench.registry.push("app", "latest", &second).await?;
    bench.request("app", "second").await?;
    bench.ns.wait_for("v1", "ConfigMap", "one", SOON, |object| object["data"]["key"] == "2").await?;
    let revision = format!("latest@{}", second.digest());
    let applied = |object: &Value| {
        object["status"]["lastAppliedRevision"] == revision.as_str()
            && object["status"]["lastAppliedOriginRevision"] == "main@sha1:aa"
    };
    bench.ns.wait_for("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app", SOON, applied).await?;
    Ok(())
}
