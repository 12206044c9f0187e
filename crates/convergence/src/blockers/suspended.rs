//! What somebody has put to rest: who, since when and why, as far as `flyball suspend` wrote it down.

use std::collections::BTreeMap;

use api::blocker::BlockerCode;
use api::labels::{SUSPEND_REASON, SUSPENDED_AT, SUSPENDED_BY};
use health::wording;

use super::about::argument;
use super::draft::Draft;

/// A suspended Kustomization or source. `object`: its `Kind/namespace/name`; `what`: the sentence.
pub(crate) fn blocker(object: &str, what: &str, annotations: Option<&BTreeMap<String, String>>) -> Draft {
    let note = |key: &str| {
        let value = annotations.and_then(|all| all.get(key)).map(String::as_str).unwrap_or_default();
        wording::quoted(value)
    };
    let (by, at, why) = (note(SUSPENDED_BY), note(SUSPENDED_AT), note(SUSPEND_REASON));
    let mut message = what.to_owned();
    if !by.is_empty() {
        message = format!("{message}, by {by}");
    }
    if !why.is_empty() {
        message = format!("{message}: {why}");
    }
    let draft = Draft::new(BlockerCode::Suspended, object, message);
    let seen = if at.is_empty() { "spec.suspend: true".to_owned() } else { format!("suspended at {at}") };
    let draft = draft.evidence(seen);
    draft.hint(match object.split('/').collect::<Vec<_>>().as_slice() {
        [kind, namespace, name] => format!(
            "resume it: flyball resume {} -n {}, or spec.suspend: false where it is declared",
            argument(&format!("{}/{name}", kind.to_ascii_lowercase())),
            argument(namespace)
        ),
        _ => "spec.suspend: false resumes it".to_owned(),
    })
}
