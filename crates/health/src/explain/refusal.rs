//! Why the API server refuses to make what a controller asks for, mostly Pods: quota, admission, rights. Its words are
//! read by [`Said`]; here they become a clause and the next step.

use api::refusal::{Budget, NoRight, Said};

use crate::wording;

/// What a refusal is, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// One word.
    pub reason: &'static str,
    /// What is wrong, without a final dot.
    pub clause: String,
    /// What a person can do.
    pub hint: String,
}

/// What a refusal in a namespace is; `None` where its words tell nothing.
#[must_use]
pub fn refused(message: &str, namespace: &str) -> Option<Refused> {
    let (reason, clause, hint) = match Said::read(message) {
        Said::QuotaExceeded { quota, budgets } => {
            ("QuotaExceeded", quota_clause(quota, &budgets), quota_hint(namespace, quota, &budgets))
        }
        Said::QuotaNeeds { quota, missing } => (
            "QuotaExceeded",
            format!("ResourceQuota {quota} asks for requests or limits that are not set: {missing}"),
            format!("set them for each container, or give namespace {namespace} a LimitRange with defaults"),
        ),
        Said::WebhookDenied { webhook, why } => (
            "AdmissionDenied",
            format!("admission webhook {webhook} denies it: {why}"),
            format!("change what webhook {webhook} objects to, or its policy"),
        ),
        Said::PolicyDenied { policy, why, .. } => (
            "AdmissionDenied",
            format!("ValidatingAdmissionPolicy {policy} denies it: {why}"),
            format!(
                "change what the policy objects to, or the policy: kubectl get validatingadmissionpolicy {policy} -o yaml"
            ),
        ),
        Said::PodSecurity { level, why } => (
            "AdmissionDenied",
            format!("it violates PodSecurity {level}: {why}"),
            pod_security_hint(namespace),
        ),
        Said::NoRight(right) => ("Forbidden", right_clause(&right), right_hint(&right)),
        Said::WebhookDown { webhook, service, why } => (
            "WebhookUnavailable",
            format!("webhook {webhook} does not answer: {why}"),
            webhook_hint(webhook, service),
        ),
        Said::Forbidden { why } => {
            ("AdmissionDenied", format!("it is forbidden: {why}"), forbidden_hint(why, namespace))
        }
        _ => return None,
    };
    Some(Refused { reason, clause: wording::quoted(&clause), hint: wording::quoted(&hint) })
}

/// `exceeded quota: small (pods: 1 asked, 4 used of 4)`.
#[must_use]
pub fn quota_clause(quota: &str, budgets: &[Budget<'_>]) -> String {
    let short: Vec<String> = budgets
        .iter()
        .take(4)
        .map(|b| format!("{}: {} asked, {} used of {}", b.resource, b.requested, b.used, b.limited))
        .collect();
    if short.is_empty() {
        format!("exceeded quota: {quota}")
    } else {
        format!("exceeded quota: {quota} ({})", short.join("; "))
    }
}

/// What to do about a quota that is used up.
#[must_use]
pub fn quota_hint(namespace: &str, quota: &str, budgets: &[Budget<'_>]) -> String {
    let hard: Vec<String> = budgets.iter().take(3).map(|b| format!("spec.hard[{}]", b.resource)).collect();
    let hard = if hard.is_empty() { "spec.hard".to_owned() } else { hard.join(", ") };
    format!(
        "raise {hard} of ResourceQuota {namespace}/{quota}, ask for less, or free some: kubectl -n {namespace} describe resourcequota {quota}"
    )
}

/// `ServiceAccount apps/ci may not patch deployments.apps in namespace apps`.
#[must_use]
pub fn right_clause(right: &NoRight<'_>) -> String {
    let place = match right.namespace {
        Some(namespace) => format!(" in namespace {namespace}"),
        None => " in the whole cluster".to_owned(),
    };
    format!("{} may not {} {}{place}", who(right), right.verb, resource(right))
}

/// What to do about a right that is missing.
#[must_use]
pub fn right_hint(right: &NoRight<'_>) -> String {
    let kind = if right.namespace.is_some() {
        "a Role and RoleBinding"
    } else {
        "a ClusterRole and ClusterRoleBinding"
    };
    let place = right.namespace.map_or_else(String::new, |namespace| format!(" -n {namespace}"));
    format!(
        "give {} the verb {} on {} by {kind}; check: kubectl auth can-i {} {}{place} --as={}",
        who(right),
        right.verb,
        resource(right),
        right.verb,
        resource(right),
        right.user
    )
}

fn who(right: &NoRight<'_>) -> String {
    match right.account() {
        Some((namespace, name)) => format!("ServiceAccount {namespace}/{name}"),
        None => format!("user {}", right.user),
    }
}

fn resource(right: &NoRight<'_>) -> String {
    if right.group.is_empty() {
        right.resource.to_owned()
    } else {
        format!("{}.{}", right.resource, right.group)
    }
}

/// What to do about Pod Security.
#[must_use]
pub fn pod_security_hint(namespace: &str) -> String {
    format!(
        "set the securityContext that the message asks for, or label namespace {namespace} pod-security.kubernetes.io/enforce with a lower level"
    )
}

/// What to do about a webhook that does not answer.
#[must_use]
pub fn webhook_hint(webhook: &str, service: Option<(&str, &str)>) -> String {
    match service {
        Some((namespace, name)) => format!(
            "webhook {webhook} is called at Service {namespace}/{name}: see whether it has ready Pods (kubectl -n {namespace} get endpointslices -l kubernetes.io/service-name={name}); \
             if its product is gone, delete its webhook configuration"
        ),
        None => format!(
            "see whether what webhook {webhook} is called at runs; if its product is gone, delete its webhook configuration (kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations)"
        ),
    }
}

/// What to do about what a built-in admission plug-in refuses.
#[must_use]
pub fn forbidden_hint(why: &str, namespace: &str) -> String {
    let named = |word: &str| why.split_once(word).and_then(|(_, rest)| rest.split('"').next());
    if let Some(name) = named("serviceaccount \"") {
        return format!(
            "create ServiceAccount {namespace}/{name}, add it to the manifests, or correct serviceAccountName"
        );
    }
    if why.contains("PriorityClass") {
        return "create the PriorityClass, or correct priorityClassName".to_owned();
    }
    if why.contains("usage per") || why.contains("limit to request ratio") {
        return format!(
            "change requests and limits to fit the LimitRange of namespace {namespace}: kubectl -n {namespace} describe limitrange"
        );
    }
    if why.contains("RuntimeClass") {
        return "create the RuntimeClass, or correct runtimeClassName".to_owned();
    }
    format!(
        "change what the API server objects to, or the admission rule of namespace {namespace} that says so"
    )
}

#[cfg(test)]
mod tests;
