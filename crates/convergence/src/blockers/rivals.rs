//! Objects that two Kustomizations apply, each at its turn.

use std::collections::BTreeMap;

use api::blocker::BlockerCode;
use health::wording;
use manifest::ObjectId;

use super::about::About;
use super::draft::Draft;
use crate::view::Rival;

/// Shared objects that are blockers of their own, for each rival; the rest are counted.
const SHOWN: usize = 5;

/// One blocker per shared object, the first few for each other Kustomization.
pub(crate) fn of_rivals(about: &About<'_>, rivals: &[Rival]) -> Vec<Draft> {
    let mut by_other: BTreeMap<Option<&ObjectId>, Vec<&ObjectId>> = BTreeMap::new();
    for rival in rivals {
        by_other.entry(rival.kustomization.as_ref()).or_default().push(&rival.object);
    }
    let mut drafts = Vec::new();
    for (other, mut objects) in by_other {
        objects.sort();
        objects.dedup();
        let all = objects.len();
        for object in objects.into_iter().take(SHOWN) {
            drafts.push(draft(about, object, other, all));
        }
    }
    drafts
}

fn draft(about: &About<'_>, object: &ObjectId, other: Option<&ObjectId>, all: usize) -> Draft {
    let name = |id: &ObjectId| wording::word(&format!("{}/{}", id.namespace, id.name));
    let subject = wording::word(&object.to_string());
    let own = format!("{}/{}", about.namespace(), about.name());
    let other = other.map(name);
    let whose = match &other {
        Some(other) => format!("Kustomization {other}"),
        None => "a Kustomization of another namespace".to_owned(),
    };
    let draft = Draft::new(
        BlockerCode::OwnershipConflict,
        subject.clone(),
        format!("{whose} applies it, too: whichever runs last wins"),
    )
    .evidence(format!("in status.inventory of {own} and of {}", other.as_deref().unwrap_or("another")));
    let draft = if all > 1 { draft.evidence(format!("objects that both apply: {all}")) } else { draft };
    draft.hint(match &other {
        Some(other) => format!(
            "remove {subject} from the manifests of one of the two, {own} or {other}; to hand it over, remove it from the one in the same commit that adds it to the other"
        ),
        None => format!("remove {subject} from the manifests of {own}, or have the other one remove it; its owner labels name who applied it last"),
    })
}

#[cfg(test)]
mod tests;
