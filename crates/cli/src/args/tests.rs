//! The command line as a whole: help, version, and lines that cannot be read.

use super::*;
use crate::error::ErrorKind as Kind;

fn parse_line(line: &str) -> Result<Parsed, CliError> {
    parse(&line.split(' ').map(OsString::from).collect::<Vec<_>>())
}

/// The text that a line prints instead of carrying out a command.
fn text(line: &str) -> String {
    match parse_line(line).expect(line) {
        Parsed::Text(text) => text,
        Parsed::Command(command) => panic!("{line}: {command:?}"),
    }
}

/// Message and hints of a line that cannot be read.
fn wrong(line: &str) -> String {
    let error = parse_line(line).expect_err(line);
    assert_eq!(error.kind(), Kind::Usage, "{line}");
    let hints: Vec<String> = error.hints().iter().map(|hint| format!("hint: {hint}")).collect();
    [vec![error.to_string()], hints].concat().join("\n")
}

#[test]
fn the_tree_of_commands_is_consistent() {
    tree().debug_assert();
}

#[test]
fn a_command_by_itself_is_what_it_is_among_the_others() {
    let mut whole = tree();
    whole.build();
    for command in whole.get_subcommands().filter(|command| command.get_name() != "help") {
        let name = command.get_name();
        let mut alone = commands::alone(root(), name).expect(name);
        alone.build();
        let alone = alone.find_subcommand(name).expect(name);
        let help = |command: &clap::Command| command.clone().render_long_help().to_string();
        assert_eq!(help(alone), help(command), "{name}");
    }
    assert!(commands::alone(root(), "biuld").is_none());
}

#[test]
fn a_command() {
    assert!(matches!(parse_line("flyball build a"), Ok(Parsed::Command(Command::Build(_)))));
}

#[test]
fn help() {
    insta::assert_snapshot!(text("flyball --help"), @"
    GitOps for Kubernetes from the command line

    Usage: flyball <COMMAND>

    Commands:
      build       Build a kustomization and print its objects, as `kustomize build` does
      check       Say what is installed in a cluster, whether it answers, and what stands in the way
      completion  Print the script with which a shell completes command lines
      diff        Show what the next run of a Kustomization would change in the cluster
      events      Show what was told of a Kustomization, its source and the objects that it applies
      explain     Say whether an object is as Git says and well, and if not, why, and what to do
      health      Say how objects are judged, and by which rules
      ignored     Show which fields nobody corrects, and what stands in them
      reconcile   Ask an object for a run now, and wait for what comes of it
      resume      Switch an object's runs on again, and wait for the first one
      status      Show every Kustomization: whether it is converged, what is applied, and what stands in the way
      suspend     Switch an object's runs off, and note who did it, when and why
      tree        Show Kustomizations as a tree, with all that they have applied
      version     Print the version of this program, of Kubernetes, and of the installed controllers
      wait        Wait until an object is as wanted
      help        Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help
      -V, --version  Print version
    ");
    assert_eq!(text("flyball"), text("flyball --help"), "a line without a command asks for help");
    assert_eq!(text("flyball -h"), text("flyball --help"));
}

#[test]
fn help_of_build_in_short() {
    insta::assert_snapshot!(text("flyball build -h"), @"
    Build a kustomization and print its objects, as `kustomize build` does

    Usage: flyball build [OPTIONS] [DIR]...

    Arguments:
      [DIR]...  Directory with a kustomization file [default: .]

    Options:
      -o, --output <FILE|DIR>            Write to this file; if it is an existing directory, write one file per object into it
          --load-restrictor <RULE>       Which files a kustomization may load: LoadRestrictionsRootOnly (in or below its own directory) or LoadRestrictionsNone (any) [default: LoadRestrictionsRootOnly]
          --fetch-remote[=<true|false>]  Fetch remote bases with git, which kustomize does by default; single files behind URLs are not fetched
          --reorder <ORDER>              Order of the objects: legacy or none. Deprecated: use `sortOptions` in the kustomization file
      -h, --help                         Print help (see more with '--help')

    Examples:
      # Build the current directory
      flyball build

      # Build an overlay and apply it
      flyball build overlays/production | kubectl apply -f -

      # Write one file per object
      mkdir -p out && flyball build overlays/production -o out

    Exit code: 0 if the build succeeded, 1 otherwise. Errors and warnings go to standard error.

    Helm charts, plugins and functions are not supported by design; remote bases and targets only with
    --fetch-remote. A build that needs one of them fails, and the error names it, the file and what to do instead.
    ");
}

#[test]
fn help_of_build() {
    // The parser leaves blanks at the end of an otherwise empty line.
    let help: Vec<String> =
        text("flyball build --help").lines().map(|line| line.trim_end().to_owned()).collect();
    insta::assert_snapshot!(help.join("\n"), @"
    Build a kustomization and print its objects as YAML, as `kustomize build` does.

    DIR is a directory with a kustomization.yaml, kustomization.yml or Kustomization file; the default is
    the current directory. A build needs no cluster, and no network unless --fetch-remote is given.

    Usage: flyball build [OPTIONS] [DIR]...

    Arguments:
      [DIR]...
              Directory with a kustomization file [default: .]

    Options:
      -o, --output <FILE|DIR>
              Write to this file; if it is an existing directory, write one file per object into it

          --load-restrictor <RULE>
              Which files a kustomization may load: LoadRestrictionsRootOnly (in or below its own directory) or LoadRestrictionsNone (any)

              [default: LoadRestrictionsRootOnly]

          --fetch-remote[=<true|false>]
              Fetch remote bases with git, which kustomize does by default; single files behind URLs are not fetched

          --reorder <ORDER>
              Order of the objects: legacy or none. Deprecated: use `sortOptions` in the kustomization file

      -h, --help
              Print help (see a summary with '-h')

    Examples:
      # Build the current directory
      flyball build

      # Build an overlay and apply it
      flyball build overlays/production | kubectl apply -f -

      # Write one file per object
      mkdir -p out && flyball build overlays/production -o out

    Exit code: 0 if the build succeeded, 1 otherwise. Errors and warnings go to standard error.

    Helm charts, plugins and functions are not supported by design; remote bases and targets only with
    --fetch-remote. A build that needs one of them fails, and the error names it, the file and what to do instead.
    ");
}

#[test]
fn version() {
    let wanted = concat!("flyball ", env!("CARGO_PKG_VERSION"), " (builds as kustomize v5.8.1)\n");
    assert_eq!(text("flyball --version"), wanted);
    assert_eq!(text("flyball -V"), text("flyball --version"));
}

#[test]
fn an_unknown_command_that_resembles_one() {
    insta::assert_snapshot!(wrong("flyball biuld overlay"), @"
    unrecognized subcommand 'biuld'

    Usage: flyball <COMMAND>

    For more information, try '--help'.
    hint: did you mean 'build'?
    ");
}

#[test]
fn an_unknown_command() {
    insta::assert_snapshot!(wrong("flyball conjure"), @"
    unrecognized subcommand 'conjure'

    Usage: flyball <COMMAND>

    For more information, try '--help'.
    ");
}

#[test]
fn an_unknown_flag_that_resembles_one() {
    insta::assert_snapshot!(wrong("flyball build --loadrestrictor x"), @"
    unexpected argument '--loadrestrictor' found

    Usage: flyball build --load-restrictor <RULE> [DIR]...

    For more information, try '--help'.
    hint: did you mean '--load-restrictor'?
    ");
}

#[test]
fn an_unknown_flag() {
    insta::assert_snapshot!(wrong("flyball build a -x"), @"
    unexpected argument '-x' found

    Usage: flyball build [OPTIONS] [DIR]...

    For more information, try '--help'.
    hint: to pass '-x' as a value, use '-- -x'
    ");
}

#[test]
fn a_flag_without_its_value() {
    insta::assert_snapshot!(wrong("flyball build -o"), @"
    a value is required for '--output <FILE|DIR>' but none was supplied

    For more information, try '--help'.
    ");
}

#[test]
fn a_value_that_is_not_a_boolean() {
    insta::assert_snapshot!(wrong("flyball build --network=maybe"), @"
    invalid value 'maybe' for '--network[=<true|false>]': must be true or false

    For more information, try '--help'.
    ");
}

#[test]
fn a_flag_given_twice() {
    for line in ["flyball build -o a -o b --network --network=0", "flyball check -o text -o json -n a -n b"] {
        assert!(matches!(parse_line(line), Ok(Parsed::Command(_))), "{line}");
    }
}

#[test]
fn help_as_a_command() {
    assert_eq!(text("flyball help"), text("flyball --help"));
    assert_eq!(text("flyball help build"), text("flyball build --help"));
    assert!(wrong("flyball help conjure").starts_with("unrecognized subcommand 'conjure'"));
}

#[test]
fn every_command_has_a_help() {
    for command in tree().get_subcommands() {
        let name = command.get_name();
        assert!(command.get_about().is_some(), "{name}");
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            assert!(arg.get_help().is_some(), "{name}: {}", arg.get_id());
        }
    }
}

#[test]
fn what_is_suggested() {
    let names = |names: &[&str]| ContextValue::Strings(names.iter().map(ToString::to_string).collect());
    assert_eq!(did_you_mean(names(&["a"])).as_deref(), Some("did you mean 'a'?"));
    assert_eq!(did_you_mean(names(&["a", "b"])).as_deref(), Some("did you mean 'a' or 'b'?"));
    assert_eq!(did_you_mean(ContextValue::String("--a".to_owned())).as_deref(), Some("did you mean '--a'?"));
    assert_eq!(did_you_mean(names(&[])), None);
    assert_eq!(did_you_mean(ContextValue::Number(1)), None);
}

#[test]
fn a_plugin_of_kubectl() {
    for program in ["kubectl-flyball", "/usr/local/bin/kubectl-flyball", "kubectl-flyball.exe"] {
        let help = text(&format!("{program} version --help"));
        assert!(help.contains("Usage: kubectl flyball version [OPTIONS]"), "{help}");
    }
    assert!(wrong("kubectl-flyball biuld").contains("Usage: kubectl flyball <COMMAND>"));
    assert!(text("/bin/flyball version --help").contains("Usage: flyball version [OPTIONS]"));
}
