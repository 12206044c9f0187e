//! `spec.decryption.serviceAccountName`: a token that the real API server issues for the account reaches a security token
//! service, and what that gives for it opens a data key (contracts/kustomize-controller.md 9).

use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec};
use kube::api::{Api, PostParams};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::rig::{Rig, condition};

const ENCRYPTED: &str = include_str!("../../../../crates/sops/tests/vectors/encrypted/key-kms.yaml");
const ROLE: &str = "arn:aws:iam::123456789012:role/decrypter";

/// STS and KMS in one: it gives keys for tokens, and turns data keys round for whoever has those.
#[derive(Clone, Default)]
struct Amazon {
    /// What came to STS: the role, and the token.
    exchanged: Arc<Mutex<Vec<(String, String)>>>,
    decrypted: Arc<Mutex<usize>>,
    /// It takes nobody's token.
    refuses: Arc<Mutex<bool>>,
}

fn field(body: &str, name: &str) -> String {
    let found = body.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap_or_default();
    found.replace("%3A", ":").replace("%2F", "/")
}

async fn serve(State(amazon): State<Amazon>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let body = String::from_utf8_lossy(&body).into_owned();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if field(&body, "Action") == "AssumeRoleWithWebIdentity" {
        amazon.exchanged.lock().push((field(&body, "RoleArn"), field(&body, "WebIdentityToken")));
        if *amazon.refuses.lock() {
            return (StatusCode::FORBIDDEN, "<Error><Code>AccessDenied</Code></Error>".to_owned());
        }
        let xml = "<AccessKeyId>ASIAISSUED</AccessKeyId><SecretAccessKey>issued-secret</SecretAccessKey>\
                   <SessionToken>issued-session</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>";
        return (StatusCode::OK, xml.to_owned());
    }
    let credentials = (header("authorization"), header("x-amz-security-token"));
    let known = credentials.0.contains("Credential=ASIAISSUED/") && credentials.1 == "issued-session";
    if header("x-amz-target") != "TrentService.Decrypt" || !known {
        return (StatusCode::BAD_REQUEST, json!({"__type": "UnrecognizedClientException"}).to_string());
    }
    *amazon.decrypted.lock() += 1;
    let body: Value = serde_json::from_str(&body).unwrap_or_default();
    let mut key = STANDARD.decode(body["CiphertextBlob"].as_str().unwrap_or_default()).unwrap_or_default();
    key.reverse();
    (StatusCode::OK, json!({"Plaintext": STANDARD.encode(key)}).to_string())
}

/// What Ready says; what sops' table breaks into lines is put together again.
fn message(state: &Value) -> String {
    condition(state, "Ready")["message"].as_str().unwrap_or_default().replace("\n      | ", " ")
}

#[tokio::test]
async fn a_token_of_the_named_account_opens_a_data_key() -> Result<()> {
    let gate = "--feature-gates=ObjectLevelWorkloadIdentity=true";
    let mut rig = Rig::without_controller("sops-account", &[gate]).await?;
    let ns = rig.namespace().to_owned();
    let amazon = Amazon::default();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    rig.surround("AWS_ENDPOINT_URL", &format!("http://{}", listener.local_addr()?));
    let routes = Router::new().route("/", post(serve)).with_state(amazon.clone());
    let server = tokio::spawn(async move { axum::serve(listener, routes).await });
    rig.start_controller().await?;

    let kustomization = "generatorOptions: {disableNameSuffixHash: true}\n\
                         secretGenerator:\n- {name: login, files: [login.yaml]}\n";
    let files = format!("-- kustomization.yaml --\n{kustomization}-- login.yaml --\n{ENCRYPTED}");
    let revision = rig.publish(&files).await?;
    let spec = json!({"targetNamespace": ns, "retryInterval": "1s",
        "decryption": {"provider": "sops", "serviceAccountName": "decrypter"}});
    rig.kustomization("app", spec).await?;
    let says = async |text: &str| rig.until("app", text, |state| message(state).contains(text)).await;

    // What is missing is named, one after the other, and nobody is asked before.
    says(&format!("failed to get service account '{ns}/decrypter': ServiceAccount \"decrypter\" not found"))
        .await?;
    let account = |annotations: Value| {
        json!({"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "decrypter", "namespace": ns, "annotations": annotations}})
    };
    rig.apply(account(json!({}))).await?;
    says(&format!(
        "failed to get provider identity from service account '{ns}/decrypter' annotations: invalid \
         eks.amazonaws.com/role-arn annotation: ''"
    ))
    .await?;
    assert!(amazon.exchanged.lock().is_empty());

    *amazon.refuses.lock() = true;
    rig.apply(account(json!({"eks.amazonaws.com/role-arn": ROLE}))).await?;
    let refused = format!(
        "failed to create provider access token for service account '{ns}/decrypter': failed to assume role: AWS STS \
         answered 403 AccessDenied"
    );
    let state = says(&refused).await?;
    assert_eq!(condition(&state, "Ready")["reason"], "BuildFailed");
    let token = amazon.exchanged.lock()[0].1.clone();
    rig.ns.canaries().add("the token", &token);
    assert!(!message(&state).contains(&token));

    *amazon.refuses.lock() = false;
    rig.ready("app", &revision).await?;
    let secret = rig.get("v1", "Secret", "login").await?.unwrap();
    let text = STANDARD.decode(secret["data"]["login.yaml"].as_str().unwrap_or_default())?;
    assert!(String::from_utf8(text)?.starts_with("user: admin\n"));

    // The API server itself says whose token it is, and for whom.
    let (role, token) = amazon.exchanged.lock().last().cloned().unwrap();
    assert_eq!(role, ROLE);
    let reviews: Api<TokenReview> = Api::all(rig.client.clone());
    let review = async |audience: &str| -> Result<_> {
        let spec = TokenReviewSpec { audiences: Some(vec![audience.to_owned()]), token: token.clone() };
        let review = TokenReview { spec, ..TokenReview::default() };
        Ok(reviews.create(&PostParams::default(), &review).await?.status.unwrap_or_default())
    };
    let known = review("sts.amazonaws.com").await?;
    assert_eq!(known.authenticated, Some(true), "{known:?}");
    let user = known.user.and_then(|user| user.username);
    assert_eq!(user, Some(format!("system:serviceaccount:{ns}:decrypter")));
    assert_ne!(review("https://kubernetes.default.svc").await?.authenticated, Some(true));

    // What STS gave is kept: another build asks for no token.
    let exchanged = amazon.exchanged.lock().len();
    let decrypted = *amazon.decrypted.lock();
    let revision = rig
        .publish(
            &format!("{files}-- more.txt --\nx\n")
                .replace("generatorOptions:", "namePrefix: my-\ngeneratorOptions:"),
        )
        .await?;
    rig.ready("app", &revision).await?;
    assert!(rig.get("v1", "Secret", "my-login").await?.is_some());
    assert!(*amazon.decrypted.lock() > decrypted);
    assert_eq!(amazon.exchanged.lock().len(), exchanged);
    server.abort();
    Ok(())
}

/// Without the gate nothing is tried (contract 5.6).
#[tokio::test]
async fn an_account_needs_the_gate() -> Result<()> {
    let rig = Rig::start("sops-gate").await?;
    rig.publish("-- kustomization.yaml --\nresources: []\n").await?;
    let spec = json!({"decryption": {"provider": "sops", "serviceAccountName": "decrypter"}});
    rig.kustomization("app", spec).await?;
    let state = rig.failed("app", "FeatureGateDisabled").await?;
    let text = "to use spec.decryption.serviceAccountName for decryption authentication please enable the \
                ObjectLevelWorkloadIdentity feature gate in the controller";
    assert_eq!(message(&state), text);
    let stalled = condition(&state, "Stalled");
    assert_eq!((&stalled["status"], &stalled["reason"]), (&json!("True"), &json!("FeatureGateDisabled")));
    rig.event("app", "the same", |reason, event| reason == "FeatureGateDisabled" && event == text).await?;
    Ok(())
}
