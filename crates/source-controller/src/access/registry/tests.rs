//! Which login of a Secret a registry with charts gets.

use reqwest::Url;

use super::Place;
use crate::access::docker::Login;
use crate::access::secrets::Typed;
use crate::access::{Access, References};
use crate::oci::names::Repository;

const DOCKER: &str = "kubernetes.io/dockerconfigjson";

fn access(type_: &str, pairs: &[(&str, &str)]) -> Result<Access, String> {
    let repository = Repository::of_chart("oci://r.example:5000/charts", "app", false).unwrap();
    let url = Url::parse("https://r.example:5000/charts/app").unwrap();
    let data = pairs.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect();
    let secret = Typed { type_: type_.to_owned(), data };
    let references = References { secret: Some("auth"), ..References::default() };
    let place = Place { repository: &repository, url: &url, cloud: None };
    Access::to_charts("ns", place, &references, None, Some(&secret)).map_err(|error| error.to_string())
}

fn user(type_: &str, pairs: &[(&str, &str)]) -> Option<String> {
    access(type_, pairs).unwrap().login().map(|login| format!("{}:{}", login.username, login.password))
}

#[test]
fn a_clouds_login_is_for_who_has_no_secret() {
    let repository = Repository::of_chart("oci://r.example/charts", "app", false).unwrap();
    let url = Url::parse("https://r.example/charts/app").unwrap();
    let cloud = Login { username: "AWS".to_owned(), password: "token-canary".to_owned(), ..Login::default() };
    let place = Place { repository: &repository, url: &url, cloud: Some(cloud.clone()) };
    let of_cloud = Access::to_charts("ns", place.clone(), &References::default(), None, None).unwrap();
    assert_eq!(of_cloud.login(), Some(&cloud));
    let references = References { secret: Some("auth"), ..References::default() };
    let nothing = Typed { type_: "Opaque".to_owned(), data: [].into() };
    let of_secret = Access::to_charts("ns", place, &references, None, Some(&nothing)).unwrap();
    assert_eq!(of_secret.login(), None);
}

#[test]
fn logins_of_both_forms() {
    let pair = [("username", "u"), ("password", "pass-canary")];
    assert_eq!(user("Opaque", &pair).as_deref(), Some("u:pass-canary"));
    assert_eq!(user("Opaque", &[]), None);
    let config = r#"{"auths":{"https://r.example:5000/v1/":{"auth":"dTpwYXNzLWNhbmFyeQ=="}}}"#;
    assert_eq!(user(DOCKER, &[(".dockerconfigjson", config)]).as_deref(), Some("u:pass-canary"));
    let empty = r#"{"auths":{"r.example:5000":{}}}"#;
    assert_eq!(user(DOCKER, &[(".dockerconfigjson", empty)]), None);
    let masked = access("Opaque", &pair).unwrap();
    assert_eq!(masked.redact("x pass-canary"), "x *****");
}

#[test]
fn what_is_no_login_is_told_in_fluxs_words() {
    let prefix = "failed to configure OCI registry authentication: ";
    let elsewhere = r#"{"auths":{"other.example":{"username":"u","password":"p"}}}"#;
    for (type_, pair, expected) in [
        (
            DOCKER,
            (".dockerconfigjson", elsewhere),
            "no auth config for 'r.example:5000' in the docker-registry Secret 'auth'",
        ),
        (
            DOCKER,
            (".dockerconfigjson", "{"),
            "unable to load Docker config from Secret 'auth': the pull secret's .dockerconfigjson is not a docker configuration",
        ),
    ] {
        assert_eq!(access(type_, &[pair]).unwrap_err(), format!("{prefix}{expected}"));
    }
    let error = access("Opaque", &[("username", "u")]).unwrap_err();
    let half = "malformed basic auth - has 'username' but missing 'password'";
    assert_eq!(error, format!("failed to detect authentication methods: secret 'ns/auth': {half}"));
}
