//! Addresses of anybody.

use super::{LONGEST, shown};

#[test]
fn credentials_are_not_shown() {
    for (url, expected) in [
        ("http://host/a/b.tar.gz", "http://host/a/b.tar.gz"),
        ("http://host:80", "http://host:80"),
        ("https://TOKEN@host/a", "https://host/a"),
        ("https://user:TOKEN@host/a@b", "https://host/a@b"),
        ("https://user:TO@KEN@host/", "https://host/"),
        ("https://host/a?private_token=TOKEN", "https://host/a"),
        ("https://host/a#TOKEN", "https://host/a"),
        ("https://host?TOKEN@b/c", "https://host"),
        ("https://u:TOKEN@host\\a", "https://host\\a"),
        ("not a url", "not a url"),
        ("u:TOKEN@host/a", "host/a"),
        ("https:/u:TOKEN@h/x://y", "h/x://y"),
        ("", ""),
        ("http://host/\u{1b}[31m\u{202e}a\nb\u{9b}", "http://host/[31mab"),
    ] {
        assert_eq!(shown(url), expected, "{url}");
    }
    assert_eq!(shown(&format!("http://h/{}", "ä".repeat(5000))).len(), LONGEST - 1);
}
