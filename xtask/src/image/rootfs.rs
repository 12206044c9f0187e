//! The files of an image. There is no shell, no package manager and nothing to write to but `/tmp`.

use std::collections::BTreeMap;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::product::Product;
use crate::archive::Entry;

/// The user of every image, as Flux's images have it and the restricted pod security standard wants it.
pub(super) const USER: &str = "65534:65534";

const PASSWD: &str =
    "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65534:65534:nonroot:/nonexistent:/sbin/nologin\n";
const GROUP: &str = "root:x:0:\nnonroot:x:65534:\n";
/// `localhost` and the Pod's own name come from `/etc/hosts`, before DNS is asked.
const NSSWITCH: &str = "hosts: files dns\n";

/// What all images have in common: a layer of its own, which a node fetches once.
pub(super) fn base(licence: &str) -> Vec<Entry> {
    let mut entries = vec![
        Entry::folder("tmp", 0o1777),
        Entry::file("etc/passwd", 0o644, PASSWD),
        Entry::file("etc/group", 0o644, GROUP),
        Entry::file("etc/nsswitch.conf", 0o644, NSSWITCH),
        Entry::file("etc/ssl/certs/ca-certificates.crt", 0o644, authorities()),
        Entry::file("usr/share/doc/flyball/LICENSE", 0o644, licence),
    ];
    // Where a container engine mounts what the kernel shows: it cannot make folders in a root that is read-only.
    entries.extend(["dev", "proc", "sys"].map(|folder| Entry::folder(folder, 0o755)));
    entries
}

/// What one image has for itself.
pub(super) fn own(
    product: &Product,
    program: &[u8],
    sbom: &[u8],
    libraries: BTreeMap<String, Vec<u8>>,
) -> Vec<Entry> {
    let mut entries = vec![
        Entry::file(entrypoint(product).trim_start_matches('/'), 0o755, program),
        Entry::file(format!("usr/share/sbom/{}.cdx.json", product.name), 0o644, sbom),
    ];
    entries.extend(libraries.into_iter().map(|(path, bytes)| Entry::file(path, 0o755, bytes)));
    entries
}

/// Where the program lies.
pub(super) fn entrypoint(product: &Product) -> String {
    format!("/usr/local/bin/{}", product.name)
}

/// The certificate authorities that Mozilla trusts, as `webpki-root-certs` has them, not those of the build machine:
/// `Cargo.lock` pins them, so that the same commit gives the same image, and an update is a change like any other.
fn authorities() -> String {
    let mut bundle = String::new();
    for certificate in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        bundle.push_str("-----BEGIN CERTIFICATE-----\n");
        let text = STANDARD.encode(certificate.as_ref());
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(64));
            bundle.push_str(line);
            bundle.push('\n');
            rest = after;
        }
        bundle.push_str("-----END CERTIFICATE-----\n");
    }
    bundle
}

/// Refuses an image that is larger than promised.
pub(super) fn check_size(name: &str, size: u64) -> Result<()> {
    const LIMIT: u64 = 12_000_000;
    anyhow::ensure!(size <= LIMIT, "the image {name} has {size} bytes; at most {LIMIT} are promised");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_are_pem() {
        let bundle = authorities();
        let begun = bundle.matches("-----BEGIN CERTIFICATE-----\n").count();
        assert!(begun > 100, "{begun}");
        assert_eq!(bundle.matches("-----END CERTIFICATE-----\n").count(), begun);
        let first = bundle.split("-----").nth(2).expect("a body").replace('\n', "");
        assert_eq!(
            STANDARD.decode(first).expect("base64"),
            webpki_root_certs::TLS_SERVER_ROOT_CERTS[0].as_ref()
        );
        assert!(bundle.lines().all(|line| line.len() <= 64));
    }

    #[test]
    fn sizes_are_promised() {
        check_size("a", 12_000_000).expect("as much as is promised");
        check_size("a", 12_000_001).expect_err("more");
    }
}
