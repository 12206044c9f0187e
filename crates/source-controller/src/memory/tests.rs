//! What is shared out is what there is.

use super::{Memory, SMALL, in_small_pages};

#[test]
fn all_parts_together_are_the_whole() {
    for mebibytes in [64, 100, 512, 716, 1024, 100_000] {
        let bytes = mebibytes << 20;
        let memory = Memory::new(bytes, None);
        let parts = memory.fetches as u64 * SMALL + memory.large.limit() + memory.archives.limit();
        assert!(parts <= bytes, "{mebibytes} MiB: {memory:?}");
        assert!(bytes - parts < 2, "{mebibytes} MiB: {memory:?}");
    }
}

#[test]
fn the_figures_of_the_documents_are_right() {
    // What a container of 1 GiB gives by default (docs/compat.md).
    let gate = (1 << 30) / 100 * 70;
    let memory = Memory::new(gate, None);
    assert_eq!((memory.large.limit() >> 20, memory.archives.limit() >> 20), (270, 270));
    // "3/8 of it or more" (docs/security).
    for bytes in [64 << 20, gate, 1 << 30, 8 << 30] {
        assert!(Memory::new(bytes, None).large.limit() >= bytes / 8 * 3, "{bytes}");
    }
}

#[test]
fn there_is_always_some_and_never_too_many_threads() {
    let memory = Memory::new(1, None);
    assert_eq!((memory.fetches, memory.large.limit()), (4, SMALL));
    assert_eq!(Memory::new(u64::MAX, None).fetches, 48);
}

#[test]
fn there_are_no_large_pages() {
    in_small_pages();
    assert_eq!(rustix::thread::transparent_huge_pages_are_disabled(), Ok(true));
}
