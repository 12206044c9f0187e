//! What can be typed about a cluster.

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
#[command(args_override_self = true)]
struct Line {
    #[command(flatten)]
    cluster: ClusterFlags,
}

fn parse(line: &str) -> Result<ClusterFlags, String> {
    let words = ["x"].into_iter().chain(line.split(' ').filter(|word| !word.is_empty()));
    Line::try_parse_from(words).map(|line| line.cluster).map_err(|error| error.to_string())
}

#[test]
fn everything_given() {
    let line = "--kubeconfig f --context c --cluster k --user u --as me --as-group a --as-group b -n apps \
                --request-timeout 3s";
    let wanted = ClusterFlags {
        kubeconfig: Some("f".into()),
        context: Some("c".to_owned()),
        cluster: Some("k".to_owned()),
        user: Some("u".to_owned()),
        act_as: Some("me".to_owned()),
        act_as_groups: vec!["a".to_owned(), "b".to_owned()],
        namespace: Some("apps".to_owned()),
        request_timeout: Some(Duration::from_secs(3)),
    };
    assert_eq!(parse(line), Ok(wanted));
    assert_eq!(parse(""), Ok(ClusterFlags::default()));
}

#[test]
fn the_last_one_counts() {
    assert_eq!(parse("--context a --context=b").expect("flags").context.as_deref(), Some("b"));
    assert_eq!(parse("--namespace a -nb").expect("flags").namespace(), Some("b"));
}

#[test]
fn groups_need_a_user() {
    assert!(parse("--as-group a").expect_err("refused").contains("--as <USER>"));
}

#[test]
fn limits() {
    let limit = |line: &str| parse(line).map(|flags| flags.call_limit());
    assert_eq!(limit(""), Ok(Some(Duration::from_secs(10))));
    assert_eq!(limit("--request-timeout=0"), Ok(None));
    assert_eq!(limit("--request-timeout=0s"), Ok(None));
    assert_eq!(limit("--request-timeout 20"), Ok(Some(Duration::from_secs(20))));
    assert_eq!(limit("--request-timeout 1m30s"), Ok(Some(Duration::from_secs(90))));
    for wrong in ["soon", "-1s", "1y", ""] {
        let error = limit(&format!("--request-timeout={wrong}")).expect_err(wrong);
        assert!(error.contains("--request-timeout"), "{error}");
    }
}
