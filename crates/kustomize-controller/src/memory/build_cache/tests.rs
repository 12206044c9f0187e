//! What is kept of the last complete build.

use super::BuildCache;
use crate::samples::input;
use std::time::Instant;

#[test]
fn an_input_is_kept_until_a_run_begins() {
    let builds = BuildCache::default();
    assert!(builds.input().is_none() && builds.full_pass_due().is_none());
    builds.set_input(Some(input()));
    assert_eq!(builds.input().unwrap().rendered_digest, "sha256:rendered");
    builds.set_input(None);
    assert!(builds.input().is_none());
    let due = Instant::now();
    builds.set_full_pass_due(due);
    assert_eq!(builds.full_pass_due(), Some(due));
}

#[test]
fn another_account_is_noticed_once_one_is_known() {
    let builds = BuildCache::default();
    assert!(!builds.is_other_account(Some("a")), "nothing was applied in this process");
    builds.set_account(Some("a".into()));
    assert!(!builds.is_other_account(Some("a")));
    assert!(builds.is_other_account(Some("b")) && builds.is_other_account(None));
    builds.set_account(None);
    assert!(!builds.is_other_account(None) && builds.is_other_account(Some("a")));
    assert!(!builds.ignored_others(Some([1; 32])), "nothing was applied in this process");
    builds.set_ignored(Some([1; 32]));
    assert!(!builds.ignored_others(Some([1; 32])));
    assert!(builds.ignored_others(Some([2; 32])) && builds.ignored_others(None));
}
