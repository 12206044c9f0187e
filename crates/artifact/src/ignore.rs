//! `.sourceignore` rules and the default excludes (contracts/source-controller.md 5.5), in Flux's dialect, and what
//! they may cost. Where the rules are read from, and what is done with a match, is the caller's.

use manifest::budget::{Budget, Exceeded};

mod meter;
mod pattern;

use meter::Meter;
use pattern::Pattern;

/// Name of the file that holds rules for its folder.
pub const FILE_NAME: &str = ".sourceignore";
/// Most bytes of all rules of a source.
pub const MAX_BYTES: u64 = 1 << 20;
/// Most rules of a source.
pub const MAX_RULES: usize = 20_000;

const VCS: &str = ".git/\n.gitignore\n.gitmodules\n.gitattributes";
const EXTENSIONS: &str = "*.jpg\n*.jpeg\n*.gif\n*.png\n*.wmv\n*.flv\n*.tar.gz\n*.zip";
const CI: &str = ".github/\n.circleci/\n.travis.yml\n.gitlab-ci.yml\nappveyor.yml\n.drone.yml\ncloudbuild.yaml\n\
                  codeship-services.yml\ncodeship-steps.yml";
const EXTRA: &str = "**/.goreleaser.yml\n**/.sops.yaml\n**/.flux.yaml";

/// More rules than a source may have: its own fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TooMuch {
    /// Too many of them.
    #[error("{FILE_NAME} files and spec.ignore have more than {MAX_RULES} rules in all")]
    Rules,
    /// Too much text.
    #[error("{FILE_NAME} files and spec.ignore have more than {MAX_BYTES} bytes in all")]
    Bytes,
}

/// An ordered list of rules, the last of which decides.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    groups: Vec<Group>,
    /// How many there are, and the bytes that they were read from.
    count: usize,
    bytes: u64,
}

/// Rules that hold in one folder.
#[derive(Clone, Debug)]
struct Group {
    /// Without empty segments; `""` is the root.
    folder: String,
    depth: usize,
    patterns: Vec<Pattern>,
}

impl Group {
    /// Whether paths like this one are judged by these rules.
    fn holds_for(&self, path: &str) -> bool {
        self.folder.is_empty()
            || path.strip_prefix(self.folder.as_str()).is_some_and(|below| below.starts_with('/'))
    }
}

impl Rules {
    /// No rules: nothing is ignored.
    pub fn none() -> Self {
        Self::default()
    }

    /// The effective rules of a Git or OCI source: those of `files` (folder and text of each `.sourceignore`,
    /// parents before children, siblings in lexical order), then `spec_ignore`. A single user rule switches the
    /// default excludes off, but for the version control ones.
    ///
    /// # Errors
    /// There are too many user rules.
    pub fn effective<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
        spec_ignore: Option<&str>,
    ) -> Result<Self, TooMuch> {
        let mut user = Self::none();
        for (folder, text) in files {
            user.add(text, folder)?;
        }
        user.add(spec_ignore.unwrap_or_default(), "")?;
        let mut rules = Self::none();
        rules.add(VCS, "")?;
        if user.count == 0 {
            for defaults in [EXTENSIONS, CI, EXTRA] {
                rules.add(defaults, "")?;
            }
        }
        rules.groups.append(&mut user.groups);
        Ok(rules)
    }

    /// Adds the rules in `text`, which hold in `folder` (`""` for the root) and below.
    ///
    /// # Errors
    /// There are too many rules then.
    pub fn add(&mut self, text: &str, folder: &str) -> Result<(), TooMuch> {
        self.bytes = self.bytes.saturating_add(text.len() as u64);
        if self.bytes > MAX_BYTES {
            return Err(TooMuch::Bytes);
        }
        let mut patterns = Vec::new();
        // A line may end with CRLF, the last one with CR alone. A byte order mark is part of the first rule.
        let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        for line in lines.filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            self.count += 1;
            if self.count > MAX_RULES {
                return Err(TooMuch::Rules);
            }
            patterns.push(Pattern::parse(line));
        }
        if patterns.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = folder.split('/').filter(|name| !name.is_empty()).collect();
        self.groups.push(Group { folder: names.join("/"), depth: names.len(), patterns });
        Ok(())
    }

    /// Whether `path` is ignored. Each path is judged on its own: a rule that excludes a folder
    /// does not stop a later one from including a file below it.
    ///
    /// Charges a step for each rule that is tried, and more for rules and names that take long to compare.
    ///
    /// # Errors
    /// The budget is used up, or the work is cancelled.
    pub fn is_ignored(&self, path: &str, is_dir: bool, budget: &Budget) -> Result<bool, Exceeded> {
        let segments: Vec<Vec<char>> = path.split('/').map(|name| name.chars().collect()).collect();
        let mut meter = Meter::new(budget);
        for group in self.groups.iter().rev() {
            meter.attempt()?;
            let Some(below) = segments.get(group.depth..).filter(|_| group.holds_for(path)) else { continue };
            for pattern in group.patterns.iter().rev() {
                meter.attempt()?;
                if pattern.matches(below, is_dir, &mut meter)? {
                    meter.settle()?;
                    return Ok(!pattern.includes());
                }
            }
        }
        meter.settle()?;
        Ok(false)
    }
}

#[cfg(test)]
mod tests;
