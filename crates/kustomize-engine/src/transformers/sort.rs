//! Output order: as accumulated, or upstream's legacy order by kind.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::id::Id;
use crate::kustomization::SortOptions;
use crate::legacy_order::{FIRST, LAST};
use crate::resmap::ResMap;

/// The order to bring objects into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Order {
    /// As accumulated.
    Fifo,
    /// By kind, with the kinds to put first and last.
    Legacy { first: Vec<String>, last: Vec<String> },
}

impl Order {
    /// The legacy order with its usual lists.
    pub(crate) fn legacy() -> Self {
        let list = |kinds: &[&str]| kinds.iter().map(|kind| (*kind).to_owned()).collect();
        Self::Legacy { first: list(FIRST), last: list(LAST) }
    }

    /// What `sortOptions` asks for.
    pub(crate) fn from_options(options: &SortOptions) -> Result<Self> {
        match (options.order.as_str(), &options.legacy_sort_options) {
            ("fifo", None) => Ok(Self::Fifo),
            ("fifo", Some(_)) => Err(Error::input(
                "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'",
            )),
            ("legacy", None) => Ok(Self::legacy()),
            ("legacy", Some(lists)) => {
                Ok(Self::Legacy { first: lists.order_first.clone(), last: lists.order_last.clone() })
            }
            _ => Err(Error::input("the field 'sortOptions.order' must be one of [fifo, legacy]")),
        }
    }
}

/// Brings the objects into the order.
pub(crate) fn sort(map: &mut ResMap, order: &Order) -> Result<()> {
    let Order::Legacy { first, last } = order else { return Ok(()) };
    let mut ranks: HashMap<&str, i64> = HashMap::new();
    let place = |i: usize| i64::try_from(i).unwrap_or(i64::MAX);
    for (i, kind) in first.iter().enumerate() {
        ranks.insert(kind, place(i) - place(first.len()));
    }
    for (i, kind) in last.iter().enumerate() {
        ranks.insert(kind, place(i) + 1);
    }
    map.check_unique()
        .map_err(|error| error.within("SortOrderTransformer: Failed to append to resources"))?;
    let list = map.list_mut();
    let mut keyed: Vec<(Key<'_>, usize)> =
        list.iter().enumerate().map(|(i, resource)| (Key::of(resource.id(), &ranks), i)).collect();
    // Namespaces of several groups can make the order contradict itself.
    manifest::go_sort(&mut keyed, |(a, _), (b, _)| a.compare(b).is_lt());
    let order: Vec<usize> = keyed.into_iter().map(|(_, i)| i).collect();
    let mut slots: Vec<_> = std::mem::take(list).into_iter().map(Some).collect();
    list.extend(order.into_iter().filter_map(|i| slots.get_mut(i)?.take()));
    Ok(())
}

/// What an object is sorted by: as if texts were compared that the original makes of the parts of its id.
struct Key<'a> {
    rank: i64,
    namespace_kind: bool,
    id: &'a Id,
}

impl<'a> Key<'a> {
    fn of(id: &'a Id, ranks: &HashMap<&str, i64>) -> Self {
        let rank = ranks.get(&*id.kind).copied().unwrap_or(0);
        Self { rank, namespace_kind: &*id.kind == "Namespace", id }
    }

    fn is_core(&self) -> bool {
        self.id.group.is_empty()
    }

    fn compare(&self, other: &Self) -> Ordering {
        let (a, b) = (self.id, other.id);
        let gvk = if a.kind == b.kind && a.group == b.group && a.version == b.version {
            Ordering::Equal
        } else {
            compare_joined(gvk(a), gvk(b))
        };
        if gvk.is_eq() {
            return compare_joined(id_text(a), id_text(b));
        }
        self.rank.cmp(&other.rank).then_with(|| {
            if self.namespace_kind && other.namespace_kind && (self.is_core() || other.is_core()) {
                gvk.reverse()
            } else {
                gvk
            }
        })
    }
}

fn or<'a>(text: &'a str, none: &'a str) -> &'a str {
    if text.is_empty() { none } else { text }
}

/// `group_version_kind`, in pieces.
fn gvk(id: &Id) -> [&str; 5] {
    [or(&id.group, "~G"), "_", or(&id.version, "~V"), "_", or(&id.kind, "~K")]
}

/// `kind.version.group|namespace|name`, in pieces.
fn id_text(id: &Id) -> [&str; 9] {
    [
        or(&id.kind, "[noKind]"),
        ".",
        or(&id.version, "[noVer]"),
        ".",
        or(&id.group, "[noGrp]"),
        "|",
        or(&id.namespace, "~X"),
        "|",
        or(&id.name, "~N"),
    ]
}

/// Compares texts in pieces as if each were one.
fn compare_joined<const N: usize>(a: [&str; N], b: [&str; N]) -> Ordering {
    for (i, (x, y)) in a.iter().zip(&b).enumerate() {
        if x == y {
            continue;
        }
        let rest = |texts: &[&str; N]| texts.iter().skip(i).flat_map(|text| text.bytes()).collect::<Vec<_>>();
        return match x.bytes().zip(y.bytes()).find(|(x, y)| x != y) {
            Some((x, y)) => x.cmp(&y),
            // One begins with the other, and what follows decides.
            None => rest(&a).cmp(&rest(&b)),
        };
    }
    Ordering::Equal
}

#[cfg(test)]
mod tests;
