//! ConfigMaps and Secrets that Kustomizations refer to by name: which version of each is there, and who has to hear when
//! that changes. One watch each, of metadata alone, from the first Kustomization that names it to the last.
//!
//! Contents are `reconcile::inputs`' to read, at the moment of a build. A watch that fails is not missed: versions are
//! unknown then, and every run asks for them.
//!
//! Why no change is lost: a build remembers the version that it read ([`References::read`]), and both that and every word of
//! a watch are compared under one lock. Whichever comes second finds the difference. A word that is older than what was read
//! costs one run that finds nothing new.

use crate::args::{Options, SopsOptions};
use crate::names;
use api::kustomization::KustomizationSpec;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::PartialObjectMeta;
use kube::{Api, Client};
use parking_lot::Mutex;
use reconcile_core::ObjectKey;
use reconcile_core::watch::one;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, OnceLock};
use tokio_util::sync::CancellationToken;

/// Watches that one Kustomization may have; what it names beyond them is looked at by its runs.
const WATCHES: usize = 64;

/// What can be referred to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ReferenceKind {
    ConfigMap,
    Secret,
}

impl ReferenceKind {
    /// As manifests spell it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }
}

/// One object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Reference {
    pub(crate) kind: ReferenceKind,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// What is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Absent,
    /// `metadata.uid` and `metadata.resourceVersion`.
    Present(String),
}

impl Version {
    /// Of an object that is there.
    pub(crate) fn of(metadata: &kube::core::ObjectMeta) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Self::Present(format!("{}/{}", text(&metadata.uid), text(&metadata.resource_version)))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::Present(version) => f.write_str(version),
        }
    }
}

/// What a build was made of, beside the artifact and the spec.
pub(crate) type Versions = BTreeMap<Reference, Version>;

/// The Secret with the keys of a Kustomization, and whether it is its own: else it is the controller's
/// (contract 9).
pub(crate) fn keys_of(
    options: &Options,
    namespace: &str,
    spec: &KustomizationSpec,
) -> Option<(Reference, bool)> {
    let decryption = spec.decryption.as_ref()?;
    let secret = |namespace: &str, name: &str| {
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        Reference { kind: ReferenceKind::Secret, namespace, name }
    };
    if let Some(own) = &decryption.secret_ref {
        return Some((secret(namespace, &own.name), true));
    }
    let SopsOptions { age_secret, runtime_namespace, .. } = &options.sops;
    (!age_secret.is_empty()).then(|| (secret(runtime_namespace, age_secret), false))
}

/// What leads to another cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Access {
    /// A Secret with a kubeconfig, or a ConfigMap with an address.
    pub(crate) reference: Reference,
    /// A Secret's key, where the spec names one.
    pub(crate) key: Option<String>,
}

/// What `spec.kubeConfig` refers to.
pub(crate) fn access_of(namespace: &str, spec: &KustomizationSpec) -> Option<Access> {
    let kube_config = spec.kube_config.as_ref()?;
    let (kind, name, key) = match (&kube_config.secret_ref, &kube_config.config_map_ref) {
        (Some(secret), _) => (ReferenceKind::Secret, &secret.name, secret.key.clone()),
        (None, Some(config_map)) => (ReferenceKind::ConfigMap, &config_map.name, None),
        // The schema forbids it; what is nowhere is not in the own cluster.
        (None, None) => {
            let reference = Reference {
                kind: ReferenceKind::Secret,
                namespace: namespace.to_owned(),
                name: String::new(),
            };
            return Some(Access { reference, key: None });
        }
    };
    let reference = Reference { kind, namespace: namespace.to_owned(), name: name.clone() };
    Some(Access { reference, key: key.filter(|key| !key.is_empty()) })
}

/// What a spec refers to.
pub(crate) fn references_of(
    options: &Options,
    namespace: &str,
    spec: &KustomizationSpec,
) -> BTreeSet<Reference> {
    let access = access_of(namespace, spec).map(|access| access.reference);
    let variables = spec.post_build.iter().flat_map(|post_build| &post_build.substitute_from);
    variables
        .filter_map(|from| {
            let kind = match from.kind.as_str() {
                "ConfigMap" => ReferenceKind::ConfigMap,
                "Secret" => ReferenceKind::Secret,
                _ => return None,
            };
            Some(Reference { kind, namespace: namespace.to_owned(), name: from.name.clone() })
        })
        .chain(keys_of(options, namespace, spec).map(|(reference, _)| reference))
        .chain(access)
        .collect()
}

type Alarm = Box<dyn Fn(&ObjectKey) + Send + Sync>;

/// See the module.
pub(crate) struct References {
    /// `None` where nothing is watched (gate `DisableConfigWatchers`).
    client: Option<Client>,
    stop: CancellationToken,
    alarm: OnceLock<Alarm>,
    /// What each Kustomization refers to.
    named: Mutex<HashMap<ObjectKey, BTreeSet<Reference>>>,
    entries: Mutex<HashMap<Reference, Entry>>,
}

struct Entry {
    /// Who refers to it, and which version the last build read.
    users: HashMap<ObjectKey, Option<Version>>,
    /// What the watch says; `None` while it says nothing.
    now: Option<Version>,
    watch: CancellationToken,
}

impl References {
    /// Watches as the controller itself, until `stop`.
    pub(crate) fn new(client: Option<Client>, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            client,
            stop,
            alarm: OnceLock::new(),
            named: Mutex::default(),
            entries: Mutex::default(),
        })
    }

    /// Who hears that a Kustomization's build is out of date; set once.
    pub(crate) fn on_alarm(&self, alarm: impl Fn(&ObjectKey) + Send + Sync + 'static) {
        drop(self.alarm.set(Box::new(alarm)));
    }

    /// From now on a Kustomization refers to these, and to nothing else.
    pub(crate) fn refer(self: &Arc<Self>, key: &ObjectKey, references: &BTreeSet<Reference>) {
        let Some(client) = &self.client else { return };
        // Held to the end: a run and the deletion of its Kustomization may both be here.
        let mut named = self.named.lock();
        // Every run comes here, and next to none names anything else than the one before.
        if named.get(key).map_or(references.is_empty(), |before| before == references) {
            return;
        }
        let before = named.remove(key).unwrap_or_default();
        if !references.is_empty() {
            named.insert(key.clone(), references.clone());
        }
        let mut entries = self.entries.lock();
        for gone in before.difference(references) {
            let Some(entry) = entries.get_mut(gone) else { continue };
            entry.users.remove(key);
            if entry.users.is_empty() {
                entry.watch.cancel();
                entries.remove(gone);
            }
        }
        // A name that is none is not there, whatever a watch would say.
        let named = references.iter().filter(|reference| names::is_segment(&reference.name));
        for reference in named.take(WATCHES) {
            let entry = entries.entry(reference.clone()).or_insert_with(|| {
                let watch = self.stop.child_token();
                self.watch(client.clone(), reference.clone(), watch.clone());
                Entry { users: HashMap::new(), now: None, watch }
            });
            entry.users.entry(key.clone()).or_default();
        }
    }

    /// Whether all of these are known to be there in these versions.
    pub(crate) fn are(&self, versions: &Versions) -> bool {
        let entries = self.entries.lock();
        versions.iter().all(|(reference, version)| {
            entries.get(reference).is_some_and(|entry| entry.now.as_ref() == Some(version))
        })
    }

    /// A build of that Kustomization has read these.
    pub(crate) fn read(&self, key: &ObjectKey, versions: &Versions) {
        let mut is_old = false;
        {
            let mut entries = self.entries.lock();
            for (reference, version) in versions {
                let Some(entry) = entries.get_mut(reference) else { continue };
                is_old |= entry.now.as_ref().is_some_and(|now| now != version);
                if let Some(read) = entry.users.get_mut(key) {
                    *read = Some(version.clone());
                }
            }
        }
        if is_old {
            self.tell(key);
        }
    }

    /// A watch says what is there; `None` when it cannot tell any more.
    pub(crate) fn observe(&self, reference: &Reference, now: Option<Version>) {
        let mut out_of_date = Vec::new();
        {
            let mut entries = self.entries.lock();
            let Some(entry) = entries.get_mut(reference) else { return };
            if let Some(now) = &now {
                let old =
                    entry.users.iter().filter(|(_, read)| read.as_ref().is_some_and(|read| read != now));
                out_of_date.extend(old.map(|(key, _)| key.clone()));
            }
            entry.now = now;
        }
        for key in out_of_date {
            self.tell(&key);
        }
    }

    fn tell(&self, key: &ObjectKey) {
        if let Some(alarm) = self.alarm.get() {
            alarm(key);
        }
    }

    fn watch(self: &Arc<Self>, client: Client, reference: Reference, stop: CancellationToken) {
        let references = Arc::clone(self);
        tokio::spawn(async move {
            let Reference { kind, namespace, name } = &reference;
            let sink = |now: Option<Option<kube::core::ObjectMeta>>| {
                let version = |there: Option<_>| there.as_ref().map_or(Version::Absent, Version::of);
                references.observe(&reference, now.map(version));
            };
            match kind {
                ReferenceKind::ConfigMap => {
                    let api: Api<PartialObjectMeta<ConfigMap>> = Api::namespaced(client, namespace);
                    one(api, name, stop, sink).await;
                }
                ReferenceKind::Secret => {
                    let api: Api<PartialObjectMeta<Secret>> = Api::namespaced(client, namespace);
                    one(api, name, stop, sink).await;
                }
            }
        });
    }
}

impl fmt::Debug for References {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("References").field("entries", &self.entries.lock().len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
