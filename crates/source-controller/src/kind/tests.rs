//! The facts of each kind.

use std::time::Duration;

use api::bucket::Bucket;
use api::git_repository::GitRepository;
use api::oci_repository::OCIRepository;
use reconcile_core::ObjectKey;
use serde_json::{Value, json};

use super::{Kind, owner};
use crate::access::References;
use crate::samples::object;

/// A spec that is the same in all kinds.
fn spec() -> Value {
    json!({
        "url": "x://example.com/app", "endpoint": "example.com", "bucketName": "b", "interval": "90s",
        "suspend": true, "ignore": "*.md", "secretRef": {"name": "auth"}, "certSecretRef": {"name": "certs"},
        "proxySecretRef": {"name": "proxy"}, "serviceAccountName": "robot", "provider": "aws",
    })
}

fn check_facts<K: Kind>(cert_secret: Option<&str>) {
    let full: K = object(K::KIND, &spec());
    assert!(full.is_suspended());
    assert_eq!(full.interval(), Duration::from_secs(90));
    assert_eq!(full.ignore(), Some("*.md"));
    let references = References {
        secret: Some("auth"),
        cert_secret,
        proxy_secret: Some("proxy"),
        service_account: Some("robot"),
        provider: Some("aws"),
    };
    assert_eq!(full.references(), references);
    assert_eq!(full.status(), crate::status::Status::default());

    let bare: K = object(K::KIND, &json!({"endpoint": "example.com", "bucketName": "b"}));
    assert!(!bare.is_suspended());
    assert_eq!((bare.ignore(), bare.references()), (None, References::default()));
}

#[test]
fn what_the_specs_have_in_common() {
    check_facts::<GitRepository>(None);
    check_facts::<OCIRepository>(Some("certs"));
    check_facts::<Bucket>(Some("certs"));
}

#[test]
fn all_of_these_are_supported() {
    let bare = json!({"endpoint": "example.com", "bucketName": "b"});
    assert_eq!(object::<GitRepository>("GitRepository", &bare).unsupported(), None);
    assert_eq!(object::<OCIRepository>("OCIRepository", &bare).unsupported(), None);
    assert_eq!(object::<Bucket>("Bucket", &bare).unsupported(), None);
}

#[test]
fn the_path_of_an_artifact_names_its_object() {
    let key = ObjectKey::new("ns", "app");
    assert_eq!(owner("gitrepository/ns/app/a.tar.gz"), Some(("gitrepository", key.clone())));
    assert_eq!(owner("bucket/ns/app/latest"), Some(("bucket", key)));
    for other in ["", "gitrepository", "gitrepository/ns", "gitrepository/ns/app"] {
        assert_eq!(owner(other), None, "{other}");
    }
}
