//! Real requests to a real server.

use super::{client, post};
use crate::alerts::alert::tests::wrong;
use crate::alerts::message::Message;
use crate::alerts::request::build;
use crate::alerts::request::tests::reporter;
use crate::alerts::settings::Settings;
use crate::alerts::settings::tests::receiver;
use crate::sink::Sink;

fn generic(url: &str) -> Settings {
    receiver(&format!("- {{name: a, type: generic, url: '{url}', key: k, insecure: true}}"))
}

async fn send(settings: &Settings) -> Result<super::Reply, String> {
    let outgoing = build(settings, &Message::Alert(Box::new(wrong(0))), &reporter()).unwrap();
    post(&client(settings, "flyball-test")?, outgoing).await
}

#[tokio::test]
async fn what_is_sent_arrives_as_it_was_built() {
    let sink = Sink::start().await;
    let settings = generic(&sink.url("/hook?a=b"));
    assert_eq!(send(&settings).await.unwrap().status, 200);
    let came = sink.came();
    assert_eq!((came.len(), came[0].path.as_str()), (1, "/hook?a=b"));
    assert_eq!(came[0].headers["user-agent"], "flyball-test");
    assert_eq!(came[0].headers["content-type"], "application/json");
    let wanted = build(&settings, &Message::Alert(Box::new(wrong(0))), &reporter()).unwrap();
    assert_eq!(came[0].body, wanted.body);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let (sink, other) = (Sink::start().await, Sink::start().await);
    for location in [other.url("/stolen"), sink.url("/again")] {
        sink.answer(307, vec![("location", location)]);
        assert_eq!(send(&generic(&sink.url("/"))).await.unwrap().status, 307);
    }
    assert_eq!((sink.came().len(), other.came().len()), (2, 0));
}

#[tokio::test]
async fn the_pause_that_is_asked_for_is_passed_on() {
    let sink = Sink::start().await;
    sink.answer(429, vec![("retry-after", "7".to_owned())]);
    let reply = send(&generic(&sink.url("/"))).await.unwrap();
    assert_eq!((reply.status, reply.retry_after.as_deref()), (429, Some("7")));
}

#[tokio::test]
async fn who_is_not_there_is_not_named() {
    let sink = Sink::start().await;
    let url = sink.url("/services/c4n4ry");
    drop(sink);
    let why = send(&generic(&url)).await.unwrap_err();
    assert!(!why.contains("c4n4ry") && !why.is_empty(), "{why}");
}

#[tokio::test]
async fn certificates_that_are_none_are_refused() {
    let settings = receiver("- {name: a, type: msteams, url: https://e.com, ca: c4n4ry}");
    assert_eq!(client(&settings, "flyball-test").unwrap_err(), "ca holds no certificate in PEM");
}
