//! A write that fails ends a run.

use super::Ending;
use crate::status::WriteError;

#[test]
fn an_unwritten_status_is_an_ending() {
    assert!(matches!(Ending::from(WriteError::Gone), Ending::Unwritten(WriteError::Gone)));
}
