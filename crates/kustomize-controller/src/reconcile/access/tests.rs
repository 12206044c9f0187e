//! How the cluster of a spec is found, in Flux's words where it is not (contracts/kustomize-controller.md 19).

use super::find;
use crate::references::{Reference, ReferenceKind, References, Version};
use crate::samples::{Clouds, Fixture, Reply};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube::core::ObjectMeta;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

const CANARY: &str = "canary";

fn kubeconfig(user: &str) -> String {
    format!(
        "current-context: x\ncontexts: [{{name: x, context: {{cluster: c, user: u}}}}]\nclusters: [{{name: c, cluster: {{server: 'https://h'}}}}]\nusers: [{{name: u, user: {user}}}]\n"
    )
}

async fn of_secret(key: Option<&str>, data: &[(&str, &str)]) -> Fixture {
    cluster::install_crypto();
    let mut reference = json!({"name": "s"});
    if let Some(key) = key {
        reference["key"] = key.into();
    }
    let fixture = Fixture::with_spec(json!({"kubeConfig": {"secretRef": reference}})).await;
    let data: Value = data
        .iter()
        .map(|(key, text)| ((*key).to_owned(), STANDARD.encode(text).into()))
        .collect::<serde_json::Map<_, _>>()
        .into();
    fixture.script.on(move |sent| {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "data": data,
            "metadata": {"name": "s", "namespace": "ns", "uid": "u", "resourceVersion": "7"}});
        sent.is("get ns/secrets/s").then(|| Reply::ok(secret)).flatten()
    });
    fixture
}

async fn of_config_map(data: Value) -> Fixture {
    cluster::install_crypto();
    let fixture = Fixture::with_spec(json!({"kubeConfig": {"configMapRef": {"name": "c"}}})).await;
    fixture.script.on(move |sent| {
        let config_map = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": data,
            "metadata": {"name": "c", "namespace": "ns", "uid": "u", "resourceVersion": "7"}});
        sent.is("get ns/configmaps/c").then(|| Reply::ok(config_map)).flatten()
    });
    fixture
}

/// The text, and whether it is certain.
async fn lost(fixture: &Fixture) -> (String, bool) {
    let lost = find(&fixture.ctx, &fixture.key, &fixture.object.spec).await.err().expect("lost");
    assert!(!lost.text.contains(CANARY), "{}", lost.text);
    let fault = lost.fault();
    assert_eq!(fault.message, lost.text);
    assert_eq!(fault.event, Some(format!("failed to build kube client: {}", lost.text)));
    (lost.text, lost.certain)
}

fn certainly(text: &str) -> (String, bool) {
    (text.to_owned(), true)
}

#[tokio::test]
async fn the_own_cluster_is_asked_nothing_about() {
    let fixture = Fixture::with_spec(json!({"serviceAccountName": "a"})).await;
    let found = find(&fixture.ctx, &fixture.key, &fixture.object.spec).await.unwrap();
    assert!(found.id().is_local());
    assert_eq!(fixture.requests(), "");
}

#[tokio::test]
async fn a_secret_s_key() {
    let text = kubeconfig("{token: canary}");
    for (key, data) in [
        (None, vec![("value", text.as_str()), ("value.yaml", "x")]),
        (None, vec![("value.yaml", text.as_str())]),
        (Some(""), vec![("value", text.as_str())]),
        (Some("mine"), vec![("mine", text.as_str()), ("value", "x")]),
    ] {
        let fixture = of_secret(key, &data).await;
        assert!(!find(&fixture.ctx, &fixture.key, &fixture.object.spec).await.unwrap().id().is_local());
    }
    let fixture = of_secret(None, &[("other", "canary")]).await;
    assert_eq!(
        lost(&fixture).await,
        certainly("KubeConfig secret 'ns/s' does not contain a 'value' key with a kubeconfig")
    );
    let fixture = of_secret(Some("mine"), &[("value", &text)]).await;
    assert_eq!(
        lost(&fixture).await,
        certainly("KubeConfig secret 'ns/s' does not contain a 'mine' key with a kubeconfig")
    );
}

#[tokio::test]
async fn a_secret_that_is_not_there_or_is_none() {
    cluster::install_crypto();
    let fixture = Fixture::with_spec(json!({"kubeConfig": {"secretRef": {"name": "x"}}})).await;
    let absent = "unable to read KubeConfig secret 'ns/x' error: secrets \"x\" not found";
    assert_eq!(lost(&fixture).await, certainly(absent));
    fixture
        .script
        .on(|sent| sent.is("get ns/secrets/x").then(|| Reply::refused(500, "InternalError", "oh")).flatten());
    let (text, certain) = lost(&fixture).await;
    assert_eq!((text.as_str(), certain), ("unable to read KubeConfig secret 'ns/x' error: oh", false));
    let fixture = of_secret(None, &[("value", &kubeconfig("{tokenFile: /canary}"))]).await;
    assert_eq!(
        lost(&fixture).await,
        certainly(
            "invalid KubeConfig in secret 'ns/s': user 'u' references a tokenFile, only an inline token is supported"
        )
    );
}

/// What is no name would be another path.
#[tokio::test]
async fn names_stay_names() {
    for spec in [
        json!({"kubeConfig": {"secretRef": {"name": "../../configmaps/x"}}}),
        json!({"kubeConfig": {"configMapRef": {"name": "a/b"}}}),
    ] {
        let fixture = Fixture::with_spec(spec).await;
        assert!(lost(&fixture).await.1);
        assert_eq!(fixture.requests(), "");
    }
}

#[tokio::test]
async fn a_config_map_in_flux_s_words() {
    cluster::install_crypto();
    let fixture = Fixture::with_spec(json!({"kubeConfig": {"configMapRef": {"name": "x"}}})).await;
    assert_eq!(lost(&fixture).await, certainly("failed to get configmap ns/x: configmaps \"x\" not found"));
    for (data, text) in [
        (json!({}), "provider '' not implemented"),
        (json!({"provider": "nope"}), "provider 'nope' not implemented"),
    ] {
        assert_eq!(lost(&of_config_map(data).await).await, certainly(text));
    }
    let own = lost(&of_config_map(json!({"provider": "generic"})).await).await;
    assert!(
        own.0.starts_with("failed to get access token for cluster: failed to create provider access token for the controller: failed to read service account token file /var/run/secrets/kubernetes.io/serviceaccount/token: open "),
        "{}", own.0
    );
}

/// A missing account is told first, then the gate, then what is wrong with the address.
#[tokio::test]
async fn a_config_map_s_account() {
    let data = json!({"provider": "generic", "serviceAccountName": "x", "address": ""});
    let mut fixture = of_config_map(data).await;
    let missing = "failed to get access token for cluster: failed to get service account 'ns/x': ServiceAccount \"x\" not found";
    assert_eq!(lost(&fixture).await.0, missing);
    fixture.script.on(|sent| {
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "x", "namespace": "ns", "uid": "u"}});
        sent.is("get ns/serviceaccounts/x").then(|| Reply::ok(account)).flatten()
    });
    assert_eq!(
        lost(&fixture).await,
        certainly(
            "failed to get access token for cluster: ObjectLevelWorkloadIdentity feature gate is not enabled"
        )
    );
    fixture.ctx.options.object_identity = true;
    fixture.script.on(|sent| {
        let token = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": {}, "spec": {"audiences": []},
            "status": {"token": "canary", "expirationTimestamp": "2099-01-01T00:00:00Z"}});
        sent.path.ends_with("serviceaccounts/x/token").then(|| Reply::ok(token)).flatten()
    });
    assert_eq!(lost(&fixture).await, certainly("cluster address is required to create a REST config"));
}

#[tokio::test]
async fn a_default_account_that_is_missing_is_not_the_tenant_s_fault() {
    let mut fixture = of_config_map(json!({"provider": "generic"})).await;
    fixture.ctx.options.default_kubeconfig_service_account = "tenant".to_owned();
    let (text, _) = lost(&fixture).await;
    assert!(text.starts_with("failed to get access token for cluster: failed to get service account 'ns/tenant': the specified default service account does not exist"), "{text}");
}

/// Somebody's authority, whose key nobody has.
const AUTHORITY: &str = "-----BEGIN CERTIFICATE-----
MIIBdjCCARugAwIBAgIUZoaldRqgQRBDWzzQvq04xZeUZ7wwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMzAxNDI4MDdaGA8yMTI2MTEwNjE0Mjgw
N1owDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABHPe
Ar+br4qJ6vf4YpqmTcGORX1Qd37hQgfwaePc2Gv03OnkstZ5BAxInRoN6GElQc6v
IeJOlZP9OzKNGdnallCjUzBRMB0GA1UdDgQWBBQTTFp0zrYgv+cuh/Xfc2mifWrH
ZTAfBgNVHSMEGDAWgBQTTFp0zrYgv+cuh/Xfc2mifWrHZTAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0kAMEYCIQCoVNubePqZZeRU6+AwVXMH1GaHjDaTUeb6
NlIE1puV7wIhANoOeBxhi9ISi/f/4LvWPI5Fv2gNF9/1eH31XKHBJaQO
-----END CERTIFICATE-----
";

const EKS: &str = "arn:aws:eks:eu-west-1:1:cluster/";

async fn of_eks(mut data: Value, annotations: Value) -> (Fixture, Arc<Clouds>) {
    data["provider"] = "aws".into();
    let mut fixture = of_config_map(data).await;
    let clouds = Arc::new(Clouds::default());
    fixture.under(&clouds);
    fixture.ctx.options.object_identity = true;
    fixture.has_account("reacher", annotations, CANARY);
    (fixture, clouds)
}

#[tokio::test]
async fn a_cluster_of_a_cloud_in_flux_s_words() {
    let role = json!({"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/r"});
    for (data, annotations, text) in [
        (
            json!({"cluster": "there"}),
            json!({}),
            "invalid EKS cluster ARN: 'there'. must match ^arn:aws[\\w-]*:eks:([^:]{1,100}):[0-9]{1,30}:cluster/(.{1,200})$",
        ),
        (
            json!({"cluster": format!("{EKS}there"), "serviceAccountName": "other"}),
            json!({}),
            "failed to get access token for cluster: failed to get service account 'ns/other': ServiceAccount \"other\" not found",
        ),
        (
            json!({"cluster": format!("{EKS}there"), "serviceAccountName": "reacher"}),
            json!({"eks.amazonaws.com/role-arn": "r"}),
            "failed to get access token for cluster: failed to get provider identity from service account 'ns/reacher' annotations: \
             invalid eks.amazonaws.com/role-arn annotation: 'r'. must match ^arn:aws[\\w-]*:iam::[0-9]{1,30}:role/(.{1,200})$",
        ),
        (
            json!({"cluster": format!("{EKS}there")}),
            json!({}),
            "failed to get access token for cluster: failed to create provider access token for the controller: the environment \
             of the controller names no AWS credentials, and the metadata service is disabled",
        ),
        (
            json!({"cluster": format!("{EKS}hidden"), "serviceAccountName": "reacher"}),
            role.clone(),
            "failed to describe EKS cluster: EKS answered 403 AccessDeniedException",
        ),
        (
            json!({"cluster": format!("{EKS}away"), "serviceAccountName": "reacher"}),
            role.clone(),
            "EKS cannot be reached: refused",
        ),
        (
            json!({"cluster": format!("{EKS}there"), "serviceAccountName": "reacher"}),
            role.clone(),
            "unable to load root certificates: unable to parse bytes as PEM block",
        ),
    ] {
        let (fixture, _) = of_eks(data, annotations).await;
        let (said, certain) = lost(&fixture).await;
        assert_eq!(said, text);
        assert_eq!(certain, !text.contains("cannot be reached") && !text.contains("not found"), "{text}");
    }
}

#[tokio::test]
async fn a_cluster_of_a_cloud_is_found_without_asking_where_it_is() {
    let data = json!({"cluster": format!("{EKS}there"), "serviceAccountName": "reacher", "address": "https://h", "ca.crt": AUTHORITY});
    let role = json!({"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/r"});
    let (fixture, clouds) = of_eks(data, role).await;
    let found = find(&fixture.ctx, &fixture.key, &fixture.object.spec).await.unwrap();
    assert!(!found.id().is_local());
    let asked = clouds.take();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(
        asked[0].starts_with("POST https://sts.eu-west-1.amazonaws.com/ Action=AssumeRoleWithWebIdentity&")
    );
}

/// A tenant writes the address down; the controller's token would open all of the cloud.
#[tokio::test]
async fn the_controller_s_token_of_google_goes_to_google_s_clusters_alone() {
    let of = |address: &str| json!({"provider": "gcp", "cluster": "projects/p/locations/l/clusters/c", "address": address, "ca.crt": AUTHORITY});
    let mut fixture = of_config_map(of("https://evil.example")).await;
    let clouds = Arc::new(Clouds::default());
    fixture.under(&clouds);
    assert_eq!(
        lost(&fixture).await,
        certainly("GKE endpoint '34.1.2.3' does not match specified address 'https://evil.example'")
    );
    for address in ["34.1.2.3", "https://34.1.2.3:443", ""] {
        let mut fixture = of_config_map(of(address)).await;
        fixture.under(&clouds);
        assert!(find(&fixture.ctx, &fixture.key, &fixture.object.spec).await.is_ok(), "{address}");
    }
}

/// So would an EKS token of the controller's open every cluster that trusts its role.
#[tokio::test]
async fn the_controller_s_token_of_aws_goes_to_the_named_cluster_alone() {
    let clouds = Arc::new(Clouds::with_aws());
    for (address, text) in [
        (
            "https://evil.example",
            Some("EKS endpoint 'https://there.eks' does not match specified address 'https://evil.example'"),
        ),
        ("https://there.eks", None),
    ] {
        let data = json!({"provider": "aws", "cluster": format!("{EKS}there"), "address": address, "ca.crt": AUTHORITY});
        let mut fixture = of_config_map(data).await;
        fixture.under(&clouds);
        match text {
            Some(text) => assert_eq!(lost(&fixture).await, certainly(text)),
            None => assert!(find(&fixture.ctx, &fixture.key, &fixture.object.spec).await.is_ok()),
        }
    }
}

/// A cluster may get another address; and a cloud that is away for a while takes nothing away.
#[tokio::test(start_paused = true)]
async fn where_a_cluster_is_is_asked_for_again() {
    let data =
        json!({"cluster": format!("{EKS}there"), "serviceAccountName": "reacher", "ca.crt": AUTHORITY});
    let role = json!({"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/r"});
    let (mut fixture, clouds) = of_eks(data, role).await;
    // What would watch has ended already; this test says what is there.
    let ended = CancellationToken::new();
    ended.cancel();
    fixture.ctx.references = References::new(Some(fixture.ctx.client.clone()), ended);
    let found = async || find(&fixture.ctx, &fixture.key, &fixture.object.spec).await.unwrap();
    let described = || clouds.take().iter().filter(|asked| asked.ends_with("/clusters/there")).count();
    let first = found().await;
    assert_eq!(described(), 1);
    let map = Reference { kind: ReferenceKind::ConfigMap, namespace: "ns".to_owned(), name: "c".to_owned() };
    let (uid, resource_version) = (Some("u".to_owned()), Some("7".to_owned()));
    let version = Version::of(&ObjectMeta { uid, resource_version, ..ObjectMeta::default() });
    fixture.ctx.references.observe(&map, Some(version));
    assert!(Arc::ptr_eq(&first, &found().await));
    assert_eq!(described(), 0, "it is known");
    tokio::time::advance(super::TOLD).await;
    clouds.be_away(true);
    for asked in [1, 0] {
        assert!(Arc::ptr_eq(&first, &found().await));
        assert_eq!(described(), asked);
    }
    tokio::time::advance(super::POSTPONED).await;
    clouds.be_away(false);
    for asked in [1, 0] {
        assert!(Arc::ptr_eq(&first, &found().await), "it is where it was");
        assert_eq!(described(), asked);
    }
}
