//! The command line. Pure.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use super::sizes::{self, Sizes};

/// The help, with the workloads that are given as name and title.
pub(super) fn help(workloads: &[(&str, &str, &str)]) -> String {
    let mut text = "\
Benchmarks our kustomize-controller (and source-controller, where a workload has one) beside Flux's: in turns A B B A, each
time on a control plane that has seen nothing else

Usage: cargo xtask bench loop [OPTION...] [WORKLOAD...]

  --quick                   a little of everything, A B once: whether it works, not how fast it is
  --rounds N                rounds of A B B A (3)
  --with-defaults           Flux with its default flags, too
  --flag FLAG               our kustomize-controller with this flag, too, as a side of its own; may be repeated
  --without-impersonation   Kustomizations name no service account
  --count-bytes             every workload through a proxy that counts bytes (and speaks HTTP/1.1 only)
  --binaries FOLDER         our controllers, instead of release builds
  --json FILE               writes the figures of every run to a file
  --markdown FILE           writes the tables to a file
  --svg FOLDER              writes plots to a folder
"
    .to_owned();
    text.push_str(&sizes::help());
    text.push_str("\nWorkloads (all when none is named):\n");
    for (name, id, about) in workloads {
        text.extend([format!("  {name:<10} {id:<4} {about}\n")]);
    }
    text.truncate(text.trim_end().len());
    text
}

/// What the caller wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) sizes: Sizes,
    pub(super) quick: bool,
    pub(super) rounds: usize,
    pub(super) with_defaults: bool,
    pub(super) flags: Vec<String>,
    pub(super) count_bytes: bool,
    pub(super) binaries: Option<PathBuf>,
    pub(super) json: Option<PathBuf>,
    pub(super) markdown: Option<PathBuf>,
    pub(super) svg: Option<PathBuf>,
    /// Names or ids; all when there is none.
    pub(super) workloads: Vec<String>,
}

/// The command line's meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Help,
    Bench(Box<Options>),
}

/// Reads the command line. `--quick` counts first, wherever it stands.
pub(super) fn parse(arguments: &[OsString], is_workload: impl Fn(&str) -> bool) -> Result<Wanted> {
    let words: Vec<&str> = arguments
        .iter()
        .map(|word| word.to_str().context("an argument is not UTF-8"))
        .collect::<Result<_>>()?;
    if words.iter().any(|word| matches!(*word, "--help" | "-h")) {
        return Ok(Wanted::Help);
    }
    let quick = words.contains(&"--quick");
    let mut options = Options {
        sizes: Sizes::new(quick),
        quick,
        rounds: if quick { 1 } else { 3 },
        with_defaults: false,
        flags: Vec::new(),
        count_bytes: false,
        binaries: None,
        json: None,
        markdown: None,
        svg: None,
        workloads: Vec::new(),
    };
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if !word.starts_with('-') {
            if !is_workload(word) {
                bail!("there is no workload {word} (--help tells more)");
            }
            options.workloads.push(word.to_owned());
            continue;
        }
        match word {
            "--quick" => continue,
            "--with-defaults" => options.with_defaults = true,
            "--without-impersonation" => options.sizes.impersonated = false,
            "--count-bytes" => options.count_bytes = true,
            _ => {
                let split = word.split_once('=');
                let (flag, given) = split.map_or((word, None), |(flag, value)| (flag, Some(value)));
                let value =
                    given.or_else(|| words.next()).with_context(|| format!("{flag} needs a value"))?;
                set(&mut options, flag, value)?;
            }
        }
    }
    Ok(Wanted::Bench(Box::new(options)))
}

/// A flag with a value.
fn set(options: &mut Options, flag: &str, value: &str) -> Result<()> {
    match flag {
        "--rounds" => {
            let number = value.parse().ok().filter(|number| *number > 0);
            options.rounds = number.with_context(|| format!("{flag} needs a number, not {value}"))?;
        }
        "--flag" => options.flags.push(value.to_owned()),
        "--binaries" => options.binaries = Some(value.into()),
        "--json" => options.json = Some(value.into()),
        "--markdown" => options.markdown = Some(value.into()),
        "--svg" => options.svg = Some(value.into()),
        _ if options.sizes.set(flag, value)? => {}
        _ => bail!("unexpected argument {flag} (--help tells more)"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str) -> Result<Options> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        match parse(&words, |word| word == "drift" || word == "w6")? {
            Wanted::Bench(options) => Ok(*options),
            Wanted::Help => bail!("help"),
        }
    }

    #[test]
    fn command_line() {
        let all = check("").expect("nothing is needed");
        assert_eq!((all.workloads.len(), all.rounds, all.sizes), (0, 3, Sizes::new(false)));
        let some =
            check("--edits 7 drift --quick --json=f --rounds=2 --svg s --flag --x=y w6 --with-defaults")
                .expect("all of it");
        assert_eq!(some.workloads, ["drift", "w6"]);
        assert_eq!((some.sizes.edits, some.sizes.objects, some.rounds), (7, 60, 2));
        assert_eq!((some.json, some.svg), (Some("f".into()), Some("s".into())));
        assert_eq!((some.flags, some.with_defaults), (vec!["--x=y".to_owned()], true));
        assert!(!check("--without-impersonation").expect("a flag").sizes.impersonated);
        for wrong in ["--edits", "--edits none", "--edits 0", "--edit 1", "drifts", "--json", "--rounds 0"] {
            check(wrong).expect_err(wrong);
        }
        assert_eq!(parse(&["--help".into()], |_| true).expect("help"), Wanted::Help);
        assert!(help(&[("drift", "W6", "edits")]).ends_with("  drift      W6   edits"));
    }
}
