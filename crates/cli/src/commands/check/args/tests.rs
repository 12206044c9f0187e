//! What can be typed after `flyball check`.

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    args: CheckArgs,
}

fn parse(line: &str) -> Result<CheckArgs, String> {
    let words = ["check"].into_iter().chain(line.split(' ').filter(|word| !word.is_empty()));
    Line::try_parse_from(words).map(|line| line.args).map_err(|error| error.to_string())
}

#[test]
fn defaults() {
    let args = parse("").expect("arguments");
    assert!(!args.before());
    assert_eq!((args.form(), args.controllers()), (Form::Text, CONTROLLERS.to_vec()));
}

#[test]
fn all_given() {
    let args =
        parse("--pre --controllers source-controller,health-controller -o json -n apps").expect("arguments");
    assert!(args.before());
    assert_eq!(
        (args.form(), args.controllers()),
        (Form::Json, vec!["source-controller", "health-controller"])
    );
    assert_eq!(args.cluster().namespace(), Some("apps"));
}

#[test]
fn what_makes_no_sense() {
    for (line, word) in [
        ("--controllers source-controller", "--pre"),
        ("--pre --controllers helm-controller", "health-controller"),
        ("-o yaml", "text"),
        ("x", "unexpected"),
    ] {
        let error = parse(line).expect_err(line);
        assert!(error.contains(word), "{line}: {error}");
    }
}
