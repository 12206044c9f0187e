//! Lists of several pages, and of too many.

use kube::core::{ListMeta, TypeMeta};

use super::*;

/// What is read of a list of so many pages with an object each.
fn listed(pages: u32) -> Listed<u32> {
    let mut reading = Reading::of(&ListParams::default());
    while let Some(params) = reading.next() {
        let number: u32 = params.continue_token.map_or(0, |token| token.parse().expect("a number"));
        let metadata = ListMeta {
            continue_: (number + 1 < pages).then(|| (number + 1).to_string()),
            resource_version: Some(format!("v{number}")),
            ..ListMeta::default()
        };
        reading.take(ObjectList { types: TypeMeta::default(), metadata, items: vec![number] });
    }
    reading.listed
}

#[test]
fn a_list_is_read_to_its_end() {
    let found = listed(3);
    assert_eq!((found.items, found.version.as_str(), found.is_cut), (vec![0, 1, 2], "v0", false));
    assert!(!listed(PAGES).is_cut, "as many as are read are all");
}

#[test]
fn what_is_left_out_is_said() {
    let found = listed(PAGES + 1);
    assert!(found.is_cut);
    let mut notes = Vec::new();
    assert_eq!(found.noting("ConfigMaps", &mut notes).len(), 200);
    assert_eq!(notes, ["ConfigMaps beyond the first 100000: so many of one list are looked at"]);
    listed(1).noting("ConfigMaps", &mut notes);
    assert_eq!(notes.len(), 1);
}
