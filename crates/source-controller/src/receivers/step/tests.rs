//! When a Receiver is looked at.

use serde_json::json;

use super::*;

const MIN: Duration = Duration::from_secs(1);

fn state() -> State {
    State::new((MIN, Duration::from_secs(60)))
}

fn facts(generation: i64, requested_at: Option<&str>) -> Facts {
    let mut object = json!({
        "apiVersion": "notification.toolkit.fluxcd.io/v1", "kind": "Receiver",
        "metadata": {"name": "a", "uid": "u", "generation": generation, "annotations": {}},
        "spec": {"type": "generic", "resources": []},
    });
    if let Some(value) = requested_at {
        object["metadata"]["annotations"][api::labels::REQUESTED_AT] = json!(value);
    }
    let object: api::receiver::Receiver = serde_json::from_value(object).expect("a Receiver");
    Facts::of(&object.metadata)
}

fn look() -> Effects {
    vec![Effect::Unwake(AGAIN), Effect::Start { lane: Lane::Run, job: Job::Look }]
}

fn wake(after: Duration) -> Effects {
    vec![Effect::Wake { slot: AGAIN, after, event: Event::Timer }]
}

#[test]
fn what_starts_a_look() {
    let (mut state, now) = (state(), Instant::now());
    let mut step = |event| step(&mut state, event, now);
    assert_eq!(step(Event::Seen(facts(1, None))), look());
    assert_eq!(step(Event::Ended(Next::After(MIN))), wake(MIN));
    assert_eq!(step(Event::Seen(facts(1, None))), [], "our own status");
    assert_eq!(step(Event::Seen(facts(2, None))), look());
    assert_eq!(step(Event::Ended(Next::Wait)), []);
    assert_eq!(step(Event::Seen(facts(2, Some("now")))), look());
    assert_eq!(step(Event::Timer), [], "one follows");
    assert_eq!(step(Event::Ended(Next::After(MIN))), look());
    assert_eq!(step(Event::Ended(Next::After(MIN))), wake(MIN));
    assert_eq!(step(Event::Timer), look());
}

#[test]
fn failures_are_spaced_until_something_changes() {
    let (mut state, mut now) = (state(), Instant::now());
    assert_eq!(step(&mut state, Event::Seen(facts(1, None)), now), look());
    for wait in [MIN, MIN * 2, MIN * 4] {
        assert_eq!(step(&mut state, Event::Ended(Next::Retry), now), wake(wait));
        now += wait;
        assert_eq!(step(&mut state, Event::Timer, now), look());
    }
    assert_eq!(step(&mut state, Event::Panicked, now), wake(MIN * 8));
    assert_eq!(step(&mut state, Event::Seen(facts(2, None)), now), look());
    assert_eq!(step(&mut state, Event::Ended(Next::Retry), now), wake(MIN));
}

#[test]
fn what_is_gone_is_forgotten_after_its_last_look() {
    let forget = [
        Effect::Unwake(AGAIN),
        Effect::Cancel(Lane::Run),
        Effect::Start { lane: Lane::Run, job: Job::Forget },
    ];
    for last in [Event::Forgotten, Event::Panicked] {
        let (mut state, now) = (state(), Instant::now());
        let mut step = |event| step(&mut state, event, now);
        assert_eq!(step(Event::Seen(facts(1, None))), look());
        assert_eq!(step(Event::Gone), forget);
        assert_eq!(step(Event::Gone), []);
        assert_eq!(step(Event::Timer), []);
        assert_eq!(step(Event::Ended(Next::After(MIN))), []);
        assert_eq!(step(last), [Effect::Stop]);
    }
    let (mut state, now) = (state(), Instant::now());
    let mut step = |event| step(&mut state, event, now);
    assert_eq!(step(Event::Seen(facts(1, None))), look());
    assert_eq!(step(Event::Gone), forget);
    assert_eq!(step(Event::Seen(facts(1, None))), [], "its successor waits");
    assert_eq!(step(Event::Ended(Next::Wait)), []);
    assert_eq!(step(Event::Forgotten), look());
}
