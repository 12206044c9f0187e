//! Charts of a registry: pulled and packaged, renewed with its tags, needed by a chart of Git, verified, refused in Flux's
//! words. The HelmRepository is a name for others to use, and never Ready.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::oci::{Distribution, Image, Signer};

use super::super::oci::{HASH, PASSWORD};
use super::{Bench, apply, ask, condition, conditions, failed, fetched, file_of, package, ready, wait};

const KIND: &str = "HelmChart";

fn spec(range: &str) -> Value {
    json!({ "chart": "app", "version": range, "interval": "10m", "sourceRef": { "kind": "HelmRepository", "name": "app" } })
}

fn repository(registry: &Distribution, more: &Value) -> Value {
    let mut all = json!({ "type": "oci", "url": registry.url("charts"), "insecure": true });
    if let (Some(all), Some(more)) = (all.as_object_mut(), more.as_object()) {
        all.extend(more.clone());
    }
    all
}

async fn push(bench: &Bench, registry: &Distribution, version: &str) -> Result<(Vec<u8>, Image)> {
    let files = [("values.yaml", "a: 1\n"), ("prod.yaml", "b: 2\n")];
    let archive = package(bench.ns.folder(), "app", version, &files)?;
    let image = Image::of_chart(archive.clone());
    registry.push("charts/app", &version.replace('+', "_"), &image).await?;
    Ok((archive, image))
}

async fn secret(bench: &Bench, name: &str, type_: &str, data: Value) -> Result<()> {
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name }, "type": type_, "stringData": data,
    });
    bench.ns.apply_value(secret).await?;
    Ok(())
}

fn says(object: &Value, text: &str) {
    assert!(conditions(object).iter().any(|line| line.contains(text)), "{text}: {:#?}", conditions(object));
}

#[tokio::test]
async fn a_chart_follows_its_registry() -> Result<()> {
    let bench = Bench::start("helm-oci").await?;
    let registry = Distribution::with_login("user", PASSWORD, HASH).await?;
    let (one, _) = push(&bench, &registry, "1.0.0").await?;
    push(&bench, &registry, "2.0.0-rc.1").await?;
    let login = |password: &str| {
        json!({"auths": {registry.address(): {"username": "user", "password": password}}}).to_string()
    };
    let docker = "kubernetes.io/dockerconfigjson";
    secret(&bench, "login", docker, json!({ ".dockerconfigjson": login(PASSWORD) })).await?;
    secret(&bench, "pair", "Opaque", json!({ "username": "user", "password": PASSWORD })).await?;
    secret(&bench, "wrong", docker, json!({ ".dockerconfigjson": login("another-pass") })).await?;

    // The chart is there before its repository, and is woken by it.
    apply(&bench.ns, KIND, "app", spec("1.x")).await?;
    failed(&bench, KIND, "app", "SourceUnavailable").await?;
    let reference = |name: &str| json!({ "secretRef": { "name": name } });
    apply(&bench.ns, "HelmRepository", "app", repository(&registry, &reference("login"))).await?;
    let object = ready(&bench, KIND, "app").await?;
    let message = "ChartPullSucceeded pulled 'app' chart with version '1.0.0'";
    assert_eq!(
        conditions(&object),
        [format!("Ready=True {message}"), format!("ArtifactInStorage=True {message}")]
    );
    let status = &object["status"];
    assert_eq!(status["artifact"]["path"], format!("helmchart/{}/app/app-1.0.0.tgz", bench.ns.name()));
    assert_eq!(status.get("observedSourceArtifactRevision"), None, "a registry has none");
    assert_eq!(fetched(&status["artifact"]["url"]).await?, one, "as it was sent");
    let source = bench.ns.get(super::API, "HelmRepository", "app").await?.context("the repository")?;
    assert_eq!((source["status"].get("conditions"), source["metadata"].get("finalizers")), (None, None));

    let (two, _) = push(&bench, &registry, "1.2.0+build.7").await?;
    ask(&bench, KIND, "app", "two").await?;
    let object =
        wait(&bench, KIND, "app", |object| object["status"]["artifact"]["revision"] == "1.2.0+build.7")
            .await?;
    assert_eq!(fetched(&object["status"]["url"]).await?, two);
    let mut packaged = spec("1.2.0+build.7");
    packaged["valuesFiles"] = json!(["values.yaml", "prod.yaml"]);
    apply(&bench.ns, KIND, "app", packaged).await?;
    let object = ready(&bench, KIND, "app").await?;
    assert_eq!(object["status"]["artifact"]["revision"], "1.2.0+2");
    assert_eq!(file_of(&object, "values.yaml").await?.as_deref(), Some("a: 1\nb: 2\n"));

    // A chart of Git needs one of the registry, and finds the repository with its address.
    let repo = bench.git.repository("web")?;
    let metadata = format!(
        "apiVersion: v2\nname: web\nversion: 0.1.0\ndependencies:\n- {{name: app, version: 1.0.x, repository: \"{}\"}}\n",
        registry.url("charts")
    );
    repo.commit("main", "one", [("Chart.yaml", metadata)])?;
    bench.source("web", repo.url(), json!({ "ref": { "branch": "main" } })).await?;
    let of_git =
        json!({ "chart": "./", "interval": "10m", "sourceRef": { "kind": "GitRepository", "name": "web" } });
    apply(&bench.ns, KIND, "web", of_git).await?;
    let object = ready(&bench, KIND, "web").await?;
    let metadata = file_of(&object, "charts/app/Chart.yaml").await?.context("the other chart")?;
    assert!(metadata.contains("version: 1.0.0"), "{metadata}");

    // What cannot be had, with a login by user and password, and with a wrong one.
    apply(&bench.ns, "HelmRepository", "app", repository(&registry, &reference("pair"))).await?;
    apply(&bench.ns, KIND, "none", spec("9.x")).await?;
    let object = failed(&bench, KIND, "none", "ChartPullError").await?;
    says(&object, "remote reference: could not locate a version matching provided version string 9.x");
    apply(&bench.ns, KIND, "absent", spec("7.0.0")).await?;
    let object = failed(&bench, KIND, "absent", "ChartPullError").await?;
    let at = format!("{}/charts/app:7.0.0", registry.address());
    says(
        &object,
        &format!(
            "failed to get 'oci://{at}': failed to perform \"FetchReference\" on source: {at}: not found"
        ),
    );
    apply(&bench.ns, "HelmRepository", "app", repository(&registry, &reference("wrong"))).await?;
    let object = failed(&bench, KIND, "none", "AuthenticationFailed").await?;
    says(&object, "failed to authenticate with the Helm repository: chart pull error: ");
    let log = bench.controller.process.log()?;
    assert!(!log.contains(PASSWORD) && !log.contains("another-pass"));
    Ok(())
}

#[tokio::test]
async fn only_signed_charts_are_published() -> Result<()> {
    let bench = Bench::start("helm-oci-verify").await?;
    let registry = Distribution::start().await?;
    let (signer, stranger) = (Signer::new()?, Signer::new()?);
    secret(&bench, "keys", "Opaque", json!({ "cosign.pub": signer.pem() })).await?;
    let (archive, image) = push(&bench, &registry, "1.0.0").await?;
    apply(&bench.ns, "HelmRepository", "app", repository(&registry, &json!({}))).await?;
    let mut verified = spec("1.x");
    verified["verify"] = json!({ "provider": "cosign", "secretRef": { "name": "keys" } });
    apply(&bench.ns, KIND, "app", verified).await?;
    let object = failed(&bench, KIND, "app", "VerificationError").await?;
    let refused = |image: &Image| {
        let at = format!("{}/charts/app@{}", registry.address(), image.digest());
        format!("chart verification error: no matching signatures were found for '{at}'")
    };
    says(&object, &format!("SourceVerified=False VerificationError {}", refused(&image)));
    says(&object, &format!("BuildFailed=True ChartVerificationError {}", refused(&image)));
    assert!(object["status"].get("artifact").is_none());

    let sign = async |signer: &Signer, image: &Image| {
        let tag = format!("{}.sig", image.digest().replace(':', "-"));
        registry.push("charts/app", &tag, &signer.tagged(&image.digest())?).await
    };
    sign(&signer, &image).await?;
    ask(&bench, KIND, "app", "signed").await?;
    let object = ready(&bench, KIND, "app").await?;
    let proof = condition(&object, "SourceVerified").context("SourceVerified")?;
    assert_eq!(proof["message"], "verified signature of version 1.0.0");
    assert_eq!(fetched(&object["status"]["artifact"]["url"]).await?, archive);

    // A newer one that a stranger signed; what is published stays.
    let (_, newer) = push(&bench, &registry, "1.1.0").await?;
    sign(&stranger, &newer).await?;
    ask(&bench, KIND, "app", "stranger").await?;
    let object = failed(&bench, KIND, "app", "VerificationError").await?;
    says(&object, &refused(&newer));
    assert_eq!(object["status"]["artifact"]["revision"], "1.0.0");
    bench.ns.patch(super::API, KIND, "app", json!({ "spec": { "verify": null } })).await?;
    let object = ready(&bench, KIND, "app").await?;
    assert_eq!(object["status"]["artifact"]["revision"], "1.1.0");
    assert_eq!(condition(&object, "SourceVerified"), None);
    Ok(())
}
