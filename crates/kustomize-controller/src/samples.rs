//! States of one object, for tests of several modules.

use crate::drift::Live;
use apply::{Baseline, Fingerprint};

/// A baseline of one uid.
pub(crate) fn baseline(version: u64, mark: u8) -> Baseline {
    Baseline {
        uid: "u".into(),
        resource_version: version,
        fingerprint: Some(Fingerprint([mark; 16])),
        content: None,
    }
}

/// As the watch tells of it.
pub(crate) fn present(version: u64, mark: u8) -> Live {
    Live::Present { baseline: baseline(version, mark), ignored: false, foreign_owner: None, departing: false }
}

/// Deleted by somebody.
pub(crate) fn absent(uid: &str) -> Live {
    Live::Absent { uid: uid.into(), missed: false, by_design: false }
}
