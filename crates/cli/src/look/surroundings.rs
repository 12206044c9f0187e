//! What is beside objects that are not well, fetched as it is asked for: an explanation is made without it, says what it
//! would have looked at, and is made again with that.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use health::Rules;
use health::beside::{Beside, Kin};
use health::learned::{Learned, Profile};
use kube::Client;
use kube::api::ListParams;
use kube::core::DynamicObject;
use serde_json::Value;

use super::answer::{Answer, all};
use super::pages;
use crate::resource::{Kinds, Lookup};

#[cfg(test)]
mod tests;

/// What is asked for: a kind, and a namespace unless its objects have none.
type Question = (Kin, String);

/// What is known beside objects, and what was asked for.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    known: BTreeMap<Question, Option<Vec<Arc<Value>>>>,
    asked: Mutex<BTreeSet<Question>>,
    learned: Learned,
    /// What could not be looked at.
    notes: Vec<String>,
}

impl Beside for Surroundings {
    fn list(&self, kin: Kin, namespace: &str) -> Option<Vec<Arc<Value>>> {
        let question = (kin, namespace.to_owned());
        if let Some(known) = self.known.get(&question) {
            return known.clone();
        }
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(question);
        None
    }

    fn profile(&self, object: &Value) -> Profile {
        self.learned.profile(object)
    }
}

impl Surroundings {
    /// Of objects that have shown this of their kinds.
    pub(crate) fn of(learned: Learned) -> Self {
        Self { learned, ..Self::default() }
    }

    /// What was asked for since the last time and is not known.
    fn open_questions(&mut self) -> Vec<Question> {
        let asked = std::mem::take(self.asked.get_mut().unwrap_or_else(PoisonError::into_inner));
        asked.into_iter().filter(|question| !self.known.contains_key(question)).collect()
    }

    /// Finds out what was asked for; false if nothing was. What may not be read stays unknown, and is not asked for again.
    pub(crate) async fn answer(&mut self, client: &Client, kinds: &Kinds, rules: &Rules) -> bool {
        let questions = self.open_questions();
        if questions.is_empty() {
            return false;
        }
        let answers = all(questions.into_iter().map(|question| async move {
            let mut notes = Vec::new();
            let found = fetch(client, kinds, rules, &question, &mut notes).await;
            (question, found, notes)
        }));
        for (question, found, notes) in answers.await {
            self.known.insert(question, found);
            self.notes.extend(notes);
        }
        true
    }

    /// What could not be looked at.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }
}

async fn fetch(
    client: &Client,
    kinds: &Kinds,
    rules: &Rules,
    question: &Question,
    notes: &mut Vec<String>,
) -> Option<Vec<Arc<Value>>> {
    let (kin, namespace) = question;
    let (group, version, kind) = kin.kind();
    let Lookup::Served(served) = kinds.of(group, version, kind) else { return None };
    let mut params = ListParams::default();
    if let Some(fields) = kin.field_selector() {
        params = params.fields(fields);
    }
    let list = pages::list(&served.api(client, namespace), &params).await;
    let items = Answer::of_list(list).found()?.noting(&format!("{kind}s in namespace {namespace}"), notes);
    Some(
        items
            .into_iter()
            .map(|item| Arc::new(kin.pruned(whole(item, served.resource.api_version.clone(), kind), rules)))
            .collect(),
    )
}

/// With apiVersion and kind, which items of lists lack.
fn whole(item: DynamicObject, api_version: String, kind: &str) -> Value {
    let DynamicObject { mut metadata, data, .. } = item;
    metadata.managed_fields = None;
    let mut object = if data.is_object() { data } else { serde_json::json!({}) };
    object["apiVersion"] = Value::from(api_version);
    object["kind"] = Value::from(kind);
    object["metadata"] = serde_json::to_value(metadata).unwrap_or_default();
    object
}
