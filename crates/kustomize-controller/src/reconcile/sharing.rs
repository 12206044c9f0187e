//! Objects that another Kustomization declares as well, as somebody has to repair it: whichever runs last applies them, as
//! in Flux. Both are told, once. Between runs the one whose labels stand on an object keeps it (`heal`), and neither prunes
//! what the other declares (`handover`).

use super::scope::Scope;
use super::source;
use crate::context::Context;
use crate::declared::{IdDigest, Made, Objects};
use crate::render_request;
use crate::target::TargetObject;
use ::apply::Change;
use api::condition::reason;
use cluster::TargetId;
use manifest::ObjectId;
use reconcile_core::ObjectKey;
use reconcile_core::events::Severity;
use std::collections::{BTreeMap, HashMap};

/// Objects that are named.
const SHOWN: usize = 3;

/// Looks at what was applied, and tells. It costs no request: only who claims one of our objects is looked at, and of those
/// only the ones whose present input gives it, not one that is about to hand it over.
pub(crate) fn tell(scope: &Scope<'_>, changes: &[Change]) {
    let Scope { ctx, key, .. } = scope;
    let cluster = scope.target.id().cluster();
    let mut declares: HashMap<ObjectKey, Option<Objects>> = HashMap::new();
    let mut shared: BTreeMap<ObjectKey, Vec<&ObjectId>> = BTreeMap::new();
    for change in changes {
        let object = TargetObject::new(scope.target.id(), change.id.clone());
        for other in ctx.claims.others(&object, key) {
            let objects =
                declares.entry(other.clone()).or_insert_with(|| declared(ctx, &other, cluster.clone()));
            if objects.as_ref().is_some_and(|objects| objects.contain(IdDigest::of(&object))) {
                shared.entry(other).or_default().push(&change.id);
            }
        }
    }
    let texts = shared.into_iter().map(|(other, objects)| (other, list(&objects))).collect();
    for (other, objects) in ctx.shared.news(key, texts) {
        for (told, sharer) in [(*key, &other), (&other, *key)] {
            let Some(object) = ctx.kustomizations.get(told) else { continue };
            let message = format!(
                "also declared by Kustomization {sharer}: {objects}; whichever of the two runs last applies them"
            );
            ctx.reporter.event(&object, None, Severity::Error, reason::SHARED_OBJECT, &message);
        }
    }
}

/// What a Kustomization's present input gives in a cluster, as far as that is known.
fn declared(ctx: &Context, key: &ObjectKey, cluster: TargetId) -> Option<Objects> {
    let other = ctx.kustomizations.get(key)?;
    if other.spec.suspend || other.metadata.deletion_timestamp.is_some() {
        return None;
    }
    let artifact = source::known_source(ctx, key, &other).ok()?;
    let spec = render_request::digest(&ctx.options, key, &other.spec);
    ctx.declared.of(key, &Made { artifact: artifact.digest, spec, cluster })
}

fn list(objects: &[&ObjectId]) -> String {
    let mut parts: Vec<String> = objects.iter().take(SHOWN).map(ToString::to_string).collect();
    if objects.len() > parts.len() {
        parts.push(format!("and {} more", objects.len() - parts.len()));
    }
    parts.join(", ")
}
