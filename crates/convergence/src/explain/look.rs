//! How an object is, by itself, with its Pods and what else is beside it. What it was before is not known here.

use health::Judgement;
use health::beside::Kin;
use health::explain::{Scene, flux_explanation, selects, warnings};
use manifest::ObjectId;
use serde_json::Value;

use crate::view::View;
use crate::visibility::Seen;

/// The end of the groups of Flux's kinds.
const FLUX: &str = ".toolkit.fluxcd.io";

/// Warnings that are told of an object of which nothing else is.
const WARNINGS: usize = 2;

/// How an object is at this look.
pub(super) fn judgement(view: &View<'_>, id: &ObjectId, seen: &Seen) -> Judgement {
    let pods = match seen.object() {
        Some(object) if view.rules.of(&id.group, &id.kind).pods.exist() => {
            let all = view.beside.list(Kin::Pod, &id.namespace);
            all.into_iter().flatten().filter(|pod| selects(object, pod.pointer("/metadata/labels"))).collect()
        }
        _ => Vec::new(),
    };
    let chosen: Vec<&Value> = pods.iter().map(AsRef::as_ref).collect();
    let mut said = seen.judge(&chosen, view.beside, view.rules, view.now);
    let Some(object) = seen.object().filter(|_| !said.state.is_fine()) else { return said };
    let scene = Scene { namespace: &id.namespace, beside: view.beside, now: Some(view.now) };
    if said.evidence.is_empty() {
        said.evidence = warnings(object, &id.kind, &scene).into_iter().take(WARNINGS).collect();
    }
    if id.group.ends_with(FLUX) { of_flux(object, &scene, said) } else { said }
}

/// What Flux's own objects say leads further: to the child's explanation, or to what its source needs.
fn of_flux(object: &Value, scene: &Scene<'_>, said: Judgement) -> Judgement {
    let Some(told) = flux_explanation(object, scene) else { return said };
    Judgement { hint: told.hint.or(said.hint), ..said }
}
