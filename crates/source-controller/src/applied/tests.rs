//! Which files Kustomizations name, and that none of them is collected within the bound, whatever happens in between.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use artifact::store::gc::{Kept, Others, Retention};
use proptest::prelude::*;
use reconcile_core::ObjectKey;
use reconcile_core::watch::{Bad, Change, Gone};
use serde_json::{Value, json};

use super::{Applied, Bound, User, file_of, uses};
use crate::published::Published;
use crate::samples::Disk;

const FOLDER: &str = "gitrepository/ns/app";
const BOUND: Bound = Bound { records: 3, bytes: 1000 };

fn user(name: &str, source: Value, applied: Option<&str>, attempted: Option<&str>) -> User {
    serde_json::from_value(json!({
        "metadata": {"name": name, "namespace": "ns", "uid": name},
        "spec": {"sourceRef": source, "prune": true, "interval": "1m"},
        "status": {
            "lastAppliedRevision": applied, "lastAttemptedRevision": attempted,
            "inventory": {"entries": [{"id": "x", "v": "v1"}]},
        },
    }))
    .unwrap()
}

fn app(name: &str, applied: &str) -> User {
    user(name, json!({"kind": "GitRepository", "name": "app"}), Some(applied), None)
}

fn gone(name: &str) -> Change<User> {
    Change::Deleted(Gone { key: ObjectKey::new("ns", name), uid: name.to_owned(), missed: false })
}

fn unreadable(name: &str) -> Change<User> {
    let (key, uid, error) = (ObjectKey::new("ns", name), name.to_owned(), "x".to_owned());
    Change::Undecodable(Bad { key, uid, generation: 1, error })
}

#[test]
fn a_revision_is_a_file() {
    let hash = "ab".repeat(20);
    for (kind, revision, file) in [
        ("GitRepository", format!("main@sha1:{hash}"), Some(format!("{hash}.tar.gz"))),
        ("GitRepository", format!("sha1:{hash}"), Some(format!("{hash}.tar.gz"))),
        ("OCIRepository", format!("6.1@sha256:{hash}"), Some(format!("sha256:{hash}.tar.gz"))),
        ("OCIRepository", format!("sha256:{hash}"), Some(format!("sha256:{hash}.tar.gz"))),
        ("Bucket", format!("sha256:{hash}"), Some(format!("{hash}.tar.gz"))),
        ("ExternalArtifact", format!("sha256:{hash}"), None),
    ] {
        assert_eq!(file_of(kind, &revision), file, "{kind} {revision}");
    }
}

#[test]
fn what_is_applied_and_what_is_attempted_is_named_in_the_sources_folder() {
    let source = json!({"kind": "OCIRepository", "name": "app", "namespace": "other"});
    let (folder, files) = uses(&user("a", source.clone(), Some("1@sha256:aa"), Some("2@sha256:bb"))).unwrap();
    assert_eq!(folder, "ocirepository/other/app");
    assert_eq!(files, BTreeSet::from(["sha256:aa.tar.gz".to_owned(), "sha256:bb.tar.gz".to_owned()]));
    assert_eq!(uses(&user("a", source, None, None)), None);
}

#[test]
fn what_is_named_and_what_else_may_be() {
    let applied = Applied::new(BOUND);
    let now = || {
        let Kept { needed, others, .. } = applied.kept(FOLDER);
        (others, needed.into_iter().collect::<Vec<_>>().join(" "))
    };
    let is = |others: Others, names: &str| (others, names.to_owned());
    assert_eq!(now(), is(Others::Unknown, ""));
    applied.take(&Change::Applied(app("a", "main@sha1:1")));
    assert_eq!(now(), is(Others::Unknown, "1.tar.gz"));
    applied.take(&Change::Synced);
    assert_eq!(now(), is(Others::Free, "1.tar.gz"));
    applied.take(&Change::Applied(app("b", "main@sha1:2")));
    assert_eq!(now(), is(Others::Free, "1.tar.gz 2.tar.gz"));
    applied.take(&Change::Applied(app("a", "main@sha1:2")));
    applied.take(&gone("b"));
    assert_eq!(now(), is(Others::Free, "2.tar.gz"));
    applied.take(&Change::Failed(cluster::Error::invalid_request("x")));
    assert_eq!(now(), is(Others::Doubtful, "2.tar.gz"), "what was known, and what was not heard of since");
    applied.take(&Change::Applied(app("c", "main@sha1:3")));
    assert_eq!(now(), is(Others::Doubtful, "2.tar.gz 3.tar.gz"));
    applied.take(&unreadable("c"));
    applied.take(&gone("a"));
    assert_eq!(now(), is(Others::Doubtful, "3.tar.gz"), "a was deleted meanwhile, c runs what it ran");
    applied.take(&Change::Synced);
    assert_eq!(now(), is(Others::Free, "3.tar.gz"));
    let elsewhere = user("c", json!({"kind": "Bucket", "name": "app"}), Some("sha256:4"), None);
    applied.take(&Change::Applied(elsewhere));
    assert_eq!(now(), is(Others::Free, ""));
    assert_eq!(applied.kept("bucket/ns/app").needed, BTreeSet::from(["4.tar.gz".to_owned()]));
    assert_eq!(Applied::new(Bound { records: 0, bytes: 9 }).kept(FOLDER), Kept::default(), "off");
}

/// What may happen, in any order.
#[derive(Clone, Debug)]
enum Step {
    /// A revision is published; ten bytes.
    Publish(u8),
    /// A Kustomization's status names a published revision.
    Apply(u8, u8),
    /// A Kustomization is deleted.
    Delete(u8),
    /// The process dies; the next one has heard of nothing yet.
    Crash,
    /// The watch fails, and tells nothing until it is complete again.
    Fail,
    /// The watch lists, and is complete.
    List,
    /// Garbage is collected, so many seconds later.
    Collect(u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..20u8).prop_map(Step::Publish),
        4 => (0..3u8, 0..20u8).prop_map(|(who, what)| Step::Apply(who, what)),
        1 => (0..3u8).prop_map(Step::Delete),
        1 => Just(Step::Crash),
        1 => Just(Step::Fail),
        3 => Just(Step::List),
        5 => (0..300u16).prop_map(Step::Collect),
    ]
}

/// A disk, a process, and three Kustomizations, which is as many as the bound allows.
struct World {
    disk: Disk,
    published: Published,
    applied: Applied,
    /// Whether the watch tells.
    is_heard: bool,
    /// Whether a list was complete since the process began.
    has_known: bool,
    current: Option<String>,
    /// What Kustomizations run.
    runs: BTreeMap<u8, u8>,
    /// What of it was told of.
    told: BTreeMap<u8, u8>,
    now: SystemTime,
}

const RETENTION: Retention = Retention { ttl: Duration::from_secs(60), records: 2 };

impl World {
    fn files(&self) -> BTreeSet<String> {
        self.disk.storage.files(&self.disk.place).unwrap().into_iter().collect()
    }

    fn tell(&mut self, who: u8) {
        let revision = self.runs[&who];
        self.applied.take(&Change::Applied(app(&who.to_string(), &format!("main@sha1:{revision}"))));
        self.told.insert(who, revision);
    }

    fn go(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match *step {
            Step::Publish(revision) => {
                let name = format!("{revision}.tar.gz");
                self.disk.publish(&self.published, &name, b"0123456789");
                self.current = Some(name);
            }
            Step::Apply(who, revision) => {
                // Only what can be fetched is applied.
                if self.files().contains(&format!("{revision}.tar.gz")) {
                    self.runs.insert(who, revision);
                    if self.is_heard {
                        self.tell(who);
                    }
                }
            }
            Step::Delete(who) => {
                self.runs.remove(&who);
                if self.is_heard {
                    self.applied.take(&gone(&who.to_string()));
                    self.told.remove(&who);
                }
            }
            Step::Crash => {
                self.applied = Applied::new(BOUND);
                (self.is_heard, self.has_known) = (false, false);
                // Nothing is collected before all of it is known.
                self.told = self.runs.clone();
            }
            Step::Fail => {
                self.applied.take(&Change::Failed(cluster::Error::invalid_request("x")));
                self.is_heard = false;
                if !self.has_known {
                    self.told.clear();
                }
            }
            Step::List => {
                self.told.clear();
                for who in self.runs.keys().copied().collect::<Vec<_>>() {
                    self.tell(who);
                }
                for who in (0..3).filter(|who| !self.runs.contains_key(who)) {
                    self.applied.take(&gone(&who.to_string()));
                }
                self.applied.take(&Change::Synced);
                (self.is_heard, self.has_known) = (true, true);
            }
            Step::Collect(seconds) => return self.collect(seconds),
        }
        Ok(())
    }

    fn collect(&mut self, seconds: u16) -> Result<(), TestCaseError> {
        self.now += Duration::from_secs(seconds.into());
        let current: Vec<&str> = self.current.iter().map(String::as_str).collect();
        let kept = self.applied.kept(FOLDER);
        let before = self.files();
        self.disk.storage.collect(&self.disk.place, &current, &RETENTION, &kept, self.now).unwrap();
        let there = self.files();
        for name in self.told.values().map(|revision| format!("{revision}.tar.gz")) {
            prop_assert!(there.contains(&name), "{name} of {there:?}, {before:?} before");
        }
        if let Some(current) = &self.current {
            prop_assert!(there.contains(current));
        }
        let most = match kept.others {
            Others::Free => kept.needed.len() + RETENTION.records,
            Others::Doubtful => BOUND.records + RETENTION.records,
            Others::Unknown => before.len(),
        };
        prop_assert!(there.len() <= most + 1, "{there:?} of {kept:?}");
        // What ran unheard of may be lost once the bound is full, which is the limit of the promise.
        self.runs.retain(|_, revision| there.contains(&format!("{revision}.tar.gz")));
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_a_kustomization_is_known_to_run_is_never_collected(
        steps in prop::collection::vec(step(), 1..60)
    ) {
        let mut world = World {
            disk: Disk::new(),
            published: Published::default(),
            applied: Applied::new(BOUND),
            is_heard: false,
            has_known: false,
            current: None,
            runs: BTreeMap::new(),
            told: BTreeMap::new(),
            now: SystemTime::now(),
        };
        for step in &steps {
            world.go(step)?;
        }
    }
}
