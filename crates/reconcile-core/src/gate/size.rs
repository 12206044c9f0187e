//! How large the gate is: what the flag says, else a part of what the container may use. Reads files of the system, and
//! sets nothing.

use std::path::{Path, PathBuf};

use crate::flags::FlagValue;

#[cfg(test)]
mod tests;

/// When neither flag nor container bounds the process.
const FALLBACK: u64 = 1 << 30;
/// Of the container's limit; the rest is for what is not counted.
const PERCENT: u64 = 70;
/// Above this, a limit of cgroup v1 means that there is none: it is the largest number of pages.
const UNLIMITED: u64 = 1 << 60;

/// The value of `--memory-gate`: bytes, or a quantity of Kubernetes; none when it is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemorySize(pub Option<u64>);

impl MemorySize {
    /// The size of the gate in bytes.
    #[must_use]
    pub fn or_system(self) -> u64 {
        self.0.unwrap_or_else(|| default_size(|path| std::fs::read_to_string(path).ok()))
    }
}

impl FlagValue for MemorySize {
    const TYPE: &'static str = "quantity";

    fn read(given: &[String]) -> Result<Self, (String, String)> {
        let text = given.last().map(String::as_str).unwrap_or_default();
        if text.is_empty() {
            return Ok(Self(None));
        }
        match quantity(text) {
            Some(0) => Err((text.to_owned(), "must be more than zero".to_owned())),
            Some(bytes) => Ok(Self(Some(bytes))),
            None => Err((text.to_owned(), "must be bytes or a quantity like 512Mi".to_owned())),
        }
    }
}

/// A quantity of bytes: digits, with a fraction if there is a unit.
fn quantity(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 8] = [
        ("Ki", 1 << 10),
        ("Mi", 1 << 20),
        ("Gi", 1 << 30),
        ("Ti", 1 << 40),
        ("k", 1_000),
        ("M", 1_000_000),
        ("G", 1_000_000_000),
        ("T", 1_000_000_000_000),
    ];
    let unit =
        UNITS.iter().find_map(|(unit, factor)| text.strip_suffix(unit).map(|digits| (digits, *factor)));
    let (digits, factor) = unit.unwrap_or((text, 1));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole)
        || !is_number(fraction)
        || fraction.len() > 9
        || (factor == 1 && digits.contains('.'))
    {
        return None;
    }
    let scale = 10_u64.pow(u32::try_from(fraction.len()).ok()?);
    let part = u128::from(fraction.parse::<u64>().ok()?) * u128::from(factor) / u128::from(scale);
    whole.parse::<u64>().ok()?.checked_mul(factor)?.checked_add(u64::try_from(part).ok()?)
}

/// A part of the smallest limit that the process's control groups set.
fn default_size(read: impl Fn(&Path) -> Option<String>) -> u64 {
    let groups = read(Path::new("/proc/self/cgroup")).unwrap_or_default();
    let limits = limit_files(&groups).into_iter().filter_map(|path| read(&path)?.trim().parse::<u64>().ok());
    match limits.filter(|limit| *limit < UNLIMITED).min() {
        Some(limit) => limit / 100 * PERCENT,
        None => FALLBACK,
    }
}

/// Where a limit may stand: in the process's own group or one above it. In a container the path is often that of the
/// host, and the group itself is mounted at the root, which comes last.
fn limit_files(groups: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        let (root, file) = if controllers.is_empty() {
            ("/sys/fs/cgroup", "memory.max")
        } else if controllers.split(',').any(|controller| controller == "memory") {
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        } else {
            continue;
        };
        let relative = Path::new(path.trim_start_matches('/'));
        files.extend(relative.ancestors().map(|group| Path::new(root).join(group).join(file)));
    }
    files
}
