//! Objects that a health check names (contracts/kustomize-controller.md 17).

use api::awaited::{Cause, Unhealthy};
use api::blocker::BlockerCode;
use health::wording;

use super::about::{About, argument, kubectl};
use super::draft::Draft;

/// The blockers of `HealthCheckFailed`.
pub(super) fn blockers(about: &About<'_>, reason: &str, message: &str) -> Vec<Draft> {
    let first = message.lines().next().unwrap_or_default();
    let named = unhealthy(first);
    if !named.is_empty() {
        return named;
    }
    let draft = Draft::quoting(BlockerCode::HealthTimeout, about.own(), reason, message);
    vec![if first.contains("is namespace scoped, but namespace is not set") {
        draft.hint(format!(
            "set namespace in spec.healthChecks of {}: it is not taken from the Kustomization",
            about.named()
        ))
    } else {
        draft
            .hint(format!("see the objects of spec.healthChecks of {}, or raise spec.timeout", about.named()))
    }]
}

fn unhealthy(message: &str) -> Vec<Draft> {
    let Some(unhealthy) = Unhealthy::parse(message) else { return Vec::new() };
    let mut drafts = Vec::new();
    for object in unhealthy.objects.into_iter().filter(|awaited| awaited.object.contains('/')) {
        let status = wording::word(&object.status);
        let (code, text) = match (status.as_str(), unhealthy.cause) {
            ("Failed", _) => (BlockerCode::HealthFailed, "it has failed".to_owned()),
            ("NotFound", _) => (BlockerCode::HealthTimeout, "it did not appear in time".to_owned()),
            ("Terminating", _) => {
                (BlockerCode::HealthTimeout, "it was still being deleted when time was up".to_owned())
            }
            (_, Cause::TimedOut) => {
                (BlockerCode::HealthTimeout, format!("it was not healthy in time ({status})"))
            }
            // Listed beside the one that failed; it has done nothing wrong yet.
            (_, Cause::Stalled) => continue,
        };
        let error = object.error.as_deref().map(wording::quoted);
        let text = match &error {
            Some(error) => format!("{text}: {error}"),
            None => text,
        };
        let mut draft = Draft::new(code, wording::word(&object.object), text);
        draft.by_run = true;
        let hint = hint(&object.object, &status, error.as_deref());
        drafts.push(draft.evidence(format!("Ready: HealthCheckFailed, status {status}")).hint(hint));
    }
    drafts
}

fn hint(object: &str, status: &str, error: Option<&str>) -> String {
    let parts: Vec<&str> = object.split('/').collect();
    let (kind, namespace, name) = match parts.as_slice() {
        [kind, namespace, name] => (*kind, *namespace, *name),
        [kind, name] => (*kind, "", *name),
        _ => (object, "", ""),
    };
    let describe = format!(
        "{} describe {} {}",
        kubectl(namespace),
        argument(&kind.to_ascii_lowercase()),
        argument(name)
    );
    match (status, error) {
        (_, Some(error)) if error.contains("no matches for kind") => {
            format!("install the CustomResourceDefinition of {kind}, or correct spec.healthChecks")
        }
        (_, Some(error))
            if error.contains("CEL")
                || error.contains("no such key")
                || error.contains("no such attribute") =>
        {
            format!(
                "correct the expression for {kind} in spec.healthCheckExprs: has(…) asks whether a field is there"
            )
        }
        ("NotFound", _) => {
            format!("see who is to make {object}, or take it out of spec.healthChecks: {describe}")
        }
        _ => format!("see its status and events: {describe}; raise spec.timeout if it only needs longer"),
    }
}
