//! A chart of another source's artifact, a GitRepository's or a Bucket's: found in it, and packaged with what it needs
//! (contracts/source-controller.md 10). What is done to it is `helm::build`'s.

use std::fs::File;
use std::io::Read as _;
use std::sync::Arc;

use api::Artifact;
use api::helm_chart::{HelmChart, HelmChartSpec, REVISION};
use artifact::store::Store;
use manifest::budget::{Budget, Exceeded};
use reconcile_core::Control;

use super::made::{Content, Made, spend};
use super::needs::{Got, remotes};
use super::order::{is_stored, order, stored_build};
use super::trouble::Trouble;
use crate::helm::build::{self, Build, BuildError, Loaded, Local, Step};
use crate::helm::metadata::Dependency;
use crate::reconcile::run::Run;

/// Digits of a revision in a version.
const REVISION_DIGITS: usize = 12;

/// What became of looking at a chart of an artifact.
enum Outcome {
    /// It is the one that is stored.
    Stored(Build),
    /// These charts of repositories are needed first.
    Needs(Vec<Dependency>),
    Done(Build, Vec<u8>),
}

pub(super) async fn from_artifact(
    run: &Run<HelmChart>,
    control: &Control,
    artifact: &Artifact,
) -> Result<Made, Trouble> {
    let order = order(run, revision_of(&run.object.spec, &artifact.revision));
    let spec = run.object.spec.clone();
    let key = &run.key;
    // What the folder is called in Flux's messages, but for the digits.
    let root = format!("/tmp/helmchart-{}-{}/source", key.namespace, key.name);
    let (storage, path) = (run.ctx.storage.clone(), artifact.path.clone());
    let (status, generation) = (Arc::new(run.status.clone()), run.generation);
    let mut got: Arc<Vec<Got>> = Arc::default();
    let mut has_asked = false;
    loop {
        let work = {
            let (order, spec, root) = (order.clone(), spec.clone(), root.clone());
            let (storage, path, status, got) =
                (storage.clone(), path.clone(), Arc::clone(&status), Arc::clone(&got));
            move |budget: &Budget| -> Result<Outcome, BuildError> {
                let bytes = read(&storage, &path, budget)?;
                let unpulled = |cause: String| BuildError::Failed(Step::Pull, cause);
                let limits = artifact::unpack::Limits::default();
                let tree =
                    artifact::unpack::unpack_within(&bytes, &limits, budget).map_err(
                        |error| match error {
                            artifact::UnpackError::Reserve => {
                                BuildError::Exceeded(Step::Pull, Exceeded::Reserve)
                            }
                            artifact::UnpackError::Cancelled => {
                                BuildError::Exceeded(Step::Pull, Exceeded::Cancelled)
                            }
                            error => unpulled(format!("artifact untar error: {error}")),
                        },
                    )?;
                let local = Local::find(tree, &root, &spec.chart, &order, budget)?;
                if is_stored(&status, generation, &local.build) {
                    return Ok(Outcome::Stored(local.build));
                }
                Ok(match local.load(&order, budget)? {
                    Loaded::AsItIs(build, bytes) => Outcome::Done(build, bytes),
                    Loaded::Chart(_, _, remote) if !has_asked && !remote.is_empty() => Outcome::Needs(remote),
                    Loaded::Chart(build, chart, _) => {
                        let bytes = build::package(*chart, &got, &order, budget)?;
                        Outcome::Done(build, bytes)
                    }
                })
            }
        };
        let (done, memory) = spend(run, control, work).await?;
        match done? {
            Outcome::Stored(build) => {
                let kept = stored_build(run);
                return Ok(Made::of(Build { values_files: kept.values_files, ..build }, None));
            }
            Outcome::Done(build, bytes) => {
                return Ok(Made::of(build, Some(Content::Packed { bytes, _memory: memory })));
            }
            Outcome::Needs(dependencies) => {
                // Nobody waits for a server and holds memory for archives.
                drop(memory);
                has_asked = true;
                got = Arc::new(remotes(run, control, dependencies).await?);
            }
        }
    }
}

/// An artifact, whose length is held before it is read.
fn read(storage: &Store, path: &str, budget: &Budget) -> Result<Vec<u8>, BuildError> {
    let failed = |cause: &dyn std::fmt::Display| {
        BuildError::Failed(Step::Pull, format!("failed to open source artifact: {cause}"))
    };
    let path = storage.locate(path).map_err(|error| failed(&error))?;
    let unreadable = |source| failed(&artifact::StoreError::Read { path: path.clone(), source });
    let file = File::open(&path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    budget.hold(length).map_err(|exceeded| BuildError::Exceeded(Step::Pull, exceeded))?;
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    file.take(length).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// The build metadata that a revision gives, if each one is a version of its own.
pub(super) fn revision_of(spec: &HelmChartSpec, revision: &str) -> String {
    if spec.reconcile_strategy.as_deref() != Some(REVISION) {
        return String::new();
    }
    let hash = revision.rsplit_once(':').map_or(revision, |(_, hash)| hash);
    hash.chars().take(REVISION_DIGITS).collect()
}
