//! Who belongs to whom.

use super::*;

fn id(group: &str, kind: &str, namespace: &str, name: &str) -> ObjectId {
    let text = |text: &str| text.to_owned();
    ObjectId { namespace: text(namespace), name: text(name), group: text(group), kind: text(kind) }
}

fn owner(api_version: &str, kind: &str, name: &str) -> OwnerReference {
    OwnerReference {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        ..OwnerReference::default()
    }
}

#[test]
fn what_a_workload_made_belongs_to_it() {
    let mut whom = Whom::new(Flux::Named);
    whom.add(id("apps", "Deployment", "shop", "web"));
    whom.add(id("", "Namespace", "", "shop"));
    let set = id("apps", "ReplicaSet", "shop", "web-1");
    assert!(!whom.add_owned(set.clone(), &[owner("apps/v1", "Deployment", "other")]));
    assert!(whom.add_owned(set.clone(), &[owner("apps/v1", "Deployment", "web")]));
    let pod = id("", "Pod", "shop", "web-1-a");
    assert!(whom.may_own(&pod) && !whom.has(&pod));
    assert!(whom.add_owned(pod.clone(), &[owner("apps/v1", "ReplicaSet", "web-1")]));
    assert!(whom.has(&pod) && whom.has(&set));
    let elsewhere = id("", "Pod", "other", "web-1-a");
    assert!(
        !whom.may_own(&elsewhere) && !whom.add_owned(elsewhere, &[owner("apps/v1", "ReplicaSet", "web-1")])
    );
    assert_eq!(whom.namespaces(), Some(["default".to_owned(), "shop".to_owned()].into()));
}

#[test]
fn flux_s_kinds_belong_where_nobody_is_named() {
    let kustomization = id("kustomize.toolkit.fluxcd.io", "Kustomization", "apps", "web");
    let convergence = id("flyball.dev", "Convergence", "apps", "web");
    let pod = id("", "Pod", "apps", "web");
    for (flux, wanted) in [(Flux::Named, false), (Flux::In("apps".to_owned()), true), (Flux::All, true)] {
        let whom = Whom::new(flux);
        assert_eq!(
            (whom.has(&kustomization), whom.has(&convergence), whom.has(&pod)),
            (wanted, wanted, false)
        );
    }
    assert!(!Whom::new(Flux::In("other".to_owned())).has(&kustomization));
    assert_eq!(Whom::new(Flux::All).namespaces(), None);
}

#[test]
fn an_event_without_a_group_is_told_by_the_kind() {
    let mut whom = Whom::new(Flux::Named);
    whom.add(id("apps", "Deployment", "shop", "web"));
    assert!(whom.has(&id("", "Deployment", "shop", "web")));
    assert!(!whom.has(&id("other", "Deployment", "shop", "web")));
}
