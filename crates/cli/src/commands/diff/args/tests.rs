//! What is compared by which flags.

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    args: DiffArgs,
}

fn compared(line: &str) -> Option<Compared> {
    let words = std::iter::once("diff").chain(line.split(' '));
    Line::try_parse_from(words).ok().map(|line| line.args.compared())
}

#[test]
fn an_artifact_a_folder_or_a_revision() {
    assert_eq!(compared("ks/web"), Some(Compared::Artifact));
    assert_eq!(compared("ks web --live"), Some(Compared::Artifact));
    assert_eq!(compared("ks/web --path x"), Some(Compared::Folder("x".into())));
    let of = |folder: &str| Some(Compared::Revision { folder: folder.into(), revision: "v1".to_owned() });
    assert_eq!(compared("ks/web --revision v1"), of("."));
    assert_eq!(compared("ks/web --revision v1 --path x"), of("x"));
    assert_eq!(compared("ks/web --live --path x"), None);
    assert_eq!(compared("--path x"), None);
}

#[test]
fn strictness_is_a_switch_with_a_value() {
    let strict = |line: &str| {
        let words = std::iter::once("diff").chain(line.split(' '));
        Line::try_parse_from(words).unwrap().args.strict_substitute
    };
    assert_eq!(strict("ks/web"), None);
    assert_eq!(strict("ks/web --strict-substitute"), Some(true));
    assert_eq!(strict("ks/web --strict-substitute=false"), Some(false));
}
