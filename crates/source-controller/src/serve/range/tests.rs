//! The `Range` header.

use super::{Selection, select};

#[test]
fn ranges() {
    let part = |start, length| Selection::Part { start, length };
    for (header, size, expected) in [
        (None, 10, Selection::Whole),
        (Some("bytes=0-0"), 10, part(0, 1)),
        (Some("bytes=2-5"), 10, part(2, 4)),
        (Some("bytes=2-"), 10, part(2, 8)),
        (Some("bytes=2-99"), 10, part(2, 8)),
        (Some("bytes=-3"), 10, part(7, 3)),
        (Some("bytes=-99"), 10, part(0, 10)),
        (Some("bytes=9-9"), 10, part(9, 1)),
        (Some("bytes=10-"), 10, Selection::Nothing),
        (Some("bytes=10-12"), 10, Selection::Nothing),
        (Some("bytes=-0"), 10, Selection::Nothing),
        (Some("bytes=0-"), 0, Selection::Nothing),
        (Some("bytes=-1"), 0, Selection::Nothing),
        (Some("bytes=5-2"), 10, Selection::Whole),
        (Some("bytes=0-1,4-5"), 10, Selection::Whole),
        (Some("bytes=a-b"), 10, Selection::Whole),
        (Some("bytes=-"), 10, Selection::Whole),
        (Some("bytes=+1-2"), 10, Selection::Whole),
        (Some("bytes=99999999999999999999-"), 10, Selection::Whole),
        (Some("items=0-1"), 10, Selection::Whole),
        (Some(""), 10, Selection::Whole),
    ] {
        assert_eq!(select(header, size), expected, "{header:?} of {size}");
    }
}
