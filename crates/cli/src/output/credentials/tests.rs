//! URLs as people and programs write them, and texts that only look like one.

use std::borrow::Cow;

use super::without_credentials;

#[test]
fn what_gives_access_is_masked() {
    for (text, wanted) in [
        ("https://TOKEN@host.example/a", "https://***@host.example/a"),
        ("https://u:TOKEN@host.example/a", "https://***@host.example/a"),
        ("https://TOKEN:x-oauth-basic@host.example/a", "https://***@host.example/a"),
        ("https://:TOKEN@host.example", "https://***@host.example"),
        ("https://u:TOKEN@host.example:8443/a", "https://***@host.example:8443/a"),
        ("https://u:TOKEN@[::1]:8443/a", "https://***@[::1]:8443/a"),
        ("https://u:TO@KEN@host.example/a", "https://***@host.example/a"),
        ("https://u:TO/KEN@host.example/a", "https://***@host.example/a"),
        ("https://u:TO?KEN@host.example/a", "https://***@host.example/a"),
        ("https://u:TO#KEN@host.example/a", "https://***@host.example/a"),
        ("https://u@v:TO/KEN@host.example/a", "https://***@host.example/a"),
        ("https://u:%54OKEN@host.example/a", "https://***@host.example/a"),
        ("ssh://u:TOKEN@host.example/a", "ssh://***@host.example/a"),
        ("git::https://TOKEN@host.example/a", "git::https://***@host.example/a"),
        ("HTTPS://TOKEN@host.example/a", "HTTPS://***@host.example/a"),
        ("u:TOKEN@host.example:a/b", "***@host.example:a/b"),
        ("TOKEN@host.example:a/b", "***@host.example:a/b"),
        ("TOKEN@host.example/a/b", "***@host.example/a/b"),
        ("git::TOKEN@host.example:a", "git::***@host.example:a"),
        ("https://host.example/a?private_token=TOKEN", "https://host.example/a?private_token=***"),
        (
            "https://host.example/a?ref=v1&access_token=TOKEN",
            "https://host.example/a?ref=v1&access_token=***",
        ),
        ("https://host.example/a?x=TOKEN#frag", "https://host.example/a?x=***"),
        (
            "https://host.example/a?X-Amz-Signature=TOKEN&ref=v1",
            "https://host.example/a?X-Amz-Signature=***&ref=v1",
        ),
        (
            "failed to run 'git fetch --quiet https://TOKEN@host.example/a v1': fatal: unable to access 'https://TOKEN@host.example/a/': no",
            "failed to run 'git fetch --quiet https://***@host.example/a v1': fatal: unable to access 'https://***@host.example/a/': no",
        ),
        ("repo \"https://TOKEN@host.example/a\", b", "repo \"https://***@host.example/a\", b"),
        ("a\nhttps://TOKEN@host.example/a\nb", "a\nhttps://***@host.example/a\nb"),
        ("<https://TOKEN@host.example>", "<https://***@host.example>"),
        ("url=https://TOKEN@host.example/a", "url=https://***@host.example/a"),
    ] {
        assert_eq!(without_credentials(text), wanted);
        assert!(!without_credentials(text).contains("TOKEN"), "{text}");
    }
}

#[test]
fn what_gives_none_stays_as_it_is() {
    for text in [
        "",
        "accumulating resources from 'a.yaml': no such file",
        "https://github.com/org/repo//base?ref=v1&timeout=90s&submodules=false",
        "https://github.com/org/repo/@scope/a",
        "https://github.com:443/org/repo@v1",
        "https://[::1]:8080/a@b",
        "git@github.com:org/repo",
        "git::git@github.com:org/repo.git",
        "github.com/org/repo?ref=v1",
        "file:///tmp/a@b/c",
        "nginx@sha256:0123",
        "registry.example:5000/app@sha256:0123",
        "mail to joe@example.com",
        "joe@example.com: not a resource",
        "joe@example.com, and others",
        "@@ -1 +1 @@",
    ] {
        assert!(matches!(without_credentials(text), Cow::Borrowed(same) if same == text), "{text}");
    }
}
