//! HealthRules: whose decides, and what one says in words.

use api::health_rule::{HealthRuleSpec, RuleState, StateRule, Weight};
use serde_json::{Value, json};

use super::{deployment, judged, now, object};
use crate::beside::Nothing;
use crate::rules::Rules;
use crate::state::State;

fn rule(group: &str, kind: &str, state: RuleState, when: &str) -> (String, HealthRuleSpec) {
    let spec = HealthRuleSpec {
        group: group.to_owned(),
        kinds: vec![kind.to_owned()],
        observed_generation: true,
        states: vec![StateRule {
            state,
            when: when.to_owned(),
            reason: Some("Mine".to_owned()),
            ..StateRule::default()
        }],
        ..HealthRuleSpec::default()
    };
    (format!("rule-{group}-{kind}").replace('*', "all"), spec)
}

#[test]
fn whose_rule_decides() {
    let (rules, results) = Rules::with_library().with_health_rules(vec![
        rule("apps", "Deployment", RuleState::Healthy, "true"),
        rule("*.example.com", "*", RuleState::Healthy, "true"),
        rule("a.example.com", "*", RuleState::Degraded, "true"),
        rule("a.example.com", "Widget", RuleState::Suspended, "true"),
        rule("b.example.com", "*", RuleState::Degraded, "oops("),
    ]);
    assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, true, true, false]);
    let by = |group: &str, kind: &str| rules.decider(group, kind).to_string();
    assert_eq!(by("apps", "Deployment"), "HealthRule/rule-apps-Deployment");
    assert_eq!(by("apps", "StatefulSet"), "built in");
    assert_eq!(by("a.example.com", "Widget"), "HealthRule/rule-a.example.com-Widget");
    assert_eq!(by("a.example.com", "Gadget"), "HealthRule/rule-a.example.com-all");
    assert_eq!(by("b.example.com", "Gadget"), "HealthRule/rule-all.example.com-all");
    assert_eq!(by("example.org", "Gadget"), "built in, for any kind");
    let found = judged("a.example.com/v1 Gadget", json!({}), &[], &Nothing, &rules);
    assert_eq!(
        (found.state, found.reason.as_str(), found.by.to_string().as_str()),
        (State::Degraded, "Mine", "HealthRule/rule-a.example.com-all")
    );
    assert_eq!(
        judged("apps/v1 Deployment", deployment(0, json!({})), &[], &Nothing, &rules).state,
        State::Healthy
    );
    // Flux's verdict knows nothing of it.
    let verdict =
        crate::kstatus::compute(&object("apps/v1 Deployment", deployment(0, json!({}))), &rules, now())
            .unwrap();
    assert_eq!(verdict.status, crate::kstatus::Status::InProgress);
}

#[test]
fn what_a_rule_says_in_words() {
    let spec = HealthRuleSpec {
        needs_status: true,
        weight: Weight::Info,
        states: vec![
            StateRule {
                state: RuleState::Degraded,
                when: "status.phase == 'Failed'".to_owned(),
                condition: Some("Ready".to_owned()),
                hint: Some("restart it".to_owned()),
                ..StateRule::default()
            },
            StateRule {
                state: RuleState::Healthy,
                when: "status.phase == 'Up'".to_owned(),
                message: Some("status.words".to_owned()),
                ..StateRule::default()
            },
        ],
        ..rule("example.com", "Widget", RuleState::Healthy, "true").1
    };
    let rules = Rules::default().with_health_rules(vec![("mine".to_owned(), spec)]).0;
    let judge = |status: Value| {
        let rest = json!({"metadata": {"generation": 2, "creationTimestamp": "2026-11-25T09:59:00Z"}, "status": status});
        let found = judged("example.com/v1 Widget", rest, &[], &Nothing, &rules);
        assert_eq!(found.weight, Weight::Info);
        format!("{} {:?} {:?} {:?}", found.state, found.reason, found.message, found.hint.unwrap_or_default())
    };
    let conditions =
        json!([{"type": "Ready", "status": "False", "reason": "NoDisk", "message": "the disk is gone"}]);
    assert_eq!(
        judge(json!({"phase": "Failed", "conditions": conditions})),
        r#"Degraded "NoDisk" "the disk is gone" "restart it""#
    );
    assert_eq!(
        judge(json!({"phase": "Failed"})),
        r#"Degraded "Degraded" "its status says that it has failed" "restart it""#
    );
    assert_eq!(
        judge(json!({"phase": "Up", "words": "all\nis\u{1b}[31m well"})),
        r#"Healthy "Healthy" "all is[31m well" """#
    );
    assert_eq!(judge(json!({"phase": "Up"})), r#"Healthy "" "" """#);
    assert_eq!(judge(json!({"conditions": conditions})), r#"Progressing "NoDisk" "the disk is gone" """#);
    assert_eq!(
        judge(json!({"phase": "Odd"})),
        r#"Progressing "Progressing" "its status does not say yet that it is well" """#
    );
    assert_eq!(
        judge(json!({})),
        r#"Progressing "NoStatus" "its controller has not written a status yet" """#
    );
    assert!(
        judge(json!({"phase": "Up", "observedGeneration": 1}))
            .starts_with("Progressing \"LatestGenerationNotObserved\"")
    );
}
