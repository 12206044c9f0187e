//! Matching objects: anchored regular expressions on ids, and selectors of labels and annotations, whose grammar is in
//! [`requirements`].

pub(crate) mod requirements;

use crate::error::{Error, Result};
use crate::id::Id;
use crate::kustomization::Selector;
use crate::pattern::Pattern;
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::work::Work;

use requirements::Requirements;

/// Objects that are looked at for one step.
const OBJECTS_PER_STEP: usize = 4;

/// The parts of a [`Selector`] that look at ids.
#[derive(Debug)]
pub(crate) struct IdSelector {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
}

impl IdSelector {
    pub(crate) fn new(selector: &Selector, work: &Work) -> Result<Self> {
        Ok(Self {
            group: Pattern::new(&selector.group, work)?,
            version: Pattern::new(&selector.version, work)?,
            kind: Pattern::new(&selector.kind, work)?,
            name: Pattern::new(&selector.name, work)?,
            namespace: Pattern::new(&selector.namespace, work)?,
        })
    }

    fn matches_gvk(&self, id: &Id, work: &Work) -> Result<bool> {
        Ok(self.group.matches(&id.group, work)?
            && self.version.matches(&id.version, work)?
            && self.kind.matches(&id.kind, work)?)
    }

    /// Whether one id fits in all parts, its namespace as written.
    pub(crate) fn matches_plainly(&self, id: &Id, work: &Work) -> Result<bool> {
        Ok(self.matches_gvk(id, work)?
            && self.name.matches(&id.name, work)?
            && self.namespace.matches(&id.namespace, work)?)
    }

    /// Whether original or current name, and original or current namespace, and the current kind fit.
    fn matches(&self, resource: &Resource, work: &Work) -> Result<bool> {
        let (current, original) = (resource.id(), resource.original_id());
        let either = |pattern: &Pattern, one: &str, other: &str| {
            Ok::<bool, Error>(pattern.matches(one, work)? || pattern.matches(other, work)?)
        };
        Ok(either(&self.namespace, original.effective_namespace(), current.effective_namespace())?
            && either(&self.name, &original.name, &current.name)?
            && self.matches_gvk(current, work)?)
    }
}

/// Positions of the objects that a patch target selects.
pub(crate) fn select(map: &mut ResMap, selector: &Selector) -> Result<Vec<usize>> {
    let work = map.work().clone();
    let ids = IdSelector::new(selector, &work)?;
    let candidates: Vec<usize> = match &ids.name {
        Pattern::Literal(name) => map.by_name(name).to_vec(),
        _ => (0..map.len()).collect(),
    };
    work.step(1 + candidates.len() / OBJECTS_PER_STEP)?;
    let meta = MetaSelector::new(selector, &work)?;
    let mut selected = Vec::new();
    for position in candidates {
        let Some(resource) = map.get(position) else { continue };
        if !ids.matches(resource, &work)? {
            continue;
        }
        // Like the original, a bad grammar is only noticed when an object gets here.
        if !matches_texts(&meta.labels, resource, "labels", &work)?
            || !matches_texts(&meta.annotations, resource, "annotations", &work)?
        {
            continue;
        }
        selected.push(position);
    }
    Ok(selected)
}

fn matches_texts(
    requirements: &Result<Requirements>,
    resource: &Resource,
    field: &str,
    work: &Work,
) -> Result<bool> {
    match requirements {
        Ok(requirements) if requirements.is_empty() => Ok(true),
        Ok(requirements) => {
            let texts = resource.meta_map(field).map_or(&[][..], |map| map.entries.as_slice());
            requirements.matches(texts, work)
        }
        Err(error) => Err(error.clone()),
    }
}

/// The parts of a [`Selector`] that look at labels and annotations.
#[derive(Debug)]
pub(crate) struct MetaSelector {
    annotations: Result<Requirements>,
    labels: Result<Requirements>,
}

impl MetaSelector {
    /// Reads both; what is wrong with them is for the first object that gets that far.
    pub(crate) fn new(selector: &Selector, work: &Work) -> Result<Self> {
        // Each letter may become a word.
        work.step((selector.annotation_selector.len() + selector.label_selector.len()) / 8)?;
        Ok(Self {
            annotations: Requirements::parse(&selector.annotation_selector),
            labels: Requirements::parse(&selector.label_selector),
        })
    }

    /// Whether an object's annotations and labels fit.
    pub(crate) fn matches(&self, resource: &Resource, work: &Work) -> Result<bool> {
        Ok(matches_texts(&self.annotations, resource, "annotations", work)?
            & matches_texts(&self.labels, resource, "labels", work)?)
    }
}
