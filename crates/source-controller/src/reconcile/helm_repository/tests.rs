//! Flux's words for HelmRepositories.

use serde_json::json;

use super::{Source as _, explain, human, normalised};
use crate::helm::HelmError;
use crate::helm::http::Failure;
use crate::helm::index::IndexError;
use crate::kind::Kind as _;
use crate::samples::object;
use api::helm_repository::HelmRepository;

#[test]
fn sizes_are_short() {
    for (bytes, text) in [
        (0, "0B"),
        (512, "512B"),
        (1234, "1.234kB"),
        (12_000, "12kB"),
        (123_456, "123.5kB"),
        (4_200_000, "4.2MB"),
    ] {
        assert_eq!(human(bytes), text);
    }
}

#[test]
fn addresses_end_in_one_slash() {
    for (given, url) in [
        ("https://example.com", "https://example.com/"),
        ("https://example.com/a//", "https://example.com/a/"),
        ("http://example.com/a?b=c", "http://example.com/a/?b=c"),
    ] {
        assert_eq!(normalised(given).unwrap().as_str(), url);
    }
    assert!(normalised("http://").is_err());
    let oci = object::<HelmRepository>("HelmRepository", &json!({"url": "oci://example.com/a"}));
    let fault = oci.ask().unwrap_err();
    assert!(fault.stalling);
    assert_eq!(
        fault.message,
        "invalid Helm repository URL: 'oci' URL scheme cannot be used with 'default' HelmRepository type"
    );
    assert_eq!(oci.interval().as_secs(), 60);
}

#[test]
fn causes_have_fluxs_words() {
    let url = "https://user:secret@example.com/a";
    let status = Failure::Status {
        url: "https://example.com/a/index.yaml".into(),
        status: http::StatusCode::NOT_FOUND,
    };
    let fault = explain(&HelmError::Fetch(status), url);
    assert_eq!(
        (fault.reason, fault.message.as_str()),
        (
            "Failed",
            "failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch \
             https://example.com/a/index.yaml : 404 Not Found"
        )
    );
    let fault = explain(&HelmError::Index(IndexError::Invalid("no API version specified".into())), url);
    assert_eq!(
        (fault.reason, fault.message.as_str()),
        (
            "IndexationFailed",
            "failed to load Helm repository from index YAML at https://example.com/a: failed to load index: no API \
             version specified"
        )
    );
    assert!(explain(&HelmError::TooLarge(7), url).excess);
    assert!(explain(&HelmError::Fetch(Failure::Gate(7)), url).excess);
    assert!(!explain(&HelmError::Fetch(Failure::Memory), url).excess);
    assert!(explain(&HelmError::Fetch(Failure::Cancelled), url).cancelled);
}
