//! From URLs and Secrets to access.

use reqwest::Url;

use super::{Access, AccessError, References, SecretData, masked_url};

const NAMED: References<'static> = References {
    secret: Some("auth"),
    cert_secret: None,
    proxy_secret: None,
    service_account: None,
    provider: None,
};

fn access(url: &str, secret: &[(&str, &str)]) -> Result<Access, AccessError> {
    let data: SecretData =
        secret.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect();
    let url = Url::parse(url).unwrap();
    Access::new(&url, "ns", &NAMED, (!secret.is_empty()).then_some(&data))
}

fn header(url: &str, secret: &[(&str, &str)]) -> Result<Option<String>, String> {
    let value = access(url, secret).map_err(|error| error.to_string())?.authorization().cloned();
    assert!(value.as_ref().is_none_or(reqwest::header::HeaderValue::is_sensitive));
    Ok(value.map(|value| value.to_str().unwrap().to_owned()))
}

#[test]
fn where_credentials_come_from() {
    let basic = Ok(Some("Basic dTpw".to_owned()));
    assert_eq!(header("https://h/x", &[]), Ok(None));
    assert_eq!(header("https://h/x", &[("username", "u"), ("password", "p")]), basic);
    assert_eq!(header("https://u:p@h/x", &[]), basic);
    assert_eq!(header("https://u@h/x", &[("password", "p")]), basic);
    assert_eq!(header("https://a:b@h/x", &[("username", "u"), ("password", "p")]), basic);
    assert_eq!(header("https://%75:%70@h/x", &[]), basic);
    assert_eq!(header("https://h/x", &[("username", "u")]), Ok(Some("Basic dTo=".to_owned())));
    assert_eq!(header("https://u:p@h/x", &[("username", ""), ("password", "")]), basic, "empty is not given");
    let bearer = Ok(Some("Bearer t".to_owned()));
    assert_eq!(header("https://h/x", &[("bearerToken", "t"), ("username", "u"), ("password", "p")]), bearer);
    assert_eq!(header("https://h/x", &[("bearerToken", "t"), ("password", "p")]), bearer);
    assert_eq!(header("http://h/x", &[("bearerToken", "t")]), bearer);
}

#[test]
fn what_cannot_be_used() {
    assert_eq!(
        header("https://h/x", &[("password", "p")]),
        Err("failed to configure authentication options: invalid 'https' auth option: 'password' requires \
             'username' to be set"
            .to_owned())
    );
    assert_eq!(
        header("https://u:p@h/x", &[("bearerToken", "t")]),
        Err("failed to configure authentication options: basic auth and bearer token cannot be set at the \
             same time"
            .to_owned())
    );
    let error = header("https://h/x", &[("bearerToken", "line\nbreak-canary")]).unwrap_err();
    assert!(error.contains("'bearerToken' cannot be sent") && !error.contains("canary"), "{error}");
    let data = SecretData::from([("password".to_owned(), vec![0xff])]);
    let url = Url::parse("http://u@h/x").unwrap();
    let error = Access::new(&url, "ns", &NAMED, Some(&data)).unwrap_err().to_string();
    assert!(error.contains("'http' auth option: 'password' is not valid UTF-8"), "{error}");
}

#[test]
fn a_secret_for_another_provider_is_not_used() {
    for key in ["githubAppID", "githubAppClientID"] {
        let error = access("https://h/x", &[(key, "1"), ("password", "p")]).unwrap_err();
        assert_eq!(error, AccessError::OtherProvider { name: "ns/auth".to_owned() });
    }
}

#[test]
fn certificates_have_two_names() {
    for (ca, certificate, key) in [("ca.crt", "tls.crt", "tls.key"), ("caFile", "certFile", "keyFile")] {
        let found = access("https://h/x", &[(ca, "A"), (certificate, "C"), (key, "K")]).unwrap();
        let tls = found.tls();
        assert_eq!(tls.ca.as_deref(), Some(&b"A"[..]));
        assert_eq!(tls.identity, Some((b"C".to_vec(), b"K".to_vec())));
    }
    let both = access("https://h/x", &[("ca.crt", "new"), ("caFile", "old")]).unwrap();
    assert_eq!(both.tls().ca.as_deref(), Some(&b"new"[..]));
    for half in ["tls.crt", "tls.key"] {
        let found = access("https://h/x", &[("ca.crt", "A"), (half, "x")]).unwrap();
        assert_eq!((found.tls().ca.as_deref(), &found.tls().identity), (Some(&b"A"[..]), &None), "{half}");
    }
    let none = access("https://h/x", &[("ca.crt", "")]).unwrap();
    assert_eq!((&none.tls().ca, &none.tls().identity), (&None, &None));
}

#[test]
fn what_is_named_and_not_built_is_refused() {
    let set = |change: fn(&mut References<'static>)| {
        let mut references = NAMED;
        change(&mut references);
        references.unsupported()
    };
    assert_eq!(set(|_| {}), None);
    assert_eq!(set(|all| all.provider = Some("generic")), None);
    assert_eq!(set(|all| all.provider = Some("")), None);
    assert_eq!(set(|all| all.provider = Some("aws")), None);
    assert_eq!(set(|all| all.provider = Some("other")), Some("spec.provider"));
    assert_eq!(set(|all| all.service_account = Some("robot")), None);
    assert_eq!(set(|all| all.provider = Some("github")), None);
    assert_eq!(set(|all| all.cert_secret = Some("certs")), Some("spec.certSecretRef"));
    assert_eq!(set(|all| all.proxy_secret = Some("proxy")), None);
    let cloud = References { provider: Some("other"), ..NAMED };
    let error = Access::new(&Url::parse("https://h/x").unwrap(), "ns", &cloud, None).unwrap_err();
    assert_eq!(error.to_string(), "spec.provider is not supported by this source-controller");
}

#[test]
fn what_a_server_echoes_is_masked() {
    let found = access("https://h/x", &[("username", "user"), ("password", "pass-canary")]).unwrap();
    let text = found.redact("bad login user:pass-canary (dXNlcjpwYXNzLWNhbmFyeQ==)");
    assert_eq!(text, "bad login user:***** (*****)");
    let found = access("https://h/x", &[("bearerToken", "token-canary")]).unwrap();
    assert_eq!(found.redact("token-canary?"), "*****?");
    let short = access("https://h/x", &[("username", "u"), ("password", "a")]).unwrap();
    assert_eq!(short.redact("a banana"), "a banana", "a letter would be found everywhere");
}

#[test]
fn secrets_cannot_be_printed() {
    let secret = [
        ("username", "user-canary"),
        ("password", "pass-canary"),
        ("ca.crt", "ca-canary"),
        ("tls.crt", "crt-canary"),
        ("tls.key", "key-canary"),
    ];
    let text = format!("{:?}", access("https://h/x", &secret).unwrap());
    assert_eq!(
        text,
        "Access { authorization: true, tls: Tls { ca: true, identity: true }, app: false, ssh: false, proxy: false, login: None, unverified: false, .. }"
    );
    assert!(format!("{:?}", access("https://h/x", &[]).unwrap()).contains("authorization: false"));
}

#[test]
fn tokens_in_addresses_are_masked_wherever_a_server_echoes_them() {
    for (url, echo, shown) in [
        ("https://tok-canary@h/x", "no such user: tok-canary", "no such user: *****"),
        ("https://tok-canary:x-oauth-basic@h/x", "tok-canary:x-oauth-basic", "*****:*****"),
        ("https://glpat-canary-0123456789:pw-canary@h/x", "glpat-canary-0123456789/pw-canary", "*****/*****"),
        ("https://u:p%40ss-canary@h/x", "p%40ss-canary and p@ss-canary", "***** and *****"),
        (
            "https://h/x?private_token=q-canary&b=c%2Fanary",
            "?private_token=q-canary&b=c%2Fanary",
            "?private_token=*****&b=*****",
        ),
        ("https://user:pass-canary@h/x", "login user:pass-canary failed", "login user:***** failed"),
        ("https://u:canary@h/x?t=canary-and-more", "canary-and-more", "*****"),
    ] {
        assert_eq!(access(url, &[]).unwrap().redact(echo), shown, "{url}");
    }
}

#[test]
fn the_beginning_of_a_secret_at_the_end_of_what_was_read() {
    let found = access("https://h/x", &[("bearerToken", "canary")]).unwrap();
    assert_eq!(found.without_cut("0123456789can"), "0123456");
    assert_eq!(found.without_cut("canar"), "");
    assert_eq!(found.without_cut("äöüäöüäöü"), "äöü");
    assert_eq!(access("https://h/x", &[]).unwrap().without_cut("all of it"), "all of it");
}

#[test]
fn whose_it_is_and_what_others_get() {
    let secret = [("ca.crt", "ca"), ("tls.crt", "crt"), ("tls.key", "key")];
    let found = access("https://h/x", &secret).unwrap();
    let others = found.tls().without_identity();
    assert_eq!(found.namespace(), "ns");
    assert!(found.tls().identity.is_some() && others.identity.is_none());
    assert_eq!(others.ca, found.tls().ca);
}

#[test]
fn urls_for_people() {
    for (url, shown) in [
        ("https://example.com/app.git", "https://example.com/app.git"),
        ("https://example.com", "https://example.com"),
        ("https://tok-canary@example.com/app.git", "https://example.com/app.git"),
        ("https://tok-canary:x-oauth-basic@example.com/app.git", "https://example.com/app.git"),
        ("https://user:pass-canary@example.com/app.git", "https://example.com/app.git"),
        ("https://example.com/app.git?private_token=canary#canary", "https://example.com/app.git"),
        ("https://user:pass-canary@:x/?t=canary", "*****@:x/"),
        ("https://:x/?t=canary", "https://:x/"),
        ("tok:canary@example.com/x", "*****@example.com/x"),
        ("git@example.com:x", "*****@example.com:x"),
        ("nonsense", "nonsense"),
        ("odd \u{1b}[31m\u{202e}name", "odd [31mname"),
    ] {
        assert_eq!(masked_url(url), shown);
    }
}

#[test]
fn logins_of_clouds_replace_those_of_the_secret() {
    let found =
        access("https://h/x", &[("username", "user"), ("password", "pass-canary"), ("ca.crt", "A")]).unwrap();
    let bearer = found.with_bearer("token-canary");
    assert_eq!(bearer.authorization().unwrap(), "Bearer token-canary");
    assert_eq!(bearer.redact("token-canary pass-canary"), "***** *****");
    assert_eq!(bearer.tls().ca.as_deref(), Some(&b"A"[..]));
    let signed = found.with_login("AKID%session-canary", "sign-canary");
    assert_eq!(signed.authorization().unwrap(), "Basic QUtJRCVzZXNzaW9uLWNhbmFyeTpzaWduLWNhbmFyeQ==");
    assert_eq!(signed.redact("session-canary sign-canary AKID"), "***** ***** AKID");
    assert!(signed.for_strangers().authorization().is_none());
}
