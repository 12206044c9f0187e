//! Where one piece of an archive ends and the next begins. Pure, and decided by an entry alone: whoever adds, changes or
//! removes a file moves no other cut.

/// A piece begins with one of so many entries, on average. With fewer a change costs less, and archives are larger,
/// because deflate finds in a piece only what that piece repeats.
const ENTRIES: u64 = 64;

/// A file with so many bytes is a piece by itself.
pub(super) const LARGE: usize = 128 << 10;

/// Whether a piece begins with the entry at `path`.
pub(super) fn begins(path: &[u8]) -> bool {
    // FNV-1a, whose upper bits are mixed once more: names that differ in a digit must differ here.
    const PRIME: u64 = 0x0100_0000_01b3;
    let hash = path
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME));
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) % ENTRIES == 0
}

#[cfg(test)]
mod tests;
