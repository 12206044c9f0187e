//! `cargo xtask bench source`: our source-controller beside Flux's, in turns A B B A, each on a control plane, a Git server and
//! repositories of its own that are made alike. Counts come first: they are the same on every machine. It tells figures and judges none.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use testkit::binaries::{CONTROL_PLANE, FLUX_NOTIFICATION_CONTROLLER, FLUX_SOURCE_CONTROLLER, KWOK};
use testkit::cluster::{CONTROLLERS, ControlPlane};

use crate::progress;
use crate::workspace::{cargo_aloud, root, say, target_folder};

mod commit;
mod figures;
mod hooks;
mod many;
mod memory;
mod options;
mod pack;
mod push;
mod report;
mod repository;
mod side;

use figures::Table;
use options::{Options, Sizes, Wanted, Workload};
use side::{Side, Stand};

/// Carries the command out.
pub(super) fn run(arguments: &[OsString]) -> Result<()> {
    let options = match options::parse(arguments)? {
        Wanted::Help => {
            say(options::HELP);
            return Ok(());
        }
        Wanted::Bench(options) => options,
    };
    let sides = sides(&options)?;
    let runtime = tokio::runtime::Runtime::new().context("runtime")?;
    let mut tables = Vec::new();
    for workload in &options.workloads {
        let measuring = format!("measuring {}", workload.name());
        say(&format!("{} ...", workload.title(&options.sizes)));
        let measure = || runtime.block_on(measure(*workload, &options, &sides));
        tables.push(progress::during(&measuring, measure).with_context(|| workload.name())?);
    }
    let told = report::markdown(&options, &tables);
    say(&told);
    for (path, text) in [(&options.markdown, told), (&options.json, report::json(&options, &tables))] {
        if let Some(path) = path {
            std::fs::write(path, text).with_context(|| path.display().to_string())?;
            say(&format!("figures written to {}", path.display()));
        }
    }
    Ok(())
}

/// Builds what is missing. Ours is a release build, as Flux's is.
fn sides(options: &Options) -> Result<[Side; 2]> {
    for program in [CONTROL_PLANE, KWOK] {
        progress::during(&format!("building {}", program.name), || program.build(&say))?;
    }
    let theirs = progress::during("building Flux's controller", || FLUX_SOURCE_CONTROLLER.build(&say))?;
    if options.workloads.contains(&Workload::Push) {
        progress::during("building Flux's other controller", || FLUX_NOTIFICATION_CONTROLLER.build(&say))?;
    }
    let ours: PathBuf = match &options.binary {
        Some(path) => path.clone(),
        None => {
            cargo_aloud(&root(), &["build", "--release", "--package", "source-controller", "--bins"])?;
            target_folder()?.join("release/source-controller")
        }
    };
    Ok([Side::flyball(ours), Side::flux(theirs, options.flux_concurrent)])
}

/// One workload: so many rounds of A B B A, each side on a control plane that has seen nothing else.
async fn measure(workload: Workload, options: &Options, sides: &[Side; 2]) -> Result<Table> {
    let mut table = Table::new(workload);
    let [ours, theirs] = sides;
    for _ in 0..options.rounds {
        for side in [ours, theirs, theirs, ours] {
            let plane = Arc::new(ControlPlane::start(&CONTROLLERS).await?);
            let mut stand = Stand::open(&plane, side, workload == Workload::Push).await?;
            let figures = play(workload, &options.sizes, &mut stand).await;
            table.add(side.name, figures.with_context(|| side.name)?);
        }
    }
    Ok(table)
}

async fn play(workload: Workload, sizes: &Sizes, stand: &mut Stand) -> Result<figures::Figures> {
    match workload {
        Workload::Commit => commit::commits(sizes, stand).await,
        Workload::Push => push::play(sizes, stand).await,
        Workload::Poll => commit::polls(sizes, stand).await,
        Workload::Many => many::play(sizes, stand).await,
        Workload::Pack => pack::play(sizes, stand).await,
    }
}
