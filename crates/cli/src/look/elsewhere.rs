//! The cluster that a Kustomization's objects are in, where that is another one: reached by the kubeconfig that its spec
//! names, as kustomize-controller reaches it, if whoever looks may read that Secret. Why not, if not, is said with what
//! to do about it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use api::kustomization::Kustomization;
use cluster::{Allow, Class, ConnectOptions, RemoteConfig, Target, TargetId};
use convergence::claim::cluster_of;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};

use super::answer::{Answer, all};
use crate::cluster::without_layers;
use crate::resource::Kinds;

#[cfg(test)]
mod tests;

/// Keys of a Secret that are tried where the spec names none.
const KEYS: [&str; 2] = ["value", "value.yaml"];
/// What may be done by those who cannot go the controller's way.
const OWN_WAY: &str = "or look there with a kubeconfig of your own";

/// Another cluster.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    target: Target,
    /// What it serves.
    pub(crate) kinds: Kinds,
}

impl Elsewhere {
    /// Asks it.
    pub(crate) const fn client(&self) -> &Client {
        self.target.client()
    }
}

/// Why another cluster is not looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreached {
    /// The cause.
    pub(crate) why: String,
    /// What to do about it.
    pub(crate) next: String,
}

/// Both in one line.
impl fmt::Display for Unreached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.why, self.next)
    }
}

/// Other clusters, by what [`cluster_of`] calls them.
pub(crate) type Reached = BTreeMap<String, Result<Arc<Elsewhere>, Unreached>>;

/// The clusters that were reached, each once as long as its kubeconfig stays what it is.
#[derive(Debug, Default)]
pub(crate) struct Clusters {
    known: Mutex<BTreeMap<TargetId, Arc<Elsewhere>>>,
}

impl Clusters {
    /// Reaches all that the objects of these Kustomizations are in, at the same time.
    pub(crate) async fn of(
        &self,
        client: &Client,
        options: &ConnectOptions,
        objects: impl Iterator<Item = &Kustomization>,
    ) -> Reached {
        let others: BTreeMap<String, &Kustomization> = objects
            .filter(|object| object.spec.kube_config.is_some())
            .map(|object| (cluster_of(object), object))
            .collect();
        let reached = all(others.into_iter().map(|(name, object)| async move {
            let found = self.one(client, options, object).await;
            (name, found)
        }));
        reached.await.into_iter().collect()
    }

    async fn one(
        &self,
        client: &Client,
        options: &ConnectOptions,
        object: &Kustomization,
    ) -> Result<Arc<Elsewhere>, Unreached> {
        let way = Way::read(client, object).await?;
        let known = self.lock().get(&way.id).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let id = way.id.clone();
        let reached = Arc::new(way.connect(options).await?);
        self.lock().insert(id, Arc::clone(&reached));
        Ok(reached)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<TargetId, Arc<Elsewhere>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reaches the one of one Kustomization. `None` if its objects are here.
pub(crate) async fn reach(
    client: &Client,
    options: &ConnectOptions,
    object: &Kustomization,
) -> Option<Result<Elsewhere, Unreached>> {
    object.spec.kube_config.as_ref()?;
    Some(match Way::read(client, object).await {
        Ok(way) => way.connect(options).await,
        Err(why) => Err(why),
    })
}

/// How another cluster is reached.
struct Way {
    /// The Secret that says so.
    subject: String,
    id: TargetId,
    config: RemoteConfig,
}

impl Way {
    /// Reads the kubeconfig.
    async fn read(client: &Client, object: &Kustomization) -> Result<Self, Unreached> {
        let secret = object.spec.kube_config.as_ref().and_then(|reference| reference.secret_ref.as_ref());
        let Some(secret) = secret else {
            return Err(Unreached {
                why: "it is reached with tokens that only kustomize-controller gets".to_owned(),
                next: "look there with a kubeconfig of your own".to_owned(),
            });
        };
        let namespace = object.metadata.namespace.as_deref().unwrap_or_default();
        let subject = format!("Secret/{namespace}/{}", secret.name);
        let read = Api::<Secret>::namespaced(client.clone(), namespace).get_opt(&secret.name).await;
        let found = match Answer::of(read) {
            Answer::Found(found) => found,
            Answer::Absent => {
                return Err(Unreached {
                    why: format!("{subject} with its kubeconfig does not exist"),
                    next: "make it, or correct spec.kubeConfig.secretRef.name".to_owned(),
                });
            }
            Answer::Forbidden => {
                return Err(Unreached {
                    why: format!("you may not read {subject} with its kubeconfig"),
                    next: format!("ask for the right to get it, {OWN_WAY}"),
                });
            }
            Answer::Failed(why) => {
                return Err(Unreached {
                    why: format!("{subject} with its kubeconfig cannot be read: {why}"),
                    next: "try again".to_owned(),
                });
            }
        };
        let values = found.data.unwrap_or_default().into_iter().map(|(key, value)| (key, value.0)).collect();
        Self::of_secret(subject, secret.key.as_deref(), &values)
    }

    fn of_secret(
        subject: String,
        key: Option<&str>,
        values: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Self, Unreached> {
        let named = key.filter(|key| !key.is_empty());
        let Some(text) = kubeconfig(named, values) else {
            let keys = named.map_or_else(|| KEYS.join(" or "), ToOwned::to_owned);
            return Err(Unreached {
                why: format!("{subject} has no kubeconfig under the key {keys}"),
                next: "put one there, or correct spec.kubeConfig.secretRef.key".to_owned(),
            });
        };
        match RemoteConfig::of_kubeconfig(text, Allow::default()) {
            Ok((config, digest)) => Ok(Self { subject, id: TargetId::remote(digest, None), config }),
            Err(error) => Err(unusable(&subject, &error.to_string())),
        }
    }

    /// Connects, and asks what is served there.
    async fn connect(self, options: &ConnectOptions) -> Result<Elsewhere, Unreached> {
        let Self { subject, id, config } = self;
        let server = config.server();
        let target =
            Target::remote(id, config, options).map_err(|error| unusable(&subject, error.message()))?;
        match Kinds::discover(target.client()).await {
            Ok(kinds) => Ok(Elsewhere { target, kinds }),
            Err(error) => {
                Err(unanswered(&subject, &server, error.classify(), &without_layers(error.message())))
            }
        }
    }
}

fn unusable(subject: &str, why: &str) -> Unreached {
    Unreached {
        why: format!("the kubeconfig of {subject} cannot be used: {why}"),
        next: "correct it".to_owned(),
    }
}

/// The kubeconfig can be used, and the cluster does not tell what it serves.
fn unanswered(subject: &str, server: &str, class: Class, said: &str) -> Unreached {
    match class {
        Class::Unauthorized => Unreached {
            why: format!("{server} does not accept the credentials in the kubeconfig of {subject}: {said}"),
            next: "renew them".to_owned(),
        },
        Class::Forbidden => Unreached {
            why: format!("{server} refuses the user in the kubeconfig of {subject}: {said}"),
            next: "give that user the right to look at what is served, as system:discovery has it".to_owned(),
        },
        _ => Unreached {
            why: format!(
                "{server}, to which the kubeconfig of {subject} leads, cannot be reached from here: {said}"
            ),
            next: format!("look from a network that reaches it, {OWN_WAY}"),
        },
    }
}

/// The kubeconfig's text: under the key that the spec names, else under the first that there is.
fn kubeconfig<'v>(key: Option<&str>, values: &'v BTreeMap<String, Vec<u8>>) -> Option<&'v [u8]> {
    let found = match key {
        Some(key) => values.get(key),
        None => KEYS.iter().find_map(|key| values.get(*key)),
    };
    found.map(Vec::as_slice)
}
