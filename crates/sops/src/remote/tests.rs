//! Tests of requests and answers. Signatures and tokens are `cloud`'s; that credentials of Secrets give them is seen here.

use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use zeroize::Zeroizing;

use cloud::azure::login as azure_login;
use cloud::gcp::login as gcp_login;
use cloud::{Exchange, Request, Response, SendError};

use super::{Identities, NoIdentities, Remote, Settings, aws, azure, gcp, vault};
use crate::{
    AwsCredentials, AwsKmsKey, AzureKey, Blame, GcpKmsKey, KeyError, KeyService as _, Keys, MasterKey,
    VaultKey,
};

const TIME: &str = "2015-08-30T12:36:00Z";
const CREATED: &str = "2020-01-01T00:00:00Z";

fn example() -> AwsCredentials {
    AwsCredentials {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned().into(),
        session_token: None,
    }
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers.iter().find(|(other, _)| *other == name).map_or("", |(_, value)| value.as_str())
}

fn aws_key(arn: &str) -> AwsKmsKey {
    AwsKmsKey {
        arn: arn.to_owned(),
        role: None,
        context: vec![("a".to_owned(), Some("b".to_owned())), ("none".to_owned(), None)],
        profile: None,
        created_at: CREATED.to_owned(),
    }
}

const ARN: &str = "arn:aws:kms:eu-west-1:123456789012:key/abc";

fn json(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

fn answer(status: u16, body: &str) -> Response {
    Response { status, body: Zeroizing::new(body.as_bytes().to_vec()) }
}

#[test]
fn kms_is_asked_with_its_context() {
    let request = aws::decrypt(&aws_key(ARN), b"AQID", None, &example(), TIME.parse().unwrap()).unwrap();
    assert_eq!((request.method, request.url.as_str()), ("POST", "https://kms.eu-west-1.amazonaws.com/"));
    assert_eq!(header(&request, "x-amz-target"), "TrentService.Decrypt");
    assert_eq!(
        json(&request),
        serde_json::json!({"CiphertextBlob": "AQID", "KeyId": ARN, "EncryptionContext": {"a": "b"}})
    );
    assert!(header(&request, "authorization").contains("/eu-west-1/kms/aws4_request"));
    assert_eq!(*aws::read_decrypt(&answer(200, r#"{"KeyId":"x","Plaintext":"AQID"}"#)).unwrap(), [1, 2, 3]);
    let refused = aws::read_decrypt(&answer(
        400,
        r#"{"__type":"com.amazon#AccessDeniedException","message":"secret"}"#,
    ));
    let refused = refused.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "failed to decrypt sops data key with AWS KMS: AWS KMS answered 400 AccessDeniedException"
    );
    assert_eq!(refused.blame(), Blame::Keys);
    assert_eq!(aws::read_decrypt(&answer(503, "busy")).unwrap_err().blame(), Blame::Service);
    assert_eq!(aws::read_decrypt(&answer(200, "{}")), Err(KeyError::Answer("AWS KMS")));
}

#[test]
fn an_arn_names_no_foreign_host() {
    assert_eq!(aws::region("arn:aws-cn:kms:cn-north-1:1:alias/x"), Ok("cn-north-1"));
    for arn in [
        "arn:aws:kms:evil.com/:1:key/x",
        "arn:aws:kms:evil.com#:1:key/x",
        "arn:aws:kms::1:key/x",
        "arn:aws:s3:eu-west-1:1:key/x",
        "arn:aws:kms:eu-west-1:1:key/",
        "arn:aws:kms:eu-west-1:x:key/y",
        "",
    ] {
        assert_eq!(aws::region(arn).unwrap_err().blame(), Blame::File, "{arn}");
    }
}

fn gcp_key(id: &str) -> GcpKmsKey {
    GcpKmsKey { resource_id: id.to_owned(), created_at: CREATED.to_owned() }
}

#[test]
fn google_is_asked_for_a_resource() {
    let id = "projects/p/locations/global/keyRings/r/cryptoKeys/k";
    let request = gcp::decrypt(&gcp_key(id), b"AQID", None, "tok").unwrap();
    assert_eq!(request.url, format!("https://cloudkms.googleapis.com/v1/{id}:decrypt"));
    assert_eq!(header(&request, "authorization"), "Bearer tok");
    assert_eq!(json(&request), serde_json::json!({"ciphertext": "AQID"}));
    for id in [
        "projects/p/locations/l/keyRings/../cryptoKeys/k",
        "x",
        "projects/p/locations/l/keyRings/r/cryptoKeys/k/v",
    ] {
        assert!(gcp::decrypt(&gcp_key(id), b"AQID", None, "t").is_err(), "{id}");
    }
    let odd =
        gcp::decrypt(&gcp_key("projects/a:b?c/locations/l/keyRings/r/cryptoKeys/k"), b"AQID", None, "t")
            .unwrap();
    assert!(odd.url.contains("/projects/a:b%3Fc/"), "{}", odd.url);
    let error = gcp::read_decrypt(&answer(403, r#"{"error":{"status":"PERMISSION_DENIED","message":"m"}}"#))
        .unwrap_err();
    assert!(error.to_string().ends_with("GCP KMS answered 403 PERMISSION_DENIED"), "{error}");
}

fn pem(name: &str, der: &[u8]) -> String {
    format!("-----BEGIN {name}-----\n{}\n-----END {name}-----\n", crate::base64::to_standard(der))
}

/// A throw-away RSA key and its public half.
fn rsa() -> (String, Vec<u8>) {
    use aws_lc_rs::encoding::AsDer as _;
    use aws_lc_rs::signature::KeyPair as _;
    let key = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = key.as_der().unwrap();
    (pem("PRIVATE KEY", der.as_ref()), key.public_key().as_ref().to_vec())
}

fn verified(jwt: &str, public: &[u8], pss: bool) -> (Value, Value) {
    use aws_lc_rs::signature::{
        RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
    };
    let algorithm: &dyn VerificationAlgorithm =
        if pss { &RSA_PSS_2048_8192_SHA256 } else { &RSA_PKCS1_2048_8192_SHA256 };
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    let signature = crate::base64::url(signature).unwrap();
    UnparsedPublicKey::new(algorithm, public).verify(signed.as_bytes(), &signature).unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let value = |text: &str| serde_json::from_slice(&crate::base64::url(text).unwrap()).unwrap();
    (value(header), value(claims))
}

fn field(request: &Request, name: &str) -> String {
    let body = String::from_utf8(request.body.to_vec()).unwrap();
    let field = body.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap();
    percent_encoding::percent_decode_str(field).decode_utf8().unwrap().into_owned()
}

#[test]
fn a_service_account_signs_for_its_token() {
    let (key, public) = rsa();
    let account = serde_json::json!({"type": "service_account", "client_email": "a@b", "private_key": key, "private_key_id": "7"});
    let mut keys = Keys::default();
    keys.import("sops.gcp-kms", account.to_string().as_bytes()).unwrap();
    let request = gcp_login::token(keys.gcp().unwrap(), gcp::SCOPES, TIME.parse().unwrap()).unwrap();
    assert_eq!(request.url, "https://oauth2.googleapis.com/token");
    assert_eq!(field(&request, "grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let (header, claims) = verified(&field(&request, "assertion"), &public, false);
    assert_eq!(header, serde_json::json!({"alg": "RS256", "typ": "JWT", "kid": "7"}));
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&"a@b".into(), &"https://oauth2.googleapis.com/token".into())
    );
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3600);
    let token = gcp_login::read(&answer(200, r#"{"access_token":"t","expires_in":3599}"#)).unwrap();
    assert_eq!((token.token.as_str(), token.valid_seconds), ("t", 3599));
    let error =
        gcp_login::read(&answer(400, r#"{"error":"invalid_grant","error_description":"x"}"#)).unwrap_err();
    assert!(error.to_string().ends_with("answered 400 invalid_grant"), "{error}");
}

fn azure_key(vault: &str) -> AzureKey {
    AzureKey {
        vault_url: vault.to_owned(),
        name: "k".to_owned(),
        version: "v1".to_owned(),
        created_at: CREATED.to_owned(),
    }
}

#[test]
fn azure_is_asked_below_its_domains_only() {
    let request = azure::decrypt(&azure_key("https://my.vault.azure.net/"), b"AQID_-8", "tok").unwrap();
    assert_eq!(request.url, "https://my.vault.azure.net/keys/k/v1/decrypt?api-version=7.4");
    assert_eq!(json(&request), serde_json::json!({"alg": "RSA-OAEP-256", "value": "AQID_-8"}));
    assert_eq!(*azure::read_decrypt(&answer(200, r#"{"kid":"x","value":"AQID"}"#)).unwrap(), [1, 2, 3]);
    assert_eq!(azure::scope("https://x.vault.azure.cn").unwrap(), "https://vault.azure.cn/.default");
    for url in [
        "https://evil.com",
        "http://my.vault.azure.net",
        "https://vault.azure.net",
        "https://evilvault.azure.net",
        "https://my.vault.azure.net.evil.com",
        "https://my.vault.azure.net@evil.com",
        "https://evil.com#.vault.azure.net",
        "https://evil.com?.vault.azure.net",
    ] {
        assert_eq!(azure::decrypt(&azure_key(url), b"AQID", "t").unwrap_err().blame(), Blame::File, "{url}");
    }
}

#[test]
fn azure_gives_tokens_for_secrets_and_certificates() {
    let scope = "https://vault.azure.net/.default";
    let now: Timestamp = TIME.parse().unwrap();
    let mut keys = Keys::default();
    keys.import("sops.azure-kv", b"tenantId: t\nclientId: c\nclientSecret: 's&s'\n").unwrap();
    let request = azure_login::token(keys.azure().unwrap(), scope, now).unwrap();
    assert_eq!(request.url, "https://login.microsoftonline.com/t/oauth2/v2.0/token");
    assert_eq!(
        (field(&request, "client_secret").as_str(), field(&request, "scope").as_str()),
        ("s&s", scope)
    );

    let (key, public) = rsa();
    let text = serde_json::json!({"tenantId": "t", "clientId": "c", "clientCertificateSendChain": true,
        "clientCertificate": pem("CERTIFICATE", b"certificate") + &key});
    keys.import("sops.azure-kv", text.to_string().as_bytes()).unwrap();
    let request = azure_login::token(keys.azure().unwrap(), scope, now).unwrap();
    let (header, claims) = verified(&field(&request, "client_assertion"), &public, true);
    assert_eq!(header["x5c"], serde_json::json!([crate::base64::to_standard(b"certificate")]));
    assert_eq!((&claims["sub"], &claims["aud"]), (&"c".into(), &request.url.as_str().into()));

    keys.import("sops.azure-kv", b"clientId: c").unwrap();
    let request = azure_login::token(keys.azure().unwrap(), scope, now).unwrap();
    assert!(request.url.ends_with("&resource=https%3A%2F%2Fvault.azure.net&client_id=c"), "{}", request.url);
    assert_eq!(header_of(&request, "metadata"), "true");
}

fn header_of(request: &Request, name: &str) -> String {
    header(request, name).to_owned()
}

fn vault_key(address: &str, engine: &str) -> VaultKey {
    VaultKey {
        address: address.to_owned(),
        engine_path: engine.to_owned(),
        name: "k".to_owned(),
        created_at: CREATED.to_owned(),
    }
}

#[test]
fn vault_is_asked_where_it_may_be() {
    let key = vault_key("https://vault:8200", "a/transit");
    let request = vault::decrypt(&key, b"vault:v1:x", None, Some("ns"), "tok").unwrap();
    assert_eq!((request.method, request.url.as_str()), ("PUT", "https://vault:8200/v1/a/transit/decrypt/k"));
    assert_eq!((header(&request, "x-vault-token"), header(&request, "x-vault-namespace")), ("tok", "ns"));
    assert_eq!(json(&request), serde_json::json!({"ciphertext": "vault:v1:x"}));
    assert_eq!(*vault::read_decrypt(&answer(200, r#"{"data":{"plaintext":"AQID"}}"#)).unwrap(), [1, 2, 3]);
    let error = vault::read_decrypt(&answer(403, r#"{"errors":["permission denied"]}"#)).unwrap_err();
    assert!(error.to_string().ends_with("Vault answered 403"), "{error}");
    let allowed = ["https://vault:8200/".to_owned()];
    assert!(vault::decrypt(&key, b"c", Some(&allowed), None, "t").is_ok());
    assert!(vault::decrypt(&key, b"c", Some(&[]), None, "t").is_err());
    for (address, engine) in [
        ("https://u:p@h", "t"),
        ("ftp://h", "t"),
        ("https://h?x", "t"),
        ("https://h", "../sys"),
        ("https://h", ""),
    ] {
        assert!(
            vault::decrypt(&vault_key(address, engine), b"c", None, None, "t").is_err(),
            "{address} {engine}"
        );
    }
}

#[test]
fn vault_logs_service_accounts_in() {
    let config = "instances:\n- address: https://v\n  loginPath: auth/kubernetes/login\n";
    let instances = vault::instances(config).unwrap();
    let request = vault::login(&instances[0], Some("team"), "apps_kms", "jwt").unwrap();
    assert_eq!(request.url, "https://v/v1/auth/kubernetes/login");
    assert_eq!(json(&request), serde_json::json!({"role": "apps_kms", "jwt": "jwt"}));
    assert_eq!(header(&request, "x-vault-namespace"), "team");
    let read =
        vault::read_login(&answer(200, r#"{"auth":{"client_token":"s.t","lease_duration":60}}"#)).unwrap();
    assert_eq!((read.token.as_str(), read.valid_seconds), ("s.t", 60));
    assert!(vault::instances("instances: x").is_err());
}

/// Answers in order, and remembers what it was asked.
struct Recorded {
    answers: Mutex<Vec<Result<Response, SendError>>>,
    asked: Mutex<Vec<Request>>,
}

impl Recorded {
    fn new(answers: Vec<Result<Response, SendError>>) -> Self {
        Self { answers: Mutex::new(answers), asked: Mutex::default() }
    }

    fn urls(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|request| request.url.clone()).collect()
    }
}

#[async_trait]
impl Exchange for Recorded {
    async fn send(&self, request: Request) -> Result<Response, SendError> {
        self.asked.lock().unwrap().push(request);
        self.answers.lock().unwrap().remove(0)
    }

    fn now(&self) -> Timestamp {
        TIME.parse().unwrap()
    }
}

fn keys() -> Keys {
    let mut keys = Keys::default();
    keys.import("sops.aws-kms", b"aws_access_key_id: a\naws_secret_access_key: b\n").unwrap();
    keys.import("sops.azure-kv", b"tenantId: t\nclientId: c\nclientSecret: s\n").unwrap();
    keys.import("sops.vault-token", b"tok").unwrap();
    keys
}

#[tokio::test]
async fn a_role_comes_before_the_key() {
    let xml =
        "<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>k</SecretAccessKey><SessionToken>tok</SessionToken>";
    let exchange = Recorded::new(vec![Ok(answer(200, xml)), Ok(answer(200, r#"{"Plaintext":"AQID"}"#))]);
    let (keys, settings) = (keys(), Settings::default());
    let remote = Remote::new(&keys, &NoIdentities, &exchange, &settings);
    let key = MasterKey::AwsKms(AwsKmsKey { role: Some("arn:aws:iam::1:role/r".to_owned()), ..aws_key(ARN) });
    assert_eq!(*remote.decrypt(&key, b"AQID").await.unwrap(), [1, 2, 3]);
    assert_eq!(
        exchange.urls(),
        ["https://sts.eu-west-1.amazonaws.com/", "https://kms.eu-west-1.amazonaws.com/"]
    );
    assert_eq!(header(&exchange.asked.lock().unwrap()[1], "x-amz-security-token"), "tok");
}

#[tokio::test]
async fn tokens_are_asked_for_once() {
    let data = || Ok(answer(200, r#"{"value":"AQID"}"#));
    let token = Ok(answer(200, r#"{"access_token":"t","expires_in":3600}"#));
    let exchange = Recorded::new(vec![token, data(), data()]);
    let (keys, settings) = (keys(), Settings::default());
    let remote = Remote::new(&keys, &NoIdentities, &exchange, &settings);
    let key = MasterKey::AzureKeyVault(azure_key("https://my.vault.azure.net"));
    for _ in 0..2 {
        assert_eq!(*remote.decrypt(&key, b"AQID").await.unwrap(), [1, 2, 3]);
    }
    assert_eq!(exchange.urls().len(), 3);
}

#[tokio::test]
async fn identities_stand_in_for_credentials() {
    struct Own;
    #[async_trait]
    impl Identities for Own {
        async fn gcp(&self) -> Result<cloud::Secret, KeyError> {
            Ok(Zeroizing::new("own".to_owned()))
        }
    }
    let exchange = Recorded::new(vec![Ok(answer(200, r#"{"plaintext":"AQID"}"#))]);
    let (keys, settings) = (Keys::default(), Settings::default());
    let remote = Remote::new(&keys, &Own, &exchange, &settings);
    let key = MasterKey::GcpKms(gcp_key("projects/p/locations/l/keyRings/r/cryptoKeys/k"));
    assert_eq!(*remote.decrypt(&key, b"AQID").await.unwrap(), [1, 2, 3]);
    assert_eq!(header(&exchange.asked.lock().unwrap()[0], "authorization"), "Bearer own");
    let vault = MasterKey::Vault(vault_key("https://v", "transit"));
    assert_eq!(remote.decrypt(&vault, b"x").await, Err(KeyError::NoCredentials("Vault")));
}

#[tokio::test]
async fn a_service_out_of_reach_is_nobodys_fault() {
    let exchange = Recorded::new(vec![Err(SendError("connection refused".to_owned()))]);
    let (keys, settings) = (keys(), Settings::default());
    let remote = Remote::new(&keys, &NoIdentities, &exchange, &settings);
    let error = remote.decrypt(&MasterKey::Vault(vault_key("https://v", "transit")), b"x").await.unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.blame()),
        ("Vault cannot be reached: connection refused", Blame::Service)
    );
}
