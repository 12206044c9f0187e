//! Joining paths on either side of a root.

use super::{clean, clean_from_top, join_lexically};

#[test]
fn a_clean_path_stays_below_the_root_or_is_none() {
    let check = |directory, path, wanted: Option<&str>| {
        assert_eq!(clean(directory, path).as_deref(), wanted, "{directory} {path}");
    };
    check("", "", Some(""));
    check("", "./a//b/", Some("a/b"));
    check("a/b", "../c", Some("a/c"));
    check("a", "..", Some(""));
    check("a", "../..", None);
    check("", "..", None);
    // Leaving it on the way is enough.
    check("a", "../../a", None);
    check("/a/", "b", Some("a/b"));
    check("a", "..b/...", Some("a/..b/..."));
}

#[test]
fn at_the_top_nothing_leads_higher() {
    let check = |directory, path, wanted: &str| assert_eq!(clean_from_top(directory, path), wanted);
    check("", "../../etc", "etc");
    check("a/b", "../../../c", "c");
    check("a/../../b", "./c", "b/c");
    check("", "/", "");
}

#[test]
fn steps_above_the_start_are_kept_as_go_keeps_them() {
    let check = |directory, path, wanted: &str| assert_eq!(join_lexically(directory, path), wanted);
    check("a", "../../b", "../b");
    check("..", "../a", "../../a");
    check("../a", "..", "..");
    check("a", "..", ".");
    check(".", "", ".");
    check("", "", "");
}
