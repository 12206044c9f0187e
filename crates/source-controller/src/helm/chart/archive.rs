//! The files of a chart's archive, with Helm's refusals of names and sizes.

use artifact::entries;
use manifest::budget::Budget;

use super::parts::{BOM, ChartError, File};
use crate::helm::metadata::Metadata;

/// All files of a chart together, as in Helm.
const ALL_FILES: u64 = 100 << 20;
/// What an archive may be once it is decompressed, if only its metadata is wanted.
const PASSED_OVER: u64 = 512 << 20;

/// Files of a chart and of the archives within it.
const FILES: u64 = 100_000;
/// The longest name.
const NAME: usize = 4 << 10;
/// What a file takes besides its name and content.
const FILE: u64 = 128;

/// What is left to a chart and the archives within it, all together.
#[derive(Debug)]
pub(crate) struct Room {
    pub(super) bytes: u64,
    pub(super) files: u64,
}

impl Default for Room {
    fn default() -> Self {
        Self { bytes: ALL_FILES, files: FILES }
    }
}

/// All files.
pub(crate) fn files(
    bytes: &[u8],
    file_limit: u64,
    room: &mut Room,
    budget: &Budget,
) -> Result<Vec<File>, ChartError> {
    let mut files = Vec::new();
    each(bytes, ALL_FILES + PASSED_OVER, budget, |entry| {
        if entry.first == "Chart.yaml" {
            return Err("chart yaml not in base directory".to_owned().into());
        }
        if room.files == 0 {
            return Err(format!("chart has more than {FILES} files").into());
        }
        // The name is there twice while it moves to its place.
        let kept = FILE + 2 * entry.name.len() as u64;
        if entry.inner.size.saturating_add(kept) > room.bytes {
            return Err(format!("decompressed chart is larger than the maximum size {ALL_FILES}").into());
        }
        if entry.inner.size > file_limit {
            let name = crate::foreign::clean(&entry.inner.name);
            let text =
                format!("decompressed chart file {name:?} is larger than the maximum file size {file_limit}");
            return Err(text.into());
        }
        budget.hold(kept)?;
        let data = entry.inner.read(budget)?;
        room.files -= 1;
        room.bytes = room.bytes.saturating_sub(kept + data.len() as u64);
        let data = data.strip_prefix(BOM).map(<[u8]>::to_vec).unwrap_or(data);
        files.push(File { name: entry.name.clone(), data });
        Ok(())
    })?;
    if files.is_empty() {
        return Err("no files in chart archive".to_owned().into());
    }
    Ok(files)
}

/// What the chart says of itself.
pub(crate) fn metadata(bytes: &[u8], file_limit: u64, budget: &Budget) -> Result<Metadata, ChartError> {
    let mut metadata: Option<Metadata> = None;
    each(bytes, PASSED_OVER, budget, |entry| {
        if !entry.is_top || !matches!(entry.name.as_str(), "Chart.yaml" | "requirements.yaml") {
            return Ok(());
        }
        if entry.inner.size > file_limit {
            let name = crate::foreign::clean(&entry.inner.name);
            return Err(format!("size of '{name}' exceeds '{file_limit}' bytes limit").into());
        }
        let data = entry.inner.read(budget)?;
        let taken = metadata.get_or_insert_default().overlay(&data, budget);
        taken.map_err(|error| error.within(&format!("cannot load '{}'", entry.name)))
    })?;
    metadata.ok_or_else(|| "no 'Chart.yaml' found".to_owned().into())
}

/// One file of an archive, by Helm's reading of its name.
struct Entry<'a, 'b> {
    inner: &'a mut entries::Entry<'b>,
    /// The part before the first slash.
    first: String,
    /// The rest, clean.
    name: String,
    /// Whether the rest is one part.
    is_top: bool,
}

/// Looks at each file, with names as Helm reads them.
fn each(
    bytes: &[u8],
    limit: u64,
    budget: &Budget,
    mut look: impl FnMut(&mut Entry<'_, '_>) -> Result<(), ChartError>,
) -> Result<(), ChartError> {
    entries::each(bytes, limit, budget, |inner| {
        if inner.name.len() > NAME {
            return Err(format!("chart contains a file whose name is longer than {NAME} bytes").into());
        }
        let delimiter = if inner.name.contains('\\') { '\\' } else { '/' };
        let (first, rest) = inner.name.split_once(delimiter).unwrap_or((inner.name.as_str(), ""));
        let name = clean(&rest.replace(delimiter, "/"), &inner.name)?;
        let is_top = !rest.is_empty() && !rest.contains(delimiter);
        let first = first.to_owned();
        look(&mut Entry { inner, first, name, is_top })
    })
}

/// A name within the chart.
fn clean(name: &str, full: &str) -> Result<String, ChartError> {
    let refuse = |text: &str| Err(ChartError::Invalid(text.to_owned()));
    if name.starts_with('/') {
        return refuse("chart illegally contains absolute paths");
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_none() => return refuse("chart illegally references parent directory"),
            ".." => {}
            part => parts.push(part),
        }
    }
    let name = parts.join("/");
    if name.is_empty() {
        let full = crate::foreign::clean(full);
        let text = format!("chart illegally contains content outside the base directory: {full:?}");
        return Err(text.into());
    }
    if name.starts_with("..") {
        return refuse("chart illegally references parent directory");
    }
    let mut start = name.chars();
    if matches!((start.next(), start.next(), start.next()), (Some(c), Some(':'), Some('/')) if c.is_ascii_alphabetic())
    {
        return refuse("chart contains illegally named files");
    }
    Ok(name)
}
