//! What is written is read back.

use manifest::ObjectId;
use proptest::prelude::*;

use super::{Failure, Refusal, join};

fn id(kind: &str, namespace: &str, name: &str) -> ObjectId {
    ObjectId { namespace: namespace.into(), name: name.into(), group: String::new(), kind: kind.into() }
}

#[track_caller]
fn check(failure: Failure, text: &str) {
    let refusal = Refusal { id: id("Pod", "a", "b"), failure, message: "m: n".to_owned() };
    let line = format!("Pod/a/b {text}: m: n");
    assert_eq!(refusal.to_string(), line);
    assert_eq!(Refusal::parse(&line), Some(refusal));
}

#[test]
fn every_failure_is_written_as_flux_does() {
    check(Failure::DryRun(None), "dry-run failed");
    check(Failure::DryRun(Some("Invalid".to_owned())), "dry-run failed (Invalid)");
    check(Failure::Apply, "apply failed");
    check(Failure::CleanUp, "managed fields clean-up failed");
    check(Failure::Query, "query failed");
    check(Failure::Delete, "delete failed");
    check(Failure::NotFound, "not found");
    check(Failure::NamespaceNotSpecified, "namespace not specified");
    check(Failure::Other("adoption failed (Forbidden)".to_owned()), "adoption failed (Forbidden)");
    check(Failure::Other("dry-run failed ()".to_owned()), "dry-run failed ()");
}

#[test]
fn reasons() {
    let reason = |text: &str| Failure::parse(text).reason().to_owned();
    assert_eq!(reason("dry-run failed (Invalid)"), "Invalid");
    assert_eq!(reason("dry-run failed"), "");
    assert_eq!(reason("apply failed"), "");
    assert_eq!(reason("adoption failed (Forbidden)"), "Forbidden");
    assert_eq!(reason("adoption failed (Forbidden) twice"), "");
}

#[test]
fn other_lines_are_no_refusals() {
    for line in [
        "",
        "Namespace/apps created",
        "Pod/apps/web: said by nobody: x",
        "pod/apps/web apply failed: x",
        "Pod apply failed: x",
        "Pod/ apply failed: x",
        "Pod//web apply failed: x",
        "/apps/web apply failed: x",
        "ConfigMap/apps/web is still being deleted",
        "timeout waiting for: [Pod/apps/web status: 'InProgress']",
    ] {
        assert_eq!(Refusal::parse(line), None, "{line}");
    }
}

#[test]
fn a_message_has_a_refusal_per_line() {
    let first = Refusal { id: id("Pod", "a", "b"), failure: Failure::Apply, message: "x".to_owned() };
    let second = Refusal { id: id("Namespace", "", "b"), failure: Failure::Delete, message: "y".to_owned() };
    let lines = [first.to_string(), "  * more of the API server's words".to_owned(), second.to_string()];
    let text = join(lines.iter().map(String::as_str));
    assert_eq!(
        text,
        "Pod/a/b apply failed: x\n  * more of the API server's words\nNamespace/b delete failed: y"
    );
    assert_eq!(Refusal::parse_all(&text).collect::<Vec<_>>(), [first, second]);
}

fn failures() -> impl Strategy<Value = Failure> {
    prop_oneof![
        proptest::option::of("[A-Z][A-Za-z]{0,12}").prop_map(Failure::DryRun),
        Just(Failure::Apply),
        Just(Failure::CleanUp),
        Just(Failure::Query),
        Just(Failure::Delete),
        Just(Failure::NotFound),
        Just(Failure::NamespaceNotSpecified),
        "[a-z]{1,8}( [a-z]{1,8}){1,3}( \\([A-Z][a-z]{1,8}\\))?"
            .prop_filter("has a variant of its own", |text| matches!(Failure::parse(text), Failure::Other(_)))
            .prop_map(Failure::Other),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        kind in "[A-Z][A-Za-z]{0,12}",
        namespace in "([a-z0-9]([-a-z0-9]{0,6}[a-z0-9])?)?",
        name in "[a-z0-9]([-.:_a-z0-9]{0,8}[a-z0-9])?",
        failure in failures(),
        message in "\\PC{0,60}",
    ) {
        let refusal = Refusal { id: id(&kind, &namespace, &name), failure, message };
        prop_assert_eq!(Refusal::parse(&refusal.to_string()), Some(refusal));
    }

    #[test]
    fn what_is_read_is_written_as_it_was(line in "([A-Z][a-z]{0,3}(/[a-z]{0,3}){0,3} )?\\PC{0,40}(: \\PC{0,20})?") {
        if let Some(refusal) = Refusal::parse(&line) {
            prop_assert_eq!(refusal.to_string(), line);
        }
    }
}
