//! What is left for others, whatever one namespace asks for.

use std::pin::pin;

use futures::FutureExt as _;
use tokio_util::sync::CancellationToken;

use super::{Shares, permits};

#[test]
fn one_namespace_never_has_all() {
    for concurrent in [0, 1, 2, 10] {
        let (shares, token) = (Shares::new(concurrent), CancellationToken::new());
        let turn = |namespace| shares.turn(namespace, &token).now_or_never().flatten();
        let held: Vec<_> = std::iter::from_fn(|| turn("greedy")).take(100).collect();
        assert_eq!(held.len(), concurrent.max(1), "as many as the flag says, and no more");
        assert!(held.len() < permits(concurrent));
        assert!(turn("other").is_some(), "{concurrent}");
    }
}

#[tokio::test]
async fn a_share_that_is_given_back_is_the_next_ones() {
    let (shares, token) = (Shares::new(1), CancellationToken::new());
    let first = shares.turn("ns", &token).await;
    let mut second = pin!(shares.turn("ns", &token));
    assert!(second.as_mut().now_or_never().is_none());
    drop(first);
    assert!(second.await.is_some());
}

#[tokio::test]
async fn who_is_cancelled_waits_no_longer() {
    let (shares, token) = (Shares::new(1), CancellationToken::new());
    let _held = shares.turn("ns", &CancellationToken::new()).await;
    let mut waiting = pin!(shares.turn("ns", &token));
    assert!(waiting.as_mut().now_or_never().is_none());
    token.cancel();
    assert!(waiting.await.is_none());
    assert!(shares.turn("other", &token).await.is_none(), "not even what is free");
}
