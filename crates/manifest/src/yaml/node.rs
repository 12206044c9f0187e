//! A YAML document as a tree that keeps what go-yaml's nodes keep: text, tag and style. No anchors: they are expanded on
//! reading. No comments.

use compact_str::CompactString;

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Without quotes.
    #[default]
    Plain,
    /// `'…'`
    Single,
    /// `"…"`
    Double,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// The type of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tag {
    /// None yet: the text decides when the value is written.
    #[default]
    None,
    /// `!!str`
    Str,
    /// `!!int`
    Int,
    /// `!!float`
    Float,
    /// `!!bool`
    Bool,
    /// `!!null`
    Null,
    /// `!!timestamp`
    Time,
    /// `!!binary`
    Binary,
    /// `!!merge`
    Merge,
    /// Any other tag; the value is its text.
    Other,
}

/// A scalar.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scalar {
    /// The text without quotes and escapes.
    pub text: CompactString,
    /// The type.
    pub tag: Tag,
    /// The quoting.
    pub style: Style,
    /// Whether the tag was written out and stays so.
    pub tagged: bool,
    /// Line it starts on, from 1; 0 when it was made.
    pub line: u32,
    /// Scalars of one document with the same number other than 0 are one node of the original and change together.
    pub share: u32,
    /// Counts changes since those scalars were last made equal.
    pub stamp: u32,
}

/// A mapping: entries in the order of the text, duplicates kept.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map {
    /// Keys and values.
    pub entries: Vec<(Scalar, Node)>,
    /// Whether it was written `{…}`.
    pub flow: bool,
}

/// A sequence.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seq {
    /// The elements.
    pub items: Vec<Node>,
    /// Whether it was written `[…]`.
    pub flow: bool,
}

/// One node of a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A scalar.
    Scalar(Scalar),
    /// A mapping.
    Map(Map),
    /// A sequence.
    Seq(Seq),
}

impl Scalar {
    /// A plain string (`!!str`), quoted on writing where it needs to be.
    #[must_use]
    pub fn string(text: impl Into<CompactString>) -> Self {
        Self { text: text.into(), tag: Tag::Str, ..Self::default() }
    }

    /// A scalar without type: the text decides.
    #[must_use]
    pub fn untyped(text: impl Into<CompactString>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A plain scalar of the given type.
    #[must_use]
    pub fn typed(text: impl Into<CompactString>, tag: Tag) -> Self {
        Self { text: text.into(), tag, ..Self::default() }
    }

    /// Whether it is `!!null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.tag == Tag::Null
    }
}

impl Map {
    /// The value of the first entry with this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.iter().find(|(k, _)| is_key(&k.text, key)).map(|(_, v)| v)
    }

    /// The value of the first entry with this key.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|(k, _)| is_key(&k.text, key)).map(|(_, v)| v)
    }

    /// Position of the first entry with this key.
    #[must_use]
    pub fn position(&self, key: &str) -> Option<usize> {
        self.entries.iter().position(|(k, _)| is_key(&k.text, key))
    }

    /// Replaces the value of the first entry with this key, or appends one with a key that is a string.
    pub fn set(&mut self, key: &str, value: Node) {
        match self.get_mut(key) {
            Some(old) => *old = value,
            None => self.entries.push((Scalar::string(key), value)),
        }
    }

    /// Removes the first entry with this key.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let position = self.position(key)?;
        Some(self.entries.remove(position).1)
    }
}

/// Whether two texts are the same. Most keys differ in length or in their last letter, and calling for a comparison of
/// memory costs more than looking at these.
#[inline]
fn is_key(text: &CompactString, key: &str) -> bool {
    let (text, key) = (text.as_bytes(), key.as_bytes());
    text.len() == key.len() && text.last() == key.last() && text == key
}

impl Node {
    /// What a node, or the key of one, weighs beside its text, in bytes of memory.
    pub const WEIGHT: usize = 64;

    /// About how many bytes of memory it takes, with everything below it.
    #[must_use]
    pub fn weight(&self) -> usize {
        match self {
            Self::Scalar(scalar) => Self::WEIGHT + scalar.text.len(),
            Self::Seq(seq) => Self::WEIGHT + seq.items.iter().map(Self::weight).sum::<usize>(),
            Self::Map(map) => {
                let entry = |(key, value): &(Scalar, Self)| Self::WEIGHT + key.text.len() + value.weight();
                Self::WEIGHT + map.entries.iter().map(entry).sum::<usize>()
            }
        }
    }

    /// A plain string.
    #[must_use]
    pub fn string(text: impl Into<CompactString>) -> Self {
        Self::Scalar(Scalar::string(text))
    }

    /// An empty mapping.
    #[must_use]
    pub fn map() -> Self {
        Self::Map(Map::default())
    }

    /// The mapping, if it is one.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        if let Self::Map(map) = self { Some(map) } else { None }
    }

    /// The mapping, if it is one.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        if let Self::Map(map) = self { Some(map) } else { None }
    }

    /// The scalar, if it is one.
    #[must_use]
    pub fn as_scalar(&self) -> Option<&Scalar> {
        if let Self::Scalar(scalar) = self { Some(scalar) } else { None }
    }

    /// The text, if it is a scalar.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.as_scalar().map(|scalar| scalar.text.as_str())
    }

    /// The value of a key, if it is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.get(key)
    }

    /// The value of a key, if it is a mapping that has it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        self.as_map_mut()?.get_mut(key)
    }

    /// The value at a path of keys.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Whether it is a scalar of type `!!null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.as_scalar().is_some_and(Scalar::is_null)
    }
}

#[cfg(test)]
mod tests;
