//! What commits and acknowledgements prove. A real server is asked in `clone`'s tests.

use gix::ObjectId;
use gix::protocol::fetch::response::Acknowledgement;

use super::{Lineage, by_parents, of};

fn id(number: u8) -> ObjectId {
    ObjectId::from_bytes_or_panic(&[number; 20])
}

fn ids(numbers: &[u8]) -> Vec<ObjectId> {
    numbers.iter().copied().map(id).collect()
}

#[test]
fn what_parents_prove() {
    use Lineage::{After, Leaves, Unknown};
    for (olds, news, expected, what) in [
        (Some(&[1][..]), &[2][..], After, "a push"),
        (Some(&[1]), &[3, 2], After, "a merge"),
        (None, &[2], After, "the old commit is not at hand"),
        (Some(&[1]), &[1], Leaves, "amended"),
        (Some(&[1, 4]), &[4], Leaves, "a merge that was taken back"),
        (Some(&[1]), &[], Leaves, "a new beginning"),
        (None, &[], Leaves, "a new beginning"),
        (Some(&[9]), &[8], Leaves, "set back: the old one comes after it"),
        (Some(&[]), &[], Leaves, "two beginnings"),
        (Some(&[]), &[3], Unknown, "several commits, or none of it"),
        (Some(&[1]), &[3], Unknown, "several commits, or rebased"),
        (Some(&[1]), &[1, 3], Unknown, "what was merged may come after the old one"),
        (None, &[3], Unknown, "nothing is at hand"),
    ] {
        let olds = olds.map(ids);
        let found = by_parents((id(2), olds.as_deref()), (id(9), &ids(news)));
        assert_eq!(found, expected, "{what}");
    }
    assert_eq!(by_parents((id(2), None), (id(2), &[])), After, "the same");
}

#[test]
fn what_a_server_says() {
    let common = Acknowledgement::Common(id(2));
    assert_eq!(of(&[common, Acknowledgement::Ready]), Lineage::Unknown, "after it, or after its parent");
    assert_eq!(of(&[common]), Lineage::Leaves);
    assert_eq!(of(&[Acknowledgement::Nak]), Lineage::Leaves, "what it has not, nothing it has comes after");
    assert_eq!(of(&[]), Lineage::Unknown);
}
