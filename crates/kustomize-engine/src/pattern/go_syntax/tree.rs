//! What Go's limits need to know of the tree that it makes of a pattern: copies and height. Holds no tree.

/// What the next repetition applies to, the end of what was written.
pub(super) struct Atom {
    pub(super) start: usize,
    pub(super) copies: u32,
    pub(super) height: usize,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Literal,
    Repetition,
    Other,
}

/// What was read of a group, but for the last atom.
pub(super) struct Level {
    /// The most copies that anything in it asks for.
    pub(super) copies: u32,
    /// Of the highest branch before this one.
    pub(super) height: usize,
    pub(super) is_alternation: bool,
    /// Of the highest part of this branch.
    branch_height: usize,
    /// How many parts this branch has; literals side by side are one.
    parts: usize,
    ends_in_literal: bool,
}

impl Level {
    pub(super) fn new() -> Self {
        Self {
            copies: 1,
            height: 1,
            is_alternation: false,
            branch_height: 0,
            parts: 0,
            ends_in_literal: false,
        }
    }

    pub(super) fn add(&mut self, atom: &Atom) {
        let is_literal = atom.kind == Kind::Literal;
        self.copies = self.copies.max(atom.copies);
        self.branch_height = self.branch_height.max(atom.height);
        self.parts += usize::from(!(is_literal && self.ends_in_literal));
        self.ends_in_literal = is_literal;
    }

    pub(super) fn end_branch(&mut self) {
        self.height = self.height.max(self.branch_height + usize::from(self.parts > 1));
        (self.branch_height, self.parts, self.ends_in_literal) = (0, 0, false);
    }
}

/// A group that is not closed yet.
pub(super) struct Group {
    pub(super) start: usize,
    /// The flags around it.
    pub(super) flags: u8,
    /// What stands before it.
    pub(super) level: Level,
    pub(super) captures: bool,
}
