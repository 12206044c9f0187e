//! What fits, and what Flux says of selectors that cannot be read.

use super::ObjectSelector;
use serde_json::{Value, json};

fn web() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"tier": "front"}, "annotations": {"scale": "auto"}},
    })
}

fn check(selector: &ObjectSelector, object: &Value, wanted: bool) {
    assert_eq!(selector.matches(object).unwrap(), wanted, "{selector:?}");
}

/// Sets one part.
type Set = fn(&mut ObjectSelector, &str);

#[test]
fn every_part_has_to_fit() {
    let object = web();
    let any = ObjectSelector::default;
    check(&any(), &object, true);
    let parts: [(&str, &str, Set); 7] = [
        ("apps", "batch", |s, text| s.group = text.to_owned()),
        ("v1", "v1beta1", |s, text| s.version = text.to_owned()),
        ("Deploy.*|StatefulSet", "Deploy", |s, text| s.kind = text.to_owned()),
        ("w.b", "we", |s, text| s.name = text.to_owned()),
        ("sh[o]p", "default", |s, text| s.namespace = text.to_owned()),
        ("tier in (front,back)", "tier!=front", |s, text| s.labels = text.to_owned()),
        ("scale=auto", "!scale", |s, text| s.annotations = text.to_owned()),
    ];
    let mut all = any();
    for (fits, fails, set) in parts {
        for (text, wanted) in [(fits, true), (fails, false)] {
            let mut selector = any();
            set(&mut selector, text);
            check(&selector, &object, wanted);
        }
        set(&mut all, fits);
    }
    check(&all, &object, true);
}

#[test]
fn the_core_group_and_no_namespace_are_empty() {
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
    check(&ObjectSelector { version: "v1".to_owned(), ..ObjectSelector::default() }, &object, true);
    check(&ObjectSelector { group: ".+".to_owned(), ..ObjectSelector::default() }, &object, false);
    check(&ObjectSelector { namespace: "default".to_owned(), ..ObjectSelector::default() }, &object, false);
}

#[test]
fn what_cannot_be_read_is_said_in_gos_words() {
    let said = |selector: ObjectSelector| selector.check().unwrap_err().to_string();
    let bad = || "[".to_owned();
    assert_eq!(
        said(ObjectSelector { name: bad(), ..ObjectSelector::default() }),
        "invalid name regex: error parsing regexp: missing closing ]: `[)$`"
    );
    assert_eq!(
        said(ObjectSelector { kind: bad(), name: bad(), ..ObjectSelector::default() }),
        "invalid kind regex: error parsing regexp: missing closing ]: `[)$`"
    );
    assert_eq!(
        said(ObjectSelector { labels: "a in b".to_owned(), ..ObjectSelector::default() }),
        "invalid label selector: unable to parse requirement: found 'b' expected: '('"
    );
    assert_eq!(
        said(ObjectSelector { annotations: ",".to_owned(), ..ObjectSelector::default() }),
        "invalid annotation selector: found ',', expected: !, identifier, or 'end of string'"
    );
}

#[test]
fn an_expression_that_costs_too_much_is_an_error() {
    let selector = ObjectSelector { name: "(\\PL{1000}){300}".to_owned(), ..ObjectSelector::default() };
    assert!(selector.check().is_err());
}
