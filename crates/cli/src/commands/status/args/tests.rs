//! What can be typed after `flyball status`.

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    args: StatusArgs,
}

fn parse(line: &str) -> Result<StatusArgs, String> {
    let words = ["status"].into_iter().chain(line.split(' ').filter(|word| !word.is_empty()));
    Line::try_parse_from(words).map(|line| line.args).map_err(|error| error.to_string())
}

#[test]
fn lines() {
    let args = parse("").expect("arguments");
    assert_eq!((args.all_namespaces(), args.watch(), args.form()), (false, false, TableForm::Table));
    let args = parse("-A -w -o wide --color always").expect("arguments");
    assert_eq!((args.all_namespaces(), args.watch(), args.form()), (true, true, TableForm::Wide));
    assert_eq!(args.colours(), Colour::Always);
    assert!(parse("-o text").is_err_and(|error| error.contains("table")));
    assert!(parse("x").is_err());
}
