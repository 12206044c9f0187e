//! Which versions of our kinds the cluster serves and stores, whose their CRDs are, and whether their schemas know what
//! the controllers write and users may set.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

use super::owner::Owner;
use super::schema;
use super::seen::{Definition, Read, Theirs};
use crate::finding::Finding;
use crate::installed::Controller;

#[cfg(test)]
mod tests;

/// How many missing fields are named.
const NAMED: usize = 5;
/// The controllers that work with Flux's kinds.
const CONTROLLERS: [&str; 3] = ["source-controller", "kustomize-controller", "health-controller"];

/// What the CRDs are looked at for.
#[derive(Debug, Clone, Copy)]
pub(super) enum When<'a> {
    /// An installation, which can bring them.
    Before,
    /// These controllers, which need them.
    Installed(&'a [Controller]),
}

/// One finding for each of our CRDs that matters.
pub(super) fn findings(definitions: &Read<Definition>, when: When<'_>) -> Vec<Finding> {
    definitions.found.iter().filter_map(|definition| one(definition, when)).collect()
}

fn one(definition: &Definition, when: When<'_>) -> Option<Finding> {
    let ours = &definition.ours;
    let name = ours.metadata.name.as_deref().unwrap_or_default();
    let object = format!("CustomResourceDefinition {name}");
    let version = ours.spec.versions.first().map(|version| version.name.as_str()).unwrap_or_default();
    match &definition.theirs {
        Theirs::Absent => absent(object, ours, when),
        Theirs::Served(versions) if versions.iter().any(|served| served == version) => {
            Some(Finding::fine(object, format!("serves {}", versions.join(", "))))
        }
        Theirs::Served(versions) => Some(unserved(object, &versions.join(", "), version, &Owner::Unknown)),
        Theirs::Whole(theirs) => Some(whole(object, ours, theirs, version)),
    }
}

fn absent(object: String, ours: &CustomResourceDefinition, when: When<'_>) -> Option<Finding> {
    match when {
        When::Before => Some(Finding::fine(object, "is not there yet; the chart brings it")),
        When::Installed(controllers) => {
            let needs = |controller: &&Controller| match ours.spec.group.as_str() {
                api::FLYBALL_GROUP => controller.name == "health-controller",
                _ => CONTROLLERS.contains(&controller.name.as_str()),
            };
            let needed_by = controllers.iter().find(needs)?;
            let message = format!("does not exist, and {} needs it", needed_by.name);
            let hint = "install the chart with crds.enabled=true";
            Some(match ours.spec.names.kind.as_str() {
                // Flux has had it since 2.7 only.
                "ExternalArtifact" => {
                    Finding::warning(object, "does not exist: no Kustomization can have such a source")
                        .hint(hint)
                }
                _ => Finding::problem(object, message).hint(hint),
            })
        }
    }
}

fn unserved(object: String, served: &str, version: &str, owner: &Owner) -> Finding {
    Finding::problem(object, format!("serves {served}, and {version} is needed; {owner}"))
        .hint(owner.how_to_change())
}

fn whole(
    object: String,
    ours: &CustomResourceDefinition,
    theirs: &CustomResourceDefinition,
    version: &str,
) -> Finding {
    let owner = Owner::of(&theirs.metadata);
    let served: Vec<&str> = theirs
        .spec
        .versions
        .iter()
        .filter(|version| version.served)
        .map(|version| version.name.as_str())
        .collect();
    let served = if served.is_empty() { "no version".to_owned() } else { served.join(", ") };
    let stored = theirs.status.as_ref().and_then(|status| status.stored_versions.clone()).unwrap_or_default();
    if !is_established(theirs) {
        return Finding::problem(object, format!("is not established; {owner}")).hint(
            "`kubectl describe crd` on it shows in its conditions why, often a name that another CRD has",
        );
    }
    let (Some(wanted), Some(found)) = (schema::of(ours, version), schema::of(theirs, version)) else {
        return unserved(object, &served, version, &owner);
    };
    let missing = schema::missing(wanted, found);
    let summary = format!("serves {served}, stores {}; {owner}", stored.join(", "));
    if !missing.is_empty() {
        let message = format!("{summary}; its schema is older and lacks {}", list(&missing));
        let writes = missing.iter().any(|path| path.starts_with("status"));
        return if writes {
            let message = format!("{message}, so that what controllers write there is lost");
            Finding::problem(object, message).hint(owner.how_to_change())
        } else {
            let message = format!("{message}, which cannot be set");
            Finding::warning(object, message).hint(owner.how_to_change())
        };
    }
    if stored.iter().any(|stored| stored != version) {
        return Finding::warning(object, summary).hint(
            "`flux migrate` writes all objects in the newest version and ends the storing of older ones",
        );
    }
    Finding::fine(object, summary)
}

fn is_established(definition: &CustomResourceDefinition) -> bool {
    let conditions = definition.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions
        .into_iter()
        .flatten()
        .any(|condition| condition.type_ == "Established" && condition.status == "True")
}

fn list(paths: &[String]) -> String {
    let named = paths.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match paths.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}
