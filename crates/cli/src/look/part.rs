//! What one Kustomization has applied, as far as it was read, and by what it is judged.

use std::collections::HashSet;
use std::sync::Arc;

use api::convergence::ConvergenceStatus;
use api::kustomization::Kustomization;
use convergence::{Hidden, Owner, Seen, Sight, Visibility, listed};
use health::Rules;
use health::learned::Learned;
use manifest::ObjectId;

use super::elsewhere::Elsewhere;
use super::fleet::key_of;
use super::leaving;
use super::objects::{Found, Reader, Snapshot, Wanted};
use super::replay::Since;

#[cfg(test)]
mod tests;

/// What one Kustomization has applied.
pub(crate) struct Part {
    /// The Kustomization as it is explained.
    pub(crate) object: Kustomization,
    /// Its inventory.
    pub(crate) objects: Vec<(ObjectId, Since<Visibility>)>,
    /// What was pruned and is not gone.
    pub(crate) leaving: Vec<(ObjectId, Since<Arc<Seen>>)>,
    /// The other cluster that the objects are in.
    pub(crate) elsewhere: Option<Arc<Elsewhere>>,
    /// What the objects elsewhere have shown.
    pub(crate) learned: Learned,
    /// By what its objects are judged.
    pub(crate) rules: Arc<Rules>,
    /// What could not be looked at.
    pub(crate) notes: Vec<String>,
}

impl Part {
    /// Nothing is known yet.
    pub(crate) fn of(object: &Kustomization, rules: Arc<Rules>) -> Self {
        Self {
            object: object.clone(),
            objects: Vec::new(),
            leaving: Vec::new(),
            elsewhere: None,
            learned: Learned::default(),
            rules,
            notes: Vec::new(),
        }
    }

    /// Takes out of what was read what is the Kustomization's.
    pub(crate) fn take(&mut self, object: &Kustomization, sight: Sight, snapshot: &Snapshot, owner: &Owner) {
        let mut unread = 0_usize;
        for entry in listed(object, sight) {
            let seen = match entry.version {
                Some(_) => {
                    let seen = snapshot.visibility(&entry.id, owner);
                    let refused = matches!(seen.what, Visibility::Hidden(Hidden::Forbidden));
                    if refused && is_secret(&entry.id) {
                        unread = unread.saturating_add(1);
                        // Few may read Secrets, health-controller neither: nothing is wrong for that.
                        Since { what: Visibility::Hidden(Hidden::Secret), since: None }
                    } else {
                        seen
                    }
                }
                None => Since { what: entry.visibility, since: None },
            };
            self.objects.push((entry.id, seen));
        }
        if unread > 0 {
            let count = if unread == 1 { "1 Secret".to_owned() } else { format!("{unread} Secrets") };
            self.notes.push(format!("{count}: you may not read Secrets"));
        }
        let known: HashSet<&ObjectId> = self.objects.iter().map(|(id, _)| id).collect();
        let going = snapshot
            .leaving(owner)
            .filter(|(id, found)| !known.contains(id) && leaving::is_applied(&found.seen, owner));
        self.leaving = going.map(|(id, found)| (id.clone(), since(found))).collect();
    }

    /// Looks for what hangs, of any kind.
    pub(crate) async fn look_for_leaving(
        &mut self,
        reader: &Reader<'_>,
        published: Option<&ConvergenceStatus>,
    ) {
        let known: HashSet<ObjectId> = self
            .objects
            .iter()
            .map(|(id, _)| id)
            .chain(self.leaving.iter().map(|(id, _)| id))
            .cloned()
            .collect();
        let (namespace, name) = key_of(&self.object);
        let found = leaving::find(reader, (&namespace, &name), &known, published, &mut self.notes).await;
        self.leaving.extend(found.iter().map(|(id, found)| (id.clone(), since(found))));
        self.leaving.sort_by(|one, other| one.0.cmp(&other.0));
    }
}

fn is_secret(id: &ObjectId) -> bool {
    id.group.is_empty() && id.kind == "Secret"
}

fn since(found: &Found) -> Since<Arc<Seen>> {
    Since { what: Arc::clone(&found.seen), since: found.since }
}

/// The objects of an inventory that are in this cluster.
pub(crate) fn wanted(object: &Kustomization) -> Vec<Wanted> {
    if object.spec.kube_config.is_some() { Vec::new() } else { wanted_everywhere(object) }
}

/// The objects of an inventory, wherever they are.
pub(crate) fn wanted_everywhere(object: &Kustomization) -> Vec<Wanted> {
    let all = listed(object, Sight { secrets: true, is_elsewhere: false });
    all.into_iter().filter_map(|entry| Some((entry.id, entry.version?))).collect()
}
