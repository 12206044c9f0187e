//! Output order: as accumulated, or upstream's legacy order by kind.

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
    let mut keyed: Vec<(Key, usize)> =
        list.iter().enumerate().map(|(i, resource)| (Key::of(resource.id(), &ranks), i)).collect();
    // Namespaces of several groups can make the order contradict itself.
    manifest::go_sort(&mut keyed, |(a, _), (b, _)| a.compare(b).is_lt());
    let mut slots: Vec<_> = std::mem::take(list).into_iter().map(Some).collect();
    list.extend(keyed.into_iter().filter_map(|(_, i)| slots.get_mut(i)?.take()));
    Ok(())
}

struct Key {
    rank: i64,
    namespace_kind: bool,
    core: bool,
    gvk: String,
    id: String,
}

impl Key {
    fn of(id: &Id, ranks: &HashMap<&str, i64>) -> Self {
        let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
        Self {
            rank: ranks.get(&*id.kind).copied().unwrap_or(0),
            namespace_kind: &*id.kind == "Namespace",
            core: id.group.is_empty(),
            gvk: format!("{}_{}_{}", or(&id.group, "~G"), or(&id.version, "~V"), or(&id.kind, "~K")),
            id: format!("{}|{}|{}", id.gvk_string(), or(&id.namespace, "~X"), or(&id.name, "~N")),
        }
    }

    fn compare(&self, other: &Self) -> std::cmp::Ordering {
        if self.gvk == other.gvk {
            return self.id.cmp(&other.id);
        }
        self.rank.cmp(&other.rank).then_with(|| {
            if self.namespace_kind && other.namespace_kind && (self.core || other.core) {
                other.gvk.cmp(&self.gvk)
            } else {
                self.gvk.cmp(&other.gvk)
            }
        })
    }
}
