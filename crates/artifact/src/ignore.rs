//! `.sourceignore` rules and the default excludes (contracts/source-controller.md 5.5), in go-git's dialect.
//! Where the rules are read from, and what is done with a match, is the caller's.

mod pattern;

use pattern::Pattern;

/// Name of the file that holds rules for its folder.
pub const FILE_NAME: &str = ".sourceignore";

const VCS: &str = ".git/\n.gitignore\n.gitmodules\n.gitattributes";
const EXTENSIONS: &str = "*.jpg\n*.jpeg\n*.gif\n*.png\n*.wmv\n*.flv\n*.tar.gz\n*.zip";
const CI: &str = ".github/\n.circleci/\n.travis.yml\n.gitlab-ci.yml\nappveyor.yml\n.drone.yml\ncloudbuild.yaml\n\
                  codeship-services.yml\ncodeship-steps.yml";
const EXTRA: &str = "**/.goreleaser.yml\n**/.sops.yaml\n**/.flux.yaml";

/// An ordered list of rules, the last of which decides.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    patterns: Vec<Pattern>,
}

impl Rules {
    /// No rules: nothing is ignored.
    pub fn none() -> Self {
        Self::default()
    }

    /// The effective rules of a Git or OCI source: those of `files` (folder and text of each `.sourceignore`,
    /// parents before children, siblings in lexical order), then `spec_ignore`. A single user rule switches the
    /// default excludes off, but for the version control ones.
    pub fn effective<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
        spec_ignore: Option<&str>,
    ) -> Self {
        let mut user = Self::none();
        for (folder, text) in files {
            user.add(text, folder);
        }
        user.add(spec_ignore.unwrap_or_default(), "");
        let mut rules = Self::none();
        rules.add(VCS, "");
        if user.patterns.is_empty() {
            for defaults in [EXTENSIONS, CI, EXTRA] {
                rules.add(defaults, "");
            }
        }
        rules.patterns.append(&mut user.patterns);
        rules
    }

    /// Adds the rules in `text`, which hold in `folder` (`""` for the root) and below.
    pub fn add(&mut self, text: &str, folder: &str) {
        self.patterns.extend(
            text.lines()
                .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
                .map(|line| Pattern::parse(line, folder)),
        );
    }

    /// Whether `path` is ignored. Each path is judged on its own: a rule that excludes a folder
    /// does not stop a later one from including a file below it.
    pub fn is_ignored(&self, path: &str, is_dir: bool) -> bool {
        let segments: Vec<&str> = path.split('/').collect();
        self.patterns
            .iter()
            .rev()
            .find(|pattern| pattern.matches(&segments, is_dir))
            .is_some_and(|pattern| !pattern.includes())
    }
}

#[cfg(test)]
mod tests;
