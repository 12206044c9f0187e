//! Who is woken by what.

use health::beside::Kin;
use reconcile_core::ObjectKey;
use reconcile_core::watch_pool::WatchedKind;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{Touched, Wakes};
use crate::place::Place;
use crate::samples::{job, key, pod, repository};

fn wakes() -> (Wakes, UnboundedReceiver<ObjectKey>) {
    let (queue, woken) = unbounded_channel();
    (Wakes::new(queue), woken)
}

/// Names of those that something wakes.
fn woken(wakes: &Wakes, queue: &mut UnboundedReceiver<ObjectKey>, touched: Touched) -> String {
    wakes.wake_for(&touched);
    let mut names = Vec::new();
    while let Ok(key) = queue.try_recv() {
        names.push(key.name);
    }
    names.join(" ")
}

#[test]
fn an_object_wakes_who_lists_it_and_a_kind_who_lists_any_of_it() {
    let (wakes, mut queue) = wakes();
    let (a, b) = ((job(), key("a")), (job(), key("b")));
    wakes.follow_objects(&key("one"), &[a.clone(), b.clone()], &[]);
    wakes.follow_objects(&key("two"), &[b, (pod(), key("p"))], &[]);
    let mut go = |touched| woken(&wakes, &mut queue, touched);
    assert_eq!(go(Touched::Object(job(), key("a"))), "one");
    assert_eq!(go(Touched::Object(job(), key("b"))), "one two");
    assert_eq!(go(Touched::Object(pod(), key("b"))), "", "of another kind");
    assert_eq!(go(Touched::Kind(job())), "one two", "each once");
    assert_eq!(go(Touched::Kind(pod())), "two");
    wakes.follow_objects(&key("one"), &[a], &[]);
    assert_eq!(go(Touched::Object(job(), key("b"))), "two", "it has left the inventory");
    wakes.follow_objects(&key("one"), &[], &[]);
    assert_eq!(go(Touched::Kind(job())), "two");
    wakes.follow_objects(&key("one"), &[], &[job()]);
    assert_eq!(go(Touched::Kind(job())), "one two", "something of it may still be leaving");
    assert_eq!(go(Touched::Object(job(), key("b"))), "two");
}

#[test]
fn a_source_wakes_who_names_it_and_its_kind_all_who_name_one() {
    let (wakes, mut queue) = wakes();
    let bucket = WatchedKind::gvk("source.toolkit.fluxcd.io", "v1", "Bucket");
    wakes.follow_sources(&key("one"), &[(repository(), key("app"))]);
    wakes.follow_sources(&key("two"), &[(repository(), key("lib"))]);
    wakes.follow_sources(&key("three"), &[(bucket.clone(), key("app"))]);
    let mut go = |touched| woken(&wakes, &mut queue, touched);
    assert_eq!(go(Touched::Source(repository(), key("app"))), "one");
    assert_eq!(go(Touched::Sources(repository())), "one two");
    assert_eq!(go(Touched::Sources(bucket.clone())), "three");
    assert_eq!(go(Touched::Object(repository(), key("app"))), "", "it is in nobody's inventory");
    wakes.follow_sources(&key("two"), &[]);
    assert_eq!(go(Touched::Sources(repository())), "one", "it can no longer be looked at");
    wakes.follow_sources(&key("one"), &[(bucket.clone(), key("app"))]);
    assert_eq!(go(Touched::Sources(repository())), "");
    assert_eq!(go(Touched::Source(bucket, key("app"))), "one three");
}

#[test]
fn dependencies_and_what_is_beside_objects_wake_who_waits_for_them() {
    let (wakes, mut queue) = wakes();
    wakes.follow_dependencies(&key("web"), [key("crds"), key("base")].into_iter());
    wakes.follow_dependencies(&key("api"), [key("base")].into_iter());
    let pods = |namespace: &str| Place::of(Kin::Pod, namespace);
    wakes.follow_beside(&key("web"), [pods("apps"), pods("jobs")].into_iter());
    let mut go = |touched| woken(&wakes, &mut queue, touched);
    assert_eq!(go(Touched::Dependency(key("base"))), "api web");
    assert_eq!(go(Touched::Dependency(key("crds"))), "web");
    assert_eq!(go(Touched::Dependency(key("web"))), "", "nobody depends on it");
    assert_eq!(go(Touched::Beside(pods("apps"))), "web");
    assert_eq!(go(Touched::Beside(Place::of(Kin::Event, "apps"))), "", "another kin");
    wakes.follow_beside(&key("web"), [pods("jobs")].into_iter());
    assert_eq!(go(Touched::Beside(pods("apps"))), "", "all is well there");
    assert_eq!(go(Touched::Beside(pods("jobs"))), "web");
}

#[test]
fn what_is_leaving_wakes_whose_it_is_also_out_of_the_inventory() {
    let (wakes, mut queue) = wakes();
    wakes.follow_objects(&key("one"), &[(job(), key("a"))], &[]);
    let mut go = |touched| woken(&wakes, &mut queue, touched);
    assert_eq!(go(Touched::Leaving(job(), key("a"), vec![key("one"), key("two")])), "one two", "each once");
    assert_eq!(go(Touched::Kustomizations(vec![key("three")])), "three");
}

#[test]
fn who_is_gone_is_woken_by_nothing() {
    let (wakes, mut queue) = wakes();
    for name in ["web", "api"] {
        wakes.follow_objects(&key(name), &[(job(), key("a"))], &[]);
        wakes.follow_sources(&key(name), &[(repository(), key("app"))]);
        wakes.follow_dependencies(&key(name), [key("base")].into_iter());
        wakes.follow_beside(&key(name), [Place::of(Kin::Pod, "apps")].into_iter());
    }
    wakes.forget(&key("web"));
    for touched in [
        Touched::Object(job(), key("a")),
        Touched::Kind(job()),
        Touched::Source(repository(), key("app")),
        Touched::Sources(repository()),
        Touched::Dependency(key("base")),
        Touched::Beside(Place::of(Kin::Pod, "apps")),
        Touched::Leaving(job(), key("a"), Vec::new()),
    ] {
        assert_eq!(woken(&wakes, &mut queue, touched.clone()), "api", "{touched:?}");
    }
}

#[test]
fn nobody_listens_at_the_end_and_that_is_no_fault() {
    let (wakes, queue) = wakes();
    wakes.follow_objects(&key("web"), &[(job(), key("a"))], &[]);
    drop(queue);
    wakes.wake_for(&Touched::Kind(job()));
}

#[test]
fn a_source_wakes_those_whose_rival_names_it() {
    let (wakes, mut queue) = wakes();
    wakes.follow_sources(&key("one"), &[(repository(), key("app")), (repository(), key("lib"))]);
    wakes.follow_sources(&key("two"), &[(repository(), key("lib")), (repository(), key("app"))]);
    let mut go = |touched| woken(&wakes, &mut queue, touched);
    assert_eq!(go(Touched::Source(repository(), key("app"))), "one two");
    assert_eq!(go(Touched::Sources(repository())), "one two", "each once");
}
