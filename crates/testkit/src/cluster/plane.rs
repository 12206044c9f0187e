//! The running control plane of `e2e/control-plane`, or an existing cluster in its place: how it starts and ends.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use kube::Client;
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::audit::RequestLog;
use super::identity::{self, Identity};
use crate::binaries;

/// Names a file that describes a control plane which runs already (see [`Description`]); `cargo xtask test` sets it.
pub const CONTROL_PLANE_VARIABLE: &str = "FLYBALL_CONTROL_PLANE";

/// Names a context of the user's kubeconfig: that cluster is used instead of a control plane of our own.
pub const CONTEXT_VARIABLE: &str = "FLYBALL_CONTEXT";

/// The three controllers, which always have an identity.
pub const CONTROLLERS: [&str; 3] = ["source-controller", "kustomize-controller", "health-controller"];

const START_LIMIT: Duration = Duration::from_secs(100);

/// Where a control plane is; the line that `control-plane up` prints.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Description {
    /// The admin's kubeconfig.
    pub kubeconfig: PathBuf,
    /// A context of it, for an existing cluster.
    pub context: Option<String>,
    /// The folder with all files; empty for an existing cluster.
    pub dir: PathBuf,
    /// The audit log; none for an existing cluster.
    pub audit_log: Option<PathBuf>,
    /// Kubeconfig by identity.
    pub kubeconfigs: BTreeMap<String, PathBuf>,
    /// User name by identity, as in the audit log.
    pub users: BTreeMap<String, String>,
    /// Process id by component.
    pub pids: BTreeMap<String, u32>,
}

/// A control plane. It ends with the value that started it, and with its process.
///
/// It holds no client: a kube client lives no longer than the tokio runtime that made it, and each test has its
/// own. Ask for one with [`ControlPlane::client`].
#[derive(Debug)]
pub struct ControlPlane {
    description: Description,
    supervisor: Option<Supervisor>,
    pub(super) prepared: OnceCell<()>,
}

#[derive(Debug)]
struct Supervisor {
    child: Mutex<Child>,
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        if let Ok(mut child) = self.child.lock() {
            // The supervisor ends, and removes its folder, when its standard input closes.
            drop(child.stdin.take());
            child.wait().ok();
        }
    }
}

impl ControlPlane {
    /// The control plane of this test process: the one that `FLYBALL_CONTROL_PLANE` describes, the cluster that
    /// `FLYBALL_CONTEXT` names, or else one that is started now and ends with the process.
    pub async fn shared() -> Result<Arc<Self>> {
        static SHARED: OnceCell<Arc<ControlPlane>> = OnceCell::const_new();
        let plane = SHARED
            .get_or_try_init(|| async { anyhow::Ok(Arc::new(Self::from_environment().await?)) })
            .await?;
        Ok(Arc::clone(plane))
    }

    async fn from_environment() -> Result<Self> {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        if let Some(path) = set(CONTROL_PLANE_VARIABLE) {
            return Self::described(Path::new(&path));
        }
        if let Some(context) = set(CONTEXT_VARIABLE) {
            return Self::existing(&context.to_string_lossy());
        }
        Self::start(&CONTROLLERS).await
    }

    /// The control plane that a file describes.
    pub fn described(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let description = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
        Ok(Self { description, supervisor: None, prepared: OnceCell::new() })
    }

    /// The cluster of a context of the user's kubeconfig (`KUBECONFIG` or `~/.kube/config`).
    pub fn existing(context: &str) -> Result<Self> {
        let path = std::env::var_os("KUBECONFIG")
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".kube/config")))
            .context("neither KUBECONFIG nor HOME is set")?;
        let description =
            Description { kubeconfig: path, context: Some(context.to_owned()), ..Description::default() };
        Ok(Self { description, supervisor: None, prepared: OnceCell::new() })
    }

    /// Starts one with a token for each of `identities`, in a temporary folder.
    pub async fn start(identities: &[&str]) -> Result<Self> {
        let (binary, kwok) = (binaries::CONTROL_PLANE.built()?, binaries::KWOK.built()?);
        let folder = tempfile::Builder::new().prefix("flyball-plane-").tempdir()?.keep();
        let mut command = Command::new(binary);
        command
            .arg("up")
            .arg("--remove-dir")
            .arg("--dir")
            .arg(&folder)
            .arg("--kwok")
            .arg(kwok)
            .arg("--stages")
            .arg(binaries::stages())
            .arg("--identities")
            .arg(identities.join(","))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().context("start the control plane")?;
        let stdout = child.stdout.take().context("a pipe from the control plane")?;
        let stderr = child.stderr.take().context("a pipe from the control plane")?;
        let supervisor = Supervisor { child: Mutex::new(child) };
        let (sender, first) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let (mut line, mut lines) = (String::new(), BufReader::new(stdout));
            let read = lines.read_line(&mut line);
            sender.send(read.map(|_| line)).ok();
            // A pipe that nobody reads any more would kill the writer.
            std::io::copy(&mut lines, &mut std::io::sink())
        });
        let complaints = std::thread::spawn(move || std::io::read_to_string(stderr));
        let line = tokio::time::timeout(START_LIMIT, first)
            .await
            .context("the control plane did not start")???;
        if line.is_empty() {
            drop(supervisor);
            let complaint = complaints.join().ok().and_then(Result::ok).unwrap_or_default();
            bail!("the control plane did not start: {}", complaint.trim());
        }
        let description = serde_json::from_str(&line).context("the control plane's description")?;
        Ok(Self { description, supervisor: Some(supervisor), prepared: OnceCell::new() })
    }

    /// Where it is.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The file to name in `FLYBALL_CONTROL_PLANE`.
    #[must_use]
    pub fn description_file(&self) -> PathBuf {
        self.description.dir.join("plane.json")
    }

    /// Whether it is a cluster that we did not make, where tests have to clean up.
    #[must_use]
    pub fn is_existing_cluster(&self) -> bool {
        self.description.audit_log.is_none()
    }

    /// A client as admin. Make one per test: it belongs to the running tokio runtime.
    pub async fn client(&self) -> Result<Client> {
        identity::client(&self.description.kubeconfig, self.description.context.as_deref()).await
    }

    /// The kubeconfig of an identity that was asked for at the start.
    pub fn identity(&self, name: &str) -> Result<Identity> {
        let kubeconfig = self.description.kubeconfigs.get(name);
        let kubeconfig =
            kubeconfig.with_context(|| format!("this control plane has no identity {name:?}"))?;
        let user = self.description.users.get(name).cloned().unwrap_or_else(|| name.to_owned());
        Ok(Identity::new(name, &user, kubeconfig))
    }

    /// The log of all requests.
    pub fn requests(&self) -> Result<RequestLog> {
        let path =
            self.description.audit_log.as_ref().context("an existing cluster has no request log to read")?;
        Ok(RequestLog::new(path))
    }

    /// Tells the supervisor of a control plane that this value started: `stop`, `kill` or `start` a component
    /// (`kube-apiserver`, `kube-controller-manager`, ...). Never do that to a shared one.
    pub fn tell(&self, command: &str) -> Result<()> {
        let supervisor = self.supervisor.as_ref().context("not started by this process")?;
        let mut child = supervisor.child.lock().map_err(|_| anyhow::anyhow!("poisoned"))?;
        let stdin = child.stdin.as_mut().context("a pipe to the control plane")?;
        writeln!(stdin, "{command}").context("the control plane has ended")
    }
}
