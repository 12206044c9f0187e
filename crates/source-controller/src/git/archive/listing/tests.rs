//! Trees that cost more than their size lets guess: the limit that each of them meets, and how little is done before.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use artifact::PathError;
use artifact::path::{self, MAX_DEPTH, MAX_LENGTH, walk_order};
use gix::ObjectId;
use manifest::budget::{Budget, Cancel, Limits};

use super::Kind;
use crate::git::archive::ArchiveError;
use crate::git::archive::limits::{MAX_PATHS, MAX_READ, MAX_TREES};
use crate::git::archive::samples::{EXECUTABLE, FILE, FOLDER, LINK, Raw, SUBMODULE};

/// The error of a tree, and the steps that were taken before it.
fn refused(raw: &Raw, tree: ObjectId) -> (ArchiveError, u64) {
    let budget = Budget::default();
    let error = raw.list(tree, &budget).unwrap_err();
    (error, budget.steps())
}

fn paths(raw: &Raw, tree: ObjectId) -> Vec<String> {
    let mut paths = Vec::new();
    raw.list(tree, &Budget::default())
        .unwrap()
        .walk(|path, kind| {
            let end = match kind {
                Kind::Dir => "/",
                Kind::Module => "@",
                Kind::File { executable: true, .. } => "*",
                Kind::File { .. } => "",
            };
            paths.push(format!("{}{end}", String::from_utf8_lossy(path)));
            Ok(())
        })
        .unwrap();
    paths
}

#[test]
fn files_and_folders_in_the_order_of_a_walk() {
    let raw = Raw::new();
    let blob = raw.blob("x");
    let inner = raw.tree([(FILE, "z", blob), (EXECUTABLE, "run", blob), (LINK, "link", blob)]);
    let other = raw.tree([(FILE, "b", blob)]);
    // As git orders them: a folder as if its name ended in a slash.
    let root = raw.tree([
        (FILE, "a.yaml", blob),
        (FOLDER, "a", inner),
        (FILE, "a0", blob),
        (SUBMODULE, "module", blob),
        (FOLDER, "z", other),
    ]);
    assert_eq!(paths(&raw, root), ["a/", "a/run*", "a/z", "a.yaml", "a0", "module@", "z/", "z/b"]);
    assert_eq!(paths(&raw, raw.tree::<&str>([])), [] as [String; 0]);
}

#[test]
fn links_and_submodules_count() {
    let raw = Raw::new();
    for mode in [LINK, SUBMODULE] {
        let leaf = raw.many(100_000, mode, raw.blob("x"));
        let middle = raw.many(1_000, FOLDER, leaf);
        let root = raw.many(90, FOLDER, middle);
        let (error, steps) = refused(&raw, root);
        assert!(matches!(error, ArchiveError::TooManyRead), "{error}");
        assert!(steps < MAX_READ as u64 * 2, "{steps}");
    }
}

#[test]
fn a_tree_that_doubles_meets_the_limit() {
    let raw = Raw::new();
    let leaf = raw.many(9_999, FILE, raw.blob("x"));
    let doubling = (0..40).fold(leaf, |inner, _| raw.many(2, FOLDER, inner));
    let (error, steps) = refused(&raw, doubling);
    let is_bounded = matches!(error, ArchiveError::TooManyRead | ArchiveError::PathsTooLong);
    assert!(is_bounded && steps < 2 * MAX_READ as u64, "{error} {steps}");
}

#[test]
fn a_long_name_in_many_paths() {
    let raw = Raw::new();
    let leaf = raw.many(70_000, FILE, raw.blob("x"));
    let (error, steps) = refused(&raw, raw.tree([(FOLDER, "n".repeat(1_000_000), leaf)]));
    let expected = PathError::TooLong { path: "n".repeat(200), limit: MAX_LENGTH };
    assert!(matches!(&error, ArchiveError::Path(error) if *error == expected), "{error}");
    assert!(steps < 100, "{steps}: it is checked when it is formed");
    // Short enough by itself, but not as often as it is part of a path.
    let (error, steps) = refused(&raw, raw.tree([(FOLDER, "n".repeat(MAX_LENGTH - 7), leaf)]));
    assert!(matches!(error, ArchiveError::PathsTooLong), "{error}");
    assert!(steps * MAX_LENGTH as u64 <= MAX_PATHS + (1 << 20), "{steps}");
}

#[test]
fn many_folders_within_each_other() {
    let raw = Raw::new();
    let leaf = raw.tree([(FILE, "x", raw.blob("x"))]);
    assert_eq!(paths(&raw, raw.nested(MAX_DEPTH - 1, "d", leaf)).len(), MAX_DEPTH);
    let (error, _) = refused(&raw, raw.nested(MAX_DEPTH, "d", leaf));
    let ArchiveError::Path(error) = error else { unreachable!("{error}") };
    assert!(matches!(error, PathError::TooDeep { .. }), "{error}");
    let (error, steps) = refused(&raw, raw.nested(6_000, &"d".repeat(250), leaf));
    assert!(matches!(error, ArchiveError::Path(PathError::TooLong { .. })), "{error}");
    assert!(steps < 100, "{steps}");
}

#[test]
fn large_trees_of_what_stays_out() {
    let raw = Raw::new();
    let blob = raw.blob("x");
    let leaf = raw.tree((0..300).map(|number| (LINK, format!("{number}{}", "l".repeat(10_000)), blob)));
    let (error, steps) = refused(&raw, raw.many(100_000, FOLDER, leaf));
    assert!(matches!(error, ArchiveError::TreesTooLarge), "{error}");
    assert!(steps < 100_000 + 2 * MAX_TREES / 10_000 + MAX_TREES / (64 << 10), "{steps}");
}

#[test]
fn names_that_are_no_names() {
    let raw = Raw::new();
    for name in ["", "a/b", "/"] {
        let (error, _) = refused(&raw, raw.tree([(FILE, name, raw.blob("x"))]));
        assert!(matches!(error, ArchiveError::Path(PathError::Unclean(_))), "{name:?}: {error}");
    }
    // Whether a path is clean concerns what is archived only; what is ignored may be called anything.
    let odd = raw.tree([(FILE, "..", raw.blob("x")), (FILE, "a\\b", raw.blob("x"))]);
    assert_eq!(paths(&raw, odd), ["..", "a\\b"]);
}

#[test]
fn listing_ends_with_its_budget_and_when_it_is_cancelled() {
    let raw = Raw::new();
    let tree = raw.many(1_000, FILE, raw.blob("x"));
    let budget = Budget::new(Limits { steps: 500, ..Limits::NONE }, Cancel::default());
    assert!(matches!(raw.list(tree, &budget), Err(ArchiveError::Exceeded(_))));
    let cancel = Cancel::default();
    cancel.cancel();
    let budget = Budget::new(Limits::NONE, cancel);
    assert!(matches!(raw.list(tree, &budget), Err(ArchiveError::Exceeded(_))));
    assert_eq!(budget.steps(), 0);
}

/// A folder of files by path, as objects.
fn build(raw: &Raw, files: &[Vec<String>], blob: ObjectId) -> ObjectId {
    let mut folders: BTreeMap<&str, Vec<Vec<String>>> = BTreeMap::new();
    let mut entries = Vec::new();
    for path in files {
        match path.as_slice() {
            [name] => entries.push((FILE, name.clone(), blob)),
            [folder, rest @ ..] => folders.entry(folder).or_default().push(rest.to_vec()),
            [] => {}
        }
    }
    let files: Vec<String> = entries.iter().map(|(_, name, _)| name.clone()).collect();
    for (name, inner) in folders {
        if !files.iter().any(|file| file == name) {
            entries.push((FOLDER, name.to_owned(), build(raw, &inner, blob)));
        }
    }
    entries.dedup();
    raw.tree(entries)
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]
    #[test]
    fn the_order_is_that_of_archives(
        files in proptest::collection::btree_set(
            proptest::collection::vec("[ab.\\-0]{1,3}", 1..5), 0..24,
        )
    ) {
        let raw = Raw::new();
        let files: Vec<Vec<String>> = files.into_iter().collect();
        let root = build(&raw, &files, raw.blob("x"));
        let found: Vec<String> = paths(&raw, root).iter().map(|path| path.trim_end_matches('/').to_owned()).collect();
        for pair in found.windows(2) {
            proptest::prop_assert_eq!(walk_order(&pair[0], &pair[1]), Ordering::Less, "{:?}", pair);
        }
        for path in &found {
            let folder = path::split(path).0.to_owned();
            proptest::prop_assert!(folder.is_empty() || found.contains(&folder), "{}", path);
        }
    }
}
