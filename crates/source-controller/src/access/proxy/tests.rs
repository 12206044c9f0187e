//! From Secrets to proxies.

use super::Proxy;

fn proxy(data: &[(&str, &str)]) -> Result<Proxy, String> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), value.as_bytes().to_vec());
    Proxy::of(&data.iter().map(owned).collect())
}

#[test]
fn addresses_and_logins() {
    for address in ["http://p:3128", "https://p", "socks5://10.0.0.1:1080"] {
        assert_eq!(proxy(&[("address", address)]).unwrap().login(), None, "{address}");
    }
    let full = proxy(&[("address", "http://p:1"), ("username", "u@x"), ("password", "p:w/canary")]).unwrap();
    assert_eq!(full.login(), Some(("u@x".to_owned(), "p:w/canary".to_owned())));
    assert!(full.secrets().contains(&"p:w/canary".to_owned()));
    assert!(!format!("{full:?}").contains("canary"));
    let alone = proxy(&[("address", "http://p:1"), ("username", "u")]).unwrap();
    assert_eq!(alone.login(), Some(("u".to_owned(), String::new())));
    let inline = proxy(&[("address", "http://a:b@p:1")]).unwrap();
    assert_eq!(inline.login(), Some(("a".to_owned(), "b".to_owned())));
}

#[test]
fn only_an_address_is_percent_encoded() {
    let own = proxy(&[("address", "http://p:1"), ("username", "u%41"), ("password", "p%40s%s")]).unwrap();
    assert_eq!(own.login(), Some(("u%41".to_owned(), "p%40s%s".to_owned())));
    // Clients decode what the URL has.
    assert_eq!((own.url().username(), own.url().password()), ("u%2541", Some("p%2540s%25s")));
    assert!(own.secrets().contains(&"p%40s%s".to_owned()));
    let inline = proxy(&[("address", "http://a:p%40s@p:1")]).unwrap();
    assert_eq!(inline.login(), Some(("a".to_owned(), "p@s".to_owned())));
}

#[test]
fn what_is_no_proxy() {
    for (data, error) in [
        (&[][..], "key 'address' not found"),
        (&[("address", "")], "proxy address is empty"),
        (
            &[("address", "ftp://x")],
            "proxy URL must use one of the supported schemes (http, https, socks5), got 'ftp'",
        ),
    ] {
        assert_eq!(proxy(data).unwrap_err(), error);
    }
    let long = format!("http://{}", "x".repeat(2048));
    assert!(proxy(&[("address", &long)]).unwrap_err().contains("maximum length of 2048"));
    let error = proxy(&[("address", "http://u:canary@")]).unwrap_err();
    assert!(!error.contains("canary"), "{error}");
}
