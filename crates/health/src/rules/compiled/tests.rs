//! Rules and what they say of objects; what cannot be used, and what is said about it.

use api::health_rule::{HealthRuleSpec, RuleState, StateRule};
use serde_json::{Value, json};

use super::{CompiledRule, Outcome};
use crate::rules::{DecidedBy, RuleError};

fn spec(group: &str, kinds: &[&str], states: &[(RuleState, &str)]) -> HealthRuleSpec {
    HealthRuleSpec {
        group: group.to_owned(),
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        observed_generation: true,
        states: states
            .iter()
            .map(|(state, when)| StateRule {
                state: *state,
                when: (*when).to_owned(),
                ..StateRule::default()
            })
            .collect(),
        ..HealthRuleSpec::default()
    }
}

fn compile(spec: &HealthRuleSpec) -> Result<CompiledRule, RuleError> {
    CompiledRule::compile(DecidedBy::HealthRule("mine".into()), spec)
}

fn state_of(rule: &CompiledRule, object: &Value) -> String {
    match rule.evaluate(object) {
        Outcome::Matched(matched) => format!("{:?} {}", matched.state, matched.message.unwrap_or_default()),
        Outcome::Otherwise(state) => format!("otherwise {state:?}"),
        Outcome::TooCostly { state } => format!("too costly: {state}"),
    }
}

#[test]
fn the_first_state_that_holds_holds() {
    let mut spec = spec(
        "example.com",
        &["Widget"],
        &[
            (RuleState::Suspended, "spec.paused == true"),
            (RuleState::Degraded, "status.phase == 'Failed'"),
            (RuleState::Healthy, "status.ready"),
        ],
    );
    spec.states[1].message = Some("'phase ' + status.phase + ': ' + status.why".to_owned());
    let rule = compile(&spec).unwrap();
    for (object, wanted) in [
        (json!({"spec": {"paused": true}, "status": {"phase": "Failed"}}), "Suspended "),
        (json!({"status": {"phase": "Failed", "why": "no disk"}}), "Degraded phase Failed: no disk"),
        (json!({"status": {"phase": "Failed"}}), "Degraded "),
        (json!({"status": {"ready": true}}), "Healthy "),
        (json!({"status": {"ready": "true"}}), "otherwise Progressing"),
        (json!({"status": null}), "otherwise Progressing"),
        (json!({}), "otherwise Progressing"),
    ] {
        assert_eq!(state_of(&rule, &object), wanted, "of {object}");
    }
}

#[test]
fn metadata_spec_and_status_are_always_there() {
    let rule = compile(&spec(
        "example.com",
        &["Widget"],
        &[(RuleState::Healthy, "!has(status.error) && !has(spec.off)")],
    ));
    assert_eq!(state_of(&rule.unwrap(), &json!({"kind": "Widget"})), "Healthy ");
}

#[test]
fn which_kinds_a_rule_is_for() {
    let covers = |group: &str, kinds: &[&str], of: (&str, &str)| {
        compile(&spec(group, kinds, &[])).unwrap().covers(of.0, of.1)
    };
    let database = ("rds.aws.upbound.io", "Instance");
    assert_eq!(covers("rds.aws.upbound.io", &["Instance"], database), Some(0));
    assert_eq!(covers("rds.aws.upbound.io", &["*"], database), Some(1));
    assert_eq!(covers("*.upbound.io", &["Instance", "Cluster"], database), Some(2));
    assert_eq!(covers("*.upbound.io", &["*"], database), Some(3));
    assert_eq!(
        covers("*.upbound.io", &["*"], ("upbound.io", "X")),
        Some(3),
        "no label is a number of labels, too"
    );
    assert_eq!(covers("*.upbound.io", &["*"], ("notupbound.io", "X")), None);
    assert_eq!(covers("upbound.io", &["*"], database), None);
    assert_eq!(covers("", &["Service"], ("", "Service")), Some(0));
    assert_eq!(covers("", &["*"], ("apps", "Deployment")), None);
}

#[test]
fn what_a_secret_holds_is_never_seen() {
    let held = "has(data.password) || has(data.cert)";
    let error = compile(&spec("", &["Secret", "ConfigMap"], &[(RuleState::Healthy, held)])).unwrap_err();
    insta::assert_snapshot!(error, @"HealthRule/mine, for Secret, ConfigMap of the core group: states[0] (Healthy): when reads data.cert, which is never looked at because Secrets and ConfigMaps may hold credentials: judge by metadata, or take Secret and ConfigMap out of kinds");
    assert_eq!(error.reason(), "InvalidExpression");
    // Together with others it is used for these.
    let rule = compile(&spec("", &["*"], &[(RuleState::Healthy, "data.a == 'b'")])).unwrap();
    let of = |kind: &str| json!({"apiVersion": "v1", "kind": kind, "data": {"a": "b"}});
    assert_eq!(state_of(&rule, &of("Widget")), "Healthy ");
    assert_eq!(state_of(&rule, &of("Secret")), "otherwise Progressing");
    assert_eq!(rule.reads("", "Widget").count(), 1);
    assert_eq!(rule.reads("", "Secret").count(), 0);
}

#[test]
fn a_rule_that_costs_too_much_says_so() {
    let squared = "spec.list.all(a, spec.list.all(b, spec.list.all(c, a + b + c > -1)))";
    let rule = compile(&spec(
        "example.com",
        &["Widget"],
        &[(RuleState::Degraded, "false"), (RuleState::Healthy, squared)],
    ))
    .unwrap();
    let object = |count: usize| json!({"spec": {"list": vec![1; count]}});
    assert_eq!(state_of(&rule, &object(3)), "Healthy ");
    assert_eq!(state_of(&rule, &object(1000)), "too costly: 1");
}

#[test]
fn what_cannot_be_used_is_said_with_its_place() {
    let wrong = |when: &str| {
        compile(&spec(
            "example.com",
            &["Widget"],
            &[(RuleState::Healthy, "true"), (RuleState::Degraded, when)],
        ))
        .unwrap_err()
        .to_string()
    };
    let mut text = spec("example.com", &["Widget"], &[(RuleState::Healthy, "true")]);
    text.states[0].message = Some("1 + 1".to_owned());
    let said = [
        wrong("status.phase = 'x'"),
        wrong("status.phase.lower() == 'x'"),
        wrong("'a'"),
        wrong(&format!("'{}' == ''", "x".repeat(5000))).replace(&"x".repeat(198), "..."),
        compile(&text).unwrap_err().to_string(),
    ];
    insta::assert_snapshot!(said.join("\n"), @r"
    HealthRule/mine, for Widget of example.com: states[1] (Degraded): when cannot be used: Syntax error: token recognition error at: '= ' at line 1, column 14; Syntax error: extraneous input ''x'' expecting <EOF> at line 1, column 16; correct `status.phase = 'x'`
    HealthRule/mine, for Widget of example.com: states[1] (Degraded): when cannot be used: undeclared reference to 'lower' (in container '') at line 1, column 19; correct `status.phase.lower() == 'x'`
    HealthRule/mine, for Widget of example.com: states[1] (Degraded): when cannot be used: it gives string, not true or false; correct `'a'`
    HealthRule/mine, for Widget of example.com: states[1] (Degraded): when cannot be used: it has 5008 bytes, and may have 4096; correct `'...…`
    HealthRule/mine, for Widget of example.com: states[0] (Healthy): message cannot be used: it gives int, not a text; correct `1 + 1`
    ");
}

#[test]
fn groups_kinds_and_numbers_are_looked_at() {
    let problem = |spec: &HealthRuleSpec| {
        let error = compile(spec).unwrap_err();
        assert_eq!(error.reason(), "InvalidSpec");
        error.problem.to_string()
    };
    let said = [
        problem(&spec("*", &["A"], &[])),
        problem(&spec("apps/v1", &["A"], &[])),
        problem(&spec("apps", &[], &[])),
        problem(&spec("apps", &["deployments.apps"], &[])),
        problem(&spec("apps", &["A"], &[(RuleState::Healthy, "true"); 33])),
    ];
    insta::assert_snapshot!(said.join("\n"), @r"
    group * is no API group: write one such as apps or cert-manager.io, nothing for the core group, or *. and the end of some
    group apps/v1 is no API group: write one such as apps or cert-manager.io, nothing for the core group, or *. and the end of some
    kinds is empty: name at least one kind, or * for all of the group
    deployments.apps is no kind: write kinds as in manifests, such as Certificate, or * for all of the group
    it has 33 states, and may have 32: join some of them with ||, or split the kinds
    ");
}
