//! Every kind of failure: message and hints.

use super::*;
use crate::output::Output;

/// What is printed, below the kind.
fn shown(error: &CliError) -> String {
    let mut err = Vec::new();
    Output::new(&mut io::empty(), &mut err).report(error);
    let text = String::from_utf8(err).expect("UTF-8");
    format!("{:?}\n{text}", error.kind())
}

fn input() -> BuildError {
    BuildError::Input("no such thing".to_owned())
}

fn unsupported(feature: &str) -> BuildError {
    BuildError::Unsupported {
        feature: feature.to_owned(),
        file: "/a/kustomization.yaml".to_owned(),
        hint: "do not",
    }
}

fn within(error: BuildError) -> BuildError {
    BuildError::Context { context: "accumulating resources".to_owned(), source: Box::new(error) }
}

#[test]
fn usage() {
    insta::assert_snapshot!(shown(&CliError::usage("specify one path")), @"
    Usage
    Error: specify one path
    ");
}

#[test]
fn unsupported_flag() {
    insta::assert_snapshot!(shown(&CliError::unsupported_flag("enable-x", "a build has no x", "leave it out")), @"
    Unsupported
    Error: --enable-x is not supported: a build has no x
    hint: leave it out
    ");
}

#[test]
fn remote_target() {
    insta::assert_snapshot!(shown(&CliError::remote_target("https://git.example/a/b//c?ref=v1")), @"
    Unsupported
    Error: remote target 'https://git.example/a/b//c?ref=v1' is not supported
    hint: add --fetch-remote, or clone it first: `git clone https://git.example/a/b//c DIR`, then `flyball build DIR`
    ");
    let hints = CliError::remote_target("https://git.example/a#main").hints().to_vec();
    assert!(hints[0].contains("`git clone https://git.example/a DIR`"), "{hints:?}");
}

#[test]
fn target() {
    insta::assert_snapshot!(shown(&CliError::target("directory path cannot be empty")), @"
    Target
    Error: must build at directory: directory path cannot be empty
    ");
}

#[test]
fn a_build_from_wrong_input() {
    insta::assert_snapshot!(shown(&CliError::build(&within(input()), Vec::new())), @"
    Build
    Error: accumulating resources: no such thing
    ");
}

#[test]
fn a_build_over_its_budget() {
    let error = BuildError::Budget { what: "files", limit: 3 };
    insta::assert_snapshot!(shown(&CliError::build(&error, Vec::new())), @"
    Build
    Error: build exceeds the limit of 3 files
    ");
}

#[test]
fn a_build_of_files_that_cannot_be_read() {
    let unreadable = ["/a: permission denied", "/b: is not a regular file"].map(str::to_owned).to_vec();
    insta::assert_snapshot!(shown(&CliError::build(&input(), unreadable)), @"
    Build
    Error: no such thing
    hint: /a: permission denied
    hint: /b: is not a regular file
    ");
}

#[test]
fn a_build_that_needs_what_is_not_supported() {
    insta::assert_snapshot!(shown(&CliError::build(&within(unsupported("helmCharts")), Vec::new())), @"
    Unsupported
    Error: accumulating resources: helmCharts in /a/kustomization.yaml is not supported: do not
    ");
}

#[test]
fn a_build_with_a_remote_base() {
    let error = within(within(unsupported("remote resource 'https://git.example/a'")));
    insta::assert_snapshot!(shown(&CliError::build(&error, vec!["/a: permission denied".to_owned()])), @"
    Unsupported
    Error: accumulating resources: accumulating resources: remote resource 'https://git.example/a' in /a/kustomization.yaml is not supported: do not
    hint: /a: permission denied
    hint: --fetch-remote fetches bases with git
    ");
    let hints =
        CliError::build(&BuildError::Input("remote resource".to_owned()), Vec::new()).hints().to_vec();
    assert!(hints.is_empty(), "the kind decides, not the text: {hints:?}");
}

#[test]
fn a_file_that_cannot_be_written() {
    let error = CliError::file("open", "out/a.yaml", &io::Error::from_raw_os_error(28));
    insta::assert_snapshot!(shown(&error), @"
    Write
    Error: open out/a.yaml: no space left on device
    ");
}

#[test]
fn the_system_speaks_as_in_go() {
    let error = std::fs::read("/nowhere/at/all").expect_err("no such file");
    assert_eq!(system_text(&error), "no such file or directory");
    assert_eq!(system_text(&io::Error::other("Odd")), "odd");
    assert_eq!(system_text(&io::Error::other("")), "");
}
