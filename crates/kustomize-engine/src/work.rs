//! What all parts of one build share: the budget that they charge, and the expressions that were compiled. It holds no
//! objects, and decides nothing about them.

use std::cell::{Cell, RefCell};
use std::ops::Deref;
use std::rc::Rc;

use manifest::budget::Budget;

use crate::cost::Cost;
pub(crate) use crate::cost::Held;
use crate::error::Result;
use crate::pattern::Compiled;

/// The budget and the caches of a build; clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Work {
    cost: Cost,
    compiled: Rc<RefCell<Compiled>>,
}

impl Work {
    pub(crate) fn new(budget: Budget) -> Self {
        Self { cost: Cost::new(budget), compiled: Rc::default() }
    }

    /// Expressions by their text.
    pub(crate) fn compiled(&self) -> &RefCell<Compiled> {
        &self.compiled
    }
}

impl Deref for Work {
    type Target = Cost;

    fn deref(&self) -> &Cost {
        &self.cost
    }
}

/// Counts, and holds, at most what objects grow by while they are changed in place.
#[derive(Debug)]
pub(crate) struct Growth {
    work: Work,
    bytes: Cell<usize>,
}

impl Growth {
    pub(crate) fn new(work: &Work) -> Self {
        Self { work: work.clone(), bytes: Cell::new(0) }
    }

    /// Holds what is about to be written.
    pub(crate) fn add(&self, bytes: usize) -> Result<()> {
        self.bytes.set(self.bytes.get().saturating_add(bytes));
        self.work.hold(bytes)
    }

    pub(crate) fn work(&self) -> &Work {
        &self.work
    }

    /// What was held, which is the caller's now.
    pub(crate) fn into_bytes(self) -> usize {
        self.bytes.get()
    }
}
