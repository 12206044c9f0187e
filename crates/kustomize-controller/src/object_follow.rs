//! Follows objects during a wait: one watch per object, or one per kind and namespace where several carry our labels.
//!
//! A watch without a resourceVersion begins with the present state, so that a wait costs one request per watch. Lives
//! as long as the wait; lasting watches are the pool's.

use api::labels;
use cluster::{Class, Mapper, Resolved};
use futures::stream::{BoxStream, StreamExt as _};
use health::Rules;
use health::kstatus::{self, Status};
use kube::api::{DynamicObject, ListParams, WatchEvent, WatchParams};
use kube::{Api, Client};
use manifest::ObjectId;
use reconcile_core::ObjectKey;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// One awaited object.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Which.
    pub(crate) id: ObjectId,
    /// API version without group.
    pub(crate) version: String,
    /// As last seen, if it was.
    pub(crate) object: Option<Value>,
    /// Its owner labels are ours, so that one watch can follow all of a kind.
    pub(crate) labelled: bool,
    /// A Job that may be gone because it finished (17).
    pub(crate) may_vanish: bool,
}

/// What a watch says.
pub(crate) enum Followed {
    /// The object as it is now.
    Object {
        /// Which.
        id: ObjectId,
        /// All of it.
        object: Box<Value>,
    },
    /// It is gone.
    Absent {
        /// Which.
        id: ObjectId,
    },
    /// These cannot be watched.
    Blind {
        /// Which.
        ids: Vec<ObjectId>,
        /// The API server's words.
        error: String,
    },
}

/// Opens watches as one identity.
pub(crate) struct Follower<'a> {
    mapper: &'a Mapper,
    client: Client,
}

/// How often it is asked whether a kind is served that was not.
const UNSERVED: Duration = Duration::from_secs(5);

/// A kind in a namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    group: String,
    version: String,
    kind: String,
    namespace: String,
}

impl Place {
    /// Any version will do where the one that is named is not served: the object is the same.
    async fn resolve(&self, mapper: &Mapper) -> Result<Resolved, cluster::Error> {
        match mapper.resolve(&self.group, &self.version, &self.kind).await {
            Err(error) if error.classify() == Class::NotFound => {
                mapper.resolve_any_version(&self.group, &self.kind).await
            }
            resolved => resolved,
        }
    }
}

/// Targets of one kind in one namespace.
struct Group {
    ids: Vec<ObjectId>,
    labelled: bool,
}

impl<'a> Follower<'a> {
    /// `client` carries the identity that may read the objects.
    pub(crate) const fn new(mapper: &'a Mapper, client: Client) -> Self {
        Self { mapper, client }
    }

    /// One stream per watch.
    pub(crate) async fn follow(
        &self,
        key: &ObjectKey,
        targets: impl Iterator<Item = &Target>,
    ) -> Vec<BoxStream<'static, Followed>> {
        let mut groups: BTreeMap<Place, Group> = BTreeMap::new();
        for target in targets {
            let id = &target.id;
            let place = Place {
                group: id.group.clone(),
                version: target.version.clone(),
                kind: id.kind.clone(),
                namespace: id.namespace.clone(),
            };
            let group = groups.entry(place).or_insert_with(|| Group { ids: Vec::new(), labelled: true });
            group.labelled &= target.labelled;
            group.ids.push(id.clone());
        }
        let selector =
            format!("{}={},{}={}", labels::OWNER_NAME, key.name, labels::OWNER_NAMESPACE, key.namespace);
        let mut streams = Vec::new();
        for (place, members) in groups {
            match place.resolve(self.mapper).await {
                Ok(resolved) => streams.extend(open(&self.client, &resolved, &place, &selector, members)),
                Err(error) => streams.push(self.once_served(error, place, selector.clone(), members)),
            }
        }
        streams
    }

    /// A kind that is not served yet may be defined while it is waited for.
    fn once_served(
        &self,
        error: cluster::Error,
        place: Place,
        selector: String,
        members: Group,
    ) -> BoxStream<'static, Followed> {
        let blind = Followed::Blind { ids: members.ids.clone(), error: error.message().to_owned() };
        let (mapper, client) = (self.mapper.clone(), self.client.clone());
        let later = async move {
            loop {
                tokio::time::sleep(UNSERVED).await;
                // A miss asks the server, whoever else asks meanwhile.
                if let Ok(resolved) = place.resolve(&mapper).await {
                    return futures::stream::select_all(open(&client, &resolved, &place, &selector, members));
                }
            }
        };
        futures::stream::iter([blind]).chain(futures::stream::once(later).flatten()).boxed()
    }

    /// A StatefulSet or ReplicaSet in progress with a failed Pod is Failed (contract 17.1). Pods are only read then.
    pub(crate) async fn escalate(&self, target: &Target, object: &Value, status: Status) -> Status {
        let row = Rules::built_in().of(&target.id.group, &target.id.kind);
        if status != Status::InProgress || !row.pods.matter() {
            return status;
        }
        let Some(selector) = object.pointer("/spec/selector").map(selector_of).filter(|s| !s.is_empty())
        else {
            return status;
        };
        let Ok(pods) = self.mapper.resolve("", "v1", "Pod").await else { return status };
        let api: Api<DynamicObject> =
            Api::namespaced_with(self.client.clone(), &target.id.namespace, &pods.api_resource);
        let Ok(pods) = api.list(&ListParams::default().labels(&selector)).await else {
            return status;
        };
        let pods: Vec<Value> =
            pods.items.into_iter().filter_map(|pod| serde_json::to_value(pod).ok()).collect();
        kstatus::escalate_by_pods(status, &pods, jiff::Timestamp::now())
    }
}

/// The watches of one group.
fn open(
    client: &Client,
    resolved: &Resolved,
    place: &Place,
    selector: &str,
    members: Group,
) -> Vec<BoxStream<'static, Followed>> {
    let api: Api<DynamicObject> = if resolved.namespaced {
        Api::namespaced_with(client.clone(), &place.namespace, &resolved.api_resource)
    } else {
        Api::all_with(client.clone(), &resolved.api_resource)
    };
    if members.labelled && members.ids.len() > 1 {
        return vec![watch(api, WatchParams::default().labels(selector), members.ids)];
    }
    let each = members.ids.into_iter().map(|id| {
        let params = WatchParams::default().fields(&format!("metadata.name={}", id.name));
        watch(api.clone(), params, vec![id])
    });
    each.collect()
}

/// A label selector as a parameter of a list: labels and expressions, all of which have to match.
fn selector_of(selector: &Value) -> String {
    let labels = selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten();
    let labels = labels.filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)));
    let expressions = selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten();
    let expressions = expressions.filter_map(|expression| {
        let text = |field: &str| expression.get(field).and_then(Value::as_str);
        let values = expression.get("values").and_then(Value::as_array).into_iter().flatten();
        let values: Vec<&str> = values.filter_map(Value::as_str).collect();
        let (key, values) = (text("key")?, values.join(","));
        match text("operator")? {
            "In" => Some(format!("{key} in ({values})")),
            "NotIn" => Some(format!("{key} notin ({values})")),
            "Exists" => Some(key.to_owned()),
            "DoesNotExist" => Some(format!("!{key}")),
            _ => None,
        }
    });
    labels.chain(expressions).collect::<Vec<_>>().join(",")
}

/// A watch that is opened again when the server ends it.
fn watch(api: Api<DynamicObject>, params: WatchParams, ids: Vec<ObjectId>) -> BoxStream<'static, Followed> {
    let ids: Arc<BTreeMap<String, ObjectId>> =
        Arc::new(ids.into_iter().map(|id| (id.name.clone(), id)).collect());
    let opened = futures::stream::unfold(Duration::ZERO, move |pause| {
        let (api, params, ids) = (api.clone(), params.clone(), Arc::clone(&ids));
        async move {
            tokio::time::sleep(pause).await;
            let events: BoxStream<'static, Followed> = match api.watch(&params, "").await {
                Ok(events) => {
                    let known =
                        move |event: kube::Result<_>| event.ok().and_then(|event| translate(event, &ids));
                    events.filter_map(move |event| std::future::ready(known(event))).boxed()
                }
                Err(error) => {
                    let error = cluster::Error::from(error).message().to_owned();
                    futures::stream::iter([Followed::Blind { ids: ids.values().cloned().collect(), error }])
                        .boxed()
                }
            };
            Some((events, Duration::from_secs(1)))
        }
    });
    opened.flatten().boxed()
}

fn translate(event: WatchEvent<DynamicObject>, ids: &BTreeMap<String, ObjectId>) -> Option<Followed> {
    match event {
        WatchEvent::Added(object) | WatchEvent::Modified(object) => {
            let id = ids.get(object.metadata.name.as_deref()?)?.clone();
            let object = Box::new(serde_json::to_value(object).ok()?);
            Some(Followed::Object { id, object })
        }
        WatchEvent::Deleted(object) => {
            Some(Followed::Absent { id: ids.get(object.metadata.name.as_deref()?)?.clone() })
        }
        WatchEvent::Bookmark(_) | WatchEvent::Error(_) => None,
    }
}

#[cfg(test)]
mod tests;
