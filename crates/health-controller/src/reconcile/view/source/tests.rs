//! Which sources are looked at.

use convergence::dependencies::Reach;
use reconcile_core::ObjectKey;
use serde_json::{Value, json};

use super::{Aside, source_of};
use crate::samples::{key, kustomization, repository};

#[test]
fn a_source_is_looked_at_where_this_process_watches() {
    let web = |reference: Value| kustomization(&[], &json!({"sourceRef": reference}), &json!({}));
    let here = web(json!({"kind": "GitRepository", "name": "app"}));
    let there = web(json!({"kind": "GitRepository", "name": "app", "namespace": "infra"}));
    let of = |object, watched| source_of(&key("web"), object, Reach::AllNamespaces, watched);
    assert_eq!(of(&here, None), Ok((repository(), key("app"))));
    assert_eq!(of(&here, Some("apps")), Ok((repository(), key("app"))));
    assert_eq!(of(&there, None), Ok((repository(), ObjectKey::new("infra", "app"))));
    assert_eq!(of(&there, Some("infra")), Ok((repository(), ObjectKey::new("infra", "app"))));
    let hidden = Err(Aside::Unwatched);
    assert_eq!(of(&there, Some("apps")), hidden, "another namespace");
    assert_eq!(of(&here, Some("infra")), hidden, "another namespace");
}

#[test]
fn a_source_in_another_namespace_is_that_namespaces() {
    let web = |reference: Value| kustomization(&[], &json!({"sourceRef": reference}), &json!({}));
    let here = web(json!({"kind": "GitRepository", "name": "app", "namespace": "apps"}));
    let there = web(json!({"kind": "GitRepository", "name": "app", "namespace": "infra"}));
    let of = |object| source_of(&key("web"), object, Reach::OwnNamespace, None);
    assert_eq!(of(&here), Ok((repository(), key("app"))));
    assert_eq!(of(&there), Err(Aside::Elsewhere));
}
