//! Each type of sender: what is let in, what is not, and that all of it costs the same.

use aws_lc_rs::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256, HMAC_SHA512};
use http::{HeaderName, HeaderValue};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::hook::{resolve, validate};
use crate::mac::tests::counted;

const TOKEN: &str = "correct horse";
const BODY: &str = r#"{"ref":"refs/heads/main"}"#;

fn hook(kind: Kind, events: &[&str]) -> Hook {
    let spec = json!({
        "type": kind.as_str(), "secretRef": {"name": "token"}, "events": events,
        "resources": [{"kind": "GitRepository", "name": "app"}],
    });
    let spec = serde_json::from_value(spec).expect("a spec");
    let secret = [("token", TOKEN), ("email", "robot@example.com"), ("audience", "hook")];
    let secret = secret.map(|(key, value)| (key.to_owned(), value.as_bytes().to_vec())).into();
    resolve(validate(&spec).expect("valid"), secret).expect("a hook")
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&str, &str)| {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        (name, HeaderValue::from_str(value).expect("a value"))
    };
    pairs.iter().map(pair).collect()
}

fn ask(hook: Option<&Hook>, pairs: &[(&str, &str)], body: &str) -> Result<Value, Rejected> {
    let headers = headers(pairs);
    let request = Request { headers: &headers, body: body.as_bytes() };
    let decoy = Decoy::new([7; 32]);
    let event = check(hook, &decoy, request, &Keys::default(), Timestamp::UNIX_EPOCH)?;
    Ok(event.request().expect("a JSON object, or none"))
}

fn code(algorithm: hmac::Algorithm, body: &str) -> String {
    let tag = hmac::sign(&hmac::Key::new(algorithm, TOKEN.as_bytes()), body.as_bytes());
    manifest::digest::hex(tag.as_ref())
}

fn signed(body: &str) -> String {
    format!("sha256={}", code(HMAC_SHA256, body))
}

fn fault(found: Result<Value, Rejected>) -> SignatureFault {
    match found {
        Err(Rejected::Signature { fault, .. }) => fault,
        other => panic!("{other:?}"),
    }
}

const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

#[test]
fn whoever_knows_the_path() {
    let hook = hook(Kind::Generic, &[]);
    assert_eq!(ask(Some(&hook), &[], ""), Ok(json!({})));
    assert_eq!(ask(Some(&hook), &[JSON], BODY), Ok(json!({"ref": "refs/heads/main"})));
    assert_eq!(ask(None, &[JSON], BODY), Err(Rejected::Unknown));
}

#[test]
fn signatures_of_every_hash() {
    let hook = hook(Kind::GenericHmac, &[]);
    for (name, algorithm) in
        [("sha1", HMAC_SHA1_FOR_LEGACY_USE_ONLY), ("sha256", HMAC_SHA256), ("sha512", HMAC_SHA512)]
    {
        let header = format!("{name}={}", code(algorithm, BODY));
        assert!(ask(Some(&hook), &[("x-signature", &header)], BODY).is_ok(), "{name}");
        let again =
            ask(Some(&hook), &[("x-signature", &header.to_uppercase().replacen("SHA", "sha", 1))], BODY);
        assert!(again.is_ok(), "a second time, in capital digits: {name}");
        let other = ask(Some(&hook), &[("x-signature", &header)], "{}");
        assert_eq!(fault(other), SignatureFault::Other, "{name}");
    }
    let (code, short) = (code(HMAC_SHA256, BODY), code(HMAC_SHA256, BODY)[..62].to_owned());
    for (header, expected) in [
        (String::new(), SignatureFault::Missing),
        (code.clone(), SignatureFault::Form),
        (format!("md5={code}"), SignatureFault::Hash),
        (format!("sha1={code}"), SignatureFault::Other),
        (format!("sha256={short}"), SignatureFault::Other),
        ("sha256=".to_owned(), SignatureFault::Other),
        (format!("sha256={code}=x"), SignatureFault::Digits),
        ("sha256=zz".to_owned(), SignatureFault::Digits),
    ] {
        assert_eq!(fault(ask(Some(&hook), &[("x-signature", &header)], BODY)), expected, "{header}");
    }
    assert_eq!(fault(ask(Some(&hook), &[], BODY)), SignatureFault::Missing);
    assert_eq!(fault(ask(Some(&hook), &[("x-hub-signature", &signed(BODY))], BODY)), SignatureFault::Missing);
}

#[test]
fn github_gitea_and_bitbucket() {
    for (kind, header) in [(Kind::GitHub, "x-github-event"), (Kind::Bitbucket, "x-event-key")] {
        let hook = hook(kind, &["Push", "ping"]);
        let (sha1, sha256) = (format!("sha1={}", code(HMAC_SHA1_FOR_LEGACY_USE_ONLY, BODY)), signed(BODY));
        let push = (header, "push");
        let ok = |pairs: &[(&str, &str)]| ask(Some(&hook), pairs, BODY);
        assert_eq!(
            ok(&[JSON, push, ("x-hub-signature-256", &sha256)]),
            Ok(json!({"ref": "refs/heads/main"}))
        );
        assert!(ok(&[JSON, push, ("x-hub-signature", &sha1)]).is_ok(), "the older header");
        assert!(ok(&[JSON, push, ("x-hub-signature", &sha256)]).is_ok(), "as Bitbucket does");
        let form = ("content-type", "application/x-www-form-urlencoded");
        assert_eq!(ok(&[form, push, ("x-hub-signature-256", &sha256)]), Ok(json!({})));
        // The newer header decides, so that nobody falls back to the weaker hash.
        let both = [JSON, push, ("x-hub-signature-256", "sha256=00"), ("x-hub-signature", &sha1)];
        assert_eq!(fault(ok(&both)), SignatureFault::Other);
        assert_eq!(fault(ok(&[JSON, push])), SignatureFault::Missing);
        assert_eq!(ok(&[push, ("x-hub-signature-256", &sha256)]), Err(Rejected::ContentType));
        let (what, _) = kind.event_header().expect("events");
        for pairs in [vec![(header, "star")], vec![]] {
            let pairs = [&[JSON, ("x-hub-signature-256", &sha256)], pairs.as_slice()].concat();
            assert_eq!(ok(&pairs), Err(Rejected::Event(what)));
        }
    }
}

#[test]
fn gitlab_and_harbor() {
    let gitlab = hook(Kind::GitLab, &["Push Hook"]);
    let push = ("x-gitlab-event", "push hook");
    assert!(ask(Some(&gitlab), &[push, ("x-gitlab-token", TOKEN)], BODY).is_ok());
    for wrong in ["", "correct", "correct horse "] {
        let found = ask(Some(&gitlab), &[push, ("x-gitlab-token", wrong)], BODY);
        assert_eq!(found, Err(Rejected::Token("X-Gitlab-Token")), "{wrong:?}");
    }
    assert_eq!(ask(Some(&gitlab), &[push], BODY), Err(Rejected::Token("X-Gitlab-Token")));
    assert_eq!(
        ask(Some(&gitlab), &[push, ("authorization", TOKEN)], BODY),
        Err(Rejected::Token("X-Gitlab-Token"))
    );
    let tag = [("x-gitlab-event", "Tag Push Hook"), ("x-gitlab-token", TOKEN)];
    assert_eq!(ask(Some(&gitlab), &tag, BODY), Err(Rejected::Event("GitLab")));
    let harbor = hook(Kind::Harbor, &["ignored"]);
    assert!(ask(Some(&harbor), &[("authorization", TOKEN)], BODY).is_ok());
    let header = Rejected::Token("Harbor Authorization");
    assert_eq!(ask(Some(&harbor), &[("authorization", "Bearer correct horse")], BODY), Err(header.clone()));
    assert_eq!(ask(Some(&harbor), &[("x-gitlab-token", TOKEN)], BODY), Err(header));
}

#[test]
fn nexus() {
    let hook = hook(Kind::Nexus, &[]);
    let body = r#"{"action":"CREATED","repositoryName":"releases"}"#;
    let header = "x-nexus-webhook-signature";
    let digits = code(HMAC_SHA1_FOR_LEGACY_USE_ONLY, body);
    assert!(ask(Some(&hook), &[(header, &digits)], body).is_ok());
    assert_eq!(fault(ask(Some(&hook), &[(header, &digits)], BODY)), SignatureFault::Other);
    assert_eq!(fault(ask(Some(&hook), &[(header, "none")], body)), SignatureFault::Digits);
    assert_eq!(fault(ask(Some(&hook), &[], body)), SignatureFault::Missing);
    let list = code(HMAC_SHA1_FOR_LEGACY_USE_ONLY, "[]");
    assert_eq!(ask(Some(&hook), &[(header, &list)], "[]"), Err(Rejected::Payload("Nexus")));
}

#[test]
fn bodies_of_registries() {
    let quay = r#"{"docker_url":"quay.io/a/b","updated_tags":["latest","v1"],"more":{}}"#;
    let hub =
        r#"{"push_data":{"tag":"v1","pusher":"x"},"repository":{"repo_url":"https://hub.docker.com/r/a"}}"#;
    let acr = r#"{"action":"push","target":{"repository":"a","tag":"v1","size":1}}"#;
    for (kind, what, good, wrong) in [
        (Kind::Quay, "Quay", quay, r#"{"updated_tags":[1]}"#),
        (Kind::DockerHub, "DockerHub", hub, r#"{"push_data":"v1"}"#),
        (Kind::Acr, "ACR", acr, r#"{"target":"v1"}"#),
    ] {
        let hook = hook(kind, &[]);
        assert_eq!(ask(Some(&hook), &[JSON], good), Ok(serde_json::from_str(good).expect("JSON")));
        assert!(ask(Some(&hook), &[], "{}").is_ok(), "as Flux has it: {what}");
        for wrong in [wrong, "", "[]", "text", "{"] {
            assert_eq!(ask(Some(&hook), &[JSON], wrong), Err(Rejected::Payload(what)), "{what}: {wrong}");
        }
    }
}

#[test]
fn cdevents() {
    let hook = hook(Kind::CdEvents, &["dev.cdevents.change.merged.0.3.0"]);
    let body = |type_: &str, timestamp: &str| {
        json!({
            "context": {"version": "0.4.1", "id": "1", "source": "/ci", "type": type_, "timestamp": timestamp},
            "subject": {"id": "change-1", "type": "change", "content": {}},
        })
        .to_string()
    };
    let merged = "dev.cdevents.change.merged.0.3.0";
    let header = ("ce-type", merged);
    let time = "2026-11-30T12:00:00Z";
    assert!(ask(Some(&hook), &[header, JSON], &body(merged, time)).is_ok());
    assert!(
        ask(Some(&hook), &[header], &body("dev.cdeventsx.tool-quota.exceeded.0.1.0-draft", time)).is_ok()
    );
    for wrong in [
        body("com.example.event", time),
        body("dev.cdevents.change.merged", time),
        body(merged, "yesterday"),
        "{}".to_owned(),
        BODY.to_owned(),
    ] {
        assert_eq!(ask(Some(&hook), &[header], &wrong), Err(Rejected::Payload("CDEvent")), "{wrong}");
    }
    let other = [("ce-type", "dev.cdevents.change.created.0.3.0")];
    assert_eq!(ask(Some(&hook), &other, &body(merged, time)), Err(Rejected::Event("CDEvents")));
}

#[test]
fn google_s_registries_need_a_token() {
    let hook = hook(Kind::Gcr, &[]);
    for pairs in [vec![], vec![("authorization", "Bearer a.b.c")], vec![("authorization", TOKEN)]] {
        let found = ask(Some(&hook), &pairs, BODY);
        assert!(matches!(found, Err(Rejected::Identity(_))), "{found:?}");
    }
    // {"action":"INSERT","digest":"gcr.io/a@sha256:0","tag":"gcr.io/a:v1"}
    let data = "eyJhY3Rpb24iOiJJTlNFUlQiLCJkaWdlc3QiOiJnY3IuaW8vYUBzaGEyNTY6MCIsInRhZyI6Imdjci5pby9hOnYxIn0=";
    let read = payload::gcr(json!({"message": {"data": data, "messageId": "1"}}).to_string().as_bytes());
    let expected = json!({"action": "INSERT", "digest": "gcr.io/a@sha256:0", "tag": "gcr.io/a:v1"});
    assert_eq!(read.map(Value::Object), Some(expected));
    for wrong in ["{}", r#"{"message":{"data":"!"}}"#, r#"{"message":{"data":""}}"#] {
        assert_eq!(payload::gcr(wrong.as_bytes()), None, "{wrong}");
    }
}

proptest! {
    /// Whatever a request is and whoever it is for, all codes are made over the whole body, and nothing else is.
    #[test]
    fn every_request_costs_the_same(
        kind in proptest::option::of(proptest::sample::select(Kind::ALL.to_vec())),
        body in proptest::collection::vec(any::<u8>(), 0..200),
        name in proptest::sample::select(vec![
            "x-signature", "x-hub-signature", "x-hub-signature-256", "x-gitlab-token", "authorization",
            "x-nexus-webhook-signature", "content-type", "x-other",
        ]),
        value in "[ -~]{0,40}",
    ) {
        let hook = kind.map(|kind| hook(kind, &["never"]));
        let headers = headers(&[(name, &value)]);
        let request = Request { headers: &headers, body: &body };
        counted();
        let found = check(hook.as_ref(), &Decoy::new([1; 32]), request, &Keys::default(), Timestamp::UNIX_EPOCH);
        prop_assert_eq!(counted(), (3, 3 * body.len()));
        if kind.is_none() {
            prop_assert_eq!(found, Err(Rejected::Unknown));
        }
    }

    /// What a sender signs is let in as often as it is sent; with one bit changed it never is.
    #[test]
    fn one_bit_decides(body in proptest::collection::vec(any::<u8>(), 1..100), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let hook = hook(Kind::GenericHmac, &[]);
        let tag = hmac::sign(&hmac::Key::new(HMAC_SHA256, TOKEN.as_bytes()), &body);
        let headers = headers(&[("x-signature", &format!("sha256={}", manifest::digest::hex(tag.as_ref())))]);
        let decoy = Decoy::new([1; 32]);
        let ask = |body: &[u8]| {
            check(Some(&hook), &decoy, Request { headers: &headers, body }, &Keys::default(), Timestamp::UNIX_EPOCH)
                .map(|event| event.name.is_none())
        };
        prop_assert_eq!(ask(&body), Ok(true));
        prop_assert_eq!(ask(&body), Ok(true));
        let mut changed = body.clone();
        let at = at.index(changed.len());
        changed[at] ^= 1 << bit;
        prop_assert!(ask(&changed).is_err());
    }
}
