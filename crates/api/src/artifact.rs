//! The artifact as a source publishes it in its status, and as consumers read it.
//! The archive itself is the artifact crate's.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A stored archive of one revision.
// contracts/source-controller.md 2
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
    /// Path relative to the root of the storage: `<lower-case kind>/<namespace>/<name>/<file>`.
    pub path: String,
    /// Where the archive can be fetched by HTTP.
    #[serde(rename = "url")]
    pub url: String,
    /// The revision in the source's own form, such as `main@sha1:<hex>`.
    pub revision: String,
    /// `<algorithm>:<hex>` of the stored bytes.
    #[schemars(regex(pattern = r"^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$"))]
    pub digest: String,
    /// When the file was last written.
    pub last_update_time: Time,
    /// Size of the stored file in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// Upstream information, such as OCI annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}
