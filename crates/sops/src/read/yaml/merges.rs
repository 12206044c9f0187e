//! Merge keys, which sops keeps: they are read as keys like others. Which those are is found beside the comments.

use std::borrow::Cow;
use std::ops::Range;

/// What stands for `<<` as a key while the structure is read, and how that is written.
pub(super) const MERGE: &str = "<<\0merge";
const WRITTEN_MERGE: &str = "\"<<\\0merge\"";

/// The text with its merge keys renamed, so that they are keys like others. Lines, and columns before them, stay.
pub(super) fn without_merges<'a>(text: &'a str, merges: &[Range<usize>]) -> Cow<'a, str> {
    if merges.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + WRITTEN_MERGE.len() * merges.len());
    let mut at = 0;
    for merge in merges {
        out.push_str(text.get(at..merge.start).unwrap_or_default());
        out.push_str(WRITTEN_MERGE);
        at = merge.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Cow::Owned(out)
}
