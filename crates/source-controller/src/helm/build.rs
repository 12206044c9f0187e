//! From what was fetched to a chart that can be published: pure work within a budget
//! (contracts/source-controller.md 10).

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

use artifact::MemTree;
use manifest::budget::{Budget, Exceeded};

use super::chart::{Chart, ChartError, archive};
use super::http::Body;
use super::metadata::{Dependency, Metadata};
use super::values::{self, Values};
use super::version::with_metadata;
use crate::version_range::Constraint;

#[cfg(test)]
mod tests;

const VALUES: &str = "values.yaml";
/// Bytes of a message for the names of values files.
const MOST_SHOWN: usize = 2048;

/// What is asked of a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Order {
    /// `spec.valuesFiles`.
    pub(crate) values_files: Vec<String>,
    /// `spec.ignoreMissingValuesFiles`.
    pub(crate) ignore_missing: bool,
    /// Build metadata of the version; empty for none.
    pub(crate) metadata: String,
    /// `--helm-chart-max-size` and `--helm-chart-file-max-size`.
    pub(crate) chart_limit: u64,
    pub(crate) file_limit: u64,
}

impl Order {
    /// The values files that replace the chart's own; its own alone replaces nothing.
    pub(crate) fn replacing(&self) -> &[String] {
        match self.values_files.as_slice() {
            [one] if cleaned(one) == VALUES => &[],
            files => files,
        }
    }

    /// Whether the chart is not published as it is.
    pub(crate) fn packages(&self) -> bool {
        !self.replacing().is_empty() || !self.metadata.is_empty()
    }
}

/// A chart to publish.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Build {
    /// Name of the chart.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// The values files that were merged.
    pub(crate) values_files: Vec<String>,
    /// Whether it was packaged here.
    pub(crate) packaged: bool,
    /// How many charts it needs were added.
    pub(crate) dependencies: usize,
}

impl Build {
    /// Flux's words.
    pub(crate) fn summary(&self) -> String {
        let action = if self.packaged { "packaged" } else { "pulled" };
        let mut text = format!("{action} '{}' chart with version '{}'", self.name, self.version);
        if !self.values_files.is_empty() {
            text.push_str(" and merged values files [");
            let shown = shown(&self.values_files);
            text.push_str(&self.values_files.get(..shown).unwrap_or_default().join(" "));
            let more = self.values_files.len() - shown;
            if more > 0 {
                let _ = write!(text, " and {more} more");
            }
            text.push(']');
        }
        text
    }
}

/// How many of the files a condition has room for: the API server refuses long ones.
fn shown(files: &[String]) -> usize {
    let mut room = MOST_SHOWN;
    let fits = |file: &&String| match room.checked_sub(file.len() + 1) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    };
    files.iter().take_while(fits).count()
}

/// For each file whether it comes again later. Merging it then as well leaves nothing of what it did before: whatever it
/// sets it sets again, and what others set in between stands where it sets nothing.
fn come_again(paths: &[String]) -> Vec<bool> {
    let mut later = HashSet::new();
    let mut again: Vec<bool> = paths.iter().rev().map(|path| !later.insert(path)).collect();
    again.reverse();
    again
}

/// Which step failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Reference,
    Pull,
    Verification,
    Metadata,
    Values,
    Dependencies,
    Package,
}

/// Why a chart cannot be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BuildError {
    /// A step failed, for this reason.
    Failed(Step, String),
    /// It is larger than it may be, for this reason.
    TooLarge(Step, String),
    /// It costs too much, or nobody waits for it.
    Exceeded(Step, Exceeded),
}

impl BuildError {
    /// Of a step, with words before the cause.
    fn at(step: Step, what: &str) -> impl Fn(ChartError) -> Self {
        move |error| match error {
            ChartError::Invalid(text) if what.is_empty() => Self::Failed(step, text),
            ChartError::Invalid(text) => Self::Failed(step, format!("{what}: {text}")),
            ChartError::Exceeded(exceeded) => Self::Exceeded(step, exceeded),
        }
    }
}

/// Name and version that a chart will have.
pub(crate) fn resolved(name: &str, version: &str, order: &Order) -> Result<Build, BuildError> {
    let version = if order.metadata.is_empty() {
        version.to_owned()
    } else {
        let patched = with_metadata(version, &order.metadata);
        patched.map_err(|cause| BuildError::Failed(Step::Metadata, cause.to_owned()))?
    };
    Ok(Build { name: name.to_owned(), version, ..Build::default() })
}

/// A chart of a repository, from its archive. `None` when it is published as it is.
pub(crate) fn pulled(
    mut build: Build,
    bytes: &[u8],
    order: &Order,
    budget: &Budget,
) -> Result<(Build, Option<Vec<u8>>), BuildError> {
    let limit = order.file_limit;
    if !order.packages() {
        let loading = "failed to load chart metadata from written chart";
        let mut metadata =
            archive::metadata(bytes, limit, budget).map_err(BuildError::at(Step::Pull, loading))?;
        metadata.validate().map_err(|error| {
            let text = format!("failed to validate metadata of written chart: {error}");
            BuildError::Failed(Step::Pull, text)
        })?;
        return Ok((build, None));
    }
    let loading = "failed to load downloaded chart";
    let mut chart =
        Chart::from_archive(bytes, limit, budget).map_err(BuildError::at(Step::Package, loading))?;
    chart.metadata.version.clone_from(&build.version);
    let merging = "failed to merge chart values";
    let (merged, files) = of_chart(&chart, order, budget).map_err(BuildError::at(Step::Values, merging))?;
    if chart.replace_values(merged).map_err(BuildError::at(Step::Values, ""))? {
        build.values_files = files;
    }
    build.packaged = true;
    let packed = chart.pack(budget).map_err(BuildError::at(Step::Package, ""))?;
    Ok((build, Some(packed)))
}

/// Values of a chart's own files.
fn of_chart(chart: &Chart, order: &Order, budget: &Budget) -> Result<(Values, Vec<String>), ChartError> {
    let mut merged = Values::new();
    let mut used = Vec::new();
    let names: Vec<String> = order.values_files.iter().map(|path| cleaned(path)).collect();
    for ((path, name), again) in order.values_files.iter().zip(&names).zip(come_again(&names)) {
        if again && (name == VALUES || chart.file(name).is_some()) {
            used.push(path.clone());
            continue;
        }
        let values = if name == VALUES {
            chart.values.clone()
        } else if let Some(data) = chart.file(name) {
            let unmarshaling = format!("unmarshaling values from '{path}' failed");
            values::read(data, budget).map_err(|error| ChartError::from(error).within(&unmarshaling))?
        } else if order.ignore_missing {
            continue;
        } else {
            return Err(format!("no values file found at path '{path}'").into());
        };
        merged = values::merge(merged, values);
        used.push(path.clone());
    }
    Ok((merged, used))
}

/// A chart in the artifact of another source.
#[derive(Debug)]
pub(crate) struct Local {
    tree: MemTree,
    /// Where the chart is, clean.
    path: String,
    is_folder: bool,
    /// Name and version that it will have.
    pub(crate) build: Build,
}

/// What is left to do for a local chart.
#[derive(Debug)]
pub(crate) enum Loaded {
    /// Nothing: it is published as it is.
    AsItIs(Build, Vec<u8>),
    /// It is packaged once these charts were added.
    Chart(Build, Box<Chart>, Vec<Dependency>),
}

impl Local {
    /// Finds the chart; `root` is what the artifact is called in messages.
    pub(crate) fn find(
        tree: MemTree,
        root: &str,
        given: &str,
        order: &Order,
        budget: &Budget,
    ) -> Result<Self, BuildError> {
        let failed = |text: String| BuildError::Failed(Step::Reference, text);
        if given.is_empty() {
            return Err(failed("no path set for local chart reference".to_owned()));
        }
        if given.starts_with('/') {
            return Err(failed("local chart reference path is expected to be relative".to_owned()));
        }
        let path = joined("", given);
        let shown = if path.is_empty() { root.to_owned() } else { format!("{root}/{path}") };
        let is_folder = tree.is_dir(&path);
        let at = BuildError::at(Step::Reference, "");
        let metadata = if is_folder {
            let found = Metadata::of_folder(&tree, &path, order.file_limit, budget).map_err(at)?;
            found.ok_or_else(|| failed(format!("open {shown}/Chart.yaml: no such file or directory")))?
        } else {
            let content = tree.get(&path);
            let content =
                content.ok_or_else(|| failed(format!("stat {shown}: no such file or directory")))?;
            if content.len() as u64 > order.chart_limit {
                let name = path.rsplit_once('/').map_or(path.as_str(), |(_, name)| name);
                let limit = order.chart_limit;
                return Err(failed(format!("size of chart '{name}' exceeds '{limit}' bytes limit")));
            }
            archive::metadata(content, order.file_limit, budget).map_err(at)?
        };
        let mut metadata = metadata;
        metadata.validate().map_err(|error| failed(error.to_string()))?;
        let mut build = resolved(&metadata.name, &metadata.version, order)?;
        build.packaged = is_folder || order.packages();
        Ok(Self { tree, path, is_folder, build })
    }

    /// Reads the chart, with its values and what it needs of the same artifact.
    pub(crate) fn load(self, order: &Order, budget: &Budget) -> Result<Loaded, BuildError> {
        let Self { tree, path, is_folder, mut build } = self;
        let limit = order.file_limit;
        if !build.packaged {
            let content = tree.get(&path).map(|content| content.to_vec()).unwrap_or_default();
            return Ok(Loaded::AsItIs(build, content));
        }
        let merged = if order.replacing().is_empty() {
            None
        } else {
            Some(of_tree(&tree, order, budget).map_err(BuildError::at(Step::Values, ""))?)
        };
        let loaded = if is_folder {
            Chart::from_folder(&tree, &path, limit, budget)
        } else {
            Chart::from_archive(tree.get(&path).map_or(&[][..], |content| content), limit, budget)
        };
        let mut chart = loaded.map_err(BuildError::at(Step::Package, ""))?;
        chart.metadata.version.clone_from(&build.version);
        if let Some((values, files)) = merged
            && chart.replace_values(values).map_err(BuildError::at(Step::Values, ""))?
        {
            build.values_files = files;
        }
        let mut remote = Vec::new();
        if is_folder {
            let missing = chart.missing(budget).map_err(BuildError::at(Step::Dependencies, ""))?;
            build.dependencies = missing.len();
            for dependency in missing {
                if dependency.repository.is_empty() || dependency.repository.starts_with("file://") {
                    let what = format!("failed to add local dependency '{}'", dependency.key());
                    let added = local(&tree, &path, &dependency, limit, budget);
                    let added = added.map_err(BuildError::at(Step::Dependencies, &what))?;
                    chart.add(added, &dependency);
                } else {
                    remote.push(dependency);
                }
            }
        }
        Ok(Loaded::Chart(build, Box::new(chart), remote))
    }
}

/// Values of files of the artifact.
fn of_tree(tree: &MemTree, order: &Order, budget: &Budget) -> Result<(Values, Vec<String>), ChartError> {
    let mut merged = Values::new();
    let mut used = Vec::new();
    let paths: Vec<String> = order.values_files.iter().map(|given| joined("", given)).collect();
    for ((given, path), again) in order.values_files.iter().zip(&paths).zip(come_again(&paths)) {
        let Some(data) = tree.get(path) else {
            if order.ignore_missing && !tree.is_dir(path) {
                continue;
            }
            return Err(format!("no values file found at path '/{path}' (reference '{given}')").into());
        };
        if again {
            used.push(given.clone());
            continue;
        }
        let unmarshaling = format!("unmarshaling values from '{given}' failed");
        let values =
            values::read(data, budget).map_err(|error| ChartError::from(error).within(&unmarshaling))?;
        merged = values::merge(merged, values);
        used.push(given.clone());
    }
    Ok((merged, used))
}

/// A chart of the same artifact that another needs.
fn local(
    tree: &MemTree,
    chart: &str,
    dependency: &Dependency,
    limit: u64,
    budget: &Budget,
) -> Result<Chart, ChartError> {
    let reference = dependency.repository.as_str();
    let path = match reference.strip_prefix("file://") {
        Some(below) => joined(chart, below),
        None => joined(chart, &format!("charts/{}", dependency.name)),
    };
    let is_folder = tree.is_dir(&path);
    if !is_folder && !tree.is_file(&path) {
        return Err(format!("no chart found at '/{path}' (reference '{reference}')").into());
    }
    let version = dependency.version.as_str();
    let wanted = if version.is_empty() { "*" } else { version };
    let constraint = Constraint::parse(wanted).ok_or_else(|| {
        format!("invalid version/constraint format '{version}': improper constraint: {version:?}")
    })?;
    let loaded = if is_folder {
        Chart::from_folder(tree, &path, limit, budget)
    } else {
        Chart::from_archive(tree.get(&path).map_or(&[][..], |content| content), limit, budget)
    };
    let loading = format!("failed to load chart from '/{path}' (reference '{reference}')");
    let loaded = loaded.map_err(|error| error.within(&loading))?;
    let is_it =
        super::version::coerce(&loaded.metadata.version).is_some_and(|have| constraint.accepts(&have));
    if is_it {
        Ok(loaded)
    } else {
        Err(format!("can't get a valid version for constraint '{version}'").into())
    }
}

/// Packages a chart, with what it needs of repositories.
pub(crate) fn package(
    mut chart: Chart,
    remote: &[(Dependency, String, Arc<Body>)],
    order: &Order,
    budget: &Budget,
) -> Result<Vec<u8>, BuildError> {
    for (dependency, version, body) in remote {
        let what = format!(
            "failed to add remote dependency '{}': failed to load downloaded archive of version '{version}'",
            dependency.key()
        );
        let loaded = Chart::from_archive(&body.bytes, order.file_limit, budget);
        chart.add(loaded.map_err(BuildError::at(Step::Dependencies, &what))?, dependency);
    }
    chart.pack(budget).map_err(BuildError::at(Step::Package, ""))
}

/// Go's `filepath.Clean` of a relative path.
fn cleaned(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// A path below `base`, or below the root where it leads further up; never out.
fn joined(base: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}
