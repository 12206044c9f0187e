//! What is reported for what kube's watcher says, and which error an error is.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use insta::assert_snapshot;
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use kube::core::{ObjectMeta, Status};
use kube_runtime::watcher::{self, Event};

use super::{Raw, Scope, Wake, error_of, next, take};
use crate::watch::known::Known;

fn object(name: &str, uid: &str) -> ConfigMap {
    ConfigMap {
        metadata: ObjectMeta {
            namespace: Some("ns".to_owned()),
            name: Some(name.to_owned()),
            uid: Some(uid.to_owned()),
            managed_fields: Some(vec![ManagedFieldsEntry::default()]),
            ..ObjectMeta::default()
        },
        ..ConfigMap::default()
    }
}

/// What is reported, a line each.
fn reports(scope: &Scope, events: Vec<Event<ConfigMap>>) -> String {
    let mut known = Known::default();
    let mut lines = Vec::new();
    for event in events {
        take(event, scope, &mut known, &mut |raw| {
            lines.push(match raw {
                Raw::Seen(object) => {
                    let metadata = object.metadata;
                    let managed = metadata.managed_fields.map_or("", |_| " with managed fields");
                    let (name, uid) = (metadata.name.unwrap_or_default(), metadata.uid.unwrap_or_default());
                    format!("seen {name} {uid}{managed}")
                }
                Raw::Gone(gone) => {
                    format!("gone {} {}{}", gone.key, gone.uid, if gone.missed { " missed" } else { "" })
                }
                Raw::Synced => "synced".to_owned(),
                Raw::Failed(error) => format!("failed {error}"),
                Raw::Panicked(said) => format!("panicked {said}"),
            });
        });
    }
    lines.join("\n")
}

#[test]
fn lists_and_events_become_reports() {
    let events = vec![
        Event::Init,
        Event::InitApply(object("a", "1")),
        Event::InitApply(object("b", "1")),
        Event::InitDone,
        Event::Apply(object("c", "1")),
        Event::Delete(object("b", "1")),
        Event::Init,
        Event::InitApply(object("c", "2")),
        Event::InitDone,
    ];
    assert_snapshot!(reports(&Scope::default(), events), @r"
    seen a 1
    seen b 1
    synced
    seen c 1
    gone ns/b 1
    gone ns/c 1 missed
    seen c 2
    gone ns/a 1 missed
    synced
    ");
}

#[test]
fn managed_fields_are_kept_for_those_who_ask() {
    let events = || vec![Event::Init, Event::InitApply(object("a", "1")), Event::Apply(object("a", "1"))];
    assert_snapshot!(reports(&Scope { managed_fields: true, ..Scope::default() }, events()), @r"
    seen a 1 with managed fields
    seen a 1 with managed fields
    ");
    assert!(!reports(&Scope::default(), events()).contains("managed"));
}

#[test]
fn a_list_that_breaks_off_denies_nothing() {
    let events = vec![
        Event::Init,
        Event::InitApply(object("a", "1")),
        Event::InitDone,
        Event::Init,
        Event::Init,
        Event::InitApply(object("a", "1")),
    ];
    assert_snapshot!(reports(&Scope::default(), events), @r"
    seen a 1
    synced
    seen a 1
    ");
}

/// Whatever a panic interrupts, the next list leaves its listener with what exists, and with nothing else.
#[test]
fn what_a_panic_kept_from_being_taken_comes_again() {
    let story = || {
        vec![
            Event::Init,
            Event::InitApply(object("a", "1")),
            Event::InitApply(object("b", "1")),
            Event::InitApply(object("c", "1")),
            Event::InitDone,
            Event::Delete(object("b", "1")),
            Event::Apply(object("c", "2")),
            Event::Init,
            Event::InitApply(object("c", "2")),
            Event::InitDone,
        ]
    };
    let last_list = || vec![Event::Init, Event::InitApply(object("c", "2")), Event::InitDone];
    for trouble in 0..12 {
        let (mut known, mut said) = (Known::default(), 0);
        let mut believed = BTreeMap::new();
        for event in story().into_iter().chain(last_list()) {
            let mut listen = |raw| {
                said += 1;
                assert!(said != trouble + 1, "trouble");
                match raw {
                    Raw::Seen(ConfigMap { metadata, .. }) => {
                        drop(believed.insert(metadata.name.unwrap(), metadata.uid.unwrap()));
                    }
                    Raw::Gone(gone) if believed.get(&gone.key.name) == Some(&gone.uid) => {
                        drop(believed.remove(&gone.key.name));
                    }
                    _ => {}
                }
            };
            let taken = AssertUnwindSafe(|| take(event, &Scope::default(), &mut known, &mut listen));
            drop(catch_unwind(taken));
        }
        assert_eq!(believed, BTreeMap::from([("c".to_owned(), "2".to_owned())]), "after word {trouble}");
    }
}

#[test]
fn errors_say_whether_the_watch_was_opened() {
    let status = |code: u16| Box::new(Status { code, ..Status::failure("no", "") });
    let answer = |code: u16| kube::Error::Api(status(code));
    for (error, class, at_start) in [
        (watcher::Error::WatchStartFailed(answer(410)), cluster::Class::Expired, true),
        (watcher::Error::WatchStartFailed(answer(403)), cluster::Class::Forbidden, true),
        (watcher::Error::InitialListFailed(answer(403)), cluster::Class::Forbidden, false),
        (watcher::Error::WatchFailed(answer(403)), cluster::Class::Forbidden, false),
        (watcher::Error::WatchError(status(410)), cluster::Class::Expired, false),
    ] {
        let text = format!("{error:?}");
        let (error, opening) = error_of(error);
        assert_eq!((error.classify(), opening), (class, at_start), "{text}");
    }
    let (error, _) = error_of(watcher::Error::NoResourceVersion);
    assert!(error.to_string().contains("metadata.resourceVersion"), "{error}");
}

#[tokio::test]
async fn everything_is_listed_again_when_somebody_asks() {
    let wake = Wake::default();
    let mut events = futures::stream::iter([1, 2]);
    assert_eq!(next(&mut events, &wake).await, Some(1));
    let mut silent = futures::stream::pending::<u8>();
    wake.again();
    assert_eq!(next(&mut silent, &wake).await, None);
    wake.now();
    assert_eq!(next(&mut events, &wake).await, Some(2), "a pause that ends is none of its business");
}
