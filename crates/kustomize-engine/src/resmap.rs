//! The ordered set of objects and its rules about ids. Lookups go through indexes that are rebuilt when ids have changed.
//! What the objects weigh is held in the budget for as long as they are here.

use std::sync::Arc;

use foldhash::HashMap;
use smallvec::SmallVec;

use crate::error::{Error, Result};
use crate::id::{Id, IdKey};
use crate::resource::Resource;
use crate::work::Work;

/// How far what is held may be above what the objects weigh before they are weighed: by this, and for many objects by
/// one part in so many, since weighing goes over all of them.
const SLACK: usize = 1 << 20;
const SLACK_PART: usize = 8;

/// Places in the list, in order. Nearly always one.
type Positions = SmallVec<[usize; 2]>;

/// Objects in order.
#[derive(Debug, Default)]
pub(crate) struct ResMap {
    list: Vec<Resource>,
    /// Positions by current id, current only when `fresh`.
    current: HashMap<IdKey, Positions>,
    /// Positions by every id.
    any: HashMap<IdKey, Positions>,
    /// Positions by original and current name.
    names: HashMap<Arc<str>, Positions>,
    fresh: bool,
    /// How many current ids more than one object has; current only when `fresh`.
    doubled: usize,
    work: Work,
    /// Bytes held for the objects.
    held: usize,
    /// How much of that are estimates from above.
    slack: usize,
}

impl Drop for ResMap {
    fn drop(&mut self) {
        self.work.release(self.held);
    }
}

impl ResMap {
    pub(crate) fn new(work: &Work) -> Self {
        let mut map = Self::default();
        map.work = work.clone();
        map
    }

    /// What its objects are charged to.
    pub(crate) fn work(&self) -> &Work {
        &self.work
    }

    /// Takes over bytes that were held while objects were changed in place: at most what they grew by.
    pub(crate) fn grown(&mut self, bytes: usize) -> Result<()> {
        self.held += bytes;
        self.slack += bytes;
        if self.slack <= SLACK.max(self.held / SLACK_PART) {
            return Ok(());
        }
        self.slack = 0;
        self.work.glance(self.held)?;
        let weight: usize = self.list.iter_mut().map(Resource::weigh).sum();
        self.hold(weight)
    }

    /// Makes what is held this much.
    fn hold(&mut self, weight: usize) -> Result<()> {
        let held = std::mem::replace(&mut self.held, weight);
        if weight >= held {
            return self.work.hold(weight - held);
        }
        self.work.release(held - weight);
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Resource> {
        self.list.iter()
    }

    /// All objects, for changes that may touch ids.
    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Resource> {
        self.fresh = false;
        self.list.iter_mut()
    }

    /// All objects, for changes that leave ids alone.
    pub(crate) fn bodies_mut(&mut self) -> std::slice::IterMut<'_, Resource> {
        self.list.iter_mut()
    }

    pub(crate) fn get(&self, position: usize) -> Option<&Resource> {
        self.list.get(position)
    }

    /// The objects, which nothing is held for any more.
    pub(crate) fn into_vec(mut self) -> Vec<Resource> {
        std::mem::take(&mut self.list)
    }

    /// The whole list, to reorder or filter.
    pub(crate) fn list_mut(&mut self) -> &mut Vec<Resource> {
        self.fresh = false;
        &mut self.list
    }

    /// Changes one object and keeps the indexes up to date.
    pub(crate) fn change<T>(
        &mut self,
        position: usize,
        change: impl FnOnce(&mut Resource) -> Result<T>,
    ) -> Result<Option<T>> {
        let Some(resource) = self.list.get_mut(position) else { return Ok(None) };
        let current = resource.id().clone();
        let previous = resource.previous_ids().to_vec();
        let empty = resource.is_nil_or_empty();
        let before = resource.weight();
        let result = change(resource)?;
        let after = resource.weigh();
        let same = *resource.id() == current
            && resource.previous_ids() == previous
            && resource.is_nil_or_empty() == empty;
        if self.fresh && !same {
            self.forget(position, &current, &previous);
            self.index_one(position);
        }
        self.work.glance(after)?;
        self.hold((self.held + after).saturating_sub(before))?;
        Ok(Some(result))
    }

    /// Takes an object's former ids out of the indexes.
    fn forget(&mut self, position: usize, current: &Id, previous: &[Id]) {
        let drop = |list: Option<&mut Positions>| {
            if let Some(list) = list
                && let Ok(found) = list.binary_search(&position)
            {
                list.remove(found);
            }
        };
        if let Some(list) = self.current.get_mut(&current.key()) {
            self.doubled -= usize::from(list.len() == 2);
            drop(Some(list));
        }
        for id in previous.iter().chain([current]) {
            drop(self.any.get_mut(&id.key()));
        }
        for name in [&previous.first().unwrap_or(current).name, &current.name] {
            drop(self.names.get_mut(name));
        }
    }

    fn index(&mut self) {
        if self.fresh {
            return;
        }
        self.work.note(self.list.len());
        self.current.clear();
        self.any.clear();
        self.names.clear();
        self.doubled = 0;
        for position in 0..self.list.len() {
            self.index_one(position);
        }
        self.fresh = true;
    }

    fn index_one(&mut self, position: usize) {
        let Some(resource) = self.list.get(position) else { return };
        let put = |list: &mut Positions| {
            if let Err(place) = list.binary_search(&position) {
                list.insert(place, position);
            }
        };
        let key = resource.id().key();
        let current = self.current.entry(key).or_default();
        put(current);
        self.doubled += usize::from(current.len() == 2);
        if !resource.is_nil_or_empty() {
            for id in resource.previous_ids() {
                put(self.any.entry(id.key()).or_default());
            }
            put(self.any.entry(key).or_default());
        }
        let (name, original) = (&resource.id().name, &resource.original_id().name);
        put(self.names.entry(name.clone()).or_default());
        if original != name {
            put(self.names.entry(original.clone()).or_default());
        }
    }

    /// Adds an object whose current id is new.
    pub(crate) fn append(&mut self, resource: Resource) -> Result<()> {
        self.index();
        if self.current.get(&resource.id().key()).is_some_and(|positions| !positions.is_empty()) {
            return Err(Error::input(format!(
                "may not add resource with an already registered id: {}",
                resource.id()
            )));
        }
        self.work.step(1)?;
        self.work.hold(resource.weight())?;
        self.held += resource.weight();
        self.list.push(resource);
        self.index_one(self.list.len() - 1);
        Ok(())
    }

    pub(crate) fn append_all(&mut self, resources: impl IntoIterator<Item = Resource>) -> Result<()> {
        resources.into_iter().try_for_each(|resource| self.append(resource))
    }

    /// Positions of objects that have or had the id.
    pub(crate) fn by_any_id(&mut self, id: &Id) -> &[usize] {
        self.index();
        self.any.get(&id.key()).map_or(&[], SmallVec::as_slice)
    }

    /// Positions of objects whose original or current name it is, in order.
    pub(crate) fn by_name(&mut self, name: &str) -> &[usize] {
        self.index();
        self.names.get(name).map_or(&[], SmallVec::as_slice)
    }

    /// Fails when two objects have the same current id.
    pub(crate) fn check_unique(&mut self) -> Result<()> {
        self.index();
        if self.doubled == 0 {
            return Ok(());
        }
        for resource in &self.list {
            if self.current.get(&resource.id().key()).is_some_and(|positions| positions.len() > 1) {
                return Err(Error::input(format!(
                    "may not add resource with an already registered id: {}",
                    resource.id()
                )));
            }
        }
        Ok(())
    }

    /// The one object that has or had the id.
    pub(crate) fn one_by_id(&mut self, id: &Id) -> Result<usize> {
        match *self.by_any_id(id) {
            [position] => Ok(position),
            [] => Err(Error::input(format!(
                "no matches for Id {id}; failed to find unique target for patch {id}"
            ))),
            _ => Err(Error::input(format!(
                "multiple matches for Id {id}; failed to find unique target for patch {id}"
            ))),
        }
    }

    /// Drops objects that became empty.
    pub(crate) fn drop_empties(&mut self) {
        self.work.note(1 + self.list.len() / 64);
        if self.list.iter().any(Resource::is_nil_or_empty) {
            self.list.retain(|resource| !resource.is_nil_or_empty());
            self.fresh = false;
        }
    }

    /// Adds a generated object, or merges it into the one it names.
    pub(crate) fn absorb(&mut self, mut new: Resource) -> Result<()> {
        let work = self.work.clone();
        let id = new.id().clone();
        let positions = self.by_any_id(&id).to_vec();
        match *positions.as_slice() {
            [] => {
                if new.behavior() != "create" {
                    return Err(Error::input(format!("id {id} does not exist; cannot merge or replace")));
                }
                self.append(new)
            }
            [position] => {
                let behavior = new.behavior().to_owned();
                let Some(old) = self.list.get(position) else { return Ok(()) };
                let before = old.weight();
                // While they are merged there is a copy of both.
                let _copies = work.held(2 * (before + new.weight()))?;
                match behavior.as_str() {
                    "replace" => new.inherit_from(old)?,
                    "merge" => {
                        let origin = old.annotation(crate::resource::ORIGIN).map(str::to_owned);
                        new.inherit_from(old)?;
                        for field in ["data", "binaryData"] {
                            let mut data = old.data(field);
                            data.extend(new.data(field));
                            new.set_data(field, &data)?;
                        }
                        if let Some(origin) = origin {
                            new.change_annotation(crate::resource::ORIGIN, Some(&origin))?;
                        }
                    }
                    _ => {
                        return Err(Error::input(format!(
                            "id {id} exists; can not use behavior: 'create', behavior must be merge or replace"
                        )));
                    }
                }
                if new.id() != old.id() && !new.id().same(old.id()) {
                    return Err(Error::input(format!(
                        "cannot find resource with id {} to replace",
                        new.id()
                    )));
                }
                let after = new.weigh();
                work.walk(after)?;
                if let Some(slot) = self.list.get_mut(position) {
                    *slot = new;
                }
                self.fresh = false;
                self.hold((self.held + after).saturating_sub(before))
            }
            _ => Err(Error::input(format!("found multiple objects that could accept merge of {id}"))),
        }
    }
}
