//! Blobs, manifests and layouts as the OCI image specification 1.1 has them, and the archive of one image that
//! `docker load`, podman and skopeo take alike. What stands in an image is decided elsewhere.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::archive::{self, Entry};

/// Media type of a manifest.
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of an index.
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Media type of a layer.
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// Media type of what an image says of itself.
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

const FILE_MODE: u32 = 0o644;

/// Content under its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blob {
    media_type: &'static str,
    hex: String,
    bytes: Vec<u8>,
}

impl Blob {
    /// Of bytes.
    pub(crate) fn new(media_type: &'static str, bytes: Vec<u8>) -> Self {
        Self { media_type, hex: archive::sha256(&bytes), bytes }
    }

    /// Of a document.
    pub(crate) fn json(media_type: &'static str, value: Value) -> Result<Self> {
        Ok(Self::new(media_type, archive::json(value)?))
    }

    /// `sha256:<hex>`.
    pub(crate) fn digest(&self) -> String {
        format!("sha256:{}", self.hex)
    }

    fn descriptor(&self) -> Value {
        json!({ "mediaType": self.media_type, "digest": self.digest(), "size": self.bytes.len() })
    }

    fn path(&self) -> String {
        format!("blobs/sha256/{}", self.hex)
    }

    fn entry(&self) -> Entry {
        Entry::file(self.path(), FILE_MODE, self.bytes.clone())
    }
}

/// A layer: compressed, and the digest of what it is unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layer {
    blob: Blob,
    diff: String,
}

impl Layer {
    /// Packs files.
    pub(crate) fn pack(entries: Vec<Entry>, epoch: u64) -> Result<Self> {
        let tar = archive::tar(entries, epoch)?;
        let diff = format!("sha256:{}", archive::sha256(&tar));
        Ok(Self { blob: Blob::new(LAYER, archive::gzip(&tar)?), diff })
    }
}

/// What a container engine is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// OCI's name of the platform's architecture.
    pub(crate) architecture: &'static str,
    /// Path of the program.
    pub(crate) entrypoint: String,
    /// User and group, as numbers.
    pub(crate) user: &'static str,
    /// When it was made, as RFC 3339 has it.
    pub(crate) created: String,
    /// The annotations of the manifest, which are the image's labels, too.
    pub(crate) labels: BTreeMap<String, String>,
}

/// A manifest with all that it names: an image for one platform, or anything else that a registry keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Artifact {
    /// The platform, if it is made for one.
    platform: Option<Value>,
    manifest: Blob,
    config: Blob,
    layers: Vec<Blob>,
}

impl Artifact {
    /// An image.
    pub(crate) fn image(facts: &Facts, layers: Vec<Layer>) -> Result<Self> {
        let history: Vec<Value> = layers
            .iter()
            .map(|_| json!({ "created": facts.created, "created_by": "cargo xtask image" }))
            .collect();
        let config = json!({
            "created": facts.created,
            "architecture": facts.architecture,
            "os": "linux",
            "config": {
                "User": facts.user,
                "Env": ["PATH=/usr/local/bin"],
                "Entrypoint": [facts.entrypoint],
                "WorkingDir": "/",
                "Labels": facts.labels,
            },
            "rootfs": { "type": "layers", "diff_ids": layers.iter().map(|layer| &layer.diff).collect::<Vec<_>>() },
            "history": history,
        });
        let layers = layers.into_iter().map(|layer| layer.blob).collect();
        let mut artifact = Self::new(Blob::json(CONFIG, config)?, layers, &facts.labels)?;
        artifact.platform = Some(json!({ "architecture": facts.architecture, "os": "linux" }));
        Ok(artifact)
    }

    /// Anything else.
    pub(crate) fn new(
        config: Blob,
        layers: Vec<Blob>,
        annotations: &BTreeMap<String, String>,
    ) -> Result<Self> {
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config.descriptor(),
            "layers": layers.iter().map(Blob::descriptor).collect::<Vec<_>>(),
            "annotations": annotations,
        });
        Ok(Self { platform: None, manifest: Blob::json(MANIFEST, manifest)?, config, layers })
    }

    /// The manifest's digest.
    pub(crate) fn digest(&self) -> String {
        self.manifest.digest()
    }

    /// What a node fetches, in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.blobs().map(|blob| blob.bytes.len() as u64).sum()
    }

    fn blobs(&self) -> impl Iterator<Item = &Blob> {
        [&self.manifest, &self.config].into_iter().chain(&self.layers)
    }

    fn descriptor(&self) -> Value {
        let mut descriptor = self.manifest.descriptor();
        if let Some(platform) = &self.platform {
            descriptor["platform"] = platform.clone();
        }
        descriptor
    }
}

/// The files of an OCI layout, and the digest under which the tag stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    entries: Vec<Entry>,
    digest: String,
}

impl Layout {
    /// Of what stands under one tag: one artifact, or an image for several platforms below an index.
    pub(crate) fn new(artifacts: &[Artifact], name: &str, tag: &str) -> Result<Self> {
        let mut blobs: BTreeMap<String, &Blob> = BTreeMap::new();
        for blob in artifacts.iter().flat_map(Artifact::blobs) {
            blobs.insert(blob.path(), blob);
        }
        let (index, mut descriptor, digest) = match artifacts {
            [one] => (None, one.descriptor(), one.digest()),
            several => {
                let manifests: Vec<Value> = several.iter().map(Artifact::descriptor).collect();
                let document = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests });
                let index = Blob::json(INDEX, document)?;
                let (descriptor, digest) = (index.descriptor(), index.digest());
                (Some(index), descriptor, digest)
            }
        };
        // The second name is what containerd goes by.
        descriptor["annotations"] = json!({
            "org.opencontainers.image.ref.name": tag,
            "io.containerd.image.name": format!("{name}:{tag}"),
        });
        let document = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor] });
        let mut entries: Vec<Entry> = blobs.into_values().chain(index.as_ref()).map(Blob::entry).collect();
        entries.push(Entry::file("index.json", FILE_MODE, archive::json(document)?));
        let version = archive::json(json!({ "imageLayoutVersion": "1.0.0" }))?;
        entries.push(Entry::file("oci-layout", FILE_MODE, version));
        Ok(Self { entries, digest })
    }

    /// What the tag points to.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// Writes the layout as a folder.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        for entry in &self.entries {
            let path = folder.join(entry.path());
            let parent = path.parent().unwrap_or(folder);
            std::fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
            std::fs::write(&path, entry.content().unwrap_or_default())
                .with_context(|| path.display().to_string())?;
        }
        Ok(())
    }
}

/// One image as one file: an OCI layout that also has Docker's own `manifest.json`, which points to the same blobs.
pub(crate) fn image_archive(image: &Artifact, name: &str, tag: &str, epoch: u64) -> Result<Vec<u8>> {
    let mut entries = Layout::new(std::slice::from_ref(image), name, tag)?.entries;
    let docker = json!([{
        "Config": image.config.path(),
        "RepoTags": [format!("{name}:{tag}")],
        "Layers": image.layers.iter().map(Blob::path).collect::<Vec<_>>(),
    }]);
    entries.push(Entry::file("manifest.json", FILE_MODE, archive::json(docker)?));
    archive::tar(entries, epoch)
}

#[cfg(test)]
mod tests;
