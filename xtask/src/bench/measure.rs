//! Runs two programs in turn on one input and says what each needed. Linux only: CPU time and peak memory are the
//! kernel's figures in `/proc`.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// What one program needed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Figures {
    /// Median of a run, start and end of the process included.
    pub(super) wall_ms: f64,
    /// Mean of a run, on all cores.
    pub(super) cpu_ms: f64,
    /// Most memory resident at a time.
    pub(super) peak_mib: f64,
}

/// What one program printed and needed.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) output: Vec<u8>,
    pub(super) figures: Figures,
}

/// Ticks of `/proc/<pid>/stat`, which Linux fixes at 100 a second for its readers.
const TICK_MS: f64 = 10.0;

/// How often a program's peak memory is looked for.
const LOOKS: usize = 20;

/// `PROGRAM build TOP` of all of them, interleaved so that what disturbs the machine disturbs everyone.
pub(super) fn measure(programs: &[&Path], top: &Path, runs: usize) -> Result<Vec<Measured>> {
    let mut measured = Vec::new();
    for program in programs {
        // Also warms the page cache. A short run may be over before it is looked at.
        let (mut peak_mib, mut output) = (0.0, Vec::new());
        for _ in 0..LOOKS {
            if peak_mib == 0.0 {
                (peak_mib, output) = self::peak_mib(program, top)?;
            }
        }
        measured.push(Measured { output, figures: Figures { peak_mib, ..Figures::default() } });
    }
    let mut walls = vec![Vec::new(); programs.len()];
    for _ in 0..runs {
        for ((program, walls), measured) in programs.iter().zip(&mut walls).zip(&mut measured) {
            let cpu = children_ms()?;
            let start = Instant::now();
            let status = build(program, top).stdout(Stdio::null()).status().context("run")?;
            walls.push(start.elapsed().as_secs_f64() * 1000.0);
            if !status.success() {
                bail!("{} failed ({status})", program.display());
            }
            measured.figures.cpu_ms += children_ms()? - cpu;
        }
    }
    for (walls, measured) in walls.into_iter().zip(&mut measured) {
        measured.figures.cpu_ms /= runs.max(1) as f64;
        measured.figures.wall_ms = median(walls);
    }
    Ok(measured)
}

fn build(program: &Path, top: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("build").arg(top).stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// One run with its output left in the pipe until the program waits for a reader: by then it has needed the most. A
/// program whose output fits into the pipe ends by itself, looked at twice a millisecond.
fn peak_mib(program: &Path, top: &Path) -> Result<(f64, Vec<u8>)> {
    const QUIET: Duration = Duration::from_millis(200);
    let mut child = build(program, top).stdout(Stdio::piped()).spawn().context("run")?;
    let mut peak = 0.0_f64;
    let mut last = (String::new(), Instant::now());
    while let Some((memory, spent)) = look(&child) {
        peak = peak.max(memory);
        if spent != last.0 {
            last = (spent, Instant::now());
        } else if last.1.elapsed() > QUIET {
            break;
        }
        park_timeout(Duration::from_micros(500));
    }
    let mut output = Vec::new();
    child.stdout.take().context("its output")?.read_to_end(&mut output)?;
    let status = child.wait()?;
    if !status.success() {
        bail!("{} failed ({status})", program.display());
    }
    Ok((peak, output))
}

/// Peak memory of a process and its CPU time so far; nothing once it has ended.
fn look(child: &Child) -> Option<(f64, String)> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).ok()?;
    let spent = stat_fields(&stat)?.get(11..13)?.join(" ");
    Some((peak_of(&status)?, spent))
}

fn peak_of(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<f64>().ok().map(|kib| kib / 1024.0)
}

/// CPU time of all children that have ended.
fn children_ms() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat").context("/proc/self/stat")?;
    let fields = stat_fields(&stat).context("/proc/self/stat")?;
    let ticks = fields.get(13..15).context("/proc/self/stat")?;
    Ok(ticks.iter().filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * TICK_MS)
}

/// The fields behind the command's name, which may hold anything: state is the first.
fn stat_fields(stat: &str) -> Option<Vec<&str>> {
    Some(stat.rsplit_once(") ")?.1.split(' ').collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), values.len() % 2) {
        (Some(value), 1) => *value,
        (Some(value), _) => {
            f64::midpoint(*value, values.get(middle.wrapping_sub(1)).copied().unwrap_or(*value))
        }
        (None, _) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(Vec::new()), 0.0);
    }

    #[test]
    fn what_the_kernel_writes() {
        assert_eq!(peak_of("Name:\tx\nVmHWM:\t    2048 kB\n"), Some(2.0));
        assert_eq!(peak_of("Name:\tx\nState:\tZ (zombie)\n"), None);
        let fields = stat_fields("1 (a) b) S 2 3").expect("fields");
        assert_eq!(fields, ["S", "2", "3"]);
    }
}
