//! The ignore dialect and the default sets. Expected answers are go-git's.

use super::Rules;

fn ignored(rules: &str, path: &str) -> bool {
    let mut list = Rules::none();
    list.add(rules, "");
    let (path, is_dir) = path.strip_suffix('/').map_or((path, false), |path| (path, true));
    list.is_ignored(path, is_dir)
}

#[test]
fn names_match_any_segment() {
    for (rule, path, expected) in [
        ("a.txt", "a.txt", true),
        ("a.txt", "x/y/a.txt", true),
        ("a.txt", "x/a.txt/y", true),
        ("a.txt", "ba.txt", false),
        ("*.txt", "x/y.txt", true),
        ("*.txt", "x.txt/y", true),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("[a-c]x", "bx", true),
        ("[^a-c]x", "bx", false),
        ("[^a-c]x", "dx", true),
        (r"\*", "*", true),
        (r"\*", "a", false),
        ("[", "[", false),
        ("a*b*c", "aXbYbZc", true),
        ("a*b*c", "aXbYbZ", false),
        ("trail   ", "trail", true),
        (r"trail\ ", "trail ", true),
        ("# comment", "# comment", false),
        (r"\#x", "#x", true),
    ] {
        assert_eq!(ignored(rule, path), expected, "{rule:?} {path:?}");
    }
}

#[test]
fn folders_only() {
    assert!(ignored("build/", "build/"));
    assert!(!ignored("build/", "build"));
    assert!(ignored("build/", "build/x"));
    assert!(ignored("build/", "a/build/x/y"));
}

#[test]
fn slashes_anchor() {
    for (rule, path, expected) in [
        ("/a", "a", true),
        ("/a", "b/a", false),
        ("/a", "a/b", true),
        ("a/b", "a/b", true),
        ("a/b", "x/a/b", false),
        ("a/b", "a", false),
        ("a/b", "a/b/c", true),
        ("a/*", "a/x", true),
        ("a/*", "a/x/y", true),
        ("a/*", "a", false),
        ("**/b", "b", true),
        ("**/b", "x/y/b", true),
        ("**/b", "x/y/b/z", true),
        ("a/**/c", "a/c", true),
        ("a/**/c", "a/x/y/c", true),
        ("a/**", "a/x/y", true),
        ("a/**", "a", false),
        ("a/b**", "a/bc", false),
        ("/*", "anything/below", true),
    ] {
        assert_eq!(ignored(rule, path), expected, "{rule:?} {path:?}");
    }
}

#[test]
fn the_last_rule_decides_even_below_an_excluded_folder() {
    let rules = "/*\n!/deploy\n/deploy/secret.yaml\n";
    assert!(ignored(rules, "other/x"));
    assert!(!ignored(rules, "deploy/app.yaml"));
    assert!(ignored(rules, "deploy/secret.yaml"));
    assert!(!ignored("docs/\n!docs/keep.md\n", "docs/keep.md"));
}

#[test]
fn rules_hold_in_their_folder() {
    let rules = Rules::effective([("", "/top.yaml\n"), ("sub", "/x.yaml\n*.tmp\n")], None);
    for (path, expected) in [
        ("top.yaml", true),
        ("sub/top.yaml", false),
        ("sub/x.yaml", true),
        ("sub/deep/x.yaml", false),
        ("x.yaml", false),
        ("sub/deep/y.tmp", true),
        ("y.tmp", false),
    ] {
        assert_eq!(rules.is_ignored(path, false), expected, "{path}");
    }
}

#[test]
fn one_user_rule_switches_the_defaults_off() {
    let none: [(&str, &str); 0] = [];
    for spec in [None, Some(""), Some("# only a comment\n\n")] {
        let rules = Rules::effective(none, spec);
        for path in [
            ".git/config",
            ".gitignore",
            "a/b.png",
            "x.tar.gz",
            ".github/w.yaml",
            "a/.sops.yaml",
            ".flux.yaml",
        ] {
            assert!(rules.is_ignored(path, false), "{path} {spec:?}");
        }
        assert!(!rules.is_ignored("app.yaml", false));
    }
    for rules in [Rules::effective(none, Some("x\n")), Rules::effective([("deep/er", "x\n")], None)] {
        assert!(rules.is_ignored(".git/config", false) && rules.is_ignored(".gitattributes", false));
        for path in ["a/b.png", ".github/w.yaml", "a/.sops.yaml"] {
            assert!(!rules.is_ignored(path, false), "{path}");
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_rule_and_path_have_an_answer(rule in "[a*?\\[\\]^\\\\/! #.-]{0,12}", path in "[ab/.*]{1,12}") {
        ignored(&rule, &path);
    }
}
