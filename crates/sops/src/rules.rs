//! Which values of a file are encrypted: by the keys above them, or by the comments before them.

use regex::bytes::{Regex, RegexBuilder};

/// Compiled patterns may be this large: the file's author chose them.
const PATTERN_SIZE: usize = 1 << 20;

/// Which values are encrypted. A file has one rule; where none is written it is the suffix `_unencrypted`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// All but those below a key with this end.
    UnencryptedSuffix(String),
    /// Those below a key with this end.
    EncryptedSuffix(String),
    /// All but those below a key that matches.
    UnencryptedRegex(String),
    /// Those below a key that matches.
    EncryptedRegex(String),
    /// All but those after a comment that matches.
    UnencryptedCommentRegex(String),
    /// Those after a comment that matches.
    EncryptedCommentRegex(String),
}

impl Default for Rule {
    fn default() -> Self {
        Self::UnencryptedSuffix("_unencrypted".to_owned())
    }
}

/// A rule, ready to be applied.
pub(crate) enum Matcher {
    UnencryptedSuffix(String),
    EncryptedSuffix(String),
    UnencryptedRegex(Regex),
    EncryptedRegex(Regex),
    UnencryptedCommentRegex(Regex),
    EncryptedCommentRegex(Regex),
    /// Whatever looks encrypted: where the comments that a rule asks for are lost.
    Marked,
}

impl Matcher {
    /// None when a pattern is not understood. sops takes such a one for a pattern that matches nothing, which would
    /// leave ciphertext in the output without a word.
    pub(crate) fn new(rule: &Rule) -> Option<Self> {
        let regex = |pattern: &str| RegexBuilder::new(pattern).size_limit(PATTERN_SIZE).build().ok();
        Some(match rule {
            Rule::UnencryptedSuffix(suffix) => Self::UnencryptedSuffix(suffix.clone()),
            Rule::EncryptedSuffix(suffix) => Self::EncryptedSuffix(suffix.clone()),
            Rule::UnencryptedRegex(pattern) => Self::UnencryptedRegex(regex(pattern)?),
            Rule::EncryptedRegex(pattern) => Self::EncryptedRegex(regex(pattern)?),
            Rule::UnencryptedCommentRegex(pattern) => Self::UnencryptedCommentRegex(regex(pattern)?),
            Rule::EncryptedCommentRegex(pattern) => Self::EncryptedCommentRegex(regex(pattern)?),
        })
    }

    /// Whether the rule looks at this key. One such key on the way to a value is enough.
    pub(crate) fn hits_key(&self, key: &str) -> bool {
        match self {
            Self::UnencryptedSuffix(suffix) | Self::EncryptedSuffix(suffix) => key.ends_with(suffix.as_str()),
            Self::UnencryptedRegex(regex) | Self::EncryptedRegex(regex) => regex.is_match(key.as_bytes()),
            Self::UnencryptedCommentRegex(_) | Self::EncryptedCommentRegex(_) | Self::Marked => false,
        }
    }

    /// Whether the rule looks at this comment. One such before a value, or before a key on the way to it, is enough.
    pub(crate) fn hits_comment(&self, text: &[u8]) -> bool {
        match self {
            Self::UnencryptedCommentRegex(regex) | Self::EncryptedCommentRegex(regex) => regex.is_match(text),
            _ => false,
        }
    }

    /// Whether the comment that is hit is itself what the rule says.
    pub(crate) fn covers_its_comment(&self) -> bool {
        !matches!(self, Self::EncryptedCommentRegex(_))
    }

    /// Whether values are encrypted, where something was hit.
    pub(crate) fn is_encrypted(&self, hit: bool) -> bool {
        match self {
            Self::UnencryptedSuffix(_) | Self::UnencryptedRegex(_) | Self::UnencryptedCommentRegex(_) => !hit,
            Self::EncryptedSuffix(_) | Self::EncryptedRegex(_) | Self::EncryptedCommentRegex(_) => hit,
            Self::Marked => false,
        }
    }

    /// Whether a text is encrypted, wherever it stands.
    pub(crate) fn is_marked(&self, text: &[u8]) -> bool {
        matches!(self, Self::Marked) && text.starts_with(b"ENC[AES256_GCM,")
    }
}
