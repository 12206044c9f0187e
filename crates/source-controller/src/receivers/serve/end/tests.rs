//! Each end of a request has its answer.

use api::receiver::ReceiverSpec;
use receiver::{resolve, validate};
use serde_json::json;

use super::*;

fn open() -> Arc<Open> {
    let spec: ReceiverSpec =
        serde_json::from_value(json!({"type": "generic", "secretRef": {"name": "a"}, "resources": []}))
            .unwrap();
    let hook = resolve(validate(&spec).unwrap(), [("token".to_owned(), b"t".to_vec())].into()).unwrap();
    Arc::new(Open { key: ObjectKey::new("apps", "hook"), hook })
}

fn asked(objects: usize, failures: usize, late: usize, late_entries: usize) -> End {
    End::Asked { event: None, asked: Asked { objects, failures, late, late_entries } }
}

/// What is found at a path decides before anything else is looked at, and then what was found out about the sender.
#[test]
fn every_end_has_its_answer() {
    let key = ObjectKey::new("apps", "hook");
    for (found, status) in [
        (Found::Nobodys, Some(404)),
        (Found::Unsettled, Some(503)),
        (Found::Closed(key), Some(503)),
        (Found::Open(open()), None),
    ] {
        let answer = End::or_open(found).err().map(|end| end.status().as_u16());
        assert_eq!(answer, status);
    }
    for (end, status) in [
        (End::NoKeys(Unavailable), 503),
        (End::Body(BodyFault::Large), 413),
        (End::Body(BodyFault::Slow), 408),
        (End::Body(BodyFault::Broken), 400),
        (End::Body(BodyFault::NoMemory), 503),
        (End::Rejected(Rejected::ContentType), 400),
        (End::Rejected(Rejected::Event { what: "GitHub", name: "star".to_owned() }), 400),
        (End::Busy, 503),
        (End::Unreadable(JsonError::Invalid), 500),
        (asked(0, 0, 0, 0), 200),
        (asked(3, 0, 0, 0), 200),
        (asked(3, 1, 0, 0), 500),
        (asked(3, 0, 1, 0), 500),
        (asked(3, 0, 0, 1), 500),
        (End::Panicked, 500),
    ] {
        assert_eq!(end.status().as_u16(), status, "{end:?}");
    }
}
