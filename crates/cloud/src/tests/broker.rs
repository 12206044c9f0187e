//! The whole way from an account, or the machine, to credentials.

use std::sync::Arc;

use super::{CANARY, Given, Issuer, Recorded, account, answer, at, field, header};
use crate::{Account, Cloud, Error, Who, aws};

fn cloud(exchange: &Arc<Recorded>, machine: Given) -> Cloud {
    Cloud::new(Arc::clone(exchange) as _, Arc::new(machine))
}

fn who<'a>(account: &'a Account, tokens: &'a Issuer) -> Who<'a> {
    Who::Account { account, tokens, audiences: &[] }
}

/// An answer of STS, as its documentation has it.
fn assumed(ends: &str) -> String {
    format!(
        "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleWithWebIdentityResult>\
         <SubjectFromWebIdentityToken>system:serviceaccount:apps:kms</SubjectFromWebIdentityToken><Credentials>\
         <SessionToken>AQoDYXdz</SessionToken><SecretAccessKey>wJalr</SecretAccessKey><Expiration>{ends}</Expiration>\
         <AccessKeyId>ASgeIAIOSFODNN7EXAMPLE</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResult>\
         </AssumeRoleWithWebIdentityResponse>"
    )
}

#[tokio::test]
async fn an_account_takes_on_its_role_once() {
    let role = "arn:aws:iam::123456789012:role/kms";
    let (account, tokens) = (account(&[("eks.amazonaws.com/role-arn", role)]), Issuer::default());
    let exchange = Arc::new(Recorded::new([
        answer(200, &assumed("2026-11-30T13:00:00Z")),
        answer(200, &assumed("2026-11-30T13:00:00Z")),
        answer(200, &assumed("2026-11-30T14:00:00Z")),
    ]));
    let cloud = cloud(&exchange, Given::default());
    for _ in 0..2 {
        let found = cloud.aws(who(&account, &tokens), "eu-west-1").await.unwrap();
        assert_eq!(found.access_key_id, "ASgeIAIOSFODNN7EXAMPLE");
        assert_eq!(found.session_token.as_deref().map(String::as_str), Some("AQoDYXdz"));
    }
    assert_eq!(*tokens.0.lock().unwrap(), ["sts.amazonaws.com"]);
    let request = exchange.request(0);
    assert_eq!(request.url, "https://sts.eu-west-1.amazonaws.com/");
    for (name, value) in [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("RoleArn", role),
        ("RoleSessionName", "kms.apps.eu-west-1.fluxcd.io"),
        ("Version", "2011-06-15"),
        ("WebIdentityToken", CANARY),
    ] {
        assert_eq!(field(&request, name), value);
    }
    // Another region is another question; so is the time when most of the life is over.
    cloud.aws(who(&account, &tokens), "us-east-1").await.unwrap();
    *exchange.now.lock().unwrap() = Some(at("2026-11-30T12:48:00Z"));
    cloud.aws(who(&account, &tokens), "eu-west-1").await.unwrap();
    assert_eq!(exchange.asked().len(), 3);
    assert!(!format!("{cloud:?} {account:?}").contains("AQoDYXdz"));
}

#[tokio::test]
async fn what_sts_says_no_to() {
    let role = ("eks.amazonaws.com/role-arn", "arn:aws:iam::1:role/r");
    let (good, tokens) = (account(&[role]), Issuer::default());
    let xml = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>Not authorized {CANARY}</Message></Error></ErrorResponse>"
    );
    let exchange = Arc::new(Recorded::new([answer(403, &xml), answer(200, "<html>"), answer(503, "")]));
    let cloud = cloud(&exchange, Given::default());
    let mut said = Vec::new();
    for _ in 0..4 {
        let error = cloud.aws(who(&good, &tokens), "eu-west-1").await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains(CANARY));
        said.push((error.to_string(), error.is_passing()));
        // The next one comes later.
        let now = exchange.now.lock().unwrap().unwrap_or_else(|| at(super::TIME));
        *exchange.now.lock().unwrap() = Some(now + jiff::SignedDuration::from_secs(1));
    }
    let expected = [
        ("failed to assume role: AWS STS answered 403 AccessDenied", false),
        ("the answer of AWS STS is not in its form", true),
        ("failed to assume role: AWS STS answered 503", true),
        ("AWS STS cannot be reached: connection refused", true),
    ];
    assert_eq!(said, expected.map(|(text, passing)| (text.to_owned(), passing)));
    // Nothing is asked for an account that has no role, or in a place that is no region.
    let before = tokens.0.lock().unwrap().len();
    assert!(cloud.aws(who(&account(&[]), &tokens), "eu-west-1").await.is_err());
    assert!(cloud.aws(who(&good, &tokens), "evil.com/").await.is_err());
    assert_eq!((tokens.0.lock().unwrap().len(), exchange.asked().len()), (before, 4));
}

/// Who names a private endpoint wants nothing to go to the public one.
#[test]
fn an_endpoint_that_is_none_is_refused() {
    let of = |name: &'static str, value: &'static str| aws::own_endpoint(&Given::of(&[(name, value)]), "sts");
    assert_eq!(
        of("AWS_ENDPOINT_URL_STS", "https://sts.internal"),
        Ok(Some("https://sts.internal".to_owned()))
    );
    for name in ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"] {
        let said = format!("{name} is no http or https URL");
        assert_eq!(of(name, "sts.internal:443"), Err(Error::Settings(said)));
    }
}

#[test]
fn names_of_errors_of_aws() {
    for (answer, name) in [
        (serde_json::json!({"__type": "com.amazon#AccessDenied", "code": "other"}), Some("AccessDenied")),
        (serde_json::json!({"code": "NotFound"}), Some("NotFound")),
        (serde_json::json!({"message": "no"}), None),
    ] {
        assert_eq!(aws::error_name(&answer), name);
    }
}

/// AWS says with status 400 that it is asked too often.
#[test]
fn being_asked_too_often_passes() {
    let refused =
        |code: &str| Error::Refused { context: "c", service: "s", status: 400, code: Some(code.to_owned()) };
    assert!(refused("Throttling").is_passing() && refused("IDPCommunicationError").is_passing());
    assert!(!refused("AccessDenied").is_passing());
}

#[tokio::test]
async fn endpoints_of_the_environment() {
    for (variables, url) in [
        (
            vec![("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9"), ("AWS_ENDPOINT_URL", "http://h")],
            "POST http://127.0.0.1:9/",
        ),
        (vec![("AWS_ENDPOINT_URL", "http://127.0.0.1:9/")], "POST http://127.0.0.1:9/"),
        (
            vec![("AWS_ENDPOINT_URL", "http://h"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")],
            "POST https://sts.eu-west-1.amazonaws.com/",
        ),
    ] {
        let (account, tokens) =
            (account(&[("eks.amazonaws.com/role-arn", "arn:aws:iam::1:role/r")]), Issuer::default());
        let exchange = Arc::new(Recorded::default());
        assert!(
            cloud(&exchange, Given::of(&variables)).aws(who(&account, &tokens), "eu-west-1").await.is_err()
        );
        assert_eq!(exchange.asked(), [url]);
    }
}

#[tokio::test]
async fn a_client_of_azure_that_trusts_the_account() {
    let account = account(&[
        ("azure.workload.identity/tenant-id", "ten ant"),
        ("azure.workload.identity/client-id", "c"),
    ]);
    let tokens = Issuer::default();
    let exchange = Arc::new(Recorded::new([
        answer(200, r#"{"token_type": "Bearer", "expires_in": 3599, "access_token": "entra"}"#),
        answer(400, r#"{"error": "invalid_client", "error_description": "AADSTS700213: canary-token"}"#),
    ]));
    let cloud = cloud(&exchange, Given::default());
    let scope = "https://vault.azure.net/.default";
    assert_eq!(cloud.azure(who(&account, &tokens), scope).await.unwrap().as_str(), "entra");
    assert_eq!(*tokens.0.lock().unwrap(), ["api://AzureADTokenExchange"]);
    let request = exchange.request(0);
    assert_eq!(request.url, "https://login.microsoftonline.com/ten%20ant/oauth2/v2.0/token");
    for (name, value) in [
        ("client_assertion", CANARY),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_id", "c"),
        ("grant_type", "client_credentials"),
        ("scope", scope),
    ] {
        assert_eq!(field(&request, name), value);
    }
    let error = cloud.azure(who(&account, &tokens), "other").await.unwrap_err().to_string();
    assert_eq!(error, "failed to get an Azure token: Microsoft Entra ID answered 400 invalid_client");
}

const POOL: &str = "projects/1/locations/global/workloadIdentityPools/p/providers/q";

#[tokio::test]
async fn a_pool_of_google_and_the_account_behind_it() {
    let account = account(&[
        ("gcp.auth.fluxcd.io/workload-identity-provider", POOL),
        ("iam.gke.io/gcp-service-account", "a@p.iam.gserviceaccount.com"),
    ]);
    let tokens = Issuer::default();
    let exchange = Arc::new(Recorded::new([
        answer(200, r#"{"access_token": "federated", "token_type": "Bearer", "expires_in": 3600}"#),
        answer(200, r#"{"accessToken": "ya29.x", "expireTime": "2026-11-30T13:00:00Z"}"#),
    ]));
    let cloud = cloud(&exchange, Given::default());
    for _ in 0..2 {
        assert_eq!(cloud.gcp(who(&account, &tokens)).await.unwrap().as_str(), "ya29.x");
    }
    let audience = format!("//iam.googleapis.com/{POOL}");
    assert_eq!(tokens.0.lock().unwrap().as_slice(), std::slice::from_ref(&audience));
    assert_eq!(
        exchange.asked(),
        [
            "POST https://sts.googleapis.com/v1/token",
            "POST https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a%40p.iam.gserviceaccount.com:generateAccessToken"
        ]
    );
    let request = exchange.request(0);
    assert_eq!((field(&request, "audience"), field(&request, "subject_token").as_str()), (audience, CANARY));
    assert_eq!(field(&request, "subject_token_type"), "urn:ietf:params:oauth:token-type:jwt");
    assert_eq!(header(&exchange.request(1), "authorization"), "Bearer federated");
}

#[tokio::test]
async fn an_account_of_gke() {
    let (account, tokens) = (account(&[]), Issuer::default());
    let exchange = Arc::new(Recorded::new([
        answer(200, "my-project"),
        answer(200, "europe-west4"),
        answer(200, "my-cluster\n"),
        answer(200, r#"{"access_token": "direct", "expires_in": 3600}"#),
    ]));
    let cloud = cloud(&exchange, Given::of(&[("GCE_METADATA_HOST", "127.0.0.1:9")]));
    assert_eq!(cloud.gcp(who(&account, &tokens)).await.unwrap().as_str(), "direct");
    assert_eq!(*tokens.0.lock().unwrap(), ["my-project.svc.id.goog"]);
    assert_eq!(exchange.asked()[0], "GET http://127.0.0.1:9/computeMetadata/v1/project/project-id near");
    assert_eq!(header(&exchange.request(0), "metadata-flavor"), "Google");
    assert_eq!(
        field(&exchange.request(3), "audience"),
        "identitynamespace:my-project.svc.id.goog:https://container.googleapis.com/v1/projects/my-project/locations/europe-west4/clusters/my-cluster"
    );
}

#[tokio::test]
async fn google_s_machine() {
    let token = || answer(200, r#"{"access_token": "own", "expires_in": 3600, "token_type": "Bearer"}"#);
    let exchange = Arc::new(Recorded::new([token()]));
    assert_eq!(cloud(&exchange, Given::default()).gcp(Who::Machine).await.unwrap().as_str(), "own");
    assert_eq!(
        exchange.asked(),
        ["GET http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token near"]
    );
    // The file of a pool: the token of it is in another file.
    let external = r#"{"type": "external_account", "audience": "//iam.googleapis.com/x", "credential_source": {"file": "/token"},
        "service_account_impersonation_url": "https://evil.example/v1/projects/-/serviceAccounts/a@p.iam.gserviceaccount.com:generateAccessToken"}"#;
    let given = Given::of(&[("GOOGLE_APPLICATION_CREDENTIALS", "/adc")])
        .with_file("/adc", external)
        .with_file("/token", "jwt");
    let exchange = Arc::new(Recorded::new([
        token(),
        answer(200, r#"{"accessToken": "a", "expireTime": "2026-11-30T13:00:00Z"}"#),
    ]));
    assert_eq!(cloud(&exchange, given).gcp(Who::Machine).await.unwrap().as_str(), "a");
    assert_eq!(field(&exchange.request(0), "subject_token"), "jwt");
    assert!(
        exchange.asked().iter().all(|asked| !asked.contains("evil")),
        "addresses are Google's: {:?}",
        exchange.asked()
    );
    for (text, said) in [
        ("no", "GOOGLE_APPLICATION_CREDENTIALS names a file that is no JSON"),
        (
            r#"{"type": "external_account"}"#,
            "external accounts of Google Cloud are supported with a JWT as text in a file and Google's own token server only",
        ),
        (
            r#"{"type": "external_account", "audience": "x", "credential_source": {"file": "/t", "format": {"type": "json"}}}"#,
            "external accounts of Google Cloud are supported with a JWT as text in a file and Google's own token server only",
        ),
        (
            r#"{"type": "external_account", "audience": "x", "credential_source": {"file": "/t"}, "token_url": "https://evil.example"}"#,
            "external accounts of Google Cloud are supported with a JWT as text in a file and Google's own token server only",
        ),
        (r#"{"type": "gdch"}"#, "credentials of this type are not supported"),
    ] {
        let given = Given::of(&[("GOOGLE_APPLICATION_CREDENTIALS", "/adc")]).with_file("/adc", text);
        let error = cloud(&Arc::new(Recorded::default()), given).gcp(Who::Machine).await.unwrap_err();
        assert_eq!(error.to_string(), said);
    }
    let given = Given::of(&[("GCE_METADATA_HOST", "h/x?")]);
    assert!(matches!(cloud(&exchange, given).gcp(Who::Machine).await, Err(Error::Address { .. })));
}

#[tokio::test]
async fn audiences_that_are_named() {
    let (account, tokens) =
        (account(&[("eks.amazonaws.com/role-arn", "arn:aws:iam::1:role/r")]), Issuer::default());
    let audiences = ["a".to_owned(), "b".to_owned()];
    let who = Who::Account { account: &account, tokens: &tokens, audiences: &audiences };
    let exchange = Arc::new(Recorded::new([answer(200, &assumed("2026-11-30T13:00:00Z"))]));
    cloud(&exchange, Given::default()).aws(who, "eu-west-1").await.unwrap();
    assert_eq!(*tokens.0.lock().unwrap(), ["a,b"]);
}
