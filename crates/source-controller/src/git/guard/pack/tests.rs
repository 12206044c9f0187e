//! Packs, honest and not.

use super::super::samples::{PackBuilder, copies, deflated};
use super::{MAX_REFERENCES, OBJECT_COST, Pack};
use crate::git::guard::limits::{Excess, Limits};

const MIB: u64 = 1 << 20;
const LIMITS: Limits = Limits {
    talk: MIB,
    objects: 1000,
    object: 16 * MIB,
    inflated: 1024 * MIB,
    held: 64 * MIB,
    references: 10,
};

/// Bytes of memory for a pack that arrives whole, and the same for one that arrives byte by byte.
fn need(pack: &[u8]) -> Result<u64, Excess> {
    let fed = |size: usize| {
        let mut guard = Pack::new(LIMITS);
        pack.chunks(size).try_for_each(|part| guard.feed(part)).map(|()| guard.need())
    };
    let whole = fed(pack.len());
    assert_eq!(whole, fed(1));
    whole
}

fn pack(fill: impl FnOnce(&mut PackBuilder)) -> Result<u64, Excess> {
    let mut builder = PackBuilder::new();
    fill(&mut builder);
    need(&builder.finish())
}

#[test]
fn honest_packs_pass() {
    assert_eq!(pack(|_| {}), Ok(0));
    let size = 100_000;
    let one = pack(|pack| {
        let base = pack.blob(&vec![7; 100_000]);
        pack.delta(base, &copies(size, 2 * size));
        pack.blob(b"");
    });
    let need = one.unwrap() - 3 * OBJECT_COST;
    assert!((3 * size..4 * size).contains(&need), "base and delta at a time: {need}");
}

/// What is said of an object is refused before anything of it has arrived.
#[test]
fn an_object_that_says_it_is_large() {
    let mut builder = PackBuilder::new();
    builder.raw(3, 3 << 30, &[], &[]);
    assert_eq!(need(&builder.finish()), Err(Excess::Object(LIMITS.object)));
    // A delta of some bytes whose result is large.
    let large = pack(|pack| {
        let base = pack.blob(&[7; 1000]);
        let base = pack.delta(base, &copies(1000, MIB));
        pack.delta(base, &copies(MIB, 17 * MIB));
    });
    assert_eq!(large, Err(Excess::Object(LIMITS.object)));
}

#[test]
fn an_object_that_is_not_what_it_says() {
    let content = vec![0; 100_000];
    for (size, fault) in
        [(10, "an object that is larger than it says"), (100_001, "an object that is smaller than it says")]
    {
        let lying = pack(|pack| _ = pack.raw(3, size, &[], &deflated(&content)));
        assert_eq!(lying, Err(Excess::Malformed(fault)));
    }
    // Blocks without content: compressed it is large, and otherwise nothing.
    let mut padded = vec![0x78, 0x01];
    for _ in 0..20_000 {
        padded.extend([0, 0, 0, 0xff, 0xff]);
    }
    padded.extend([1, 0, 0, 0xff, 0xff, 0, 0, 0, 1]);
    let padded = pack(|pack| _ = pack.raw(3, 5, &[], &padded));
    assert_eq!(padded, Err(Excess::Malformed("an object that is larger compressed than not")));
    let corrupt = pack(|pack| _ = pack.raw(3, 5, &[], b"no zlib stream"));
    assert_eq!(corrupt, Err(Excess::Malformed("an object that cannot be inflated")));
}

#[test]
fn chains_hold_what_has_other_deltas() {
    let size = 8 * MIB;
    // Every object has one delta: two are held at a time, however long the chain is.
    let slender = pack(|pack| {
        let mut base = pack.blob(&vec![7; 8 << 20]);
        for _ in 0..20 {
            base = pack.delta(base, &copies(size, size));
        }
    });
    assert!(slender.unwrap() < 3 * size, "{slender:?}");
    // Every object has two: all of the chain is held.
    let bushy = |length: u64| {
        pack(|pack| {
            let mut base = pack.blob(&vec![7; 8 << 20]);
            for _ in 0..length {
                pack.delta(base, &copies(size, 1));
                base = pack.delta(base, &copies(size, size));
            }
        })
    };
    assert!(bushy(4).unwrap() > 5 * size);
    assert_eq!(bushy(20), Err(Excess::Held(LIMITS.held)));
    // Beside each other they are not held at a time.
    let broad = pack(|pack| {
        let base = pack.blob(&vec![7; 8 << 20]);
        for _ in 0..20 {
            pack.delta(base, &copies(size, size));
        }
    });
    assert!(broad.unwrap() < 3 * size, "{broad:?}");
}

/// Where a base is only named, it may be any object: the last result, for one.
#[test]
fn named_bases_may_be_one_chain() {
    let fill = |count: u8, size: u64| {
        pack(|pack| {
            for number in 0..count {
                pack.named([number; 20], &copies(size, size));
            }
        })
    };
    assert!(fill(3, MIB).unwrap() >= 6 * MIB);
    assert_eq!(fill(11, 10), Err(Excess::References(10)));
    assert_eq!(fill(10, 16 * MIB), Err(Excess::References(MAX_REFERENCES)));
}

#[test]
fn too_many_and_too_much() {
    assert_eq!(need(&PackBuilder::new().with_count(1001)), Err(Excess::Objects(1000)));
    let much = pack(|pack| {
        let base = pack.blob(&vec![7; 16 << 20]);
        for _ in 0..100 {
            pack.delta(base, &copies(16 * MIB, 16 * MIB));
        }
    });
    assert_eq!(much, Err(Excess::Inflated(LIMITS.inflated)));
}

#[test]
fn what_is_not_a_pack() {
    let malformed = |text| Err(Excess::Malformed(text));
    assert_eq!(need(b"no pack at all"), malformed("it does not begin like one"));
    assert_eq!(need(b"PACK\0\0\0\x09\0\0\0\0"), malformed("it does not begin like one"));
    for kind in [0, 5] {
        let odd = pack(|pack| _ = pack.raw(kind, 0, &[], &deflated(b"")));
        assert_eq!(odd, malformed("an object of an unknown kind"));
    }
    let alone = pack(|pack| _ = pack.raw(6, 4, &[5], &deflated(&copies(1, 1))));
    assert_eq!(alone, malformed("a delta without a base"));
    let sizeless = pack(|pack| {
        let base = pack.blob(b"x");
        pack.delta(base, &[0xff; 3]);
    });
    assert_eq!(sizeless, malformed("a delta without sizes"));
    let mut endless = b"PACK\0\0\0\x02\0\0\0\x01\xb0".to_vec();
    endless.extend([0xff; 20]);
    assert_eq!(need(&endless), malformed("a size of too many digits"));
    let mut far = b"PACK\0\0\0\x02\0\0\0\x01\x61".to_vec();
    far.extend([0xff; 20]);
    assert_eq!(need(&far), malformed("a distance of too many digits"));
}
