//! Work on threads of its own.

use std::sync::mpsc;

use super::run;

#[tokio::test]
async fn results_and_panics_come_back() {
    assert_eq!(run("t", || 1 + 1).await, Ok(2));
    let panicked: Result<(), String> = run("t", || unreachable!("bites")).await;
    assert!(panicked.unwrap_err().contains("bites"));
    let name = run("fetch", || std::thread::current().name().map(str::to_owned)).await;
    assert_eq!(name, Ok(Some("fetch".to_owned())));
}

/// A runtime with one thread for blocking work, which is taken: what waits for it would never end.
#[test]
fn the_pool_of_the_runtime_is_not_used() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let (release, held) = mpsc::channel::<()>();
        let taken = tokio::task::spawn_blocking(move || held.recv());
        let several = futures::future::join_all((0..100).map(|number| run("t", move || number)));
        assert!(several.await.into_iter().all(|outcome| outcome.is_ok()));
        drop(release);
        assert!(taken.await.unwrap().is_err());
    });
}
