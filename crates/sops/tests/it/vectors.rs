//! What is decrypted is what `sops decrypt` prints, byte by byte, with the MAC verified.

use sops::{Format, Limits, Options, Rule};

use super::{decrypt, file, formats, keys};

const ONE: &[&str] = &["one.agekey"];

async fn check(encrypted: &str, decrypted: &str, (input, output): (Format, Format), key_names: &[&str]) {
    let keys = keys(key_names);
    let data = file(&format!("encrypted/{encrypted}"));
    let plain = decrypt(&data, formats(input, output), &keys, &Options::default()).await;
    let plain = plain.unwrap_or_else(|error| panic!("{encrypted}: {error}"));
    let expected = file(&format!("decrypted/{decrypted}"));
    assert_eq!(String::from_utf8_lossy(&plain), String::from_utf8_lossy(&expected), "{encrypted}");
    assert_eq!(plain, expected, "{encrypted}");
}

#[tokio::test]
async fn every_format_is_printed_as_sops_prints_it() {
    for name in [
        "all.yaml",
        "multi.yaml",
        "flat.yaml",
        "secret.yaml",
        "rules.yaml",
        "long.yaml",
        "comments.yaml",
        "merge.yaml",
    ] {
        check(name, name, (Format::Yaml, Format::Yaml), ONE).await;
    }
    check("all.json", "all.json", (Format::Json, Format::Json), ONE).await;
    check("all.env", "all.env", (Format::Dotenv, Format::Dotenv), ONE).await;
    check("all.ini", "all.ini", (Format::Ini, Format::Ini), ONE).await;
    check("all.bin", "all.bin", (Format::Binary, Format::Binary), ONE).await;
}

#[tokio::test]
async fn one_format_becomes_another() {
    check("flat.yaml", "flat.yaml.json", (Format::Yaml, Format::Json), ONE).await;
    check("flat.yaml", "flat.yaml.dotenv", (Format::Yaml, Format::Dotenv), ONE).await;
    check("all.json", "all.json.yaml", (Format::Json, Format::Yaml), ONE).await;
    check("all.yaml", "all.yaml.json", (Format::Yaml, Format::Json), ONE).await;
    check("all.env", "all.env.yaml", (Format::Dotenv, Format::Yaml), ONE).await;
    check("all.ini", "all.ini.json", (Format::Ini, Format::Json), ONE).await;
}

#[tokio::test]
async fn every_rule_says_what_is_encrypted() {
    let rules = [
        "unencrypted-suffix",
        "encrypted-suffix",
        "unencrypted-regex",
        "encrypted-regex",
        "encrypted-comment",
        "unencrypted-comment",
        "only-encrypted",
    ];
    for rule in rules {
        let name = format!("rule-{rule}.yaml");
        check(&name, &name, (Format::Yaml, Format::Yaml), ONE).await;
    }
}

#[tokio::test]
async fn every_kind_of_key_opens() {
    let yaml = (Format::Yaml, Format::Yaml);
    for key in ["one.agekey", "two.agekey"] {
        check("key-two.yaml", "flat.yaml", yaml, &[key]).await;
    }
    check("key-age-pq.yaml", "flat.yaml", yaml, &["post-quantum.agekey"]).await;
    check("key-age-pq.yaml", "flat.yaml", yaml, &["one.agekey", "post-quantum.agekey"]).await;
    check("key-ssh-ed25519.yaml", "flat.yaml", yaml, &["ssh-ed25519.agekey"]).await;
    check("key-ssh-rsa.yaml", "flat.yaml", yaml, &["ssh-rsa.agekey"]).await;
    check("key-pgp-curve.yaml", "flat.yaml", yaml, &["curve.asc"]).await;
    check("key-pgp-rsa.yaml", "flat.yaml", yaml, &["rsa.asc"]).await;
    check("key-pgp-rsa.yaml", "flat.yaml", yaml, &["curve.asc", "one.agekey", "rsa.asc"]).await;
    // The last two are not GnuPG's, and in parts of a size that the standard does not allow.
    for name in ["key-pgp-curve.yaml", "key-pgp-rsa.yaml", "key-pgp-go-curve.yaml", "key-pgp-go-rsa.yaml"] {
        check(name, "flat.yaml", yaml, &["both.asc"]).await;
    }
    for key in ["one.agekey", "curve.asc"] {
        check("key-pgp-and-age.json", "all.json", (Format::Json, Format::Json), &[key]).await;
    }
}

#[tokio::test]
async fn locked_and_public_keys_do_not_open() {
    for (name, key_names, expected) in [
        ("key-pgp-locked.yaml", &["locked.asc"][..], "is protected by a"),
        ("key-pgp-curve.yaml", &["public.asc"], "there is no secret"),
        ("key-pgp-curve.yaml", &["rsa.asc"], "No secret key"),
    ] {
        let keys = keys(key_names);
        let formats = formats(Format::Yaml, Format::Yaml);
        let error = decrypt(&file(&format!("encrypted/{name}")), formats, &keys, &Options::default()).await;
        let text = error.unwrap_err().to_string();
        assert!(text.contains(expected), "{text}");
    }
}

#[tokio::test]
async fn shares_of_two_groups_are_enough() {
    let yaml = (Format::Yaml, Format::Yaml);
    for names in [
        &["one.agekey", "two.agekey"][..],
        &["one.agekey", "curve.asc"],
        &["two.agekey", "curve.asc"],
        &["one.agekey", "two.agekey", "curve.asc"],
    ] {
        check("shares.yaml", "flat.yaml", yaml, names).await;
        check("shares.env", "all.env", (Format::Dotenv, Format::Dotenv), names).await;
    }
    let keys = keys(ONE);
    let formats = formats(Format::Yaml, Format::Yaml);
    let error =
        decrypt(&file("encrypted/shares.yaml"), formats, &keys, &Options::default()).await.unwrap_err();
    assert!(error.to_string().contains("Group 0: SUCCESS"), "{error}");
    assert!(error.to_string().contains("Shamir threshold of\n2, but only 1"), "{error}");
}

#[test]
fn metadata_is_read() {
    let read = |name: &str| {
        let data = file(&format!("encrypted/{name}"));
        sops::Document::read(&data, Format::Yaml, &Limits::default()).unwrap()
    };
    let shares = read("shares.yaml");
    let metadata = shares.metadata();
    assert_eq!(metadata.groups.len(), 3);
    assert_eq!(metadata.shamir_threshold, 2);
    assert_eq!(metadata.rule, Rule::default());
    assert_eq!(metadata.version, "3.13.3");
    let only = read("rule-only-encrypted.yaml");
    assert!(only.metadata().mac_only_encrypted);
    assert_eq!(only.metadata().rule, Rule::EncryptedRegex("^data$".to_owned()));
}

#[test]
fn formats_are_told_apart() {
    for (name, format) in [
        ("all.yaml", Format::Yaml),
        ("all.json", Format::Json),
        ("all.env", Format::Dotenv),
        ("all.ini", Format::Ini),
        ("all.bin", Format::Json),
    ] {
        assert_eq!(Format::detect(&file(&format!("encrypted/{name}"))), Some(format), "{name}");
        assert_eq!(Format::detect(&file(&format!("decrypted/{name}"))), None, "{name}");
    }
}
