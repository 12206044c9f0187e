//! The rules of the wire.

use reqwest::{StatusCode, Url};

use super::{Failure, header_map, plain, redirect, redirected_base, same_origin, strip_user};

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

#[test]
fn redirects_never_become_less_safe() {
    let to =
        |from: &str, location: &str| redirect(&url(from), location).map_err(|failure| failure.to_string());
    assert_eq!(to("http://a/x", "/y"), Ok(url("http://a/y")));
    assert_eq!(to("http://a/x", "https://b/y"), Ok(url("https://b/y")));
    assert_eq!(to("https://a/x", "https://b/y"), Ok(url("https://b/y")));
    let refused = |why: &str| Err(format!("redirect from https://a/x refused: its target is {why}"));
    assert_eq!(to("https://u:pass-canary@a/x", "http://a/x"), refused("not encrypted"));
    assert_eq!(to("https://a/x", "file:///etc/passwd"), refused("neither http nor https"));
    assert_eq!(to("https://a/x", "http://["), refused("not a URL"));
}

#[test]
fn an_origin_is_scheme_host_and_port() {
    let same = |other: &str| same_origin(&url("https://a.example/x"), &url(other));
    assert!(same("https://a.example/y") && same("https://a.example:443/") && same("https://u:p@a.example/"));
    for other in
        ["http://a.example/x", "https://b.example/x", "https://a.example:444/x", "http://a.example:443/x"]
    {
        assert!(!same(other), "{other}");
    }
}

#[test]
fn where_an_exchange_goes_on() {
    let base = |from: &str| redirected_base(&url(from), "/info/refs?service=git-upload-pack");
    let moved = "https://b/repo/info/refs?service=git-upload-pack";
    assert_eq!(base(moved), Ok("https://b/repo".to_owned()));
    let error = base("https://u:pass-canary@b/login").unwrap_err().to_string();
    assert_eq!(error, "redirect to https://b/login is not a repository");
}

#[test]
fn what_answers_mean() {
    let of =
        |status| Failure::of(status, &url("https://u:pass-canary@a/x"), || "body".to_owned()).to_string();
    assert_eq!(of(StatusCode::NOT_FOUND), "repository not found: body");
    assert_eq!(of(StatusCode::UNAUTHORIZED), "authentication required: body");
    assert_eq!(of(StatusCode::FORBIDDEN), "authorization failed: body");
    for (status, code) in [(StatusCode::BAD_GATEWAY, 502), (StatusCode::NO_CONTENT, 204)] {
        let text =
            format!("unexpected client error: unexpected requesting \"https://a/x\" status code: {code}");
        assert_eq!(of(status), text);
    }
}

#[test]
fn users_are_not_part_of_an_address() {
    let mut with_user = url("https://user:pass@a/x?q=1");
    assert_eq!(plain(&with_user), "https://a/x?q=1");
    strip_user(&mut with_user);
    assert_eq!(with_user.as_str(), "https://a/x?q=1");
}

#[test]
fn headers_as_gix_writes_them() {
    let headers = header_map(["Accept: text/plain", "no header", "bad name: x", "X-Two:  spaced "]);
    let all: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    assert_eq!(all, [("accept", "text/plain"), ("x-two", "spaced")]);
}
