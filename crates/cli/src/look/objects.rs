//! The objects of inventories: one list per kind and namespace, selected by the owner labels, and a read of each object
//! that no list shows. Of Secrets nothing is read but metadata.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use api::labels::{OWNER_NAME, OWNER_NAMESPACE};
use convergence::{Hidden, Owner, Seen, Visibility, inventory_mark};
use health::Rules;
use health::learned::Learned;
use jiff::Timestamp;
use kube::Client;
use kube::api::ListParams;
use kube::core::{DynamicObject, ObjectMeta, PartialObjectMeta};
use manifest::ObjectId;
use serde_json::Value;

use super::answer::{Answer, all};
use super::replay::Since;
use super::{pages, since};
use crate::resource::{Kinds, Lookup, Served};

#[cfg(test)]
mod tests;

/// In more namespaces than this one list of all namespaces is tried first.
const FEW_NAMESPACES: usize = 8;
/// Objects that are read one by one.
const READS: usize = 2000;
/// Objects of a kind in a namespace that are read one by one although the list may not be read.
const READS_WITHOUT_LIST: usize = 50;

/// Whose objects are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Of one Kustomization, by namespace and name.
    One(String, String),
    /// Of all.
    All,
}

impl Whose {
    /// The label selector.
    pub(crate) fn selector(&self) -> String {
        match self {
            Self::One(namespace, name) => format!("{OWNER_NAME}={name},{OWNER_NAMESPACE}={namespace}"),
            Self::All => OWNER_NAME.to_owned(),
        }
    }
}

/// One object that is to be looked at, and the version to ask for it in.
pub(crate) type Wanted = (ObjectId, String);

/// An object as it was read.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// What is kept of it.
    pub(crate) seen: Arc<Seen>,
    /// Since when it is as it is.
    pub(crate) since: Option<Timestamp>,
    /// Whether it is being deleted.
    pub(crate) is_leaving: bool,
}

/// What is known of objects.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    found: HashMap<ObjectId, Found>,
    /// Those that were not found, and why.
    others: HashMap<ObjectId, Visibility>,
}

/// How objects are read.
pub(crate) struct Reader<'a> {
    /// The cluster that they are in.
    pub(crate) client: &'a Client,
    /// What it serves.
    pub(crate) kinds: &'a Kinds,
    /// By what they are judged.
    pub(crate) rules: &'a Rules,
    /// What is learned from them of their kinds.
    pub(crate) learned: &'a Mutex<Learned>,
    /// The time.
    pub(crate) now: Timestamp,
}

impl Snapshot {
    /// What may be known of an object to whom its labels name.
    pub(crate) fn visibility(&self, id: &ObjectId, owner: &Owner) -> Since<Visibility> {
        if let Some(found) = self.found.get(id) {
            let what = Visibility::Seen(Arc::clone(&found.seen)).for_owner(owner);
            return Since { what, since: found.since };
        }
        let what = self.others.get(id).cloned().unwrap_or(Visibility::Hidden(Hidden::Starting));
        Since { what, since: None }
    }

    /// An object that was found.
    pub(crate) fn get(&self, id: &ObjectId) -> Option<&Found> {
        self.found.get(id)
    }

    /// Everything of an owner that is being deleted.
    pub(crate) fn leaving<'a>(&'a self, owner: &'a Owner) -> impl Iterator<Item = (&'a ObjectId, &'a Found)> {
        self.found
            .iter()
            .filter(move |(_, found)| found.is_leaving && found.seen.owner.as_ref() == Some(owner))
    }

    /// Puts in what was found elsewhere.
    pub(crate) fn insert(&mut self, id: ObjectId, found: Found) {
        self.found.insert(id, found);
    }

    /// An object that was not found, and why.
    pub(crate) fn hide(&mut self, id: &ObjectId, why: Visibility) {
        self.others.insert(id.clone(), why);
    }
}

/// What one list gave: the kind, the namespace (`None`: all of them), and its objects.
struct Listed<'a> {
    served: &'a Served,
    namespace: Option<String>,
    answer: Answer<Vec<DynamicObject>>,
}

impl Reader<'_> {
    /// Looks at objects.
    pub(crate) async fn look(&self, wanted: &[Wanted], whose: &Whose) -> Snapshot {
        let mut snapshot = Snapshot::default();
        let mut places: BTreeMap<(&str, &str, &str), BTreeSet<&str>> = BTreeMap::new();
        for (id, version) in wanted {
            places.entry((&id.group, version, &id.kind)).or_default().insert(&id.namespace);
        }
        let mut lists = Vec::new();
        for ((group, version, kind), namespaces) in &places {
            if let Lookup::Served(served) = self.kinds.of(group, version, kind) {
                lists.push((served, namespaces));
            }
        }
        let params = ListParams::default().labels(&whose.selector());
        let params = &params;
        let listed = all(lists.into_iter().map(|(served, namespaces)| self.list(served, namespaces, params)));
        let mut states: HashMap<(String, String), Answer<()>> = HashMap::new();
        for list in listed.await.into_iter().flatten() {
            let state = match list.answer {
                Answer::Found(items) => {
                    for item in items {
                        let (id, found) = self.found(list.served, item);
                        snapshot.insert(id, found);
                    }
                    Answer::Found(())
                }
                Answer::Absent => Answer::Absent,
                Answer::Forbidden => Answer::Forbidden,
                Answer::Failed(why) => Answer::Failed(why),
            };
            states.insert((list.served.full_name(), list.namespace.unwrap_or_default()), state);
        }
        self.read_others(wanted, &states, &mut snapshot).await;
        snapshot
    }

    /// Lists a kind where its objects are.
    async fn list<'k>(
        &self,
        served: &'k Served,
        namespaces: &BTreeSet<&str>,
        params: &ListParams,
    ) -> Vec<Listed<'k>> {
        if !served.is_namespaced || namespaces.len() > FEW_NAMESPACES {
            let answer = self.list_one(served, None, params).await;
            if !served.is_namespaced || matches!(answer, Answer::Found(_)) {
                return vec![Listed { served, namespace: None, answer }];
            }
        }
        let mut listed = Vec::new();
        for namespace in namespaces {
            let answer = self.list_one(served, Some(namespace), params).await;
            listed.push(Listed { served, namespace: Some((*namespace).to_owned()), answer });
        }
        listed
    }

    async fn list_one(
        &self,
        served: &Served,
        namespace: Option<&str>,
        params: &ListParams,
    ) -> Answer<Vec<DynamicObject>> {
        let api = match namespace {
            Some(namespace) => served.api(self.client, namespace),
            None => served.api_in_all(self.client),
        };
        let items = if is_secret(served) {
            let items = pages::list_metadata(&api, params).await;
            items.map(|list| list.items.into_iter().map(without_body).collect())
        } else {
            pages::list(&api, params).await.map(|list| list.items)
        };
        // What a list has beyond its end is read one by one.
        Answer::of_list(items)
    }

    /// Reads what no list has shown, one by one.
    async fn read_others(
        &self,
        wanted: &[Wanted],
        states: &HashMap<(String, String), Answer<()>>,
        snapshot: &mut Snapshot,
    ) {
        let (mut left, mut without_list) = (READS, HashMap::new());
        let mut reads: Vec<(&ObjectId, &Served)> = Vec::new();
        let open: Vec<&Wanted> = wanted.iter().filter(|(id, _)| snapshot.get(id).is_none()).collect();
        for (id, version) in open {
            let served = match self.kinds.of(&id.group, version, &id.kind) {
                Lookup::Served(served) => served,
                Lookup::Unserved => {
                    snapshot.hide(id, Visibility::KindUnknown);
                    continue;
                }
                Lookup::Untold => {
                    let why = Hidden::Failing("its API group does not answer".to_owned());
                    snapshot.hide(id, Visibility::Hidden(why));
                    continue;
                }
            };
            let state = [id.namespace.as_str(), ""]
                .into_iter()
                .find_map(|namespace| states.get(&(served.full_name(), namespace.to_owned())));
            let hidden = match state {
                Some(Answer::Failed(why)) => Some(Hidden::Failing(why.clone())),
                Some(Answer::Forbidden) => {
                    let count: &mut usize =
                        without_list.entry((served.full_name(), id.namespace.as_str())).or_default();
                    *count = count.saturating_add(1);
                    (*count > READS_WITHOUT_LIST).then_some(Hidden::Forbidden)
                }
                _ => (left == 0).then_some(Hidden::Excess),
            };
            match hidden {
                Some(hidden) => snapshot.hide(id, Visibility::Hidden(hidden)),
                None => {
                    left = left.saturating_sub(1);
                    reads.push((id, served));
                }
            }
        }
        let read =
            all(reads.into_iter().map(|(id, served)| async move { (id, self.read(served, id).await) }));
        for (id, answer) in read.await {
            match answer {
                Answer::Found(found) => snapshot.insert(id.clone(), found),
                Answer::Absent => snapshot.hide(id, Visibility::Absent),
                Answer::Forbidden => snapshot.hide(id, Visibility::Hidden(Hidden::Forbidden)),
                Answer::Failed(why) => snapshot.hide(id, Visibility::Hidden(Hidden::Failing(why))),
            }
        }
    }

    /// Reads one object.
    pub(crate) async fn read(&self, served: &Served, id: &ObjectId) -> Answer<Found> {
        let api = served.api(self.client, &id.namespace);
        let found = if is_secret(served) {
            api.get_metadata_opt(&id.name).await.map(|found| found.map(without_body))
        } else {
            api.get_opt(&id.name).await
        };
        match Answer::of(found) {
            Answer::Found(object) => Answer::Found(self.found(served, object).1),
            Answer::Absent => Answer::Absent,
            Answer::Forbidden => Answer::Forbidden,
            Answer::Failed(why) => Answer::Failed(why),
        }
    }

    /// What is kept of an object, whoever its labels name.
    pub(crate) fn seen_as(&self, served: &Served, object: DynamicObject, owner: Owner) -> Arc<Seen> {
        let mark = inventory_mark::of(object.metadata.managed_fields.as_deref().unwrap_or_default());
        let version = manifest::version_number(object.metadata.resource_version.as_deref());
        let uid = object.metadata.uid.clone().unwrap_or_default();
        Arc::new(Seen::new(whole(served, object), version, uid, mark, Some(owner), self.rules, self.now))
    }

    /// What is kept of an object that was read.
    pub(crate) fn found(&self, served: &Served, object: DynamicObject) -> (ObjectId, Found) {
        let id = served.id(
            object.metadata.namespace.as_deref().unwrap_or_default(),
            object.metadata.name.as_deref().unwrap_or_default(),
        );
        let since = since::of(&object.metadata, &object.data);
        let is_leaving = object.metadata.deletion_timestamp.is_some();
        let mark = inventory_mark::of(object.metadata.managed_fields.as_deref().unwrap_or_default());
        let version = manifest::version_number(object.metadata.resource_version.as_deref());
        let uid = object.metadata.uid.clone().unwrap_or_default();
        let owner = Owner::of(object.metadata.labels.as_ref());
        let whole = whole(served, object);
        self.learned.lock().unwrap_or_else(PoisonError::into_inner).saw(&whole, self.now);
        let seen = Seen::new(whole, version, uid, mark, owner, self.rules, self.now);
        (id, Found { seen: Arc::new(seen), since, is_leaving })
    }
}

/// apiVersion, kind, metadata and body as one object. managedFields are left out, for they say nothing of health.
pub(crate) fn whole(served: &Served, object: DynamicObject) -> Value {
    let DynamicObject { mut metadata, data, .. } = object;
    metadata.managed_fields = None;
    let mut whole = if data.is_object() { data } else { serde_json::json!({}) };
    whole["apiVersion"] = Value::from(served.resource.api_version.clone());
    whole["kind"] = Value::from(served.resource.kind.clone());
    whole["metadata"] = serde_json::to_value(metadata).unwrap_or_default();
    whole
}

fn is_secret(served: &Served) -> bool {
    served.resource.group.is_empty() && served.resource.kind == "Secret"
}

fn without_body(object: PartialObjectMeta<DynamicObject>) -> DynamicObject {
    let metadata: ObjectMeta = object.metadata;
    DynamicObject { types: None, metadata, data: Value::Null }
}
