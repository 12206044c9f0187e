//! Who waits and who works, as numbers.

use prometheus::Registry;

use super::Workers;

/// The values of the queue's and workers' series of a controller that are counts of something.
fn counts(workers: &Workers, name: &'static str) -> [i64; 6] {
    let queue = workers.queue(name);
    let observed =
        |histogram: &prometheus::Histogram| i64::try_from(histogram.get_sample_count()).expect("few");
    [
        i64::try_from(queue.adds.get()).expect("few"),
        queue.depth.get(),
        observed(&queue.waited),
        queue.active.get(),
        observed(&queue.worked),
        i64::try_from(queue.running.lock().len()).expect("few"),
    ]
}

#[test]
fn a_run_waits_then_works_then_is_over() {
    let workers = Workers::new(&Registry::new());
    let waiting = workers.queued("a");
    assert_eq!(counts(&workers, "a"), [1, 1, 0, 0, 0, 0]);
    let working = waiting.begin();
    assert_eq!(counts(&workers, "a"), [1, 0, 1, 1, 0, 1]);
    let second = workers.queued("a").begin();
    assert_eq!(counts(&workers, "a"), [2, 0, 2, 2, 0, 2]);
    drop(working);
    assert_eq!(counts(&workers, "a"), [2, 0, 2, 1, 1, 1]);
    drop(second);
    assert_eq!(counts(&workers, "a"), [2, 0, 2, 0, 2, 0]);
}

#[test]
fn who_gives_up_waiting_never_worked() {
    let workers = Workers::new(&Registry::new());
    drop(workers.queued("a"));
    assert_eq!(counts(&workers, "a"), [1, 0, 0, 0, 0, 0]);
}

#[test]
fn controllers_are_counted_apart() {
    let workers = Workers::new(&Registry::new());
    let _one = workers.queued("a").begin();
    let _other = workers.queued("b");
    assert_eq!(counts(&workers, "a"), [1, 0, 1, 1, 0, 1]);
    assert_eq!(counts(&workers, "b"), [1, 1, 0, 0, 0, 0]);
}

#[test]
fn unfinished_work_is_shown_while_it_is_unfinished() {
    let workers = Workers::new(&Registry::new());
    workers.set_limit("a", 4);
    let figures = || {
        workers.refresh();
        let labels = &["a", "a"];
        (workers.longest.with_label_values(labels).get(), workers.unfinished.with_label_values(labels).get())
    };
    assert_eq!(figures(), (0.0, 0.0));
    let (first, second) = (workers.queued("a").begin(), workers.queued("a").begin());
    let (longest, all) = figures();
    assert!(longest > 0.0 && all >= longest, "{longest} {all}");
    drop((first, second));
    assert_eq!(figures(), (0.0, 0.0));
    assert_eq!(workers.max_concurrent.with_label_values(&["a"]).get(), 4);
}
