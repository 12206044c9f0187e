//! What can go wrong with a file, by who has to act. Texts are those of Flux and sops where users know them; no error
//! holds a value, only keys' paths, positions and names.

use crate::blame::Blame;
use crate::failures::DataKeyFailure;
use crate::shamir::ShareError;
use crate::{Format, KeyError};

/// Why a file was not decrypted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file is not what its format says, or is not encrypted.
    #[error("failed to load encrypted {format} data: {error}")]
    Load {
        /// What it was read as.
        format: Format,
        /// What is wrong.
        error: LoadError,
    },
    /// No key opened it.
    #[error("cannot get sops data key: {0}")]
    DataKey(Box<DataKeyFailure>),
    /// The shares of the data key do not fit together.
    #[error("cannot get sops data key: could not get data key from shamir parts: {0}")]
    Shares(ShareError),
    /// What the keys opened is not a data key.
    #[error("cannot get sops data key: the data key has {0} bytes instead of 32")]
    DataKeySize(usize),
    /// A value cannot be decrypted.
    #[error("error decrypting sops tree: Error walking tree: {0}")]
    Tree(TreeError),
    /// The file was changed after it was encrypted.
    #[error("failed to verify sops data integrity: {0}")]
    Mac(MacError),
    /// What it holds cannot be written in the format asked for.
    #[error("failed to emit encrypted {input} file as decrypted {output}: {error}")]
    Emit {
        /// What it was read as.
        input: Format,
        /// What it should become.
        output: Format,
        /// What is wrong.
        error: EmitError,
    },
}

/// Why a file was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A budget is exceeded.
    #[error("the file exceeds the limit of {limit} {what}")]
    Budget {
        /// What was counted.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// Not UTF-8.
    #[error("the file is not UTF-8")]
    Utf8,
    /// It breaks the rules of its format.
    #[error("line {line}: {problem}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// It is no YAML.
    #[error("Error unmarshaling input YAML: {0}")]
    Yaml(String),
    /// It has no metadata.
    #[error("sops metadata not found")]
    NoMetadata,
    /// Its metadata cannot be understood.
    #[error("sops metadata: {field}: {problem}")]
    Metadata {
        /// The field, as a path.
        field: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// Nothing is said about keys.
    #[error("No keys found in file")]
    NoKeys,
    /// Two rules for what is encrypted.
    #[error(
        "Cannot use more than one of encrypted_suffix, unencrypted_suffix, encrypted_regex, unencrypted_regex, encrypted_comment_regex, or unencrypted_comment_regex in the same file"
    )]
    Rules,
}

/// Why the values were not decrypted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// One value.
    #[error("Could not decrypt value: {error}")]
    Value {
        /// Its keys, joined by colons.
        path: String,
        /// What is wrong.
        error: ValueError,
    },
    /// A value that should be encrypted and is no text.
    #[error("Expected encrypted value as string, but got {found}")]
    NotText {
        /// Its keys, joined by colons.
        path: String,
        /// Its type, in Go's words.
        found: &'static str,
    },
    /// The keys above values are too long for their number.
    #[error("the paths of the values exceed the limit of their length")]
    Budget {
        /// Where that was.
        path: String,
    },
    /// A key that is no text.
    #[error("Tree contains a non-string key (type {found}). Only string keys are supported")]
    Key {
        /// The keys above it, joined by colons.
        path: String,
        /// Its type, in Go's words.
        found: &'static str,
    },
}

/// What is wrong with one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// It is not encrypted, or not in the form of it.
    #[error("Input string <redacted> does not match sops' data format")]
    Form,
    /// A part is no base64.
    #[error("Error base64-decoding {0}")]
    Base64(&'static str),
    /// Nonce or tag have the wrong length.
    #[error("Could not decrypt with AES_GCM: wrong size of iv or tag")]
    Sizes,
    /// It was changed, moved, or encrypted with another key.
    #[error("Could not decrypt with AES_GCM: cipher: message authentication failed")]
    Authentication,
    /// What was decrypted is not of its type.
    #[error("the decrypted value is not of its type")]
    Content,
    /// A type that does not exist.
    #[error("Unknown datatype")]
    Type,
}

/// Why the whole was not taken for genuine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MacError {
    /// The recorded MAC cannot be decrypted.
    #[error("the message authentication code: {0}")]
    Unreadable(ValueError),
    /// There is none.
    #[error("the file has no message authentication code")]
    Missing,
    /// It could not be looked at: the object is no document of a file that was.
    #[error(
        "the object is no document of its own in a file that is listed as a resource: its MAC cannot be verified"
    )]
    Unverified,
    /// It is another one.
    #[error("MAC mismatch: values, keys or their order were changed without sops")]
    Mismatch,
}

/// Why the output was not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EmitError {
    /// Binary output of what is not a binary.
    #[error("error emitting binary store: {0}")]
    Binary(&'static str),
    /// A list or map in a format of lines.
    #[error("cannot use complex value in dotenv file; offending key {0}")]
    Complex(String),
    /// A value outside of a section.
    #[error("Error marshaling to INI: Error encoding section: Section values should always be TreeBranches")]
    Section(String),
    /// A value that JSON cannot hold.
    #[error("Error marshaling to json: json: unsupported value")]
    Json,
    /// A comment where a value is needed.
    #[error("a comment stands in the place of a value")]
    Comment,
}

impl Error {
    /// Who has to act.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::DataKey(failure) => failure.blame(),
            _ => Blame::File,
        }
    }

    /// The value that is at fault: its keys, joined by colons.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Tree(
                TreeError::Value { path, .. }
                | TreeError::NotText { path, .. }
                | TreeError::Budget { path }
                | TreeError::Key { path, .. },
            ) => Some(path),
            Self::Emit { error: EmitError::Complex(path) | EmitError::Section(path), .. } => Some(path),
            _ => None,
        }
    }

    /// What the key services said, in the order they were asked.
    pub fn key_errors(&self) -> impl Iterator<Item = &KeyError> {
        let failure = if let Self::DataKey(failure) = self { Some(failure) } else { None };
        failure.into_iter().flat_map(|failure| failure.key_errors())
    }
}
