//! What a document weighs while operations change it, and how deep it is. It knows no operations.

use std::cell::RefCell;

use serde_json::Value;

use crate::edit::{MAX_DEPTH, MAX_WEIGHT, NODE_WEIGHT};
use crate::error::{Error, Result};
use crate::work::{Held, Work};

/// Takes what a value weighs from what is left; gives the deepest level in it. Fails when either is out of bounds.
fn measure(value: &Value, depth: usize, left: &mut usize) -> Result<usize> {
    if depth > MAX_DEPTH {
        return Err(Error::Budget { what: "nested levels in an object", limit: MAX_DEPTH });
    }
    let cost = NODE_WEIGHT + value.as_str().map_or(0, str::len);
    *left = left.checked_sub(cost).ok_or(Error::Budget { what: "bytes in an object", limit: MAX_WEIGHT })?;
    match value {
        Value::Array(items) => {
            items.iter().try_fold(depth, |deepest, item| Ok(measure(item, depth + 1, left)?.max(deepest)))
        }
        Value::Object(map) => map.iter().try_fold(depth, |deepest, (key, value)| {
            *left = left
                .checked_sub(key.len())
                .ok_or(Error::Budget { what: "bytes in an object", limit: MAX_WEIGHT })?;
            Ok(measure(value, depth + 1, left)?.max(deepest))
        }),
        _ => Ok(depth),
    }
}

/// How much a document has grown at most since it was last weighed: it is weighed when that could be too much, not after
/// each operation.
pub(super) struct Growing<'a> {
    pub(super) work: &'a Work,
    shared: RefCell<Grown>,
}

struct Grown {
    weight: usize,
    deepest: usize,
    held: Held,
}

impl<'a> Growing<'a> {
    pub(super) fn new(document: &Value, work: &'a Work) -> Result<Self> {
        let mut left = usize::MAX;
        let deepest = measure(document, 0, &mut left)?;
        let grown = Grown { weight: usize::MAX - left, deepest, held: work.nothing() };
        Ok(Self { work, shared: RefCell::new(grown) })
    }

    /// Charges a value that is about to be copied below a path.
    pub(super) fn add(&self, value: &Value, path: &str) -> Result<()> {
        let mut left = usize::MAX;
        let levels = path.bytes().filter(|b| *b == b'/').count();
        let deepest = measure(value, levels, &mut left)?;
        let weight = NODE_WEIGHT + path.len() + (usize::MAX - left);
        self.work.walk(weight)?;
        let mut grown = self.shared.borrow_mut();
        grown.held.add(weight)?;
        grown.weight = grown.weight.saturating_add(weight);
        grown.deepest = grown.deepest.max(deepest);
        Ok(())
    }

    /// Fails when the document has grown out of bounds.
    pub(super) fn settle(&self, document: &Value) -> Result<()> {
        let mut grown = self.shared.borrow_mut();
        if grown.weight <= MAX_WEIGHT && grown.deepest <= MAX_DEPTH {
            return Ok(());
        }
        let mut left = MAX_WEIGHT;
        let deepest = measure(document, 0, &mut left)?;
        let weight = MAX_WEIGHT - left;
        self.work.walk(weight)?;
        (grown.weight, grown.deepest) = (weight, deepest);
        grown.held = self.work.held(weight)?;
        Ok(())
    }
}

impl Growing<'_> {
    /// Something of unknown depth was moved below a path.
    pub(super) fn deeper(&self, path: &str) {
        let mut grown = self.shared.borrow_mut();
        let levels = path.bytes().filter(|b| *b == b'/').count();
        grown.deepest = grown.deepest.saturating_add(levels);
    }
}
