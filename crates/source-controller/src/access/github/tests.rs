//! Secrets for apps, and what an app says of itself.

use super::{App, Installation};
use crate::access::SecretData;

fn secret(data: &[(&str, &str)]) -> SecretData {
    data.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect()
}

fn app(data: &[(&str, &str)]) -> Result<Option<App>, String> {
    App::of(&secret(data), "ns/app").map_err(|error| error.to_string())
}

#[test]
fn what_an_app_needs() {
    assert_eq!(app(&[("username", "u")]), Ok(None));
    let full = [("githubAppID", "1"), ("githubAppPrivateKey", "k"), ("githubAppInstallationID", "2")];
    let found = app(&full).unwrap().unwrap();
    assert_eq!(found.installation(), &Installation::Id(2));
    assert_eq!(found.base().as_str(), "https://api.github.com/");
    assert!(!format!("{found:?}").contains("\"k\""));
    let client = [
        ("githubAppClientID", "Iv1.a"),
        ("githubAppPrivateKey", "k"),
        ("githubAppInstallationOwner", "org"),
        ("githubAppBaseURL", "https://ghes.example.com/api/v3"),
    ];
    let found = app(&client).unwrap().unwrap();
    assert_eq!(found.installation(), &Installation::Owner("org".to_owned()));
    assert_eq!(found.base().as_str(), "https://ghes.example.com/api/v3/");
    for (data, error) in [
        (&full[1..], "secret 'ns/app': key 'githubAppID' not found"),
        (&full[..1], "secret 'ns/app': key 'githubAppPrivateKey' not found"),
        (
            &full[..2],
            "secret 'ns/app': must contain exactly one of 'githubAppInstallationOwner' or 'githubAppInstallationID'",
        ),
    ] {
        assert_eq!(app(data).unwrap_err(), error);
    }
    assert!(App::is_named(&secret(&client)) && !App::is_named(&secret(&[("githubAppPrivateKey", "k")])));
}

#[test]
fn an_app_without_an_rsa_key_says_nothing() {
    let data = [("githubAppID", "1"), ("githubAppPrivateKey", "canary"), ("githubAppInstallationID", "2")];
    assert_eq!(app(&data).unwrap().unwrap().assertion(0), None);
}
