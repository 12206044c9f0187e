//! What waits, what has to go, and when.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{LONGEST, MOST, MOST_BYTES, Queue};
use crate::alerts::alert::tests::wrong;
use crate::alerts::commit::Commit;
use crate::alerts::message::Message;
use crate::samples::key;

fn alert(name: &str, text: &str) -> Arc<Message> {
    let mut alert = wrong(0);
    alert.key = key(name);
    alert.summary = text.to_owned();
    Arc::new(Message::Alert(Box::new(alert)))
}

fn commit(name: &str, is_well: bool) -> Arc<Message> {
    let commit =
        Commit { key: key(name), revision: "main@sha1:0".to_owned(), is_well, description: String::new() };
    Arc::new(Message::Commit(commit))
}

/// What waits, in its order.
fn texts(queue: &Queue) -> Vec<String> {
    let text = |message: &Message| match message {
        Message::Alert(alert) => format!("{} {}", alert.key.name, alert.summary),
        Message::Commit(commit) => format!("{} {}", commit.key.name, commit.is_well),
    };
    queue.items.iter().map(|item| text(&item.message)).collect()
}

#[test]
fn the_first_in_is_the_first_out() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    for text in ["1", "2", "3"] {
        assert_eq!(queue.push(alert("web", text), now), 0);
    }
    assert_eq!(texts(&queue), ["web 1", "web 2", "web 3"]);
    let first = queue.first().unwrap().id;
    queue.done(first);
    queue.done(first);
    assert_eq!(texts(&queue), ["web 2", "web 3"]);
}

#[test]
fn a_full_queue_lets_an_older_one_of_the_same_kustomization_go() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    assert_eq!(queue.push(alert("other", "first"), now), 0);
    for number in 1..MOST {
        assert_eq!(queue.push(alert("web", &number.to_string()), now), 0);
    }
    assert_eq!(queue.push(alert("web", "last"), now), 1);
    assert_eq!(queue.len(), MOST);
    assert_eq!(texts(&queue)[..2], ["other first", "web 2"]);
    assert_eq!(queue.push(alert("third", "new"), now), 1, "or else the oldest");
    assert_eq!(texts(&queue)[0], "web 2");
}

#[test]
fn bytes_are_bounded_and_counted_back() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let long = "x".repeat(100_000);
    let mut gone = 0;
    for number in 0..30 {
        gone += queue.push(alert(&format!("app-{number}"), &long), now);
    }
    assert!(queue.bytes <= MOST_BYTES && gone >= 19, "{gone} {}", queue.bytes);
    while let Some(first) = queue.first() {
        let id = first.id;
        queue.done(id);
    }
    assert_eq!(queue.bytes, 0);
    assert_eq!(queue.push(alert("web", &"x".repeat(MOST_BYTES * 2)), now), 0, "one alone always fits");
}

#[test]
fn of_a_commit_only_the_last_word_waits() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.push(commit("web", true), now);
    queue.push(commit("api", true), now);
    queue.push(alert("web", "stays"), now);
    assert_eq!(queue.push(commit("web", false), now), 0);
    assert_eq!(texts(&queue), ["api true", "web stays", "web false"]);
}

#[test]
fn nothing_waits_for_more_than_an_hour() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.push(alert("web", "old"), now);
    queue.push(alert("web", "young"), now + Duration::from_secs(60));
    assert_eq!(queue.expires(), Some(now + LONGEST));
    assert_eq!(queue.expire(now + LONGEST - Duration::from_secs(1)), 0);
    assert_eq!(queue.expire(now + LONGEST), 1);
    assert_eq!(texts(&queue), ["web young"]);
    assert_eq!(queue.expire(now + LONGEST * 2), 1);
    assert_eq!(queue.expires(), None);
}
