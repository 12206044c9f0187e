//! Tables: an object, the time, and what is said of it. Whatever is asked of an object here is asked of what is kept of it
//! as well, and has to be the same.

mod explain;
mod kstatus;
mod prune;
mod rules;
mod wording;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::beside::Nothing;
use crate::explain::Explanation;
use crate::kstatus::Verdict;
use crate::{Error, Rules};

fn now() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

/// `kind` is `apiVersion Kind`; the rest is the object without these two and the name.
fn object(kind: &str, rest: Value) -> Value {
    let (api_version, kind) = kind.split_once(' ').unwrap();
    let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}});
    for (field, value) in rest.as_object().unwrap() {
        match (field.as_str(), value) {
            ("metadata", Value::Object(map)) => {
                for (field, value) in map {
                    object["metadata"][field] = value.clone();
                }
            }
            _ => object[field] = value.clone(),
        }
    }
    object
}

/// The verdict, which pruning does not change; neither does it change what is said of the object without its Pods.
#[track_caller]
fn judged(object: &Value) -> Result<Verdict, Error> {
    let rules = Rules::built_in();
    let kept = crate::prune::pruned(object.clone(), rules);
    let verdict = crate::kstatus::compute(object, rules, now());
    assert_eq!(crate::kstatus::compute(&kept, rules, now()), verdict, "of {kept}");
    assert_eq!(rules.has_ttl(&kept), rules.has_ttl(object), "of {kept}");
    let judge = |object: &Value| rules.judge(object, &[], &Nothing, now());
    assert_eq!(judge(&kept), judge(object), "of {kept}");
    if let Ok(verdict) = &verdict {
        told_by(object, verdict, &[]);
    }
    verdict
}

/// What is said of an object and its Pods; pruning changes no word of it.
#[track_caller]
fn told_by(object: &Value, verdict: &Verdict, pods: &[Value]) -> Explanation {
    let rules = Rules::built_in();
    let kept = crate::prune::pruned(object.clone(), rules);
    let kept_pods: Vec<Value> =
        pods.iter().map(|pod| crate::prune::pruned_as(pod.clone(), rules, "", "Pod")).collect();
    let chosen = |pods: &[Value]| -> Vec<bool> {
        pods.iter().map(|pod| crate::explain::selects(object, pod.pointer("/metadata/labels"))).collect()
    };
    assert_eq!(chosen(&kept_pods), chosen(pods), "the selector finds the same Pods");
    let whole = crate::explain::explain(object, verdict, &pods.iter().collect::<Vec<_>>(), rules);
    let pruned = crate::explain::explain(&kept, verdict, &kept_pods.iter().collect::<Vec<_>>(), rules);
    assert_eq!(pruned, whole, "of {kept}");
    whole
}
