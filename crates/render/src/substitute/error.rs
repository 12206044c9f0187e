//! Why there is no result. No value of a variable is quoted anywhere: texts hold names of variables, names of objects, paths
//! of fields, and words of the YAML reader in which what may be a value is masked.

use std::collections::BTreeSet;
use std::fmt;
use std::str::Utf8Error;

use manifest::budget::Exceeded;

use super::variables::Variables;

/// Variables that a message names beside the first.
const SHOWN: usize = 20;

/// Why a text has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A plain expression does not end, or has an operator that there is not.
    #[error("missing closing brace")]
    MissingBrace,
    /// No name after the brace.
    #[error("unable to parse variable name")]
    NoName,
    /// Something else stands where an expression has to go on or to end.
    #[error("bad substitution")]
    BadSubstitution,
    /// No argument where there must be one.
    #[error("unable to parse substitution within function")]
    NoArgument,
    /// Expressions in expressions in expressions. Ours: Flux has no limit.
    #[error("more than {0} expressions inside each other")]
    TooDeep(usize),
    /// In strict mode: names of variables that are not set, in the order in which Flux would meet them.
    #[error("variable not set (strict mode): {}", quoted(.0))]
    NotSet(Vec<String>),
    /// A character was split by an offset, or a value is no text. Flux meets it when it reads the result.
    #[error("yaml: {0}")]
    NotUtf8(&'static str),
    /// It costs too much.
    #[error(transparent)]
    Exceeded(#[from] Exceeded),
}

impl Problem {
    pub(super) fn not_utf8(error: &Utf8Error, bytes: &[u8]) -> Self {
        let is_inside = |byte: &u8| (0x80..0xc0).contains(byte);
        Self::NotUtf8(match (bytes.get(error.valid_up_to()), error.error_len()) {
            (_, None) => "incomplete UTF-8 octet sequence",
            (Some(byte), _) if is_inside(byte) => "invalid leading UTF-8 octet",
            _ => "invalid trailing UTF-8 octet",
        })
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

/// A variable that is not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The object, as `<Kind>.<version>.<group>/<name>`.
    pub subject: String,
    /// The variable.
    pub name: String,
    /// The field, as `spec.containers[0].image`; none for an expression that begins in one field and ends in another.
    pub path: Option<String>,
}

/// Why objects could not be substituted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The spec's fault: a ConfigMap or Secret of `substituteFrom` is not there.
    Source {
        /// The first object that needs the variables.
        subject: String,
        /// What is not there, in Flux's words.
        text: String,
    },
    /// The fault of the spec, or of a ConfigMap or Secret: a name that no expression can have.
    Name {
        /// The first object that needs the variables.
        subject: String,
        /// The name.
        name: String,
    },
    /// The repository's fault: an expression.
    Expression {
        /// The object.
        subject: String,
        /// What is wrong with it.
        problem: Problem,
    },
    /// The fault of the repository or the spec: variables that are not set, in all objects. Never empty.
    NotSet(Vec<Missing>),
    /// The repository's fault, or a value's: the result is no YAML.
    Yaml {
        /// The object.
        subject: String,
        /// What is wrong with it, masked.
        text: String,
    },
    /// The same: the result is YAML, but no object.
    NotAnObject {
        /// The object.
        subject: String,
    },
    /// Objects that become one.
    Twice {
        /// How many have the name.
        matched: usize,
    },
    /// It costs too much, or somebody ended it.
    Exceeded {
        /// The object.
        subject: String,
        /// What it has too much of.
        exceeded: Exceeded,
    },
}

/// Why objects could not be substituted, and which variables are nobody's to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubstituteError {
    pub(super) cause: Cause,
    secret: BTreeSet<String>,
}

impl SubstituteError {
    pub(super) fn new(cause: Cause, variables: &Variables) -> Self {
        Self { cause, secret: variables.secret_names().map(str::to_owned).collect() }
    }

    /// The cause.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// Names of the variables that came from Secrets: whoever adds to the text may name them, but not their values.
    #[must_use]
    pub fn secret_variables(&self) -> &BTreeSet<String> {
        &self.secret
    }

    /// Variables that are not set, with their objects and fields.
    #[must_use]
    pub fn missing(&self) -> &[Missing] {
        match &self.cause {
            Cause::NotSet(missing) => missing,
            _ => &[],
        }
    }

    /// Why the work had to stop, if that is why it failed: [`Exceeded::Cancelled`] and [`Exceeded::Reserve`] are nobody's
    /// fault.
    #[must_use]
    pub fn exceeded(&self) -> Option<Exceeded> {
        match &self.cause {
            Cause::Exceeded { exceeded, .. } => Some(*exceeded),
            _ => None,
        }
    }
}

impl std::error::Error for SubstituteError {}

impl fmt::Display for SubstituteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PATTERN: &str = "^[_[:alpha:]][_[:alpha:][:digit:]]*$";
        let post = |subject: &str| format!("post build failed for '{subject}'");
        match &self.cause {
            Cause::Source { subject, text } => write!(f, "{}: {text}", post(subject)),
            Cause::Name { subject, name } => write!(
                f,
                "{}: envsubst error: '{name}' var name is invalid, must match '{PATTERN}'",
                post(subject)
            ),
            Cause::Expression { subject, problem: problem @ Problem::NotUtf8(_) } => {
                write!(f, "{}: envsubst error: YAMLToJSON: {problem}", post(subject))
            }
            Cause::Expression { subject, problem } => {
                write!(f, "{}: envsubst error: variable substitution failed: {problem}", post(subject))
            }
            Cause::NotSet(missing) => not_set(f, missing),
            Cause::Yaml { subject, text } => {
                write!(f, "{}: envsubst error: YAMLToJSON: {text}", post(subject))
            }
            Cause::NotAnObject { subject } => {
                write!(f, "{}: UnmarshalJSON: the result is not an object", post(subject))
            }
            Cause::Twice { matched } => write!(f, "in Replace: id matched {matched} resources"),
            Cause::Exceeded { subject, exceeded } => {
                write!(f, "{}: envsubst error: {exceeded}", post(subject))
            }
        }
    }
}

/// Flux's text, which names one variable; others follow, each once, with where they are.
fn not_set(f: &mut fmt::Formatter<'_>, missing: &[Missing]) -> fmt::Result {
    let Some(first) = missing.first() else { return f.write_str("variable not set (strict mode)") };
    write!(
        f,
        "post build failed for '{}': envsubst error: variable substitution failed: variable not set (strict mode): {:?}",
        first.subject, first.name
    )?;
    let mut seen = BTreeSet::from([first.name.as_str()]);
    let others: Vec<&Missing> = missing.iter().filter(|other| seen.insert(&other.name)).collect();
    for (index, Missing { subject, name, path }) in others.iter().take(SHOWN).enumerate() {
        f.write_str(if index == 0 { "; not set either: " } else { ", " })?;
        match path {
            Some(path) => write!(f, "{name:?} ({path} of '{subject}')")?,
            None => write!(f, "{name:?} ('{subject}')")?,
        }
    }
    match others.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}
