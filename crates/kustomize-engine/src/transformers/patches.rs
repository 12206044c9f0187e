//! `patches`, `patchesStrategicMerge` and `patchesJson6902`.

use manifest::yaml::{Node, Scalar, Tag};

use super::transformer::Transformer;
use crate::edit;
use crate::error::{Error, Result, Within as _};
use crate::id::Id;
use crate::json6902::JsonPatch;
use crate::kustomization::{Patch, Selector};
use crate::load::Loader;
use crate::merge;
use crate::objects;
use crate::resmap::ResMap;
use crate::resource::{Resource, set_namespace};
use crate::schema::{Custom, Schemas};
use crate::selector::select;
use crate::work::{Held, Work};

/// One entry of `patches`.
#[derive(Debug)]
pub(crate) struct Patches {
    source: String,
    inline: bool,
    target: Option<Selector>,
    body: Body,
    _held: Held,
}

#[derive(Debug)]
enum Body {
    Nothing,
    Strategic(Vec<Resource>),
    Json(JsonPatch),
}

/// Reads patches as objects; ids are checked as everywhere.
fn read_objects(text: &str, work: &Work) -> Result<Vec<Resource>> {
    objects::parse(text, work)?.into_iter().map(Resource::weighed).collect()
}

fn weight(patches: &[Resource]) -> usize {
    patches.iter().map(Resource::weight).sum()
}

impl Patches {
    /// Reads the text and finds out which kind of patch it is.
    pub(crate) fn new(loader: &Loader<'_>, patch: &Patch) -> Result<Self> {
        let inline = patch.patch.trim();
        let (text, source) = match (inline.is_empty(), patch.path.is_empty()) {
            (true, true) => {
                return Err(Error::input("must specify one of patch and path"));
            }
            (false, false) => {
                return Err(Error::input(format!(
                    "patch and path can't be set at the same time: [path: {:?}]",
                    patch.path
                )));
            }
            (false, true) => (inline.to_owned(), format!("[patch of {} lines]", inline.lines().count())),
            (true, false) => {
                let text = loader
                    .load_text(&patch.path)
                    .within(|| format!("failed to get the patch file from path({})", patch.path))?;
                (text, format!("[path: {:?}]", patch.path))
            }
        };
        let work = loader.work();
        let strategic = read_objects(&text, work);
        let json = JsonPatch::read(&text, work);
        for error in [strategic.as_ref().err(), json.as_ref().err()].into_iter().flatten() {
            if let Some(exceeded) = error.exceeded() {
                return Err(exceeded.into());
            }
        }
        let body = match (strategic, json) {
            (Ok(objects), Ok(json)) if !objects.is_empty() && json.len() > 0 => {
                return Err(Error::input(format!(
                    "illegally qualifies as both an SM and JSON patch: {source}"
                )));
            }
            (Err(_), Err(_)) => {
                return Err(Error::input(format!("unable to parse SM or JSON patch from {source}")));
            }
            (Ok(objects), _) if objects.is_empty() => Body::Nothing,
            (Ok(mut objects), _) => {
                let options = patch.options.clone().unwrap_or_default();
                for object in &mut objects {
                    if options.allow_name_change {
                        object.allow_name_change()?;
                    }
                    if options.allow_kind_change {
                        object.allow_kind_change()?;
                    }
                }
                Body::Strategic(objects)
            }
            (Err(_), Ok(json)) => Body::Json(json),
        };
        let _held = work.held(match &body {
            Body::Nothing => 0,
            Body::Strategic(patches) => weight(patches),
            Body::Json(patch) => patch.weight(),
        })?;
        Ok(Self { source, inline: !inline.is_empty(), target: patch.target.clone(), body, _held })
    }
}

impl Patches {
    /// Names a patch that is written out by its place in the kustomization file.
    pub(crate) fn at(mut self, place: String) -> Self {
        if self.inline {
            self.source = place;
        }
        self
    }
}

impl Transformer for Patches {
    fn merges(&self) -> bool {
        matches!(self.body, Body::Strategic(_))
    }

    fn run(&self, map: &mut ResMap, schemas: &Schemas) -> Result<()> {
        match (&self.body, &self.target) {
            (Body::Nothing, _) => Ok(()),
            (Body::Strategic(patches), Some(target)) => {
                let [patch] = patches.as_slice() else {
                    return Err(Error::input(format!(
                        "Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set `patches.target` \
                         field: {}",
                        self.source
                    )));
                };
                let selected = select(map, target).within(|| {
                    format!("unable to find patch target {:?} in `resources`", describe(target))
                })?;
                let mut copies = Copies::of(patch);
                for position in selected {
                    copies.apply(map, position, schemas)?;
                }
                map.drop_empties();
                map.check_unique()
            }
            (Body::Strategic(patches), None) => {
                let work = map.work().clone();
                for patch in patches {
                    work.step(1)?;
                    let id = &target_id(patch, schemas);
                    let position = map.one_by_id(id).within(|| {
                        format!("no resource matches strategic merge patch {:?}", id.to_string())
                    })?;
                    map.change(position, |resource| {
                        let _copy = charge(resource, patch, &work)?;
                        apply(resource, patch, schemas, &work)
                    })?;
                }
                Ok(())
            }
            (Body::Json(_), None) => {
                Err(Error::input(format!("must specify a target for JSON patch {}", self.source)))
            }
            (Body::Json(patch), Some(target)) => {
                let work = map.work().clone();
                for position in select(map, target)? {
                    map.change(position, |resource| {
                        resource.store_previous_id()?;
                        apply_json(resource, patch, &work)
                    })?;
                }
                Ok(())
            }
        }
    }
}

/// The id that a patch without target looks for; schemas may tell that its kind has no namespace.
fn target_id(patch: &Resource, schemas: &Schemas) -> Id {
    let id = patch.original_id().clone();
    let scoped = |custom: &Custom| custom.is_cluster_scoped(patch.api_version(), &id.kind);
    Id { cluster: id.cluster || schemas.custom.as_deref().is_some_and(scoped), ..id }
}

/// A target as the original tells it.
fn describe(target: &Selector) -> String {
    let id = Id {
        group: target.group.as_str().into(),
        version: target.version.as_str().into(),
        kind: target.kind.as_str().into(),
        name: target.name.as_str().into(),
        namespace: target.namespace.as_str().into(),
        cluster: false,
    };
    format!("{id}:a={}:l={}", target.annotation_selector, target.label_selector)
}

/// Applies copies of a patch that take their targets' group and version; one copy does for all targets that have the same.
struct Copies<'a> {
    patch: &'a Resource,
    last: Option<(String, Resource)>,
}

impl<'a> Copies<'a> {
    fn of(patch: &'a Resource) -> Self {
        Self { patch, last: None }
    }

    fn apply(&mut self, map: &mut ResMap, position: usize, schemas: &Schemas) -> Result<()> {
        let work = map.work().clone();
        map.change(position, |resource| {
            let _copy = charge(resource, self.patch, &work)?;
            let id = resource.id();
            let api_version = if id.group.is_empty() {
                id.version.to_string()
            } else {
                format!("{}/{}", id.group, id.version)
            };
            let copy = match self.last.take() {
                Some((known, copy)) if known == api_version => copy,
                _ => self.copy(&api_version)?,
            };
            let outcome = apply(resource, &copy, schemas, &work);
            self.last = Some((api_version, copy));
            outcome
        })
        .map(drop)
    }

    fn copy(&self, api_version: &str) -> Result<Resource> {
        let mut copy = self.patch.clone();
        copy.inherit_from(self.patch)?;
        copy.set_api_version(api_version)?;
        copy.set_kind(self.patch.kind())?;
        Ok(copy)
    }
}

/// Charges that a patch is merged into an object; holds what it adds at most, and the copies of both.
fn charge(resource: &Resource, patch: &Resource, work: &Work) -> Result<Held> {
    work.walk(resource.weight() + 3 * patch.weight())?;
    work.held(resource.weight() + 3 * patch.weight())
}

/// Merges a patch into an object; name, kind and namespace stay unless they may change.
fn apply(resource: &mut Resource, patch: &Resource, schemas: &Schemas, work: &Work) -> Result<()> {
    let id = resource.id().clone();
    if patch.name_change_allowed() || patch.kind_change_allowed() {
        resource.store_previous_id()?;
    }
    resource.edit(|node| {
        let target = std::mem::replace(node, Node::Scalar(Scalar::typed("", Tag::Null)));
        if let Some(merged) = merge::strategic(target, patch.node().clone(), schemas, work)? {
            *node = merged;
        }
        if edit::is_nil_or_empty(Some(node)) {
            return Ok(());
        }
        if !patch.kind_change_allowed() {
            edit::set_at(node, &["kind"], Some(Scalar::untyped(&*id.kind)))?;
        }
        if !patch.name_change_allowed() {
            edit::set_at(node, &["metadata", "name"], Some(Scalar::untyped(&*id.name)))?;
        }
        set_namespace(node, &id.namespace)
    })
}

/// Applies a JSON patch; the bookkeeping survives it.
fn apply_json(resource: &mut Resource, patch: &JsonPatch, work: &Work) -> Result<()> {
    // It becomes a value, which becomes nodes again.
    let weight = resource.node().weight();
    work.walk(2 * weight)?;
    let _copies = work.held(2 * weight)?;
    let kept: Vec<(String, String)> = resource
        .meta_texts("annotations")
        .into_iter()
        .filter(|(key, _)| key.starts_with("internal.config.kubernetes.io"))
        .collect();
    let patched = patch.apply(resource.node(), work)?;
    resource.replace_node(patched)?;
    let mut annotations = resource.meta_texts("annotations");
    annotations.extend(kept);
    resource.set_meta_texts("annotations", &annotations)
}

/// `patchesStrategicMerge`, all entries together.
#[derive(Debug)]
pub(crate) struct StrategicMerge {
    patches: Vec<Resource>,
    _held: Held,
}

impl StrategicMerge {
    /// Each entry is a text, else a path.
    pub(crate) fn new(loader: &Loader<'_>, entries: &[String], more: &str) -> Result<Self> {
        if entries.is_empty() && more.is_empty() {
            return Err(Error::input("empty file path and empty patch content"));
        }
        let work = loader.work();
        let mut held = work.nothing();
        let mut patches = Vec::new();
        for entry in entries {
            match read_objects(entry, work) {
                Ok(objects) => {
                    held.add(weight(&objects))?;
                    patches.extend(objects);
                }
                Err(error) if error.exceeded().is_some() => return Err(error),
                Err(_) => {
                    let text = loader.load_text(entry)?;
                    let objects = read_objects(&text, work);
                    held.add(objects.as_deref().map_or(0, weight))?;
                    patches.extend(objects.map_err(|error| objects::in_file(error, entry))?);
                }
            }
        }
        if !more.is_empty() {
            let objects = read_objects(more, work)?;
            held.add(weight(&objects))?;
            patches.extend(objects);
        }
        if patches.is_empty() {
            return Err(Error::input(format!("patch appears to be empty; {} files", entries.len())));
        }
        Ok(Self { patches, _held: held })
    }
}

impl Transformer for StrategicMerge {
    fn merges(&self) -> bool {
        true
    }

    fn run(&self, map: &mut ResMap, schemas: &Schemas) -> Result<()> {
        for patch in &self.patches {
            let position = map.one_by_id(&target_id(patch, schemas))?;
            Copies::of(patch).apply(map, position, schemas)?;
            map.drop_empties();
        }
        map.check_unique()
    }
}

/// One entry of `patchesJson6902`.
#[derive(Debug)]
pub(crate) struct Json6902 {
    target: Selector,
    patch: JsonPatch,
    _held: Held,
}

impl Json6902 {
    /// Reads the patch; the target must have a name.
    pub(crate) fn new(loader: &Loader<'_>, entry: &Patch) -> Result<Self> {
        let target = entry.target.clone().unwrap_or_default();
        if target.name.is_empty() {
            return Err(Error::input("must specify the target name"));
        }
        let text = match (entry.path.is_empty(), entry.patch.is_empty()) {
            (true, true) => return Err(Error::input("empty file path and empty jsonOp")),
            (false, false) => return Err(Error::input("must specify a file path or jsonOp, not both")),
            (true, false) => entry.patch.clone(),
            (false, true) => loader.load_text(&entry.path)?,
        };
        if text.is_empty() {
            return Err(Error::input(format!("patch file '{}' empty seems to be empty", entry.path)));
        }
        let shown = if entry.path.is_empty() { "the jsonOp" } else { &entry.path };
        let patch = JsonPatch::read(&text, loader.work()).within(|| format!("decoding {shown}"))?;
        if patch.len() == 0 {
            return Err(Error::input(format!("patch appears to be empty; file={}", entry.path)));
        }
        let _held = loader.work().held(patch.weight())?;
        Ok(Self { target, patch, _held })
    }
}

impl Transformer for Json6902 {
    fn run(&self, map: &mut ResMap, _: &Schemas) -> Result<()> {
        let work = map.work().clone();
        for position in select(map, &self.target)? {
            map.change(position, |resource| apply_json(resource, &self.patch, &work))?;
        }
        Ok(())
    }
}
