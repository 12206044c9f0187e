//! What can be typed after `flyball tree`.

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    args: TreeArgs,
}

fn parse(line: &str) -> Result<TreeArgs, String> {
    let words = ["tree"].into_iter().chain(line.split(' ').filter(|word| !word.is_empty()));
    Line::try_parse_from(words).map(|line| line.args).map_err(|error| error.to_string())
}

#[test]
fn lines() {
    let args = parse("").expect("arguments");
    assert_eq!((args.object().len(), args.all_namespaces(), args.depth()), (0, false, 16));
    assert_eq!(parse("ks apps --depth 2").expect("arguments").depth(), 2);
    assert!(parse("-A").expect("arguments").all_namespaces());
    for line in ["ks/a -A", "--depth 0", "--depth x", "a b c", "-o wide"] {
        assert!(parse(line).is_err(), "{line}");
    }
}
