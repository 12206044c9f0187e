//! What can be typed after `flyball wait`.

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    args: WaitArgs,
}

fn parse(line: &str) -> Result<WaitArgs, String> {
    let words = ["wait"].into_iter().chain(line.split(' ').filter(|word| !word.is_empty()));
    Line::try_parse_from(words).map(|line| line.args).map_err(|error| error.to_string())
}

#[test]
fn lines() {
    let args = parse("ks/apps").expect("arguments");
    assert_eq!(
        (args.goal(), args.limit(), args.fail_fast()),
        (&Goal::Converged, Some(Duration::from_secs(300)), false)
    );
    let args = parse("deploy web --for revision=v1 --timeout 0 --fail-fast").expect("arguments");
    assert_eq!((args.goal(), args.limit(), args.fail_fast()), (&Goal::Revision("v1".to_owned()), None, true));
}

#[test]
fn what_makes_no_sense() {
    for (line, word) in [
        ("", "KIND/NAME"),
        ("ks/a --for ready", "converged, healthy or revision"),
        ("ks/a --timeout soon", "duration"),
    ] {
        let error = parse(line).expect_err(line);
        assert!(error.contains(word), "{line}: {error}");
    }
}
