//! That input of people who want to harm harms nobody: a tenth of `cargo xtask chaos hostile`, for every day. It has a
//! control plane of its own, since its controllers watch all namespaces.

use anyhow::Result;
use testkit::hostile::{Options, run};

#[tokio::test(flavor = "multi_thread")]
async fn hostile_input_harms_nobody_else() -> Result<()> {
    // Many beside each other: what one of them does to the others shows, too, and it takes a minute at most.
    let options = Options { tenth: true, width: 16, ..Options::default() };
    let report = run(&options, &|_| ()).await?;
    assert!(report.tried() >= 30, "{} inputs are no tenth", report.tried());
    assert!(report.wrong().is_empty(), "{report}");
    Ok(())
}
