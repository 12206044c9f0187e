//! Which referrers are opened.

use serde_json::json;

use super::may_be;
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
