//! Which elements of two lists are the same one, where something else than their place tells them apart. Each element is
//! looked at a fixed number of times: lists may be as long as an object may be large.

use serde_json::Value;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// The places of elements by what they have at some keys.
type Index = HashMap<String, VecDeque<usize>>;

/// For each desired element the place of the live one, if there is one; no place twice. Without keys an element is told by
/// all of itself. A key that a desired element leaves out has its default, which is not known here: it is matched after
/// those that say all of theirs.
pub(super) fn places(keys: Option<&[String]>, desired: &[Value], live: &[Value]) -> Vec<Option<usize>> {
    let mut live = Live { elements: live, taken: vec![false; live.len()], by: BTreeMap::new() };
    let mut places = vec![None; desired.len()];
    for is_whole in [true, false] {
        for (element, place) in desired.iter().zip(&mut places) {
            let said = keys.map(|keys| keys.iter().filter(|key| element.get(key).is_some()).collect());
            let says_all =
                said.as_ref().is_none_or(|said: &Vec<&String>| Some(said.len()) == keys.map(<[_]>::len));
            if says_all == is_whole && said.as_ref().is_none_or(|said| !said.is_empty()) {
                *place = live.take(said, element);
            }
        }
    }
    places
}

struct Live<'v> {
    elements: &'v [Value],
    taken: Vec<bool>,
    by: BTreeMap<Option<Vec<&'v String>>, Index>,
}

impl<'v> Live<'v> {
    fn take(&mut self, keys: Option<Vec<&'v String>>, element: &Value) -> Option<usize> {
        let name = name_of(keys.as_deref(), element);
        let index = self.by.entry(keys).or_insert_with_key(|keys| {
            let mut index = Index::new();
            for (place, element) in self.elements.iter().enumerate() {
                index.entry(name_of(keys.as_deref(), element)).or_default().push_back(place);
            }
            index
        });
        let places = index.get_mut(&name)?;
        while let Some(place) = places.pop_front() {
            if let Some(taken) = self.taken.get_mut(place).filter(|taken| !**taken) {
                *taken = true;
                return Some(place);
            }
        }
        None
    }
}

fn name_of(keys: Option<&[&String]>, element: &Value) -> String {
    let Some(keys) = keys else { return element.to_string() };
    let said = |key: &&String| element.get(key).map(ToString::to_string).unwrap_or_default();
    // No JSON has a line end in it that is not escaped.
    keys.iter().map(said).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
