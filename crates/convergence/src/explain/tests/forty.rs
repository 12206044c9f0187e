//! Forty faults and more, in the words in which they come, and what has to be said of each: the right object, the cause and
//! the next step.

mod objects;
mod runs;
mod sources;

use std::collections::BTreeSet;

use api::blocker::BlockerCode::{self, *};

use super::*;

/// One fault: its name, how it is made, and what its first blocker has to say.
struct Fault {
    name: &'static str,
    make: fn(&mut Case),
    code: BlockerCode,
    object: &'static str,
    /// Parts of message and evidence.
    says: &'static [&'static str],
    /// Parts of the next step.
    next: &'static [&'static str],
}

/// The last run failed.
fn run(case: &mut Case, reason: &str, message: &str) {
    case.object = failed(case.object.clone(), reason, message);
}

const WEB: &str = "Deployment/apps/web";
const OWN: &str = "Kustomization/apps/web";

/// Codes that nothing makes yet.
const FUTURE: [BlockerCode; 4] = [GateClosed, OverrideActive, PruneReviewRequired, Unknown];

#[test]
fn each_names_the_object_the_cause_and_the_next_step() {
    let faults: Vec<&Fault> = [runs::ALL, sources::ALL, objects::ALL].into_iter().flatten().collect();
    assert!(faults.len() >= 60, "{}", faults.len());
    let mut codes = BTreeSet::new();
    for fault in &faults {
        let mut case = Case::new(Vec::new());
        (fault.make)(&mut case);
        case.explain();
        // Long enough for whatever has to last.
        case.later(301);
        case.explain();
        case.later(31);
        let explanation = case.explain();
        let name = fault.name;
        let blocker = explanation
            .blockers
            .first()
            .unwrap_or_else(|| panic!("{name}: no blocker; {}", explanation.verdict.summary));
        assert_eq!(
            (blocker.code, blocker.object.as_deref()),
            (fault.code, Some(fault.object)),
            "{name}: {blocker:?}"
        );
        let said = format!("{} {}", blocker.message, blocker.evidence.join(" "));
        for part in fault.says {
            assert!(said.contains(part), "{name}: {part:?} is not in {said}");
        }
        let hint = blocker.hint.as_deref().unwrap_or_default();
        for part in fault.next {
            assert!(hint.contains(part), "{name}: {part:?} is not in the next step {hint:?}");
        }
        let summary = &explanation.verdict.summary;
        assert!(summary.chars().count() <= 240 && !summary.contains('\n'), "{name}: {summary}");
        codes.insert(blocker.code);
        case.later(1000);
        assert_eq!(
            case.explain().blockers,
            explanation.blockers,
            "{name}: nothing changes while nothing happens"
        );
    }
    let missing: Vec<&BlockerCode> =
        BlockerCode::ALL.iter().filter(|code| !codes.contains(code) && !FUTURE.contains(code)).collect();
    assert!(missing.is_empty(), "codes without a fault: {missing:?}");
}

/// Every text of what a status says.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|item| texts(item, found)),
        Value::Object(map) => map.values().for_each(|item| texts(item, found)),
        _ => {}
    }
}

#[test]
fn nothing_that_others_say_steers_what_shows_it() {
    const HOSTILE: &str = "\u{1b}]0;x\u{7}\u{202e} https://u:canary@h/x";
    let faults = [runs::ALL, sources::ALL].into_iter().flatten();
    for fault in faults {
        let mut case = Case::new(Vec::new());
        (fault.make)(&mut case);
        if let Some(status) = &mut case.object.status {
            status.conditions[0].message.push_str(HOSTILE);
        }
        if let SourceView::Known(Source { ready: Some((_, _, message)), .. }) = &mut case.source {
            message.push_str(HOSTILE);
        }
        let mut found = Vec::new();
        texts(&serde_json::to_value(case.explain()).unwrap(), &mut found);
        for text in found {
            let acts = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
            assert!(!text.contains(acts) && !text.contains("canary"), "{}: {text:?}", fault.name);
        }
    }
}
