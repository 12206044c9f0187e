//! Who waits for whom.

use futures::FutureExt as _;
use reqwest::Url;

use super::{LARGE, PER_HOST, PER_NAMESPACE, Turn, Turns};

const ALL: usize = 48;

/// A turn if there is one at once.
fn now(turns: &Turns, namespace: &str, url: &str) -> Option<Turn> {
    turns.turn(namespace, &Url::parse(url).unwrap()).now_or_never()
}

#[test]
fn a_namespace_has_its_share_and_no_more() {
    let turns = Turns::new(ALL);
    let url = |number: usize| format!("https://{number}.example/x");
    let mut held: Vec<_> = (0..PER_NAMESPACE).map(|number| now(&turns, "a", &url(number)).unwrap()).collect();
    assert!(now(&turns, "a", "https://other.example/x").is_none());
    assert!(now(&turns, "b", "https://other.example/x").is_some());
    held.pop();
    assert!(now(&turns, "a", "https://other.example/x").is_some(), "a turn that ends makes room");
}

#[test]
fn a_host_is_its_name_whatever_the_port() {
    let turns = Turns::new(ALL);
    let take = |number: usize| {
        let namespace = format!("ns{number}");
        now(&turns, &namespace, &format!("http://a.example:{}/x", 1000 + number))
    };
    let held: Vec<_> = (0..PER_HOST).map(|number| take(number).unwrap()).collect();
    assert!(take(PER_HOST).is_none());
    assert!(now(&turns, "z", "https://A.example/x").is_none());
    assert!(now(&turns, "z", "https://b.example/x").is_some());
    drop(held);
    assert!(take(0).is_some());
}

#[test]
fn who_waits_for_a_host_takes_nothing_from_other_namespaces() {
    let turns = Turns::new(ALL);
    let namespace = |number: usize| format!("ns{}", number / PER_NAMESPACE);
    let held: Vec<_> = (0..PER_HOST)
        .map(|number| now(&turns, &namespace(number), "https://busy.example/x").unwrap())
        .collect();
    let url = Url::parse("https://busy.example/x").unwrap();
    let mut waiting: Vec<_> = (0..ALL).map(|_| Box::pin(turns.turn("greedy", &url))).collect();
    assert!(waiting.iter_mut().all(|turn| turn.now_or_never().is_none()));
    let honest: Vec<_> = (0..ALL - PER_HOST)
        .filter_map(|number| now(&turns, &format!("h{number}"), &format!("https://{number}.example")))
        .collect();
    assert_eq!(honest.len(), ALL - PER_HOST);
    drop(held);
}

#[test]
fn there_are_so_many_in_all() {
    let turns = Turns::new(ALL);
    let take = |number: usize| {
        now(&turns, &format!("ns{}", number % 10), &format!("https://{}.example/x", number % 7))
    };
    let held: Vec<_> = (0..ALL).map(|number| take(number).unwrap()).collect();
    assert!(now(&turns, "z", "https://z.example/x").is_none());
    drop(held);
}

#[test]
fn what_nobody_uses_is_forgotten() {
    let turns = Turns::new(ALL);
    let kept = now(&turns, "a", "https://a.example/x");
    for number in 0..100 {
        drop(now(&turns, &format!("ns{number}"), &format!("https://{number}.example/x")));
    }
    assert!(turns.hosts.known.lock().len() <= 2 && turns.namespaces.known.lock().len() <= 2);
    assert!(turns.hosts.known.lock().contains_key("a.example"));
    drop(kept);
}

#[test]
fn much_memory_is_for_few_and_for_one_of_a_namespace() {
    let turns = Turns::new(ALL);
    let take = |namespace: &str| turns.large(namespace).now_or_never();
    let first = take("a").unwrap();
    assert!(take("a").is_none());
    let others: Vec<_> = (1..LARGE).map(|number| take(&format!("ns{number}")).unwrap()).collect();
    assert!(take("z").is_none());
    drop((first, others));
    assert!(take("a").is_some());
}
