//! The list is one that can be searched, and ends where Kubernetes' own kinds do.

use super::{GROUPS, is_built_in};

#[test]
fn the_list_is_sorted() {
    assert!(GROUPS.is_sorted());
}

#[test]
fn definitions_and_what_they_define_are_no_go_types_here() {
    for group in ["", "apps", "resource.k8s.io", "flowcontrol.apiserver.k8s.io", "extensions"] {
        assert!(is_built_in(group), "{group}");
    }
    for group in [
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "example.com",
        "gateway.networking.k8s.io",
        "k8s.io",
    ] {
        assert!(!is_built_in(group), "{group}");
    }
}
