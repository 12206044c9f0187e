//! All receivers: the one behind `--events-addr`, and those of the Secret that `--alert-config` names, which may change at
//! any time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use kube::api::PartialObjectMeta;
use kube::{Api, Client};
use parking_lot::Mutex;
use reconcile_core::ObjectKey;
use reconcile_core::watch::one;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::message::Message;
use super::receiver::{Counts, Receiver};
use super::request::Reporter;
use super::settings::{EVENTS, Kind, Select, Settings, SettingsError, read};

/// The key of the Secret.
const FILE: &str = "receivers.yaml";
/// When a Secret that cannot be read is tried again.
const AGAIN: Duration = Duration::from_secs(30);

/// See the module.
pub(super) struct Receivers {
    reporter: Reporter,
    counts: Counts,
    stop: CancellationToken,
    running: Mutex<BTreeMap<String, Receiver>>,
}

impl Receivers {
    /// The one of `--events-addr`, if it is given; its address has been checked.
    pub(super) fn start(
        events_addr: &str,
        reporter: Reporter,
        counts: Counts,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let receivers = Self { reporter, counts, stop, running: Mutex::default() };
        if let Ok(url) = reqwest::Url::parse(events_addr) {
            receivers.begin(Settings {
                name: EVENTS.to_owned(),
                kind: Kind::Events,
                url,
                // It is in the cluster.
                insecure: true,
                ca: None,
                select: Select::default(),
            });
        }
        Arc::new(receivers)
    }

    fn begin(&self, settings: Settings) {
        let (name, reporter) = (settings.name.clone(), self.reporter.clone());
        let receiver = Receiver::start(settings, reporter, self.counts.clone(), self.stop.clone());
        self.running.lock().insert(name, receiver);
    }

    /// Has everybody told whom it concerns. Returns at once.
    pub(super) fn tell(&self, message: &Arc<Message>) {
        for receiver in self.running.lock().values() {
            receiver.tell(message);
        }
    }

    /// From now on these are told, beside the one of `--events-addr`.
    fn change(&self, wanted: Vec<Settings>) {
        let mut gone = Vec::new();
        {
            let mut running = self.running.lock();
            let names: Vec<String> = running.keys().cloned().collect();
            for name in names {
                if name != EVENTS && !wanted.iter().any(|settings| settings.name == name) {
                    gone.extend(running.remove(&name));
                }
            }
        }
        for receiver in gone {
            receiver.remove();
        }
        for settings in wanted {
            let is_new = match self.running.lock().get(&settings.name) {
                Some(receiver) => {
                    receiver.change(settings.clone());
                    false
                }
                None => true,
            };
            if is_new {
                self.begin(settings);
            }
        }
    }

    /// Ends all, which have been told to.
    pub(super) async fn end(&self) {
        let running = std::mem::take(&mut *self.running.lock());
        for receiver in running.into_values() {
            receiver.end().await;
        }
    }

    /// Follows the Secret until the process ends.
    pub(super) async fn follow(self: Arc<Self>, client: Client, secret: ObjectKey) {
        let changed = Arc::new(Notify::new());
        changed.notify_one();
        let (stop, news) = (self.stop.clone(), Arc::clone(&changed));
        let api: Api<PartialObjectMeta<Secret>> = Api::namespaced(client.clone(), &secret.namespace);
        let watching = one(api, &secret.name, stop.clone(), move |_| news.notify_one());
        let reading = async {
            let api: Api<Secret> = Api::namespaced(client, &secret.namespace);
            let mut told = None;
            loop {
                changed.notified().await;
                while !self.read(&api, &secret, &mut told).await {
                    tokio::select! {
                        () = changed.notified() => {}
                        () = tokio::time::sleep(AGAIN) => {}
                    }
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = watching => {}
            () = reading => {}
        }
    }

    /// Reads the Secret and follows it; false when it cannot be read now. What is wrong is told once.
    async fn read(&self, api: &Api<Secret>, key: &ObjectKey, told: &mut Option<Vec<String>>) -> bool {
        let (wanted, problems, done) = match api.get_opt(&key.name).await.map_err(cluster::Error::from) {
            Err(error) => (None, vec![error.message().to_owned()], false),
            Ok(None) => (Some(Vec::new()), vec!["there is no such Secret".to_owned()], true),
            Ok(Some(secret)) => {
                let (wanted, problems) = parsed(&secret);
                (wanted, problems, true)
            }
        };
        if told.as_ref() != Some(&problems) {
            for problem in &problems {
                tracing::error!(secret = %key, error = %problem, "--alert-config");
            }
            *told = Some(problems);
        }
        if let Some(wanted) = wanted {
            tracing::info!(secret = %key, receivers = wanted.len(), "alerts are sent to the receivers of --alert-config");
            self.change(wanted);
        }
        done
    }
}

/// The receivers of a Secret; `None` where it cannot be read, and those before stay.
fn parsed(secret: &Secret) -> (Option<Vec<Settings>>, Vec<String>) {
    let Some(file) = secret.data.as_ref().and_then(|data| data.get(FILE)) else {
        return (Some(Vec::new()), vec![format!("it has no key {FILE}")]);
    };
    let words = |errors: Vec<SettingsError>| errors.iter().map(ToString::to_string).collect();
    match std::str::from_utf8(&file.0).map_err(|_| SettingsError::NoYaml).and_then(read) {
        Ok((good, bad)) => (Some(good), words(bad)),
        Err(error) => (None, words(vec![error])),
    }
}

#[cfg(test)]
mod tests;
