//! Tests of what the entries of a Secret may hold.

use crate::keys::{AzureCredentials, GcpCredentials};
use crate::{Keys, Scope};

fn import(name: &str, value: &str) -> Result<Keys, String> {
    let mut keys = Keys::default();
    keys.import(name, value.as_bytes()).map_err(|error| error.to_string())?;
    Ok(keys)
}

fn fails(name: &str, value: &str, expected: &str) {
    assert_eq!(import(name, value).unwrap_err(), expected);
}

const AGE: &str = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

#[test]
fn errors_have_fluxs_words() {
    fails("a.agekey", "nonsense", "failed to parse and add to age identities: unknown identity type");
    fails("a.agekey", "AGE-SECRET-KEY-1X", "failed to parse and add to age identities: malformed secret key");
    fails(
        "a.agekey",
        "AGE-PLUGIN-X-1",
        "failed to parse and add to age identities: plugins are not supported",
    );
    fails(
        "a.asc",
        "nonsense",
        "failed to import armored key data into GnuPG keyring (exit status 2): no valid OpenPGP data found",
    );
    fails("sops.aws-kms", "[1", "failed to unmarshal AWS credentials file");
    fails("sops.azure-kv", "[1", "failed to unmarshal Azure authentication file");
    let azure = import("sops.azure-kv", "tenantId: t").unwrap_err();
    assert!(azure.starts_with("invalid data: requires a 'clientId' field"), "{azure}");
    let mut keys = Keys::default();
    let error = keys.import_secret("ns/keys", [("x.agekey", &b"y"[..])], Scope::All).unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to import 'x.agekey' data from sops decryption Secret 'ns/keys': failed to parse and add to age \
         identities: unknown identity type"
    );
}

#[test]
fn age_files_have_comments_and_several_keys() {
    let keys = import("a.agekey", &format!("# created\n\n{AGE}\r\n{AGE}\n")).unwrap();
    assert_eq!(
        format!("{keys:?}"),
        "Keys { age: 2, pgp: 0, vault_token: false, aws: false, azure: false, gcp: false }"
    );
}

#[test]
fn other_names_are_skipped() {
    assert!(import("readme", "x").unwrap().is_empty());
    assert!(import("sops.vault-token", " \n").unwrap().is_empty());
}

#[test]
fn a_global_secret_counts_for_age_only() {
    let mut keys = Keys::default();
    let entries = [("a.agekey", AGE.as_bytes()), ("sops.vault-token", b"t"), ("x.asc", b"broken")];
    keys.import_secret("flux-system/global", entries, Scope::AgeOnly).unwrap();
    assert!(keys.vault_token().is_none() && !keys.is_empty());
}

#[test]
fn tokens_are_trimmed() {
    assert_eq!(import("sops.vault-token", " \ts.abc\n\n").unwrap().vault_token().unwrap().as_str(), "s.abc");
}

#[test]
fn aws_credentials_are_yaml() {
    let keys = import(
        "sops.aws-kms",
        "aws_access_key_id: AKIA\naws_secret_access_key: s3cret\naws_session_token: token\n",
    );
    let keys = keys.unwrap();
    let aws = keys.aws().unwrap();
    assert_eq!((aws.access_key_id.as_str(), aws.secret_access_key.as_str()), ("AKIA", "s3cret"));
    assert_eq!(aws.session_token.as_ref().unwrap().as_str(), "token");
    assert!(!format!("{keys:?} {aws:?}").contains("s3cret"));
}

#[test]
fn azure_credentials_come_in_several_shapes() {
    let azure = |text: &str| import("sops.azure-kv", text).unwrap().azure().unwrap().clone();
    let secret = azure("tenantId: t\nclientId: c\nclientSecret: s\n");
    assert!(matches!(secret, AzureCredentials::Secret { tenant, authority: None, .. } if tenant == "t"));
    let cli = azure(r#"{"tenant":"t","appId":"a","password":"p","authorityHost":"https://login.x/"}"#);
    assert!(matches!(cli, AzureCredentials::Secret { client, authority: Some(_), .. } if client == "a"));
    assert!(
        matches!(azure("clientId: c"), AzureCredentials::ManagedIdentity { client } if client.as_deref() == Some("c"))
    );
    let pem = azure("tenantId: t\nclientId: c\nclientCertificate: |\n  -----BEGIN CERTIFICATE-----\n");
    assert!(matches!(pem, AzureCredentials::Certificate { send_chain: false, .. }));
}

#[test]
fn windows_writes_utf16() {
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend("clientId: c".encode_utf16().flat_map(u16::to_le_bytes));
    let mut keys = Keys::default();
    keys.import("sops.azure-kv", &bytes).unwrap();
    assert!(
        matches!(keys.azure(), Some(AzureCredentials::ManagedIdentity { client }) if client.as_deref() == Some("c"))
    );
}

#[test]
fn gcp_credentials_are_json() {
    let account =
        r#"{"type":"service_account","client_email":"a@b","private_key":"pem","private_key_id":"7"}"#;
    let keys = import("sops.gcp-kms", account).unwrap();
    let Some(GcpCredentials::ServiceAccount { email, token_uri, .. }) = keys.gcp() else {
        panic!("no account")
    };
    assert_eq!((email.as_str(), token_uri.as_str()), ("a@b", "https://oauth2.googleapis.com/token"));
    fails("sops.gcp-kms", "{}", "credentials of this type are not supported");
    fails("sops.gcp-kms", "x", "the credentials are not in the form of JSON");
}
