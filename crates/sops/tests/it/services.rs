//! Key services: our requests say what those of `sops` say, and open the same files.

use std::sync::Mutex;

use async_trait::async_trait;
use cloud::{Exchange, Request, Response, SendError};
use serde_json::{Value, json};
use sops::remote::{NoIdentities, Remote, Settings};
use sops::{Format, Formats, Keys, Options};

use super::file;

/// Answers as `kms_stub.py` does: the plaintext is the ciphertext turned round.
#[derive(Default)]
struct Stub(Mutex<Vec<Value>>);

fn turned(text: &str) -> String {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::STANDARD;
    let mut bytes = engine.decode(text).unwrap();
    bytes.reverse();
    engine.encode(bytes)
}

#[async_trait]
impl Exchange for Stub {
    async fn send(&self, request: Request) -> Result<Response, SendError> {
        let body = String::from_utf8(request.body.to_vec()).unwrap();
        let header = |name: &str| {
            request
                .headers
                .iter()
                .find(|(other, _)| *other == name)
                .map(|(_, value)| value.as_str().to_owned())
        };
        let signed = header("authorization").unwrap_or_default();
        let signed = signed.split("Credential=").last().unwrap().split(',').next().unwrap().to_owned();
        let headers: serde_json::Map<String, Value> =
            ["content-type", "x-amz-target", "x-vault-token", "x-vault-request", "x-amz-security-token"]
                .iter()
                .filter_map(|name| Some(((*name).to_owned(), Value::String(header(name)?))))
                .collect();
        let path = request.url.split_once("://").unwrap().1.split_once('/').unwrap().1;
        self.0.lock().unwrap().push(
            json!({"method": request.method, "path": format!("/{path}"), "headers": headers, "signed": signed, "body": body}),
        );
        let json: Value = serde_json::from_str(&body).unwrap_or_default();
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        let answer = if body.starts_with("Action=AssumeRole") {
            "<AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>"
                .to_owned()
        } else if json.get("CiphertextBlob").is_some() {
            json!({"Plaintext": turned(&text("CiphertextBlob"))}).to_string()
        } else if path.ends_with(":decrypt") {
            json!({"plaintext": turned(&text("ciphertext"))}).to_string()
        } else {
            json!({"data": {"plaintext": turned(text("ciphertext").strip_prefix("vault:v1:").unwrap())}})
                .to_string()
        };
        Ok(Response { status: 200, body: answer.into_bytes().into() })
    }

    fn now(&self) -> jiff::Timestamp {
        "2026-11-30T08:00:00Z".parse().unwrap()
    }
}

struct Own;

#[async_trait]
impl sops::remote::Identities for Own {
    async fn gcp(&self) -> Result<cloud::Secret, sops::KeyError> {
        Ok("ya29.token".to_owned().into())
    }
}

/// What does not matter: who signs when, and what a service does without.
fn normal(mut asked: Value) -> Value {
    if let Ok(mut body) = serde_json::from_str::<Value>(asked["body"].as_str().unwrap()) {
        let fields = body.as_object_mut().unwrap();
        fields.remove("name");
        if fields.get("EncryptionContext") == Some(&json!({})) {
            fields.remove("EncryptionContext");
        }
        asked["body"] = body;
    }
    let path = asked["path"].as_str().unwrap().split('?').next().unwrap().to_owned();
    asked["path"] = path.into();
    let signed = asked["signed"].as_str().unwrap().to_owned();
    let parts: Vec<&str> =
        signed.split('/').enumerate().filter(|(i, _)| *i != 1).map(|(_, part)| part).collect();
    asked["signed"] = parts.join("/").into();
    if asked["headers"].get("x-vault-token").is_some() {
        // Vault looks at the body alone.
        asked["headers"].as_object_mut().unwrap().remove("content-type");
    }
    asked
}

#[tokio::test]
async fn requests_are_those_of_sops() {
    let mut keys = Keys::default();
    keys.import("sops.aws-kms", b"aws_access_key_id: AKIAEXAMPLE\naws_secret_access_key: secret\n").unwrap();
    keys.import("sops.vault-token", b"s.token\n").unwrap();
    let stub = Stub::default();
    let session_name = {
        let asked = String::from_utf8(file("asked.jsonl")).unwrap();
        let (_, rest) = asked.split_once("RoleSessionName=sops%40").unwrap();
        format!("sops@{}", rest.split('&').next().unwrap())
    };
    let settings = Settings { session_name, ..Settings::default() };
    let remote = Remote::new(&keys, &Own, &stub, &settings);
    for name in ["kms", "kms-role", "gcp", "vault"] {
        let data = file(&format!("encrypted/key-{name}.yaml"));
        let formats = Formats { input: Format::Yaml, output: Format::Yaml };
        let plain = sops::decrypt(&data, formats, &[&keys, &remote], &Options::default()).await;
        let plain = plain.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            String::from_utf8_lossy(&plain),
            String::from_utf8_lossy(&file("decrypted/flat.yaml")),
            "{name}"
        );
    }
    let expected = String::from_utf8(file("asked.jsonl")).unwrap();
    let expected = expected.lines().map(|line| normal(serde_json::from_str(line).unwrap()));
    let asked = stub.0.into_inner().unwrap().into_iter().map(normal);
    assert_eq!(asked.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn without_credentials_the_table_names_the_service() {
    let (keys, stub, settings) = (Keys::default(), Stub::default(), Settings::default());
    let remote = Remote::new(&keys, &NoIdentities, &stub, &settings);
    let formats = Formats { input: Format::Yaml, output: Format::Yaml };
    let data = file("encrypted/key-kms.yaml");
    let error = sops::decrypt(&data, formats, &[&keys, &remote], &Options::default()).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555|app:flux"),
        "{text}"
    );
    assert!(text.contains("no credentials for AWS KMS"), "{text}");
}
