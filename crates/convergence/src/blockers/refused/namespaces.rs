//! Namespaces that are missing, not named, or on their way out.

use api::blocker::BlockerCode;
use api::refusal::Said;
use health::beside::Kin;
use health::explain::{Scene, explain_deletion};

use super::subject::Refused;
use crate::blockers::draft::Draft;

pub(super) fn not_specified(refused: &Refused<'_>) -> Draft {
    refused.told(
        BlockerCode::NamespaceMissing,
        format!("{} names no namespace and needs one", refused.named()),
        format!(
            "set metadata.namespace of {} in the manifests, or spec.targetNamespace of {}",
            refused.named(),
            refused.about.named()
        ),
    )
}

pub(super) fn read(refused: &Refused<'_>, said: &Said<'_>) -> Option<Draft> {
    match said {
        Said::NamespaceMissing(name) => Some(refused.told(
            BlockerCode::NamespaceMissing,
            format!("namespace {name} does not exist"),
            format!(
                "create Namespace {name}, add it to the manifests, or set spec.targetNamespace of {}",
                refused.about.named()
            ),
        )),
        Said::NamespaceTerminating(name) => {
            let name = if name.is_empty() { refused.namespace() } else { name };
            Some(terminating(refused, name))
        }
        _ => None,
    }
}

/// With what keeps the namespace, where that is known.
fn terminating(refused: &Refused<'_>, name: &str) -> Draft {
    let known = refused.about.beside.list(Kin::Namespace, "").into_iter().flatten();
    let found = known.into_iter().find(|namespace| {
        namespace.pointer("/metadata/name").and_then(serde_json::Value::as_str) == Some(name)
    });
    let told = found.map(|namespace| {
        // What is beside objects carries no kind.
        let mut namespace = (*namespace).clone();
        if let Some(map) = namespace.as_object_mut() {
            map.insert("kind".to_owned(), "Namespace".into());
            map.insert("apiVersion".to_owned(), "v1".into());
        }
        explain_deletion(&namespace, &Scene { beside: refused.about.beside, ..Scene::BARE })
    });
    let hint = told.as_ref().and_then(|told| told.hint.clone()).unwrap_or_else(|| {
        format!(
            "wait until namespace {name} is gone, or find what keeps it: kubectl get namespace {name} -o jsonpath='{{.status.conditions}}'"
        )
    });
    let mut draft =
        refused.told(BlockerCode::NamespaceTerminating, format!("namespace {name} is being deleted"), hint);
    draft.evidence.extend(told.map(|told| told.message));
    draft
}
