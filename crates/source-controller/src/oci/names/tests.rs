//! Names of repositories, and digests.

use super::{Repository, check_digest};

fn parse(url: &str) -> Result<String, String> {
    Repository::parse(url, false).map(|repository| repository.to_string()).map_err(|error| error.to_string())
}

#[test]
fn urls_name_repositories() {
    for (url, expected) in [
        ("oci://ghcr.io/org/app", "ghcr.io/org/app"),
        ("oci://ghcr.io/org/app/", "ghcr.io/org/app"),
        ("oci://localhost:5000/app", "localhost:5000/app"),
        ("oci://127.0.0.1:5000/a/b/c", "127.0.0.1:5000/a/b/c"),
        ("oci://docker.io/app", "index.docker.io/library/app"),
        ("oci://docker.io/org/app", "index.docker.io/org/app"),
        ("oci://org/app", "index.docker.io/org/app"),
    ] {
        assert_eq!(parse(url).as_deref(), Ok(expected), "{url}");
    }
}

#[test]
fn what_names_none_is_told_in_flux_words() {
    let letters = "repository can only contain the characters `abcdefghijklmnopqrstuvwxyz0123456789_-./`: ";
    let segment = "repository must not have an empty part, `.` or `..` in its path: ";
    for (url, expected) in [
        ("https://ghcr.io/app", "URL must be in format 'oci://<domain>/<org>/<repo>'".to_owned()),
        ("oci://", "a repository name must be specified".to_owned()),
        ("oci://ghcr.io/org/app:v1", format!("{letters}org/app:v1")),
        ("oci://ghcr.io/org/App", format!("{letters}org/App")),
        ("oci://ghcr.io/org/app@sha256:aa", format!("{letters}org/app@sha256:aa")),
        ("oci://ghcr.io//app", format!("{segment}/app")),
        ("oci:///app", format!("{segment}/app")),
        ("oci://ghcr.io/org//app", format!("{segment}org//app")),
        ("oci://ghcr.io/org/app//", format!("{segment}org/app//")),
        ("oci://ghcr.io/org/../app", format!("{segment}org/../app")),
        ("oci://ghcr.io/./app", format!("{segment}./app")),
        ("oci://ghcr.io/..", format!("{segment}..")),
        ("oci://ghcr.io/x", "repository must be between 2 and 255 characters in length: x".to_owned()),
        (
            "oci://user:pass@ghcr.io/app",
            "registries must be valid RFC 3986 URI authorities: *****@ghcr.io".to_owned(),
        ),
        ("oci://gh cr.io/app", "registries must be valid RFC 3986 URI authorities: gh cr.io".to_owned()),
    ] {
        assert_eq!(parse(url), Err(expected), "{url}");
    }
}

#[test]
fn only_loopback_private_and_insecure_registries_are_asked_without_encryption() {
    for (registry, expected) in [
        ("localhost:5000", true),
        ("127.0.0.1:5000", true),
        ("[::1]:5000", true),
        ("a.localhost", true),
        ("10.1.2.3", true),
        ("192.168.0.1:443", true),
        ("172.32.0.1", false),
        ("ghcr.io", false),
        ("localhost.evil.io", false),
        ("127.0.0.1.evil.io", false),
        ("[2001:db8::1]:5000", false),
        ("[2001:db8::1:1]", false),
    ] {
        let repository = Repository::parse(&format!("oci://{registry}/app"), false).unwrap();
        assert_eq!(repository.allows_http(), expected, "{registry}");
        assert!(Repository::parse(&format!("oci://{registry}/app"), true).unwrap().allows_http());
    }
}

#[test]
fn references_and_addresses() {
    let repository = Repository::parse("oci://ghcr.io/org/app", false).unwrap();
    assert_eq!(repository.reference("v1@sha256:aa"), "ghcr.io/org/app:v1");
    assert_eq!(repository.reference("sha256:aa"), "ghcr.io/org/app@sha256:aa");
    assert_eq!(repository.address("https", "tags/list"), "https://ghcr.io/v2/org/app/tags/list");
    assert_eq!(repository.scope(), "repository:org/app:pull");
}

#[test]
fn digests_are_checked_as_flux_does() {
    assert!(check_digest(&format!("sha256:{}", "a".repeat(64))).is_ok());
    for (digest, expected) in [
        ("sha256:xyz", "found non-hex character in hash: x"),
        ("sha256:AA", "found non-hex character in hash: A"),
        ("sha256", "cannot parse hash: \"sha256\""),
        ("sha512:aa", "unsupported hash: \"sha512\""),
        ("sha256:aa", "wrong number of hex digits for sha256: aa"),
    ] {
        assert_eq!(check_digest(digest).unwrap_err().to_string(), expected);
    }
}

#[test]
fn charts_are_below_what_a_helm_repository_names() {
    let of = |url: &str, chart: &str| {
        let found = Repository::of_chart(url, chart, false).map(|repository| repository.to_string());
        found.map_err(|error| error.to_string())
    };
    assert_eq!(of("oci://ghcr.io/org/charts/", "team/app").as_deref(), Ok("ghcr.io/org/charts/team/app"));
    assert_eq!(of("oci://registry", "app").as_deref(), Ok("registry/app"), "a host, whatever it looks like");
    assert_eq!(of("oci://docker.io/org", "app").as_deref(), Ok("index.docker.io/org/app"));
    for url in ["https://ghcr.io/org", "oci://", "oci:///org", "oci://u:p@ghcr.io/org", "oci://ghcr.io/../x"]
    {
        let error = of(url, "app").unwrap_err();
        assert!(!error.contains("u:p"), "{error}");
    }
    let near = Repository::of_chart("oci://127.0.0.1:5000/org", "app", false).unwrap();
    assert!(!near.allows_http());
    assert!(Repository::of_chart("oci://r.example/org", "app", true).unwrap().allows_http());
}
