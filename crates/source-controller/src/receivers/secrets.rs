//! The Secrets that Receivers name: which version of each is there, and who has to hear when that changes. One watch each,
//! of metadata alone, from the first Receiver that names it to the last. Contents are read by `look`.
//!
//! Why no change is lost: a look says which version it read, and both that and every word of a watch are compared under one
//! lock. Whichever comes second finds the difference. Where a watch is not allowed, the Receiver's interval has to do.
//!
//! Why nobody is woken in vain: a watch may lag behind. What is read is at least as new as whatever the watch had said
//! before, so it is compared only with what the watch said meanwhile; and a watch that says something older wakes nobody.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use k8s_openapi::api::core::v1::Secret;
use kube::api::PartialObjectMeta;
use kube::{Api, Client};
use parking_lot::Mutex;
use reconcile_core::ObjectKey;
use reconcile_core::watch::one;
use tokio_util::sync::CancellationToken;

#[cfg(test)]
mod tests;

/// `metadata.uid` and `metadata.resourceVersion`; none of a Secret that is not there.
pub(super) type Version = Option<(String, String)>;

/// Of an object that is there.
pub(super) fn version(metadata: &kube::core::ObjectMeta) -> Version {
    Some((metadata.uid.clone().unwrap_or_default(), metadata.resource_version.clone().unwrap_or_default()))
}

type Alarm = Box<dyn Fn(&ObjectKey) + Send + Sync>;

/// See the module.
pub(super) struct Secrets {
    /// None in tests, which say themselves what is there.
    client: Option<Client>,
    stop: CancellationToken,
    alarm: OnceLock<Alarm>,
    named: Mutex<Named>,
}

#[derive(Default)]
struct Named {
    /// The Secret of each Receiver.
    of: HashMap<ObjectKey, ObjectKey>,
    entries: HashMap<ObjectKey, Entry>,
}

struct Entry {
    /// Who names it.
    users: HashMap<ObjectKey, User>,
    /// What the watch says; none while it says nothing.
    now: Option<Version>,
    /// How often it has said something.
    words: u64,
    watch: CancellationToken,
}

#[derive(Default)]
struct User {
    /// Which version it has read.
    read: Option<Version>,
    /// How often the watch had said something when it began to read.
    words: u64,
}

/// Whether what the watch says comes after what was read. Versions are numbers, of one count for all Secrets; where they are
/// none, and of a Secret that is not there, whatever differs may come after.
fn is_after(said: &Version, read: &Version) -> bool {
    let number = |version: &Version| {
        let text = version.as_ref().map(|(_, version)| version.as_str());
        manifest::version_number(text)
    };
    match (number(said), number(read)) {
        (0, _) | (_, 0) => said != read,
        (said, read) => said > read,
    }
}

impl Secrets {
    pub(super) fn new(client: Client, stop: CancellationToken) -> Arc<Self> {
        Self::with(Some(client), stop)
    }

    fn with(client: Option<Client>, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self { client, stop, alarm: OnceLock::new(), named: Mutex::default() })
    }

    /// Who hears that a Receiver's Secret is another one than it read; set once.
    pub(super) fn on_alarm(&self, alarm: impl Fn(&ObjectKey) + Send + Sync + 'static) {
        drop(self.alarm.set(Box::new(alarm)));
    }

    /// From now on a Receiver names this Secret, and no other, and begins to read it.
    pub(super) fn refer(self: &Arc<Self>, key: &ObjectKey, secret: Option<&ObjectKey>) {
        let mut named = self.named.lock();
        if named.of.get(key) == secret {
            if let Some(entry) = secret.and_then(|secret| named.entries.get_mut(secret)) {
                entry.users.entry(key.clone()).or_default().words = entry.words;
            }
            return;
        }
        if let Some(before) = named.of.remove(key)
            && let Some(entry) = named.entries.get_mut(&before)
        {
            entry.users.remove(key);
            if entry.users.is_empty() {
                entry.watch.cancel();
                named.entries.remove(&before);
            }
        }
        let Some(secret) = secret else { return };
        named.of.insert(key.clone(), secret.clone());
        let entry = named.entries.entry(secret.clone()).or_insert_with(|| {
            let watch = self.stop.child_token();
            self.watch(secret.clone(), watch.clone());
            Entry { users: HashMap::new(), now: None, words: 0, watch }
        });
        entry.users.insert(key.clone(), User { read: None, words: entry.words });
    }

    /// A Receiver has read its Secret in this version.
    pub(super) fn read(&self, key: &ObjectKey, version: Version) {
        let is_old = {
            let mut named = self.named.lock();
            let Named { of, entries } = &mut *named;
            let Some(entry) = of.get(key).and_then(|secret| entries.get_mut(secret)) else { return };
            let Some(user) = entry.users.get_mut(key) else { return };
            let is_old =
                user.words != entry.words && entry.now.as_ref().is_some_and(|now| is_after(now, &version));
            user.read = Some(version);
            is_old
        };
        if is_old {
            self.tell(key);
        }
    }

    /// A watch says what is there; none when it cannot tell any more.
    fn observe(&self, secret: &ObjectKey, now: Option<Version>) {
        let mut out_of_date = Vec::new();
        {
            let mut named = self.named.lock();
            let Some(entry) = named.entries.get_mut(secret) else { return };
            if let Some(now) = &now {
                let is_old = |user: &User| user.read.as_ref().is_some_and(|read| is_after(now, read));
                let old = entry.users.iter().filter(|(_, user)| is_old(user));
                out_of_date.extend(old.map(|(key, _)| key.clone()));
            }
            entry.now = now;
            entry.words += 1;
        }
        for key in out_of_date {
            self.tell(&key);
        }
    }

    fn tell(&self, key: &ObjectKey) {
        if let Some(alarm) = self.alarm.get() {
            alarm(key);
        }
    }

    fn watch(self: &Arc<Self>, secret: ObjectKey, stop: CancellationToken) {
        let Some(client) = self.client.clone() else { return };
        let secrets = Arc::clone(self);
        let api: Api<PartialObjectMeta<Secret>> = Api::namespaced(client, &secret.namespace);
        tokio::spawn(async move {
            let sink = |now: Option<Option<kube::core::ObjectMeta>>| {
                secrets.observe(&secret, now.map(|there| there.as_ref().and_then(version)));
            };
            one(api, &secret.name, stop, sink).await;
        });
    }
}
