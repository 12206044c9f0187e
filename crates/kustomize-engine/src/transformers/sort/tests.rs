//! Texts in pieces compare as the texts that they are pieces of.

use super::{compare_joined, gvk, id_text};
use crate::id::Id;

/// Parts that begin with, or contain, what stands between parts.
const PARTS: &[&str] = &["", "a", "a.b", "ab", "a|", "a_", "_", "~X", "B"];

#[test]
fn pieces_compare_as_their_texts() {
    let ids: Vec<Id> = PARTS
        .iter()
        .flat_map(|one| PARTS.iter().map(move |other| (*one, *other)))
        .map(|(one, other)| Id {
            group: one.into(),
            version: other.into(),
            kind: "Kind".into(),
            name: other.into(),
            namespace: one.into(),
            cluster: false,
        })
        .collect();
    for a in &ids {
        for b in &ids {
            assert_eq!(compare_joined(gvk(a), gvk(b)), gvk(a).concat().cmp(&gvk(b).concat()), "{a} {b}");
            assert_eq!(compare_joined(id_text(a), id_text(b)), id_text(a).concat().cmp(&id_text(b).concat()));
        }
    }
}

#[test]
fn an_id_is_told_as_the_original_tells_it() {
    let id = Id { kind: "Pod".into(), version: "v1".into(), name: "web".into(), ..Id::default() };
    assert_eq!(
        (gvk(&id).concat(), id_text(&id).concat()),
        ("~G_v1_Pod".into(), "Pod.v1.[noGrp]|~X|web".into())
    );
}
