//! Which rules a Kustomization has for its own objects.

use super::*;

fn check(api_version: &str, kind: Option<&str>, current: &str) -> CustomHealthCheck {
    CustomHealthCheck {
        api_version: api_version.to_owned(),
        kind: kind.map(str::to_owned),
        current: current.to_owned(),
        in_progress: None,
        failed: Some("has(status.failed)".to_owned()),
    }
}

#[test]
fn states_are_asked_for_in_fluxs_order() {
    let mut all = check("example.com/v1", Some("Thing"), "status.done");
    all.in_progress = Some("status.busy".to_owned());
    let spec = spec_of(&all);
    assert_eq!((spec.group.as_str(), spec.kinds.as_slice()), ("example.com", &["Thing".to_owned()][..]));
    let states: Vec<_> = spec.states.iter().map(|state| (state.state, state.when.as_str())).collect();
    assert_eq!(
        states,
        [
            (RuleState::Progressing, "status.busy"),
            (RuleState::Degraded, "has(status.failed)"),
            (RuleState::Healthy, "status.done"),
        ]
    );
    assert_eq!(spec.otherwise, RuleState::Progressing);
    assert!(spec.observed_generation);
    assert_eq!(spec_of(&check("v1", None, "true")).kinds, ["*"]);
    assert_eq!(spec_of(&check("v1", None, "true")).group, "");
}

#[test]
fn so_many_are_read_and_what_cannot_be_used_is_none() {
    assert!(own_rules("apps/web", &[check("example.com/v1", Some("Thing"), "status.")]).is_empty());
    let many = vec![check("example.com/v1", Some("Thing"), "true"); MOST + 1];
    assert_eq!(own_rules("apps/web", &many).len(), MOST);
}
