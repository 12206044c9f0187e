//! Notes written and read back, and notes of others.

use convergence::dependencies::Reach;

use super::{LONGEST, MOST, read, write};
use crate::alerts::roots::RootKey;
use crate::samples::key;

fn root(reason: &str, object: Option<&str>) -> RootKey {
    RootKey::new(&key("web"), reason, object, Reach::OwnNamespace)
}

#[test]
fn what_is_noted_is_read_again() {
    let roots = [root("HealthFailed", Some("Deployment/apps/web")), root("ReconciliationFailed", None)];
    let note = write(&roots).unwrap();
    assert_eq!(note, "HealthFailed Deployment/apps/web\nReconciliationFailed");
    assert_eq!(read(&key("web"), &note, Reach::OwnNamespace), roots);
    assert_eq!(write([]), None);
}

#[test]
fn a_note_is_bounded_both_ways() {
    let roots: Vec<RootKey> =
        (0..50).map(|number| root("HealthFailed", Some(&format!("Pod/apps/{number}")))).collect();
    assert_eq!(write(&roots).unwrap().lines().count(), MOST);
    let hostile = format!("{}\n\n{}", "x".repeat(LONGEST + 1), "A b\n".repeat(100));
    let found = read(&key("web"), &hostile, Reach::OwnNamespace);
    assert!(found.len() < MOST && found.iter().all(|root| root.reason == "A"), "{found:?}");
    assert_eq!(write([&root("Odd", Some("two\nlines"))]), None);
}
