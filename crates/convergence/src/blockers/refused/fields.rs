//! Fields that are unknown, wrong, set once and for all, or somebody else's.

use api::blocker::BlockerCode;
use api::labels::{ENABLED, FORCE};
use api::refusal::{FieldProblem, Said, is_immutable};

use super::subject::Refused;
use crate::blockers::draft::Draft;

/// Fields that are named in one sentence.
const SHOWN: usize = 3;

pub(super) fn read(refused: &Refused<'_>, said: &Said<'_>) -> Option<Draft> {
    let named = refused.named();
    Some(match said {
        Said::UnknownFields(paths) => {
            let list = listed(paths.iter().map(|path| (*path).to_owned()));
            refused.told(
                BlockerCode::UnknownField,
                format!("the schema declares no field {list}"),
                format!(
                    "correct or remove {list} in {named}; what there is: kubectl explain {}",
                    refused.kind().to_ascii_lowercase()
                ),
            )
        }
        Said::Fields(problems) => of_fields(refused, problems),
        Said::Conflict { manager, field } => conflict(refused, manager, field),
        Said::Modified => refused.quoted(
            BlockerCode::FieldConflict,
            format!(
                "somebody writes {named} at the same time; the next run tries again: {}",
                refused.about.reconcile()
            ),
        ),
        Said::TooLarge => refused.quoted(
            BlockerCode::SchemaInvalid,
            format!("make {named} smaller: the API server takes no more than about 1.5 MiB per object"),
        ),
        Said::Other if is_immutable(&refused.refusal.message) => immutable(refused, &[]),
        _ => return None,
    })
}

fn of_fields(refused: &Refused<'_>, problems: &[FieldProblem<'_>]) -> Draft {
    if problems.iter().any(|problem| problem.is_immutable) || is_immutable(&refused.refusal.message) {
        return immutable(refused, problems);
    }
    let list = listed(problems.iter().map(|problem| format!("{}: {}", problem.path, problem.complaint)));
    let paths = listed(problems.iter().map(|problem| problem.path.to_owned()));
    let typed = problems.iter().any(|problem| problem.complaint.starts_with("expected string"));
    let hint = if typed {
        format!(
            "put the value of {paths} into quotation marks in {}: YAML takes it for a number or a boolean",
            refused.named()
        )
    } else {
        format!("correct {paths} in {}", refused.named())
    };
    refused.told(BlockerCode::SchemaInvalid, list, hint)
}

/// A field that is set once and for all.
fn immutable(refused: &Refused<'_>, problems: &[FieldProblem<'_>]) -> Draft {
    let set = problems.iter().filter(|problem| problem.is_immutable).map(|problem| problem.path.to_owned());
    let list = listed(set);
    let list = if list.is_empty() { "a field".to_owned() } else { list };
    let sentence = if is_stateful_set(refused) {
        "its spec cannot be changed but for replicas, template, updateStrategy and a few more".to_owned()
    } else {
        format!("{list} cannot be changed: it is immutable")
    };
    refused.told(BlockerCode::ImmutableField, sentence, anew(refused))
}

fn is_stateful_set(refused: &Refused<'_>) -> bool {
    refused.kind() == "StatefulSet" && refused.refusal.message.contains("updates to statefulset spec")
}

/// How an object is made anew.
fn anew(refused: &Refused<'_>) -> String {
    let named = refused.named();
    let force = format!(
        "annotate it {FORCE}: {ENABLED} (or set spec.force of {}), which deletes it and makes it anew",
        refused.about.named()
    );
    match refused.kind() {
        "StatefulSet" => format!(
            "undo the change in {named}, or keep its Pods and volumes and make it anew: {} --cascade=orphan, then {}",
            refused.kubectl("delete"),
            refused.about.reconcile()
        ),
        "PersistentVolumeClaim" | "PersistentVolume" => format!(
            "undo the change in {named}: what is on the volume would be lost if it were made anew; only requests may grow"
        ),
        "Job" => format!("give the Job another name with each change, or {force}"),
        _ => format!("undo the change in {named}, or {force}"),
    }
}

/// A field that another manager owns.
pub(super) fn conflict(refused: &Refused<'_>, manager: &str, field: &str) -> Draft {
    let named = refused.named();
    if manager.is_empty() {
        return refused.quoted(
            BlockerCode::FieldConflict,
            format!(
                "let one side own the field of {named}: {} -o yaml --show-managed-fields",
                refused.kubectl("get")
            ),
        );
    }
    let field = if field.is_empty() { "a field" } else { field };
    refused.told(
        BlockerCode::FieldConflict,
        format!("field manager {manager} owns {field}"),
        format!("take {field} of {named} out of the manifests, or have {manager} let go of it: {} -o yaml --show-managed-fields", refused.kubectl("get")),
    )
}

/// An object whose values do not fit its type.
pub(super) fn unreadable(refused: &Refused<'_>) -> Draft {
    let message = &refused.refusal.message;
    let hint = if message.contains("illegal base64") {
        format!("write the values in data of {} in base64, or plainly into stringData", refused.named())
    } else {
        format!(
            "correct the field of {} whose value does not fit its type; kubectl explain {}",
            refused.named(),
            refused.kind().to_ascii_lowercase()
        )
    };
    refused.quoted(BlockerCode::SchemaInvalid, hint)
}

/// The first few, and that there are more.
fn listed(items: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = items.collect();
    let shown = all.get(..SHOWN).unwrap_or(&all).join(", ");
    if all.len() > SHOWN { format!("{shown} and {} more", all.len() - SHOWN) } else { shown }
}
