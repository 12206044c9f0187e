//! Which rule is found, that it is the one that a look at all of them finds, and how little is read for it.

use super::Library;
use crate::rules::CompiledRule;
use crate::rules::library::entries;
use crate::rules::library::files::{FILES, File};
use crate::rules::library::reading::rule_for;

static PRETENDED: [File; 3] = [
    File {
        name: "a.yaml",
        groups: &["*.example.com", "a.example.com", "forgotten.example.com"],
        text: "rules:
- {group: a.example.com, kinds: [Widget, Gadget], since: v1, pattern: ready}
- {group: a.example.com, kinds: ['*'], since: v1, pattern: ready}
- {group: '*.example.com', kinds: [Widget, Thing], since: v1, pattern: ready}
- {group: '*.example.com', kinds: ['*'], since: v1, pattern: ready}
- {group: '', kinds: [Unnamed], since: v1, pattern: ready}
",
    },
    File {
        name: "b.yaml",
        groups: &["*.b.example.com", "c.example.com"],
        text: "rules:
- {group: '*.b.example.com', kinds: [Thing], since: v1, pattern: ready}
- {group: c.example.com, kinds: [Broken], since: v1, states: [{state: Healthy, when: 'a b'}]}
",
    },
    File { name: "c.yaml", groups: &["example.org"], text: "rules: [" },
];

fn named(rule: Option<&CompiledRule>) -> String {
    rule.map(|rule| rule.name().to_string()).unwrap_or_default()
}

#[test]
fn the_most_certain_rule_is_found() {
    let library = Library::of(&PRETENDED);
    for (group, kind, of_kind, of_group) in [
        ("a.example.com", "Widget", "library a.example.com/Widget", "library a.example.com/Widget"),
        ("a.example.com", "Other", "", "library a.example.com/*"),
        ("a.example.com", "Thing", "", "library a.example.com/*"),
        ("b.example.com", "Thing", "", "library *.b.example.com/Thing"),
        ("x.b.example.com", "Thing", "", "library *.b.example.com/Thing"),
        // One that names the kind goes before one that names more of the group.
        ("x.b.example.com", "Widget", "", "library *.example.com/Widget"),
        ("x.b.example.com", "Other", "", "library *.example.com/*"),
        ("example.com", "Thing", "", "library *.example.com/Thing"),
        ("anexample.com", "Thing", "", ""),
        ("example.com.org", "Thing", "", ""),
        // What cannot be used is not there.
        ("c.example.com", "Broken", "", "library *.example.com/*"),
        ("example.org", "Thing", "", ""),
        ("", "Unnamed", "", ""),
        ("apps", "Deployment", "", ""),
    ] {
        assert_eq!(named(library.of_kind(group, kind)), of_kind, "{kind} of {group}");
        assert_eq!(named(library.of_group(group, kind)), of_group, "{kind} of {group}");
    }
}

/// How many groups have been read, and how many rules compiled.
fn work(library: &Library) -> (usize, usize) {
    let groups = library.groups.iter().chain(&library.ends);
    let kinds: Vec<_> = groups.filter_map(|rules| rules.kinds.get()).collect();
    let compiled = kinds.iter().flat_map(|kinds| kinds.iter()).filter(|kind| kind.rule.get().is_some());
    (kinds.len(), compiled.count())
}

#[test]
fn only_what_is_asked_for_is_read() {
    let library = Library::of(FILES);
    for (group, kind) in [
        ("", "ConfigMap"),
        ("apps", "Deployment"),
        ("batch", "Job"),
        ("rbac.authorization.k8s.io", "Role"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("example.com", "Widget"),
    ] {
        assert!(library.of_group(group, kind).is_none(), "{kind} of {group}");
    }
    assert_eq!(work(&library), (0, 0));
    for _ in 0..2 {
        assert!(library.of_kind("cert-manager.io", "Certificate").is_some());
        assert!(library.of_kind("cert-manager.io", "Unheard").is_none());
    }
    assert_eq!(work(&library), (1, 1));
    assert!(library.of_kind("cert-manager.io", "Issuer").is_some());
    assert_eq!(work(&library), (1, 2));
}

#[test]
fn the_rule_is_the_one_that_a_look_at_all_finds() {
    let entries = entries().unwrap();
    let all: Vec<CompiledRule> = entries
        .iter()
        .flat_map(|entry| entry.spec.kinds.iter().map(|kind| rule_for(entry.spec.clone(), kind).unwrap()))
        .collect();
    let library = Library::of(FILES);
    let ask = |group: &str, kind: &str| {
        let covers = |rule: &&CompiledRule| rule.covers(group, kind);
        let exact = all.iter().find(|rule| covers(rule) == Some(0));
        let certain = all.iter().filter(|rule| covers(rule).is_some()).min_by_key(covers);
        assert_eq!(named(library.of_kind(group, kind)), named(exact), "{kind} of {group}");
        assert_eq!(named(library.of_group(group, kind)), named(certain), "{kind} of {group}");
    };
    for entry in &entries {
        let group = entry.spec.group.as_str();
        let end = group.strip_prefix("*.").unwrap_or(group);
        for kind in entry.spec.kinds.iter().map(String::as_str).chain(["Unheard"]) {
            for group in [end.to_owned(), format!("a.{end}"), format!("a.b.{end}"), format!("x{end}")] {
                ask(&group, kind);
            }
        }
    }
}
