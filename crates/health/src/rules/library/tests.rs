//! The whole library: each file is built in, each rule can be used, each kind has its cases and is judged by them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use api::health_rule::RuleState;
use serde::Deserialize;
use serde_json::Value;

use super::files::FILES;
use super::reading::rule_for;
use super::{entries, read};
use crate::beside::Nothing;
use crate::prune::pruned;
use crate::rules::{DecidedBy, Rules};
use crate::state::State;

/// One case of a fixture.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    object: Value,
    state: RuleState,
    reason: Option<String>,
    /// A part of the message.
    says: Option<String>,
    /// The time at which it is judged; by default a minute after the object was created.
    now: Option<jiff::Timestamp>,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// What is in a folder, by name.
fn list(folder: &Path) -> Vec<(String, PathBuf)> {
    let Ok(found) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<(String, PathBuf)> = found
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .filter(|(name, _)| !name.starts_with('.'))
        .collect();
    found.sort();
    found
}

#[expect(clippy::disallowed_methods, reason = "a test looks at the files that it is about")]
fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn every_file_is_built_in() {
    let there: Vec<String> = list(&folder("library")).into_iter().map(|(name, _)| name).collect();
    let named: Vec<&str> = FILES.iter().map(|file| file.name).collect();
    assert_eq!(named, there, "each file of crates/health/library stands in rules/library/files.rs, by name");
}

/// A group that is not named with its file would have no rules.
#[test]
fn every_group_is_named_with_its_file() {
    let mut files: BTreeMap<String, &str> = BTreeMap::new();
    for file in FILES {
        let entries = read(file.name, file.text).unwrap();
        let groups: BTreeSet<String> = entries.into_iter().map(|entry| entry.spec.group).collect();
        let there: Vec<&str> = groups.iter().map(String::as_str).collect();
        assert_eq!(file.groups, there, "the groups of {} as rules/library/files.rs has them", file.name);
        for group in groups {
            let before = files.insert(group.clone(), file.name);
            assert_eq!(before, None, "{group} is in {}, too: put its rules into one file", file.name);
        }
    }
}

/// What is wrong with a file and its rules.
fn problems_of(file: &str, text: &str) -> Vec<String> {
    let entries = match read(file, text) {
        Ok(entries) => entries,
        Err(error) => return vec![error.to_string()],
    };
    let rules = entries
        .iter()
        .flat_map(|entry| entry.spec.kinds.iter().map(|kind| rule_for(entry.spec.clone(), kind)));
    rules.filter_map(Result::err).map(|error| format!("{file}: {error}")).collect()
}

#[test]
fn every_rule_can_be_used() {
    let mut problems = Vec::new();
    // Also files that are not built in yet.
    for (name, path) in list(&folder("library")) {
        problems.extend(problems_of(&name, &text(&path)));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn each_kind_has_one_rule() {
    let mut seen: BTreeMap<(String, String), String> = BTreeMap::new();
    for entry in entries().unwrap() {
        for kind in &entry.spec.kinds {
            let before = seen.insert((entry.spec.group.clone(), kind.clone()), entry.file.clone());
            assert_eq!(before, None, "{}/{kind} stands twice, in {}", entry.spec.group, entry.file);
        }
    }
}

/// Fixtures that are there, by group and kind.
fn fixtures() -> Vec<(String, String, Vec<Case>)> {
    let mut all = Vec::new();
    for (group, path) in list(&folder("fixtures")) {
        for (file, path) in list(&path) {
            let kind = file.strip_suffix(".yaml").unwrap_or_else(|| panic!("{group}/{file} is no YAML"));
            let group = if group == "core" { String::new() } else { group.clone() };
            let documents = manifest::yaml::read_all(&text(&path), manifest::yaml::Dialect::V3);
            let mut documents = documents.unwrap_or_else(|error| panic!("{group}/{file}: {error}"));
            assert_eq!(documents.len(), 1, "{group}/{file} holds one list");
            let cases = serde_json::from_value(documents.remove(0))
                .unwrap_or_else(|error| panic!("{group}/{file}: {error}"));
            all.push((group, kind.to_owned(), cases));
        }
    }
    all
}

#[test]
fn every_kind_has_cases_of_two_states() {
    let rules = Rules::with_library();
    let mut problems = Vec::new();
    let mut covered: BTreeSet<String> = BTreeSet::new();
    for (group, kind, cases) in fixtures() {
        let states: BTreeSet<RuleState> = cases.iter().map(|case| case.state).collect();
        if states.len() < 2 {
            problems.push(format!("fixtures/{group}/{kind}.yaml has cases of {} state", states.len()));
        }
        match rules.decider(&group, &kind) {
            DecidedBy::Library(name) => drop(covered.insert(name.to_string())),
            other => {
                problems.push(format!("fixtures/{group}/{kind}.yaml: no rule of the library, but {other}"));
            }
        }
    }
    for entry in entries().unwrap() {
        for kind in &entry.spec.kinds {
            let group = if entry.spec.group.is_empty() { "core" } else { entry.spec.group.as_str() };
            if !covered.contains(&format!("{group}/{kind}")) {
                problems.push(format!("{group}/{kind} of {} has no fixture", entry.file));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_case_is_judged_as_it_says() {
    let rules = Rules::with_library();
    let mut problems = Vec::new();
    for (group, kind, cases) in fixtures() {
        for case in cases {
            let created = case.object.pointer("/metadata/creationTimestamp").and_then(Value::as_str);
            let created: jiff::Timestamp = created.unwrap_or("2026-11-25T10:00:00Z").parse().unwrap();
            let now = case.now.unwrap_or(created + jiff::SignedDuration::from_secs(60));
            let judge = |object: &Value| rules.judge(object, &[], &Nothing, now);
            let found = judge(&case.object);
            let mut say = |what: String| problems.push(format!("{group}/{kind} {:?}: {what}", case.name));
            let told = format!("{} {} {:?}", found.state, found.reason, found.message);
            if found.state != State::from(case.state) {
                say(format!("wanted {:?}, got {told}", case.state));
            }
            if case.reason.as_ref().is_some_and(|reason| *reason != found.reason) {
                say(format!("wanted reason {:?}, got {told}", case.reason));
            }
            if case.says.as_ref().is_some_and(|says| !found.message.contains(says)) {
                say(format!("wanted a message with {:?}, got {told}", case.says));
            }
            if !matches!(found.by, DecidedBy::Library(_)) {
                say(format!("decided by {}", found.by));
            }
            let kept = judge(&pruned(case.object.clone(), &rules));
            if kept != found {
                say(format!(
                    "what is kept is judged as {} {} {:?}, not {told}",
                    kept.state, kept.reason, kept.message
                ));
            }
        }
    }
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn what_a_file_gets_wrong_is_said_with_its_place() {
    let wrong = |text: &str| problems_of("x.yaml", text).into_iter().next().unwrap_or_default();
    let entry = "rules:\n- group: a.b\n  kinds: [A]\n  since: v1\n";
    for (text, part) in [
        ("rules: [", "x.yaml: yaml: "),
        ("rules: []\n---\nrules: []", "one document"),
        ("rules: [{group: a.b, kinds: [A], since: v1, pattern: ready, extra: 1}]", "unknown field `extra`"),
        ("rules: [{group: a.b, kinds: [A], since: ' ', pattern: ready}]", "rules[0]: since is empty"),
        (entry, "rules[0]: neither states nor pattern"),
        (&format!("{entry}  pattern: ready\n  states: []"), "rules[0]: states and pattern exclude"),
        (&format!("{entry}  states: [{{state: Healthy}}]"), "rules[0]: states[0]: one of when"),
        (
            &format!("{entry}  states: [{{state: Healthy, when: 'a b'}}]"),
            "library a.b/A, for A of a.b: states[0] (Healthy): when cannot be used",
        ),
    ] {
        let error = wrong(text);
        assert!(error.contains(part), "{text}: {error}");
    }
}
