//! The command line: what can be typed, its help, and the request that comes of it. Carrying it out is `commands`'.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command as Clap, value_parser};

use crate::commands::build::Request;
use crate::error::CliError;

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// Carry out a command.
    Command(Command),
    /// Print a text: help or version.
    Text(String),
}

/// A command with its settings.
#[derive(Debug)]
pub(crate) enum Command {
    /// `flyball build`.
    Build(Request),
}

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (builds as kustomize v5.8.1)");

const BUILD_ABOUT: &str = "\
Builds the objects of a kustomization and prints them as YAML, as `kustomize build` does.

DIR is a directory with a file 'kustomization.yaml', 'kustomization.yml' or 'Kustomization';
without DIR it is the current one. No cluster is needed, and no network unless --fetch-remote asks for it.";

const BUILD_EXAMPLES: &str = "\
Examples:
  # Build the current directory
  flyball build

  # Build an overlay and apply it
  flyball build overlays/production | kubectl apply -f -

  # One file per object
  mkdir -p out && flyball build overlays/production -o out

Exit code: 0 when the build succeeded, 1 when not; errors and warnings go to standard error.

Not supported by design: Helm charts, plugins and functions. Remote bases and targets only with
--fetch-remote. A build that uses one fails with its name, its file and the way out.";

/// Flags that switch on what is not supported by design: name, what it would need, the way out.
const REFUSED: [(&str, &str, &str); 4] = [
    (
        "enable-helm",
        "charts are not inflated during a build",
        "render the chart beforehand (`helm template … > chart.yaml`) and list the file in `resources`; leave the flag \
         out where no kustomization has `helmCharts`",
    ),
    (
        "enable-alpha-plugins",
        "a build runs no plugins and no functions, only the built-in transformers and generators, which need no flag",
        "run the function beforehand and list its output in `resources`; leave the flag out where none is used",
    ),
    (
        "enable-exec",
        "a build starts no programs",
        "run the program beforehand and list its output in `resources`; leave the flag out where none is used",
    ),
    (
        "enable-star",
        "a build runs no Starlark functions",
        "run the function beforehand and list its output in `resources`; leave the flag out where none is used",
    ),
];

/// Boolean flags that only tune what is refused: alone they change nothing, in kustomize neither.
const IDLE_SWITCHES: [&str; 4] = ["as-current-user", "network", "helm-debug", "stack-trace"];

/// The same with values.
const IDLE_VALUES: [&str; 6] =
    ["helm-command", "helm-api-versions", "helm-kube-version", "mount", "env", "network-name"];

fn cli() -> Clap {
    Clap::new("flyball")
        .version(VERSION)
        .about("GitOps for Kubernetes: build, and see what a cluster would get")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(build())
}

fn build() -> Clap {
    let switch = |name: &'static str| {
        // As in kustomize, `--flag` and `--flag=false` are understood.
        Arg::new(name)
            .long(name)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_parser(value_parser!(bool))
            .action(ArgAction::Set)
            .hide_possible_values(true)
    };
    let idle = IDLE_VALUES.map(|name| {
        let arg = Arg::new(name).long(name).action(ArgAction::Append).value_parser(value_parser!(OsString));
        let arg = if name == "env" { arg.short('e') } else { arg };
        arg.hide(true)
    });
    Clap::new("build")
        .about("Builds the objects of a kustomization, as `kustomize build` does")
        .long_about(BUILD_ABOUT)
        .after_help(BUILD_EXAMPLES)
        .arg(
            Arg::new("dir")
                .value_name("DIR")
                .num_args(0..)
                .value_parser(value_parser!(PathBuf))
                .help("Directory with a kustomization [default: .]"),
        )
        .arg(
            Arg::new("output")
                .short('o')
                .long("output")
                .value_name("FILE|DIR")
                .value_parser(value_parser!(PathBuf))
                .help("Write to a file, or one file per object into an existing directory"),
        )
        .arg(
            Arg::new("load-restrictor")
                .long("load-restrictor")
                .value_name("RULE")
                .default_value(ROOT_ONLY)
                .help("Which files may be read: LoadRestrictionsRootOnly (in or below the kustomization that names them) or LoadRestrictionsNone"),
        )
        .arg(
            switch("fetch-remote").help(
                "Fetch remote bases with git, which kustomize does unasked; single files behind URLs are not fetched",
            ),
        )
        .arg(
            Arg::new("reorder")
                .long("reorder")
                .value_name("ORDER")
                .help("Order of the objects: legacy or none; deprecated, use `sortOptions` in the kustomization"),
        )
        .arg(switch("enable-managedby-label").hide(true))
        .args(IDLE_SWITCHES.map(|name| switch(name).hide(true)))
        .args(idle)
        .args(REFUSED.map(|(name, _, _)| switch(name).hide(true)))
}

const ROOT_ONLY: &str = "LoadRestrictionsRootOnly";
const UNRESTRICTED: &str = "LoadRestrictionsNone";

/// Reads the command line.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Parsed, CliError> {
    match cli().try_get_matches_from(args) {
        Ok(matches) => match matches.subcommand() {
            Some(("build", matches)) => Ok(Parsed::Command(Command::Build(request(matches)?))),
            _ => Err(CliError::Usage("no command".to_owned())),
        },
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                Ok(Parsed::Text(error.render().to_string()))
            }
            _ => {
                let text = error.render().to_string();
                Err(CliError::Usage(text.trim_start_matches("error: ").trim_end().to_owned()))
            }
        },
    }
}

fn request(matches: &ArgMatches) -> Result<Request, CliError> {
    let on = |name: &str| matches.get_one::<bool>(name).copied().unwrap_or(false);
    for (flag, reason, way_out) in REFUSED {
        if on(flag) {
            return Err(CliError::Flag { flag, reason, way_out });
        }
    }
    let mut directories = matches.get_many::<PathBuf>("dir").into_iter().flatten();
    let directory = directories.next().cloned().unwrap_or_else(|| PathBuf::from("."));
    if directories.next().is_some() {
        return Err(CliError::Usage("specify one path to kustomization.yaml".to_owned()));
    }
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let restricted = match text("load-restrictor") {
        None | Some("" | ROOT_ONLY) => true,
        Some(UNRESTRICTED) => false,
        Some(other) => return Err(illegal("load-restrictor", other, [ROOT_ONLY, UNRESTRICTED])),
    };
    let legacy_sort = match text("reorder") {
        None => None,
        Some("legacy") => Some(true),
        Some("none") => Some(false),
        Some(other) => return Err(illegal("reorder", other, ["legacy", "none"])),
    };
    Ok(Request {
        directory,
        output: matches.get_one::<PathBuf>("output").filter(|path| !path.as_os_str().is_empty()).cloned(),
        restricted,
        legacy_sort,
        managed_by_label: on("enable-managedby-label"),
        fetch_remote: on("fetch-remote"),
    })
}

fn illegal(flag: &str, value: &str, legal: [&str; 2]) -> CliError {
    CliError::Usage(format!("illegal flag value --{flag} {value}; legal values: [{}]", legal.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str) -> Result<Request, String> {
        match parse(line.split(' ').map(OsString::from)) {
            Ok(Parsed::Command(Command::Build(request))) => Ok(request),
            Ok(Parsed::Text(text)) => Err(text),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn the_tree_of_commands_is_consistent() {
        cli().debug_assert();
    }

    #[test]
    fn defaults() {
        let wanted = Request {
            directory: ".".into(),
            output: None,
            restricted: true,
            legacy_sort: None,
            managed_by_label: false,
            fetch_remote: false,
        };
        assert_eq!(check("flyball build"), Ok(wanted));
    }

    #[test]
    fn flags_of_kustomize() {
        let request = check(
            "flyball build a -o out --load-restrictor LoadRestrictionsNone --reorder=none --enable-managedby-label",
        );
        let wanted = Request {
            directory: "a".into(),
            output: Some("out".into()),
            restricted: false,
            legacy_sort: Some(false),
            managed_by_label: true,
            fetch_remote: false,
        };
        assert_eq!(request, Ok(wanted));
        let line = "flyball build --helm-command helm3 --network --as-current-user=true --mount x -e A=b --env C=d \
                    --network-name n --helm-debug --helm-kube-version 1 --helm-api-versions a --stack-trace a";
        assert_eq!(check(line).map(|request| request.directory), Ok("a".into()), "they tune what is not run");
        check("flyball build --enable-helm=false a").expect("not asked for");
    }

    #[test]
    fn refused_by_name() {
        for flag in ["enable-helm", "enable-alpha-plugins", "enable-exec", "enable-star"] {
            let error = check(&format!("flyball build a --{flag}")).expect_err(flag);
            assert!(error.starts_with(&format!("--{flag} is not supported: ")), "{error}");
        }
    }

    #[test]
    fn wrong_lines() {
        assert_eq!(check("flyball build a b").expect_err("two"), "specify one path to kustomization.yaml");
        assert_eq!(
            check("flyball build --load-restrictor none").expect_err("a value"),
            "illegal flag value --load-restrictor none; legal values: [LoadRestrictionsRootOnly LoadRestrictionsNone]"
        );
        assert_eq!(
            check("flyball build --reorder x").expect_err("a value"),
            "illegal flag value --reorder x; legal values: [legacy none]"
        );
        for (line, word) in [
            ("flyball build --fooo a", "--fooo"),
            ("flyball biuld", "biuld"),
            ("flyball build -o", "--output"),
            ("flyball build --network=maybe", "maybe"),
        ] {
            let error = check(line).expect_err(line);
            assert!(error.contains(word) && !error.starts_with("error"), "{error}");
        }
    }

    #[test]
    fn help_and_version() {
        assert!(check("flyball --version").expect_err("a text").contains("kustomize v5.8.1"));
        let help = check("flyball build --help").expect_err("a text");
        for word in ["DIR", "--output", "--load-restrictor", "--reorder", "Examples:", "Exit code"] {
            assert!(help.contains(word), "{word} in {help}");
        }
        assert!(check("flyball").expect_err("a text").contains("build"));
    }
}
