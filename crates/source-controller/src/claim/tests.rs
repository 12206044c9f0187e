//! A folder has one replica.

use futures::FutureExt as _;
use tokio_util::sync::CancellationToken;

use super::take;

#[tokio::test(start_paused = true)]
async fn a_second_replica_waits_until_the_first_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, stop) = (folder.path().join("data"), CancellationToken::new());
    let first = take(&folder, &stop).await.unwrap().expect("free");
    let mut second = Box::pin(take(&folder, &stop));
    assert!(second.as_mut().now_or_never().is_none());
    drop(first);
    let second = second.await.unwrap();
    assert!(second.is_some());
    stop.cancel();
    assert!(take(&folder, &stop).await.unwrap().is_none(), "the process ends meanwhile");
}
