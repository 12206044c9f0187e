//! The command line, and how large everything is.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

pub(super) const HELP: &str = "\
Benchmarks our source-controller beside Flux's, in turns A B B A on control planes of their own

Usage: cargo xtask bench source [OPTION...] [WORKLOAD...]

  --quick            a tenth of everything and one round: whether it works, not how fast it is
  --rounds N         rounds of A B B A (3)
  --files N          files of the repository (5000)
  --commits N        commits of the repository (10000)
  --objects N        GitRepositories of many (500)
  --urls N           repositories that these are of (20)
  --megabytes N      size of the tree that is packed (500)
  --flux-concurrent N  Flux's --concurrent (20, its best; 2 is its default)
  --binary FILE      our source-controller, instead of a release build
  --json FILE        writes the figures to a file
  --markdown FILE    writes the tables to a file
  WORKLOAD           commit, push, poll, many or pack; all when none is named";

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Workload {
    /// One-line commits.
    Commit,
    /// One-line commits that a webhook tells of.
    Push,
    /// Polls without news.
    Poll,
    /// Many objects of few repositories.
    Many,
    /// A large tree.
    Pack,
}

impl Workload {
    pub(super) const ALL: [Self; 5] = [Self::Commit, Self::Push, Self::Poll, Self::Many, Self::Pack];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Push => "push",
            Self::Poll => "poll",
            Self::Many => "many",
            Self::Pack => "pack",
        }
    }

    /// What it is, for people.
    pub(super) fn title(self, sizes: &Sizes) -> String {
        let Sizes { files, commits, objects, urls, megabytes, times } = sizes;
        match self {
            Self::Commit => {
                format!(
                    "One-line commit in a repository of {files} files and {commits} commits, {times} times"
                )
            }
            Self::Push => {
                format!("The same, told of by a webhook: to the artifact served, {times} times")
            }
            Self::Poll => format!("Poll without news of an artifact of {files} files, {times} times"),
            Self::Many => format!("{objects} GitRepositories of {urls} URLs"),
            Self::Pack => format!("Packing a tree of {megabytes} MB"),
        }
    }
}

/// How large everything is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) files: usize,
    pub(super) commits: usize,
    pub(super) objects: usize,
    pub(super) urls: usize,
    pub(super) megabytes: usize,
    /// Commits and polls that are measured in each run.
    pub(super) times: usize,
}

impl Sizes {
    const FULL: Self =
        Self { files: 5_000, commits: 10_000, objects: 500, urls: 20, megabytes: 500, times: 10 };
    const QUICK: Self = Self { files: 500, commits: 1_000, objects: 50, urls: 5, megabytes: 50, times: 3 };
}

/// What the caller wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) sizes: Sizes,
    pub(super) rounds: usize,
    pub(super) flux_concurrent: usize,
    pub(super) binary: Option<PathBuf>,
    pub(super) json: Option<PathBuf>,
    pub(super) markdown: Option<PathBuf>,
    pub(super) workloads: Vec<Workload>,
}

/// The command line's meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Help,
    Bench(Options),
}

/// Reads the command line. `--quick` counts first, wherever it stands.
pub(super) fn parse(arguments: &[OsString]) -> Result<Wanted> {
    let words: Vec<&str> = arguments
        .iter()
        .map(|word| word.to_str().context("an argument is not UTF-8"))
        .collect::<Result<_>>()?;
    if words.iter().any(|word| matches!(*word, "--help" | "-h")) {
        return Ok(Wanted::Help);
    }
    let quick = words.contains(&"--quick");
    let mut options = Options {
        sizes: if quick { Sizes::QUICK } else { Sizes::FULL },
        rounds: if quick { 1 } else { 3 },
        flux_concurrent: 20,
        binary: None,
        json: None,
        markdown: None,
        workloads: Vec::new(),
    };
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if let Some(workload) = Workload::ALL.into_iter().find(|workload| workload.name() == word) {
            options.workloads.push(workload);
            continue;
        }
        if word == "--quick" {
            continue;
        }
        let (flag, given) = word.split_once('=').map_or((word, None), |(flag, value)| (flag, Some(value)));
        let mut value = || given.or_else(|| words.next()).with_context(|| format!("{flag} needs a value"));
        match flag {
            "--binary" => options.binary = Some(value()?.into()),
            "--json" => options.json = Some(value()?.into()),
            "--markdown" => options.markdown = Some(value()?.into()),
            "--rounds" => options.rounds = number(flag, value()?)?,
            "--files" => options.sizes.files = number(flag, value()?)?,
            "--commits" => options.sizes.commits = number(flag, value()?)?,
            "--objects" => options.sizes.objects = number(flag, value()?)?,
            "--urls" => options.sizes.urls = number(flag, value()?)?,
            "--megabytes" => options.sizes.megabytes = number(flag, value()?)?,
            "--flux-concurrent" => options.flux_concurrent = number(flag, value()?)?,
            _ => bail!("unexpected argument {word} (--help tells more)"),
        }
    }
    if options.workloads.is_empty() {
        options.workloads = Workload::ALL.to_vec();
    }
    Ok(Wanted::Bench(options))
}

/// A number of at least one.
fn number(flag: &str, text: &str) -> Result<usize> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.with_context(|| format!("{flag} needs a number, not {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str) -> Result<Options> {
        match parse(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())? {
            Wanted::Bench(options) => Ok(options),
            Wanted::Help => bail!("help"),
        }
    }

    #[test]
    fn command_line() {
        let all = check("").expect("nothing is needed");
        assert_eq!((all.workloads.len(), all.rounds, all.sizes), (5, 3, Sizes::FULL));
        let some = check("--files 7 poll --quick --json=f --rounds=2 --markdown m").expect("all of it");
        assert_eq!(some.workloads, [Workload::Poll]);
        assert_eq!((some.sizes.files, some.sizes.commits, some.rounds), (7, 1_000, 2));
        assert_eq!((some.json, some.markdown), (Some("f".into()), Some("m".into())));
        for wrong in ["--files", "--files none", "--files 0", "--fils 1", "polls", "--json"] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse(&["--help".into()]).expect("help"), Wanted::Help);
    }
}
