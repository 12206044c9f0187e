//! Flags that are refused, and flags that are accepted and ignored.

use clap::{CommandFactory as _, Parser};

use super::*;

#[derive(Debug, Parser)]
#[command(args_override_self = true)]
struct Line {
    #[command(flatten)]
    refused: RefusedFlags,
    #[command(flatten)]
    _ignored: IgnoredFlags,
}

fn parse(line: &str) -> Result<Line, clap::Error> {
    Line::try_parse_from(["build"].into_iter().chain(line.split(' ').filter(|word| !word.is_empty())))
}

/// Message and hint of a line that is refused.
fn refused(line: &str) -> String {
    let error = parse(line).expect(line).refused.check().expect_err(line);
    format!("{error}\nhint: {}", error.hints().join("\nhint: "))
}

#[test]
fn charts() {
    insta::assert_snapshot!(refused("--enable-helm"), @"
    --enable-helm is not supported: charts are not inflated during a build
    hint: render the chart beforehand (`helm template … > chart.yaml`) and list the file in `resources`; leave the flag out where no kustomization has `helmCharts`
    ");
}

#[test]
fn plugins() {
    insta::assert_snapshot!(refused("--enable-alpha-plugins=true"), @"
    --enable-alpha-plugins is not supported: a build runs no plugins and no functions, only the built-in transformers and generators, which need no flag
    hint: run the function beforehand and list its output in `resources`; leave the flag out where none is used
    ");
}

#[test]
fn programs() {
    insta::assert_snapshot!(refused("--enable-exec"), @"
    --enable-exec is not supported: a build starts no programs
    hint: run the program beforehand and list its output in `resources`; leave the flag out where none is used
    ");
}

#[test]
fn starlark() {
    insta::assert_snapshot!(refused("--enable-star"), @"
    --enable-star is not supported: a build runs no Starlark functions
    hint: run the function beforehand and list its output in `resources`; leave the flag out where none is used
    ");
}

#[test]
fn the_first_of_several() {
    let error = refused("--enable-star --enable-alpha-plugins --enable-exec --enable-helm=false");
    assert!(error.starts_with("--enable-alpha-plugins is not supported"), "{error}");
}

#[test]
fn what_is_not_switched_on_is_not_refused() {
    for line in
        ["", "--enable-helm=false --enable-alpha-plugins=false --enable-exec=false --enable-star=false"]
    {
        assert_eq!(parse(line).expect(line).refused.check(), Ok(()), "{line}");
    }
}

#[test]
fn what_only_tunes_is_ignored() {
    for line in [
        "--as-current-user --network --helm-debug --stack-trace",
        "--as-current-user=true --network=false --helm-debug=true --stack-trace=false",
        "--helm-command helm3 --helm-api-versions a --helm-kube-version 1 --mount x --network-name n",
        "--helm-command=helm3 --helm-api-versions=a,b --helm-api-versions=c --mount=x --mount=y --network-name=n",
        "-e A=b -eC=d --env E=f --env=G=h",
        "--network --network=0 --network=T --helm-debug=False --helm-debug",
        "--enable-helm=true --enable-helm=F --enable-exec=1 --enable-exec=0",
    ] {
        assert_eq!(parse(line).expect(line).refused.check(), Ok(()), "{line}");
    }
}

#[test]
fn their_values_are_checked() {
    for line in ["--network=maybe", "--network=", "--helm-command", "-e", "--enable-helm=yes"] {
        parse(line).expect_err(line);
    }
}

#[test]
fn none_is_in_the_help() {
    let command = Line::command();
    let shown: Vec<&str> =
        command.get_arguments().filter(|arg| !arg.is_hide_set()).map(|arg| arg.get_id().as_str()).collect();
    assert!(shown.is_empty(), "{shown:?}");
}
