//! Webhooks, policies and quotas that say no, and webhooks that say nothing.

use api::blocker::BlockerCode;
use api::refusal::Said;
use health::beside::Kin;
use health::explain::refusal as words;
use serde_json::Value;

use super::subject::Refused;
use crate::blockers::draft::Draft;

/// The label by which an EndpointSlice names its Service.
const SERVICE_NAME: &str = "/metadata/labels/kubernetes.io~1service-name";

pub(super) fn read(refused: &Refused<'_>, said: &Said<'_>) -> Option<Draft> {
    let namespace = refused.namespace();
    Some(match said {
        Said::WebhookDown { webhook, service, why } => down(refused, webhook, *service, why),
        Said::WebhookDenied { webhook, why } => {
            let why_in_short = policy(why).map_or_else(|| (*why).to_owned(), |policy| format!("policy {policy}: {why}"));
            refused.told(
                BlockerCode::AdmissionDenied,
                format!("admission webhook {webhook} denies it: {why_in_short}"),
                webhook_hint(refused, webhook, why),
            )
        }
        Said::PolicyDenied { policy, binding, why } => refused.told(
            BlockerCode::AdmissionDenied,
            format!("ValidatingAdmissionPolicy {policy} denies it: {why}"),
            format!(
                "change what the policy objects to in {}, or the policy or its binding {binding}: kubectl get validatingadmissionpolicy {policy} -o yaml",
                refused.named()
            ),
        ),
        Said::PodSecurity { level, why } => refused.told(
            BlockerCode::AdmissionDenied,
            format!("it violates PodSecurity {level}: {why}"),
            words::pod_security_hint(namespace),
        ),
        Said::QuotaExceeded { quota, budgets } => refused.told(
            BlockerCode::QuotaExceeded,
            words::quota_clause(quota, budgets),
            words::quota_hint(namespace, quota, budgets),
        ),
        Said::QuotaNeeds { quota, missing } => refused.told(
            BlockerCode::QuotaExceeded,
            format!("ResourceQuota {quota} asks for requests or limits that are not set: {missing}"),
            format!("set them in {}, or give namespace {namespace} a LimitRange with defaults", refused.named()),
        ),
        Said::Forbidden { why } => refused.told(
            BlockerCode::AdmissionDenied,
            format!("the API server forbids it: {why}"),
            words::forbidden_hint(why, namespace),
        ),
        _ => return None,
    })
}

/// A webhook that does not answer; with what is known of its Service's endpoints.
fn down(refused: &Refused<'_>, webhook: &str, service: Option<(&str, &str)>, why: &str) -> Draft {
    let at = service.map_or_else(String::new, |(namespace, name)| format!(" at Service {namespace}/{name}"));
    let draft = refused.told(
        BlockerCode::WebhookUnavailable,
        format!("webhook {webhook}{at} does not answer: {why}"),
        words::webhook_hint(webhook, service),
    );
    match service.filter(|service| has_no_endpoint(refused, *service)) {
        Some((namespace, name)) => {
            draft.evidence(format!("Service {namespace}/{name} has no ready endpoint"))
        }
        None => draft,
    }
}

/// Whether the slices of a Service are known, and none of their endpoints is ready.
fn has_no_endpoint(refused: &Refused<'_>, (namespace, name): (&str, &str)) -> bool {
    let Some(slices) = refused.about.beside.list(Kin::EndpointSlice, namespace) else { return false };
    let mut own = slices
        .iter()
        .filter(|slice| slice.pointer(SERVICE_NAME).and_then(Value::as_str) == Some(name))
        .peekable();
    // That none is known may be because not all are looked at.
    own.peek().is_some()
        && !own.any(|slice| {
            let endpoints = slice.get("endpoints").and_then(Value::as_array);
            endpoints
                .into_iter()
                .flatten()
                .any(|endpoint| endpoint.pointer("/conditions/ready").and_then(Value::as_bool) != Some(false))
        })
}

/// The policy that a webhook of Kyverno or Gatekeeper speaks of.
fn policy(why: &str) -> Option<&str> {
    if let Some((_, rest)) = why.split_once("following policies") {
        return rest
            .lines()
            .map(str::trim)
            .find_map(|line| line.strip_suffix(':'))
            .filter(|name| !name.contains(' '));
    }
    let name = why.strip_prefix('[')?.split(']').next()?;
    (!name.contains(' ')).then_some(name)
}

fn webhook_hint(refused: &Refused<'_>, webhook: &str, why: &str) -> String {
    let named = refused.named();
    match policy(why) {
        Some(policy) if webhook.contains("kyverno") => {
            format!(
                "change what policy {policy} objects to in {named}, or the policy: kubectl get clusterpolicy,policy -A | grep {policy}"
            )
        }
        Some(policy) if webhook.contains("gatekeeper") => {
            format!(
                "change what constraint {policy} objects to in {named}, or the constraint: kubectl get constraints | grep {policy}"
            )
        }
        Some(policy) => format!("change what {policy} objects to in {named}, or that policy"),
        None => format!(
            "change what webhook {webhook} objects to in {named}, or its policy; whose it is: kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"
        ),
    }
}
