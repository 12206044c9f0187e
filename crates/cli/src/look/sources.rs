//! The sources that Kustomizations name.

use std::collections::{BTreeMap, BTreeSet};

use api::kustomization::Kustomization;
use api::{FLUX_VERSION, SOURCE_GROUP};
use convergence::{Source, SourceView, source_status};
use jiff::Timestamp;
use kube::Client;
use kube::api::ListParams;
use kube::core::DynamicObject;
use serde_json::Value;

use super::answer::{Answer, all};
use super::replay::Since;
use super::{pages, since};
use crate::resource::{Kinds, Lookup, Served};

/// So many of one kind in one namespace are read one by one; more are listed.
const FEW: usize = 4;

/// Kind, namespace and name.
pub(crate) type SourceKey = (&'static str, String, String);

/// The source that a Kustomization names; none of a kind that this version does not know.
pub(crate) fn source_of(object: &Kustomization) -> Option<SourceKey> {
    let reference = &object.spec.source_ref;
    let kind = Some(reference.kind.as_str()).filter(|kind| !kind.is_empty())?;
    let own = object.metadata.namespace.as_deref().unwrap_or_default();
    Some((kind, reference.namespace_or(own).to_owned(), reference.name.clone()))
}

/// What is known of sources.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    known: BTreeMap<SourceKey, Since<SourceView>>,
    /// What could not be looked at.
    pub(crate) notes: Vec<String>,
}

impl Sources {
    /// Reads those that Kustomizations name.
    pub(crate) async fn read<'a>(
        client: &Client,
        kinds: &Kinds,
        of: impl Iterator<Item = &'a Kustomization>,
    ) -> Self {
        let mut wanted: BTreeMap<(&'static str, String), BTreeSet<String>> = BTreeMap::new();
        for (kind, namespace, name) in of.filter_map(source_of) {
            wanted.entry((kind, namespace)).or_default().insert(name);
        }
        let answers = all(wanted.into_iter().map(|(place, names)| read(client, kinds, place, names)));
        let mut sources = Self::default();
        for (key, answer) in answers.await.into_iter().flatten() {
            let (kind, namespace, name) = &key;
            let view = match answer {
                Answer::Found(object) => view(object),
                Answer::Absent => Since { what: SourceView::Absent, since: None },
                Answer::Forbidden => {
                    sources.notes.push(format!("{kind}/{namespace}/{name}: you may not read it"));
                    Since { what: SourceView::Hidden, since: None }
                }
                Answer::Failed(why) => {
                    sources.notes.push(format!("{kind}/{namespace}/{name}: {why}"));
                    Since { what: SourceView::Hidden, since: None }
                }
            };
            sources.known.insert(key, view);
        }
        sources.notes.sort();
        sources
    }

    /// The source of a Kustomization.
    pub(crate) fn of(&self, object: &Kustomization) -> Since<SourceView> {
        let known = source_of(object).and_then(|key| self.known.get(&key).cloned());
        known.unwrap_or(Since { what: SourceView::Hidden, since: None })
    }
}

type Found = Vec<(SourceKey, Answer<DynamicObject>)>;

async fn read(
    client: &Client,
    kinds: &Kinds,
    (kind, namespace): (&'static str, String),
    names: BTreeSet<String>,
) -> Found {
    let key = |name: String| (kind, namespace.clone(), name);
    let served: &Served = match kinds.of(SOURCE_GROUP, FLUX_VERSION, kind) {
        Lookup::Served(served) => served,
        // No such kind, so no such source.
        Lookup::Unserved => return names.into_iter().map(|name| (key(name), Answer::Absent)).collect(),
        Lookup::Untold => {
            let why = || Answer::Failed("its API group does not answer".to_owned());
            return names.into_iter().map(|name| (key(name), why())).collect();
        }
    };
    let api = served.api(client, &namespace);
    if names.len() > FEW
        && let Ok(list) = pages::list(&api, &ListParams::default()).await
        && !list.is_cut
    {
        let mut found: BTreeMap<String, DynamicObject> =
            list.items.into_iter().filter_map(|item| Some((item.metadata.name.clone()?, item))).collect();
        let take = |name: String| {
            let answer = found.remove(&name).map_or(Answer::Absent, Answer::Found);
            (key(name), answer)
        };
        return names.into_iter().map(take).collect();
    }
    let mut read = Vec::new();
    for name in names {
        let answer = Answer::of(api.get_opt(&name).await);
        read.push((key(name), answer));
    }
    read
}

/// What matters of a source. It is what it is since its revision was stored or since a condition turned.
pub(crate) fn view(object: DynamicObject) -> Since<SourceView> {
    let DynamicObject { metadata, mut data, .. } = object;
    let changed = since::spec_changed(metadata.managed_fields.as_deref().unwrap_or_default());
    let stored = data.pointer("/status/artifact/lastUpdateTime").and_then(Value::as_str);
    let stored: Option<Timestamp> = stored.and_then(|time| time.parse().ok());
    // What does not tell since when it is so counts as new, so that nothing seems to wait for long.
    let known = [changed, stored, since::turned(&data)].into_iter().flatten().max();
    let since = known.or_else(|| Some(Timestamp::now()));
    if let Value::Object(body) = &mut data {
        body.insert("metadata".to_owned(), serde_json::json!({ "annotations": metadata.annotations }));
    }
    source_status::prune(&mut data);
    Since { what: SourceView::Known(Source::read(&data)), since }
}
