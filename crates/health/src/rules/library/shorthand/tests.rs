//! Shorthands and the CEL that they stand for.

use api::health_rule::{RuleState, StateRule};

use super::{Written, flux, ready, rule};

fn written(text: &str) -> Written {
    let mut values = manifest::yaml::read_all(text, manifest::yaml::Dialect::V3).unwrap();
    serde_json::from_value(values.remove(0)).unwrap()
}

fn of(text: &str) -> (StateRule, String) {
    rule(written(text), true).unwrap()
}

#[test]
fn a_condition() {
    let (rule, seen) = of("{state: Healthy, condition: Ready, is: 'True'}");
    assert_eq!(rule.state, RuleState::Healthy);
    assert_eq!(rule.condition.as_deref(), Some("Ready"));
    insta::assert_snapshot!(rule.when, @"has(status.conditions) && status.conditions.exists(c, c.type == 'Ready' && c.status == 'True' && (!has(c.observedGeneration) || !has(metadata.generation) || c.observedGeneration >= metadata.generation))");
    assert_eq!(seen, "condition Ready is True");
    let (with, seen) =
        of("{state: Degraded, condition: Ready, is: 'False', reasons: [A, B], notReasons: [C]}");
    insta::assert_snapshot!(with.when, @"has(status.conditions) && status.conditions.exists(c, c.type == 'Ready' && c.status == 'False' && has(c.reason) && c.reason in ['A', 'B'] && !(has(c.reason) && c.reason in ['C']) && (!has(c.observedGeneration) || !has(metadata.generation) || c.observedGeneration >= metadata.generation))");
    assert_eq!(seen, "condition Ready is False with reason A or B with another reason than C");
    let without = super::rule(written("{state: Healthy, condition: Ready, is: 'True'}"), false).unwrap().0;
    assert!(!without.when.contains("Generation"), "{}", without.when);
}

#[test]
fn a_field() {
    let (rule, seen) = of("{state: Degraded, field: status.phase, in: [Failed, \"It's over\"]}");
    insta::assert_snapshot!(rule.when, @r"has(status.phase) && status.phase in ['Failed', 'It\'s over']");
    insta::assert_snapshot!(rule.message.unwrap(), @"'status.phase is ' + status.phase");
    assert_eq!(seen, "status.phase is Failed or It's over");
    let (rule, seen) = of("{state: Suspended, field: spec.cluster.suspend, is: true, message: \"'rests'\"}");
    insta::assert_snapshot!(rule.when, @"has(spec.cluster) && has(spec.cluster.suspend) && spec.cluster.suspend == true");
    assert_eq!((rule.message.as_deref(), seen.as_str()), (Some("'rests'"), "spec.cluster.suspend is true"));
}

#[test]
fn cel_goes_through_as_it_is() {
    let (rule, seen) =
        of("{state: Healthy, when: \"status.a ==\\n 1\", condition: Ready, reason: Why, hint: Do this.}");
    assert_eq!(rule.when, "status.a ==\n 1");
    assert_eq!(seen, "status.a == 1");
    assert_eq!(
        (rule.condition.as_deref(), rule.reason.as_deref(), rule.hint.as_deref()),
        (Some("Ready"), Some("Why"), Some("Do this."))
    );
}

#[test]
fn patterns() {
    let seen = |states: Vec<Written>| -> Vec<String> {
        states
            .into_iter()
            .map(|state| {
                let (rule, seen) = rule(state, true).unwrap();
                format!("{:?}: {seen}", rule.state)
            })
            .collect()
    };
    assert_eq!(seen(ready()), ["Healthy: condition Ready is True", "Degraded: condition Ready is False"]);
    assert_eq!(
        seen(flux()),
        [
            "Suspended: spec.suspend is true",
            "Degraded: condition Stalled is True",
            "Progressing: condition Reconciling is True",
            "Healthy: condition Ready is True",
            "Degraded: condition Ready is False"
        ]
    );
}

#[test]
fn what_contradicts_itself_is_refused() {
    let wrong = |text: &str| rule(written(text), true).unwrap_err();
    for (text, part) in [
        ("{state: Healthy}", "one of when, condition and field is needed"),
        ("{state: Healthy, field: status.a, condition: Ready, is: 'True'}", "one of when"),
        ("{state: Healthy, when: 'true', in: [a]}", "when goes alone"),
        ("{state: Healthy, condition: Ready, is: true}", "in quotes"),
        ("{state: Healthy, condition: Ready, is: 'Yes'}", "in quotes"),
        ("{state: Healthy, condition: Ready, is: 'True', in: [a]}", "in is for fields"),
        ("{state: Healthy, field: status.a, in: [a], reasons: [b]}", "are for conditions"),
        ("{state: Healthy, field: status.a}", "needs either"),
        ("{state: Healthy, field: status.a, is: 'True'}", "needs either"),
        ("{state: Healthy, field: status, in: [a]}", "whole object"),
        ("{state: Healthy, field: 'status[0].a', in: [a]}", "is no path"),
    ] {
        let error = wrong(text);
        assert!(error.contains(part), "{text}: {error}");
    }
}
