//! What fits, and what has changed.

use api::convergence::{Counts, HealthState, SyncState};

use super::*;

fn row(name: &str, summary: &str, since: i64) -> Row {
    Row {
        namespace: "apps".to_owned(),
        name: name.to_owned(),
        converged: "False".to_owned(),
        reason: "Reason".to_owned(),
        summary: summary.to_owned(),
        since: jiff::Timestamp::from_second(since).expect("a time"),
        source: String::new(),
        revision: None,
        desired: None,
        sync: SyncState::Applied,
        health: HealthState::Healthy,
        counts: Counts::default(),
        blockers: Vec::new(),
        created: None,
    }
}

#[test]
fn rows_that_changed() {
    let before = [row("a", "x", 1), row("b", "x", 1)];
    let now = [row("a", "x", 2), row("b", "y", 1), row("c", "x", 1)];
    assert_eq!(changed(&before, &now), [1, 2], "another time is no change");
    assert_eq!(changed(&[], &now), [0, 1, 2]);
}

#[test]
fn what_fits() {
    let lines = || (0..5).map(|number| Line::plain(number.to_string())).collect::<Vec<_>>();
    let shown = |height| fitting(lines(), height).iter().map(Line::text).collect::<Vec<_>>().join(",");
    assert_eq!(shown(None), "0,1,2,3,4");
    assert_eq!(shown(Some(6)), "0,1,2,3,4");
    assert_eq!(shown(Some(5)), "0,1,2,and 2 more");
    assert_eq!(shown(Some(1)), "0,1,2,3,4", "no terminal is that small");
}
