//! The inventory as a list of what is to be looked at, and of what cannot be. Nothing is looked at here, and nothing is
//! trusted: whoever may write the status of a Kustomization may write anything there.

use std::collections::HashSet;

use api::kustomization::Kustomization;
use manifest::ObjectId;

use crate::visibility::{Hidden, Visibility};

/// Objects of one inventory that are looked at: more than fit into an object of Kubernetes, as kustomize-controller
/// writes them.
const MAX_OBJECTS: usize = 20_000;
/// Kinds of one inventory that are looked at, each of which costs a request or a watch.
const MAX_KINDS: usize = 500;
/// Characters shown of an entry that cannot be read.
const SHOWN: usize = 100;

/// One object of the inventory.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its id; of an entry that cannot be read, one that shows it.
    pub id: ObjectId,
    /// The version of the API to look it up in; `None` when it is hidden from the start.
    pub version: Option<String>,
    /// Why it is hidden, or [`Visibility::Absent`] until somebody has looked.
    pub visibility: Visibility,
}

/// What is looked at of an inventory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// The objects are in another cluster than the one that is looked at.
    pub is_elsewhere: bool,
    /// Secrets, too.
    pub secrets: bool,
}

/// All of a Kustomization's inventory, in its order, so many objects of so many kinds at most.
#[must_use]
pub fn listed(object: &Kustomization, sight: Sight) -> Vec<Listed> {
    let inventory = object.status.as_ref().and_then(|status| status.inventory.as_ref());
    let entries = inventory.map_or(&[][..], |inventory| &inventory.entries);
    let mut all: Vec<Listed> = entries.iter().map(|entry| one(&entry.id, &entry.v, sight)).collect();
    bound(&mut all, MAX_OBJECTS, MAX_KINDS);
    all
}

/// Looks at so many objects of so many kinds only.
fn bound(all: &mut [Listed], max_objects: usize, max_kinds: usize) {
    let mut kinds = HashSet::new();
    for (number, listed) in all.iter_mut().enumerate() {
        let Some(version) = &listed.version else { continue };
        let kind = (listed.id.group.clone(), version.clone(), listed.id.kind.clone());
        let fits = number < max_objects && (kinds.contains(&kind) || kinds.len() < max_kinds);
        if fits {
            kinds.insert(kind);
        } else {
            listed.version = None;
            listed.visibility = Visibility::Hidden(Hidden::Excess);
        }
    }
}

fn one(id: &str, version: &str, sight: Sight) -> Listed {
    let hidden =
        |id: ObjectId, why: Hidden| Listed { id, version: None, visibility: Visibility::Hidden(why) };
    let read = ObjectId::from_inventory(id).ok().filter(|id| is_plausible(id) && is_label(version, false));
    let Some(id) = read else {
        let name = id.chars().take(SHOWN).map(|c| if c.is_control() { '?' } else { c }).collect();
        let id = ObjectId { name, kind: "Malformed".to_owned(), ..ObjectId::default() };
        return hidden(id, Hidden::Malformed);
    };
    if sight.is_elsewhere {
        return hidden(id, Hidden::Remote);
    }
    if id.group.is_empty() && id.kind == "Secret" && !sight.secrets {
        return hidden(id, Hidden::Secret);
    }
    Listed { id, version: Some(version.to_owned()), visibility: Visibility::Absent }
}

/// Whether Kubernetes could have an object of this id: what cannot be part of a path is never asked for.
fn is_plausible(id: &ObjectId) -> bool {
    let fits_path = |name: &str| {
        !matches!(name, "" | "." | "..")
            && !name.contains(['/', '%', '?', '#'])
            && !name.contains(char::is_control)
    };
    let is_domain = |text: &str| text.len() <= 253 && text.split('.').all(|label| is_label(label, false));
    fits_path(&id.name)
        && id.name.len() <= 253
        && (id.namespace.is_empty() || is_label(&id.namespace, false))
        && (id.group.is_empty() || is_domain(&id.group))
        && is_label(&id.kind, true)
}

/// Letters, digits and dashes, as in namespaces, versions and (with capitals) kinds.
fn is_label(text: &str, capitals: bool) -> bool {
    let fits = |c: char| {
        c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || (capitals && c.is_ascii_uppercase())
    };
    (1..=63).contains(&text.len()) && text.chars().all(fits)
}

#[cfg(test)]
mod tests;
