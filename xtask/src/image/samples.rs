//! Small inputs for the tests of this folder.

use super::linked::{Crate, Linked};
use super::toolchain::Toolchain;
use crate::stamp::Stamp;

/// A program of three crates.
pub(super) fn linked() -> Linked {
    let one = |name: &str, version: &str, licence: &str, checksum: Option<&str>, needs: &[usize]| Crate {
        name: name.to_owned(),
        version: version.to_owned(),
        licence: licence.to_owned(),
        checksum: checksum.map(str::to_owned),
        needs: needs.to_vec(),
    };
    let crates = vec![
        one("gix", "0.90.0+x", "MIT/Apache-2.0", Some("ab"), &[]),
        one("manifest", "0.0.0", "Apache-2.0", None, &[]),
        one("source-controller", "0.0.0", "Apache-2.0", None, &[0, 1]),
    ];
    Linked { crates, root: 2 }
}

/// Compilers.
pub(super) fn toolchain() -> Toolchain {
    Toolchain { rust: "1.95.0".to_owned(), glibc: "2.36".to_owned() }
}

/// A commit.
pub(super) fn stamp() -> Stamp {
    Stamp { version: "1.2.3".to_owned(), revision: "abc".to_owned(), epoch: 7 }
}
