//! `cargo xtask demo`: the product on a real control plane, told as a story with figures.
//! The chapters are in `demo/story.rs`; what they need to run is testkit's.

use std::ffi::OsString;

use anyhow::{Context as _, Result};

use crate::progress;
use crate::workspace;

mod figures;
mod manifests;
mod observe;
mod options;
mod stage;
mod story;

#[cfg(test)]
mod tests;

/// Builds what is missing, tells the story, and leaves nothing behind unless it is asked to.
pub(crate) fn run(args: &[OsString]) -> Result<()> {
    let options = options::parse(args);
    stage::build(&options)?;
    let runtime = tokio::runtime::Runtime::new().context("runtime")?;
    runtime.block_on(tell(&options))
}

async fn tell(options: &options::Options) -> Result<()> {
    let stage = stage::Stage::set(options).await?;
    let line = progress::show("playing the demo");
    let figures = story::tell(&stage).await.inspect_err(|_| stage.show_logs())?;
    drop(line);
    workspace::say(&figures.table());
    if let Some(path) = &options.json {
        std::fs::write(path, figures.json()).with_context(|| path.display().to_string())?;
        workspace::say(&format!("figures written to {}", path.display()));
    }
    if options.keep {
        workspace::say(&stage.invitation());
        tokio::signal::ctrl_c().await.context("wait for Ctrl-C")?;
    }
    stage.strike().await
}
