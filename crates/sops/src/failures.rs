//! The table that sops prints when no key opened a file: which group, which key, and what each service said.

use std::fmt;

use crate::KeyError;
use crate::blame::Blame;

/// What became of every group of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataKeyFailure {
    /// How many groups had to succeed; 0 when there is only one.
    pub threshold: usize,
    /// The groups in order; none where one succeeded.
    pub groups: Vec<Option<GroupFailure>>,
}

/// A group of which no key succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupFailure {
    /// Its keys, in the order they were tried.
    pub keys: Vec<KeyFailure>,
}

/// A key that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFailure {
    /// Its name.
    pub key: String,
    /// What each service said.
    pub errors: Vec<KeyError>,
}

impl DataKeyFailure {
    /// Who has to act. A service that is out of reach is blamed first: with it there might have been a key.
    #[must_use]
    pub fn blame(&self) -> Blame {
        let blames: Vec<Blame> = self.key_errors().map(KeyError::blame).collect();
        if blames.contains(&Blame::Service) {
            Blame::Service
        } else if !blames.is_empty() && blames.iter().all(|blame| *blame == Blame::File) {
            Blame::File
        } else {
            Blame::Keys
        }
    }

    pub(crate) fn key_errors(&self) -> impl Iterator<Item = &KeyError> {
        self.groups.iter().flatten().flat_map(|group| &group.keys).flat_map(|key| &key.errors)
    }

    fn trailer(&self) -> String {
        if self.threshold == 0 {
            return "Recovery failed because no master key was able to decrypt the file. In order for SOPS to recover \
                    the file, at least one key has to be successful, but none were."
                .to_owned();
        }
        let succeeded = self.groups.iter().filter(|group| group.is_none()).count();
        format!(
            "Recovery failed because the file was encrypted with a Shamir threshold of {0}, but only {succeeded} \
             part(s) were successfully recovered, one for each successful key group. In order for SOPS to recover \
             the file, at least {0} groups have to be successful. In order for a group to be successful, decryption \
             has to succeed with any of the keys in that key group.",
            self.threshold
        )
    }
}

impl fmt::Display for DataKeyFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Failed to get the data key required to decrypt the SOPS file.\n\n")?;
        for (i, group) in self.groups.iter().enumerate() {
            match group {
                None => writeln!(f, "Group {i}: SUCCESS\n")?,
                Some(group) => {
                    let keys: Vec<String> = group.keys.iter().map(KeyFailure::table).collect();
                    writeln!(f, "Group {i}: FAILED\n{}\n", indented(&keys.join("\n\n"), "  "))?;
                }
            }
        }
        f.write_str(&wrapped(&self.trailer(), 75))
    }
}

impl KeyFailure {
    fn table(&self) -> String {
        let errors: Vec<String> = self
            .errors
            .iter()
            .map(|error| {
                let lines = indented(&wrapped(&error.to_string(), 60), "  | ");
                format!("-{}", lines.strip_prefix(' ').unwrap_or(&lines))
            })
            .collect();
        format!("{}: FAILED\n{}", self.key, indented(&errors.join("\n\n"), "  "))
    }
}

fn indented(text: &str, prefix: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| format!("{prefix}{line}")).collect();
    lines.join("\n")
}

/// Breaks lines between words so that none is longer, unless a word is.
fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::new();
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            out.push('\n');
        }
        let mut column = 0;
        for word in line.split(' ') {
            let length = word.chars().count();
            if column > 0 && column + 1 + length > width {
                out.push('\n');
                column = 0;
            } else if column > 0 {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += length;
        }
    }
    out
}
