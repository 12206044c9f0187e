//! What is kept of a source.

use serde_json::json;

use super::{Source, prune};

#[test]
fn pruning_takes_nothing_away_that_is_read() {
    let mut body = json!({
        "spec": {"url": "https://u:p@git/x", "suspend": true},
        "status": {
            "artifact": {"revision": "main@sha1:0", "url": "http://x"},
            "conditions": [
                {"type": "Reconciling", "status": "True", "reason": "Progressing", "message": "m"},
                {"type": "Ready", "status": "False", "reason": "GitOperationFailed", "message": "no"},
            ],
            "observedGeneration": 1,
        },
    });
    let whole = Source::read(&body);
    prune(&mut body);
    assert_eq!(Source::read(&body), whole);
    assert!(!body.to_string().contains("u:p"), "{body}");
    let ready = Some(("False".to_owned(), "GitOperationFailed".to_owned(), "no".to_owned()));
    assert_eq!(whole, Source { revision: Some("main@sha1:0".to_owned()), ready, suspended: true });
}

#[test]
fn a_source_that_nobody_has_looked_at() {
    let mut body = json!({"spec": {"url": "https://git/x"}});
    prune(&mut body);
    assert_eq!(Source::read(&body), Source { revision: None, ready: None, suspended: false });
}
