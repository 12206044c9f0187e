//! Orders of runs, writes and heals, with a clock that stands still while anybody can go on.

use super::{PATIENCE, Precedence, WRITES};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// What happened, in order.
type Log = Arc<Mutex<Vec<String>>>;

/// One run of a commit: it looks at the commit, applies what it has to apply, and says so.
async fn run(order: Arc<Precedence>, log: Log, name: usize, looks: Duration, applies: Option<Duration>) {
    let ahead = order.go_ahead();
    // The archive, which is fetched once for all.
    sleep(Duration::from_millis(1)).await;
    sleep(looks).await;
    match applies {
        Some(applies) => {
            sleep(applies).await;
            log.lock().push(format!("applied {name}"));
            drop(ahead);
        }
        None => {
            drop(ahead);
            let _leave = order.yield_to_all().await;
            sleep(Duration::from_millis(2)).await;
            log.lock().push(format!("wrote {name}"));
        }
    }
}

/// Whatever order the runs begin in, and however long the affected one looks: it has applied before any other writes.
#[tokio::test(start_paused = true)]
async fn what_a_commit_changes_is_applied_before_the_rest_is_written() {
    for affected in [0, 1, 50, 98, 99] {
        for looks in [0, 1, 40] {
            let (order, log) = (Arc::new(Precedence::default()), Log::default());
            let runs = (0..100_usize).map(|name| {
                let own = if name == affected { looks } else { (name % 7) as u64 };
                let applies = (name == affected).then_some(Duration::from_millis(300));
                tokio::spawn(run(
                    Arc::clone(&order),
                    Arc::clone(&log),
                    name,
                    Duration::from_millis(own),
                    applies,
                ))
            });
            for run in runs.collect::<Vec<_>>() {
                run.await.unwrap();
            }
            let log = log.lock();
            assert_eq!(log[0], format!("applied {affected}"), "looked for {looks} ms");
            assert_eq!(log.len(), 100);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_yields_for_ever() {
    let order = Arc::new(Precedence::default());
    let _forever = order.go_ahead();
    let start = Instant::now();
    let leaves: Vec<_> = futures::future::join_all((0..WRITES).map(|_| order.yield_to_all())).await;
    assert_eq!(start.elapsed(), PATIENCE);
    drop(leaves);
    // Those behind them have waited for their places meanwhile, and yield no longer for that.
    let (order, log) = (Arc::new(Precedence::default()), Log::default());
    let _forever = order.go_ahead();
    let start = Instant::now();
    let writes = (0..100).map(|name| {
        let (order, log) = (Arc::clone(&order), Arc::clone(&log));
        tokio::spawn(async move {
            let _leave = order.yield_to_all().await;
            sleep(Duration::from_millis(2)).await;
            log.lock().push(format!("wrote {name}"));
        })
    });
    for write in writes.collect::<Vec<_>>() {
        write.await.unwrap();
    }
    assert!(start.elapsed() < PATIENCE + Duration::from_millis(100), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn few_write_at_a_time() {
    let order = Arc::new(Precedence::default());
    let (now, most) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
    let writes = (0..100).map(|_| {
        let (order, now, most) = (Arc::clone(&order), Arc::clone(&now), Arc::clone(&most));
        tokio::spawn(async move {
            let _leave = order.yield_to_all().await;
            begin(&now, &most);
            sleep(Duration::from_millis(5)).await;
            *now.lock() -= 1;
        })
    });
    for write in writes.collect::<Vec<_>>() {
        write.await.unwrap();
    }
    assert_eq!(*most.lock(), WRITES);
}

#[tokio::test(start_paused = true)]
async fn who_has_left_is_not_yielded_to() {
    let order = Precedence::default();
    drop(order.go_ahead());
    let start = Instant::now();
    drop(order.yield_to_all().await);
    assert!(start.elapsed().is_zero());
}

/// One more writes now.
fn begin(now: &Mutex<usize>, most: &Mutex<usize>) {
    let mut now = now.lock();
    *now += 1;
    let mut most = most.lock();
    *most = (*most).max(*now);
}
