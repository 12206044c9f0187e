//! What an API server serves, asked once per command: which resource a typed kind means, and which one an object of an
//! inventory is of.

use std::collections::HashSet;

use api::{FLYBALL_GROUP, KUSTOMIZE_GROUP};
use cluster::Class;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::APIResourceList;
use kube::core::discovery::v2::{APIGroupDiscovery, APIResourceDiscovery};
use kube::core::{ApiResource, DynamicObject};
use kube::{Api, Client};
use manifest::ObjectId;

use crate::error::CliError;

#[cfg(test)]
mod tests;

/// What the names of Flux's groups end with.
const FLUX: &str = ".toolkit.fluxcd.io";

/// One resource that is served, in one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Served {
    /// Group, version, kind and plural.
    pub(crate) resource: ApiResource,
    /// Whether its objects are in namespaces.
    pub(crate) is_namespaced: bool,
    /// Whether the server prefers this version of it.
    pub(crate) is_preferred: bool,
    singular: String,
    short: Vec<String>,
    verbs: Vec<String>,
}

impl Served {
    /// The id of an object of it.
    pub(crate) fn id(&self, namespace: &str, name: &str) -> ObjectId {
        let namespace = if self.is_namespaced { namespace } else { "" };
        ObjectId {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            group: self.resource.group.clone(),
            kind: self.resource.kind.clone(),
        }
    }

    /// Requests for its objects in a namespace, which does not matter where they are in none.
    pub(crate) fn api(&self, client: &Client, namespace: &str) -> Api<DynamicObject> {
        if self.is_namespaced {
            Api::namespaced_with(client.clone(), namespace, &self.resource)
        } else {
            self.api_in_all(client)
        }
    }

    /// Requests for its objects in all namespaces.
    pub(crate) fn api_in_all(&self, client: &Client) -> Api<DynamicObject> {
        Api::all_with(client.clone(), &self.resource)
    }

    /// Whether its objects can be listed and deleted, as those can that somebody makes.
    pub(crate) fn is_made_by_somebody(&self) -> bool {
        ["list", "delete", "create"].into_iter().all(|verb| self.verbs.iter().any(|known| known == verb))
    }

    /// `deployments.apps`, as kubectl prints names.
    pub(crate) fn full_name(&self) -> String {
        match self.resource.group.as_str() {
            "" => self.resource.plural.clone(),
            group => format!("{}.{group}", self.resource.plural),
        }
    }

    /// How well it is meant by a word; lower is better.
    fn rank(&self, word: &str) -> Option<(bool, u8, bool)> {
        let is = |name: &str| name.eq_ignore_ascii_case(word);
        let is_short = self.short.iter().any(|name| is(name));
        let is_named = is(&self.resource.plural) || is(&self.singular) || is(&self.resource.kind);
        (is_named || is_short).then(|| (!is_named, group_rank(&self.resource.group), !self.is_preferred))
    }
}

/// What is here for comes first, then what Kubernetes itself has, then the rest.
fn group_rank(group: &str) -> u8 {
    if group.ends_with(FLUX) {
        0
    } else if group.is_empty() || !group.contains('.') || group.ends_with(".k8s.io") {
        1
    } else if group == FLYBALL_GROUP {
        2
    } else {
        3
    }
}

/// Whether a kind is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lookup<'a> {
    /// It is.
    Served(&'a Served),
    /// It is not.
    Unserved,
    /// What is served of its group cannot be told at present.
    Untold,
}

/// Everything that is served.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kinds {
    all: Vec<Served>,
    /// Groups and versions that do not answer.
    silent: HashSet<(String, String)>,
}

impl Kinds {
    /// Asks the server.
    ///
    /// # Errors
    /// It does not answer.
    pub(crate) async fn discover(client: &Client) -> Result<Self, cluster::Error> {
        let aggregated = async {
            let groups = client.list_api_groups_aggregated().await?;
            let core = client.list_core_api_versions_aggregated().await?;
            Ok::<_, kube::Error>(core.items.into_iter().chain(groups.items).collect::<Vec<_>>())
        };
        match aggregated.await.map_err(cluster::Error::from) {
            Ok(groups) => Ok(Self::of_groups(groups)),
            // Servers without aggregated discovery answer in another shape, or refuse the media type.
            Err(error)
                if matches!(error.classify(), Class::Unreadable | Class::BadRequest | Class::NotFound) =>
            {
                Self::discover_one_by_one(client).await
            }
            Err(error) => Err(error),
        }
    }

    async fn discover_one_by_one(client: &Client) -> Result<Self, cluster::Error> {
        let mut kinds = Self::default();
        for version in client.list_core_api_versions().await?.versions {
            kinds.add_list("", &version, true, &client.list_core_api_resources(&version).await?);
        }
        for group in client.list_api_groups().await?.groups {
            let preferred = group.preferred_version.as_ref().map(|version| version.version.clone());
            for version in &group.versions {
                let is_preferred = preferred.as_ref().is_none_or(|preferred| *preferred == version.version);
                match client.list_api_group_resources(&version.group_version).await {
                    Ok(list) => kinds.add_list(&group.name, &version.version, is_preferred, &list),
                    // One group that does not answer is not all of them.
                    Err(_) => {
                        kinds.silent.insert((group.name.clone(), version.version.clone()));
                    }
                }
            }
        }
        Ok(kinds)
    }

    /// From the answer of aggregated discovery, in its order of preference.
    pub(crate) fn of_groups(groups: Vec<APIGroupDiscovery>) -> Self {
        let mut kinds = Self::default();
        for group in groups {
            let name = group.metadata.and_then(|metadata| metadata.name).unwrap_or_default();
            let mut known: HashSet<String> = HashSet::new();
            for version in group.versions {
                let text = version.version.unwrap_or_default();
                if version.freshness.as_deref() == Some("Stale") {
                    kinds.silent.insert((name.clone(), text.clone()));
                }
                for resource in version.resources {
                    let plural = resource.resource.clone().unwrap_or_default();
                    // Versions stand in the order of preference: the first one that has a resource is preferred.
                    let is_preferred = known.insert(plural);
                    kinds.all.extend(of_discovery(&name, &text, resource, is_preferred));
                }
            }
        }
        kinds
    }

    fn add_list(&mut self, group: &str, version: &str, is_preferred: bool, list: &APIResourceList) {
        let resources = list.resources.iter().filter(|resource| !resource.name.contains('/'));
        self.all.extend(resources.map(|resource| Served {
            resource: api_resource(group, version, &resource.kind, &resource.name),
            is_namespaced: resource.namespaced,
            is_preferred,
            singular: resource.singular_name.clone(),
            short: resource.short_names.clone().unwrap_or_default(),
            verbs: resource.verbs.clone(),
        }));
    }

    /// The resource that a typed kind means.
    pub(crate) fn find(&self, typed: &str) -> Result<&Served, CliError> {
        let (word, of) = typed.split_once('.').unwrap_or((typed, ""));
        // `KIND.GROUP`, or `KIND.VERSION.GROUP` where the core group is empty.
        let fits = |served: &Served| {
            let ApiResource { group, version, .. } = &served.resource;
            let with_version = || match of.strip_prefix(version.as_str()) {
                Some(rest) => rest.strip_prefix('.').unwrap_or(rest) == group,
                None => false,
            };
            of.is_empty() || of == group || with_version()
        };
        let found = self.all.iter().filter(|served| fits(served));
        let ranked = found.filter_map(|served| Some((served.rank(word)?, served)));
        match ranked.min_by_key(|(rank, _)| *rank) {
            Some((_, served)) => Ok(served),
            None => Err(self.unknown(typed)),
        }
    }

    fn unknown(&self, typed: &str) -> CliError {
        let word = typed.split('.').next().unwrap_or(typed).to_lowercase();
        let begins = |served: &&Served| {
            let begin: String = word.chars().take(4).collect();
            word.len() >= 4 && served.resource.plural.starts_with(&begin)
        };
        let mut similar: Vec<String> =
            self.all.iter().filter(begins).map(Served::full_name).collect::<Vec<_>>();
        similar.sort();
        similar.dedup();
        similar.truncate(3);
        let mut hints = Vec::new();
        if !similar.is_empty() {
            hints.push(format!("did you mean {}?", similar.join(" or ")));
        }
        if !self.all.iter().any(|served| served.resource.group == KUSTOMIZE_GROUP) {
            hints.push("Flux's kinds are not installed here: `flyball check` says what is".to_owned());
        }
        hints.push("`kubectl api-resources` lists what there is".to_owned());
        CliError::cluster(format!("the API server serves no kind '{typed}'")).with_hints(hints)
    }

    /// The resource of a kind, in this version.
    pub(crate) fn of(&self, group: &str, version: &str, kind: &str) -> Lookup<'_> {
        let is = |served: &&Served| {
            let resource = &served.resource;
            resource.group == group && resource.version == version && resource.kind == kind
        };
        match self.all.iter().find(is) {
            Some(served) => Lookup::Served(served),
            None if self.silent.contains(&(group.to_owned(), version.to_owned())) => Lookup::Untold,
            None => Lookup::Unserved,
        }
    }

    /// The resource of a kind, in the version that the server prefers.
    pub(crate) fn of_any_version(&self, group: &str, kind: &str) -> Lookup<'_> {
        let is = |served: &&Served| served.resource.group == group && served.resource.kind == kind;
        let found = self.all.iter().filter(is);
        match found.min_by_key(|served| !served.is_preferred) {
            Some(served) => Lookup::Served(served),
            None if self.silent.iter().any(|(silent, _)| silent == group) => Lookup::Untold,
            None => Lookup::Unserved,
        }
    }

    /// Every resource, in the version that the server prefers.
    pub(crate) fn preferred(&self) -> impl Iterator<Item = &Served> {
        self.all.iter().filter(|served| served.is_preferred)
    }
}

fn of_discovery(
    group: &str,
    version: &str,
    resource: APIResourceDiscovery,
    is_preferred: bool,
) -> Option<Served> {
    // The server may say that it answers with objects of another group.
    let answer = resource.response_kind.unwrap_or_default();
    let kind = answer.kind.filter(|kind| !kind.is_empty())?;
    let plural = resource.resource?;
    Some(Served {
        resource: api_resource(group, version, &kind, &plural),
        is_namespaced: resource.scope.as_deref() == Some("Namespaced"),
        is_preferred,
        singular: resource.singular_resource.unwrap_or_default(),
        short: resource.short_names,
        verbs: resource.verbs,
    })
}

fn api_resource(group: &str, version: &str, kind: &str, plural: &str) -> ApiResource {
    let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    ApiResource {
        group: group.to_owned(),
        version: version.to_owned(),
        api_version,
        kind: kind.to_owned(),
        plural: plural.to_owned(),
    }
}
