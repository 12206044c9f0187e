//! The ignore dialect and the default sets. Expected answers are Flux's (contracts/source-controller.md 5.5).

use manifest::budget::{Budget, Cancel, Exceeded, Limits};

use super::{MAX_BYTES, MAX_RULES, Rules, TooMuch};

fn ignored(rules: &str, path: &str) -> bool {
    let mut list = Rules::none();
    list.add(rules, "").unwrap();
    let (path, is_dir) = path.strip_suffix('/').map_or((path, false), |path| (path, true));
    judged(&list, path, is_dir)
}

fn judged(rules: &Rules, path: &str, is_dir: bool) -> bool {
    rules.is_ignored(path, is_dir, &Budget::default()).unwrap()
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
fn what_looks_like_git_s_own_dialect_and_is_not() {
    for (rule, path, expected) in [
        ("a[!0-9].log", "a1.log", true),
        ("a[!0-9].log", "a!.log", true),
        ("a[!0-9].log", "ab.log", false),
        ("sub**", "x/sub", true),
        ("sub**", "subway", true),
        ("*.txt\r\n*.md\r", "a.txt", true),
        ("*.txt\r\n*.md\r", "a.md", true),
        ("\u{feff}*.txt\n*.md", "a.txt", false),
        ("\u{feff}*.txt\n*.md", "a.md", true),
        ("*.TXT", "a.txt", false),
    ] {
        assert_eq!(ignored(rule, path), expected, "{rule:?} {path:?}");
    }
    let none: [(&str, &str); 0] = [];
    for (spec, defaults) in [("/", false), ("\u{feff}x", false), ("# c\r\n\r\n", true)] {
        let rules = Rules::effective(none, Some(spec)).unwrap();
        assert_eq!(judged(&rules, "a.png", false), defaults, "{spec:?}");
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
        ("a/**", "a/", true),
        ("a/**", "a", true),
        ("a/**/c", "a", false),
        ("./a", "a", false),
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
    let rules = Rules::effective([("", "/top.yaml\n"), ("sub", "/x.yaml\n*.tmp\n")], None).unwrap();
    for (path, expected) in [
        ("top.yaml", true),
        ("sub/top.yaml", false),
        ("sub/x.yaml", true),
        ("sub/deep/x.yaml", false),
        ("x.yaml", false),
        ("sub/deep/y.tmp", true),
        ("y.tmp", false),
    ] {
        assert_eq!(judged(&rules, path, false), expected, "{path}");
    }
}

#[test]
fn one_user_rule_switches_the_defaults_off() {
    let none: [(&str, &str); 0] = [];
    for spec in [None, Some(""), Some("# only a comment\n\n")] {
        let rules = Rules::effective(none, spec).unwrap();
        for path in [
            ".git/config",
            ".gitignore",
            "a/b.png",
            "x.tar.gz",
            ".github/w.yaml",
            "a/.sops.yaml",
            ".flux.yaml",
        ] {
            assert!(judged(&rules, path, false), "{path} {spec:?}");
        }
        assert!(!judged(&rules, "app.yaml", false));
    }
    for rules in [Rules::effective(none, Some("x\n")), Rules::effective([("deep/er", "x\n")], None)] {
        let rules = rules.unwrap();
        assert!(judged(&rules, ".git/config", false) && judged(&rules, ".gitattributes", false));
        for path in ["a/b.png", ".github/w.yaml", "a/.sops.yaml"] {
            assert!(!judged(&rules, path, false), "{path}");
        }
    }
}

#[test]
fn a_folder_is_a_whole_folder() {
    let mut rules = Rules::none();
    rules.add("*", "a//b/").unwrap();
    for (path, expected) in
        [("a/b/c", true), ("a/b/c/d", true), ("a/b", false), ("a", false), ("a/bc/d", false), ("b/c", false)]
    {
        assert_eq!(judged(&rules, path, true), expected, "{path}");
    }
}

#[test]
fn rules_are_counted_over_all_files() {
    let lines = "a\n".repeat(MAX_RULES / 2);
    let files = [("", lines.as_str()), ("x", lines.as_str())];
    assert!(Rules::effective(files, None).is_ok());
    assert!(Rules::effective(files, Some("# a comment\n\n")).is_ok());
    assert_eq!(Rules::effective(files, Some("one more")).unwrap_err(), TooMuch::Rules);
    let half = "#".repeat(usize::try_from(MAX_BYTES / 2).unwrap());
    let files = [("", half.as_str()), ("x", half.as_str())];
    assert!(Rules::effective(files, None).is_ok(), "comments count as text only");
    assert_eq!(Rules::effective(files, Some("x")).unwrap_err(), TooMuch::Bytes);
    assert!(TooMuch::Rules.to_string().contains("20000") && TooMuch::Bytes.to_string().contains("1048576"));
}

#[test]
fn each_rule_that_is_tried_is_a_step() {
    let mut rules = Rules::none();
    rules.add(&"*.png\n".repeat(1000), "").unwrap();
    rules.add(&"*.png\n".repeat(1000), "elsewhere").unwrap();
    let steps = |path: &str| {
        let budget = Budget::default();
        rules.is_ignored(path, false, &budget).unwrap();
        budget.steps()
    };
    let tried = steps("app.yaml");
    assert!((1002..2000).contains(&tried), "what holds elsewhere is not tried: {tried}");
    assert!(steps("elsewhere/app.yaml") >= 2002);
    assert!(steps("icon.png") < 10, "the last rule decides and the rest is not tried");
    let tight = Budget::new(Limits { steps: 5000, ..Limits::NONE }, Cancel::default());
    let ended = (0..).find_map(|_| rules.is_ignored("app.yaml", false, &tight).err());
    assert_eq!(ended, Some(Exceeded::Steps(5000)));
}

#[test]
fn matching_ends_when_it_is_cancelled() {
    let cancel = Cancel::default();
    let budget = Budget::new(Limits::NONE, cancel.clone());
    cancel.cancel();
    assert_eq!(Rules::none().is_ignored("a", false, &budget), Err(Exceeded::Cancelled));
}

proptest::proptest! {
    #[test]
    fn any_rule_and_path_have_an_answer(rule in "[a*?\\[\\]^\\\\/! #.-]{0,12}", path in "[ab/.*]{1,12}") {
        ignored(&rule, &path);
    }
}
