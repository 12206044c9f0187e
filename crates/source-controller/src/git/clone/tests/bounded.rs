//! Clones that end with a commit, where one is wanted that is before it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use reqwest::Url;
use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Bench, commit};
use crate::access::Access;
use crate::git::clients::{Clients, Reach};
use crate::git::clone::Updater;
use crate::git::clones::Purpose;
use crate::git::http::{Http, Session};
use crate::git::ssh::Algorithms;
use crate::upstream::Resolved;

/// A session with the bench's repository.
fn session(bench: &Bench) -> Arc<Session> {
    let access = Access::default();
    let clients = Arc::new(Clients::new("test".to_owned()));
    Arc::new(Session {
        client: clients.client(access.tls(), access.proxy(), Reach::Anywhere).unwrap(),
        clients,
        runtime: Handle::current(),
        origin: Url::parse(bench.repository.url()).unwrap(),
        access,
        deadline: Instant::now() + Duration::from_secs(120),
        cancelled: CancellationToken::new(),
        private_redirects: false,
        memory: None,
        received: Arc::default(),
    })
}

/// A server that gives no commit by itself gives its history: `exact` is what such a refusal comes to.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_before_the_end_of_a_clone_can_be_had() {
    let bench = Bench::new().await;
    let first = bench.commit("main", "1");
    bench.commit("main", "2");
    let last = bench.commit("main", "3");
    let run = bench.git.clones.begin("u", "ns");
    let session = session(&bench);
    let asking = tokio::task::spawn_blocking(move || {
        let kept = run.claim(&session.origin, &session.access, Purpose::Module(Reach::Anywhere)).unwrap();
        let ask = |id: &str, exact: bool| {
            let updater = Updater {
                kept: &kept,
                url: session.origin.as_str(),
                http: &|| Http::new(Arc::clone(&session)),
                algorithms: &Algorithms::default(),
                exact,
                interrupt: &AtomicBool::new(false),
                known: None,
            };
            updater.update(&commit(id, None)).map_err(|error| error.to_string())
        };
        ask(&last, true).unwrap();
        assert!(kept.open().unwrap().is_shallow().unwrap(), "it has one commit");
        let (found, same) = ask(&first, false).unwrap();
        assert!(same.is(&kept));
        let Resolved::Revision { place, .. } = found else { unreachable!("nothing was known") };
        assert_eq!(place.commit, first);
        assert!(!kept.open().unwrap().is_shallow().unwrap(), "and now all of them");
        let absent = "1".repeat(40);
        let told = format!("unable to resolve commit object for '{absent}': object not found");
        assert_eq!(ask(&absent, true).map(drop), Err(told));
    });
    asking.await.unwrap();
}
