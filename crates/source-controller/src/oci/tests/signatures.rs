//! Signatures without keys and by trust policies, from a registry: where they are found, and what is told of those that
//! do not count.

use std::sync::Arc;

use attest::{Keyless, Notation};
use testkit::oci::{Notary, Person, Sigstore, Wish};

use super::*;

fn keyless(sigstore: &Sigstore) -> Option<Signers> {
    let root = sigstore.trusted_root().to_string();
    Some(Signers::Keyless(Arc::new(Keyless::new(Some(root.as_bytes()), &[]).unwrap())))
}

fn notation(notary: &Notary, level: &str) -> Option<Signers> {
    let policy = Notary::policy(level).to_string();
    let notation = Notation::new(policy.as_bytes(), &[notary.root().as_bytes()], "r.example/app").unwrap();
    Some(Signers::Notation(Arc::new(notation)))
}

async fn referring(digest: &str, all: &[Image]) -> Registry {
    let registry = registry(None).await;
    registry.behave(Behaviour { referrers: true, ..Behaviour::default() });
    for one in all {
        registry.refer("app", digest, one);
    }
    registry
}

async fn judged(registry: &Registry, signers: Option<Signers>) -> Result<(), String> {
    let mut spec = latest(&registry.url("app"));
    spec.signers = signers;
    resolve(&oci(), &spec, &nobody(), None).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_without_keys_count_in_both_layouts() {
    let (one, other) = (Sigstore::new().unwrap(), Sigstore::new().unwrap());
    let digest = image("one").digest();
    let wish = Wish::of(&digest);
    let none = format!("no matching signatures were found for '{{}}/app@{digest}'");
    let registry =
        referring(&digest, &[image("a referrer that is none"), one.referrer(&wish).unwrap()]).await;
    judged(&registry, keyless(&one)).await.unwrap();
    let told = judged(&registry, keyless(&other)).await.unwrap_err();
    let expected = format!("{}: the signature is not trusted: ", none.replace("{}", &registry.address()));
    assert!(told.starts_with(&expected), "{told}");
    // Who wants keys does not take it, and the other way round.
    let told = judged(&registry, keys(&[&Signer::new().unwrap()])).await.unwrap_err();
    assert_eq!(told, none.replace("{}", &registry.address()));
    let keyed = referring(&digest, &[Signer::new().unwrap().referrer(&digest).unwrap()]).await;
    let told = judged(&keyed, keyless(&one)).await.unwrap_err();
    assert!(told.ends_with("the signature is not supported: the bundle is signed with a key"), "{told}");

    let tag = format!("{}.sig", digest.replace(':', "-"));
    let registry = super::registry(None).await;
    registry.publish("app", &tag, &one.tagged(&wish).unwrap());
    judged(&registry, keyless(&one)).await.unwrap();
    assert!(judged(&registry, keyless(&other)).await.is_err());
    registry.publish("app", &tag, &one.tagged(&Wish::of(&image("two").digest())).unwrap());
    let told = judged(&registry, keyless(&one)).await.unwrap_err();
    assert!(told.ends_with("the signature is of another artifact"), "{told}");
    // Where there is a bundle the older layout does not count.
    registry.publish("app", &tag, &one.tagged(&wish).unwrap());
    registry.behave(Behaviour { referrers: true, ..Behaviour::default() });
    registry.refer("app", &digest, &other.referrer(&wish).unwrap());
    assert!(judged(&registry, keyless(&one)).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_of_a_trust_policy_are_referrers_of_their_own_type() {
    let (one, other) = (Notary::new(&Person::default()).unwrap(), Notary::new(&Person::default()).unwrap());
    let (signed, digest) = (image("one"), image("one").digest());
    let bundle = Sigstore::new().unwrap().referrer(&Wish::of(&digest)).unwrap();
    let registry = referring(&digest, &[bundle.clone(), one.referrer(&signed).unwrap()]).await;
    judged(&registry, notation(&one, "strict")).await.unwrap();
    let told = judged(&registry, notation(&other, "strict")).await.unwrap_err();
    assert!(told.ends_with("no certificate of its chain is in the trust store"), "{told}");
    judged(&registry, notation(&other, "audit")).await.unwrap();
    let unsigned = referring(&digest, &[bundle]).await;
    let told = judged(&unsigned, notation(&one, "strict")).await.unwrap_err();
    let expected = format!(
        "no signature is associated with \"{}/app@{digest}\", make sure the artifact was signed successfully",
        unsigned.address()
    );
    assert_eq!(told, expected);
    // Of something else.
    let registry = referring(&digest, &[one.referrer(&image("two")).unwrap()]).await;
    let told = judged(&registry, notation(&one, "strict")).await.unwrap_err();
    assert!(told.ends_with("the signature is of another artifact"), "{told}");
    // No more than three are looked at.
    let stranger = || Notary::new(&Person::default()).unwrap().referrer(&signed).unwrap();
    let three = [stranger(), stranger(), stranger(), one.referrer(&signed).unwrap()];
    let registry = referring(&digest, &three).await;
    assert!(judged(&registry, notation(&one, "strict")).await.is_err());
    let registry = referring(&digest, &three[1..]).await;
    judged(&registry, notation(&one, "strict")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_that_counts_ends_the_search() {
    let sigstore = Sigstore::new().unwrap();
    let digest = image("one").digest();
    let good = sigstore.referrer(&Wish::of(&digest)).unwrap();
    let later = sigstore.referrer(&Wish::of(&digest)).unwrap();
    let registry = referring(&digest, &[good, later.clone()]).await;
    drop(registry.asked());
    judged(&registry, keyless(&sigstore)).await.unwrap();
    let asked = registry.asked();
    assert!(!asked.iter().any(|line| line.contains(&later.digest())), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_fails_is_told_as_such() {
    let sigstore = Sigstore::new().unwrap();
    let digest = image("one").digest();
    let mut lost = sigstore.referrer(&Wish::of(&digest)).unwrap();
    lost.blobs.clear();
    let registry = referring(&digest, &[lost.clone()]).await;
    let told = judged(&registry, keyless(&sigstore)).await.unwrap_err();
    assert!(told.starts_with("GET http") && !told.contains("no matching signatures"), "{told}");
    // It hides no other.
    let registry = referring(&digest, &[lost, sigstore.referrer(&Wish::of(&digest)).unwrap()]).await;
    judged(&registry, keyless(&sigstore)).await.unwrap();
}

/// The same, saying what it is.
fn typed(image: &Image, type_: &str) -> Image {
    let mut manifest: serde_json::Value = serde_json::from_slice(&image.manifest).unwrap();
    manifest["artifactType"] = type_.into();
    Image { manifest: manifest.to_string().into_bytes(), ..image.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_referrers_hide_no_signature() {
    const EMPTY: &str = "application/vnd.oci.empty.v1+json";
    let (signed, digest) = (image("one"), image("one").digest());
    let (signer, sigstore) = (Signer::new().unwrap(), Sigstore::new().unwrap());
    let notary = Notary::new(&Person::default()).unwrap();
    let bills = (0..150).map(|number| typed(&image(&format!("bill {number}")), "application/spdx+json"));
    let mut all: Vec<Image> = bills.collect();
    all.push(notary.referrer(&signed).unwrap());
    all.push(typed(&sigstore.referrer(&Wish::of(&digest)).unwrap(), EMPTY));
    all.push(typed(&signer.referrer(&digest).unwrap(), "application/vnd.dev.sigstore.bundle.v0.3+json"));
    for page in [None, Some(20)] {
        let registry = referring(&digest, &all).await;
        registry.behave(Behaviour { referrers: true, page, ..Behaviour::default() });
        judged(&registry, keys(&[&signer])).await.unwrap();
        judged(&registry, keyless(&sigstore)).await.unwrap();
        judged(&registry, notation(&notary, "strict")).await.unwrap();
        let asked = registry.asked();
        assert!(
            asked.iter().any(|line| line.contains("?artifactType=application/vnd.cncf.notary.signature"))
        );
        assert!(!asked.iter().any(|line| line.contains(&all[0].digest())), "a bill is not opened");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn why_a_bundle_does_not_count_is_told() {
    let sigstore = Sigstore::new().unwrap();
    let digest = image("one").digest();
    let none = format!("no matching signatures were found for '{{}}/app@{digest}'");
    // A bundle that lacks its certificate is one all the same.
    let mut bundle = sigstore.bundle(&Wish::of(&digest)).unwrap();
    bundle["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.1".into();
    let material = bundle["verificationMaterial"].as_object_mut().unwrap();
    material.remove("certificate");
    material.insert("x509CertificateChain".to_owned(), serde_json::json!({ "certificates": [] }));
    let of =
        |bytes: Vec<u8>| Image::of_layers([("application/vnd.dev.sigstore.bundle.v0.3+json", bytes)], &[]);
    let registry = referring(&digest, &[of(bundle.to_string().into_bytes())]).await;
    // Where there is a bundle the older layout does not count.
    let tag = format!("{}.sig", digest.replace(':', "-"));
    registry.publish("app", &tag, &sigstore.tagged(&Wish::of(&digest)).unwrap());
    let told = judged(&registry, keyless(&sigstore)).await.unwrap_err();
    let expected = format!("{}: the signature cannot be read: ", none.replace("{}", &registry.address()));
    assert!(told.starts_with(&expected), "{told}");
    // What is none hides nothing.
    let registry = referring(&digest, &[of(b"{}".to_vec())]).await;
    let told = judged(&registry, keyless(&sigstore)).await.unwrap_err();
    assert_eq!(told, none.replace("{}", &registry.address()));
    registry.publish("app", &tag, &sigstore.tagged(&Wish::of(&digest)).unwrap());
    judged(&registry, keyless(&sigstore)).await.unwrap();
}
