//! What `cargo audit bin` and scanners read out of a program: its crates, in the section `.dep-v0`.
//! The form is auditable-serde's; which crates those are is decided in `linked`.

use std::io::Write as _;

use anyhow::{Context as _, Result};
use auditable_serde::{DependencyKind, Package, Source, VersionInfo};
use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::linked::Linked;

/// Name of the section.
pub(super) const SECTION: &str = ".dep-v0";

/// Procedural macros are told apart from what is linked (and left out here).
const FORMAT: u32 = 1;

/// The section's content.
pub(super) fn section(linked: &Linked) -> Result<Vec<u8>> {
    let mut packages = Vec::new();
    for (place, one) in linked.crates.iter().enumerate() {
        packages.push(Package {
            name: one.name.clone(),
            version: one.version.parse().with_context(|| format!("version of {}", one.name))?,
            source: if one.checksum.is_some() { Source::CratesIo } else { Source::Local },
            kind: DependencyKind::Runtime,
            dependencies: one.needs.clone(),
            root: place == linked.root,
        });
    }
    let info = VersionInfo { packages, format: FORMAT };
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    serde_json::to_writer(&mut encoder, &info).context("JSON")?;
    encoder.flush().and_then(|()| encoder.finish()).context("zlib in memory")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::samples;

    #[test]
    fn scanners_read_it() {
        let bytes = section(&samples::linked()).expect("a section");
        // Reading refuses several roots and circles.
        let info: VersionInfo = {
            let mut text = String::new();
            let mut decoder = flate2::read::ZlibDecoder::new(bytes.as_slice());
            std::io::Read::read_to_string(&mut decoder, &mut text).expect("zlib");
            text.parse().expect("a form that is known")
        };
        let names: Vec<_> = info.packages.iter().map(|package| package.name.as_str()).collect();
        assert_eq!(names, ["gix", "manifest", "source-controller"]);
        assert_eq!(info.packages[0].source, Source::CratesIo);
        assert!(info.packages[2].root);
    }
}
