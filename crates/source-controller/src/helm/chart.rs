//! A chart: read from an archive or a folder with Helm's rules and refusals, changed, and written as an archive. The same
//! chart gives the same bytes.
//!
//! Nothing that comes out of an archive becomes a path on a disk; whatever is kept is held at a budget first.

use std::collections::{BTreeMap, HashSet};

use artifact::MemTree;
use artifact::entries::Writer;
use manifest::budget::Budget;
use manifest::yaml;
use serde_json::Value;

use super::go::Go;
use super::ignore::Rules;
use super::metadata::{Dependency, Leniency, Metadata, field_of, fields, items, text};
use super::values::{self, Values};

pub(crate) mod archive;
mod parts;
#[cfg(test)]
mod tests;

use archive::Room;
use parts::BOM;
pub(crate) use parts::{ChartError, File};

/// Charts within charts.
const DEPTH: usize = 16;
/// Charts that a chart may need.
const DEPENDENCIES: usize = 1_000;
/// Headers and padding of one entry.
const HEADERS: u64 = 1024;
const VALUES: &str = "values.yaml";

/// `Chart.lock`.
#[derive(Clone, Debug, Default, PartialEq)]
struct Lock {
    generated: String,
    digest: String,
    dependencies: Vec<Dependency>,
}

/// A chart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chart {
    pub(crate) metadata: Metadata,
    lock: Option<Lock>,
    /// Its values, read.
    pub(crate) values: Values,
    /// Its values, as they were written.
    raw_values: Option<Vec<u8>>,
    schema: Option<Vec<u8>>,
    templates: Vec<File>,
    files: Vec<File>,
    dependencies: Vec<Self>,
}

impl Chart {
    /// Reads an archive whose files may have so many bytes.
    pub(crate) fn from_archive(bytes: &[u8], file_limit: u64, budget: &Budget) -> Result<Self, ChartError> {
        Self::unpack(bytes, file_limit, &mut Room::default(), budget, 0)
    }

    fn unpack(
        bytes: &[u8],
        file_limit: u64,
        room: &mut Room,
        budget: &Budget,
        depth: usize,
    ) -> Result<Self, ChartError> {
        let files = archive::files(bytes, file_limit, room, budget)?;
        Self::from_files(files, file_limit, room, budget, depth)
    }

    /// Reads a folder of an artifact.
    pub(crate) fn from_folder(
        tree: &MemTree,
        folder: &str,
        file_limit: u64,
        budget: &Budget,
    ) -> Result<Self, ChartError> {
        let within =
            |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let rules = tree.get(&within(".helmignore")).map_or(&b""[..], |content| content);
        budget.step(rules.len() as u64 / 64)?;
        let rules =
            Rules::read(rules).map_err(|error| format!("cannot load ignore rules for chart: {error}"))?;
        let mut files = Vec::new();
        walk(tree, folder, "", &rules, file_limit, budget, &mut files)
            .map_err(|error| error.within(&format!("failed to load files from /{folder}/")))?;
        let loaded = Self::from_files(files, file_limit, &mut Room::default(), budget, 0);
        loaded.map_err(|error| error.within(&format!("failed to load chart from /{folder}/")))
    }

    /// Reads the files of a chart.
    #[expect(clippy::too_many_lines, reason = "one arm for each file that a chart may have")]
    fn from_files(
        files: Vec<File>,
        file_limit: u64,
        room: &mut Room,
        budget: &Budget,
        depth: usize,
    ) -> Result<Self, ChartError> {
        if depth > DEPTH {
            return Err(format!("charts are nested more than {DEPTH} levels deep").into());
        }
        let mut chart = Self::default();
        let mut has_metadata = false;
        for file in files.iter().filter(|file| file.name == "Chart.yaml") {
            has_metadata = true;
            chart
                .metadata
                .overlay(&file.data, budget)
                .map_err(|error| error.within("cannot load Chart.yaml"))?;
        }
        let mut inner: BTreeMap<String, Vec<File>> = BTreeMap::new();
        for file in files {
            match file.name.as_str() {
                "Chart.yaml" => {}
                "Chart.lock" => {
                    chart.lock =
                        Some(Lock::read(&file.data, budget).map_err(|e| e.within("cannot load Chart.lock"))?);
                }
                VALUES => {
                    chart.values = values::read_all(&file.data, budget).map_err(|error| {
                        ChartError::from(error)
                            .within("cannot load values.yaml: cannot unmarshal yaml document")
                    })?;
                    chart.raw_values = Some(file.data);
                }
                "values.schema.json" => chart.schema = Some(file.data),
                "requirements.yaml" => {
                    has_metadata = true;
                    let taken = chart.metadata.overlay(&file.data, budget);
                    taken.map_err(|error| error.within("cannot load requirements.yaml"))?;
                    if chart.metadata.api_version == "v1" {
                        chart.files.push(file);
                    }
                }
                "requirements.lock" => {
                    let lock = Lock::read(&file.data, budget);
                    chart.lock = Some(lock.map_err(|error| error.within("cannot load requirements.lock"))?);
                    if chart.metadata.api_version == "v1" {
                        chart.files.push(file);
                    }
                }
                name if name.starts_with("templates/") => chart.templates.push(file),
                name if name.starts_with("charts/") && !name.ends_with(".prov") => {
                    let name = name.strip_prefix("charts/").unwrap_or(name).to_owned();
                    let of = name.split('/').next().unwrap_or_default().to_owned();
                    inner.entry(of).or_default().push(File { name, ..file });
                }
                _ => chart.files.push(file),
            }
        }
        if !has_metadata {
            return Err("Chart.yaml file is missing".to_owned().into());
        }
        chart.metadata.validate().map_err(|error| error.to_string())?;
        for (name, files) in inner {
            if name.starts_with(['_', '.']) {
                continue;
            }
            let of = chart.metadata.name.clone();
            let unpacked = if name.ends_with(".tgz") {
                match files.into_iter().next() {
                    Some(file) if file.name == name => {
                        Self::unpack(&file.data, file_limit, room, budget, depth + 1)
                    }
                    file => {
                        let got = file.map(|file| file.name).unwrap_or_default();
                        let text =
                            format!("error unpacking subchart tar in {of}: expected {name}, got {got}");
                        return Err(text.into());
                    }
                }
            } else {
                let files = files.into_iter().filter_map(|file| {
                    let (_, name) = file.name.split_once('/')?;
                    Some(File { name: name.to_owned(), data: file.data })
                });
                Self::from_files(files.collect(), file_limit, room, budget, depth + 1)
            };
            let unpacked = unpacked
                .map_err(|error| error.within(&format!("error unpacking subchart {name} in {of}")))?;
            chart.dependencies.push(unpacked);
        }
        Ok(chart)
    }

    /// The content of a file that is neither a template nor read.
    pub(crate) fn file(&self, name: &str) -> Option<&[u8]> {
        let file = self.files.iter().find(|file| file.name == name)?;
        // Helm cannot tell an empty file from none.
        (!file.data.is_empty()).then_some(&file.data)
    }

    /// Replaces the values; false when they are what they were.
    pub(crate) fn replace_values(&mut self, values: Values) -> Result<bool, ChartError> {
        let text = values::write(values.clone()).into_bytes();
        match &mut self.raw_values {
            None => Err(format!("failed to locate values file: {VALUES}").into()),
            Some(raw) if *raw == text => Ok(false),
            Some(raw) => {
                *raw = text;
                self.values = values;
                Ok(true)
            }
        }
    }

    /// The charts that it needs and has not.
    pub(crate) fn missing(&self, budget: &Budget) -> Result<Vec<Dependency>, ChartError> {
        let wanted: Vec<&Dependency> = match &self.lock {
            Some(lock) => lock.dependencies.iter().collect(),
            None => self.metadata.requirements().collect(),
        };
        if wanted.len() == self.dependencies.len() {
            return Ok(Vec::new());
        }
        if wanted.len() > DEPENDENCIES {
            let count = wanted.len();
            return Err(format!("chart has {count} dependencies, more than {DEPENDENCIES}").into());
        }
        budget.step((wanted.len() + self.dependencies.len()) as u64)?;
        let mut known: HashSet<&str> =
            self.dependencies.iter().map(|chart| chart.metadata.name.as_str()).collect();
        let mut missing: Vec<Dependency> = Vec::new();
        for dependency in wanted {
            if known.insert(dependency.key()) {
                budget.hold(dependency.weight())?;
                missing.push(dependency.clone());
            }
        }
        Ok(missing)
    }

    /// Adds a chart that it needs.
    pub(crate) fn add(&mut self, mut chart: Self, dependency: &Dependency) {
        if !dependency.alias.is_empty() {
            chart.metadata.name.clone_from(&dependency.alias);
        }
        self.dependencies.push(chart);
    }

    /// The chart as an archive.
    pub(crate) fn pack(mut self, budget: &Budget) -> Result<Vec<u8>, ChartError> {
        self.metadata
            .validate()
            .map_err(|error| format!("failed to package chart: chart validation: {error}"))?;
        let mut out = Writer::new("Helm");
        self.write(&mut out, "", budget)?;
        let packed = out.finish();
        packed.map_err(|error| format!("failed to package chart: {error}").into())
    }

    fn write(&self, out: &mut Writer, prefix: &str, budget: &Budget) -> Result<(), ChartError> {
        let name = &self.metadata.name;
        let base = format!("{prefix}{name}/");
        let mut put = |name: &str, data: &[u8]| -> Result<(), ChartError> {
            budget.step(1 + data.len() as u64 / 64)?;
            // What does not compress takes its length, and twice that while the archive grows.
            budget.hold(2 * (data.len() as u64 + HEADERS))?;
            let appended = out.append(&format!("{base}{name}"), data);
            appended.map_err(|error| format!("failed to package chart: {error}").into())
        };
        let mut metadata = self.metadata.clone();
        let is_old = metadata.api_version == "v1";
        if is_old {
            metadata.dependencies.clear();
        }
        put("Chart.yaml", yaml::write(&Go::Map(metadata.fields()).into_value()).as_bytes())?;
        if let Some(lock) = self.lock.as_ref().filter(|_| metadata.api_version == "v2") {
            put("Chart.lock", yaml::write(&lock.to_value()).as_bytes())?;
        }
        if let Some(values) = &self.raw_values {
            put(VALUES, values)?;
        }
        if let Some(schema) = &self.schema {
            if serde_json::from_slice::<serde::de::IgnoredAny>(schema).is_err() {
                return Err("failed to package chart: invalid JSON in values.schema.json".to_owned().into());
            }
            put("values.schema.json", schema)?;
        }
        for file in self.templates.iter().chain(&self.files) {
            put(&file.name, &file.data)?;
        }
        for chart in &self.dependencies {
            chart.write(out, &format!("{base}charts/"), budget)?;
        }
        Ok(())
    }
}

impl Metadata {
    /// Takes the fields of a YAML file over.
    pub(crate) fn overlay(&mut self, data: &[u8], budget: &Budget) -> Result<(), ChartError> {
        let value = values::first(data, budget)?;
        self.take_all(&value, Leniency::YAML)
            .map_err(|text| format!("error unmarshaling JSON: while decoding JSON: {text}"))?;
        if self.api_version.is_empty() {
            self.api_version = "v1".to_owned();
        }
        Ok(())
    }

    /// Of the chart in a folder.
    pub(crate) fn of_folder(
        tree: &MemTree,
        folder: &str,
        file_limit: u64,
        budget: &Budget,
    ) -> Result<Option<Self>, ChartError> {
        let within =
            |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let Some(content) = tree.get(&within("Chart.yaml")) else { return Ok(None) };
        let mut metadata = Self::default();
        metadata.overlay(content, budget).map_err(|error| error.within("cannot load 'Chart.yaml'"))?;
        if tree.is_dir(&within("requirements.yaml")) {
            return Err("'requirements.yaml' is a directory".to_owned().into());
        }
        if let Some(content) = tree.get(&within("requirements.yaml")) {
            if content.len() as u64 > file_limit {
                return Err(format!("size of 'requirements.yaml' exceeds '{file_limit}' bytes limit").into());
            }
            metadata
                .overlay(content, budget)
                .map_err(|error| error.within("cannot load 'requirements.yaml'"))?;
        }
        Ok(Some(metadata))
    }
}

impl Lock {
    fn read(data: &[u8], budget: &Budget) -> Result<Self, ChartError> {
        let value = values::first(data, budget)?;
        let decoding = |text: String| format!("error unmarshaling JSON: while decoding JSON: {text}");
        Self::of(&value).map_err(|text| decoding(text).into())
    }

    fn of(value: &Value) -> Result<Self, String> {
        let mut lock = Self { generated: "0001-01-01T00:00:00Z".to_owned(), ..Self::default() };
        for (name, value) in fields(value, "Lock")? {
            match field_of(name, &["generated", "digest", "dependencies"]) {
                Some("generated") => {
                    lock.generated = text(value, Leniency::YAML, name)?.unwrap_or(lock.generated);
                }
                Some("digest") => lock.digest = text(value, Leniency::YAML, name)?.unwrap_or_default(),
                Some("dependencies") => {
                    let read = |item| Dependency::read(item, Leniency::YAML);
                    lock.dependencies = items(value, name)?.iter().map(read).collect::<Result<_, _>>()?;
                }
                _ => {}
            }
        }
        Ok(lock)
    }

    fn to_value(&self) -> Value {
        let dependencies = Go::List(self.dependencies.iter().map(Dependency::to_go).collect());
        Go::Map(vec![
            ("generated".into(), Go::Text(self.generated.clone())),
            ("digest".into(), Go::Text(self.digest.clone())),
            ("dependencies".into(), if self.dependencies.is_empty() { Go::Null } else { dependencies }),
        ])
        .into_value()
    }
}

/// The files of a folder that the rules leave in, in order.
fn walk(
    tree: &MemTree,
    folder: &str,
    below: &str,
    rules: &Rules,
    file_limit: u64,
    budget: &Budget,
    files: &mut Vec<File>,
) -> Result<(), ChartError> {
    let join =
        |base: &str, name: &str| if base.is_empty() { name.to_owned() } else { format!("{base}/{name}") };
    for (name, is_folder) in tree.list(join(folder, below).trim_end_matches('/')) {
        budget.step(8)?;
        let name = join(below, name);
        if rules.ignores(&name, is_folder, budget)? {
            continue;
        }
        if is_folder {
            walk(tree, folder, &name, rules, file_limit, budget, files)?;
            continue;
        }
        let Some(content) = tree.get(&join(folder, &name)) else { continue };
        let size = content.len() as u64;
        if size > file_limit {
            let text = format!("cannot load file {name} as file size ({size}) exceeds limit ({file_limit})");
            return Err(text.into());
        }
        budget.hold(size)?;
        let data = content.strip_prefix(BOM).unwrap_or(content).to_vec();
        files.push(File { name, data });
    }
    Ok(())
}
