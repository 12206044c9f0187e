//! What can be typed after `flyball explain`.

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    args: ExplainArgs,
}

fn parse(line: &str) -> Result<ExplainArgs, String> {
    let words = ["explain"].into_iter().chain(line.split(' ').filter(|word| !word.is_empty()));
    Line::try_parse_from(words).map(|line| line.args).map_err(|error| error.to_string())
}

#[test]
fn lines() {
    let args = parse("ks/apps").expect("arguments");
    assert_eq!((args.object().len(), args.all(), args.form()), (1, false, TextForm::Text));
    let args = parse("ks apps --all -o yaml --color never -n x").expect("arguments");
    assert_eq!((args.object().len(), args.all(), args.form()), (2, true, TextForm::Yaml));
    assert_eq!((args.colours(), args.cluster().namespace()), (Colour::Never, Some("x")));
}

#[test]
fn what_makes_no_sense() {
    for (line, word) in [("", "KIND/NAME"), ("a b c", "unexpected"), ("ks/a -o wide", "yaml")] {
        let error = parse(line).expect_err(line);
        assert!(error.contains(word), "{line}: {error}");
    }
}
