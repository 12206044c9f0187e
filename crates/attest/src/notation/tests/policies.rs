//! Trust policies: which statement is meant, and what breaks a rule.

use serde_json::{Value, json};
use testkit::oci::{Notary, Person};

use crate::notation::name::Name;
use crate::notation::scope;
use crate::{Notation, PolicyError};

fn statement(name: &str, scopes: &[&str], level: &str) -> Value {
    let mut statement = json!({
        "name": name, "registryScopes": scopes, "signatureVerification": { "level": level },
        "trustStores": ["ca:a"], "trustedIdentities": ["*"],
    });
    if level == "skip" {
        statement["trustStores"] = json!(["x"]);
    }
    statement
}

fn read(statements: &[Value], repository: &str) -> Result<Notation, PolicyError> {
    let document = json!({ "version": "1.0", "trustPolicies": statements });
    Notation::new(document.to_string().as_bytes(), &[], repository)
}

#[test]
fn the_statement_about_the_repository_is_meant() {
    let all = [
        statement("any", &["*"], "skip"),
        statement("one", &["r.example:5000/app", "r.example/app"], "strict"),
        statement("two", &["r.example/other"], "audit"),
    ];
    let of = |repository| {
        let notation = read(&all, repository).unwrap();
        (notation.is_skipped(), notation.vouches())
    };
    assert_eq!(of("r.example/app"), (false, true));
    assert_eq!(of("r.example:5000/app"), (false, true));
    assert_eq!(of("r.example/other"), (false, false));
    assert_eq!(of("r.example/app/more"), (true, false));
    let none = read(&all[1..], "r.example/third").unwrap_err();
    assert_eq!(none, PolicyError::NotApplicable("r.example/third".to_owned()));
}

#[test]
fn what_breaks_a_rule_is_no_policy() {
    let good = statement("a", &["r.example/app"], "strict");
    assert!(read(std::slice::from_ref(&good), "r.example/app").is_ok());
    let with = |path: &str, value: Value| {
        let mut bad = good.clone();
        *bad.pointer_mut(path).unwrap() = value;
        bad
    };
    let mut verified = good.clone();
    verified["signatureVerification"] = json!({ "level": "strict", "override": {}, "verifyTimestamp": "" });
    let verify = |field: &str, value: Value| {
        let mut bad = verified.clone();
        bad["signatureVerification"][field] = value;
        bad
    };
    let skipped = json!({ "level": "skip", "override": { "expiry": "log" } });
    for bad in [
        with("/name", json!("")),
        with("/registryScopes", json!([])),
        with("/registryScopes", json!(["*", "r.example/app"])),
        with("/registryScopes", json!(["r.example/*"])),
        with("/registryScopes", json!(["https://r.example/app"])),
        with("/trustStores", json!([])),
        with("/trustStores", json!(["ca"])),
        with("/trustStores", json!(["other:a"])),
        with("/trustStores", json!(["ca:a b"])),
        with("/trustedIdentities", json!([])),
        with("/trustedIdentities", json!([""])),
        with("/trustedIdentities", json!(["*", "x509.subject:C=DE,ST=B,O=F"])),
        with("/trustedIdentities", json!(["x509.subject"])),
        with("/trustedIdentities", json!(["x509.subject:"])),
        with("/trustedIdentities", json!(["x509.subject:CN=a"])),
        with("/trustedIdentities", json!(["x509.subject:C=DE,ST=B,O=F", "x509.subject:C=DE,ST=B,O=F,CN=a"])),
        with("/signatureVerification", json!({})),
        with("/signatureVerification", skipped),
        verify("level", json!("lax")),
        verify("override", json!({ "integrity": "log" })),
        verify("override", json!({ "authenticity": "skip" })),
        verify("override", json!({ "expiry": "skip" })),
        verify("override", json!({ "other": "log" })),
        verify("override", json!({ "expiry": "other" })),
        verify("verifyTimestamp", json!("never")),
    ] {
        let error = read(std::slice::from_ref(&bad), "r.example/app").unwrap_err();
        assert!(matches!(error, PolicyError::Statement { .. }), "{bad}: {error}");
    }
    for (level, type_, action) in [("strict", "expiry", "log"), ("audit", "authenticity", "enforce")] {
        let fine = verify("override", json!({ type_: action }));
        let fine = json!({ "level": level, "override": fine["signatureVerification"]["override"] });
        assert!(read(&[with("/signatureVerification", fine)], "r.example/app").unwrap().vouches());
    }
    let twice = [good.clone(), statement("b", &["r.example/app"], "skip")];
    assert_eq!(read(&twice, "x/y").unwrap_err(), PolicyError::Scope("r.example/app".to_owned()));
    let named = [good.clone(), statement("a", &["r.example/b"], "skip")];
    assert_eq!(read(&named, "x/y").unwrap_err(), PolicyError::Name("a".to_owned()));
    assert_eq!(read(&[], "x/y").unwrap_err(), PolicyError::Empty);
    let document = |text: &str| Notation::new(text.as_bytes(), &[], "x/y").unwrap_err();
    assert!(matches!(document("{"), PolicyError::Malformed(_)));
    assert_eq!(document("{}"), PolicyError::Version(String::new()));
    assert_eq!(document(r#"{"version": "2.0"}"#), PolicyError::Version("2.0".to_owned()));
}

#[test]
fn certificates_are_read_as_flux_reads_them() {
    let notary = Notary::new(&Person::default()).unwrap();
    let policy = Notary::policy("strict").to_string();
    let read = |files: &[&[u8]]| Notation::new(policy.as_bytes(), files, "r.example/app");
    let pem = notary.root().as_bytes();
    assert_eq!(read(&[pem]).unwrap().trusted.len(), 1);
    assert_eq!(read(&[&[pem, pem].concat()]).unwrap().trusted.len(), 1, "the first of PEM");
    let der = read(&[pem]).unwrap().trusted[0].clone();
    assert_eq!(read(&[&der]).unwrap().trusted, std::slice::from_ref(&der));
    assert_eq!(read(&[&[der.clone(), der.clone()].concat()]).unwrap().trusted.len(), 2);
    for nonsense in
        [&b""[..], b"x", b"-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n", &der[1..]]
    {
        assert_eq!(read(&[pem, nonsense]).unwrap_err(), PolicyError::Certificate);
    }
}

#[test]
fn names_follow_the_rfc() {
    let name = |text: &str| Name::parse(text);
    let plain = name("C=DE,ST=Berlin,O=Flyball").unwrap();
    for same in
        [" C = DE , ST = Berlin , O = Flyball ", "O=Flyball,S=Berlin,C=DE", "C=\\44E,ST=Berlin,O=Fly\\62all"]
    {
        assert_eq!(name(same).unwrap(), plain, "{same}");
    }
    let more = name("C=DE,ST=Berlin,O=Flyball,CN=a\\, b\\ ").unwrap();
    assert!(plain.is_part_of(&more) && !more.is_part_of(&plain));
    assert_ne!(name("C=DE,ST=Berlin,O=flyball").unwrap(), plain, "letters count");
    for bad in [
        "",
        "C",
        "C=DE,ST=Berlin",
        "C=DE,ST=Berlin,O=",
        "C=DE,ST=Berlin,O=a,O=b",
        "C=DE,ST=Berlin,S=x,O=a",
        "C=DE,ST=Berlin+L=x,O=a",
        "C=DE,ST=Berlin,O=#0401",
        "C=DE,ST=Berlin,O=a\\",
        "C=DE,ST=Berlin,O=a\\zz",
        "C=DE,ST=Berlin,O=a;b",
        "C=DE,ST=Berlin,O=\\ff",
        "C=DE,ST=Berlin,O=a,",
        ",C=DE,ST=Berlin,O=a",
    ] {
        assert!(name(bad).is_err(), "{bad}");
    }
}

#[test]
fn scopes_are_repositories() {
    for good in ["r.example/app", "localhost:5000/a/b-c/d__e", "127.0.0.1:1/x", "R/a.b"] {
        assert!(scope::is_valid(good), "{good}");
    }
    for bad in [
        "",
        "r",
        "r/",
        "/a",
        "r//a",
        "r/A",
        "r/a:tag",
        "r/a@sha256:x",
        "r:x/a",
        "r:/a",
        "-r/a",
        "r/a..b",
        "r/_a",
        "r/*",
    ] {
        assert!(!scope::is_valid(bad), "{bad}");
    }
}
