//! Who gets the finalizer, and what stays of others'.

use serde_json::json;

use super::{is_held, with_ours, without_ours};
use crate::samples::git_repository;

const OURS: &str = "finalizers.fluxcd.io";

#[test]
fn it_is_added_once_and_to_what_is_supported() {
    let mut object = git_repository(&json!({}));
    assert_eq!(with_ours(&object), Some(vec![OURS.to_owned()]));
    object.metadata.finalizers = Some(vec!["theirs".into()]);
    assert_eq!(with_ours(&object), Some(vec!["theirs".to_owned(), OURS.to_owned()]));
    object.metadata.finalizers = with_ours(&object);
    assert_eq!(with_ours(&object), None);
    assert_eq!(with_ours(&git_repository(&json!({"provider": "other"}))), None);
}

#[test]
fn it_goes_alone() {
    let mut object = git_repository(&json!({}));
    assert_eq!((without_ours(&object.metadata), is_held(&object)), (None, false));
    object.metadata.finalizers = Some(vec!["a".into(), OURS.into(), "b".into()]);
    assert_eq!(without_ours(&object.metadata), Some(vec!["a".to_owned(), "b".to_owned()]));
    assert!(is_held(&object));
    object.metadata.finalizers = Some(vec!["a".into()]);
    assert!(!is_held(&object));
}
