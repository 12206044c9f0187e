//! Answers and what follows.

use std::time::Duration;

use jiff::Timestamp;

use super::{LONGEST_PAUSE, Reply, Verdict, judge};
use crate::alerts::settings::{Kind, Secret};

fn now() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

fn reply(status: u16) -> Reply {
    Reply { status, ..Reply::default() }
}

fn said(kind: &Kind, reply: &Reply) -> Verdict {
    judge(kind, Ok(reply), now())
}

fn generic() -> Kind {
    Kind::Generic { key: Secret::new("k"), headers: Vec::new() }
}

fn bot() -> Kind {
    Kind::SlackBot { token: Secret::new("t"), channel: "c".to_owned() }
}

#[test]
fn a_status_says_whether_to_try_again() {
    for (status, wanted) in [
        (200, "sent"),
        (202, "sent"),
        (204, "sent"),
        (301, "again"),
        (308, "again"),
        (400, "refused"),
        (401, "again"),
        (403, "again"),
        (404, "again"),
        (408, "again"),
        (413, "refused"),
        (422, "refused"),
        (429, "again"),
        (500, "again"),
        (503, "again"),
    ] {
        let found = match said(&generic(), &reply(status)) {
            Verdict::Sent => "sent",
            Verdict::Refused(_) => "refused",
            Verdict::Again { .. } => "again",
        };
        assert_eq!(found, wanted, "{status}");
    }
    let broken = judge(&generic(), Err("connection refused".to_owned()), now());
    assert_eq!(broken, Verdict::Again { why: "connection refused".to_owned(), after: None });
}

#[test]
fn notification_controller_has_what_it_says_it_has_already() {
    assert_eq!(said(&Kind::Events, &reply(429)), Verdict::Sent);
    assert!(matches!(said(&Kind::Events, &reply(500)), Verdict::Again { .. }));
}

#[test]
fn the_pause_is_what_the_receiver_asks_for_within_bounds() {
    for (header, wanted) in [
        ("7", Some(Duration::from_secs(7))),
        ("0", Some(Duration::ZERO)),
        ("86400", Some(LONGEST_PAUSE)),
        ("Wed, 25 Nov 2026 10:00:30 GMT", Some(Duration::from_secs(30))),
        ("Wed, 25 Nov 2026 09:00:00 GMT", Some(Duration::ZERO)),
        ("soon", None),
    ] {
        let reply = Reply { retry_after: Some(header.to_owned()), ..reply(429) };
        let Verdict::Again { after, .. } = said(&generic(), &reply) else { panic!("{header}") };
        assert_eq!(after, wanted, "{header}");
    }
}

#[test]
fn slack_says_in_the_body_how_it_went() {
    let with = |body: &str| Reply { body: body.as_bytes().to_vec(), ..reply(200) };
    assert_eq!(said(&bot(), &with(r#"{"ok":true}"#)), Verdict::Sent);
    let why = |body: &str| match said(&bot(), &with(body)) {
        Verdict::Again { why, .. } => format!("again: {why}"),
        Verdict::Refused(why) => format!("refused: {why}"),
        Verdict::Sent => "sent".to_owned(),
    };
    assert_eq!(why(r#"{"ok":false,"error":"invalid_auth"}"#), "again: Slack answered invalid_auth");
    assert_eq!(why(r#"{"ok":false,"error":"msg_too_long"}"#), "refused: Slack answered msg_too_long");
    assert_eq!(why(r#"{"ok":false,"error":"xoxb-c4n4ry \u001b"}"#), "again: Slack answered something else");
    assert_eq!(why("<html>"), "again: Slack answered something else");
    assert_eq!(said(&Kind::SlackWebhook, &with("ok")), Verdict::Sent);
}
