//! Field specs: which fields of which kinds a transformer changes, and walking to them.

pub(crate) mod config;
pub(crate) mod defaults;

use manifest::yaml::{Map, Node, Scalar, Seq, Tag};

use crate::edit;
use crate::error::{Error, Result, Within as _};
use crate::id::Id;
use crate::kustomization::ConfigFieldSpec;

/// Group, version and kind to match; empty parts match anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct GvkFilter {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
}

impl GvkFilter {
    pub(crate) fn selects(&self, group: &str, version: &str, kind: &str) -> bool {
        (self.kind.is_empty() || self.kind == kind)
            && (self.group.is_empty() || self.group == group)
            && (self.version.is_empty() || self.version == version)
    }

    pub(crate) fn selects_id(&self, id: &Id) -> bool {
        self.selects(&id.group, &id.version, &id.kind)
    }

    /// Order in merged configurations.
    pub(crate) fn sort_key(&self) -> (i32, String) {
        const FIRST: [&str; 21] = [
            "Namespace",
            "ResourceQuota",
            "StorageClass",
            "CustomResourceDefinition",
            "ServiceAccount",
            "PodSecurityPolicy",
            "Role",
            "ClusterRole",
            "RoleBinding",
            "ClusterRoleBinding",
            "ConfigMap",
            "Secret",
            "Endpoints",
            "Service",
            "LimitRange",
            "PriorityClass",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "Deployment",
            "StatefulSet",
            "CronJob",
        ];
        let rank = match FIRST.iter().position(|kind| *kind == self.kind) {
            Some(position) => i32::try_from(position).unwrap_or(0) - 22,
            None if self.kind == "PodDisruptionBudget" => -1,
            None if self.kind == "MutatingWebhookConfiguration" => 1,
            None if self.kind == "ValidatingWebhookConfiguration" => 2,
            None => 0,
        };
        let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
        (rank, format!("{}_{}_{}", or(&self.group, "~G"), or(&self.version, "~V"), or(&self.kind, "~K")))
    }
}

/// One field of one set of kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldSpec {
    pub(crate) gvk: GvkFilter,
    pub(crate) path: String,
    pub(crate) create: bool,
    parts: Vec<String>,
}

impl FieldSpec {
    pub(crate) fn new(gvk: GvkFilter, path: &str, create: bool) -> Self {
        Self { gvk, path: path.to_owned(), create, parts: edit::split_path(path, '/') }
    }

    /// The same path for every kind.
    pub(crate) fn for_any_kind(&self) -> Self {
        Self { gvk: GvkFilter::default(), ..self.clone() }
    }

    fn same_field(&self, other: &Self) -> bool {
        self.gvk.selects(&other.gvk.group, &other.gvk.version, &other.gvk.kind) && self.path == other.path
    }
}

impl From<&ConfigFieldSpec> for FieldSpec {
    fn from(spec: &ConfigFieldSpec) -> Self {
        let gvk =
            GvkFilter { group: spec.group.clone(), version: spec.version.clone(), kind: spec.kind.clone() };
        Self::new(gvk, &spec.path, spec.create)
    }
}

/// Adds specs that are not there yet.
pub(crate) fn merge_specs(into: &mut Vec<FieldSpec>, more: &[FieldSpec]) -> Result<()> {
    more.iter().try_for_each(|spec| merge_spec(into, spec))
}

/// Adds a spec unless it is there; one that differs in `create` conflicts.
pub(crate) fn merge_spec(into: &mut Vec<FieldSpec>, spec: &FieldSpec) -> Result<()> {
    match into.iter().find(|known| known.same_field(spec)) {
        Some(known) if known.create != spec.create => Err(Error::input("conflicting fieldspecs")),
        Some(_) => Ok(()),
        None => {
            into.push(spec.clone());
            Ok(())
        }
    }
}

/// What a spec with `create` makes of a missing field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Create {
    /// Nothing is made, whatever the spec says.
    Nothing,
    /// A map.
    Map,
    /// A scalar; a null that is turned into one gets the tag.
    Scalar(Tag),
}

/// Calls `set` for the node at the spec's path, if the object is of its kind.
pub(crate) fn apply(
    spec: &FieldSpec,
    id: &Id,
    node: &mut Node,
    create: Create,
    set: &mut dyn FnMut(&mut Node) -> Result<()>,
) -> Result<()> {
    if !spec.gvk.selects_id(id) {
        return Ok(());
    }
    edit::check_path(spec.parts.len())?;
    walk(spec, &spec.parts, node, create, set)
        .within(|| format!("considering field '{}' of object {id}", spec.path))
}

fn walk(
    spec: &FieldSpec,
    path: &[String],
    node: &mut Node,
    create: Create,
    set: &mut dyn FnMut(&mut Node) -> Result<()>,
) -> Result<()> {
    let Some((part, rest)) = path.split_first() else { return set(node) };
    match node {
        Node::Seq(seq) => seq
            .items
            .iter_mut()
            .try_for_each(|item| walk(spec, path, item, create, set))
            .within(|| format!("visit traversal on path: [{}]", path.join(" "))),
        Node::Map(map) => step(spec, part, rest, map, create, set),
        Node::Scalar(scalar) if scalar.is_null() => Ok(()),
        Node::Scalar(_) => Err(Error::input("expected sequence or mapping node")),
    }
}

fn step(
    spec: &FieldSpec,
    part: &str,
    rest: &[String],
    map: &mut Map,
    create: Create,
    set: &mut dyn FnMut(&mut Node) -> Result<()>,
) -> Result<()> {
    let (name, sequence) = part.strip_suffix("[]").map_or((part, false), |name| (name, true));
    if name.is_empty() {
        return Err(Error::input("cannot set or create an empty field name"));
    }
    let making = match create {
        _ if !spec.create || sequence => None,
        Create::Nothing => None,
        _ if !rest.is_empty() => Some(Create::Map),
        create => Some(create),
    };
    if map.get(name).is_none() {
        match making {
            None => return Ok(()),
            Some(Create::Scalar(_)) => edit::child_or_insert(map, name, Node::Scalar(Scalar::default())),
            Some(_) => edit::child_or_insert(map, name, Node::map()),
        };
    }
    let Some(field) = map.get_mut(name) else { return Ok(()) };
    if field.is_null() {
        match making {
            _ if sequence => *field = Node::Seq(Seq::default()),
            Some(Create::Scalar(tag)) => {
                if let Node::Scalar(scalar) = field {
                    scalar.tag = tag;
                }
            }
            Some(_) => *field = Node::map(),
            None => {}
        }
    }
    walk(spec, rest, field, create, set)
}
