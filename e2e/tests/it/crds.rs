//! The CRDs of the chart on a real API server: what it fills in, refuses and shows. Nothing is stored: every
//! create is a dry run. What controllers do with the objects is shown elsewhere.

use anyhow::{Context as _, Result};
use api::git_repository::GitRepository;
use api::kustomization::Kustomization;
use kube::api::{Api, DynamicObject, ListParams, PostParams};
use kube::core::{ApiResource, GroupVersionKind, Request};
use kube::{Client, Error};
use serde_json::{Value, json};
use testkit::cluster::ControlPlane;

const SOURCE: &str = "source.toolkit.fluxcd.io";
const KUSTOMIZE: &str = "kustomize.toolkit.fluxcd.io";

async fn client() -> Result<Client> {
    let plane = ControlPlane::shared().await?;
    plane.prepare().await?;
    plane.client().await
}

/// What the API server would store.
async fn create(client: &Client, group: &str, kind: &str, spec: Value) -> Result<Value, Error> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, "v1", kind));
    let objects: Api<DynamicObject> = Api::namespaced_with(client.clone(), "default", &resource);
    let object = json!({
        "apiVersion": format!("{group}/v1"), "kind": kind, "metadata": {"name": "a", "namespace": "default"},
        "spec": spec,
    });
    let object: DynamicObject = serde_json::from_value(object).map_err(Error::SerdeError)?;
    let params = PostParams { dry_run: true, ..PostParams::default() };
    let created = objects.create(&params, &object).await?;
    serde_json::to_value(created).map_err(Error::SerdeError)
}

fn git(extra: Value) -> Value {
    merged(json!({"url": "https://example.com/a.git", "interval": "1m"}), extra)
}

fn kustomization(extra: Value) -> Value {
    merged(
        json!({"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "a"}}),
        extra,
    )
}

fn bucket(extra: Value) -> Value {
    merged(json!({"bucketName": "a", "endpoint": "minio:9000", "interval": "1m"}), extra)
}

fn merged(mut base: Value, extra: Value) -> Value {
    if let (Some(base), Value::Object(extra)) = (base.as_object_mut(), extra) {
        base.extend(extra);
    }
    base
}

/// The API server refuses the object, and its message holds `expected`.
async fn refused(client: &Client, group: &str, kind: &str, spec: Value, expected: &str) {
    let error = create(client, group, kind, spec.clone()).await.expect_err(&spec.to_string());
    let answer = match &error {
        Error::Api(status) => (status.code, status.reason.as_str(), status.message.as_str()),
        _ => (0, "", ""),
    };
    assert_eq!((answer.0, answer.1), (422, "Invalid"), "{kind} {spec}: {error}");
    assert!(answer.2.contains(expected), "{kind} {spec}: {error}");
}

#[tokio::test]
async fn defaults_are_flux_defaults() -> Result<()> {
    let client = client().await?;
    let stored = create(&client, SOURCE, "GitRepository", git(json!({}))).await?;
    assert_eq!(stored["spec"]["timeout"], "60s");
    assert_eq!(stored["spec"].get("provider"), None);
    assert_eq!(stored["status"], json!({"observedGeneration": -1}));
    let decoded: GitRepository = serde_json::from_value(stored)?;
    assert_eq!(decoded.status.context("a status")?.observed_generation, -1);

    let verify = git(json!({"verify": {"secretRef": {"name": "keys"}}}));
    let stored = create(&client, SOURCE, "GitRepository", verify).await?;
    assert_eq!(stored["spec"]["verify"]["mode"], "HEAD");

    let post_build = json!({"postBuild": {"substituteFrom": [{"kind": "Secret", "name": "s"}]}});
    let stored = create(&client, KUSTOMIZE, "Kustomization", kustomization(post_build)).await?;
    assert_eq!(stored["spec"]["force"], false);
    assert_eq!(stored["spec"]["postBuild"]["substituteFrom"][0]["optional"], false);
    assert_eq!(stored["status"], json!({"observedGeneration": -1}));
    let _decoded: Kustomization = serde_json::from_value(stored)?;

    let stored = create(&client, SOURCE, "Bucket", bucket(json!({}))).await?;
    assert_eq!((&stored["spec"]["provider"], &stored["spec"]["timeout"]), (&json!("generic"), &json!("60s")));

    let oci = json!({"url": "oci://ghcr.io/a/b", "interval": "1m", "verify": {}});
    let stored = create(&client, SOURCE, "OCIRepository", oci).await?;
    assert_eq!(stored["spec"]["verify"]["provider"], "cosign");
    assert_eq!((stored["spec"].get("provider"), stored["spec"].get("timeout")), (None, None));

    let stored = create(&client, SOURCE, "ExternalArtifact", json!({})).await?;
    assert_eq!(stored.get("status"), None);
    Ok(())
}

#[tokio::test]
async fn rules_have_flux_messages() -> Result<()> {
    let client = client().await?;
    let identity = "serviceAccountName can only be set when provider is 'azure' or 'aws'";
    for (group, kind, spec, message) in [
        (SOURCE, "GitRepository", git(json!({"serviceAccountName": "a"})), identity),
        (SOURCE, "GitRepository", git(json!({"serviceAccountName": "a", "provider": "github"})), identity),
        (SOURCE, "OCIRepository", json!({"interval": "1m"}), "spec.url is required"),
        (SOURCE, "OCIRepository", json!({"url": "oci://a/b"}), "spec.interval is required"),
        (
            SOURCE,
            "Bucket",
            bucket(json!({"provider": "gcp", "sts": {"provider": "aws", "endpoint": "https://a"}})),
            "STS configuration is only supported for the 'aws' and 'generic' Bucket providers",
        ),
        (
            SOURCE,
            "Bucket",
            bucket(json!({"sts": {"provider": "aws", "endpoint": "https://a"}})),
            "'ldap' is the only supported STS provider for the 'generic' Bucket provider",
        ),
        (
            SOURCE,
            "Bucket",
            bucket(json!({"provider": "aws", "secretRef": {"name": "a"}, "serviceAccountName": "b"})),
            "cannot set both .spec.secretRef and .spec.serviceAccountName",
        ),
        (
            KUSTOMIZE,
            "Kustomization",
            kustomization(json!({"kubeConfig": {"secretRef": {"name": "a"}, "configMapRef": {"name": "b"}}})),
            "exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified",
        ),
        (
            KUSTOMIZE,
            "Kustomization",
            kustomization(json!({"kubeConfig": {}})),
            "exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified",
        ),
    ] {
        refused(&client, group, kind, spec, message).await;
    }
    create(&client, SOURCE, "GitRepository", git(json!({"serviceAccountName": "a", "provider": "aws"})))
        .await?;
    let remote = kustomization(json!({"kubeConfig": {"secretRef": {"name": "a", "key": "b"}}}));
    create(&client, KUSTOMIZE, "Kustomization", remote).await?;
    Ok(())
}

#[tokio::test]
async fn malformed_values_are_refused() -> Result<()> {
    let client = client().await?;
    for (spec, field) in [
        (json!({"interval": "1d"}), "spec.interval"),
        (json!({"interval": "-1m"}), "spec.interval"),
        (json!({"url": "git@example.com:a.git"}), "spec.url"),
        (json!({"timeout": "1h"}), "spec.timeout"),
        (json!({"provider": "gitlab"}), "spec.provider"),
    ] {
        refused(&client, SOURCE, "GitRepository", git(spec), field).await;
    }
    for (spec, field) in [
        (json!({"interval": "fast"}), "spec.interval"),
        (json!({"prune": null}), "spec.prune"),
        (json!({"sourceRef": {"kind": "HelmChart", "name": "a"}}), "spec.sourceRef.kind"),
        (json!({"sourceRef": {"kind": "Bucket"}}), "spec.sourceRef.name"),
        (json!({"deletionPolicy": "Keep"}), "spec.deletionPolicy"),
        (json!({"targetNamespace": ""}), "spec.targetNamespace"),
        (json!({"targetNamespace": "a".repeat(64)}), "spec.targetNamespace"),
        (json!({"namePrefix": "a".repeat(201)}), "spec.namePrefix"),
        (json!({"buildMetadata": ["everything"]}), "spec.buildMetadata[0]"),
        (json!({"decryption": {"provider": "age"}}), "spec.decryption.provider"),
    ] {
        refused(&client, KUSTOMIZE, "Kustomization", kustomization(spec), field).await;
    }
    create(&client, KUSTOMIZE, "Kustomization", kustomization(json!({"timeout": "1.5h", "path": ""})))
        .await?;
    Ok(())
}

#[tokio::test]
async fn fields_that_v1_does_not_have_are_dropped() -> Result<()> {
    let client = client().await?;
    let legacy = kustomization(json!({"validation": "client", "patchesJson6902": []}));
    let stored = create(&client, KUSTOMIZE, "Kustomization", legacy).await?;
    assert_eq!((stored["spec"].get("validation"), stored["spec"].get("patchesJson6902")), (None, None));
    Ok(())
}

#[tokio::test]
async fn tables_have_flux_columns() -> Result<()> {
    let client = client().await?;
    for (path, columns) in [
        ("source.toolkit.fluxcd.io/v1/gitrepositories", &["Name", "URL", "Age", "Ready", "Status"][..]),
        ("source.toolkit.fluxcd.io/v1/ocirepositories", &["Name", "URL", "Ready", "Status", "Age"]),
        ("source.toolkit.fluxcd.io/v1/buckets", &["Name", "Endpoint", "Age", "Ready", "Status"]),
        ("source.toolkit.fluxcd.io/v1/helmrepositories", &["Name", "URL", "Age", "Ready", "Status"]),
        (
            "source.toolkit.fluxcd.io/v1/helmcharts",
            &["Name", "Chart", "Version", "Source Kind", "Source Name", "Age", "Ready", "Status"],
        ),
        ("source.toolkit.fluxcd.io/v1/externalartifacts", &["Name", "Age", "Ready", "Status", "Source"]),
        ("kustomize.toolkit.fluxcd.io/v1/kustomizations", &["Name", "Age", "Ready", "Status"]),
        (
            "flyball.dev/v1alpha1/convergences",
            &["Name", "Converged", "Sync", "Health", "Objects", "Summary", "Age", "Revision"],
        ),
    ] {
        let mut request = Request::new(format!("/apis/{path}")).list(&ListParams::default())?;
        request.headers_mut().insert("accept", "application/json;as=Table;v=v1;g=meta.k8s.io".parse()?);
        let table: Value = client.request(request).await?;
        let definitions = table["columnDefinitions"].as_array().context("columns")?;
        let names: Vec<_> = definitions.iter().filter_map(|column| column["name"].as_str()).collect();
        assert_eq!(names, columns, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn discovery_has_flux_names() -> Result<()> {
    let client = client().await?;
    for (version, plural, short, category) in [
        ("source.toolkit.fluxcd.io/v1", "gitrepositories", Some("gitrepo"), "fluxcd-sources"),
        ("source.toolkit.fluxcd.io/v1", "ocirepositories", Some("ocirepo"), "fluxcd-sources"),
        ("source.toolkit.fluxcd.io/v1", "buckets", None, "fluxcd-sources"),
        ("source.toolkit.fluxcd.io/v1", "helmrepositories", Some("helmrepo"), "fluxcd-sources"),
        ("source.toolkit.fluxcd.io/v1", "helmcharts", Some("hc"), "fluxcd-sources"),
        ("source.toolkit.fluxcd.io/v1", "externalartifacts", Some("ea"), "fluxcd-sources"),
        ("kustomize.toolkit.fluxcd.io/v1", "kustomizations", Some("ks"), "fluxcd-appliers"),
        ("flyball.dev/v1alpha1", "convergences", Some("cvg"), "flyball"),
    ] {
        let resources = client.list_api_group_resources(version).await?.resources;
        let found = resources.iter().find(|resource| resource.name == plural).context(plural)?;
        let short_names = found.short_names.clone().unwrap_or_default();
        assert_eq!(short_names.first().map(String::as_str), short, "{plural}");
        assert!(found.categories.iter().flatten().any(|found| found == category), "{plural}");
        assert!(found.namespaced, "{plural}");
        assert!(resources.iter().any(|resource| resource.name == format!("{plural}/status")), "{plural}");
    }
    Ok(())
}

#[tokio::test]
async fn schemas_are_structural_and_kept_as_sent() -> Result<()> {
    use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
    let crds: Api<CustomResourceDefinition> = Api::all(client().await?);
    for ours in api::all_crds() {
        let name = ours.metadata.name.clone().context("a name")?;
        let stored = crds.get(&name).await?;
        let versions = |crd: &CustomResourceDefinition| {
            crd.spec.versions.iter().map(|version| version.schema.clone()).collect::<Vec<_>>()
        };
        assert_eq!(versions(&stored), versions(&ours), "{name}");
        let conditions = stored.status.and_then(|status| status.conditions).unwrap_or_default();
        for (kind, expected) in [("Established", "True"), ("NonStructuralSchema", "")] {
            let status = conditions.iter().find(|condition| condition.type_ == kind);
            assert_eq!(status.map_or("", |condition| condition.status.as_str()), expected, "{name} {kind}");
        }
    }
    Ok(())
}
