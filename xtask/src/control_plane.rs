//! `cargo xtask control-plane`: builds the Go programs that tests need, once, and on demand runs a control plane for
//! the person at the terminal. Where the binaries lie and how they are started is testkit's.

use std::ffi::OsString;

use anyhow::{Context as _, Result, bail};
use testkit::binaries::{self, GoProgram};
use testkit::cluster::{CONTROLLERS, ControlPlane};

use crate::progress;
use crate::workspace::say;

const HELP: &str = "\
Builds the control plane of the tests and its peers, or runs it

Usage: cargo xtask control-plane [build] [--peers]   builds what is missing; --peers: Flux's controllers and command line, and kustomize, too
       cargo xtask control-plane up                  runs one until Ctrl-C, with the CRDs and the chart's rights installed";

/// Carries the command out.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(|word| word.to_str().unwrap_or_default()).collect();
    match words.as_slice() {
        [] | ["build"] => build(),
        ["--peers"] | ["build", "--peers"] => {
            build()?;
            build_all(&PEERS)
        }
        ["up"] => up(),
        ["--help" | "-h"] => {
            say(HELP);
            Ok(())
        }
        _ => bail!("unknown arguments {words:?}\n\n{HELP}"),
    }
}

/// Builds the control plane, kwok, kubectl and Helm unless they are there.
pub(crate) fn build() -> Result<()> {
    build_all(&[binaries::CONTROL_PLANE, binaries::KWOK, binaries::KUBECTL, binaries::HELM])
}

const PEERS: [GoProgram; 6] = [
    binaries::KUSTOMIZE,
    binaries::FLUX_KUSTOMIZE_CONTROLLER,
    binaries::FLUX_SOURCE_CONTROLLER,
    binaries::FLUX_HELM_CONTROLLER,
    binaries::FLUX_NOTIFICATION_CONTROLLER,
    binaries::FLUX_CLI,
];

fn build_all(programs: &[GoProgram]) -> Result<()> {
    for program in programs {
        let tell = |line: &str| say(&format!("{}: {line}", program.name));
        let path = progress::during(&format!("building {}", program.name), || program.build(&tell))?;
        say(&format!("{}: {}", program.name, path.display()));
    }
    Ok(())
}

fn up() -> Result<()> {
    build()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let plane = ControlPlane::start(&CONTROLLERS).await?;
        plane.prepare().await?;
        say(&format!("export KUBECONFIG={}", plane.description().kubeconfig.display()));
        say(&format!(
            "export {}={}",
            testkit::cluster::CONTROL_PLANE_VARIABLE,
            plane.description_file().display()
        ));
        say("running until Ctrl-C");
        tokio::signal::ctrl_c().await.context("waiting for Ctrl-C")
    })
}
