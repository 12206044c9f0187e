//! Those that are compared: which binaries, with which flags.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use testkit::binaries::{CONTROL_PLANE, FLUX_KUSTOMIZE_CONTROLLER, FLUX_SOURCE_CONTROLLER, KWOK};
use testkit::stack::Controller;

use super::options::Options;
use crate::progress;
use crate::workspace::{cargo_aloud, root, say, target_folder};

pub(super) const FLYBALL: &str = "flyball";
/// Ours with the flags of `--flag`.
pub(super) const FLAGGED: &str = "flyball-flagged";
/// Flux as its own benchmark runs it.
pub(super) const FLUX: &str = "flux";
pub(super) const FLUX_DEFAULT: &str = "flux-default";

/// What Flux is given so that it does its best, as its own benchmark does.
pub(super) const TUNED: [&str; 3] = ["--concurrent=20", "--concurrent-ssa=20", "--requeue-dependency=5s"];
/// The same for its source-controller.
pub(super) const TUNED_SOURCE: [&str; 2] = ["--concurrent=20", "--requeue-dependency=5s"];
/// Go's garbage collector waits until so much memory is used.
pub(super) const TUNED_ENVIRONMENT: [(&str, &str); 1] = [("GOMEMLIMIT", "900MiB")];

/// One of those that are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Side {
    pub(super) name: &'static str,
    kustomize: PathBuf,
    source: PathBuf,
    flags: Vec<String>,
    source_flags: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Side {
    fn ours(name: &'static str, folder: &Path, flags: &[String]) -> Self {
        Self {
            name,
            kustomize: folder.join("kustomize-controller"),
            source: folder.join("source-controller"),
            flags: flags.to_vec(),
            source_flags: Vec::new(),
            environment: Vec::new(),
        }
    }

    fn theirs(name: &'static str, [kustomize, source]: [PathBuf; 2], is_tuned: bool) -> Self {
        let flags =
            |flags: &[&str]| flags.iter().filter(|_| is_tuned).map(|flag| (*flag).to_owned()).collect();
        let environment = TUNED_ENVIRONMENT.iter().filter(|_| is_tuned);
        Self {
            name,
            kustomize,
            source,
            flags: flags(&TUNED),
            source_flags: flags(&TUNED_SOURCE),
            environment: environment.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        }
    }

    /// Its kustomize-controller, not started yet.
    pub(super) fn kustomize_controller(&self) -> Controller {
        self.controller("kustomize-controller", &self.kustomize, &self.flags)
    }

    /// Its source-controller, not started yet.
    pub(super) fn source_controller(&self) -> Controller {
        self.controller("source-controller", &self.source, &self.source_flags)
    }

    fn controller(&self, name: &str, binary: &Path, flags: &[String]) -> Controller {
        let mut controller = Controller::new(name).flag("--log-level=info");
        controller.binary = Some(binary.to_owned());
        controller.flags.extend(flags.iter().cloned());
        controller.environment.clone_from(&self.environment);
        controller
    }
}

/// Builds what is missing. Ours are release builds, as Flux's are, unless the caller has others.
pub(super) fn sides(options: &Options) -> Result<Vec<Side>> {
    for program in [CONTROL_PLANE, KWOK] {
        progress::during(&format!("building {}", program.name), || program.build(&say))?;
    }
    let build = || Ok([FLUX_KUSTOMIZE_CONTROLLER.build(&say)?, FLUX_SOURCE_CONTROLLER.build(&say)?]);
    let theirs: Result<[PathBuf; 2]> = progress::during("building Flux's controllers", build);
    let theirs = theirs?;
    let folder = match &options.binaries {
        Some(folder) => folder.canonicalize().with_context(|| folder.display().to_string())?,
        None => {
            let packages = ["--package", "kustomize-controller", "--package", "source-controller"];
            let words: Vec<&str> = ["build", "--release", "--bins"].into_iter().chain(packages).collect();
            cargo_aloud(&root(), &words)?;
            target_folder()?.join("release")
        }
    };
    let mut sides = vec![Side::ours(FLYBALL, &folder, &[]), Side::theirs(FLUX, theirs.clone(), true)];
    if options.with_defaults {
        sides.push(Side::theirs(FLUX_DEFAULT, theirs, false));
    }
    if !options.flags.is_empty() {
        sides.push(Side::ours(FLAGGED, &folder, &options.flags));
    }
    Ok(sides)
}

/// The order of one round: there and back again, so that what drifts on the machine disturbs everyone alike.
/// Each run has the half that it belongs to.
pub(super) fn order(sides: usize, round: usize, is_quick: bool) -> Vec<(usize, usize)> {
    let there = (0..sides).map(|side| (side, 2 * round));
    let back = (0..sides).rev().map(|side| (side, 2 * round + 1));
    if is_quick { there.collect() } else { there.chain(back).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_goes_there_and_back() {
        assert_eq!(order(2, 0, false), [(0, 0), (1, 0), (1, 1), (0, 1)]);
        assert_eq!(order(3, 1, false), [(0, 2), (1, 2), (2, 2), (2, 3), (1, 3), (0, 3)]);
        assert_eq!(order(2, 0, true), [(0, 0), (1, 0)]);
    }

    #[test]
    fn flux_is_tuned_or_as_it_comes() {
        let side = |is_tuned| Side::theirs(FLUX, ["k".into(), "s".into()], is_tuned);
        let tuned = side(true).kustomize_controller();
        assert_eq!(tuned.flags.get(1..), Some(&TUNED.map(str::to_owned)[..]));
        assert_eq!(tuned.environment, [("GOMEMLIMIT".to_owned(), "900MiB".to_owned())]);
        assert_eq!(side(true).source_controller().flags.len(), 3);
        let plain = side(false).kustomize_controller();
        assert_eq!((plain.flags, plain.environment), (vec!["--log-level=info".to_owned()], Vec::new()));
    }
}
