//! The rows: which kind has which, that a row keeps what it reads, and how added ones go before those that are built in.

use serde_json::{Value, json};

use super::{judged, now, object, told_by};
use crate::explain::{Explanation, explain};
use crate::kstatus::{Status, Verdict, compute};
use crate::prune::{EVERY, pruned};
use crate::{KindRules, Pods, Rules, StatusRule};

const KINDS: [&str; 17] = [
    "v1 ConfigMap",
    "v1 Secret",
    "v1 Service",
    "v1 PersistentVolumeClaim",
    "v1 Pod",
    "apps/v1 Deployment",
    "apps/v1 ReplicaSet",
    "apps/v1 StatefulSet",
    "apps/v1 DaemonSet",
    "extensions/v1beta1 DaemonSet",
    "extensions/v1beta1 StatefulSet",
    "batch/v1 Job",
    "batch/v1 CronJob",
    "policy/v1 PodDisruptionBudget",
    "apiextensions.k8s.io/v1 CustomResourceDefinition",
    "example.com/v1 Deployment",
    "example.com/v1 Thing",
];

fn row(kind: &str) -> &'static KindRules {
    Rules::built_in().of_object(&object(kind, json!({})))
}

#[test]
fn one_row_says_everything_of_a_kind() {
    let lines: Vec<String> = KINDS
        .iter()
        .map(|kind| {
            let row = row(kind);
            let own = if row.kinds.is_empty() { "as any other" } else { "its own" };
            let place = match row.status {
                StatusRule::AfterGeneric(_) => "after",
                StatusRule::InPlaceOfGeneric(_) => "in place of",
            };
            let (exist, matter) = (row.pods.exist(), row.pods.matter());
            format!("{kind}: {own}, {place} generic, pods {exist}/{matter}, ttl {}", row.ttl.is_some())
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    v1 ConfigMap: its own, after generic, pods false/false, ttl false
    v1 Secret: its own, after generic, pods false/false, ttl false
    v1 Service: its own, after generic, pods false/false, ttl false
    v1 PersistentVolumeClaim: its own, after generic, pods false/false, ttl false
    v1 Pod: its own, after generic, pods false/false, ttl false
    apps/v1 Deployment: its own, after generic, pods true/false, ttl false
    apps/v1 ReplicaSet: its own, after generic, pods true/true, ttl false
    apps/v1 StatefulSet: its own, after generic, pods true/true, ttl false
    apps/v1 DaemonSet: its own, after generic, pods true/false, ttl false
    extensions/v1beta1 DaemonSet: its own, after generic, pods true/false, ttl false
    extensions/v1beta1 StatefulSet: as any other, after generic, pods false/false, ttl false
    batch/v1 Job: its own, in place of generic, pods true/false, ttl true
    batch/v1 CronJob: its own, after generic, pods false/false, ttl false
    policy/v1 PodDisruptionBudget: its own, after generic, pods false/false, ttl false
    apiextensions.k8s.io/v1 CustomResourceDefinition: its own, after generic, pods false/false, ttl false
    example.com/v1 Deployment: as any other, after generic, pods false/false, ttl false
    example.com/v1 Thing: as any other, after generic, pods false/false, ttl false
    ");
}

/// Values that mean something to one function or another, and some that no field should have.
fn vocabulary() -> Vec<Value> {
    let condition = |type_: &str, status: &str, reason: &str| json!({"type": type_, "status": status, "reason": reason, "message": "m"});
    vec![
        json!(0),
        json!(1),
        json!(3),
        json!(true),
        json!(false),
        json!("Running"),
        json!("Pending"),
        json!("Failed"),
        json!("LoadBalancer"),
        json!("OnDelete"),
        json!("CrashLoopBackOff"),
        json!("ErrImagePull"),
        json!("2026-11-25T09:59:50Z"),
        json!({"a": "b"}),
        json!([]),
        Value::Null,
        json!([
            condition("Progressing", "True", "NewReplicaSetAvailable"),
            condition("Available", "True", "")
        ]),
        json!([condition("Ready", "False", "No"), condition("PodScheduled", "False", "Unschedulable")]),
        json!([condition("Failed", "True", "BackoffLimitExceeded")]),
        json!([condition("ReplicaFailure", "True", "FailedCreate")]),
    ]
}

/// The same sequence each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

fn put(object: &mut Value, path: &str, value: Value) {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let (name, list) = first.strip_suffix("[]").map_or((first, false), |name| (name, true));
    if !object.is_object() {
        *object = json!({});
    }
    let field = &mut object[name];
    let field = if list && rest.is_some() {
        if field.as_array().is_none_or(Vec::is_empty) {
            *field = json!([{}]);
        }
        &mut field[0]
    } else {
        field
    };
    match rest {
        Some(rest) => put(field, rest, value),
        None => *field = value,
    }
}

/// Whatever fields an object has: those that any row keeps, in any kind, and some that none keeps.
#[test]
fn a_row_keeps_what_its_functions_read() {
    let mut paths: Vec<&str> =
        vec!["data", "spec.template", "status.loadBalancer", "metadata.annotations", "type"];
    paths.extend(EVERY.iter().filter(|path| path.contains('.')));
    for kind in KINDS {
        paths.extend(row(kind).keeps);
    }
    paths.sort_unstable();
    paths.dedup();
    let words = vocabulary();
    let mut dice = Dice(1);
    let mut failed = 0;
    for round in 0..4000 {
        let mut subject = object(KINDS[round % KINDS.len()], json!({}));
        let mut pod = object(
            "v1 Pod",
            json!({"metadata": {"ownerReferences": [{"kind": "ReplicaSet", "name": "x-1"}]}}),
        );
        for _ in 0..12 {
            put(&mut subject, paths[dice.below(paths.len())], words[dice.below(words.len())].clone());
            let own = row("v1 Pod").keeps;
            put(&mut pod, own[dice.below(own.len())], words[dice.below(words.len())].clone());
        }
        match judged(&subject) {
            Ok(verdict) => drop(told_by(&subject, &verdict, &[pod])),
            Err(_) => failed += 1,
        }
    }
    assert!(failed < 2500, "most objects can be judged: {failed}");
}

/// A rule of another time: a Deployment is well when its annotation says so.
fn by_annotation() -> KindRules {
    KindRules {
        groups: &["apps"],
        kinds: &["Deployment"],
        status: StatusRule::InPlaceOfGeneric(|object, _| {
            let well = object.pointer("/metadata/annotations/well").is_some();
            let status = if well { Status::Current } else { Status::Failed };
            Ok(Verdict { status, ..Verdict::unknown("by its annotation") })
        }),
        pods: Pods::None,
        ttl: None,
        explain: |subject| {
            Some(Explanation { reason: format!("{}Unwell", subject.kind), ..Explanation::default() })
        },
        notable: |_| "Annotated",
        keeps: &["metadata.annotations.well"],
    }
}

#[test]
fn an_added_row_goes_first() {
    let rules = Rules::default().with(by_annotation());
    let unwell = object("apps/v1 Deployment", json!({"spec": {"replicas": 0}}));
    let well = object("apps/v1 Deployment", json!({"metadata": {"annotations": {"well": "", "more": ""}}}));
    for (object, status, reason) in
        [(&unwell, Status::Failed, "DeploymentUnwell"), (&well, Status::Current, "Annotated")]
    {
        let kept = pruned(object.clone(), &rules);
        let verdict = compute(&kept, &rules, now()).unwrap();
        assert_eq!((verdict.status, verdict.message.as_str()), (status, "by its annotation"));
        assert_eq!(explain(&kept, &verdict, &[], &rules).reason, reason);
    }
    assert_eq!(pruned(well, &rules)["metadata"], json!({"name": "x", "annotations": {"well": ""}}));
    assert!(!rules.is_built_in(&unwell));
    assert!(!rules.of("apps", "Deployment").pods.exist());
    // Other kinds and groups keep their own.
    for other in ["extensions/v1beta1 Deployment", "apps/v1 ReplicaSet"] {
        assert!(rules.is_built_in(&object(other, json!({}))), "{other}");
    }
    assert!(rules.of("apps", "ReplicaSet").pods.matter());
    let replaced = rules.with(KindRules { notable: |_| "Newer", ..by_annotation() });
    assert_eq!((replaced.of("apps", "Deployment").notable)(&Value::Null), "Newer");
    assert!(Rules::built_in().is_built_in(&unwell));
}
