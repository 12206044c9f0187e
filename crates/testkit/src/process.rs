//! Processes that end with the test, even when that is killed: each runs under `control-plane run`, which kills it
//! when our end of a pipe closes. Their output goes to a file.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::sync::watch;

use crate::binaries;
use crate::wait::{Look, until};

/// A program to be started.
#[derive(Clone, Debug)]
pub struct Launch {
    name: String,
    binary: PathBuf,
    arguments: Vec<OsString>,
    environment: BTreeMap<OsString, OsString>,
    log: PathBuf,
}

impl Launch {
    /// A program with no arguments, whose output is appended to the file `log`. Of our environment it gets
    /// `PATH` and `HOME` only.
    #[must_use]
    pub fn new(name: &str, binary: &Path, log: &Path) -> Self {
        let environment = ["PATH", "HOME"]
            .into_iter()
            .filter_map(|key| Some((key.into(), std::env::var_os(key)?)))
            .collect();
        Self {
            name: name.to_owned(),
            binary: binary.to_owned(),
            arguments: Vec::new(),
            environment,
            log: log.to_owned(),
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.insert(key.into(), value.as_ref().to_owned());
        self
    }

    /// Starts it.
    pub async fn start(&self) -> Result<Process> {
        let wrapper = binaries::CONTROL_PLANE.built()?;
        let mut child = Command::new(wrapper)
            .arg("run")
            .arg("--log")
            .arg(&self.log)
            .arg("--")
            .arg(&self.binary)
            .args(&self.arguments)
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("start {}", self.name))?;
        let stdin = child.stdin.take().context("a pipe to the wrapper")?;
        let stdout = child.stdout.take().context("a pipe from the wrapper")?;
        let (sender, mut state) = watch::channel(State::default());
        std::thread::spawn(move || follow(child, BufReader::new(stdout), &sender));
        let seen = state.wait_for(|state| state.pid.is_some() || state.exit.is_some()).await?.clone();
        let Some(pid) = seen.pid else {
            bail!("{} did not start: {}", self.name, self.binary.display());
        };
        Ok(Process {
            name: self.name.clone(),
            pid,
            log: self.log.clone(),
            stdin: Mutex::new(Some(stdin)),
            state,
        })
    }
}

/// How a process ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exit {
    /// Its exit code, or 128 and the signal.
    pub code: i64,
    /// Name of the signal that killed it, or empty.
    pub signal: String,
}

#[derive(Clone, Debug, Default)]
struct State {
    pid: Option<u32>,
    exit: Option<Exit>,
}

/// Reads what the wrapper says, until both are gone.
fn follow(mut child: Child, lines: impl std::io::BufRead, sender: &watch::Sender<State>) {
    for line in lines.lines().map_while(Result::ok) {
        let Ok(said) = serde_json::from_str::<serde_json::Value>(&line) else { continue };
        sender.send_modify(|state| {
            if let Some(pid) = said["pid"].as_u64() {
                state.pid = u32::try_from(pid).ok();
            }
            if let Some(code) = said["exit"].as_i64() {
                let signal = said["signal"].as_str().unwrap_or_default().to_owned();
                state.exit = Some(Exit { code, signal });
            }
        });
    }
    let code = child.wait().ok().and_then(|status| status.code()).map_or(-1, i64::from);
    sender.send_modify(|state| {
        state.exit.get_or_insert(Exit { code, signal: String::new() });
    });
}

/// CPU time that a process has used so far, in user and kernel mode. Linux counts hundredths of a second.
pub fn cpu_of(pid: u32) -> Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let stat = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    // The name in parentheses may hold blanks; fields 14 and 15 count from the start.
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Ok(Duration::from_millis((ticks(11) + ticks(12)) * 1000 / per_second))
}

/// A running process. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    name: String,
    pid: u32,
    log: PathBuf,
    stdin: Mutex<Option<ChildStdin>>,
    state: watch::Receiver<State>,
}

impl Process {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The file with its output.
    #[must_use]
    pub fn log_path(&self) -> &Path {
        &self.log
    }

    /// Its output so far.
    pub fn log(&self) -> Result<String> {
        let text = std::fs::read(&self.log).with_context(|| self.log.display().to_string())?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// How it ended, if it did.
    #[must_use]
    pub fn exited(&self) -> Option<Exit> {
        self.state.borrow().exit.clone()
    }

    /// Waits until it has ended by itself.
    pub async fn wait(&self, limit: Duration) -> Result<Exit> {
        let mut state = self.state.clone();
        let ended = tokio::time::timeout(limit, state.wait_for(|state| state.exit.is_some())).await;
        let Ok(seen) = ended else { bail!("{} did not end within {limit:?}", self.name) };
        seen?.exit.clone().context("how it ended")
    }

    /// `kill -9`, and waits until it is gone.
    pub async fn kill(&self) -> Result<Exit> {
        self.tell("kill")?;
        self.wait(Duration::from_secs(10)).await
    }

    /// SIGTERM, and waits until it has ended.
    pub async fn terminate(&self, limit: Duration) -> Result<Exit> {
        self.tell("term")?;
        self.wait(limit).await
    }

    /// Stops it in its tracks (SIGSTOP), as a node that hangs.
    pub fn freeze(&self) -> Result<()> {
        self.tell("stop")
    }

    /// Lets it go on after [`Process::freeze`].
    pub fn thaw(&self) -> Result<()> {
        self.tell("cont")
    }

    /// Resident memory in bytes.
    pub fn rss(&self) -> Result<u64> {
        self.memory("VmRSS:")
    }

    /// The most resident memory there was, in bytes, since its start or the last [`Process::forget_peak`].
    pub fn peak_rss(&self) -> Result<u64> {
        self.memory("VmHWM:")
    }

    /// Lets [`Process::peak_rss`] begin again.
    pub fn forget_peak(&self) -> Result<()> {
        let path = format!("/proc/{}/clear_refs", self.pid);
        std::fs::write(&path, "5").with_context(|| format!("{} ({path})", self.name))
    }

    /// Gives it no more than so many bytes of address space from now on.
    pub fn limit_address_space(&self, bytes: u64) -> Result<()> {
        let pid = i32::try_from(self.pid).ok().and_then(rustix::process::Pid::from_raw);
        let limit = rustix::process::Rlimit { current: Some(bytes), maximum: Some(bytes) };
        rustix::process::prlimit(pid, rustix::process::Resource::As, limit)
            .with_context(|| self.name.clone())
            .map(drop)
    }

    fn memory(&self, field: &str) -> Result<u64> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let line = line.with_context(|| field.to_owned())?;
        let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().with_context(|| field.to_owned())?;
        Ok(kib * 1024)
    }

    /// CPU time used so far, in user and kernel mode.
    pub fn cpu(&self) -> Result<Duration> {
        cpu_of(self.pid).with_context(|| self.name.clone())
    }

    /// Bytes it has read so far, from files and connections alike, wherever they came from.
    pub fn read_bytes(&self) -> Result<u64> {
        let text = self.proc("io")?;
        let line = text.lines().find_map(|line| line.strip_prefix("rchar:")).context("rchar")?;
        line.trim().parse().context("rchar")
    }

    /// Waits until a GET of `url` answers with success. Fails at once when the process ends.
    pub async fn await_http(&self, url: &str, limit: Duration) -> Result<()> {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(2)).no_proxy().build()?;
        let ready = until(&format!("{} answers at {url}", self.name), limit, || async {
            if self.exited().is_some() {
                return Ok(Look::Found(false));
            }
            let response = client.get(url).send().await?;
            let status = response.status();
            Ok(if status.is_success() { Look::Found(true) } else { Look::Not(status.to_string()) })
        })
        .await;
        match ready {
            Ok(true) => Ok(()),
            Ok(false) => bail!("{} ended: {:?}\n{}", self.name, self.exited(), self.log_tail()),
            Err(error) => Err(error.context(self.log_tail())),
        }
    }

    /// The last lines of its output, for messages.
    #[must_use]
    pub fn log_tail(&self) -> String {
        let log = self.log().unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
    }

    fn proc(&self, file: &str) -> Result<String> {
        let path = format!("/proc/{}/{file}", self.pid);
        std::fs::read_to_string(&path).with_context(|| format!("{} ({path})", self.name))
    }

    fn tell(&self, word: &str) -> Result<()> {
        let mut stdin = self.stdin.lock().map_err(|_| anyhow::anyhow!("{}: poisoned", self.name))?;
        let pipe = stdin.as_mut().context("the wrapper's pipe")?;
        pipe.write_all(format!("{word}\n").as_bytes()).with_context(|| format!("{} has ended", self.name))
    }
}
