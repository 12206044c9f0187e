//! How often there is a cut.

use super::{ENTRIES, begins};

#[test]
fn one_in_so_many_names_of_a_folder_begins_a_piece() {
    let names = (0..10_000_u64).map(|number| format!("apps/{:03}/app-{number}.yaml", number / 100));
    let cuts = names.filter(|name| begins(name.as_bytes())).count() as u64;
    let expected = 10_000 / ENTRIES;
    assert!((expected / 2..2 * expected).contains(&cuts), "{cuts}");
}

/// Another cut is another digest of every archive.
#[test]
fn the_cuts_are_pinned() {
    let cuts: Vec<_> = (0..200).filter(|number| begins(format!("deploy/{number}.yaml").as_bytes())).collect();
    assert_eq!(cuts, [64, 170, 183]);
}
