//! A stored Kustomization, and every write of its status: the requests are written down instead of sent.

use super::script::Transcript;
use crate::memory::OwnStatus;
use crate::reconcile::recorder::Recorder;
use crate::status::{Answer, Draft, Requests};
use api::kustomization::Kustomization;
use futures::FutureExt as _;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::sync::Arc;

/// The object as it would be stored, and every patch of its status.
#[derive(Clone, Default)]
pub(crate) struct Stored {
    object: Arc<Mutex<Value>>,
    pub(crate) patches: Arc<Mutex<Vec<Value>>>,
    /// Where the order of requests of all sorts is kept.
    pub(crate) transcript: Transcript,
    /// The next writes are refused with these codes.
    pub(crate) refusals: Arc<Mutex<Vec<u16>>>,
}

/// A merge patch (RFC 7396).
pub(crate) fn merge(into: &mut Value, from: &Value) {
    let (Value::Object(into), Value::Object(from)) = (&mut *into, from) else {
        *into = from.clone();
        return;
    };
    for (key, value) in from {
        if value.is_null() {
            into.remove(key);
        } else {
            merge(into.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

impl Stored {
    /// The sample Kustomization with this status.
    pub(crate) fn new(status: &Value) -> Self {
        Self::of(&super::kustomization(&json!({ "status": status })), Transcript::default())
    }

    /// An object as it is.
    pub(crate) fn of(object: &Kustomization, transcript: Transcript) -> Self {
        let object = serde_json::to_value(object).unwrap();
        Self { object: Arc::new(Mutex::new(object)), transcript, ..Self::default() }
    }

    /// The object as it is now, which later writes leave alone.
    pub(crate) fn copy(&self) -> Self {
        Self::of(&self.stored(), Transcript::default())
    }

    pub(crate) fn stored(&self) -> Kustomization {
        serde_json::from_value(self.object.lock().clone()).unwrap()
    }

    /// As somebody else's write.
    pub(crate) fn change(&self, patch: &Value) {
        let mut object = self.object.lock();
        merge(&mut object, patch);
        let version: u64 = object["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap();
        object["metadata"]["resourceVersion"] = json!((version + 1).to_string());
    }

    pub(crate) fn status(&self) -> Value {
        self.object.lock()["status"].clone()
    }

    /// `Type=Status Reason: message`, a line each.
    pub(crate) fn conditions(&self) -> String {
        let status = self.status();
        let conditions = status["conditions"].as_array().cloned().unwrap_or_default();
        let text = |condition: &Value, field: &str| condition[field].as_str().unwrap().to_owned();
        let lines = conditions.iter().map(|c| {
            format!("{}={} {}: {}", text(c, "type"), text(c, "status"), text(c, "reason"), text(c, "message"))
        });
        let mut lines: Vec<String> = lines.collect();
        lines.sort();
        lines.join("\n")
    }

    /// The names in the stored inventory.
    pub(crate) fn inventory(&self) -> Vec<String> {
        names(&self.status())
    }

    pub(crate) fn recorder<'a>(&self, own: &'a OwnStatus) -> Recorder<'a> {
        Recorder::over(self.draft(own))
    }

    pub(crate) fn draft<'a>(&self, own: &'a OwnStatus) -> Draft<'a> {
        Draft::new(Box::new(self.clone()), &self.stored(), own)
    }

    fn refusal(&self, version: &str) -> Option<cluster::Error> {
        let mut refusals = self.refusals.lock();
        let code = if refusals.is_empty() { None } else { Some(refusals.remove(0)) };
        let stale = self.object.lock()["metadata"]["resourceVersion"] != version;
        let code = code.or(stale.then_some(409))?;
        let reason = match code {
            404 => "NotFound",
            409 => "Conflict",
            _ => "InternalError",
        };
        Some(cluster::Error::from(kube::core::Status::failure("no", reason).with_code(code)))
    }
}

/// Names of an inventory, in order.
fn names(status: &Value) -> Vec<String> {
    let entries = status.pointer("/inventory/entries").and_then(Value::as_array).into_iter().flatten();
    let name = |entry: &Value| entry["id"].as_str().and_then(|id| id.split('_').nth(1)).map(str::to_owned);
    entries.filter_map(name).collect()
}

/// `record a, b`, or which conditions a patch sets.
fn line(status: &Value) -> String {
    let conditions = status.get("conditions").and_then(Value::as_array).into_iter().flatten();
    let conditions: Vec<String> = conditions
        .map(|c| {
            format!("{}={}", c["type"].as_str().unwrap_or_default(), c["status"].as_str().unwrap_or_default())
        })
        .collect();
    let recorded = status.get("inventory").map(|_| format!("record [{}] ", names(status).join(", ")));
    format!("{}{}", recorded.unwrap_or_else(|| "status ".into()), conditions.join(" ")).trim_end().to_owned()
}

impl Requests for Stored {
    fn patch_status<'r>(&'r self, status: &'r Value, version: &'r str) -> Answer<'r, Kustomization> {
        if let Some(error) = self.refusal(version) {
            return std::future::ready(Err(error)).boxed();
        }
        self.transcript.say(line(status));
        self.patches.lock().push(status.clone());
        self.change(&json!({ "status": status }));
        std::future::ready(Ok(self.stored())).boxed()
    }

    fn patch_finalizers<'r>(
        &'r self,
        finalizers: &'r [String],
        version: &'r str,
    ) -> Answer<'r, Option<Kustomization>> {
        match self.refusal(version) {
            Some(error) if error.classify() == cluster::Class::NotFound => {
                return std::future::ready(Ok(None)).boxed();
            }
            Some(error) => return std::future::ready(Err(error)).boxed(),
            None => {}
        }
        self.transcript.say(format!("finalizers [{}]", finalizers.join(", ")));
        self.change(&json!({"metadata": {"finalizers": finalizers}}));
        std::future::ready(Ok(Some(self.stored()))).boxed()
    }

    fn read(&self) -> Answer<'_, Option<Kustomization>> {
        let stored = self.stored();
        let gone = stored.metadata.name.as_deref() == Some("gone");
        std::future::ready(Ok((!gone).then_some(stored))).boxed()
    }
}
