//! Manifests: which image of an index is taken, which layer of an image, and what people are told of it
//! (contracts/source-controller.md 7.3). Pure.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::bounded;
use super::names::check_digest;

#[cfg(test)]
mod tests;

/// Media types of manifests that are understood, as they are asked for.
pub(super) const ACCEPTED: &str = "application/vnd.oci.image.index.v1+json,\
    application/vnd.docker.distribution.manifest.list.v2+json,application/vnd.oci.image.manifest.v1+json,\
    application/vnd.docker.distribution.manifest.v2+json";
/// Layers of this type are Helm charts.
pub(super) const CHART: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
/// What they were called first.
const OLD_CHART: &str = "application/tar+gzip";
/// The type of a chart's config.
const CHART_CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
/// Most bytes of a manifest.
pub(super) const MAX_BYTES: u64 = 4 << 20;
/// Most layers or images of a manifest.
pub(super) const MOST: usize = 10_000;
/// Most bytes of a manifest's annotations, keys and values: they go into the object's status.
const MAX_ANNOTATIONS: usize = 256 << 10;

/// Something that a manifest names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    #[serde(default)]
    pub(crate) media_type: String,
    #[serde(default)]
    pub(crate) size: u64,
    #[serde(default)]
    pub(crate) digest: String,
    #[serde(default)]
    pub(crate) annotations: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub(crate) artifact_type: Option<String>,
    #[serde(default)]
    platform: Option<Platform>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
struct Platform {
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    os: String,
}

/// A manifest of an image or of several.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    #[serde(default)]
    media_type: String,
    #[serde(default)]
    config: Option<Descriptor>,
    #[serde(default, deserialize_with = "bounded::list::<MOST, _, _>")]
    pub(crate) layers: Option<Vec<Descriptor>>,
    #[serde(default, deserialize_with = "bounded::list::<MOST, _, _>")]
    pub(crate) manifests: Option<Vec<Descriptor>>,
    #[serde(default)]
    pub(crate) annotations: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub(crate) artifact_type: Option<String>,
}

/// Why a manifest does not lead to content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ManifestError {
    #[error("failed to parse artifact manifest: {0}")]
    Malformed(String),
    #[error("unsupported MediaType: \"{0}\", see https://github.com/google/go-containerregistry/issues/377")]
    Old(String),
    #[error("no child with platform linux/amd64 in index {0}")]
    NoImage(String),
    #[error("no layers found in artifact")]
    NoLayers,
    #[error("failed to find layer with media type '{0}' in artifact")]
    NoLayer(String),
    #[error("the annotations of the artifact's manifest have more than {MAX_ANNOTATIONS} bytes")]
    Annotations,
    #[error("failed to parse artifact manifest: {0}")]
    Digest(#[from] super::names::HashError),
    #[error("manifest does not contain minimum number of descriptors (2), descriptors found: 1")]
    Nothing,
    #[error("could not load config with mediatype {CHART_CONFIG}")]
    NoConfig,
    #[error("manifest does not contain a layer with mediatype {CHART}")]
    NoChart,
}

impl Manifest {
    /// Reads it; `media_type` is what the registry called it.
    pub(super) fn parse(bytes: &[u8], media_type: &str) -> Result<Self, ManifestError> {
        if media_type.starts_with("application/vnd.docker.distribution.manifest.v1+") {
            return Err(ManifestError::Old(crate::foreign::clean(media_type)));
        }
        // What is wrong, and not what stands there.
        let malformed = |error: serde_json::Error| {
            let (line, column) = (error.line(), error.column());
            let what = bounded::excess(&error).unwrap_or_else(|| "it is no manifest".to_owned());
            ManifestError::Malformed(format!("{what} (line {line}, column {column})"))
        };
        let mut read: Self = serde_json::from_slice(bytes).map_err(malformed)?;
        if read.media_type.is_empty() {
            media_type.clone_into(&mut read.media_type);
        }
        Ok(read)
    }

    /// Whether it names images instead of layers.
    pub(super) fn is_index(&self) -> bool {
        match self.media_type.as_str() {
            "application/vnd.oci.image.index.v1+json"
            | "application/vnd.docker.distribution.manifest.list.v2+json" => true,
            "application/vnd.oci.image.manifest.v1+json"
            | "application/vnd.docker.distribution.manifest.v2+json" => false,
            _ => self.layers.is_none() && self.manifests.is_some(),
        }
    }

    /// The image of an index for linux/amd64; one without a platform is taken for that.
    pub(super) fn image(&self, reference: &str) -> Result<&Descriptor, ManifestError> {
        let fits = |image: &&Descriptor| {
            image
                .platform
                .as_ref()
                .is_none_or(|platform| platform.architecture == "amd64" && platform.os == "linux")
        };
        let found = self.manifests.iter().flatten().find(fits);
        let found = found.ok_or_else(|| ManifestError::NoImage(reference.to_owned()))?;
        check_digest(&found.digest)?;
        Ok(found)
    }

    /// The layer with this media type, or the first one.
    pub(super) fn layer(&self, media_type: Option<&str>) -> Result<&Descriptor, ManifestError> {
        let layers = self.layers.as_deref().unwrap_or_default();
        let first = layers.first().ok_or(ManifestError::NoLayers)?;
        let layer = match media_type {
            None => first,
            Some(wanted) => layers
                .iter()
                .find(|layer| layer.media_type == wanted)
                .ok_or_else(|| ManifestError::NoLayer(wanted.to_owned()))?,
        };
        check_digest(&layer.digest)?;
        Ok(layer)
    }

    /// What it is, when it is no image: of older manifests the type of the config.
    pub(super) fn kind(&self) -> Option<&str> {
        let config = || self.config.as_ref().map(|config| config.media_type.as_str());
        self.artifact_type.as_deref().filter(|kind| !kind.is_empty()).or_else(config)
    }

    /// The layer with the chart; the last one counts.
    pub(super) fn chart(&self) -> Result<&Descriptor, ManifestError> {
        let is_configured = self.config.as_ref().is_some_and(|config| config.media_type == CHART_CONFIG);
        let layers = self.layers.as_deref().unwrap_or_default();
        let chart = layers.iter().rev().find(|layer| matches!(layer.media_type.as_str(), CHART | OLD_CHART));
        match (is_configured, chart) {
            (false, None) => Err(ManifestError::Nothing),
            (false, Some(_)) => Err(ManifestError::NoConfig),
            (true, None) => Err(ManifestError::NoChart),
            (true, Some(chart)) => {
                check_digest(&chart.digest)?;
                Ok(chart)
            }
        }
    }

    /// What it is annotated with, without what a terminal obeys.
    pub(super) fn into_annotations(self) -> Result<BTreeMap<String, String>, ManifestError> {
        let annotations = self.annotations.unwrap_or_default();
        let bytes: usize = annotations.iter().map(|(key, value)| key.len() + value.len()).sum();
        if bytes > MAX_ANNOTATIONS {
            return Err(ManifestError::Annotations);
        }
        // They stand in the status, and others quote them from there.
        let clean = |text: String| ::manifest::foreign::without_controls(&text).into_owned();
        Ok(annotations.into_iter().map(|(key, value)| (clean(key), clean(value))).collect())
    }
}

/// Where the content comes from, as its annotations say and as people are told; empty when they do not.
pub(crate) fn origin(annotations: &BTreeMap<String, String>) -> String {
    let text = |key: &str| {
        annotations.get(key).filter(|text| !text.is_empty()).map(|text| crate::foreign::clean(text))
    };
    match (text("org.opencontainers.image.source"), text("org.opencontainers.image.revision")) {
        (Some(source), Some(revision)) => {
            format!(", origin source '{source}', origin revision '{revision}'")
        }
        _ => String::new(),
    }
}
