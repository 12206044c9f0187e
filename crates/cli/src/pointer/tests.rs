//! What is taken out.

use super::*;
use serde_json::json;

#[test]
fn fields_and_elements_go() {
    let object = || json!({"a/b": {"c~d": 1}, "list": [1, 2, 3]});
    for (pointer, wanted) in [
        ("/a~1b/c~0d", Some(json!({"a/b": {}, "list": [1, 2, 3]}))),
        ("/list/1", Some(json!({"a/b": {"c~d": 1}, "list": [1, 3]}))),
        ("/list", Some(json!({"a/b": {"c~d": 1}}))),
        ("/list/3", None),
        ("/list/x", None),
        ("/gone/x", None),
        ("", None),
        ("list", None),
    ] {
        let mut value = object();
        assert_eq!(remove(&mut value, pointer), wanted.is_some(), "{pointer}");
        assert_eq!(value, wanted.unwrap_or_else(object), "{pointer}");
    }
}
