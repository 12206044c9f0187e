//! What the merge needs to know of types: which lists merge by which keys, and which kinds have no namespace.

mod builtin;
mod custom;
mod field;

use std::borrow::Cow;
use std::sync::Arc;

use manifest::yaml::Node;

pub(crate) use custom::Custom;
use field::{Shape, Type, list, merge, object};

/// The schema of one node.
#[derive(Debug, Clone)]
pub(crate) struct Schema(Inner);

#[derive(Debug, Clone)]
enum Inner {
    Builtin(Shape),
    Custom(custom::Cursor),
}

impl From<custom::Place> for Schema {
    fn from(place: custom::Place) -> Self {
        Self(match place {
            custom::Place::Custom(cursor) => Inner::Custom(cursor),
            custom::Place::Builtin(index) => Inner::Builtin(Shape::Object(index)),
        })
    }
}

impl Schema {
    /// The schema of a field, if known.
    pub(crate) fn field(&self, name: &str) -> Option<Self> {
        match &self.0 {
            Inner::Builtin(Shape::Object(index)) => {
                let fields = builtin::TYPES.get(usize::from(*index))?;
                let field = fields.iter().find(|field| field.name == name)?;
                Some(Self(Inner::Builtin(field.shape)))
            }
            Inner::Builtin(Shape::List { .. }) => None,
            Inner::Custom(cursor) => cursor.field(name).map(Self::from),
        }
    }

    /// The schema of a list's elements, if known.
    pub(crate) fn elements(&self) -> Option<Self> {
        match &self.0 {
            Inner::Builtin(Shape::List { elements, .. }) => {
                builtin::TYPES.get(usize::from(*elements))?;
                Some(Self(Inner::Builtin(Shape::Object(*elements))))
            }
            Inner::Builtin(Shape::Object(_)) => None,
            Inner::Custom(cursor) => cursor.elements().map(Self::from),
        }
    }

    /// The keys of a list that merges; none for lists of plain values.
    pub(crate) fn merge_keys(&self) -> Option<Vec<Cow<'static, str>>> {
        match &self.0 {
            Inner::Builtin(Shape::List { keys, .. }) => {
                keys.map(|keys| keys.iter().map(|key| Cow::Borrowed(*key)).collect())
            }
            Inner::Builtin(Shape::Object(_)) => None,
            Inner::Custom(cursor) => {
                cursor.merge_keys().map(|keys| keys.into_iter().map(Cow::Owned).collect())
            }
        }
    }
}

/// Whether the built-in schema counts beside a custom one. Upstream reads schemas when they are first needed and forgets none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Builtin {
    /// Not needed so far: a custom schema will stand alone.
    #[default]
    Unread,
    /// To be read at the first merge, after a custom one, which it then overrides.
    Pending,
    /// Read: a custom schema adds to it.
    Read,
}

/// All schemas of one build.
#[derive(Debug, Clone, Default)]
pub(crate) struct Schemas {
    /// From `openapi.path`.
    pub(crate) custom: Option<Arc<Custom>>,
    /// What is left of the built-in one beside it.
    pub(crate) builtin: Builtin,
}

impl Schemas {
    /// The schema of an object that states `apiVersion` and `kind`.
    pub(crate) fn of(&self, node: &Node) -> Option<Schema> {
        let text = |field: &str| node.get(field).and_then(Node::text).filter(|text| !text.is_empty());
        let (api_version, kind) = (text("apiVersion")?, text("kind")?);
        let Some(custom) = &self.custom else { return builtin_of(api_version, kind) };
        let with_builtin = self.builtin != Builtin::Unread;
        let own = || {
            custom::Cursor::of(custom, api_version, kind, with_builtin)
                .map(|cursor| Schema(Inner::Custom(cursor)))
        };
        match self.builtin {
            Builtin::Unread => own(),
            Builtin::Pending => builtin_of(api_version, kind).or_else(own),
            Builtin::Read => own().or_else(|| builtin_of(api_version, kind)),
        }
    }
}

fn builtin_of(api_version: &str, kind: &str) -> Option<Schema> {
    let found = builtin::KINDS.binary_search_by(|(a, k, _)| (*a, *k).cmp(&(api_version, kind))).ok()?;
    let (_, _, index) = builtin::KINDS.get(found)?;
    Some(Schema(Inner::Builtin(Shape::Object(*index))))
}

/// Whether a kind is in the table of Kubernetes 1.21 that upstream has at hand without reading schemas.
pub(crate) fn is_known(api_version: &str, kind: &str) -> bool {
    is_cluster_scoped(api_version, kind)
        || builtin::KINDS.binary_search_by(|(a, k, _)| (*a, *k).cmp(&(api_version, kind))).is_ok()
}

/// Kinds that certainly have no namespace: exact pairs of Kubernetes 1.21.
#[must_use]
pub fn is_cluster_scoped(api_version: &str, kind: &str) -> bool {
    builtin::CLUSTER.binary_search(&(api_version, kind)).is_ok()
}
