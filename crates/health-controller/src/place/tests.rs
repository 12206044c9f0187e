//! Where what is beside objects is looked for, and how.

use health::beside::Kin;
use reconcile_core::watch_pool::Body;
use serde_json::json;

use super::Place;
use crate::rule_book::RuleBook;

#[test]
fn each_kin_is_watched_where_it_is() {
    let rules = RuleBook::default();
    for (kin, namespace, fields, labels) in [
        (Kin::Pod, Some("apps"), None, None),
        (Kin::ReplicaSet, Some("apps"), None, None),
        (Kin::Event, Some("apps"), Some("type=Warning"), None),
        (Kin::EndpointSlice, None, None, Some("kustomize.toolkit.fluxcd.io/name")),
        (Kin::StorageClass, None, None, None),
        (Kin::Namespace, None, Some("metadata.name=apps"), None),
    ] {
        let options = Place::of(kin, "apps").options(&rules);
        assert_eq!(options.namespace.as_deref(), namespace, "{kin:?}");
        assert_eq!(options.fields.as_deref(), fields, "{kin:?}");
        assert_eq!(options.labels.as_deref(), labels, "{kin:?}");
    }
    let options = Place::of(Kin::Pod, "apps").options(&rules);
    let Body::Full(keep) = options.body else { panic!("status is in the body") };
    let kind = Place::of(Kin::Pod, "apps").kind();
    let mut body =
        json!({"spec": {"containers": [{"env": []}]}, "status": {"phase": "Running", "podIP": "10.0.0.1"}});
    keep(&kind, &mut body);
    assert_eq!(body, json!({"spec": {}, "status": {"phase": "Running"}}));
}

#[test]
fn endpoints_are_watched_together_and_looked_at_by_namespace() {
    let all = Place::of(Kin::EndpointSlice, "apps");
    assert_eq!(all, Place::of(Kin::EndpointSlice, "jobs"), "one watch");
    assert_ne!(all.at(Some("apps".to_owned())), all.at(Some("jobs".to_owned())));
    assert_eq!(all.at(None), all);
    let whole = Place::all_endpoints("apps");
    assert_eq!(all.at(Some("apps".to_owned())), whole, "who looks there hears of both");
    assert_eq!(whole.at(Some("apps".to_owned())), whole);
    let options = whole.options(&RuleBook::default());
    assert_eq!((options.namespace.as_deref(), options.labels), (Some("apps"), None));
    let pods = Place::of(Kin::Pod, "apps");
    assert_eq!(pods.at(Some("apps".to_owned())), pods);
    assert_eq!(Place::of(Kin::Namespace, "apps").at(Some(String::new())), Place::of(Kin::Namespace, "apps"));
}
