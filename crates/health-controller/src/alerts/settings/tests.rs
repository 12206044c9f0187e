//! Files that are read, and what is said of those that are not. Nothing of them is quoted.

use std::collections::BTreeSet;

use super::{Kind, MOST, MOST_BYTES, Select, Settings, SettingsError, read, repository_path};
use crate::alerts::observation::Severity;

/// One receiver, read.
pub(crate) fn receiver(text: &str) -> Settings {
    let (mut good, bad) = read(text).unwrap();
    assert_eq!(bad, [], "{text}");
    good.pop().unwrap()
}

fn wrong(text: &str) -> String {
    match read(text) {
        Ok((_, bad)) => bad.first().unwrap().to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_type_is_read() {
    let file = "
- {name: hook, type: generic, url: 'https://hooks.example.com/a?b=c', key: s3cret, headers: {Authorization: Bearer x}}
- {name: chat, type: slack, url: https://hooks.slack.com/services/T/B/x}
- {name: bot, type: slack, token: xoxb-1, channel: ops}
- {name: teams, type: msteams, url: 'https://example.webhook.office.com/x'}
- {name: github, type: github, url: https://github.com/owner/name.git, token: t}
- {name: gitlab, type: gitlab, url: https://gitlab.example.com/a/b/c, token: t, insecure: false}
";
    let (good, bad) = read(file).unwrap();
    assert_eq!(bad, []);
    let names: Vec<_> = good.iter().map(|settings| settings.name.as_str()).collect();
    assert_eq!(names, ["hook", "chat", "bot", "teams", "github", "gitlab"]);
    assert!(matches!(&good[0].kind, Kind::Generic { headers, .. } if headers.len() == 1));
    assert_eq!(good[2].url.as_str(), "https://slack.com/api/chat.postMessage");
    assert_eq!(repository_path(&good[4].url), "owner/name");
    assert_eq!(repository_path(&good[5].url), "a/b/c");
}

#[test]
fn a_selection_is_read() {
    let settings = receiver(
        "- {name: a, type: msteams, url: https://e.com/, select: {namespaces: [apps, infra], severities: [error]}}",
    );
    let wanted = Select {
        namespaces: BTreeSet::from(["apps".to_owned(), "infra".to_owned()]),
        severities: BTreeSet::from([Severity::Error]),
    };
    assert_eq!(settings.select, wanted);
}

#[test]
fn a_line_feed_at_the_end_of_a_secret_is_the_editor_s() {
    let settings = receiver("- name: a\n  type: generic\n  url: https://e.com\n  key: |\n    s3cret\n");
    assert!(matches!(settings.kind, Kind::Generic { key, .. } if key.expose() == "s3cret"));
}

#[test]
fn an_empty_file_has_no_receivers() {
    for text in ["", "# nothing\n", "[]", "---\n"] {
        assert_eq!(read(text).unwrap(), (Vec::new(), Vec::new()), "{text:?}");
    }
}

#[test]
fn mistakes_are_named() {
    for (text, wanted) in [
        ("a: [", "receivers.yaml is no YAML"),
        ("receivers: []", "receivers.yaml is no list of receivers"),
        ("- text", "receiver 1: it is no map"),
        ("- {type: slack}", "receiver 1: name has to be 1 to 63 lower-case letters, digits and dashes"),
        (
            "- {name: Ops Team, type: slack}",
            "receiver 1: name has to be 1 to 63 lower-case letters, digits and dashes",
        ),
        ("- {name: a}", "receiver a: type is missing"),
        ("- {name: a, type: pager}", "receiver a: type has to be generic, slack, msteams, github or gitlab"),
        ("- {name: a, type: slack}", "receiver a: url is missing"),
        ("- {name: a, type: slack, token: t}", "receiver a: channel is missing, which a token needs"),
        ("- {name: a, type: generic, url: https://e.com}", "receiver a: key is missing"),
        ("- {name: a, type: msteams, url: nowhere}", "receiver a: url is no address"),
        ("- {name: a, type: msteams, url: ftp://e.com}", "receiver a: url has to begin with https"),
        (
            "- {name: a, type: msteams, url: http://e.com}",
            "receiver a: url begins with http: say insecure: true if that is meant",
        ),
        (
            "- {name: a, type: msteams, url: https://u:p@e.com}",
            "receiver a: url holds a user or a password: use a header or a token",
        ),
        (
            "- {name: a, type: msteams, url: https://e.com, insecure: maybe}",
            "receiver a: insecure has to be true or false",
        ),
        (
            "- {name: a, type: github, url: https://github.com/owner, token: t}",
            "receiver a: url is no repository, such as https://github.com/owner/name",
        ),
        (
            "- {name: a, type: github, url: https://github.com/a/b/c, token: t}",
            "receiver a: url is no repository, such as https://github.com/owner/name",
        ),
        (
            "- {name: a, type: gitlab, url: 'https://gitlab.com/a/b?x', token: t}",
            "receiver a: url is no repository, such as https://github.com/owner/name",
        ),
        (
            "- {name: a, type: msteams, url: https://e.com, select: {kinds: [x]}}",
            "receiver a: select has a field that is not known: it has namespaces and severities",
        ),
        (
            "- {name: a, type: msteams, url: https://e.com, select: {severities: [warning]}}",
            "receiver a: select.severities has to be a list of error and info",
        ),
        (
            "- {name: a, type: generic, url: https://e.com, key: k, headers: {X-Signature: x}}",
            "receiver a: headers may not hold X-Signature, Content-Type, Content-Length or Host",
        ),
        (
            "- {name: a, type: generic, url: https://e.com, key: k, headers: {'a b': x}}",
            "receiver a: headers holds what is no header",
        ),
        (
            "- {name: a, type: msteams, url: https://e.com, chanel: x}",
            "receiver a: it has a field that is not known for its type, which has: ca, insecure, name, select, type, url",
        ),
        (
            "- {name: a, type: slack, url: https://e.com, channel: x}",
            "receiver a: it has a field that is not known for its type, which has: ca, insecure, name, select, type, url",
        ),
        ("- {name: events, type: msteams, url: https://e.com}", "receiver events: its name is taken"),
    ] {
        assert_eq!(wrong(text), wanted, "{text}");
    }
}

#[test]
fn one_that_is_wrong_keeps_no_other_from_being_told() {
    let file = "
- {name: a, type: msteams, url: https://e.com}
- {name: a, type: slack, url: https://e.com}
- {name: b, type: nothing}
- {name: c, type: slack, url: https://e.com}
";
    let (good, bad) = read(file).unwrap();
    assert_eq!((good.len(), bad.len()), (2, 2));
    assert_eq!(bad[0], SettingsError::Taken("a".to_owned()));
}

#[test]
fn a_file_is_bounded() {
    assert_eq!(read(&" ".repeat(MOST_BYTES + 1)), Err(SettingsError::Large));
    let many: String =
        (0..=MOST).map(|n| format!("- {{name: r{n}, type: msteams, url: 'https://e.com'}}\n")).collect();
    assert_eq!(read(&many), Err(SettingsError::Many));
}

#[test]
fn nothing_secret_is_shown() {
    let canary = "c4n4ry";
    let texts = [
        format!("- {{name: a, type: {canary}}}"),
        format!("- {{name: a, type: generic, url: 'https://{canary}:x@e.com', key: {canary}}}"),
        format!("- {{name: a, type: generic, url: https://e.com, {canary}: x}}"),
        format!("{canary}: ["),
        format!("- {{name: a, type: slack, url: [{canary}]}}"),
        format!("- {{name: '{canary} {canary}'}}"),
        format!("- {{name: a, type: generic, url: https://e.com, key: k, headers: {{'{canary} x': y}}}}"),
    ];
    for text in texts {
        assert!(!wrong(&text).contains(canary), "{text}");
        assert!(!format!("{:?}", read(&text)).contains(canary), "{text}");
    }
    let good =
        format!("- {{name: a, type: slack, url: 'https://e.com/{canary}', token: {canary}, channel: c}}");
    assert!(!format!("{:?}", receiver(&good)).contains(canary));
}
