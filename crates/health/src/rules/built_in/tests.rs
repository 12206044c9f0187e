//! That the rows do not contradict each other.

use super::{ROWS, row};

#[test]
fn each_kind_has_one_row_and_finds_it() {
    for (at, this) in ROWS.iter().enumerate() {
        assert!(!this.groups.is_empty() && !this.kinds.is_empty());
        for (group, kind) in
            this.groups.iter().flat_map(|group| this.kinds.iter().map(move |kind| (group, kind)))
        {
            let others: Vec<usize> =
                (0..ROWS.len()).filter(|other| *other != at && ROWS[*other].covers(group, kind)).collect();
            assert!(others.is_empty(), "{group}/{kind} stands in rows {at} and {others:?}");
            assert!(std::ptr::eq(row(group, kind), this), "{group}/{kind}");
        }
    }
}

#[test]
fn a_field_is_named_once_and_not_below_another() {
    for row in &ROWS {
        for path in row.keeps {
            let above = crate::prune::EVERY.iter().chain(row.keeps).filter(|other| {
                path.strip_prefix(**other).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            });
            assert_eq!(above.count(), 1, "{path} of {:?}", row.kinds);
        }
        if let Some(ttl) = row.ttl {
            assert!(row.keeps.contains(&ttl.join(".").as_str()), "{ttl:?} of {:?}", row.kinds);
        }
    }
}
