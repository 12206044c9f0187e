//! Files that were changed after `sops` made them.

use sops::{Blame, Error, Format, MacError, Options, ValueError, Verify};

use super::{decrypt, file, formats, keys};

const LOOSE: Options = Options {
    verify: Verify::Ignored,
    limits: sops::Limits { bytes: 1 << 20, nodes: 10_000, depth: 50, master_keys: 9 },
};

async fn yaml(text: &str, options: &Options) -> Result<String, Error> {
    let formats = formats(Format::Yaml, Format::Yaml);
    let plain = decrypt(text.as_bytes(), formats, &keys(&["one.agekey"]), options).await?;
    Ok(String::from_utf8(plain).unwrap())
}

fn secret() -> String {
    String::from_utf8(file("encrypted/rule-encrypted-regex.yaml")).unwrap()
}

#[tokio::test]
async fn a_changed_plain_value_breaks_the_mac_only() {
    let changed = secret().replace("kind: Secret", "kind: Other");
    let error = yaml(&changed, &Options::default()).await.unwrap_err();
    assert!(matches!(error, Error::Mac(MacError::Mismatch)), "{error}");
    assert_eq!(error.blame(), Blame::File);
    assert!(yaml(&changed, &LOOSE).await.unwrap().contains("kind: Other"));
}

#[tokio::test]
async fn a_plain_value_does_not_count_where_only_encrypted_ones_do() {
    let text = String::from_utf8(file("encrypted/rule-only-encrypted.yaml")).unwrap();
    let changed = text.replace("kind: Secret", "kind: Other");
    assert!(yaml(&changed, &Options::default()).await.is_ok());
}

#[tokio::test]
async fn a_garbled_mac_fails_only_where_it_is_verified() {
    let text = secret();
    let at = text.find("mac: ENC[AES256_GCM,data:").unwrap() + "mac: ENC[AES256_GCM,data:".len();
    let mut changed = text.clone();
    let other = if text[at..].starts_with('A') { "B" } else { "A" };
    changed.replace_range(at..=at, other);
    let error = yaml(&changed, &Options::default()).await.unwrap_err();
    assert!(matches!(error, Error::Mac(MacError::Unreadable(ValueError::Authentication))), "{error}");
    assert!(yaml(&changed, &LOOSE).await.is_ok());
}

#[tokio::test]
async fn a_garbled_value_fails_and_is_named() {
    let text = secret();
    let at = text.find("a: ENC[AES256_GCM,data:").unwrap() + "a: ENC[AES256_GCM,data:".len();
    let mut changed = text.clone();
    let other = if text[at..].starts_with('A') { "B" } else { "A" };
    changed.replace_range(at..=at, other);
    let error = yaml(&changed, &LOOSE).await.unwrap_err();
    assert_eq!(error.path(), Some("data:a"));
    assert_eq!(
        error.to_string(),
        "error decrypting sops tree: Error walking tree: Could not decrypt value: Could not decrypt with AES_GCM: \
         cipher: message authentication failed"
    );
}

#[tokio::test]
async fn a_value_moved_to_another_key_fails() {
    let text = secret().replace("stringData:", "stringDato:").replace("data:\n", "stringData:\n");
    assert!(matches!(yaml(&text, &LOOSE).await, Err(Error::Tree(_))));
}

#[tokio::test]
async fn a_plain_value_below_an_encrypted_key_has_fluxs_words() {
    let text = secret().replace("stringData:", "stringData:\n    patched: not secret");
    let error = yaml(&text, &LOOSE).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "error decrypting sops tree: Error walking tree: Could not decrypt value: Input string <redacted> does not \
         match sops' data format"
    );
    assert_eq!(error.path(), Some("stringData:patched"));
}

#[tokio::test]
async fn without_a_key_there_is_sops_table() {
    let formats = formats(Format::Yaml, Format::Yaml);
    let error = decrypt(&file("encrypted/flat.yaml"), formats, &keys(&["two.agekey"]), &Options::default())
        .await
        .unwrap_err();
    assert_eq!(error.blame(), Blame::Keys);
    let text = error.to_string();
    assert!(
        text.starts_with("cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\n  age1"),
        "{text}"
    );
    assert!(
        text.ends_with(
            "Recovery failed because no master key was able to decrypt the file. In\norder for SOPS to recover the file, at least one key has to be successful,\nbut none were."
        ),
        "{text}"
    );
}

#[tokio::test]
async fn outputs_that_do_not_fit_have_fluxs_words() {
    let keys = keys(&["one.agekey"]);
    let fail = async |name: &str, input, output| {
        let data = file(&format!("encrypted/{name}"));
        decrypt(&data, formats(input, output), &keys, &Options::default()).await.unwrap_err().to_string()
    };
    assert_eq!(
        fail("all.env", Format::Dotenv, Format::Binary).await,
        "failed to emit encrypted dotenv file as decrypted binary: error emitting binary store: no binary data found in tree"
    );
    assert_eq!(
        fail("all.json", Format::Json, Format::Dotenv).await,
        "failed to emit encrypted JSON file as decrypted dotenv: cannot use complex value in dotenv file; offending key list"
    );
}

#[tokio::test]
async fn a_file_without_metadata_is_not_encrypted() {
    let error = yaml("a: b\n", &LOOSE).await.unwrap_err();
    assert_eq!(error.to_string(), "failed to load encrypted YAML data: sops metadata not found");
}

#[tokio::test]
async fn budgets_hold() {
    let text = secret();
    for limits in [
        sops::Limits { bytes: 100, ..Default::default() },
        sops::Limits { nodes: 10, ..Default::default() },
        sops::Limits { depth: 1, ..Default::default() },
        sops::Limits { master_keys: 0, ..Default::default() },
    ] {
        let error = yaml(&text, &Options { limits, ..LOOSE }).await.unwrap_err();
        assert!(error.to_string().contains("the limit of"), "{error}");
    }
}
