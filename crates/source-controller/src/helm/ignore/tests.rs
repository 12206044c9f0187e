//! Rules of `.helmignore`.

use super::Rules;

fn ignored(rules: &str, path: &str) -> bool {
    let (path, is_folder) = path.strip_suffix('/').map_or((path, false), |path| (path, true));
    Rules::parse(rules).unwrap().ignores(path, is_folder)
}

#[test]
fn helms_dialect() {
    for (rules, path, expected) in [
        ("*.md", "README.md", true),
        ("*.md", "docs/README.md", true),
        ("/*.md", "docs/README.md", false),
        ("/*.md", "README.md", true),
        ("docs/", "docs/", true),
        ("docs/", "docs", false),
        ("docs/*.md", "docs/a.md", true),
        ("docs/*", "docs/a/b", false),
        ("a[b-d].t?t", "ac.txt", true),
        ("a[^b-d].txt", "ac.txt", false),
        ("\\*.md", "a.md", false),
        ("# *.md\n\n  *.txt  ", "a.txt", true),
        ("", "templates/.hidden", true),
        ("", "templates/x", false),
        ("!*.yaml", "a.txt", true),
        ("a*b*c", "aXbYbc", true),
        ("a*b*c", "aXbYb", false),
    ] {
        assert_eq!(ignored(rules, path), expected, "{rules:?} {path}");
    }
    assert_eq!(Rules::parse("a/**"), Err("double-star (**) syntax is not supported"));
    for bad in ["[", "[a", "a\\", "[]"] {
        assert_eq!(Rules::parse(bad), Err("syntax error in pattern"), "{bad}");
    }
}

#[test]
fn many_stars_end() {
    let glob = "a*".repeat(200);
    assert!(!ignored(&format!("{glob}b"), &"a".repeat(4000)));
}
