//! That no change is lost while the API server stops in its tracks now and then: the stress test of
//! `cargo xtask chaos`, at a size for every day. It has a control plane of its own.

use anyhow::Result;
use testkit::chaos::{Options, Scenario, any_seed, run};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_called_applied_is_in_the_cluster() -> Result<()> {
    let options = Options {
        seed: any_seed(),
        per_commit: 50,
        scenarios: vec![
            (Scenario::Changes, 600),
            (Scenario::Heals, 100),
            (Scenario::SuspendResume, 6),
            (Scenario::Restarts, 6),
            (Scenario::NoWatch, 200),
        ],
        pauses: true,
        // The tests beside this one measure times, and keep the cores busy enough.
        busy: false,
        binaries: None,
        logs: Some(testkit::binaries::root().join("target/chaos-logs")),
    };
    let report = run(&options, &|_| ()).await?;
    assert_eq!(report.lost(), 0, "changes were lost:\n{report}");
    assert_eq!(report.parts.len(), 5);
    Ok(())
}
