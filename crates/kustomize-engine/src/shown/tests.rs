//! What of an entry is shown.

use super::file;

#[test]
fn paths_are_shown_and_what_is_written_out_is_not() {
    for path in ["a.yaml", "../base", "a b.yaml", "/golden/x", "https://h/p?ref=v1", "."] {
        assert_eq!(file(path), path);
    }
    let long = "a".repeat(2000);
    for text in ["a: hunter2", "{a: b}", "- op: add\n  path: /a", "[hunter2]", "'x'", &long] {
        assert_eq!(file(text), "(inline)", "{text}");
    }
}

#[test]
fn addresses_give_no_access() {
    for (address, shown) in [
        ("https://user:hunter2@host/o/r//d?ref=v1&token=hunter2", "https://host/o/r//d?ref=v1"),
        ("https://hunter2@host/r.yaml", "https://host/r.yaml"),
        ("https://host/r.yaml?private_token=hunter2", "https://host/r.yaml"),
        ("git@github.com:o/r.git", "git@github.com:o/r.git"),
        ("ssh://git@host/r?version=v1", "ssh://host/r?version=v1"),
        ("github.com/o/r//d?ref=v1", "github.com/o/r//d?ref=v1"),
        ("user:hunter2@host/p", "host/p"),
    ] {
        assert_eq!(file(address), shown);
    }
}
