//! Whose credentials key services are asked with, and what is said when there are none
//! (contracts/kustomize-controller.md 9).

use super::Identities;
use crate::samples::{Clouds, Fixture, Reply};
use serde_json::{Value, json};
use sops::Blame;
use sops::remote::Identities as _;
use std::sync::Arc;

const CANARY: &str = "canary";

async fn fixture(annotations: Value, config: Option<Value>) -> (Fixture, Arc<Clouds>) {
    let mut fixture = Fixture::new(&json!({})).await;
    let clouds = Arc::new(Clouds::default());
    fixture.under(&clouds);
    fixture.ctx.options.object_identity = true;
    fixture.has_account("kms", annotations, CANARY);
    if let Some(data) = config {
        fixture.ctx.options.sops.vault_configmap = "vaults".to_owned();
        fixture.ctx.options.sops.runtime_namespace = "flux".to_owned();
        fixture.script.on(move |sent| {
            let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": data, "metadata": {"name": "vaults", "namespace": "flux"}});
            sent.is("get flux/configmaps/vaults").then(|| Reply::ok(map)).flatten()
        });
    }
    (fixture, clouds)
}

fn role() -> Value {
    json!({"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/r"})
}

#[tokio::test]
async fn the_account_s_token_is_exchanged_once_for_all_builds() {
    let (fixture, clouds) = fixture(role(), None).await;
    for _ in 0..2 {
        let identities = Identities::new(&fixture.ctx, "ns", Some("kms"));
        assert_eq!(identities.aws("eu-west-1").await.unwrap().access_key_id, "ASIA");
    }
    let asked = clouds.take();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(
        asked[0].starts_with("POST https://sts.eu-west-1.amazonaws.com/ Action=AssumeRoleWithWebIdentity&")
    );
    assert!(asked[0].ends_with(&format!("WebIdentityToken={CANARY}")), "{asked:?}");
    let requests = fixture.requests();
    assert_eq!(requests.matches("serviceaccounts/kms/token").count(), 1, "{requests}");
}

async fn said(fixture: &Fixture, account: Option<&str>) -> (String, Blame) {
    let error = Identities::new(&fixture.ctx, "ns", account).aws("eu-west-1").await.unwrap_err();
    assert!(!format!("{error:?}").contains(CANARY));
    (error.to_string(), error.blame())
}

#[tokio::test]
async fn in_flux_s_words_where_there_is_none() {
    let (mut fixture, clouds) = fixture(json!({}), None).await;
    assert_eq!(
        said(&fixture, Some("other")).await,
        (
            "failed to get service account 'ns/other': ServiceAccount \"other\" not found".to_owned(),
            Blame::Service
        )
    );
    assert_eq!(
        said(&fixture, Some("kms")).await,
        (
            "failed to get provider identity from service account 'ns/kms' annotations: invalid eks.amazonaws.com/role-arn annotation: \
             ''. must match ^arn:aws[\\w-]*:iam::[0-9]{1,30}:role/(.{1,200})$"
                .to_owned(),
            Blame::Keys
        )
    );
    assert_eq!(
        said(&fixture, None).await,
        (
            "failed to create provider access token for the controller: the environment of the controller names no AWS \
             credentials, and the metadata service is disabled"
                .to_owned(),
            Blame::Keys
        )
    );
    assert!(said(&fixture, Some("../x")).await.0.contains("not found"));
    fixture.ctx.options.object_identity = false;
    assert_eq!(
        said(&fixture, Some("kms")).await.0,
        "ObjectLevelWorkloadIdentity feature gate is not enabled"
    );
    assert!(clouds.take().is_empty());
}

#[tokio::test]
async fn a_token_that_is_not_issued() {
    let (fixture, _) = fixture(role(), None).await;
    fixture.script.on(|sent| {
        sent.path
            .ends_with("serviceaccounts/kms/token")
            .then(|| Reply::refused(403, "Forbidden", "may not"))
            .flatten()
    });
    assert_eq!(
        said(&fixture, Some("kms")).await,
        (
            "failed to create kubernetes token for service account 'ns/kms': may not".to_owned(),
            Blame::Service
        )
    );
}

const VAULT: &str = "https://vault.example:8200";

#[tokio::test]
async fn vault_is_logged_in_to_where_the_operator_says() {
    let config = format!("instances:\n- address: {VAULT}\n  loginPath: auth/kubernetes/login\n");
    let (fixture, clouds) = fixture(json!({}), Some(json!({"config.yaml": config}))).await;
    for _ in 0..2 {
        let identities = Identities::new(&fixture.ctx, "ns", Some("kms"));
        assert_eq!(identities.vault(VAULT).await.unwrap().as_str(), "s.vault");
    }
    assert_eq!(
        clouds.take(),
        [format!("PUT {VAULT}/v1/auth/kubernetes/login {}", json!({"role": "ns_kms", "jwt": CANARY}))]
    );
    let identities = Identities::new(&fixture.ctx, "ns", Some("kms"));
    let error = identities.vault("https://evil.example").await.unwrap_err().to_string();
    assert_eq!(
        error,
        "no Vault login path configured for address 'https://evil.example' in ConfigMap 'flux/vaults'"
    );
    assert!(clouds.take().is_empty(), "no token went elsewhere");
}

#[tokio::test]
async fn vault_is_logged_in_to_where_the_account_says() {
    let annotations = json!({
        "transit-engine.auth.fluxcd.io/login-path": "auth/jwt/login", "transit-engine.auth.fluxcd.io/role": "reader",
    });
    let (fixture, clouds) = fixture(annotations.clone(), None).await;
    let identities = Identities::new(&fixture.ctx, "ns", Some("kms"));
    identities.vault(VAULT).await.unwrap();
    assert_eq!(
        clouds.take(),
        [format!("PUT {VAULT}/v1/auth/jwt/login {}", json!({"role": "reader", "jwt": CANARY}))]
    );
    // The operator's list holds all the same.
    let (fixture, clouds) = self::fixture(annotations, Some(json!({"config.yaml": "instances: []"}))).await;
    let identities = Identities::new(&fixture.ctx, "ns", Some("kms"));
    let error = identities.vault(VAULT).await.unwrap_err().to_string();
    assert!(error.starts_with("no Vault login path configured"), "{error}");
    assert!(clouds.take().is_empty());
}

#[tokio::test]
async fn what_is_wrong_with_the_operator_s_list() {
    for (data, text) in [
        (json!({}), "Vault ConfigMap 'flux/vaults' is missing the 'config.yaml' key"),
        (
            json!({"config.yaml": "instances: no"}),
            "failed to parse 'config.yaml' in Vault ConfigMap 'flux/vaults': it is no YAML with a list of instances",
        ),
    ] {
        let (fixture, _) = fixture(json!({}), Some(data)).await;
        let identities = Identities::new(&fixture.ctx, "ns", Some("kms"));
        assert_eq!(identities.vault(VAULT).await.unwrap_err().to_string(), text);
    }
    let (fixture, _) = fixture(json!({}), None).await;
    for account in [None, Some("kms")] {
        let identities = Identities::new(&fixture.ctx, "ns", account);
        assert_eq!(identities.vault(VAULT).await.unwrap_err().to_string(), "no credentials for Vault");
    }
}
