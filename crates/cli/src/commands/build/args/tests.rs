//! What can be typed after `flyball build`, and the request that comes of it.

use clap::Parser;

use super::*;
use crate::error::ErrorKind;

#[derive(Debug, Parser)]
#[command(args_override_self = true)]
struct Line {
    #[command(flatten)]
    args: BuildArgs,
}

/// The request of a line without the words `flyball build`; a message if it is refused or cannot be read.
fn check(line: &str) -> Result<Request, String> {
    let words = ["build"].into_iter().chain(line.split(' ').filter(|word| !word.is_empty()));
    match Line::try_parse_from(words) {
        Ok(line) => line.args.resolve().map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

fn defaults() -> Request {
    Request {
        directory: ".".into(),
        output: None,
        restricted: true,
        legacy_sort: None,
        managed_by_label: false,
        fetch_remote: false,
    }
}

/// Two lines mean the same, and something else than no flags at all.
fn same(line: &str, other: &str) {
    let request = check(line).expect(line);
    assert_eq!(check(other), Ok(request.clone()), "{line}, {other}");
    assert_ne!(request, defaults(), "{line}");
}

#[test]
fn nothing_given() {
    assert_eq!(check(""), Ok(defaults()));
}

#[test]
fn everything_given() {
    let wanted = Request {
        directory: "a".into(),
        output: Some("out".into()),
        restricted: false,
        legacy_sort: Some(false),
        managed_by_label: true,
        fetch_remote: true,
    };
    let line = "a -o out --load-restrictor LoadRestrictionsNone --reorder=none --enable-managedby-label --fetch-remote";
    assert_eq!(check(line), Ok(wanted.clone()));
    let line = "--fetch-remote --enable-managedby-label --reorder none --load-restrictor=LoadRestrictionsNone -o out a";
    assert_eq!(check(line), Ok(wanted), "in any order, with or without =");
}

#[test]
fn forms_of_a_value() {
    for other in ["-oout", "-o=out", "--output out", "--output=out"] {
        same("-o out", other);
    }
    same("--reorder legacy", "--reorder=legacy");
    same("-o b --reorder=legacy", "-o a -o b --reorder=none --reorder legacy");
    assert_eq!(check("-- -o").expect("a directory").directory, PathBuf::from("-o"));
}

#[test]
fn forms_of_a_switch() {
    for other in
        ["--fetch-remote=true", "--fetch-remote=1", "--fetch-remote=T", "--fetch-remote=False --fetch-remote"]
    {
        same("--fetch-remote", other);
    }
    same("--enable-managedby-label", "--enable-managedby-label=true");
    for off in
        ["--fetch-remote=false", "--fetch-remote=0", "--enable-managedby-label=f", "--enable-helm=FALSE"]
    {
        assert_eq!(check(off), Ok(defaults()), "{off}");
    }
    let request = check("--fetch-remote false").expect("a directory of that name");
    assert_eq!((request.directory, request.fetch_remote), ("false".into(), true), "values need an =");
    for wrong in ["--fetch-remote=", "--fetch-remote=yes", "--fetch-remote=tRUE"] {
        check(wrong).expect_err(wrong);
    }
}

#[test]
fn one_directory() {
    assert_eq!(check("a b"), Err("specify one path to kustomization.yaml".to_owned()));
    assert_eq!(check("a -o x b"), Err("specify one path to kustomization.yaml".to_owned()));
}

#[test]
fn values_of_kustomize() {
    let restricted = |line: &str| check(line).map(|request| request.restricted);
    assert_eq!(restricted("--load-restrictor LoadRestrictionsRootOnly"), Ok(true));
    assert_eq!(restricted("--load-restrictor="), Ok(true), "empty is the default, as in kustomize");
    assert_eq!(
        restricted("--load-restrictor none"),
        Err("illegal flag value --load-restrictor none; legal values: [LoadRestrictionsRootOnly LoadRestrictionsNone]"
            .to_owned())
    );
    let sorted = |line: &str| check(line).map(|request| request.legacy_sort);
    assert_eq!(sorted("--reorder=legacy"), Ok(Some(true)));
    assert_eq!(sorted("--reorder=none"), Ok(Some(false)));
    for (line, value) in [("--reorder=x", "x"), ("--reorder=", ""), ("--reorder=Legacy", "Legacy")] {
        let message = format!("illegal flag value --reorder {value}; legal values: [legacy none]");
        assert_eq!(sorted(line), Err(message));
    }
}

#[test]
fn whose_fault_it_is() {
    for (line, kind) in [
        ("build --enable-helm a b", ErrorKind::Unsupported),
        ("build a b --reorder=x", ErrorKind::Usage),
        ("build --reorder=x", ErrorKind::Usage),
    ] {
        let args = Line::try_parse_from(line.split(' ')).expect(line).args;
        assert_eq!(args.resolve().expect_err(line).kind(), kind, "{line}");
    }
}
