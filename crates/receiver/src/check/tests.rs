//! Each type of sender: what is let in, what is not, and what that costs at most.

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

fn ask(hook: &Hook, pairs: &[(&str, &str)], body: &str) -> Result<Value, Rejected> {
    let headers = headers(pairs);
    let request = Request { headers: &headers, body: body.as_bytes() };
    let event = check(hook, request, &Keys::default(), Timestamp::UNIX_EPOCH)?;
    Ok(event.request(body.as_bytes()).expect("a JSON object, or none"))
}

fn code(algorithm: hmac::Algorithm, body: &str) -> String {
    let tag = hmac::sign(&hmac::Key::new(algorithm, TOKEN.as_bytes()), body.as_bytes());
    manifest::digest::hex(tag.as_ref())
}

fn signed(body: &str) -> String {
    format!("sha256={}", code(HMAC_SHA256, body))
}

fn payload_fault(found: Result<Value, Rejected>, whose: &str) -> PayloadFault {
    match found {
        Err(Rejected::Payload { what, fault }) if what == whose => fault,
        other => panic!("{whose}: {other:?}"),
    }
}

fn unheeded(what: &'static str, name: &str) -> Result<Value, Rejected> {
    Err(Rejected::Event { what, name: name.to_owned() })
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
    assert_eq!(ask(&hook, &[], ""), Ok(json!({})));
    assert_eq!(ask(&hook, &[JSON], BODY), Ok(json!({"ref": "refs/heads/main"})));
}

#[test]
fn signatures_of_every_hash() {
    let hook = hook(Kind::GenericHmac, &[]);
    for (name, algorithm) in
        [("sha1", HMAC_SHA1_FOR_LEGACY_USE_ONLY), ("sha256", HMAC_SHA256), ("sha512", HMAC_SHA512)]
    {
        let header = format!("{name}={}", code(algorithm, BODY));
        assert!(ask(&hook, &[("x-signature", &header)], BODY).is_ok(), "{name}");
        let again = ask(&hook, &[("x-signature", &header.to_uppercase().replacen("SHA", "sha", 1))], BODY);
        assert!(again.is_ok(), "a second time, in capital digits: {name}");
        let other = ask(&hook, &[("x-signature", &header)], "{}");
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
        assert_eq!(fault(ask(&hook, &[("x-signature", &header)], BODY)), expected, "{header}");
    }
    assert_eq!(fault(ask(&hook, &[], BODY)), SignatureFault::Missing);
    assert_eq!(fault(ask(&hook, &[("x-hub-signature", &signed(BODY))], BODY)), SignatureFault::Missing);
}

#[test]
fn github_gitea_and_bitbucket() {
    for (kind, header) in [(Kind::GitHub, "x-github-event"), (Kind::Bitbucket, "x-event-key")] {
        let hook = hook(kind, &["Push", "ping"]);
        let (sha1, sha256) = (format!("sha1={}", code(HMAC_SHA1_FOR_LEGACY_USE_ONLY, BODY)), signed(BODY));
        let push = (header, "push");
        let ok = |pairs: &[(&str, &str)]| ask(&hook, pairs, BODY);
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
        for (pairs, name) in [(vec![(header, "star")], "star"), (vec![], "")] {
            let pairs = [&[JSON, ("x-hub-signature-256", &sha256)], pairs.as_slice()].concat();
            assert_eq!(ok(&pairs), unheeded(what, name));
        }
    }
}

#[test]
fn gitlab_and_harbor() {
    let gitlab = hook(Kind::GitLab, &["Push Hook"]);
    let push = ("x-gitlab-event", "push hook");
    assert!(ask(&gitlab, &[push, ("x-gitlab-token", TOKEN)], BODY).is_ok());
    for wrong in ["", "correct", "correct horse "] {
        let found = ask(&gitlab, &[push, ("x-gitlab-token", wrong)], BODY);
        assert_eq!(found, Err(Rejected::Token("X-Gitlab-Token")), "{wrong:?}");
    }
    assert_eq!(ask(&gitlab, &[push], BODY), Err(Rejected::Token("X-Gitlab-Token")));
    assert_eq!(ask(&gitlab, &[push, ("authorization", TOKEN)], BODY), Err(Rejected::Token("X-Gitlab-Token")));
    let tag = [("x-gitlab-event", "Tag Push Hook"), ("x-gitlab-token", TOKEN)];
    assert_eq!(ask(&gitlab, &tag, BODY), unheeded("GitLab", "Tag Push Hook"));
    let harbor = hook(Kind::Harbor, &["ignored"]);
    assert!(ask(&harbor, &[("authorization", TOKEN)], BODY).is_ok());
    let header = Rejected::Token("Harbor Authorization");
    assert_eq!(ask(&harbor, &[("authorization", "Bearer correct horse")], BODY), Err(header.clone()));
    assert_eq!(ask(&harbor, &[("x-gitlab-token", TOKEN)], BODY), Err(header));
}

#[test]
fn nexus() {
    let hook = hook(Kind::Nexus, &[]);
    let body = r#"{"action":"CREATED","repositoryName":"releases"}"#;
    let header = "x-nexus-webhook-signature";
    let digits = code(HMAC_SHA1_FOR_LEGACY_USE_ONLY, body);
    assert!(ask(&hook, &[(header, &digits)], body).is_ok());
    assert_eq!(fault(ask(&hook, &[(header, &digits)], BODY)), SignatureFault::Other);
    assert_eq!(fault(ask(&hook, &[(header, "none")], body)), SignatureFault::Digits);
    assert_eq!(fault(ask(&hook, &[], body)), SignatureFault::Missing);
    let list = code(HMAC_SHA1_FOR_LEGACY_USE_ONLY, "[]");
    assert_eq!(
        ask(&hook, &[(header, &list)], "[]"),
        Err(Rejected::Payload { what: "Nexus", fault: PayloadFault::NoObject })
    );
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
        assert_eq!(ask(&hook, &[JSON], good), Ok(serde_json::from_str(good).expect("JSON")));
        assert!(ask(&hook, &[], "{}").is_ok(), "as Flux has it: {what}");
        let fields = payload_fault(ask(&hook, &[JSON], wrong), what);
        assert!(matches!(fields, PayloadFault::Fields(1, _)), "{what}: {fields}");
        for wrong in ["", "[]", "text"] {
            assert_eq!(payload_fault(ask(&hook, &[JSON], wrong), what), PayloadFault::NoObject, "{wrong}");
        }
        assert_eq!(payload_fault(ask(&hook, &[JSON], "{\n"), what), PayloadFault::Syntax(2, 0));
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
    assert!(ask(&hook, &[header, JSON], &body(merged, time)).is_ok());
    assert!(ask(&hook, &[header], &body("dev.cdeventsx.tool-quota.exceeded.0.1.0-draft", time)).is_ok());
    for (wrong, fault) in [
        (body("com.example.event", time), PayloadFault::Value("context.type")),
        (body("dev.cdevents.change.merged", time), PayloadFault::Value("context.type")),
        (body(merged, "yesterday"), PayloadFault::Value("context.timestamp")),
        ("{}".to_owned(), PayloadFault::Fields(1, 2)),
        (BODY.to_owned(), PayloadFault::Fields(1, BODY.len())),
    ] {
        assert_eq!(payload_fault(ask(&hook, &[header], &wrong), "CDEvent"), fault, "{wrong}");
    }
    let other = [("ce-type", "dev.cdevents.change.created.0.3.0")];
    assert_eq!(
        ask(&hook, &other, &body(merged, time)),
        unheeded("CDEvents", "dev.cdevents.change.created.0.3.0")
    );
}

#[test]
fn google_s_registries_need_a_token() {
    let hook = hook(Kind::Gcr, &[]);
    for pairs in [vec![], vec![("authorization", "Bearer a.b.c")], vec![("authorization", TOKEN)]] {
        let found = ask(&hook, &pairs, BODY);
        assert!(matches!(found, Err(Rejected::Identity(_))), "{found:?}");
    }
    // {"action":"INSERT","digest":"gcr.io/a@sha256:0","tag":"gcr.io/a:v1"}
    let data = "eyJhY3Rpb24iOiJJTlNFUlQiLCJkaWdlc3QiOiJnY3IuaW8vYUBzaGEyNTY6MCIsInRhZyI6Imdjci5pby9hOnYxIn0=";
    let read = payload::gcr(json!({"message": {"data": data, "messageId": "1"}}).to_string().as_bytes());
    let expected = json!({"action": "INSERT", "digest": "gcr.io/a@sha256:0", "tag": "gcr.io/a:v1"});
    assert_eq!(read.map(Value::Object), Ok(expected));
    for (wrong, fault) in [
        ("{}", PayloadFault::Fields(1, 2)),
        (r#"{"message":{"data":"!"}}"#, PayloadFault::Value("message.data")),
        (r#"{"message":{"data":""}}"#, PayloadFault::Value("message.data")),
    ] {
        assert_eq!(payload::gcr(wrong.as_bytes()), Err(fault), "{wrong}");
    }
}

/// What the user reads is enough to mend `spec.events`, and nothing of it can lead a reader of logs astray.
#[test]
fn an_event_is_named_in_printable_letters() {
    let hook = hook(Kind::GitLab, &["Push Hook"]);
    let mut headers = headers(&[("x-gitlab-token", TOKEN)]);
    let long = [&b"\xe2\x80\xaeevil\t"[..], &[b'x'; 500]].concat();
    headers.insert("x-gitlab-event", HeaderValue::from_bytes(&long).expect("a value"));
    let request = Request { headers: &headers, body: b"" };
    let found = check(&hook, request, &Keys::default(), Timestamp::UNIX_EPOCH);
    let words = found.expect_err("not heeded").to_string();
    assert_eq!(words, format!("the GitLab event '???evil?{}' is not authorised", "x".repeat(92)));
}

proptest! {
    /// Whatever a request is, at most one code is made over the body, and only of types that sign.
    #[test]
    fn what_a_request_costs_is_bounded_by_its_type(
        kind in proptest::sample::select(Kind::ALL.to_vec()),
        body in proptest::collection::vec(any::<u8>(), 0..200),
        names in proptest::sample::subsequence(vec![
            "x-signature", "x-hub-signature", "x-hub-signature-256", "x-gitlab-token", "authorization",
            "x-nexus-webhook-signature", "content-type", "x-other",
        ], 1..8),
        value in "((sha1|sha256|sha512|md5)=)?([0-9a-f]{40}|[ -~]{0,40})",
    ) {
        let hook = hook(kind, &["never"]);
        let pairs: Vec<_> = names.into_iter().map(|name| (name, value.as_str())).collect();
        let headers = headers(&pairs);
        let request = Request { headers: &headers, body: &body };
        counted();
        let found = check(&hook, request, &Keys::default(), Timestamp::UNIX_EPOCH);
        let (codes, bytes) = counted();
        let signs = matches!(kind, Kind::GenericHmac | Kind::GitHub | Kind::Bitbucket | Kind::Nexus);
        prop_assert!(codes <= usize::from(signs), "{} codes", codes);
        prop_assert_eq!(bytes, codes * body.len());
        prop_assert!(!signs || found.is_err());
    }

    /// What a sender signs is let in as often as it is sent; with one bit changed it never is.
    #[test]
    fn one_bit_decides(body in proptest::collection::vec(any::<u8>(), 1..100), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let hook = hook(Kind::GenericHmac, &[]);
        let tag = hmac::sign(&hmac::Key::new(HMAC_SHA256, TOKEN.as_bytes()), &body);
        let headers = headers(&[("x-signature", &format!("sha256={}", manifest::digest::hex(tag.as_ref())))]);
        let ask = |body: &[u8]| {
            check(&hook, Request { headers: &headers, body }, &Keys::default(), Timestamp::UNIX_EPOCH)
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
