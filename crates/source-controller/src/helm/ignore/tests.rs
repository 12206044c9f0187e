//! Rules of `.helmignore`.

use manifest::budget::{Budget, Cancel, Exceeded, Limits};

use super::Rules;

fn ignored(rules: &str, path: &str) -> bool {
    let (path, is_folder) = path.strip_suffix('/').map_or((path, false), |path| (path, true));
    Rules::parse(rules).unwrap().ignores(path, is_folder, &Budget::default()).unwrap()
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

#[test]
fn rules_cost_what_they_take() {
    assert_eq!(Rules::read(&[b'#'; (64 << 10) + 1]), Err("it is larger than 64 KiB"));
    assert!(Rules::read(&[b'#'; 64 << 10]).is_ok());
    assert_eq!(Rules::parse(&"a\n".repeat(1001)), Err("it has more than 1,000 rules"));
    let many = Rules::parse(&"a\n".repeat(1000)).unwrap();
    let small = |steps| Budget::new(Limits { steps, bytes: u64::MAX }, Cancel::default());
    assert_eq!(many.ignores("b", false, &small(5000)), Ok(false));
    assert_eq!(many.ignores("b", false, &small(999)), Err(Exceeded::Steps(999)));
    let stars = Rules::parse(&format!("{}b", "a*".repeat(200))).unwrap();
    assert_eq!(stars.ignores(&"a".repeat(4000), false, &small(3000)), Err(Exceeded::Steps(3000)));
    let class = Rules::parse(&format!("*[{}]b", "x".repeat(1000))).unwrap();
    assert_eq!(class.ignores(&"a".repeat(100), false, &small(50_000)), Err(Exceeded::Steps(50_000)));
}
