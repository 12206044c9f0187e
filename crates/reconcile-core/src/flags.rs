//! Command-line flags in Go's pflag syntax (contracts/source-controller.md 15): `--flag=value`, `--flag value`, bare
//! booleans, `--flag=false`, lists by repetition or commas, environment variables as defaults.
//!
//! Which flags there are is `args`' and the controllers' business. Flags are declared first, each giving a typed
//! handle; after [`FlagSet::parse`] the handle gives the value.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::marker::PhantomData;

#[cfg(test)]
mod tests;
mod value;
pub use value::{FlagValue, List, MapOfBool};

/// A declared flag of type `T`.
#[derive(Debug)]
pub struct Flag<T> {
    index: usize,
    value: PhantomData<fn() -> T>,
}

impl<T> Clone for Flag<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Flag<T> {}

/// What is wrong with a command line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlagError {
    /// No such flag.
    #[error("unknown flag: --{0}")]
    Unknown(String),
    /// No flag has a short form but `-h`.
    #[error("unknown shorthand flag: '{letter}' in {argument}")]
    UnknownShorthand {
        /// The letter.
        letter: char,
        /// Where it stands.
        argument: String,
    },
    /// `---x`, `--=x` and the like.
    #[error("bad flag syntax: {0}")]
    Syntax(String),
    /// The last argument is a flag that wants a value.
    #[error("flag needs an argument: --{0}")]
    NeedsArgument(String),
    /// The value does not fit the flag.
    #[error("invalid argument {value:?} for \"--{flag}\" flag: {reason}")]
    Invalid {
        /// The flag's name.
        flag: String,
        /// As typed.
        value: String,
        /// Why.
        reason: String,
    },
    /// An argument is not UTF-8.
    #[error("an argument is not valid UTF-8: {0:?}")]
    NotText(OsString),
    /// A gate that this controller does not know.
    #[error("feature-gate '{0}' not supported")]
    UnknownGate(String),
    /// Values that do not go together.
    #[error("{0}")]
    Conflict(String),
    /// `--help` was given: print [`FlagSet::usage`] and end with success.
    #[error("help requested")]
    Help,
}

/// The text at fault and why.
type Fault = (String, String);
type Check = fn(&[String]) -> Result<(), Fault>;
type Environment = Box<dyn Fn(&str) -> Option<String>>;

struct Declared {
    name: &'static str,
    help: &'static str,
    type_name: &'static str,
    /// The environment variable that gives the default.
    variable: Option<String>,
    /// Value of `--flag` without one.
    bare: Option<&'static str>,
    default_text: String,
    /// As typed, or from the environment; empty if neither.
    given: Vec<String>,
    typed: bool,
    without_effect: bool,
    check: Check,
}

/// A declared flag, as documents show it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'a> {
    pub(crate) name: &'a str,
    pub(crate) type_name: &'a str,
    pub(crate) default: &'a str,
    pub(crate) variable: Option<&'a str>,
    pub(crate) help: &'a str,
    pub(crate) without_effect: bool,
}

/// The flags of one program.
pub struct FlagSet {
    program: &'static str,
    flags: Vec<Declared>,
    env: Environment,
}

impl std::fmt::Debug for FlagSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values may be secret.
        f.debug_struct("FlagSet")
            .field("program", &self.program)
            .field("flags", &self.flags.len())
            .finish_non_exhaustive()
    }
}

fn check<T: FlagValue>(given: &[String]) -> Result<(), Fault> {
    T::read(given).map(drop)
}

impl FlagSet {
    /// Defaults are read from the process's environment.
    pub fn new(program: &'static str) -> Self {
        Self::with_env(program, |name| std::env::var(name).ok())
    }

    /// Defaults are read through `env`.
    pub fn with_env(program: &'static str, env: impl Fn(&str) -> Option<String> + 'static) -> Self {
        Self { program, flags: Vec::new(), env: Box::new(env) }
    }

    /// An environment variable; empty counts as absent.
    pub fn env(&self, name: &str) -> Option<String> {
        (self.env)(name).filter(|value| !value.is_empty())
    }

    /// Declares a flag. `default` is its value when it is not given; one that the type cannot read is the type's zero.
    pub fn declare<T: FlagValue>(
        &mut self,
        name: &'static str,
        default: &str,
        help: &'static str,
    ) -> Flag<T> {
        self.flags.push(Declared {
            name,
            help,
            type_name: T::TYPE,
            variable: None,
            bare: T::BARE,
            default_text: default.to_owned(),
            given: Vec::new(),
            typed: false,
            without_effect: false,
            check: check::<T>,
        });
        Flag { index: self.flags.len() - 1, value: PhantomData }
    }

    /// As [`Self::declare`], with an environment variable as the default if it is set.
    pub fn declare_env<T: FlagValue>(
        &mut self,
        name: &'static str,
        variable: &str,
        default: &str,
        help: &'static str,
    ) -> Flag<T> {
        let default = self.env(variable).unwrap_or_else(|| default.to_owned());
        let flag = self.declare(name, &default, help);
        if let Some(declared) = self.flags.get_mut(flag.index) {
            declared.variable = Some(variable.to_owned());
        }
        flag
    }

    /// A flag that is accepted for compatibility and does nothing; see [`Self::without_effect`].
    pub fn declare_ignored<T: FlagValue>(
        &mut self,
        name: &'static str,
        default: &str,
        help: &'static str,
    ) -> Flag<T> {
        let flag = self.declare(name, default, help);
        if let Some(declared) = self.flags.get_mut(flag.index) {
            declared.without_effect = true;
        }
        flag
    }

    /// Reads a command line whose first item is the program. Words that are not flags are ignored, as by Flux's controllers.
    ///
    /// # Errors
    /// The first thing that is wrong, in pflag's words.
    pub fn parse(&mut self, arguments: impl IntoIterator<Item = OsString>) -> Result<(), FlagError> {
        let mut arguments = arguments.into_iter().skip(1);
        while let Some(argument) = arguments.next() {
            let argument = argument.into_string().map_err(FlagError::NotText)?;
            if argument == "--" {
                for rest in arguments {
                    rest.into_string().map_err(FlagError::NotText)?;
                }
                break;
            }
            if let Some(long) = argument.strip_prefix("--") {
                self.long(long, &argument, &mut arguments)?;
            } else if argument.len() > 1 && argument.starts_with('-') {
                let letter = argument.chars().nth(1).unwrap_or('-');
                if letter == 'h' {
                    return Err(FlagError::Help);
                }
                return Err(FlagError::UnknownShorthand { letter, argument });
            }
        }
        // Defaults from the environment may be wrong too.
        for flag in &self.flags {
            let texts = flag.texts();
            (flag.check)(&texts).map_err(|(value, reason)| flag.invalid(value, reason))?;
        }
        Ok(())
    }

    fn long(
        &mut self,
        long: &str,
        argument: &str,
        rest: &mut impl Iterator<Item = OsString>,
    ) -> Result<(), FlagError> {
        let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
        if name.is_empty() || name.starts_with('-') {
            return Err(FlagError::Syntax(argument.to_owned()));
        }
        let Some(flag) = self.flags.iter_mut().find(|flag| flag.name == name) else {
            if name == "help" {
                return Err(FlagError::Help);
            }
            return Err(FlagError::Unknown(name.to_owned()));
        };
        let value = match (value, flag.bare) {
            (Some(value), _) => value.to_owned(),
            (None, Some(bare)) => bare.to_owned(),
            (None, None) => {
                let next = rest.next().ok_or_else(|| FlagError::NeedsArgument(name.to_owned()))?;
                next.into_string().map_err(FlagError::NotText)?
            }
        };
        (flag.check)(std::slice::from_ref(&value)).map_err(|(value, reason)| flag.invalid(value, reason))?;
        flag.given.push(value);
        flag.typed = true;
        Ok(())
    }

    /// The value of a flag.
    pub fn get<T: FlagValue>(&self, flag: Flag<T>) -> T {
        self.flags.get(flag.index).and_then(|declared| T::read(&declared.texts()).ok()).unwrap_or_default()
    }

    /// Names of given flags that do nothing here: to be logged once (decisions 5.3).
    pub fn without_effect(&self) -> Vec<&'static str> {
        self.flags.iter().filter(|flag| flag.typed && flag.without_effect).map(|flag| flag.name).collect()
    }

    /// Every flag, sorted by name.
    pub(crate) fn shown(&self) -> Vec<Shown<'_>> {
        let mut shown: Vec<_> = self
            .flags
            .iter()
            .map(|flag| Shown {
                name: flag.name,
                type_name: flag.type_name,
                default: &flag.default_text,
                variable: flag.variable.as_deref(),
                help: flag.help,
                without_effect: flag.without_effect,
            })
            .collect();
        shown.sort_by_key(|flag| flag.name);
        shown
    }

    /// The listing of `--help`, sorted by name as pflag's.
    pub fn usage(&self) -> String {
        let mut sorted: Vec<&Declared> = self.flags.iter().collect();
        sorted.sort_by_key(|flag| flag.name);
        let head = |flag: &Declared| match flag.type_name {
            "bool" => format!("      --{}", flag.name),
            type_name => format!("      --{} {type_name}", flag.name),
        };
        let width = sorted.iter().map(|flag| head(flag).len()).max().unwrap_or_default() + 3;
        let mut text = format!("Usage of {}:\n", self.program);
        for flag in sorted {
            let shown = match (flag.type_name, flag.default_text.as_str()) {
                (_, "" | "false" | "0") => String::new(),
                ("string", default) => format!(" (default {default:?})"),
                (type_name, default) if type_name.starts_with("string") => format!(" (default [{default}])"),
                (_, default) => format!(" (default {default})"),
            };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{:<width$}{}{shown}", head(flag), flag.help);
        }
        text
    }
}

impl Declared {
    fn texts(&self) -> Vec<String> {
        if self.given.is_empty() { vec![self.default_text.clone()] } else { self.given.clone() }
    }

    fn invalid(&self, value: String, reason: String) -> FlagError {
        FlagError::Invalid { flag: self.name.to_owned(), value, reason }
    }
}
