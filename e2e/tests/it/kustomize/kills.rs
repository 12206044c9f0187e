//! That no kill of the controller orphans, loses or deletes an object: `cargo xtask chaos kill`, at a size for every day.

use anyhow::Result;
use testkit::chaos::any_seed;
use testkit::chaos::kills::{Moment, Options, run};
use testkit::cluster::ControlPlane;

const ROUNDS: usize = 25;

#[tokio::test(flavor = "multi_thread")]
async fn no_kill_orphans_loses_or_deletes_an_object() -> Result<()> {
    let options = Options {
        seed: any_seed(),
        rounds: ROUNDS,
        binaries: None,
        logs: Some(testkit::binaries::root().join("target/chaos-logs")),
    };
    let report = run(&ControlPlane::shared().await?, &options, &|_| ()).await?;
    assert!(report.wrong.is_none(), "{report}");
    assert_eq!(report.count(), ROUNDS);
    assert!(report.at(Moment::During) > 0, "no kill met a run that wrote:\n{report}");
    Ok(())
}
