//! What counts as a signature of the Notary Project, and that nothing counts that lacks a part or has one of another.

use jiff::Timestamp;
use manifest::budget::{Budget, Cancel, Limits};
use rcgen::{CustomExtension, KeyUsagePurpose};
use serde_json::{Value, json};
use testkit::oci::{Notary, Person};

use super::{Artifact, Format, Notation, Verdict};
use crate::Refusal;

mod envelopes;
mod policies;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const SIGNED: Artifact<'_> = Artifact {
    media_type: MANIFEST,
    digest: "sha256:73c803930ea3ba1e54bc25c2bdc53edd0284c62ed651fe7b00369da519a3c333",
    size: 16724,
};

fn now() -> Timestamp {
    "2026-11-30T00:00:00Z".parse().unwrap()
}

fn free() -> Budget {
    Budget::new(Limits::NONE, Cancel::default())
}

fn notation(policy: &Value, certificates: &[&str]) -> Notation {
    let certificates: Vec<&[u8]> = certificates.iter().map(|text| text.as_bytes()).collect();
    Notation::new(policy.to_string().as_bytes(), &certificates, "r.example/app").unwrap()
}

fn strict(notary: &Notary) -> Notation {
    notation(&Notary::policy("strict"), &[notary.root()])
}

fn payload() -> Value {
    Notary::payload(SIGNED.media_type, SIGNED.digest, 16724)
}

fn check(notation: &Notation, envelope: &Value) -> Result<Verdict, Refusal> {
    notation.verify(envelope.to_string().as_bytes(), Format::Jws, &SIGNED, now(), &free())
}

/// A signature by such a person, under a policy of this level that trusts the authority.
fn by(person: &Person, level: &str) -> Result<Verdict, Refusal> {
    let notary = Notary::new(person).unwrap();
    let envelope = notary.envelope(&Notary::header(), &payload()).unwrap();
    check(&notation(&Notary::policy(level), &[notary.root()]), &envelope)
}

#[test]
fn a_signature_is_of_one_artifact() {
    let notary = Notary::new(&Person::default()).unwrap();
    let envelope = notary.envelope(&Notary::header(), &payload()).unwrap();
    let verdict = check(&strict(&notary), &envelope).unwrap();
    assert!(verdict.told.is_empty());
    assert_eq!(verdict.signer.subject.as_deref(), Some("CN=signer,O=Flyball,ST=Berlin,C=DE"));
    for other in [
        Artifact { size: 16725, ..SIGNED },
        Artifact { media_type: "application/vnd.oci.image.index.v1+json", ..SIGNED },
        Artifact {
            digest: "sha256:00c803930ea3ba1e54bc25c2bdc53edd0284c62ed651fe7b00369da519a3c333",
            ..SIGNED
        },
    ] {
        let text = envelope.to_string();
        let found = strict(&notary).verify(text.as_bytes(), Format::Jws, &other, now(), &free());
        assert_eq!(found, Err(Refusal::OtherArtifact));
        // Integrity is enforced at every level.
        let audit = notation(&Notary::policy("audit"), &[notary.root()]);
        let found = audit.verify(text.as_bytes(), Format::Jws, &other, now(), &free());
        assert_eq!(found, Err(Refusal::OtherArtifact));
    }
}

#[test]
fn a_signature_is_of_its_payload_header_and_certificate() {
    let (one, other) = (Notary::new(&Person::default()).unwrap(), Notary::new(&Person::default()).unwrap());
    let envelope = one.envelope(&Notary::header(), &payload()).unwrap();
    let donors = [
        one.envelope(&Notary::header(), &Notary::payload(MANIFEST, SIGNED.digest, 1)).unwrap(),
        other.envelope(&Notary::header(), &payload()).unwrap(),
    ];
    let both = notation(&Notary::policy("strict"), &[one.root(), other.root()]);
    check(&both, &envelope).unwrap();
    for donor in &donors {
        for part in ["payload", "signature", "header"] {
            if donor[part] == envelope[part] {
                continue;
            }
            let mut mixed = envelope.clone();
            mixed[part] = donor[part].clone();
            assert!(matches!(check(&both, &mixed), Err(Refusal::Broken(_))), "{part} of another");
        }
    }
    let mut header = Notary::header();
    header["io.cncf.notary.signingTime"] = json!("2026-07-02T00:00:00Z");
    let mut mixed = envelope.clone();
    mixed["protected"] = one.envelope(&header, &payload()).unwrap()["protected"].clone();
    assert!(matches!(check(&both, &mixed), Err(Refusal::Broken(_))), "header of another");
    // A chain that ends at another authority, of the same name.
    let mut chained = envelope.clone();
    chained["header"]["x5c"][1] = donors[1]["header"]["x5c"][1].clone();
    assert!(matches!(check(&both, &chained), Err(Refusal::Untrusted(_))));
    let mut alone = envelope.clone();
    alone["header"]["x5c"].as_array_mut().unwrap().truncate(1);
    assert!(matches!(check(&both, &alone), Err(Refusal::Untrusted(_))), "it does not vouch for itself");
    let mut none = envelope;
    none["header"]["x5c"] = json!([]);
    assert!(matches!(check(&both, &none), Err(Refusal::Malformed(_))));
}

#[test]
fn somebody_who_is_trusted_vouches_for_who_has_to_sign() {
    let (one, other) = (Notary::new(&Person::default()).unwrap(), Notary::new(&Person::default()).unwrap());
    let envelope = one.envelope(&Notary::header(), &payload()).unwrap();
    assert!(matches!(check(&strict(&other), &envelope), Err(Refusal::Untrusted(_))));
    let mut policy = Notary::policy("strict");
    policy["trustPolicies"][0]["trustStores"] = json!(["signingAuthority:any"]);
    assert!(matches!(check(&notation(&policy, &[one.root()]), &envelope), Err(Refusal::Untrusted(_))));
    for (identities, is_good) in [
        (json!(["*"]), true),
        (json!(["x509.subject:C=DE,ST=Berlin,O=Flyball,CN=signer"]), true),
        (json!(["x509.subject:C=DE,S=Berlin,O=Flyball"]), true),
        (json!(["x509.subject:C=US,ST=WA,O=x", "x509.subject:C=DE,ST=Berlin,O=Flyball"]), true),
        (json!(["x509.subject:C=DE,ST=Berlin,O=Flyball,CN=other"]), false),
        (json!(["x509.subject:C=DE,ST=Berlin,O=Flyball,OU=x"]), false),
        (json!(["plugin.name:signer"]), false),
    ] {
        let mut policy = Notary::policy("strict");
        policy["trustPolicies"][0]["trustedIdentities"] = identities.clone();
        let found = check(&notation(&policy, &[one.root()]), &envelope);
        let expected = matches!(found, Err(Refusal::OtherSigner(_)));
        assert_eq!((found.is_ok(), expected), (is_good, !is_good), "{identities}");
    }
    // Only told, where the policy says so; but then nobody vouches.
    let audit = notation(&Notary::policy("audit"), &[other.root()]);
    assert!(matches!(check(&audit, &envelope).unwrap().told.as_slice(), [Refusal::Untrusted(_)]));
    assert!(!audit.vouches() && strict(&one).vouches());
}

#[test]
fn certificates_are_for_code_and_issued_by_who_may() {
    let usage = |usages: &[KeyUsagePurpose]| Person { usages: usages.to_vec(), ..Person::default() };
    let extended = |last: u64| vec![1, 3, 6, 1, 5, 5, 7, 3, last];
    let uses = |extended: Vec<Vec<u64>>| Person { extended, ..Person::default() };
    let with = |oid: &[u64], content: &[u8], is_critical: bool| {
        let mut extension = CustomExtension::from_oid_content(oid, content.to_vec());
        extension.set_criticality(is_critical);
        Person { extensions: vec![extension], ..Person::default() }
    };
    for (what, person) in [
        ("no usage", usage(&[])),
        ("another usage", usage(&[KeyUsagePurpose::KeyEncipherment])),
        ("one usage more", usage(&[KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign])),
        ("for servers", uses(vec![extended(1)])),
        ("for servers, too", uses(vec![extended(3), extended(1)])),
        ("for timestamps, too", uses(vec![extended(3), extended(8)])),
        ("for anything", uses(vec![extended(3), vec![2, 5, 29, 37, 0]])),
        ("for something else", uses(vec![vec![1, 3, 6, 1, 4, 1, 99999, 1]])),
        ("what is not known, and critical", with(&[1, 3, 6, 1, 4, 1, 99999, 2], &[5, 0], true)),
        ("constraints of names", with(&[2, 5, 29, 30], &[0x30, 0], false)),
        ("an authority that is none", Person { is_of_authority: false, ..Person::default() }),
    ] {
        let found = by(&person, "audit");
        assert!(matches!(found, Err(Refusal::Untrusted(_))), "{what}: {found:?}");
    }
    by(&uses(Vec::new()), "strict").unwrap();
    by(&with(&[1, 3, 6, 1, 4, 1, 99999, 2], &[5, 0], false), "strict").unwrap();
    // One that issues others signs nothing else: basic constraints with `cA`.
    let issuer = with(&[2, 5, 29, 19], &[0x30, 3, 1, 1, 0xff], true);
    assert!(matches!(by(&issuer, "audit"), Err(Refusal::Untrusted(_))));
}

#[test]
fn whether_a_certificate_was_revoked_is_not_asked() {
    // A list's address.
    let person = Person {
        extensions: vec![CustomExtension::from_oid_content(&[2, 5, 29, 31], vec![0x30, 0])],
        ..Person::default()
    };
    let error = by(&person, "strict").unwrap_err();
    assert!(matches!(error, Refusal::Revocation(_)));
    assert!(error.to_string().contains("CN=signer,O=Flyball"), "{error}");
    assert!(matches!(by(&person, "permissive").unwrap().told.as_slice(), [Refusal::Revocation(_)]));
    let notary = Notary::new(&person).unwrap();
    let mut policy = Notary::policy("strict");
    policy["trustPolicies"][0]["signatureVerification"]["override"] = json!({ "revocation": "skip" });
    let envelope = notary.envelope(&Notary::header(), &payload()).unwrap();
    assert!(check(&notation(&policy, &[notary.root()]), &envelope).unwrap().told.is_empty());
}

#[test]
fn signatures_hold_for_a_time() {
    for years in [(2020, 2026), (2027, 2030)] {
        let person = Person { years, ..Person::default() };
        assert!(matches!(by(&person, "strict"), Err(Refusal::Time(_))));
        assert!(matches!(by(&person, "permissive").unwrap().told.as_slice(), [Refusal::Time(_)]));
    }
    let notary = Notary::new(&Person::default()).unwrap();
    let until = |time: &str| {
        let mut header = Notary::header();
        header["crit"] = json!(["io.cncf.notary.signingScheme", "io.cncf.notary.expiry"]);
        header["io.cncf.notary.expiry"] = json!(time);
        let envelope = notary.envelope(&header, &payload()).unwrap();
        let of = |level: &str| check(&notation(&Notary::policy(level), &[notary.root()]), &envelope);
        (of("strict"), of("permissive"))
    };
    let (strict, _) = until("2026-12-01T00:00:00Z");
    strict.unwrap();
    let (strict, permissive) = until("2026-11-30T00:00:00Z");
    assert!(matches!(strict, Err(Refusal::Time(_))));
    assert!(matches!(permissive.unwrap().told.as_slice(), [Refusal::Time(_)]));
    let (_, permissive) = until("2026-06-01T00:00:00Z");
    assert!(matches!(permissive, Err(Refusal::Malformed(_))), "it ends before it begins");
}

#[test]
fn a_signing_authority_vouches_for_the_time() {
    let ended = Person { years: (2020, 2026), ..Person::default() };
    let signed = |person: &Person, time: &str| {
        let notary = Notary::new(person).unwrap();
        let mut header = Notary::header();
        header.as_object_mut().unwrap().remove("io.cncf.notary.signingTime");
        header["io.cncf.notary.signingScheme"] = json!("notary.x509.signingAuthority");
        header["io.cncf.notary.authenticSigningTime"] = json!(time);
        header["crit"] = json!(["io.cncf.notary.signingScheme", "io.cncf.notary.authenticSigningTime"]);
        let mut policy = Notary::policy("strict");
        policy["trustPolicies"][0]["trustStores"] = json!(["signingAuthority:any"]);
        let envelope = notary.envelope(&header, &payload()).unwrap();
        // Who may sign is not who may say when.
        assert!(matches!(check(&strict(&notary), &envelope), Err(Refusal::Untrusted(_))));
        check(&notation(&policy, &[notary.root()]), &envelope)
    };
    signed(&Person::default(), "2026-11-30T00:00:00Z").unwrap();
    signed(&ended, "2025-07-01T00:00:00Z").unwrap();
    assert!(matches!(signed(&ended, "2026-07-01T00:00:00Z"), Err(Refusal::Time(_))));
    assert!(
        matches!(signed(&Person::default(), "2026-11-30T00:00:01Z"), Err(Refusal::Time(_))),
        "in the future"
    );
}

#[test]
fn a_timestamp_that_is_asked_for_is_not_taken_for_granted() {
    let with_stamps = |when: &str, person: &Person, level: &str| {
        let notary = Notary::new(person).unwrap();
        let mut policy = Notary::policy(level);
        policy["trustPolicies"][0]["trustStores"] = json!(["ca:any", "tsa:any"]);
        policy["trustPolicies"][0]["signatureVerification"]["verifyTimestamp"] = json!(when);
        let envelope = notary.envelope(&Notary::header(), &payload()).unwrap();
        check(&notation(&policy, &[notary.root()]), &envelope)
    };
    let (lasting, ended) = (Person::default(), Person { years: (2020, 2026), ..Person::default() });
    assert!(matches!(with_stamps("always", &lasting, "strict"), Err(Refusal::Unsupported(_))));
    with_stamps("afterCertExpiry", &lasting, "strict").unwrap();
    assert!(matches!(with_stamps("afterCertExpiry", &ended, "strict"), Err(Refusal::Unsupported(_))));
    let told = with_stamps("always", &lasting, "permissive").unwrap().told;
    assert!(matches!(told.as_slice(), [Refusal::Unsupported(_)]));
}

#[test]
fn fingerprints_are_of_policy_and_certificates_and_of_what_was_signed() {
    let (one, other) = (Notary::new(&Person::default()).unwrap(), Notary::new(&Person::default()).unwrap());
    let print = |notary: &Notary, level, revision| {
        notation(&Notary::policy(level), &[notary.root()]).fingerprint(revision)
    };
    assert_eq!(print(&one, "strict", "r"), print(&one, "strict", "r"));
    assert_ne!(print(&one, "strict", "r"), print(&other, "strict", "r"));
    assert_ne!(print(&one, "strict", "r"), print(&one, "permissive", "r"));
    assert_ne!(print(&one, "strict", "r"), print(&one, "strict", "s"));
}
