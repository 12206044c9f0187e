//! When an assessment begins.

use std::time::{Duration, Instant};

use reconcile_core::{Effect, Lane};

use super::{Event, State, step};

type E = Effect<u8, Event<u8>>;

fn names(effects: &[E]) -> Vec<String> {
    effects
        .iter()
        .map(|effect| match effect {
            Effect::Start { lane: Lane::Run, .. } => "start".to_owned(),
            Effect::Wake { slot, after, .. } => format!("{slot} {}", after.as_millis()),
            Effect::Unwake(slot) => format!("no {slot}"),
            Effect::Stop => "stop".to_owned(),
            _ => "?".to_owned(),
        })
        .collect()
}

#[test]
fn a_burst_is_one_assessment_and_nothing_is_lost() {
    let mut state = State::new(1);
    let now = Instant::now();
    let mut go = |event| names(&step(&mut state, event, now));
    assert_eq!(go(Event::Changed), ["settle 30"]);
    assert!(go(Event::Changed).is_empty(), "later changes do not put it off");
    assert_eq!(go(Event::Due), ["no recheck", "start"]);
    assert!(go(Event::Changed).is_empty(), "under way");
    assert_eq!(
        go(Event::Assessed { held: 2, recheck: Some(Duration::from_secs(5)) }),
        ["recheck 5000", "settle 250"]
    );
    assert_eq!(go(Event::Due), ["no recheck", "start"]);
    assert!(go(Event::Assessed { held: 2, recheck: None }).is_empty(), "nothing changed, nothing ticks");
    assert_eq!(go(Event::Changed), ["settle 250"]);
    assert_eq!(go(Event::Due), ["no recheck", "start"]);
    assert_eq!(go(Event::Panicked), ["recheck 10000"]);
    assert_eq!(go(Event::Due), ["no recheck", "start"]);
    assert_eq!(go(Event::Gone), ["stop"]);
}
