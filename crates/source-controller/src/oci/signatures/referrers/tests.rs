//! Which referrers are opened, and how many a list may have.

use serde_json::json;

use super::{MAX_REFERRERS, may_be, read};
use crate::oci::Failure;
use crate::oci::manifest::Descriptor;

#[test]
fn what_says_that_it_is_something_else_is_not_opened() {
    let opened = |type_: Option<&str>| {
        let descriptor: Descriptor = serde_json::from_value(json!({ "artifactType": type_ })).unwrap();
        may_be(&descriptor, |type_| type_ == "application/wanted")
    };
    assert!(!opened(Some("application/spdx+json")));
    for type_ in [None, Some(""), Some("application/vnd.oci.empty.v1+json"), Some("application/wanted")] {
        assert!(opened(type_), "{type_:?}");
    }
}

#[test]
fn a_page_with_too_many_referrers_says_so() {
    let page = |items: usize| json!({ "manifests": vec![json!({}); items] }).to_string();
    assert_eq!(read(page(MAX_REFERRERS).as_bytes()).unwrap().len(), MAX_REFERRERS);
    let Failure::Excess(text) = read(page(MAX_REFERRERS + 1).as_bytes()).unwrap_err() else {
        panic!("it is another failure");
    };
    assert_eq!(text, "the registry's list of referrers has more than 10000 items");
    assert!(matches!(read(b"none"), Err(Failure::Unexpected(_))));
}
