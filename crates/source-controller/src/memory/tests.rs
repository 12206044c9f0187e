//! What is shared out is what there is.

use super::{Memory, SMALL};

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
fn there_is_always_some_and_never_too_many_threads() {
    let memory = Memory::new(1, None);
    assert_eq!((memory.fetches, memory.large.limit()), (4, SMALL));
    assert_eq!(Memory::new(u64::MAX, None).fetches, 48);
}
