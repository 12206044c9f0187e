//! The place among those that work.

use super::Worker;
use crate::fault::FaultKind;
use crate::samples::Lent;

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
