//! The words of a change, which stand in events.

use super::{Action, Change};
use crate::samples::id;

fn change(action: Action) -> Change {
    Change { id: id("ConfigMap", "a"), version: "v1".to_owned(), action, baseline: None, object: None }
}

#[test]
fn a_line_per_action_and_which_of_them_wrote() {
    let actions = [Action::Created, Action::Configured, Action::Unchanged, Action::Skipped, Action::Deleted]
        .map(change);
    let lines: Vec<String> =
        actions.iter().map(|change| format!("{} {}", change.line(), change.is_write())).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    ConfigMap/ns/a created true
    ConfigMap/ns/a configured true
    ConfigMap/ns/a unchanged false
    ConfigMap/ns/a skipped false
    ConfigMap/ns/a deleted false
    ");
}
