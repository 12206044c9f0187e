//! What registries ask for, and where credentials may go.

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};

use super::{Challenge, of, realm, redirect, scope};

fn headers(lines: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_str(line).unwrap());
    }
    headers
}

#[test]
fn challenges_are_read_in_all_their_forms() {
    let bearer =
        |realm: &str, service: &str| Challenge::Bearer { realm: realm.into(), service: service.into() };
    for (lines, expected) in [
        (&["Basic realm=\"x\""][..], Challenge::Basic),
        (&["basic"], Challenge::Basic),
        (&["Bearer realm=\"https://a/t\",service=\"s\""], bearer("https://a/t", "s")),
        (&["bearer realm=https://a/t , service = s"], bearer("https://a/t", "s")),
        (&["Negotiate", "Bearer realm=\"https://a/t?x=1,2\""], bearer("https://a/t?x=1,2", "")),
        (
            &["Digest realm=\"d\", Bearer realm=\"https://a/t\", service=\"q\\\"uoted\""],
            bearer("https://a/t", "q\"uoted"),
        ),
        (&[], Challenge::Basic),
    ] {
        assert_eq!(of(&headers(lines)).unwrap(), expected, "{lines:?}");
    }
    let error = of(&headers(&["Bearer service=\"s\""])).unwrap_err();
    assert_eq!(error, "malformed www-authenticate, missing realm");
    let more =
        headers(&["Bearer realm=\"https://a/t\",scope=\"repository:a:pull\",error=\"insufficient_scope\""]);
    assert_eq!(scope(&more).as_deref(), Some("repository:a:pull"));
}

#[test]
fn tokens_are_asked_for_where_a_login_may_go() {
    let check = |text: &str, registry: &str| realm(text, &Url::parse(registry).unwrap(), false).map(|_| ());
    for (text, registry) in [
        ("https://auth.example/token", "https://r.example/v2/"),
        ("http://127.0.0.1:5000/token", "http://127.0.0.1:5000/v2/"),
        ("http://auth.example/token", "http://127.0.0.1:5000/v2/"),
    ] {
        assert_eq!(check(text, registry), Ok(()), "{text}");
    }
    for (text, registry, expected) in [
        (
            "http://auth.example/token",
            "https://r.example/v2/",
            "realm scheme \"http\" not allowed for a secure registry; use https",
        ),
        ("file:///etc/passwd", "http://r.example/v2/", "realm scheme not allowed"),
        (
            "https://169.254.169.254/token",
            "https://r.example/v2/",
            "realm host \"169.254.169.254\" is a private or link-local address",
        ),
        ("http://127.0.0.1:1/token", "http://127.0.0.1:2/v2/", "is a private or link-local address"),
        ("https://[::ffff:10.0.0.1]/token", "https://r.example/v2/", "is a private or link-local address"),
        ("https://100.64.0.1/token", "https://r.example/v2/", "is a private or link-local address"),
        ("https://[64:ff9b::a00:1]/token", "https://r.example/v2/", "is a private or link-local address"),
        ("no url", "https://r.example/v2/", "parsing realm"),
    ] {
        let error = check(text, registry).unwrap_err();
        assert!(
            error.starts_with("invalid realm in www-authenticate: ") && error.contains(expected),
            "{error}"
        );
    }
    let registry = Url::parse("https://r.example/v2/").unwrap();
    assert!(realm("https://10.0.0.1/token", &registry, true).is_ok(), "--allow-private-redirects");
}

#[test]
fn redirects_do_not_lead_inside() {
    let origin = Url::parse("https://r.example/v2/a/blobs/x").unwrap();
    let to = |location: &str| redirect(&origin, location, &origin, false);
    assert_eq!(to("/other").unwrap().as_str(), "https://r.example/other");
    assert_eq!(to("https://cdn.example/x").unwrap().host_str(), Some("cdn.example"));
    for (location, expected) in [
        ("http://cdn.example/x", "not encrypted"),
        ("ftp://cdn.example/x", "neither http nor https"),
        (
            "https://127.0.0.1/x",
            "SSRF protection: redirect from \"r.example\" to private/link-local host \"127.0.0.1\" denied",
        ),
        ("https://[fd00::1]/x", "SSRF protection"),
        ("https://0.1.2.3/x", "SSRF protection"),
        ("https://[2002:a00:1::1]/x", "SSRF protection"),
        ("http://[", "not a URL"),
    ] {
        let error = to(location).unwrap_err();
        assert!(error.contains(expected), "{location}: {error}");
    }
    let own = Url::parse("http://127.0.0.1:5000/v2/").unwrap();
    assert!(redirect(&own, "http://127.0.0.1:6000/x", &own, false).is_ok(), "the same host");
}
