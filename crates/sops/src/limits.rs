//! What a file may cost before it is refused.

/// Budgets for one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Values, keys and comments together.
    pub nodes: usize,
    /// Nesting of maps and lists.
    pub depth: usize,
    /// Master keys of all groups together: each may cost a request to a key service.
    pub master_keys: usize,
}

impl Default for Limits {
    /// Flux's five mebibytes, and for the rest what no honest file needs.
    fn default() -> Self {
        Self { bytes: 5 << 20, nodes: 500_000, depth: 100, master_keys: 128 }
    }
}

/// Counts nodes while a file is read.
#[derive(Debug)]
pub(crate) struct Spent<'a> {
    limits: &'a Limits,
    nodes: usize,
}

impl<'a> Spent<'a> {
    pub(crate) fn new(limits: &'a Limits) -> Self {
        Self { limits, nodes: 0 }
    }

    /// One more node, at this depth.
    pub(crate) fn node(&mut self, depth: usize) -> Result<(), crate::LoadError> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return Err(crate::LoadError::Budget { what: "nodes", limit: self.limits.nodes });
        }
        if depth > self.limits.depth {
            return Err(crate::LoadError::Budget { what: "nested levels", limit: self.limits.depth });
        }
        Ok(())
    }

    pub(crate) fn limits(&self) -> &Limits {
        self.limits
    }
}
