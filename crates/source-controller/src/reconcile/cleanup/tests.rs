//! What is said when everything of an object is removed.

use artifact::StoreError;

use super::event;
use crate::reconcile::notice::Notice;

fn line(removed: Result<usize, StoreError>) -> Option<String> {
    event(&removed).map(|Notice { severity, reason, message }| format!("{severity:?} {reason}: {message}"))
}

#[test]
fn only_a_removal_is_reported() {
    assert_eq!(line(Ok(0)), None);
    let removed = "Trace GarbageCollectionSucceeded: garbage collected artifacts for deleted resource";
    assert_eq!(line(Ok(1)).as_deref(), Some(removed));
    let failed = line(Err(StoreError::InvalidPath("x".into()))).unwrap();
    assert!(
        failed.starts_with("Error GarbageCollectionFailed: garbage collection for deleted resource failed: "),
        "{failed}"
    );
}
