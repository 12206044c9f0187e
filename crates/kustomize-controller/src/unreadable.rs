//! Kustomizations that cannot be read as what they are: a duration beyond every clock, a status that somebody else wrote.
//!
//! The watch only says that there is one. It is read as plain JSON, and every field that can be read is: enough to say
//! which one cannot, and to delete what the inventory names. Such a Kustomization is neither run nor healed, and nothing
//! here shows what stands in a field.

use api::kustomization::{Kustomization, KustomizationSpec, KustomizationStatus};
use kube::Api;
use kube::core::{ApiResource, DynamicObject};
use parking_lot::Mutex;
use reconcile_core::ObjectKey;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Fields without which it is not known as whom, or whether at all, objects are to be deleted.
const DECIDE_DELETION: [&str; 5] =
    ["spec.serviceAccountName", "spec.kubeConfig", "spec.prune", "spec.deletionPolicy", "spec.suspend"];
/// How many are read at a time.
const READERS: usize = 4;

/// What is wrong with one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problems {
    /// Paths, in order; never empty.
    fields: Vec<String>,
}

impl Problems {
    /// For Ready.
    pub(crate) fn message(&self) -> String {
        let first = self.fields.first().map(String::as_str).unwrap_or_default();
        let needs = match first {
            "spec.interval" | "spec.retryInterval" | "spec.timeout" => {
                "it has to be a duration of less than 292 years, like 10m"
            }
            field if field.starts_with("status.") => {
                "nobody but this controller writes it: remove it (kubectl edit --subresource=status)"
            }
            _ => "it has not the form that the definition of Kustomizations asks for",
        };
        let more = match self.fields.len() {
            0 | 1 => String::new(),
            count => format!(" (and {} more fields)", count - 1),
        };
        format!("{first} cannot be read{more}: {needs}. Nothing is applied, pruned or healed until then")
    }

    /// Why a deletion cannot go on.
    pub(crate) fn holds_deletion(&self) -> Option<String> {
        let decides = |field: &&String| DECIDE_DELETION.iter().any(|decides| field.starts_with(decides));
        let field = self.fields.iter().find(decides)?;
        Some(format!(
            "{field} cannot be read: whether, and as whom, objects are to be deleted is not known; correct it, or \
             remove the finalizer to leave them"
        ))
    }
}

/// As much of a Kustomization as can be read.
#[derive(Debug)]
pub(crate) struct Salvaged {
    pub(crate) object: Kustomization,
    /// `None` when all of it can be.
    pub(crate) problems: Option<Problems>,
}

/// Reads every field by itself.
pub(crate) fn salvage(value: &Value) -> Salvaged {
    let mut fields = Vec::new();
    let part = |name: &str| value.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    let metadata = serde_json::from_value(Value::Object(part("metadata"))).unwrap_or_default();
    let stand_in = json!({"interval": "1m", "prune": false, "sourceRef": {"kind": "GitRepository", "name": "unreadable"}});
    let stand_in = stand_in.as_object().cloned().unwrap_or_default();
    let mut spec = part("spec");
    for required in stand_in.keys().filter(|field| !spec.contains_key(*field)) {
        fields.push(format!("spec.{required}"));
    }
    let reads = |field: &str, value: &Value| {
        let mut probe = stand_in.clone();
        probe.insert(field.to_owned(), value.clone());
        serde_json::from_value::<KustomizationSpec>(Value::Object(probe)).is_ok()
    };
    keep("spec", &mut spec, &mut fields, reads);
    let mut whole = stand_in.clone();
    whole.extend(spec);
    let mut status = part("status");
    keep_entries(&mut status, &mut fields);
    keep("status", &mut status, &mut fields, |field, value| {
        let probe = Map::from_iter([(field.to_owned(), value.clone())]);
        serde_json::from_value::<KustomizationStatus>(Value::Object(probe)).is_ok()
    });
    let object = json!({
        "apiVersion": value.get("apiVersion"), "kind": value.get("kind"), "metadata": {},
        "spec": whole, "status": status,
    });
    let mut object = serde_json::from_value(object).unwrap_or_else(|_| nothing(&stand_in, &mut fields));
    object.metadata = metadata;
    Salvaged { object, problems: (!fields.is_empty()).then_some(Problems { fields }) }
}

/// Takes out what cannot be read.
fn keep(
    part: &str,
    all: &mut Map<String, Value>,
    fields: &mut Vec<String>,
    reads: impl Fn(&str, &Value) -> bool,
) {
    all.retain(|field, value| {
        let kept = reads(field, value);
        if !kept {
            // Of a list, the member that is wrong.
            let at = value.as_array().and_then(|members| {
                members.iter().position(|member| !reads(field, &Value::Array(vec![member.clone()])))
            });
            let at = at.map(|at| format!("[{at}]")).unwrap_or_default();
            fields.push(format!("{part}.{field}{at}"));
        }
        kept
    });
}

/// Of an inventory, the entries that can be read.
fn keep_entries(status: &mut Map<String, Value>, fields: &mut Vec<String>) {
    let entries = status.get_mut("inventory").and_then(|inventory| inventory.get_mut("entries"));
    if let Some(Value::Array(entries)) = entries {
        let count = entries.len();
        entries.retain(|entry| serde_json::from_value::<api::InventoryEntry>(entry.clone()).is_ok());
        if entries.len() < count {
            fields.push("status.inventory.entries".to_owned());
        }
    }
}

/// Fields that can be read one by one, and not together.
fn nothing(spec: &Map<String, Value>, fields: &mut Vec<String>) -> Kustomization {
    fields.push("spec".to_owned());
    // What decides a deletion is lost with the rest.
    fields.extend(DECIDE_DELETION.map(str::to_owned));
    let spec = serde_json::from_value(Value::Object(spec.clone()));
    Kustomization::new("", spec.expect("the stand-in is a spec"))
}

/// How far one is known.
#[derive(Debug)]
enum Known {
    /// The watch said so.
    Reported { uid: String },
    /// It was read.
    Read { uid: String, problems: Arc<Problems> },
}

impl Known {
    fn uid(&self) -> &str {
        let (Self::Reported { uid } | Self::Read { uid, .. }) = self;
        uid
    }
}

/// Those that there are.
#[derive(Debug)]
pub(crate) struct Unreadables {
    by_key: Mutex<HashMap<ObjectKey, Known>>,
    pub(crate) readers: Semaphore,
}

impl Default for Unreadables {
    fn default() -> Self {
        Self { by_key: Mutex::default(), readers: Semaphore::new(READERS) }
    }
}

impl Unreadables {
    /// The watch reports one. What is known of the same object stands until it was read again.
    pub(crate) fn report(&self, key: &ObjectKey, uid: &str) {
        let mut by_key = self.by_key.lock();
        if by_key.get(key).is_none_or(|known| known.uid() != uid) {
            by_key.insert(key.clone(), Known::Reported { uid: uid.to_owned() });
        }
    }

    /// It is readable again, or gone; true when it was not.
    pub(crate) fn forget(&self, key: &ObjectKey) -> bool {
        self.by_key.lock().remove(key).is_some()
    }

    /// What is wrong with a Kustomization; `None` for most.
    pub(crate) fn get(&self, key: &ObjectKey) -> Option<Arc<Problems>> {
        match self.by_key.lock().get(key) {
            Some(Known::Read { problems, .. }) => Some(Arc::clone(problems)),
            Some(Known::Reported { .. }) | None => None,
        }
    }

    /// Whether it cannot be read, known or not yet known why.
    pub(crate) fn contains(&self, key: &ObjectKey) -> bool {
        self.by_key.lock().contains_key(key)
    }

    /// One was read: `store` keeps it. False when it is not reported any more, or another object by now.
    pub(crate) fn settle(
        &self,
        key: &ObjectKey,
        salvaged: Salvaged,
        store: impl FnOnce(Kustomization),
    ) -> bool {
        let mut by_key = self.by_key.lock();
        let Salvaged { object, problems: Some(problems) } = salvaged else { return false };
        let uid = object.metadata.uid.clone().unwrap_or_default();
        if by_key.get(key).is_none_or(|known| known.uid() != uid) {
            return false;
        }
        by_key.insert(key.clone(), Known::Read { uid, problems: Arc::new(problems) });
        // Under the lock: a deletion that the watch reports now removes it afterwards.
        store(object);
        true
    }
}

/// The kind, without our type.
pub(crate) fn plain(client: kube::Client, namespace: &str) -> Api<DynamicObject> {
    Api::namespaced_with(client, namespace, &ApiResource::erase::<Kustomization>(&()))
}

/// As far as it can be read.
pub(crate) fn salvage_object(object: &DynamicObject) -> Salvaged {
    salvage(&serde_json::to_value(object).unwrap_or_default())
}

#[cfg(test)]
mod tests;
