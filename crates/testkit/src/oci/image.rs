//! Artifacts: manifests, and what they name. Pushing them is `push`'s.

use std::collections::BTreeMap;
use std::io::Write as _;

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Media type of manifests.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of indexes.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Media type of what Flux's command line pushes.
pub const CONTENT: &str = "application/vnd.cncf.flux.content.v1.tar+gzip";

/// Media type of charts.
pub const CHART: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

/// `sha256:<hex>` of bytes.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().fold("sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

/// An artifact: a manifest and what it names.
#[derive(Clone, Debug)]
pub struct Image {
    /// The manifest.
    pub manifest: Vec<u8>,
    /// Its media type.
    pub media_type: String,
    /// Config and layers.
    pub blobs: Vec<Vec<u8>>,
}

impl Image {
    /// One layer of files.
    ///
    /// # Errors
    /// The files do not make an archive.
    pub fn of_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        Ok(Self::of_layers([(CONTENT, tarball(files)?)], &[]))
    }

    /// Layers with their media types, and annotations.
    #[must_use]
    pub fn of_layers<'a>(
        layers: impl IntoIterator<Item = (&'a str, Vec<u8>)>,
        annotations: &[(&str, &str)],
    ) -> Self {
        Self::configured("application/vnd.cncf.flux.config.v1+json", layers, annotations)
    }

    /// A chart as Helm pushes it.
    #[must_use]
    pub fn of_chart(archive: Vec<u8>) -> Self {
        Self::configured("application/vnd.cncf.helm.config.v1+json", [(CHART, archive)], &[])
    }

    fn configured<'a>(
        config_type: &str,
        layers: impl IntoIterator<Item = (&'a str, Vec<u8>)>,
        annotations: &[(&str, &str)],
    ) -> Self {
        let config = b"{}".to_vec();
        let mut blobs = vec![config.clone()];
        let mut named = Vec::new();
        for (media_type, bytes) in layers {
            named.push(descriptor(media_type, &bytes));
            blobs.push(bytes);
        }
        let mut manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "layers": named,
            "config": descriptor(config_type, &config),
        });
        if !annotations.is_empty() {
            manifest["annotations"] = json!(annotations.iter().copied().collect::<BTreeMap<_, _>>());
        }
        Self { manifest: manifest.to_string().into_bytes(), media_type: MANIFEST.to_owned(), blobs }
    }

    /// An index of artifacts, each with its platform (`os/architecture`); they have to be pushed by themselves.
    #[must_use]
    pub fn index(images: &[(&str, &Self)]) -> Self {
        let manifests: Vec<Value> = images
            .iter()
            .map(|(platform, image)| {
                let (os, architecture) = platform.split_once('/').unwrap_or((platform, ""));
                let mut named = descriptor(&image.media_type, &image.manifest);
                named["platform"] = json!({"os": os, "architecture": architecture});
                named
            })
            .collect();
        let manifest = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests});
        Self { manifest: manifest.to_string().into_bytes(), media_type: INDEX.to_owned(), blobs: Vec::new() }
    }

    /// Digest of the manifest.
    #[must_use]
    pub fn digest(&self) -> String {
        digest(&self.manifest)
    }
}

/// What a manifest says of something that it names.
#[must_use]
pub fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": media_type, "size": bytes.len(), "digest": digest(bytes)})
}

/// A tar.gz of files; a name that ends in `!` is executable.
///
/// # Errors
/// The files do not make an archive.
pub fn tarball<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Vec<u8>> {
    let mut records = Vec::new();
    for (name, content) in files {
        let (name, mode) = name.strip_suffix('!').map_or((name, "0000644"), |name| (name, "0000755"));
        let mut header = [0u8; 512];
        put(&mut header, 0, name.as_bytes())?;
        put(&mut header, 100, mode.as_bytes())?;
        put(&mut header, 108, b"0000000")?;
        put(&mut header, 116, b"0000000")?;
        put(&mut header, 124, format!("{:011o}", content.len()).as_bytes())?;
        put(&mut header, 136, b"00000000000")?;
        put(&mut header, 148, b"        ")?;
        put(&mut header, 156, b"0")?;
        put(&mut header, 257, b"ustar\x0000")?;
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        put(&mut header, 148, format!("{sum:06o}\0 ").as_bytes())?;
        records.extend_from_slice(&header);
        records.extend_from_slice(content.as_bytes());
        records.resize(records.len().div_ceil(512) * 512, 0);
    }
    records.resize(records.len() + 1024, 0);
    gzip(&records)
}

/// Bytes, compressed.
///
/// # Errors
/// None that can come.
pub fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes)?;
    Ok(gzip.finish()?)
}

fn put(header: &mut [u8; 512], at: usize, bytes: &[u8]) -> Result<()> {
    header.get_mut(at..at + bytes.len()).context("the name is too long")?.copy_from_slice(bytes);
    Ok(())
}
