//! What kustomize-controller reports of drift: fields that two sides change in turn, objects that cannot be put back, and
//! drift that stays because it is only reported. Healed drift is nothing to tell.

use api::blocker::BlockerCode;
use api::drift_report::{DriftMode, DriftReportStatus, DriftState, DriftedObject, FieldDrift, Fight};
use api::labels::DRIFT_MODE;
use api::refusal::Said;
use health::explain::refusal as words;
use health::wording;
use manifest::ObjectId;

use super::about::{About, argument, kubectl};
use super::draft::Draft;

/// Paths of an object that are told.
const PATHS: usize = 3;

/// Field managers, whose they are, and what ends a fight with them.
const MANAGERS: &[(&str, &str)] = &[
    ("argocd", "Argo CD applies the object, too: let one of the two do it"),
    ("cert-manager-cainjector", "cert-manager fills in the CA: leave caBundle out of the manifests"),
    ("helm", "a Helm release has the object, too: let one of the two make it"),
    ("keda", "KEDA scales it: leave spec.replicas out of the manifests"),
    (
        "kube-controller-manager",
        "a controller of Kubernetes sets it, for spec.replicas a HorizontalPodAutoscaler: leave the field out of the manifests",
    ),
    ("kubectl", "a person or a script changes it by kubectl: change the manifests instead"),
    ("kustomize-controller", "another Kustomization applies the object, too: remove it from one of the two"),
    ("pilot-discovery", "Istio fills it in: leave the field out of the manifests"),
    ("vpa", "a VerticalPodAutoscaler sets it: leave resources out of the manifests"),
];

/// One blocker per fight.
pub(crate) fn fights(about: &About<'_>, report: &DriftReportStatus) -> Vec<Draft> {
    report.fights.iter().filter_map(|fight| fight_of(about, fight)).collect()
}

fn fight_of(about: &About<'_>, fight: &Fight) -> Option<Draft> {
    let id = ObjectId::from_inventory(&fight.id).ok()?;
    let subject = wording::word(&id.to_string());
    let path = wording::word(&fight.path);
    let manager = fight.manager.as_deref().map(wording::word);
    let other = manager.clone().unwrap_or_else(|| "somebody".to_owned());
    let draft = Draft::new(
        BlockerCode::DriftFight,
        subject.clone(),
        format!("{other} changes {path} again as often as {} puts it back", api::labels::APPLY_MANAGER),
    );
    let sides = format!(
        "{path}: {} by the manifests, {} by {other}",
        value(fight.desired.as_deref()),
        value(fight.live.as_deref())
    );
    let known = manager.as_deref().and_then(|manager| {
        MANAGERS.iter().find(|(name, _)| manager.to_ascii_lowercase().starts_with(name)).map(|(_, way)| *way)
    });
    let ignore = format!("or add {path} to spec.ignore of {}", about.named());
    Some(draft.evidence(sides).hint(match known {
        Some(way) => format!("{way}; {ignore}"),
        None => format!(
            "let one side own {path}: leave it out of the manifests, stop {other}, {ignore}; {}",
            who_writes(&id)
        ),
    }))
}

/// Where it stands who writes the fields of an object.
pub(crate) fn who_writes(id: &ObjectId) -> String {
    format!(
        "who writes it: {} get {} {} -o yaml --show-managed-fields",
        kubectl(&id.namespace),
        argument(&id.kind.to_ascii_lowercase()),
        argument(&id.name)
    )
}

/// One blocker per object that differs and could not be put back.
pub(crate) fn unhealed(about: &About<'_>, report: &DriftReportStatus) -> Vec<Draft> {
    report
        .objects
        .iter()
        .filter(|object| object.state == DriftState::Failed)
        .filter_map(|object| unhealed_of(about, object))
        .collect()
}

fn unhealed_of(about: &About<'_>, object: &DriftedObject) -> Option<Draft> {
    let why = object.message.as_deref()?;
    let id = ObjectId::from_inventory(&object.id).ok()?;
    let code = match Said::read(why) {
        Said::NoRight(_) | Said::Unauthorized => BlockerCode::Forbidden,
        Said::QuotaExceeded { .. } | Said::QuotaNeeds { .. } => BlockerCode::QuotaExceeded,
        Said::WebhookDown { .. } => BlockerCode::WebhookUnavailable,
        Said::WebhookDenied { .. }
        | Said::PolicyDenied { .. }
        | Said::PodSecurity { .. }
        | Said::Forbidden { .. } => BlockerCode::AdmissionDenied,
        Said::Conflict { .. } | Said::Modified => BlockerCode::FieldConflict,
        _ => BlockerCode::ReconciliationFailed,
    };
    let subject = wording::word(&id.to_string());
    let mut draft = Draft::new(
        code,
        subject,
        wording::quoted(&format!("somebody changed it, and it could not be put back: {why}")),
    );
    draft.evidence = object.paths.iter().take(PATHS).map(path_line).collect();
    let hint = words::refused(why, &id.namespace).map(|refused| refused.hint);
    Some(draft.hint(hint.unwrap_or_else(|| {
        format!("do what the message says; the next run tries again: {}", about.reconcile())
    })))
}

/// What is said of an object that differs now: a sentence where the drift is meant to stay, and its paths.
pub(crate) fn say(report: &DriftReportStatus, id: &str) -> Option<(Option<String>, Vec<String>)> {
    let object =
        report.objects.iter().find(|object| object.id == id && object.state != DriftState::Healed)?;
    let lines: Vec<String> = object.paths.iter().take(PATHS).map(path_line).collect();
    let by_mode = report.mode == Some(DriftMode::Report) && object.state == DriftState::Drifted;
    let sentence = by_mode.then(|| {
        let what = match object.paths.first() {
            _ if object.deleted => "it was deleted".to_owned(),
            Some(path) => path_line(path),
            None => "it differs from the manifests".to_owned(),
        };
        wording::quoted(&format!("drifted, reported only (annotation {DRIFT_MODE}): {what}"))
    });
    Some((sentence, lines))
}

/// `/spec/replicas: 3 by the manifests, 5 live, changed by kubectl-edit`.
fn path_line(path: &FieldDrift) -> String {
    let by = path
        .manager
        .as_deref()
        .map_or_else(String::new, |manager| format!(", changed by {}", wording::word(manager)));
    format!(
        "{}: {} by the manifests, {} live{by}",
        wording::word(&path.path),
        value(path.desired.as_deref()),
        value(path.live.as_deref())
    )
}

fn value(value: Option<&str>) -> String {
    value.map_or_else(|| "nothing".to_owned(), wording::quoted)
}

#[cfg(test)]
mod tests;
