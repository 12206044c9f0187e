//! One look at a Receiver: its spec, its Secret, its path. What is said of it is decided in `say`, who may call in the crate
//! `receiver`.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api::condition::reason;
use api::labels;
use api::receiver::Receiver;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use parking_lot::Mutex;
use receiver::Invalid;
use reconcile_core::events::{self, Event, Recorder, Severity};
use reconcile_core::{ObjectKey, Store, status as write};

use super::say::{self, Left, Say, Verdict};
use super::secrets::{Secrets, version};
use super::step::Next;
use super::table::Table;
use crate::reconcile::finalizer::without_ours;

/// `spec.interval` of those that have none, as the schema's.
const INTERVAL: Duration = Duration::from_secs(600);

/// What a look needs.
pub(super) struct Looker {
    pub(super) client: Client,
    pub(super) objects: Store<Receiver>,
    pub(super) recorder: Recorder,
    pub(super) secrets: Arc<Secrets>,
    pub(super) table: Arc<Table>,
    /// Whether this replica writes; all of them answer.
    pub(super) leads: Arc<AtomicBool>,
    /// Failures that are left to another controller.
    pub(super) left: Mutex<HashMap<ObjectKey, Left>>,
}

impl Looker {
    /// Looks at one.
    pub(super) async fn look(&self, key: &ObjectKey) -> Next {
        let Some(object) = self.objects.get(key) else {
            self.forget(key);
            return Next::Wait;
        };
        if object.metadata.deletion_timestamp.is_some() {
            self.forget(key);
            return self.let_go(key, &object).await;
        }
        if object.spec.suspend {
            self.secrets.refer(key, None);
            self.table.close(key, stored_path(&object));
            return Next::Wait;
        }
        match self.judge(key, &object).await {
            Ok(verdict) => self.say(key, &object, &verdict).await,
            Err(error) => {
                tracing::error!(error = %error, "the Secret of a Receiver cannot be read");
                Next::Retry
            }
        }
    }

    /// Nothing is left of it.
    pub(super) fn forget(&self, key: &ObjectKey) {
        self.secrets.refer(key, None);
        self.table.remove(key);
        self.left.lock().remove(key);
    }

    /// Opens or closes the path. An API server that does not answer changes nothing: a path that is not known yet is waited
    /// for.
    async fn judge(&self, key: &ObjectKey, object: &Receiver) -> Result<Verdict, cluster::Error> {
        let valid = match receiver::validate(&object.spec) {
            Ok(valid) => valid,
            Err(invalid) => {
                self.secrets.refer(key, None);
                self.table.close(key, stored_path(object));
                return Ok(terminal(&invalid));
            }
        };
        // A valid spec names one.
        let name = object.spec.secret_ref.as_ref().map(|named| named.name.as_str()).unwrap_or_default();
        let secret = ObjectKey::new(key.namespace.clone(), name);
        self.secrets.refer(key, Some(&secret));
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), &key.namespace);
        let found = secrets.get_opt(name).await.map_err(cluster::Error::from)?;
        self.secrets.read(key, found.as_ref().and_then(|found| version(&found.metadata)));
        let Some(found) = found else {
            self.table.remove(key);
            return Ok(Verdict::NoToken(format!(
                "unable to read token from secret '{secret}' error: Secret \"{name}\" not found"
            )));
        };
        let data = found.data.unwrap_or_default().into_iter().map(|(key, value)| (key, value.0)).collect();
        match receiver::resolve(valid, data) {
            Ok(hook) => {
                let path = hook.path(&key.name, &key.namespace);
                self.table.open(key, &path, hook);
                Ok(Verdict::Initialized { path })
            }
            Err(missing) => {
                self.table.remove(key);
                Ok(Verdict::NoToken(format!("invalid '{secret}' secret data: {missing}")))
            }
        }
    }

    async fn say(&self, key: &ObjectKey, object: &Receiver, verdict: &Verdict) -> Next {
        let interval = object.spec.interval.map_or(INTERVAL, api::Duration::get);
        let left = self.left(key, object, verdict);
        let said = if self.leads() {
            say::say(object, verdict, left.as_ref(), Timestamp::now())
        } else {
            Say::Nothing
        };
        if let Say::Later(left) = said {
            self.left.lock().insert(key.clone(), left);
            return Next::After(interval);
        }
        if let Say::Write(patch) = said {
            let api: Api<Receiver> = Api::namespaced(self.client.clone(), &key.namespace);
            let version = object.metadata.resource_version.as_deref();
            let written = write::patch(&api, &key.name, labels::SOURCE_MANAGER, &patch, version).await;
            match written {
                Ok(stored) => {
                    self.objects.update(Arc::new(stored));
                    if let Some(left) = self.left.lock().get_mut(key) {
                        left.is_said = true;
                    }
                    self.tell(object, verdict, interval);
                }
                // Deleted meanwhile: the watch tells the rest.
                Err(error) if error.classify() == cluster::Class::NotFound => return Next::Wait,
                Err(error) => {
                    if error.classify() != cluster::Class::Conflict {
                        tracing::error!(error = %error, "the status of a Receiver could not be written");
                    }
                    return Next::Retry;
                }
            }
        }
        match verdict {
            Verdict::Terminal { .. } => Next::Wait,
            Verdict::Initialized { .. } | Verdict::NoToken(_) => Next::After(interval),
        }
    }

    /// What of this was left to another controller; what is over by now is left no more.
    fn left(&self, key: &ObjectKey, object: &Receiver, verdict: &Verdict) -> Option<Left> {
        let mut all = self.left.lock();
        if all.get(key).is_some_and(|left| !left.is_of(object, verdict)) {
            all.remove(key);
        }
        all.get(key).cloned()
    }

    fn leads(&self) -> bool {
        self.leads.load(Ordering::Acquire)
    }

    /// An event, as Flux has it: without the path, which is as good as a token to some senders.
    fn tell(&self, object: &Receiver, verdict: &Verdict, interval: Duration) {
        let (severity, reason, message) = match verdict {
            Verdict::Initialized { .. } => {
                let interval = api::Duration::from(interval);
                let message = format!("Reconciliation finished, next run in {interval}");
                (Severity::Trace, reason::SUCCEEDED, message)
            }
            Verdict::NoToken(message) => (Severity::Error, reason::TOKEN_NOT_FOUND, message.clone()),
            Verdict::Terminal { reason, message } => (Severity::Error, *reason, message.clone()),
        };
        let mut metadata = std::collections::BTreeMap::new();
        events::merge_annotations(&mut metadata, object.metadata.annotations.as_ref());
        let involved = events::reference(object, &());
        self.recorder.publish(Event { involved, severity, reason: reason.to_owned(), message, metadata });
    }

    /// Removes the finalizer that a notification-controller has left: nothing has to be cleaned up, and it may be gone.
    async fn let_go(&self, key: &ObjectKey, object: &Receiver) -> Next {
        let Some(rest) = without_ours(&object.metadata).filter(|_| self.leads()) else { return Next::Wait };
        let api: Api<Receiver> = Api::namespaced(self.client.clone(), &key.namespace);
        let version = object.metadata.resource_version.clone().unwrap_or_default();
        match write::patch_finalizers(&api, &key.name, labels::SOURCE_MANAGER, &rest, &version).await {
            Ok(_) => Next::Wait,
            Err(error) => {
                if error.classify() != cluster::Class::Conflict {
                    tracing::error!(error = %error, "the finalizer of a Receiver could not be removed");
                }
                Next::Retry
            }
        }
    }
}

/// In Flux's words where it has any.
fn terminal(invalid: &Invalid) -> Verdict {
    const TERMINAL: &str = "Reconciliation failed terminally due to configuration error";
    let (reason, message) = match invalid {
        Invalid::Unsupported(_) => (reason::UNSUPPORTED_FIELD, invalid.to_string()),
        Invalid::Expression(_) => (reason::INVALID_CEL_EXPRESSION, format!("{TERMINAL}: {invalid}")),
        _ => (reason::INVALID_SPEC, format!("{TERMINAL}: {invalid}")),
    };
    Verdict::Terminal { reason, message }
}

/// Where it was called before, as far as its status says.
fn stored_path(object: &Receiver) -> Option<&str> {
    object.status.as_ref()?.webhook_path.as_deref()
}
