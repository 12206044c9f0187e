//! Requests, whole.

use serde_json::{Value, json};

use super::{Outgoing, Reporter, build, concerns};
use crate::alerts::alert::Alert;
use crate::alerts::alert::tests::{over, wrong};
use crate::alerts::commit::Commit;
use crate::alerts::message::Message;
use crate::alerts::settings::Settings;
use crate::alerts::settings::tests::receiver;
use crate::samples::key;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

pub(crate) fn reporter() -> Reporter {
    Reporter { controller: "health-controller".to_owned(), instance: "pod-1".to_owned() }
}

pub(crate) fn commit(is_well: bool) -> Message {
    Message::Commit(Commit {
        key: key("web"),
        revision: format!("main@sha1:{COMMIT}"),
        is_well,
        description: "all is well ".repeat(30),
    })
}

fn built(settings: &Settings, message: &Message) -> Outgoing {
    build(settings, message, &reporter()).unwrap()
}

fn body(outgoing: &Outgoing) -> Value {
    serde_json::from_str(&outgoing.body).unwrap()
}

fn header<'a>(outgoing: &'a Outgoing, name: &str) -> Option<&'a str> {
    outgoing
        .headers
        .iter()
        .find(|(known, _)| known.as_str() == name)
        .and_then(|(_, value)| value.to_str().ok())
}

fn alert(alert: Alert) -> Message {
    Message::Alert(Box::new(alert))
}

#[test]
fn a_generic_webhook_has_an_event_and_its_signature() {
    let settings =
        receiver("- {name: a, type: generic, url: 'https://e.com/x', key: key, headers: {X-Team: blue}}");
    let outgoing = built(&settings, &alert(wrong(9)));
    assert_eq!(outgoing.url.as_str(), "https://e.com/x");
    let event = body(&outgoing);
    assert_eq!(event["severity"], "error");
    assert_eq!(event["reason"], "HealthFailed");
    assert_eq!(event["reportingController"], "health-controller");
    assert_eq!(event["timestamp"], "2026-11-25T10:00:00Z");
    assert_eq!(event["metadata"]["waiting"], "9");
    assert_eq!(event["metadata"]["revision"], format!("main@sha1:{COMMIT}"));
    assert_eq!(
        (header(&outgoing, "x-team"), header(&outgoing, "content-type")),
        (Some("blue"), Some("application/json"))
    );
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, b"key");
    let code = header(&outgoing, "x-signature").and_then(|header| header.strip_prefix("sha256=")).unwrap();
    let code = manifest::digest::bytes_of_hex(code).unwrap();
    aws_lc_rs::hmac::verify(&key, outgoing.body.as_bytes(), &code).unwrap();
}

#[test]
fn the_signature_is_that_of_others() {
    // RFC 4231, test case 2.
    let found =
        super::signature(&crate::alerts::settings::Secret::new("Jefe"), "what do ya want for nothing?");
    assert_eq!(found, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

#[test]
fn slack_is_given_nothing_to_read_markup_into() {
    let mut foreign = wrong(0);
    foreign.summary = "<!channel> & <https://evil.example|click> *bold*".to_owned();
    let outgoing = built(&receiver("- {name: a, type: slack, url: https://e.com}"), &alert(foreign));
    let body = body(&outgoing);
    assert!(!outgoing.body.contains('<') && !outgoing.body.contains('>'), "{}", outgoing.body);
    assert_eq!(body["mrkdwn"], false);
    assert_eq!(body["attachments"][0]["mrkdwn_in"], json!([]));
    assert_eq!(body["attachments"][0]["color"], "danger");
    assert!(body.get("channel").is_none() && header(&outgoing, "authorization").is_none());
}

#[test]
fn a_slack_bot_has_its_token_and_its_channel() {
    let outgoing = built(&receiver("- {name: a, type: slack, token: xoxb-1, channel: ops}"), &alert(over()));
    assert_eq!(outgoing.url.as_str(), "https://slack.com/api/chat.postMessage");
    assert_eq!(header(&outgoing, "authorization"), Some("Bearer xoxb-1"));
    assert_eq!(
        (&body(&outgoing)["channel"], &body(&outgoing)["attachments"][0]["color"]),
        (&json!("ops"), &json!("good"))
    );
    assert!(!format!("{outgoing:?}").contains("xoxb-1"), "a token in what is logged");
}

#[test]
fn teams_has_a_card_of_text_runs() {
    let outgoing = built(&receiver("- {name: a, type: msteams, url: https://e.com}"), &alert(wrong(1)));
    let body = body(&outgoing);
    assert_eq!(body["type"], "message");
    let card = &body["attachments"][0];
    assert_eq!(card["contentType"], "application/vnd.microsoft.card.adaptive");
    let blocks = card["content"]["body"].as_array().unwrap();
    assert!(
        blocks
            .iter()
            .all(|block| block["type"] == "RichTextBlock" && block["inlines"][0]["type"] == "TextRun")
    );
    let texts: Vec<_> = blocks.iter().filter_map(|block| block["inlines"][0]["text"].as_str()).collect();
    assert_eq!(texts[0], "kustomization/apps/base");
    assert!(
        texts.contains(&"Next step: read its log")
            && texts.contains(&"1 Kustomization waits for it: apps/app-0")
    );
}

#[test]
fn github_has_a_status_of_the_commit() {
    let hosted = receiver("- {name: a, type: github, url: 'https://github.com/owner/name.git', token: t}");
    let outgoing = built(&hosted, &commit(true));
    assert_eq!(outgoing.url.as_str(), format!("https://api.github.com/repos/owner/name/statuses/{COMMIT}"));
    assert_eq!(header(&outgoing, "authorization"), Some("Bearer t"));
    let sent = body(&outgoing);
    assert_eq!((&sent["state"], &sent["context"]), (&json!("success"), &json!("flyball/apps/web")));
    assert!(sent["description"].as_str().unwrap().chars().count() <= 140);
    let own = receiver("- {name: a, type: github, url: 'https://git.example.com/owner/name/', token: t}");
    let outgoing = built(&own, &commit(false));
    assert_eq!(
        outgoing.url.as_str(),
        format!("https://git.example.com/api/v3/repos/owner/name/statuses/{COMMIT}")
    );
    assert_eq!(body(&outgoing)["state"], "failure");
}

#[test]
fn gitlab_has_a_status_of_the_commit() {
    let settings = receiver("- {name: a, type: gitlab, url: 'https://gitlab.com/group/sub/name', token: t}");
    let outgoing = built(&settings, &commit(false));
    assert_eq!(
        outgoing.url.as_str(),
        format!("https://gitlab.com/api/v4/projects/group%2Fsub%2Fname/statuses/{COMMIT}")
    );
    assert_eq!(header(&outgoing, "private-token"), Some("t"));
    assert_eq!(
        (&body(&outgoing)["state"], &body(&outgoing)["name"]),
        (&json!("failed"), &json!("flyball/apps/web"))
    );
}

#[test]
fn each_is_told_what_it_asked_for() {
    let (github, teams) = (
        receiver("- {name: a, type: github, url: 'https://github.com/o/n', token: t}"),
        receiver("- {name: a, type: msteams, url: https://e.com}"),
    );
    assert!(concerns(&github, &commit(true)) && !concerns(&github, &alert(wrong(0))));
    assert!(concerns(&teams, &alert(wrong(0))) && !concerns(&teams, &commit(true)));
    assert_eq!(build(&teams, &commit(true), &reporter()), None);
    let errors = receiver("- {name: a, type: msteams, url: https://e.com, select: {severities: [error]}}");
    assert!(concerns(&errors, &alert(wrong(0))) && !concerns(&errors, &alert(over())));
    let other = receiver("- {name: a, type: msteams, url: https://e.com, select: {namespaces: [other]}}");
    assert!(!concerns(&other, &alert(wrong(0))));
    let mut both = wrong(0);
    both.namespaces.insert("other".to_owned());
    assert!(concerns(&other, &alert(both)));
    let chart = Message::Commit(Commit {
        key: key("web"),
        revision: "latest@sha256:0".to_owned(),
        is_well: true,
        description: String::new(),
    });
    assert!(!concerns(&github, &chart), "no commit of Git");
}
