//! What a replacement writes. In the original that is the source's own node and no copy of it: when a target changes the
//! source, what is written from then on is the changed value.

use manifest::yaml::{Node, Scalar};

use crate::edit;
use crate::error::{Error, Result, Within as _};
use crate::fields;
use crate::id::Id;
use crate::kustomization::Replacement;
use crate::resmap::ResMap;
use crate::resource::Resource;

pub(super) const DEFAULT_PATH: &str = "metadata.name";

/// The value as it is now.
#[derive(Debug)]
pub(super) struct Source {
    value: Node,
    /// Where its node stands; nothing once it stands nowhere.
    live: Option<Live>,
}

#[derive(Debug)]
struct Live {
    /// Of the object.
    position: usize,
    /// Which child at every level.
    way: Vec<usize>,
}

/// Addresses of the nodes on the way to the source while an object is changed, the source's own last.
#[derive(Debug, Default)]
pub(super) struct Place(Vec<*const Node>);

impl Source {
    pub(super) fn find(map: &ResMap, replacement: &Replacement) -> Result<Self> {
        find(map, replacement)
    }

    fn fixed(value: Node) -> Self {
        Self { value, live: None }
    }

    pub(super) fn value(&self) -> &Node {
        &self.value
    }

    /// Where the source stands in an object that is about to be changed.
    pub(super) fn place(&self, root: &Node, position: usize) -> Place {
        let Some(live) = self.live.as_ref().filter(|live| live.position == position) else {
            return Place::default();
        };
        let mut nodes = vec![std::ptr::from_ref(root)];
        let mut node = root;
        for index in &live.way {
            let Some(child) = child(node, *index) else { return Place::default() };
            nodes.push(std::ptr::from_ref(child));
            node = child;
        }
        Place(nodes)
    }

    /// Takes notice of a field that was written: the source itself, or one that it stood in.
    pub(super) fn written(&mut self, place: &Place, field: &Node) {
        let Some((own, above)) = place.0.split_last() else { return };
        let address = std::ptr::from_ref(field);
        if *own == address {
            self.value = unshared(field);
        } else if above.contains(&address) {
            self.live = None;
        }
    }

    /// Looks at the source again after its object was changed.
    pub(super) fn follow(&mut self, root: &Node, position: usize) {
        let Some(live) = self.live.as_ref().filter(|live| live.position == position) else { return };
        let found = live.way.iter().try_fold(root, |node, index| child(node, *index));
        match found {
            Some(found) => self.value = unshared(found),
            None => self.live = None,
        }
    }
}

fn child(node: &Node, index: usize) -> Option<&Node> {
    match node {
        Node::Map(map) => map.entries.get(index).map(|(_, value)| value),
        Node::Seq(seq) => seq.items.get(index),
        Node::Scalar(_) => None,
    }
}

/// Which child to take at every level to get from a node to one inside.
fn way_to(root: &Node, wanted: &Node) -> Option<Vec<usize>> {
    if std::ptr::eq(root, wanted) {
        return Some(Vec::new());
    }
    (0..).map_while(|index| child(root, index).map(|node| (index, node))).find_map(|(index, node)| {
        let mut way = way_to(node, wanted)?;
        way.insert(0, index);
        Some(way)
    })
}

/// Ids as replacements see them: the scope of a kind is not known.
pub(super) fn ids(resource: &Resource) -> impl Iterator<Item = Id> + '_ {
    std::iter::once(Id { cluster: false, ..resource.id().clone() })
        .chain(resource.previous_ids().iter().cloned())
}

/// Finds the value, and where it is when it is taken as it stands.
fn find(map: &ResMap, replacement: &Replacement) -> Result<Source> {
    let source = match (&replacement.source_value, &replacement.source) {
        (Some(_), Some(_)) => {
            return Err(Error::input("value and resource selectors are mutually exclusive"));
        }
        (Some(value), None) => return Ok(Source::fixed(Node::Scalar(Scalar::untyped(value.as_str())))),
        (None, None) => {
            return Err(Error::input("replacements must specify a source and at least one target"));
        }
        (None, Some(source)) => source,
    };
    let wanted = Id {
        group: source.group.as_str().into(),
        version: source.version.as_str().into(),
        kind: source.kind.as_str().into(),
        name: source.name.as_str().into(),
        namespace: source.namespace.as_str().into(),
        cluster: false,
    };
    let fits = |id: &Id| {
        (wanted.name.is_empty() || wanted.name == id.name)
            && (wanted.namespace.is_empty() || wanted.effective_namespace() == id.effective_namespace())
            && (wanted.kind.is_empty() || wanted.kind == id.kind)
            && (wanted.group.is_empty() || wanted.group == id.group)
            && (wanted.version.is_empty() || wanted.version == id.version)
    };
    let describe = || {
        if source.field_path.is_empty() {
            wanted.to_string()
        } else {
            format!("{wanted}:{}", source.field_path)
        }
    };
    let mut matches = map.iter().enumerate().filter(|(_, resource)| ids(resource).any(|id| fits(&id)));
    let Some((position, resource)) = matches.next() else {
        return Err(Error::input(format!("nothing selected by {}", describe())));
    };
    if matches.next().is_some() {
        return Err(Error::input(format!("multiple matches for selector {}", describe())));
    }
    let path = if source.field_path.is_empty() { DEFAULT_PATH } else { &source.field_path };
    let found = fields::lookup(resource.node(), &fields::split(path))
        .within(|| "error looking up replacement source".to_owned())?;
    if edit::is_nil_or_empty(found) {
        return Err(Error::input(format!("fieldPath `{path}` is missing for replacement source {wanted}")));
    }
    let Some(found) = found else { return Err(Error::input("missing replacement source")) };
    match &source.options {
        Some(options) if !options.delimiter.is_empty() => {
            let Node::Scalar(scalar) = found else {
                return Err(Error::input("delimiter option can only be used with scalar nodes"));
            };
            let piece = usize::try_from(options.index)
                .ok()
                .and_then(|index| scalar.text.split(options.delimiter.as_str()).nth(index));
            match piece {
                Some(piece) => {
                    let piece = Scalar { text: piece.into(), share: 0, ..scalar.clone() };
                    Ok(Source::fixed(Node::Scalar(piece)))
                }
                None => Err(Error::input(format!(
                    "options.index {} is out of bounds for the value of {}",
                    options.index,
                    describe()
                ))),
            }
        }
        _ => {
            let live = way_to(resource.node(), found).map(|way| Live { position, way });
            Ok(Source { value: unshared(found), live })
        }
    }
}

/// A copy without bonds to the nodes it was taken from.
fn unshared(node: &Node) -> Node {
    let mut copy = node.clone();
    unshare(&mut copy);
    copy
}

fn unshare(node: &mut Node) {
    match node {
        Node::Scalar(scalar) => (scalar.share, scalar.stamp) = (0, 0),
        Node::Seq(seq) => seq.items.iter_mut().for_each(unshare),
        Node::Map(map) => map.entries.iter_mut().for_each(|(_, value)| unshare(value)),
    }
}
