//! What counts as signed without a key, and that nothing counts that lacks a part or has one of another.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use manifest::budget::{Budget, Cancel, Exceeded, Limits};
use serde_json::{Value, json};
use sigstore_verify::trust_root::SIGSTORE_STAGING_TRUSTED_ROOT;
use testkit::oci::{Sigstore, Wish};

use super::identity::Identities;
use super::{Keyless, Pattern, Tagged, TrustError};
use crate::{Refusal, Signer};

const PACKAGE: &str = "sha256:54303491a8418fbed24344b513546182c29b43bf282ceb433af65e2299f9271f";

fn digest(letter: &str) -> String {
    format!("sha256:{}", letter.repeat(64))
}

fn free() -> Budget {
    Budget::new(Limits::NONE, Cancel::default())
}

fn keyless(root: &Value, identities: &[Pattern<'_>]) -> Keyless {
    Keyless::new(Some(root.to_string().as_bytes()), identities).unwrap()
}

fn anybody(sigstore: &Sigstore) -> Keyless {
    keyless(&sigstore.trusted_root(), &[])
}

fn check(keyless: &Keyless, bundle: &Value) -> Result<Signer, Refusal> {
    keyless.bundle(bundle.to_string().as_bytes(), &digest("a"), &free())
}

/// Bundles of public instances, each with the root that vouches for it.
fn public() -> [(Keyless, &'static str); 2] {
    let staging = Keyless::new(Some(SIGSTORE_STAGING_TRUSTED_ROOT.as_bytes()), &[]).unwrap();
    [
        (Keyless::new(None, &[]).unwrap(), include_str!("tests/fixtures/public-v1.json")),
        (staging, include_str!("tests/fixtures/staging-v2.json")),
    ]
}

#[test]
fn bundles_of_public_instances_count_with_both_kinds_of_logs() {
    let sigstore = Sigstore::new().unwrap();
    for (keyless, text) in public() {
        let signer = keyless.bundle(text.as_bytes(), PACKAGE, &free()).unwrap();
        let known = ["https://token.actions.githubusercontent.com", "https://github.com/login/oauth"];
        assert!(signer.issuer.is_some_and(|issuer| known.contains(&issuer.as_str())));
        assert!(
            signer.subject.is_some_and(|subject| subject.contains("github.com/") || subject.contains('@'))
        );
        assert_eq!(keyless.bundle(text.as_bytes(), &digest("a"), &free()), Err(Refusal::OtherArtifact));
        let other = anybody(&sigstore).bundle(text.as_bytes(), PACKAGE, &free());
        assert!(matches!(other, Err(Refusal::Untrusted(_))));
    }
}

#[test]
fn a_timestamp_is_of_the_signature_and_has_to_be_there() {
    let [(_, logged), (keyless, stamped)] = public();
    let stamps = "timestampVerificationData";
    let (logged, stamped): (Value, Value) =
        (serde_json::from_str(logged).unwrap(), serde_json::from_str(stamped).unwrap());
    let mut unstamped = stamped.clone();
    unstamped["verificationMaterial"][stamps] = json!({});
    let found = keyless.bundle(unstamped.to_string().as_bytes(), PACKAGE, &free());
    assert!(matches!(found, Err(Refusal::Untrusted(_))), "no time");
    // The token is of the other bundle's signature now.
    let mut moved = logged;
    moved["verificationMaterial"][stamps] = stamped["verificationMaterial"][stamps].clone();
    for (keyless, _) in public() {
        let found = keyless.bundle(moved.to_string().as_bytes(), PACKAGE, &free());
        assert!(matches!(found, Err(Refusal::Untrusted(_))), "a time of another");
    }
    // Nobody vouches for it.
    let mut root: Value = serde_json::from_str(SIGSTORE_STAGING_TRUSTED_ROOT).unwrap();
    root["timestampAuthorities"] = json!([]);
    let found = self::keyless(&root, &[]).bundle(stamped.to_string().as_bytes(), PACKAGE, &free());
    assert!(matches!(found, Err(Refusal::Untrusted(_))), "nobody's time");
}

#[test]
fn a_bundle_counts_for_its_artifact_and_under_its_root() {
    let (one, other) = (Sigstore::new().unwrap(), Sigstore::new().unwrap());
    let wish = Wish::of(&digest("a"));
    let bundle = one.bundle(&wish).unwrap();
    let signer = check(&anybody(&one), &bundle).unwrap();
    assert_eq!((signer.issuer, signer.subject), (Some(wish.issuer), Some(wish.subject)));
    let text = bundle.to_string();
    assert_eq!(anybody(&one).bundle(text.as_bytes(), &digest("b"), &free()), Err(Refusal::OtherArtifact));
    let sha512 = format!("sha512:{}", "a".repeat(128));
    assert!(matches!(anybody(&one).bundle(text.as_bytes(), &sha512, &free()), Err(Refusal::Unsupported(_))));
    assert!(matches!(check(&anybody(&other), &bundle), Err(Refusal::Untrusted(_))));
    // Each part of the root has to be its own.
    for part in ["tlogs", "ctlogs", "certificateAuthorities"] {
        let mut root = one.trusted_root();
        root[part] = other.trusted_root()[part].clone();
        assert!(matches!(check(&keyless(&root, &[]), &bundle), Err(Refusal::Untrusted(_))), "{part}");
        // What it vouched for, it vouched for in its time.
        let mut root = one.trusted_root();
        let of_key = root[part][0].get("publicKey").is_some();
        let place =
            if of_key { &mut root[part][0]["publicKey"]["validFor"] } else { &mut root[part][0]["validFor"] };
        *place = json!({ "start": "2020-01-01T00:00:00Z", "end": "2021-01-01T00:00:00Z" });
        assert!(check(&keyless(&root, &[]), &bundle).is_err(), "{part} of another time");
    }
}

#[test]
fn nothing_of_a_bundle_may_be_missing() {
    let sigstore = Sigstore::new().unwrap();
    let whole = Wish::of(&digest("a"));
    let late = Duration::from_secs(700);
    let lacking = [
        ("another use", Wish { is_for_code: false, ..whole.clone() }),
        ("no promise of the certificate log", Wish { has_certificate_promise: false, ..whole.clone() }),
        ("no time", Wish { has_promise: false, ..whole.clone() }),
        ("no proof", Wish { has_proof: false, ..whole.clone() }),
        ("taken when the certificate had ended", Wish { taken_after: late, ..whole.clone() }),
        ("taken in the future", Wish { taken_after: Duration::from_secs(7200), ..whole.clone() }),
        ("another type of payload", Wish { payload_type: "text/plain".to_owned(), ..whole.clone() }),
    ];
    for (what, wish) in lacking {
        let bundle = sigstore.bundle(&wish).unwrap();
        assert!(check(&anybody(&sigstore), &bundle).is_err(), "{what}");
    }
    let bundle = sigstore.bundle(&whole).unwrap();
    for path in [
        "/verificationMaterial/tlogEntries",
        "/verificationMaterial/certificate",
        "/verificationMaterial/tlogEntries/0/canonicalizedBody",
        "/verificationMaterial/tlogEntries/0/inclusionProof/checkpoint",
        "/dsseEnvelope/signatures",
        "/dsseEnvelope",
    ] {
        let (parent, name) = path.rsplit_once('/').unwrap();
        let mut less = bundle.clone();
        less.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
        assert!(check(&anybody(&sigstore), &less).is_err(), "without {path}");
    }
}

/// Another one's part, in place of one's own.
#[test]
fn every_part_of_a_bundle_is_of_the_same_signature() {
    let sigstore = Sigstore::new().unwrap();
    let keyless = anybody(&sigstore);
    let one = sigstore.bundle(&Wish::of(&digest("a"))).unwrap();
    let same = sigstore.bundle(&Wish::of(&digest("a"))).unwrap();
    let other = sigstore.bundle(&Wish::of(&digest("b"))).unwrap();
    check(&keyless, &one).unwrap();
    let entry = "/verificationMaterial/tlogEntries/0";
    for path in [
        "/verificationMaterial/certificate",
        "/verificationMaterial/tlogEntries",
        "/dsseEnvelope/signatures",
        "/dsseEnvelope/payload",
        &format!("{entry}/canonicalizedBody"),
        &format!("{entry}/inclusionPromise"),
        &format!("{entry}/inclusionProof"),
        &format!("{entry}/inclusionProof/checkpoint"),
        &format!("{entry}/inclusionProof/rootHash"),
    ] {
        for donor in [&same, &other] {
            let mut mixed = one.clone();
            let part = donor.pointer(path).unwrap();
            // Statements about the same artifact are the same.
            if mixed.pointer(path) == Some(part) {
                continue;
            }
            *mixed.pointer_mut(path).unwrap() = part.clone();
            assert!(check(&keyless, &mixed).is_err(), "{path}");
        }
    }
    // The other artifact's statement, signature and all, under this one's certificate and entry.
    let mut mixed = other.clone();
    mixed["verificationMaterial"] = one["verificationMaterial"].clone();
    assert!(keyless.bundle(mixed.to_string().as_bytes(), &digest("b"), &free()).is_err());
    let values = [
        (format!("{entry}/integratedTime"), json!("1700000000")),
        (format!("{entry}/logIndex"), json!("1")),
        (format!("{entry}/inclusionProof/logIndex"), json!("1")),
        (format!("{entry}/inclusionProof/treeSize"), json!("3")),
        (format!("{entry}/inclusionProof/hashes"), json!([])),
        (format!("{entry}/logId/keyId"), json!(STANDARD.encode([7; 32]))),
        (format!("{entry}/kindVersion/kind"), json!("hashedrekord")),
        ("/dsseEnvelope/payloadType".to_owned(), json!("text/plain")),
        ("/mediaType".to_owned(), json!("application/vnd.dev.sigstore.bundle.v0.9+json")),
    ];
    for (path, value) in values {
        let mut changed = one.clone();
        *changed.pointer_mut(&path).unwrap() = value;
        assert!(check(&keyless, &changed).is_err(), "{path}");
    }
    // A bundle that says it is older needs no proof, but then the promise, which still has to be the log's.
    let mut older = one.clone();
    older["mediaType"] = json!("application/vnd.dev.sigstore.bundle+json;version=0.1");
    let entry = &mut older["verificationMaterial"]["tlogEntries"][0];
    entry.as_object_mut().unwrap().remove("inclusionProof");
    entry["inclusionPromise"] = other["verificationMaterial"]["tlogEntries"][0]["inclusionPromise"].clone();
    assert!(check(&keyless, &older).is_err());
}

#[test]
fn only_statements_count_and_only_with_a_certificate() {
    let sigstore = Sigstore::new().unwrap();
    let mut keyed = sigstore.bundle(&Wish::of(&digest("a"))).unwrap();
    let material = keyed["verificationMaterial"].as_object_mut().unwrap();
    material.remove("certificate");
    material.insert("publicKey".to_owned(), json!({ "hint": "h" }));
    assert!(matches!(check(&anybody(&sigstore), &keyed), Err(Refusal::Unsupported(_))));
    let mut plain = sigstore.bundle(&Wish::of(&digest("a"))).unwrap();
    let signature = plain["dsseEnvelope"]["signatures"][0]["sig"].take();
    plain.as_object_mut().unwrap().remove("dsseEnvelope");
    plain["messageSignature"] = json!({
        "messageDigest": { "algorithm": "SHA2_256", "digest": STANDARD.encode([0xaa; 32]) }, "signature": signature,
    });
    assert!(matches!(check(&anybody(&sigstore), &plain), Err(Refusal::Unsupported(_))));
}

#[test]
fn identities_are_matched_by_issuer_and_subject_together() {
    let sigstore = Sigstore::new().unwrap();
    let bundle = sigstore.bundle(&Wish::of(&digest("a"))).unwrap();
    let root = sigstore.trusted_root();
    let (issuer, subject) = ("^https://token\\.example\\.com$", "^https://example\\.com/org/repo/.*$");
    let of = |patterns: &[(&str, &str)]| {
        let patterns: Vec<_> = patterns.iter().map(|(issuer, subject)| Pattern { issuer, subject }).collect();
        check(&keyless(&root, &patterns), &bundle)
    };
    for good in [&[(issuer, subject)][..], &[("nobody", "nobody"), (issuer, subject)], &[("example", "repo")]]
    {
        of(good).unwrap();
    }
    for bad in [
        &[(issuer, "^https://example\\.com/org/other/.*$")][..],
        &[("^https://other$", subject)],
        &[(issuer, "nobody"), ("nobody", subject)],
    ] {
        assert!(matches!(of(bad), Err(Refusal::OtherSigner(_))), "{bad:?}");
    }
    let broken = |issuer| Keyless::new(None, &[Pattern { issuer, subject }]).map(drop);
    let long = "a".repeat(5000);
    for pattern in ["(", "a)", "[z-a]"] {
        assert!(matches!(broken(pattern), Err(TrustError::Pattern(_))), "{pattern}");
    }
    // Go and Rust read them differently, or one of them does not read them.
    for pattern in [
        "[a&&b]",
        "[a[b]]",
        "[a--b]",
        "[[:alpha:]--x]",
        "[[:word:]",
        "[[:foo:]]",
        "[[:alpha]x]",
        "\\pL",
        "\\u0041",
        "\\<a",
        "a\\>",
        "\\b{start}a",
        "a\\B{2}",
        "(?x)a b",
        "(?iR:a)",
        "(?u)a",
        "(?P<a.b>c)",
        "a{,5}",
        "a{ 2}",
        "a{1001}",
        "a**",
        "a{2}{3}",
        "\u{e4}",
        &long,
        "((a{100}){100}){100}",
    ] {
        assert!(matches!(broken(pattern), Err(TrustError::UnsupportedPattern(_))), "{pattern}");
    }
    for pattern in [
        "a--b",
        "[[:alpha:]]+",
        "[[:^alpha:]x]",
        "[]a]",
        "[^]a&]",
        "a\\[b&&c",
        "(?i)ABC",
        "(?im-s:a)b",
        "(?P<a_1>c)",
        "a{2,}?b{1,3}",
        "\\ba\\B",
        "a\\-b",
        "(?:a|b)*",
    ] {
        assert_eq!(broken(pattern), Ok(()), "{pattern}");
    }
    assert_eq!(broken(""), Err(TrustError::EmptyPattern("issuer")));
    let empty = Keyless::new(None, &[Pattern { issuer, subject: "" }]).map(drop);
    assert_eq!(empty.unwrap_err().to_string(), "the subject of an identity is empty: write '.*' for any");
    let many = vec![Pattern { issuer, subject }; 65];
    assert_eq!(Keyless::new(None, &many).map(drop), Err(TrustError::Identities(64)));
}

#[test]
fn patterns_match_no_more_than_they_do_in_go() {
    let matches = |pattern: &str, text: &str| {
        let signer = Signer { issuer: Some("i".to_owned()), subject: Some(text.to_owned()) };
        Identities::new(&[Pattern { issuer: "i", subject: pattern }]).unwrap().match_one(&signer)
    };
    assert!(matches("^\\w+$", "abc") && !matches("^\\w+$", "\u{e4}bc"));
    assert!(matches("^\\d$", "1") && !matches("^\\d$", "\u{0661}"));
    assert!(!matches("(?i)^k$", "\u{212a}"));
    assert!(!matches("^a$", "a\n") && !matches("^a.b$", "a\nb"));
    // A character of two bytes, and white space of Rust's.
    assert!(matches("^..$", "ab") && !matches("^..$", "\u{e4}") && !matches("^a\\s$", "a\u{b}"));
    let nobody = Signer { issuer: Some("i".to_owned()), subject: None };
    let any = Identities::new(&[Pattern { issuer: ".*", subject: ".*" }]).unwrap();
    assert!(!any.match_one(&nobody), "a certificate without a name matches no pattern");
    assert!(Identities::new(&[]).unwrap().match_one(&nobody));
}

fn tagged(
    keyless: &Keyless,
    payload: &[u8],
    annotations: &BTreeMap<String, String>,
) -> Result<Signer, Refusal> {
    keyless.tagged(Tagged { payload, annotations }, &digest("a"), &free())
}

#[test]
fn the_older_layout_counts_with_all_its_annotations() {
    let (one, other) = (Sigstore::new().unwrap(), Sigstore::new().unwrap());
    let keyless = anybody(&one);
    let wish = Wish::of(&digest("a"));
    let (payload, annotations) = one.payload(&wish).unwrap();
    let signer = tagged(&keyless, &payload, &annotations).unwrap();
    assert_eq!((signer.issuer, signer.subject), (Some(wish.issuer.clone()), Some(wish.subject.clone())));
    let whole = Tagged { payload: &payload, annotations: &annotations };
    assert_eq!(keyless.tagged(whole, &digest("b"), &free()), Err(Refusal::OtherArtifact));
    assert!(tagged(&anybody(&other), &payload, &annotations).is_err(), "another root");
    for name in annotations.keys() {
        let mut less = annotations.clone();
        less.remove(name);
        assert!(tagged(&keyless, &payload, &less).is_err(), "without {name}");
    }
    // Parts of another signature of the same payload, and of another payload.
    for donor in [one.payload(&wish).unwrap(), one.payload(&Wish::of(&digest("b"))).unwrap()] {
        for name in annotations.keys() {
            let mut mixed = annotations.clone();
            mixed.insert(name.clone(), donor.1[name].clone());
            assert!(tagged(&keyless, &payload, &mixed).is_err(), "{name} of another");
        }
    }
    let (foreign, notes) = one.payload(&Wish::of(&digest("b"))).unwrap();
    let forged = String::from_utf8(foreign).unwrap().replace(&"b".repeat(64), &"a".repeat(64));
    assert!(tagged(&keyless, forged.as_bytes(), &notes).is_err(), "a payload that was changed");
    let renamed =
        String::from_utf8(payload.clone()).unwrap().replace("cosign container image signature", "x");
    assert!(matches!(tagged(&keyless, renamed.as_bytes(), &annotations), Err(Refusal::Unsupported(_))));
    let late = Wish { taken_after: Duration::from_secs(700), ..wish.clone() };
    for wish in [
        Wish { is_for_code: false, ..wish.clone() },
        Wish { has_certificate_promise: false, ..wish.clone() },
        Wish { has_promise: false, ..wish },
        late,
    ] {
        let (payload, annotations) = one.payload(&wish).unwrap();
        assert!(tagged(&keyless, &payload, &annotations).is_err(), "{wish:?}");
    }
}

#[test]
fn the_time_of_an_entry_is_what_the_log_promised() {
    let sigstore = Sigstore::new().unwrap();
    let late = Wish { taken_after: Duration::from_secs(700), ..Wish::of(&digest("a")) };
    let (payload, mut annotations) = sigstore.payload(&late).unwrap();
    let mut entry: Value = serde_json::from_str(&annotations["dev.sigstore.cosign/bundle"]).unwrap();
    let time = entry["Payload"]["integratedTime"].as_u64().unwrap();
    entry["Payload"]["integratedTime"] = json!(time - 600);
    annotations.insert("dev.sigstore.cosign/bundle".to_owned(), entry.to_string());
    assert!(matches!(tagged(&anybody(&sigstore), &payload, &annotations), Err(Refusal::Untrusted(_))));
}

#[test]
fn what_is_too_much_is_refused() {
    let sigstore = Sigstore::new().unwrap();
    let keyless = anybody(&sigstore);
    let bundle = sigstore.bundle(&Wish::of(&digest("a"))).unwrap();
    let mut many = bundle.clone();
    let entry = bundle["verificationMaterial"]["tlogEntries"][0].clone();
    many["verificationMaterial"]["tlogEntries"] = json!(vec![entry; 9]);
    assert_eq!(check(&keyless, &many), Err(Refusal::Excess { what: "log entries", most: 8 }));
    let mut long = bundle.clone();
    let hash = bundle["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["hashes"][0].clone();
    long["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["hashes"] = json!(vec![hash; 65]);
    assert_eq!(check(&keyless, &long), Err(Refusal::Excess { what: "hashes of a proof", most: 64 }));
    let large = vec![b' '; crate::MAX_SIGNATURE + 1];
    assert!(matches!(keyless.bundle(&large, &digest("a"), &free()), Err(Refusal::Excess { .. })));
    for nonsense in [&b"{}"[..], b"", b"\xff", b"[[[[[[", &b"[".repeat(100_000)] {
        assert_eq!(keyless.bundle(nonsense, &digest("a"), &free()), Err(Refusal::NoBundle));
    }
    let few = Budget::new(Limits { steps: 5_000, ..Limits::NONE }, Cancel::default());
    let text = bundle.to_string();
    let spent = keyless.bundle(text.as_bytes(), &digest("a"), &few);
    assert_eq!(spent, Err(Refusal::Cost(Exceeded::Steps(5_000))));
}

#[test]
fn what_is_no_root() {
    let error = |root: &Value| Keyless::new(Some(root.to_string().as_bytes()), &[]).unwrap_err();
    let whole = Sigstore::new().unwrap().trusted_root();
    for part in ["tlogs", "ctlogs", "certificateAuthorities"] {
        let mut root = whole.clone();
        root[part] = json!([]);
        assert!(matches!(error(&root), TrustError::Missing(_)), "{part}");
        let mut root = whole.clone();
        root[part] = json!(vec![whole[part][0].clone(); 33]);
        assert!(matches!(error(&root), TrustError::Excess(..)), "{part}");
    }
    assert!(matches!(error(&json!({})), TrustError::Root(_) | TrustError::Missing(_)));
    assert!(matches!(Keyless::new(Some(b"\xff"), &[]), Err(TrustError::Root(_))));
}

#[test]
fn fingerprints_are_of_root_and_identities_and_of_what_was_signed() {
    let root = Sigstore::new().unwrap().trusted_root();
    let pattern = |subject| Pattern { issuer: "i", subject };
    let print = |root: &Value, subject, revision| keyless(root, &[pattern(subject)]).fingerprint(revision);
    assert_eq!(print(&root, "a", "r"), print(&root, "a", "r"));
    assert_ne!(print(&root, "a", "r"), print(&root, "b", "r"));
    assert_ne!(print(&root, "a", "r"), print(&root, "a", "s"));
    assert_ne!(print(&root, "a", "r"), print(&Sigstore::new().unwrap().trusted_root(), "a", "r"));
    let (one, two) = (Pattern { issuer: "ab", subject: "c" }, Pattern { issuer: "a", subject: "bc" });
    assert_ne!(keyless(&root, &[one]).fingerprint("r"), keyless(&root, &[two]).fingerprint("r"));
}
