//! Users of a security token service.

use std::time::Duration;

use cloud::Response;

use super::{Ldap, Login, Users, ldap_request};
use crate::access::Tls;

fn user(password: &str) -> Ldap {
    let (endpoint, username) = ("https://sts.example".to_owned(), "ann".to_owned());
    Ldap { endpoint, username, password: password.to_owned().into(), tls: Tls::default() }
}

fn answer(expiration: &str) -> Response {
    let text = format!(
        "<AssumeRoleWithLDAPIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleWithLDAPIdentityResult>\
         <Credentials><AccessKeyId>key</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><Expiration>{expiration}</Expiration>\
         <SessionToken>session</SessionToken></Credentials></AssumeRoleWithLDAPIdentityResult></AssumeRoleWithLDAPIdentityResponse>"
    );
    Response { status: 200, body: text.into_bytes().into() }
}

#[test]
fn the_question_has_the_password_in_its_body() {
    let request = ldap_request(&user("p&w"));
    assert_eq!((request.method, request.url.as_str()), ("POST", "https://sts.example"));
    let expected = "Action=AssumeRoleWithLDAPIdentity&LDAPPassword=p%26w&LDAPUsername=ann&Version=2011-06-15";
    assert_eq!(String::from_utf8_lossy(&request.body), expected);
}

#[test]
fn credentials_are_used_until_shortly_before_their_end() {
    let users = Users::default();
    let at = |text: &str| text.parse().unwrap();
    let (ann, now) = (user("pass"), at("2026-01-02T03:00:00Z"));
    let known = |ldap: &Ldap, way: &str, now| users.known(ldap, way, now, Duration::from_secs(60));
    assert_eq!(known(&ann, "ns", now), None);
    let learned = users.learn(&ann, "ns", &answer("2026-01-02T04:00:00Z"), now).unwrap();
    assert_eq!((learned.access_key_id.as_str(), learned.session_token.unwrap().as_str()), ("key", "session"));
    assert!(known(&ann, "ns", at("2026-01-02T03:57:59Z")).is_some());
    assert_eq!(known(&ann, "ns", at("2026-01-02T03:58:00Z")), None);
    assert_eq!(known(&ann, "other", now), None, "of another namespace");
    assert_eq!(known(&user("wrong"), "ns", now), None, "with another password");
    let long = users.known(&ann, "ns", at("2026-01-02T03:40:00Z"), Duration::from_secs(600));
    assert_eq!(long, None, "who lists and fetches that long needs them as long");
    let brief = users.known(&ann, "ns", at("2026-01-02T03:59:01Z"), Duration::from_secs(1));
    assert_eq!(brief, None, "clocks differ");
    users.forget(&ann, "ns");
    assert_eq!(known(&ann, "ns", now), None);
}

#[test]
fn logins_do_not_show_what_they_hold() {
    let login = Login::AzureKey { account: "a".into(), key: "key-canary".to_owned().into() };
    assert_eq!((format!("{login:?}").as_str(), login.secrets()), ("AzureKey", vec!["key-canary".to_owned()]));
}
