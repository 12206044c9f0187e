//! What entries are known by.

use super::{Entry, EntryKind, Key};

#[test]
fn whatever_makes_another_archive_makes_another_key() {
    let file = |path: &'static str, executable, identity: &'static str| Entry {
        path: path.as_bytes(),
        kind: EntryKind::File { executable, identity: identity.as_bytes() },
    };
    let dir = |path: &'static str| Entry { path: path.as_bytes(), kind: EntryKind::Dir };
    let all = [
        vec![],
        vec![dir("a")],
        vec![dir("b")],
        vec![file("a", false, "1")],
        vec![file("a", true, "1")],
        vec![file("a", false, "2")],
        vec![file("a", false, "")],
        vec![file("a1", false, "")],
        vec![file("a", false, "1"), file("b", false, "1")],
        vec![file("a", false, "1"), dir("b")],
        vec![dir("adir")],
    ];
    let keys: std::collections::BTreeSet<_> = all.iter().map(|entries| Key::of(entries)).collect();
    assert_eq!(keys.len(), all.len());
    assert_eq!(Key::of(&all[8]), Key::of(&all[8].clone()));
}
