//! The place among those that work.

use super::Worker;
use crate::fault::FaultKind;
use crate::samples::Lent;
use futures::FutureExt as _;

#[tokio::test]
async fn a_place_is_taken_once_and_given_back() {
    let lent = Lent::new().await;
    let (mut first, mut second) = (Worker::new(&lent.control), Worker::new(&lent.control));
    first.work().await.unwrap();
    first.work().await.unwrap();
    // There is one place: the second has it only once the first has given it back.
    tokio::select! {
        biased;
        _ = second.work() => panic!("two at one place"),
        () = std::future::ready(()) => {}
    }
    first.rest();
    second.work().await.unwrap();
}

#[tokio::test]
async fn a_newer_input_ends_the_wait_for_a_place() {
    let lent = Lent::new().await;
    let (mut first, mut second) = (Worker::new(&lent.control), Worker::new(&lent.control));
    first.work().await.unwrap();
    lent.cancel();
    assert_eq!(second.work().await.unwrap_err().kind, FaultKind::Cancelled);
    assert!(second.permit.is_none() && first.permit.is_some());
}

#[tokio::test]
async fn another_namespace_has_its_turn_between_two_pieces() {
    let lent = Lent::new().await;
    let other = lent.beside("other").await;
    let (mut first, mut second) = (Worker::new(&lent.control), Worker::new(&other));
    first.work().await.unwrap();
    // Nobody waits: nothing is given back.
    first.take_turns().now_or_never().unwrap().unwrap();
    let mut theirs = Box::pin(second.work());
    assert!(futures::poll!(&mut theirs).is_pending());
    let mut ours = Box::pin(first.take_turns());
    assert!(futures::poll!(&mut ours).is_pending(), "it is the other one's turn");
    theirs.await.unwrap();
    second.rest();
    ours.await.unwrap();
    assert!(first.permit.is_some());
}

#[tokio::test]
async fn ones_own_namespace_waits_for_the_end() {
    let lent = Lent::new().await;
    let mut first = Worker::new(&lent.control);
    let mut second = Worker::new(&lent.control);
    first.work().await.unwrap();
    let mut theirs = Box::pin(second.work());
    assert!(futures::poll!(&mut theirs).is_pending());
    first.take_turns().now_or_never().unwrap().unwrap();
    assert!(futures::poll!(&mut theirs).is_pending());
}
