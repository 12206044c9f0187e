//! Applies the spec to the root kustomization file (contracts/kustomize-controller.md 7.3, 7.4).
//! It knows nothing of the objects: that is the build's work.

use kustomize_engine::path::clean;
use manifest::budget::Budget;
use serde_json::{Map, Value, json};

use crate::error::RenderError;
use crate::request::{Image, Patch, Request};
use crate::tree::Tree;

/// Images that are compared by name for one step.
const IMAGES_PER_STEP: usize = 16;

/// Changes the file as Flux does before the build.
pub(super) fn apply(
    tree: &Tree<'_>,
    dir: &str,
    request: &Request,
    file: &mut Map<String, Value>,
    budget: &Budget,
) -> Result<(), RenderError> {
    if !file.contains_key("resources") {
        // A file that nothing else is in would be refused as empty.
        file.insert("buildMetadata".into(), json!(["originAnnotations"]));
    }
    let replaced = [
        ("namespace", &request.target_namespace),
        ("namePrefix", &request.name_prefix),
        ("nameSuffix", &request.name_suffix),
    ];
    for (field, value) in replaced {
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
            file.insert(field.into(), value.into());
        }
    }
    append(file, "patches", request.patches.iter().map(patch));
    append(file, "components", components(tree, dir, request)?);
    // Every image of the spec is looked for among those of the file.
    let known = file.get("images").and_then(Value::as_array).map_or(0, Vec::len) + request.images.len();
    budget.step((request.images.len().saturating_mul(known) / IMAGES_PER_STEP) as u64)?;
    merge_images(file, &request.images);
    if !request.build_metadata.is_empty() {
        file.insert("buildMetadata".into(), json!(request.build_metadata));
    }
    Ok(())
}

fn append(file: &mut Map<String, Value>, field: &str, items: impl IntoIterator<Item = Value>) {
    let mut items = items.into_iter().peekable();
    if items.peek().is_none() {
        return;
    }
    if let Value::Array(list) = file.entry(field).or_insert_with(|| Value::Array(Vec::new())) {
        list.extend(items);
    }
}

fn patch(patch: &Patch) -> Value {
    let mut out = Map::new();
    out.insert("patch".into(), patch.patch.clone().into());
    if let Some(target) = &patch.target {
        let fields = [
            ("group", &target.group),
            ("version", &target.version),
            ("kind", &target.kind),
            ("name", &target.name),
            ("namespace", &target.namespace),
            ("annotationSelector", &target.annotation_selector),
            ("labelSelector", &target.label_selector),
        ];
        out.insert("target".into(), Value::Object(not_empty(fields)));
    }
    Value::Object(out)
}

fn not_empty<const N: usize>(fields: [(&str, &String); N]) -> Map<String, Value> {
    let set = fields.into_iter().filter(|(_, value)| !value.is_empty());
    set.map(|(field, value)| (field.to_owned(), Value::String(value.clone()))).collect()
}

fn components(tree: &Tree<'_>, dir: &str, request: &Request) -> Result<Vec<Value>, RenderError> {
    let mut kept = Vec::new();
    for component in &request.components {
        if component.is_empty() || component.starts_with('/') || component.contains("://") {
            return Err(RenderError::ComponentPath(component.clone()));
        }
        let there = clean(dir, component).is_some_and(|path| tree.is_dir(&path));
        if there || !request.ignore_missing_components {
            kept.push(component.clone().into());
        }
    }
    Ok(kept)
}

/// By name: a new name stands alone, tag and digest are replaced together when either is set, unknown names are appended.
fn merge_images(file: &mut Map<String, Value>, images: &[Image]) {
    if images.is_empty() {
        return;
    }
    let Value::Array(list) = file.entry("images").or_insert_with(|| Value::Array(Vec::new())) else {
        return;
    };
    for image in images {
        let same = |known: &&mut Value| known.get("name").and_then(Value::as_str).unwrap_or("") == image.name;
        match list.iter_mut().find(same) {
            Some(Value::Object(known)) => merge_image(known, image),
            _ => {
                let mut added = not_empty([("name", &image.name)]);
                merge_image(&mut added, image);
                list.push(Value::Object(added));
            }
        }
    }
}

fn merge_image(known: &mut Map<String, Value>, image: &Image) {
    if !image.new_name.is_empty() {
        known.insert("newName".into(), image.new_name.clone().into());
    }
    if !image.new_tag.is_empty() || !image.digest.is_empty() {
        known.remove("newTag");
        known.remove("digest");
        known.extend(not_empty([("newTag", &image.new_tag), ("digest", &image.digest)]));
    }
}
