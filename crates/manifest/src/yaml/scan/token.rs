//! What the scanner hands out: tokens, where they start, and sets of kinds to ask for. It reads nothing.

use compact_str::CompactString;

use crate::yaml::Style;

/// A place in the text; line and column count from 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::yaml) struct Mark {
    pub(in crate::yaml) position: usize,
    pub(in crate::yaml) line: u32,
    pub(in crate::yaml) column: u32,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::yaml) enum Kind {
    StreamStart,
    StreamEnd,
    VersionDirective,
    TagDirective(Box<Tagging>),
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(String),
    Anchor(String),
    Tag(Box<Tagging>),
    Scalar { text: CompactString, style: Style },
}

/// A handle of tags, and what follows it in a tag or stands for it in a directive. Rare, and so kept out of the way: it
/// would make every token larger.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::yaml) struct Tagging {
    pub(in crate::yaml) handle: String,
    pub(in crate::yaml) rest: String,
}

/// A set of those kinds that the reader asks for by name.
#[derive(Debug, Clone, Copy)]
pub(in crate::yaml) struct Kinds(u16);

impl Kinds {
    pub(in crate::yaml) const STREAM_START: Self = Self(1);
    pub(in crate::yaml) const DOCUMENT_END: Self = Self(1 << 1);
    pub(in crate::yaml) const BLOCK_ENTRY: Self = Self(1 << 2);
    pub(in crate::yaml) const BLOCK_END: Self = Self(1 << 3);
    pub(in crate::yaml) const FLOW_ENTRY: Self = Self(1 << 4);
    pub(in crate::yaml) const FLOW_SEQUENCE_END: Self = Self(1 << 5);
    pub(in crate::yaml) const FLOW_MAPPING_END: Self = Self(1 << 6);
    pub(in crate::yaml) const KEY: Self = Self(1 << 7);
    pub(in crate::yaml) const VALUE: Self = Self(1 << 8);

    pub(in crate::yaml) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a kind is among them.
    pub(in crate::yaml) fn have(self, kind: &Kind) -> bool {
        let one = match kind {
            Kind::StreamStart => Self::STREAM_START,
            Kind::DocumentEnd => Self::DOCUMENT_END,
            Kind::BlockEntry => Self::BLOCK_ENTRY,
            Kind::BlockEnd => Self::BLOCK_END,
            Kind::FlowEntry => Self::FLOW_ENTRY,
            Kind::FlowSequenceEnd => Self::FLOW_SEQUENCE_END,
            Kind::FlowMappingEnd => Self::FLOW_MAPPING_END,
            Kind::Key => Self::KEY,
            Kind::Value => Self::VALUE,
            _ => return false,
        };
        self.0 & one.0 != 0
    }
}

/// A token and where it starts.
#[derive(Debug, Clone)]
pub(in crate::yaml) struct Token {
    pub(in crate::yaml) kind: Kind,
    pub(in crate::yaml) start: Mark,
}
