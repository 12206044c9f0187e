//! Label values from outside, of which only so many become series of their own.

use std::collections::HashSet;

use parking_lot::Mutex;

/// What the others are counted as.
pub const OTHER: &str = "other";
/// A value that is longer is one of the others.
const LONGEST: usize = 128;

/// The first values that came; the others are [`OTHER`].
#[derive(Debug)]
pub struct Bounded {
    most: usize,
    seen: Mutex<HashSet<String>>,
}

impl Bounded {
    /// So many values.
    pub fn new(most: usize) -> Self {
        Self { most, seen: Mutex::default() }
    }

    /// The value, or [`OTHER`].
    pub fn label<'a>(&self, value: &'a str) -> &'a str {
        if value.len() > LONGEST {
            return OTHER;
        }
        let mut seen = self.seen.lock();
        if seen.contains(value) {
            return value;
        }
        if seen.len() >= self.most {
            return OTHER;
        }
        seen.insert(value.to_owned());
        value
    }
}

#[cfg(test)]
mod tests;
