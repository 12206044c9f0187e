//! The brake on heals of one object.

use super::{BUDGET, HealBackoff, HealDecision, WINDOW};
use proptest::prelude::*;
use std::time::{Duration, Instant};

#[test]
fn the_brake_lets_a_few_through_and_then_doubles() {
    let (mut brake, start, ceiling) = (HealBackoff::default(), Instant::now(), Duration::from_secs(600));
    for _ in 0..BUDGET {
        assert_eq!(brake.ask(start, ceiling), HealDecision::Now);
    }
    let first = brake.ask(start, ceiling);
    assert_eq!(first, HealDecision::After { delay: Duration::from_secs(10), first: true });
    assert_eq!(
        brake.ask(start + Duration::from_secs(4), ceiling),
        HealDecision::After { delay: Duration::from_secs(6), first: false }
    );
    assert_eq!(brake.ask(start + Duration::from_secs(10), ceiling), HealDecision::Now);
    assert_eq!(
        brake.ask(start + Duration::from_secs(11), ceiling),
        HealDecision::After { delay: Duration::from_secs(20), first: false }
    );
}

#[test]
fn a_quiet_object_has_its_whole_budget_again() {
    let (mut brake, start, ceiling) = (HealBackoff::default(), Instant::now(), Duration::from_secs(600));
    for _ in 0..BUDGET {
        brake.ask(start, ceiling);
    }
    let later = start + WINDOW;
    for _ in 0..BUDGET {
        assert_eq!(brake.ask(later, ceiling), HealDecision::Now);
    }
}

#[test]
fn the_delay_stops_at_the_interval() {
    let (mut brake, mut now, ceiling) = (HealBackoff::default(), Instant::now(), Duration::from_secs(25));
    let mut longest = Duration::ZERO;
    for _ in 0..40 {
        match brake.ask(now, ceiling) {
            HealDecision::Now => {}
            HealDecision::After { delay, .. } => {
                longest = longest.max(delay);
                now += delay;
            }
        }
    }
    assert_eq!(longest, ceiling);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// However often something fights: it is warned of once per fight, no delay is longer than the interval, and whoever
    /// waits as long as he is asked to is let through.
    #[test]
    fn a_fight_is_slowed_down(pauses in prop::collection::vec(0_u64..30, 1..60), ceiling in 1_u64..300) {
        let (mut brake, mut now, ceiling) = (HealBackoff::default(), Instant::now(), Duration::from_secs(ceiling));
        let longest = ceiling.max(Duration::from_secs(10));
        let (mut at_once, mut warned) = (0, 0);
        for pause in pauses {
            match brake.ask(now, ceiling) {
                HealDecision::Now => at_once += 1,
                HealDecision::After { delay, first } => {
                    warned += u32::from(first);
                    prop_assert!(!delay.is_zero() && delay <= longest, "{:?}", delay);
                    prop_assert!(at_once >= BUDGET, "it is slowed down before the budget is used up");
                    now += delay;
                    prop_assert_eq!(brake.ask(now, ceiling), HealDecision::Now);
                }
            }
            now += Duration::from_secs(pause);
        }
        prop_assert!(warned <= 1 + at_once / BUDGET);
    }
}
