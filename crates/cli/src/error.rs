//! Why a command failed, in the words of the person who typed it. Printing is `output`'s.

use std::io;

use kustomize_engine::Error as BuildError;

#[cfg(test)]
mod tests;

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The command line cannot be read.
    Usage,
    /// The command line or the kustomization asks for what Flyball does not do.
    Unsupported,
    /// The target is not a directory that can be built.
    Target,
    /// A file that was given cannot be read, or does not hold what it has to.
    Input,
    /// The kustomization, or a file or repository that it names, is wrong.
    Build,
    /// The result cannot be written.
    Write,
    /// No cluster is chosen, it does not answer, or it refuses.
    Cluster,
}

/// A failed command: `Display` is the message, without hints.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct CliError {
    kind: ErrorKind,
    message: String,
    hints: Vec<String>,
}

impl CliError {
    /// The command line cannot be read.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// A flag, given without dashes, that asks for what Flyball does not do: what it would need, and what to do instead.
    pub(crate) fn unsupported_flag(flag: &str, reason: &str, instead: &str) -> Self {
        Self::new(ErrorKind::Unsupported, format!("--{flag} is not supported: {reason}"))
            .with_hints([instead.to_owned()])
    }

    /// The target is in a repository, and nothing was said about fetching it.
    pub(crate) fn remote_target(target: &str) -> Self {
        let url = target.split(['?', '#']).next().unwrap_or(target);
        let hint =
            format!("add --fetch-remote, or clone it first: `git clone {url} DIR`, then `flyball build DIR`");
        Self::new(ErrorKind::Unsupported, format!("remote target '{target}' is not supported"))
            .with_hints([hint])
    }

    /// The target is not a directory that can be built.
    pub(crate) fn target(reason: &str) -> Self {
        Self::new(ErrorKind::Target, format!("must build at directory: {reason}"))
    }

    /// A checkout that is to be compared is not what it has to be, or cannot be read.
    pub(crate) fn checkout(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Target, message)
    }

    /// The objects of a Kustomization cannot be rendered: a run would fail with the same.
    pub(crate) fn render(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Build, message)
    }

    /// The build failed; `unreadable` are files that exist and could not be read, which is often why.
    pub(crate) fn build(error: &BuildError, unreadable: Vec<String>) -> Self {
        let unsupported = unsupported_feature(error);
        let kind = if unsupported.is_some() { ErrorKind::Unsupported } else { ErrorKind::Build };
        let remote = unsupported.is_some_and(|feature| feature.starts_with("remote "));
        let fetch = remote.then(|| "--fetch-remote fetches bases with git".to_owned());
        Self::new(kind, error.to_string()).with_hints(unreadable.into_iter().chain(fetch))
    }

    /// An object whose file would be hidden or none of the directory.
    pub(crate) fn file_name(name: &str, kind: &str, object: &str) -> Self {
        let message = format!(
            "the file of {kind} '{object}' would be called '{name}': names of files must not begin with a dot"
        );
        let hint = "correct apiVersion, kind, metadata.name or metadata.namespace of the object, or write all objects to one file";
        Self::new(ErrorKind::Write, message).with_hints([hint.to_owned()])
    }

    /// Two objects whose files would be one.
    pub(crate) fn same_file(name: &str, objects: [&str; 2]) -> Self {
        let message = format!("the files of {} and {} would both be called '{name}'", objects[0], objects[1]);
        let hint =
            "names of files are in lower case: rename one of the objects, or write all objects to one file";
        Self::new(ErrorKind::Write, message).with_hints([hint.to_owned()])
    }

    /// A file that was given cannot be read, or does not hold what it has to.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Input, message)
    }

    /// No cluster is chosen, it does not answer, or it refuses.
    pub(crate) fn cluster(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Cluster, message)
    }

    /// A file cannot be written: what was done, to which, and what the system said.
    pub(crate) fn file(action: &str, path: &str, error: &io::Error) -> Self {
        Self::new(ErrorKind::Write, format!("{action} {path}: {}", system_text(error)))
    }

    /// The same failure with more hints.
    pub(crate) fn with_hints(mut self, hints: impl IntoIterator<Item = String>) -> Self {
        self.hints.extend(hints);
        self
    }

    /// Whose fault it is.
    #[cfg(test)]
    pub(crate) const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What to do about it, a line each.
    pub(crate) fn hints(&self) -> &[String] {
        &self.hints
    }

    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new() }
    }
}

/// What a build would have needed that the engine does not do by design.
fn unsupported_feature(error: &BuildError) -> Option<&str> {
    match error {
        BuildError::Context { source, .. } => unsupported_feature(source),
        BuildError::Unsupported { feature, .. } => Some(feature),
        _ => None,
    }
}

/// The system's words as C and Go have them: lower-case, without Rust's number.
pub(crate) fn system_text(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
