//! The advertised address.

use crate::args::advertised;

#[test]
fn the_address_is_given_or_made() {
    let host = || "pod-1".to_owned();
    for (given, bound, expected) in [
        ("", ":9090", "http://localhost:9090"),
        ("", "0.0.0.0:9090", "http://pod-1:9090"),
        ("", "127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("source.flux.svc.cluster.local.", ":9090", "http://source.flux.svc.cluster.local."),
        ("source.flux.svc.", "0.0.0.0:9090", "http://source.flux.svc."),
        ("https://x.example/a/", ":9090", "https://x.example/a"),
        ("http://x.example", ":9090", "http://x.example"),
    ] {
        assert_eq!(advertised(given, bound, host), expected, "{given:?} {bound:?}");
    }
}
