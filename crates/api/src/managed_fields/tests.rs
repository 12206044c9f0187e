//! Which entry is a manager's own.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;

use super::{applied_by, is_applied_by};

fn entry(manager: &str, operation: &str, subresource: Option<&str>) -> ManagedFieldsEntry {
    ManagedFieldsEntry {
        manager: Some(manager.to_owned()),
        operation: Some(operation.to_owned()),
        subresource: subresource.map(str::to_owned),
        ..ManagedFieldsEntry::default()
    }
}

#[test]
fn an_entry_is_ours_by_manager_operation_and_the_object_itself() {
    assert!(is_applied_by(&entry("us", "Apply", None), "us"));
    // Some servers write the empty subresource out.
    assert!(is_applied_by(&entry("us", "Apply", Some("")), "us"));
    assert!(!is_applied_by(&entry("us", "Apply", Some("status")), "us"));
    assert!(!is_applied_by(&entry("us", "Update", None), "us"));
    assert!(!is_applied_by(&entry("us-too", "Apply", None), "us"));
    assert!(!is_applied_by(&ManagedFieldsEntry::default(), "us"));
}

#[test]
fn ours_is_found_among_others() {
    let all = [
        entry("us", "Update", None),
        entry("them", "Apply", None),
        entry("us", "Apply", Some("scale")),
        entry("us", "Apply", None),
    ];
    assert_eq!(applied_by(&all, "us"), Some(&all[3]));
    assert_eq!(applied_by(&all[..3], "us"), None);
    assert_eq!(applied_by(&[], "us"), None);
}
