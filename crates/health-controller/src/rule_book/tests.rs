//! Which rules hold for whom.

use std::sync::Arc;

use api::health_rule::{HealthRuleSpec, RuleState, StateRule};
use api::kustomization::CustomHealthCheck;
use health::{CompiledRule, DecidedBy};
use reconcile_core::watch_pool::WatchedKind;
use serde_json::json;

use super::{Cut, RuleBook};
use crate::samples::{job, key};

fn thing() -> WatchedKind {
    WatchedKind::gvk("example.com", "v1", "Thing")
}

fn exprs(current: &str) -> Vec<CustomHealthCheck> {
    vec![CustomHealthCheck {
        api_version: "example.com/v1".to_owned(),
        kind: Some("Thing".to_owned()),
        current: current.to_owned(),
        in_progress: None,
        failed: None,
    }]
}

fn rule(when: &str) -> Arc<CompiledRule> {
    let state = StateRule { state: RuleState::Healthy, when: when.to_owned(), ..StateRule::default() };
    let spec = HealthRuleSpec {
        group: "example.com".to_owned(),
        kinds: vec!["Thing".to_owned()],
        states: vec![state],
        ..HealthRuleSpec::default()
    };
    Arc::new(CompiledRule::compile(DecidedBy::HealthRule("things".into()), &spec).unwrap())
}

fn decider(book: &RuleBook, owner: &str) -> String {
    book.of(Some(&key(owner))).decider("example.com", "Thing").to_string()
}

#[test]
fn without_rules_of_its_own_a_kustomization_has_those_for_all() {
    let book = RuleBook::default();
    assert!(Arc::ptr_eq(&book.of(Some(&key("web"))), &book.base()));
    assert!(Arc::ptr_eq(&book.of(None), &book.base()));
    let body = json!({"spec": {"completions": 1, "template": {}}, "status": {"failed": 1, "phase": "x"}});
    assert_eq!(book.pruned(&job(), body).body["spec"], json!({"completions": 1}));
}

#[test]
fn its_own_go_before_those_for_all_and_hold_for_nobody_else() {
    let book = RuleBook::default();
    book.set(vec![rule("true")]);
    let judged_again = book.set_own(&key("web"), &exprs("true"));
    assert!(judged_again(&thing()) && !judged_again(&job()));
    assert_eq!(decider(&book, "web"), "healthCheckExprs of Kustomization/apps/web");
    assert_eq!(decider(&book, "api"), "HealthRule/things");
    book.set(Vec::new());
    assert_eq!(decider(&book, "web"), "healthCheckExprs of Kustomization/apps/web", "they are kept");
    assert_eq!(decider(&book, "api"), "built in, for any kind");
    let judged_again = book.set_own(&key("web"), &[]);
    assert!(judged_again(&thing()), "what they said is over");
    assert_eq!(decider(&book, "web"), "built in, for any kind");
}

#[test]
fn the_same_again_makes_no_difference() {
    let book = RuleBook::default();
    let _concerned = book.set_own(&key("web"), &exprs("true"));
    let edition = || book.pruned(&thing(), json!({})).edition;
    let before = edition();
    assert!(!book.set_own(&key("web"), &exprs("true"))(&thing()));
    assert!(!book.set_own(&key("api"), &[])(&thing()));
    assert_eq!(edition(), before);
    assert!(book.set_own(&key("web"), &exprs("false"))(&thing()));
    assert!(edition() > before);
    book.forget(&key("web"));
    assert_eq!(decider(&book, "web"), "built in, for any kind");
}

#[test]
fn a_body_keeps_what_anybody_reads() {
    let book = RuleBook::default();
    book.set(vec![rule("status.a == 1")]);
    let _concerned = book.set_own(&key("web"), &exprs("spec.b == 2 && status.c == 3"));
    let body = json!({"spec": {"b": 2, "x": 0}, "status": {"a": 1, "c": 3, "x": 0}});
    let kept = |body: &serde_json::Value| book.pruned(&thing(), body.clone()).body;
    assert_eq!(kept(&body), json!({"spec": {"b": 2}, "status": {"a": 1, "c": 3}}));
    let _concerned = book.set_own(&key("api"), &exprs("spec.x == 0"));
    assert_eq!(kept(&body), json!({"spec": {"b": 2, "x": 0}, "status": {"a": 1, "c": 3}}));
    let _concerned = book.set_own(&key("web"), &[]);
    assert_eq!(kept(&body), json!({"spec": {"x": 0}, "status": {"a": 1}}), "nobody reads the rest any more");
}

#[test]
fn rules_that_read_more_than_is_left_cannot_judge_it() {
    let book = RuleBook::default();
    book.set(vec![rule("status.a == 1")]);
    let early = book.pruned(&thing(), json!({})).edition;
    let more = |owner: &str, kind: &WatchedKind, edition: u32| book.read_more(&key(owner), kind, edition);
    assert!(!more("web", &thing(), early), "it has no rules of its own");
    let _concerned = book.set_own(&key("web"), &exprs("status.a == 2"));
    assert!(!more("web", &thing(), early), "what they read is kept for all");
    let _concerned = book.set_own(&key("web"), &exprs("status.b == 2"));
    assert!(more("web", &thing(), early));
    assert!(!more("web", &job(), early) && !more("api", &thing(), early));
    let late = book.pruned(&thing(), json!({})).edition;
    assert!(!more("web", &thing(), late));
    book.set(Vec::new());
    assert!(!more("web", &thing(), late), "their own are the same");
}

#[test]
fn what_is_cut_comes_through_a_pool_as_one_value() {
    let book = RuleBook::default();
    let _concerned = book.set_own(&key("web"), &exprs("true"));
    let cut = book.pruned(&job(), json!({"spec": {"completions": 1}}));
    assert_eq!(Cut::of(cut.clone().into_value()), cut);
    assert_eq!(Cut::of(json!("x")), Cut { body: json!(null), edition: 0 });
}
