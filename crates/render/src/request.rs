//! What of a Kustomization's spec takes part in a render, already parsed.
//! It holds no Kubernetes type: `of_spec` makes one of a spec.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::decrypt::KeyRing;
use crate::substitute::Variables;

/// Raised whenever equal inputs may render differently than before, so that no stored input digest survives it.
const RENDER_FORMAT: u32 = 1;

/// One render: whose objects, from which folder, with which changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Request {
    /// The Kustomization that will own the objects (its owner labels).
    pub owner: Owner,
    /// `spec.path`, as written: joined securely to the root of the artifact, so `..` cannot leave it.
    pub path: String,
    /// The folder that messages show as the root of the artifact (Flux unpacks into `<tmp>/kustomization-<digits>`).
    pub root: String,
    /// `spec.targetNamespace`: replaces `namespace` of the root kustomization file.
    pub target_namespace: Option<String>,
    /// `spec.namePrefix`: replaces that of the root kustomization file.
    pub name_prefix: Option<String>,
    /// `spec.nameSuffix`: replaces that of the root kustomization file.
    pub name_suffix: Option<String>,
    /// `spec.patches`: appended to those of the root kustomization file.
    pub patches: Vec<Patch>,
    /// `spec.images`: merged by name into those of the root kustomization file.
    pub images: Vec<Image>,
    /// `spec.commonMetadata`: set on every object, last of all.
    pub common_metadata: Option<CommonMetadata>,
    /// `spec.components`: appended to those of the root kustomization file.
    pub components: Vec<String>,
    /// `spec.ignoreMissingComponents`: components whose folder does not exist are left out.
    pub ignore_missing_components: bool,
    /// `spec.buildMetadata`: replaces that of the root kustomization file when not empty.
    pub build_metadata: Vec<String>,
    /// `spec.postBuild`: variables in the built objects are replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_build: Option<PostBuild>,
    /// `spec.decryption`: what is encrypted with SOPS is decrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decryption: Option<Decryption>,
    /// The keys for it, fetched; as with the variables, they are no part of the digest.
    #[serde(skip)]
    pub keys: KeyRing,
    /// The values of the variables, fetched. They are no part of the digest, which ends in a status: whoever fetches them
    /// knows their versions.
    #[serde(skip)]
    pub variables: Variables,
}

/// `spec.postBuild`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PostBuild {
    /// Whether a variable that is not set is an error (gate `StrictPostBuildSubstitutions`).
    pub strict: bool,
    /// `substituteStrategy: Always`: also without any variable.
    pub always: bool,
    /// `substitute`.
    pub substitute: BTreeMap<String, String>,
    /// `substituteFrom`, in order: kind, name, and whether it may be absent.
    pub substitute_from: Vec<(String, String, bool)>,
}

/// `spec.decryption`, and what of the controller's settings decides how it is obeyed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Decryption {
    /// `provider`.
    pub provider: String,
    /// `secretRef.name`.
    pub secret: Option<String>,
    /// `serviceAccountName`, or the default.
    pub service_account: Option<String>,
    /// Whether a file that was changed after its encryption is an error.
    pub verify: bool,
}

/// Name and namespace of the owning Kustomization.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Owner {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`.
    pub namespace: String,
}

/// One entry of `spec.patches`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Patch {
    /// A strategic merge or JSON patch, as text.
    pub patch: String,
    /// Which objects it applies to; without it, the object that the patch itself names.
    pub target: Option<Target>,
}

/// The selector of a patch; an empty field matches anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// API group, an anchored regular expression.
    pub group: String,
    /// API version, an anchored regular expression.
    pub version: String,
    /// Kind, an anchored regular expression.
    pub kind: String,
    /// Name, an anchored regular expression.
    pub name: String,
    /// Namespace, an anchored regular expression.
    pub namespace: String,
    /// A Kubernetes label selector over annotations.
    pub annotation_selector: String,
    /// A Kubernetes label selector over labels.
    pub label_selector: String,
}

/// One entry of `spec.images`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// The image to look for.
    pub name: String,
    /// Its new name, unless empty.
    pub new_name: String,
    /// Its new tag, unless empty.
    pub new_tag: String,
    /// Its new digest, unless empty.
    pub digest: String,
}

/// `spec.commonMetadata`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CommonMetadata {
    /// Labels set on every object.
    pub labels: BTreeMap<String, String>,
    /// Annotations set on every object.
    pub annotations: BTreeMap<String, String>,
}

impl Request {
    /// SHA-256 over everything here: the half of the input digest that does not come from the artifact
    /// (the other half is [`Accessed::digest_in`](crate::Accessed::digest_in)).
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(RENDER_FORMAT.to_be_bytes());
        // Strings, maps with string keys and lists always serialise.
        hash.update(serde_json::to_vec(self).unwrap_or_default());
        hash.finalize().into()
    }

    /// A path of the artifact as messages show it.
    pub(crate) fn shown(&self, path: &str) -> String {
        let root = self.root.trim_end_matches('/');
        if path.is_empty() && !root.is_empty() { root.to_owned() } else { format!("{root}/{path}") }
    }
}
