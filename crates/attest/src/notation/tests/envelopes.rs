//! Envelopes: those of the Notary Project's own library, and what is none.

use serde_json::json;
use testkit::oci::{Notary, Person};

use super::{SIGNED, check, free, notation, now, payload, strict};
use crate::notation::cbor::{Item, read};
use crate::{Format, Notation, Refusal};

const ROOT: &str = include_str!("fixtures/root.crt");
const WRITTEN: [(&str, Format, &[u8]); 11] = [
    ("es256", Format::Jws, include_bytes!("fixtures/es256.jws")),
    ("es256", Format::Cose, include_bytes!("fixtures/es256.cose")),
    ("es384", Format::Cose, include_bytes!("fixtures/es384.cose")),
    ("es512", Format::Jws, include_bytes!("fixtures/es512.jws")),
    ("es512", Format::Cose, include_bytes!("fixtures/es512.cose")),
    ("ps256", Format::Jws, include_bytes!("fixtures/ps256.jws")),
    ("ps256", Format::Cose, include_bytes!("fixtures/ps256.cose")),
    ("ps384", Format::Jws, include_bytes!("fixtures/ps384.jws")),
    ("ps512", Format::Cose, include_bytes!("fixtures/ps512.cose")),
    ("authority", Format::Jws, include_bytes!("fixtures/authority.jws")),
    ("authority", Format::Cose, include_bytes!("fixtures/authority.cose")),
];

fn trusting() -> Notation {
    let policy = json!({
        "version": "1.0",
        "trustPolicies": [{
            "name": "all", "registryScopes": ["*"], "signatureVerification": { "level": "strict" },
            "trustStores": ["ca:any", "signingAuthority:any"],
            "trustedIdentities": ["x509.subject: C=DE, ST=Berlin, O=Flyball, OU=Tests\\, signing"],
        }],
    });
    notation(&policy, &[ROOT])
}

#[test]
fn envelopes_of_all_algorithms_count_as_they_are() {
    for (name, format, bytes) in WRITTEN {
        let verdict = trusting().verify(bytes, format, &SIGNED, now(), &free());
        assert!(verdict.is_ok_and(|verdict| verdict.told.is_empty()), "{name} {format:?}");
        let other = if format == Format::Jws { Format::Cose } else { Format::Jws };
        let found = trusting().verify(bytes, other, &SIGNED, now(), &free());
        assert!(matches!(found, Err(Refusal::Malformed(_))), "{name} is not {other:?}");
    }
}

#[test]
fn envelopes_count_only_byte_by_byte() {
    // What stands behind these is not signed: who wrote it, which is passed over.
    let agent = b"fixture/1";
    for (name, format, bytes) in
        WRITTEN.into_iter().filter(|(name, ..)| matches!(*name, "es256" | "authority"))
    {
        let unsigned = bytes.windows(agent.len()).position(|window| window == agent).unwrap();
        let unsigned = unsigned..unsigned + agent.len();
        let mut counted = Vec::new();
        for at in 0..bytes.len() {
            let mut changed = bytes.to_vec();
            changed[at] ^= 1;
            if trusting().verify(&changed, format, &SIGNED, now(), &free()).is_ok() && !unsigned.contains(&at)
            {
                counted.push(at);
            }
        }
        // The name of the unsigned header itself, and bits that its encodings do not use.
        let shown: Vec<String> = counted
            .iter()
            .map(|at| String::from_utf8_lossy(&bytes[at.saturating_sub(4)..*at + 2]).into_owned())
            .collect();
        assert!(counted.len() <= 40, "{name} {format:?}: {shown:?}");
        for length in 0..bytes.len() {
            let found = trusting().verify(&bytes[..length], format, &SIGNED, now(), &free());
            assert!(found.is_err(), "{name} {format:?} cut at {length}");
        }
    }
}

#[test]
fn headers_say_all_that_they_have_to_and_nothing_unknown() {
    let notary = Notary::new(&Person::default()).unwrap();
    let found = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut header = Notary::header();
        change(&mut header);
        check(&strict(&notary), &notary.envelope(&header, &payload()).unwrap())
    };
    found(&|_| ()).unwrap();
    found(&|header| header["x"] = json!("not critical")).unwrap();
    for name in ["alg", "cty", "crit", "io.cncf.notary.signingScheme", "io.cncf.notary.signingTime"] {
        let found = found(&|header| drop(header.as_object_mut().unwrap().remove(name)));
        assert!(matches!(found, Err(Refusal::Malformed(_))), "without {name}");
    }
    for (name, value) in [
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("ES384")),
        ("alg", json!("PS256")),
        ("cty", json!("text/plain")),
        ("crit", json!([])),
        ("crit", json!(["io.cncf.notary.signingScheme", "x"])),
        ("crit", json!(["io.cncf.notary.signingScheme", "io.cncf.notary.verificationPlugin"])),
        ("io.cncf.notary.verificationPlugin", json!("p")),
        ("io.cncf.notary.signingScheme", json!("notary.x509.signingAuthority")),
        ("io.cncf.notary.signingScheme", json!("other")),
        ("io.cncf.notary.authenticSigningTime", json!("2026-07-01T00:00:00Z")),
        // An end that is not critical could be passed over by others.
        ("io.cncf.notary.expiry", json!("2030-07-01T00:00:00Z")),
    ] {
        let found = found(&|header| header[name] = value.clone());
        assert!(found.is_err(), "{name}: {value}");
    }
    let two = notary.envelope(&Notary::header(), &payload()).unwrap();
    let mut many = two.clone();
    many["header"]["x5c"] = json!(vec![two["header"]["x5c"][1].clone(); 11]);
    assert_eq!(check(&strict(&notary), &many), Err(Refusal::Excess { what: "certificates", most: 10 }));
    for wrong in [json!({}), json!({ "targetArtifact": {} }), json!([])] {
        let envelope = notary.envelope(&Notary::header(), &wrong).unwrap();
        assert!(matches!(check(&strict(&notary), &envelope), Err(Refusal::Malformed(_))));
    }
}

#[test]
fn cbor_is_bounded() {
    let refused = |bytes: &[u8]| read(bytes).is_err();
    assert_eq!(read(&[0x18, 200]).unwrap(), Item::Integer(200));
    assert_eq!(read(&[0x38, 24]).unwrap(), Item::Integer(-25));
    assert_eq!(read(b"\x62hi").unwrap(), Item::Text("hi"));
    for bytes in [
        &b""[..],
        b"\x62h",
        b"\x62\xff\xff",
        // More items, levels or bytes than there are.
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
        // Without a length.
        b"\x9f\x01\xff",
        b"\x5f\x41a\xff",
        // A key twice, and something behind it.
        b"\xa2\x01\x02\x01\x03",
        b"\x01\x01",
    ] {
        assert!(refused(bytes), "{bytes:?}");
    }
    assert!(refused(&[0x81; 9]) && refused(&[0x81; 100_000]) && refused(&[0xc1; 100_000]));
    let mut wide = vec![0x99, 4, 0];
    wide.extend([1; 1024]);
    assert!(refused(&wide));
}
