//! Reads what there is to know of a cluster. What may not be read is remembered with the right that is missing; any
//! other failure ends the command. Nothing is judged here.

use cluster::Class;
use futures::future::{join_all, try_join_all};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, ListParams, PostParams};
use kube::{Client, Resource};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::fmt::Debug;

use super::rights::{Answer, EVERYTHING, NAMESPACES, NEEDED, Right};
use super::seen::{Definition, Place, Read, Refused, Seen, Theirs};
use crate::cluster::{Connection, failed};
use crate::error::CliError;
use crate::installed::SELECTOR;

const DEPLOYMENTS: Right = Right::of("list", "apps", "deployments");
const PODS: Right = Right::of("list", "", "pods");
const LEASES: Right = Right::of("list", "coordination.k8s.io", "leases");
const DEFINITIONS: Right = Right::in_cluster("get", "apiextensions.k8s.io", "customresourcedefinitions");
const GET_NAMESPACE: Right = Right::in_cluster("get", "", "namespaces");
const POLICIES: Right = Right::of("list", "networking.k8s.io", "networkpolicies");
const SERVICES: Right = Right::of("list", "", "services");

/// Controllers, what they are made of, and CRDs. `namespace` is looked into where all may not be.
pub(super) async fn everything(connection: &Connection, namespace: &str) -> Result<Seen, CliError> {
    let client = connection.client();
    let (deployments, definitions) = futures::try_join!(deployments(client, namespace), definitions(client))?;
    let named = deployments.found.iter().filter_map(|deployment| deployment.metadata.namespace.clone());
    let namespaces: BTreeSet<String> = named.collect();
    let pods = in_each(client, &namespaces, PODS, "why replicas are not ready");
    let leases = in_each(client, &namespaces, LEASES, "which replica leads");
    let (pods, leases) = futures::try_join!(pods, leases)?;
    Ok(Seen { deployments, pods, leases, definitions })
}

/// The namespace of an installation to come.
pub(super) async fn place(connection: &Connection, namespace: &str) -> Result<Place, CliError> {
    let client = connection.client();
    let mut place = Place::default();
    match Api::<Namespace>::all(client.clone()).get_opt(namespace).await.map_err(cluster::Error::from) {
        Ok(found) => place.namespace.found.extend(found),
        Err(error) if error.classify() == Class::Forbidden => {
            place.namespace.refused.push(refused(GET_NAMESPACE, None, "whether the namespace exists"));
        }
        Err(error) => return Err(failed(&format!("Namespace {namespace}"), &error)),
    }
    if !place.is_absent() {
        let one = BTreeSet::from([namespace.to_owned()]);
        let policies = in_each(client, &one, POLICIES, "whether a NetworkPolicy shuts the controllers in");
        let services = in_each(client, &one, SERVICES, "whether names of Services are taken");
        (place.policies, place.services) = futures::try_join!(policies, services)?;
    }
    Ok(place)
}

/// Which of the rights that an installation needs there are.
pub(super) async fn rights(
    connection: &Connection,
    namespace: &str,
    is_absent: bool,
) -> Result<Vec<Answer>, CliError> {
    let client = connection.client();
    if may(client, EVERYTHING, None).await? {
        return Ok(Vec::new());
    }
    let needed = NEEDED.into_iter().chain(is_absent.then_some(NAMESPACES));
    try_join_all(needed.map(|right| async move {
        let allowed = may(client, right, (!right.in_cluster).then_some(namespace)).await?;
        Ok(Answer { right, allowed })
    }))
    .await
}

async fn deployments(client: &Client, namespace: &str) -> Result<Read<Deployment>, CliError> {
    let params = ListParams::default().labels(SELECTOR);
    match Api::all(client.clone()).list(&params).await.map_err(cluster::Error::from) {
        Ok(list) => Ok(Read { found: list.items, refused: Vec::new() }),
        Err(error) if error.classify() == Class::Forbidden => {
            let elsewhere = refused(DEPLOYMENTS, None, "what is installed in other namespaces");
            if !may(client, DEPLOYMENTS, Some(namespace)).await? {
                let here = refused(DEPLOYMENTS, Some(namespace), "what is installed");
                return Ok(Read { found: Vec::new(), refused: vec![elsewhere, here] });
            }
            let list = Api::namespaced(client.clone(), namespace).list(&params).await;
            let list = list.map_err(|error| failed("Deployments", &error.into()))?;
            Ok(Read { found: list.items, refused: vec![elsewhere] })
        }
        Err(error) => Err(failed("Deployments", &error)),
    }
}

/// All objects of a kind in some namespaces.
async fn in_each<K>(
    client: &Client,
    namespaces: &BTreeSet<String>,
    right: Right,
    unknown: &'static str,
) -> Result<Read<K>, CliError>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
{
    let mut read = Read { found: Vec::new(), refused: Vec::new() };
    let params = &ListParams::default();
    let lists = namespaces.iter().map(|namespace| async move {
        let objects: Api<K> = Api::namespaced(client.clone(), namespace);
        (namespace, objects.list(params).await.map_err(cluster::Error::from))
    });
    for (namespace, list) in join_all(lists).await {
        match list {
            Ok(list) => read.found.extend(list.items),
            Err(error) if error.classify() == Class::Forbidden => {
                read.refused.push(refused(right, Some(namespace), unknown));
            }
            Err(error) => return Err(failed(&format!("{} in {namespace}", right.resource_name()), &error)),
        }
    }
    Ok(read)
}

async fn definitions(client: &Client) -> Result<Read<Definition>, CliError> {
    let known: Api<CustomResourceDefinition> = Api::all(client.clone());
    let known = &known;
    let reads = api::all_crds().into_iter().map(|ours| async move {
        let name = ours.metadata.name.clone().unwrap_or_default();
        match known.get_opt(&name).await.map_err(cluster::Error::from) {
            Ok(None) => Ok((Definition { ours, theirs: Theirs::Absent }, false)),
            Ok(Some(found)) => Ok((Definition { ours, theirs: Theirs::Whole(Box::new(found)) }, false)),
            Err(error) if error.classify() == Class::Forbidden => {
                let versions = served(client, &ours).await?;
                let theirs = if versions.is_empty() { Theirs::Absent } else { Theirs::Served(versions) };
                Ok((Definition { ours, theirs }, true))
            }
            Err(error) => Err(failed(&format!("CustomResourceDefinition {name}"), &error)),
        }
    });
    let read = try_join_all(reads).await?;
    let some_refused = read.iter().any(|(_, refused)| *refused);
    let refused =
        some_refused.then(|| refused(DEFINITIONS, None, "whose the CRDs are and which fields they have"));
    Ok(Read {
        found: read.into_iter().map(|(definition, _)| definition).collect(),
        refused: refused.into_iter().collect(),
    })
}

/// The versions of a kind that the API server serves, by discovery, which everybody may use.
async fn served(client: &Client, ours: &CustomResourceDefinition) -> Result<Vec<String>, CliError> {
    let (group, plural) = (&ours.spec.group, &ours.spec.names.plural);
    let groups = client.list_api_groups().await.map_err(|error| failed("discovery", &error.into()))?;
    let versions =
        groups.groups.into_iter().filter(|found| found.name == *group).flat_map(|found| found.versions);
    let mut served = Vec::new();
    for version in versions {
        let resources = client.list_api_group_resources(&version.group_version).await;
        let resources = resources.map_err(|error| failed("discovery", &error.into()))?;
        if resources.resources.iter().any(|resource| resource.name == *plural) {
            served.push(version.version);
        }
    }
    Ok(served)
}

/// Asks whether we may.
async fn may(client: &Client, right: Right, namespace: Option<&str>) -> Result<bool, CliError> {
    let attributes = ResourceAttributes {
        verb: Some(right.verb.to_owned()),
        group: Some(right.group.to_owned()),
        resource: Some(right.resource.to_owned()),
        namespace: namespace.map(ToOwned::to_owned),
        ..ResourceAttributes::default()
    };
    let review = SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec {
            resource_attributes: Some(attributes),
            ..SelfSubjectAccessReviewSpec::default()
        },
        ..SelfSubjectAccessReview::default()
    };
    let answer = Api::all(client.clone()).create(&PostParams::default(), &review).await;
    let answer = answer.map_err(|error| failed("SelfSubjectAccessReview", &error.into()))?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}

fn refused(right: Right, namespace: Option<&str>, unknown: &'static str) -> Refused {
    Refused { right, namespace: namespace.map(ToOwned::to_owned), unknown }
}
