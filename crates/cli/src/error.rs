//! Why a command failed, in the words of the person who typed it. Printing is `output`'s.

use std::io;

/// A failed command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// The command line is wrong.
    #[error("{0}")]
    Usage(String),
    /// A flag of kustomize that asks for what Flyball does not do.
    #[error("--{flag} is not supported: {reason}")]
    Flag {
        /// Without dashes.
        flag: &'static str,
        /// What it would need.
        reason: &'static str,
        /// What to do instead.
        way_out: &'static str,
    },
    /// The target lies on another machine.
    #[error("remote target '{0}' is not supported")]
    Remote(String),
    /// The target is no directory that can be built.
    #[error("must build at directory: {0}")]
    Target(String),
    /// The build failed.
    #[error("{source}")]
    Build {
        /// As the engine says it.
        source: kustomize_engine::Error,
        /// Files that exist and could not be read.
        unreadable: Vec<String>,
    },
    /// A file could not be written.
    #[error("{0}")]
    File(String),
}

impl CliError {
    /// About one file: what was done, to which, and what the system said.
    pub(crate) fn file(action: &str, path: &str, error: &io::Error) -> Self {
        Self::File(format!("{action} {path}: {}", system_text(error)))
    }

    /// What to do about it, a line each.
    pub(crate) fn hints(&self) -> Vec<String> {
        match self {
            Self::Flag { way_out, .. } => vec![(*way_out).to_owned()],
            Self::Remote(url) => {
                let url = url.split(['?', '#']).next().unwrap_or(url);
                vec![format!(
                    "add --fetch-remote, or clone it first: `git clone {url} DIR`, then `flyball build DIR`"
                )]
            }
            Self::Build { source, unreadable } => {
                let fetch =
                    names_a_remote(source).then(|| "--fetch-remote fetches bases with git".to_owned());
                unreadable.iter().cloned().chain(fetch).collect()
            }
            Self::Usage(_) | Self::Target(_) | Self::File(_) => Vec::new(),
        }
    }
}

/// Whether a build failed because something would have to be fetched.
fn names_a_remote(error: &kustomize_engine::Error) -> bool {
    match error {
        kustomize_engine::Error::Context { source, .. } => names_a_remote(source),
        kustomize_engine::Error::Unsupported { feature, .. } => feature.starts_with("remote "),
        _ => false,
    }
}

/// The system's words as C and Go have them: lower-case, without Rust's number.
pub(crate) fn system_text(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_speaks_as_in_go() {
        let error = std::fs::read("/nowhere/at/all").expect_err("no such file");
        assert_eq!(system_text(&error), "no such file or directory");
        assert_eq!(system_text(&io::Error::other("Odd")), "odd");
    }

    #[test]
    fn a_remote_target_names_the_way_out() {
        let hints = CliError::Remote("https://github.com/a/b//c?ref=v1".to_owned()).hints();
        assert_eq!(
            hints,
            [
                "add --fetch-remote, or clone it first: `git clone https://github.com/a/b//c DIR`, then `flyball build DIR`"
            ]
        );
    }
}
