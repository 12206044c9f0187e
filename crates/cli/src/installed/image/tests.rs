//! The parts of an image's name.

use super::*;

#[test]
fn names_and_tags() {
    for (image, wanted_name, wanted_tag) in [
        ("ghcr.io/flyball/source-controller:v1.2.3", Some("source-controller"), Some("v1.2.3")),
        ("ghcr.io/fluxcd/source-controller:v1.2.3@sha256:ab", Some("source-controller"), Some("v1.2.3")),
        ("registry.local:5000/a/b", Some("b"), None),
        ("registry.local:5000/a/b@sha256:ab", Some("b"), None),
        ("b:v1", Some("b"), Some("v1")),
        ("b:", Some("b"), None),
        ("", None, None),
    ] {
        assert_eq!((name(image), tag(image)), (wanted_name, wanted_tag), "{image}");
    }
    let parts: Vec<&str> = path("registry.local:5000/ghcr.io/fluxcd/x:v1").collect();
    assert_eq!(parts, ["registry.local:5000", "ghcr.io", "fluxcd", "x"]);
}
