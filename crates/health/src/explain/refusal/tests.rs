//! Refusals in words.

use super::refused;

#[track_caller]
fn check(message: &str, reason: &str, clause: &str, hint: &str) {
    let found = refused(message, "apps").expect(message);
    assert_eq!((found.reason, found.clause.as_str()), (reason, clause), "{message}");
    assert!(found.hint.contains(hint), "{}", found.hint);
}

#[test]
fn each_names_what_refuses_and_the_way_out() {
    check(
        r#"pods "web-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=4, limited: pods=4"#,
        "QuotaExceeded",
        "exceeded quota: small (pods: 1 asked, 4 used of 4)",
        "raise spec.hard[pods] of ResourceQuota apps/small",
    );
    check(
        r#"pods "web-x" is forbidden: failed quota: small: must specify limits.cpu for: app"#,
        "QuotaExceeded",
        "ResourceQuota small asks for requests or limits that are not set: must specify limits.cpu for: app",
        "LimitRange",
    );
    check(
        r#"admission webhook "policy.example.com" denied the request: no"#,
        "AdmissionDenied",
        "admission webhook policy.example.com denies it: no",
        "policy.example.com",
    );
    check(
        r#"pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true"#,
        "AdmissionDenied",
        "it violates PodSecurity restricted:latest: runAsNonRoot != true",
        "pod-security.kubernetes.io/enforce",
    );
    check(
        r#"pods "x" is forbidden: error looking up service account apps/web: serviceaccount "web" not found"#,
        "AdmissionDenied",
        r#"it is forbidden: error looking up service account apps/web: serviceaccount "web" not found"#,
        "create ServiceAccount apps/web",
    );
    check(
        r#"pods "x" is forbidden: maximum cpu usage per Container is 1, but limit is 2"#,
        "AdmissionDenied",
        "it is forbidden: maximum cpu usage per Container is 1, but limit is 2",
        "LimitRange",
    );
    check(
        r#"pods is forbidden: User "system:serviceaccount:kube-system:rs" cannot create resource "pods" in API group "" in the namespace "apps""#,
        "Forbidden",
        "ServiceAccount kube-system/rs may not create pods in namespace apps",
        "kubectl auth can-i create pods -n apps --as=system:serviceaccount:kube-system:rs",
    );
    check(
        r#"Internal error occurred: failed calling webhook "h.example.com": failed to call webhook: Post "https://h.sys.svc:443/?timeout=10s": context deadline exceeded"#,
        "WebhookUnavailable",
        "webhook h.example.com does not answer: context deadline exceeded",
        "Service sys/h",
    );
    assert_eq!(refused("nobody knows", "apps"), None);
}
