//! Decrypts a tree in place and computes the MAC over its values in order.

use sha2::{Digest as _, Sha512};

use crate::cipher::Cipher;
use crate::error::TreeError;
use crate::metadata::Metadata;
use crate::rules::Matcher;
use crate::tree::{Branch, Comment, Item, Key, Value, plain_float};
use crate::{DataKey, ValueError};

/// Whether a file has to be as sops left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verify {
    /// Another MAC than the recorded one is an error. It covers values that are not encrypted, too, and their order, so
    /// that an object that kustomize has changed does not pass.
    #[default]
    Required,
    /// Only the values themselves are authenticated, each bound to its path: what Flux does.
    Ignored,
}

/// What sops hashes first when plain values do not count: the SHA-256 of `sops`.
const ONLY_ENCRYPTED: [u8; 32] = [
    0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b, 0x0b,
    0x97, 0x5b, 0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
];

/// Bytes of paths that values are bound to, all together: a long key above many values would cost hours.
const MOST_BOUND: usize = 1 << 28;

struct Walk<'a> {
    cipher: Cipher,
    matcher: &'a Matcher,
    only_encrypted: bool,
    hash: Sha512,
    /// The keys on the way, each followed by a colon. Places in lists do not count.
    path: String,
    /// How many of them the rule looks at.
    hits: usize,
    /// Per level, whether the rule looks at a comment since the last entry.
    comments: Vec<bool>,
    bound: usize,
}

/// Decrypts in place. The MAC as sops writes it: hexadecimal, in capitals.
pub(crate) fn decrypt(
    branches: &mut [Branch],
    key: &DataKey,
    metadata: &Metadata,
) -> Result<String, TreeError> {
    let mut walk = Walk {
        cipher: Cipher::new(key),
        matcher: &metadata.matcher,
        only_encrypted: metadata.mac_only_encrypted,
        hash: Sha512::new(),
        path: String::new(),
        hits: 0,
        comments: Vec::new(),
        bound: 0,
    };
    if walk.only_encrypted {
        walk.hash.update(ONLY_ENCRYPTED);
    }
    for branch in branches {
        walk.map(branch)?;
    }
    Ok(walk.hash.finalize().iter().map(|byte| format!("{byte:02X}")).collect())
}

impl Walk<'_> {
    fn map(&mut self, items: &mut [Item]) -> Result<(), TreeError> {
        self.comments.push(false);
        for item in items {
            match item {
                Item::Comment(comment) => _ = self.comment(comment)?,
                Item::Entry(Key::Text(key), value) => {
                    let (length, hit) = (self.path.len(), self.matcher.hits_key(key));
                    self.path.push_str(key);
                    self.path.push(':');
                    self.hits += usize::from(hit);
                    self.value(value)?;
                    self.hits -= usize::from(hit);
                    self.path.truncate(length);
                    self.settle();
                }
                Item::Entry(Key::Other(found), _) => {
                    return Err(TreeError::Key { path: self.place(), found });
                }
            }
        }
        self.comments.pop();
        Ok(())
    }

    fn seq(&mut self, items: &mut [Value]) -> Result<(), TreeError> {
        self.comments.push(false);
        for item in items {
            if let Value::Comment(comment) = item {
                // In lists, what turns out to be a text is one. An empty comment does, when it is taken for encrypted.
                if self.comment(comment)? {
                    *item = Value::Str(comment.text.clone());
                }
            } else {
                self.value(item)?;
                self.settle();
            }
        }
        self.comments.pop();
        Ok(())
    }

    fn hit(&mut self) {
        if let Some(level) = self.comments.last_mut() {
            *level = true;
        }
    }

    /// After a value, the comments before it are done with.
    fn settle(&mut self) {
        if let Some(level) = self.comments.last_mut() {
            *level = false;
        }
    }

    fn is_encrypted(&self) -> bool {
        self.matcher.is_encrypted(self.hits > 0 || self.comments.contains(&true))
    }

    /// Where it is, for messages.
    fn place(&self) -> String {
        self.path.strip_suffix(':').unwrap_or(&self.path).to_owned()
    }

    /// Opens a text that is bound to its keys; to a colon alone, which is sops' way, where there is none.
    fn open(&mut self, text: &[u8]) -> Result<Result<Value, ValueError>, TreeError> {
        self.bound = self.bound.saturating_add(self.path.len());
        if self.bound > MOST_BOUND {
            return Err(TreeError::Budget { path: self.place() });
        }
        Ok(self.cipher.open(text, if self.path.is_empty() { ":" } else { &self.path }))
    }

    fn value(&mut self, value: &mut Value) -> Result<(), TreeError> {
        match value {
            Value::Null => return Ok(()),
            Value::Map(items) => return self.map(items),
            Value::Seq(items) => return self.seq(items),
            _ => {}
        }
        let marked = matches!(value, Value::Str(text) if self.matcher.is_marked(text));
        let encrypted = marked || self.is_encrypted();
        if encrypted {
            let Value::Str(text) = value else {
                return Err(TreeError::NotText { path: self.place(), found: value.go_type() });
            };
            *value = self.open(text)?.map_err(|error| TreeError::Value { path: self.place(), error })?;
        }
        if encrypted || !self.only_encrypted {
            self.hash_value(value);
        }
        Ok(())
    }

    /// A comment that cannot be decrypted is taken for one that never was encrypted, as sops does it. What was encrypted
    /// comes back on a line of its own. Comments are not part of the MAC, unless one turns out to be a text: whether it did.
    fn comment(&mut self, comment: &mut Comment) -> Result<bool, TreeError> {
        let hit = self.matcher.hits_comment(&comment.text);
        if hit && self.matcher.covers_its_comment() {
            self.hit();
        }
        let encrypted = self.is_encrypted();
        if hit {
            self.hit();
        }
        if !encrypted {
            return Ok(false);
        }
        match self.open(&comment.text)? {
            Ok(Value::Comment(plain)) => *comment = plain,
            Ok(Value::Str(text)) => {
                self.hash.update(&*text);
                comment.text = text;
                return Ok(true);
            }
            Ok(_) => return Err(TreeError::Value { path: self.place(), error: ValueError::Type }),
            Err(_) => {}
        }
        Ok(false)
    }

    fn hash_value(&mut self, value: &Value) {
        match value {
            Value::Bool(true) => self.hash.update("True"),
            Value::Bool(false) => self.hash.update("False"),
            Value::Int(int) => self.hash.update(int.to_string()),
            Value::Float(float) => self.hash.update(plain_float(*float)),
            Value::Time(text) => self.hash.update(text),
            Value::Str(text) | Value::Bytes(text) => self.hash.update(&**text),
            Value::Null | Value::Comment(_) | Value::Map(_) | Value::Seq(_) => {}
        }
    }
}
