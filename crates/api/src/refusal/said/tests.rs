//! The API server's words, and what they mean.

use super::{NoRight, Said};

#[track_caller]
fn check(text: &str, expected: &Said<'_>) {
    assert_eq!(Said::read(text), *expected, "{text}");
}

#[test]
fn rights() {
    let right = |user, verb, resource, group, namespace| {
        Said::NoRight(NoRight { user, verb, resource, group, namespace })
    };
    check(
        r#"deployments.apps "web" is forbidden: User "system:serviceaccount:apps:ci" cannot patch resource "deployments" in API group "apps" in the namespace "apps""#,
        &right("system:serviceaccount:apps:ci", "patch", "deployments", "apps", Some("apps")),
    );
    check(
        r#"namespaces is forbidden: User "bob" cannot create resource "namespaces" in API group "" at the cluster scope"#,
        &right("bob", "create", "namespaces", "", None),
    );
    check(
        r#"forbidden: User "system:anonymous" cannot get path "/version""#,
        &right("system:anonymous", "get", "/version", "", None),
    );
    check("the server has asked for the client to provide credentials", &Said::Unauthorized);
    let Said::NoRight(bob) = Said::read(r#"User "bob" cannot get resource "pods""#) else {
        panic!("no right")
    };
    assert_eq!(bob.account(), None);
}

#[test]
fn admission() {
    check(
        r#"admission webhook "policy.example.com" denied the request: no latest tags"#,
        &Said::WebhookDenied { webhook: "policy.example.com", why: "no latest tags" },
    );
    check(
        r#"deployments.apps "web" is forbidden: ValidatingAdmissionPolicy 'no-latest' with binding 'all' denied request: failed expression: x"#,
        &Said::PolicyDenied { policy: "no-latest", binding: "all", why: "failed expression: x" },
    );
    check(
        r#"pods "web" is forbidden: violates PodSecurity "restricted:latest": privileged (container "app" must not set it)"#,
        &Said::PodSecurity {
            level: "restricted:latest",
            why: r#"privileged (container "app" must not set it)"#,
        },
    );
    check(
        r#"pods "web" is forbidden: error looking up service account apps/web: serviceaccount "web" not found"#,
        &Said::Forbidden {
            why: r#"error looking up service account apps/web: serviceaccount "web" not found"#,
        },
    );
    check(
        r#"Internal error occurred: failed calling webhook "hook.example.com": failed to call webhook: Post "https://hook.policies.svc:443/validate?timeout=10s": no endpoints available for service "hook""#,
        &Said::WebhookDown {
            webhook: "hook.example.com",
            service: Some(("policies", "hook")),
            why: r#"no endpoints available for service "hook""#,
        },
    );
    check(
        r#"Internal error occurred: failed calling webhook "hook.example.com": Post "https://10.0.0.1/": context deadline exceeded"#,
        &Said::WebhookDown { webhook: "hook.example.com", service: None, why: "context deadline exceeded" },
    );
    check(
        r#"conversion webhook for example.com/v1, Kind=Widget failed: Post "https://w.example.svc:443/c?timeout=30s": service "w" not found"#,
        &Said::WebhookDown {
            webhook: "example.com/v1, Kind=Widget",
            service: Some(("example", "w")),
            why: r#"service "w" not found"#,
        },
    );
}

#[test]
fn quotas() {
    let text = "pods \"web\" is forbidden: exceeded quota: small, requested: limits.cpu=2,pods=1, used: limits.cpu=3,pods=4, limited: limits.cpu=4,pods=4";
    let Said::QuotaExceeded { quota, budgets } = Said::read(text) else { panic!("another meaning") };
    assert_eq!((quota, budgets.len()), ("small", 2));
    let pods = budgets[1];
    assert_eq!((pods.resource, pods.requested, pods.used, pods.limited), ("pods", "1", "4", "4"));
    check(
        "pods \"web\" is forbidden: failed quota: small: must specify limits.cpu for: app",
        &Said::QuotaNeeds { quota: "small", missing: "must specify limits.cpu for: app" },
    );
    check("exceeded quota: odd", &Said::QuotaExceeded { quota: "odd", budgets: Vec::new() });
}

#[test]
fn namespaces_and_kinds() {
    check(r#"namespaces "shop" not found"#, &Said::NamespaceMissing("shop"));
    check(
        r#"configmaps "web" is forbidden: unable to create new content in namespace apps because it is being terminated"#,
        &Said::NamespaceTerminating("apps"),
    );
    check(
        r#"no matches for kind "Widget" in version "example.com/v1""#,
        &Said::KindUnknown { kind: "Widget", version: "example.com/v1" },
    );
    check(
        r#"no matches for kind "Widget" in group "example.com""#,
        &Said::KindUnknown { kind: "Widget", version: "example.com" },
    );
    check(
        "the server could not find the requested resource (patch gadgets.example.com g)",
        &Said::KindUnknown { kind: "", version: "" },
    );
    check(
        r#"the API of kind "Metric" in group "metrics.k8s.io" is unavailable: APIService v1.metrics.k8s.io does not answer"#,
        &Said::KindUnavailable { kind: "Metric", why: "APIService v1.metrics.k8s.io does not answer" },
    );
}

#[test]
fn fields() {
    check(
        "failed to create typed patch object (apps/web; apps/v1, Kind=Deployment): errors:\n  .spec.foo: field not declared in schema\n  .spec.bar: field not declared in schema",
        &Said::UnknownFields(vec![".spec.foo", ".spec.bar"]),
    );
    check(r#"strict decoding error: unknown field "spec.foo""#, &Said::UnknownFields(vec!["spec.foo"]));
    check(
        r#"Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas"#,
        &Said::Conflict { manager: "kubectl-edit", field: ".spec.replicas" },
    );
    check(
        r#"Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes"#,
        &Said::Modified,
    );
    check("etcdserver: request is too large", &Said::TooLarge);
    check("nobody knows", &Said::Other);
}
