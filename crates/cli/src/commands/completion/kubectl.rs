//! How a line of `kubectl flyball` goes on, in the words in which kubectl asks a plugin: the words so far are arguments, the
//! last one is to be completed; the answer is a line for each candidate with what it is, and a last line that says what
//! the shell may add. Pure.

use std::ffi::OsString;

use clap::builder::ValueHint;
use clap::{Arg, Command};

#[cfg(test)]
mod tests;

/// What the shell may add, in the numbers of cobra's ShellCompDirective.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Directive {
    /// Names of files.
    Files,
    /// Nothing.
    NoFiles,
}

impl Directive {
    const fn number(self) -> u8 {
        match self {
            Self::Files => 0,
            Self::NoFiles => 4,
        }
    }
}

/// What a word can be, and what is said of it.
type Candidate = (String, String);

/// The answer to one question.
pub(crate) fn for_kubectl(mut tree: Command, words: &[OsString]) -> String {
    // With what the parser adds itself: the flags and the command that ask for help.
    tree.build();
    let words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let (last, before) = words.split_last().map_or(("", &[][..]), |(last, before)| (last.as_str(), before));
    let (candidates, directive) = Place::after(&tree, before).candidates(last);
    let lines = candidates.into_iter().map(|(word, said)| match said.as_str() {
        "" => word,
        said => format!("{word}\t{said}"),
    });
    let lines: Vec<String> = lines.chain([format!(":{}", directive.number()), String::new()]).collect();
    lines.join("\n")
}

/// Where a line stands.
struct Place<'a> {
    command: &'a Command,
    /// The flag whose value comes next.
    flag: Option<&'a Arg>,
    /// Arguments that are no flags, so far.
    given: usize,
    /// Whether flags are over.
    is_escaped: bool,
}

impl<'a> Place<'a> {
    /// After these words.
    fn after(tree: &'a Command, words: &[String]) -> Self {
        let mut place = Self { command: tree, flag: None, given: 0, is_escaped: false };
        for word in words {
            place.take(word);
        }
        place
    }

    fn take(&mut self, word: &str) {
        if self.flag.take().is_some() {
            return;
        }
        if self.is_escaped || !word.starts_with('-') || word == "-" {
            match self.command.find_subcommand(word).filter(|_| self.given == 0 && !self.is_escaped) {
                Some(command) => self.command = command,
                None => self.given = self.given.saturating_add(1),
            }
        } else if word == "--" {
            self.is_escaped = true;
        } else if let Some(long) = word.strip_prefix("--") {
            self.flag = self.long(long).filter(|flag| waits_for_value(flag));
        } else {
            self.flag = self.after_short(word);
        }
    }

    /// The flag that waits for its value after `-ab`.
    fn after_short(&self, word: &str) -> Option<&'a Arg> {
        let mut letters = word.chars().skip(1);
        while let Some(letter) = letters.next() {
            let flag = self.flags().find(|flag| flag.get_short() == Some(letter))?;
            if takes_value(flag) {
                // What follows at once is the value.
                return Some(flag).filter(|flag| letters.next().is_none() && waits_for_value(flag));
            }
        }
        None
    }

    fn flags(&self) -> impl Iterator<Item = &'a Arg> + use<'a> {
        self.command.get_arguments().filter(|argument| !argument.is_positional())
    }

    fn long(&self, name: &str) -> Option<&'a Arg> {
        self.flags().find(|flag| flag.get_long() == Some(name))
    }

    /// What the last word can be.
    fn candidates(&self, word: &str) -> (Vec<Candidate>, Directive) {
        if let Some(flag) = self.flag {
            return values(flag, word);
        }
        if !self.is_escaped && word.starts_with('-') {
            let assigned = word.strip_prefix("--").and_then(|word| word.split_once('='));
            return match assigned {
                // The shell keeps what stands before the value.
                Some((name, value)) => {
                    self.long(name).map_or((Vec::new(), Directive::NoFiles), |flag| values(flag, value))
                }
                None => (
                    self.flags().flat_map(names).filter(|(name, _)| name.starts_with(word)).collect(),
                    Directive::NoFiles,
                ),
            };
        }
        let is_first = self.given == 0 && !self.is_escaped;
        let commands = self.command.get_subcommands().filter(|command| is_first && !command.is_hide_set());
        let mut candidates: Vec<Candidate> = commands
            .filter(|command| command.get_name().starts_with(word))
            .map(|command| (command.get_name().to_owned(), said(command.get_about())))
            .collect();
        let positionals: Vec<&Arg> = self.command.get_positionals().collect();
        let Some(argument) = positionals.get(self.given).or(positionals.last()) else {
            return (candidates, Directive::NoFiles);
        };
        let (values, directive) = values(argument, word);
        candidates.extend(values);
        (candidates, directive)
    }
}

fn takes_value(flag: &Arg) -> bool {
    flag.get_action().takes_values()
}

/// Whether a value follows as a word of its own.
fn waits_for_value(flag: &Arg) -> bool {
    takes_value(flag) && !flag.is_require_equals_set()
}

/// The names of a flag that is shown.
fn names(flag: &Arg) -> Vec<Candidate> {
    if flag.is_hide_set() {
        return Vec::new();
    }
    let said = said(flag.get_help());
    let long = flag.get_long().map(|name| format!("--{name}"));
    let short = flag.get_short().map(|letter| format!("-{letter}"));
    long.into_iter().chain(short).map(|name| (name, said.clone())).collect()
}

/// What an argument can be.
fn values(argument: &Arg, word: &str) -> (Vec<Candidate>, Directive) {
    // Of several values with commas between them the last one is typed.
    let (before, word) =
        match argument.get_value_delimiter().and_then(|between| word.rsplit_once(between).zip(Some(between)))
        {
            Some(((before, word), between)) => (format!("{before}{between}"), word),
            None => (String::new(), word),
        };
    let known = argument.get_possible_values();
    let fitting = known.iter().filter(|value| !value.is_hide_set() && value.get_name().starts_with(word));
    let candidates =
        fitting.map(|value| (format!("{before}{}", value.get_name()), said(value.get_help()))).collect();
    let directive = match argument.get_value_hint() {
        ValueHint::AnyPath | ValueHint::FilePath | ValueHint::DirPath => Directive::Files,
        _ => Directive::NoFiles,
    };
    (candidates, directive)
}

/// The first line of a help.
fn said(help: Option<&clap::builder::StyledStr>) -> String {
    let text = help.map(ToString::to_string).unwrap_or_default();
    text.lines().next().unwrap_or_default().to_owned()
}
