//! Ids are the same everywhere and for ever: other versions of other controllers derive them, too.

use super::{of_revision, root};

#[test]
fn ids_stay() {
    let trace = of_revision("6f6b0f0a-0000-4000-8000-000000000001", "main@sha1:0a");
    assert_eq!(trace.to_string(), "492e83b33fee239edf32e0fa95e3723e");
    assert_eq!(root(trace).to_string(), "59e19fe30e71057b");
}

#[test]
fn parts_do_not_run_into_each_other() {
    assert_ne!(of_revision("a", "bc"), of_revision("ab", "c"));
    assert_ne!(of_revision("a", "b"), of_revision("a", "c"));
}
