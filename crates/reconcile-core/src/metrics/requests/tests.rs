//! That requests are counted for the job that sends them, and for no other.

use super::{count, counted};

#[tokio::test]
async fn each_job_counts_its_own() {
    let first = counted(async {
        count();
        tokio::task::yield_now().await;
        count();
        "first"
    });
    let second = counted(async {
        tokio::task::yield_now().await;
        count();
        "second"
    });
    assert_eq!(tokio::join!(first, second), (("first", 2), ("second", 1)));
}

#[tokio::test]
async fn outside_of_a_job_nothing_is_counted() {
    count();
    assert_eq!(counted(async {}).await, ((), 0));
}
