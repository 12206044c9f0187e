//! The rules of the wire.

use reqwest::{StatusCode, Url};

use super::{
    Failure, Place, header_map, is_quoted, place, plain, redirect, redirected_base, same_origin, strip_user,
};

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

/// Where a redirect from `from`, the repository's own address, leads.
fn to(from: &str, location: &str, private: bool) -> Result<Url, String> {
    redirect(&url(from), location, &url(from), private).map_err(|failure| failure.to_string())
}

#[test]
fn redirects_never_become_less_safe() {
    assert_eq!(to("http://a/x", "/y", false), Ok(url("http://a/y")));
    assert_eq!(to("http://a/x", "https://a/x", false), Ok(url("https://a/x")));
    assert_eq!(to("http://a/x", "http://a:81/x", false), Ok(url("http://a:81/x")));
    assert_eq!(to("http://a/x", "https://b/y", false), Ok(url("https://b/y")));
    assert_eq!(to("https://a/x", "https://b/y", false), Ok(url("https://b/y")));
    for private in [false, true] {
        let refused = |why: &str| Err(format!("redirect from https://a/x refused: its target is {why}"));
        assert_eq!(
            to("https://u:pass-canary@a/x?token=canary", "http://a/x", private),
            refused("not encrypted")
        );
        assert_eq!(to("https://a/x", "file:///etc/passwd", private), refused("neither http nor https"));
        assert_eq!(to("https://a/x", "http://[", private), refused("not a URL"));
    }
}

#[test]
fn redirects_to_other_hosts_are_for_the_internet() {
    let unencrypted = "redirect from http://a/x refused: its target is another host and not encrypted";
    assert_eq!(to("http://a/x", "http://b/y", false), Err(unencrypted.to_owned()));
    for address in [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "169.254.169.254",
        "10.0.0.1:8443",
        "[::1]",
        "[::ffff:10.0.0.1]",
    ] {
        let location = format!("https://{address}/latest/meta-data");
        let refused = to("https://a/x", &location, false).unwrap_err();
        assert!(refused.ends_with("another host at an address that is not public"), "{refused}");
        assert!(to("https://a/x", &location, true).is_ok());
    }
    assert!(to("http://a/x", "http://10.0.0.1/y", true).is_ok());
    assert!(to("https://a/x", "https://140.82.112.3/y", false).is_ok());
    // A repository at a private address may move within its own host.
    assert!(to("http://10.0.0.1/x", "http://10.0.0.1:81/y", false).is_ok());
    // Back from elsewhere is home, and a second hop is held against the first address.
    let hop = |location: &str| redirect(&url("https://b/x"), location, &url("https://a/x"), false);
    assert!(hop("https://a/y").is_ok() && hop("https://c/y").is_ok() && hop("https://127.0.0.1/").is_err());
}

#[test]
fn places_and_what_is_quoted_of_them() {
    for (address, expected, quoted) in [
        ("http://a/y", Place::Origin, true),
        ("http://u:p@a:80/y", Place::Origin, true),
        ("https://a/y", Place::Host, true),
        ("https://a:8443/y", Place::Host, false),
        ("http://a:81/y", Place::Host, false),
        ("http://b/y", Place::Elsewhere, false),
    ] {
        let origin = url("http://a/x");
        assert_eq!(
            (place(&url(address), &origin), is_quoted(&url(address), &origin)),
            (expected, quoted),
            "{address}"
        );
    }
    assert!(!is_quoted(&url("https://a/x"), &url("http://a:3000/x")), "3000 and 443 are two servers");
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
    let ssh = |other: &str| same_origin(&url("ssh://git@a.example/x"), &url(other));
    assert!(ssh("ssh://a.example:22/y") && ssh("ssh://A.Example/y"));
    for other in ["ssh://a.example:2222/x", "ssh://b.example/x", "https://a.example:22/x"] {
        assert!(!ssh(other), "{other}");
    }
    assert_eq!(place(&url("ssh://A.example:2222/x"), &url("https://a.example/x")), Place::Host);
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
fn what_may_be_secret_is_not_part_of_an_address() {
    let mut with_user = url("https://user:pass@a/x?q=1#f");
    assert_eq!(plain(&with_user), "https://a/x");
    assert_eq!(
        plain(&url("https://a/x/info/refs?service=git-upload-pack")),
        "https://a/x/info/refs?service=git-upload-pack"
    );
    assert_eq!(plain(&url("https://a/x?token=canary/info/refs?service=git-upload-pack")), "https://a/x");
    strip_user(&mut with_user);
    assert_eq!(with_user.as_str(), "https://a/x?q=1#f");
}

#[test]
fn words_of_others_are_cleaned_and_nothing_else_is() {
    let shout = |failure: Failure| failure.cleaned(str::to_uppercase).to_string();
    assert_eq!(shout(Failure::NotFound("gone".into())), "repository not found: GONE");
    assert_eq!(shout(Failure::Unauthorized("who".into())), "authentication required: WHO");
    assert_eq!(shout(Failure::Forbidden("you".into())), "authorization failed: YOU");
    assert_eq!(shout(Failure::Transport("reset".into())), "RESET");
    assert_eq!(shout(Failure::Redirect("odd".into())), "ODD");
    assert_eq!(shout(Failure::Timeout), "context deadline exceeded");
}

#[test]
fn headers_as_gix_writes_them() {
    let headers = header_map(["Accept: text/plain", "no header", "bad name: x", "X-Two:  spaced "]);
    let all: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    assert_eq!(all, [("accept", "text/plain"), ("x-two", "spaced")]);
}
