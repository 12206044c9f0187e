//! A person at a terminal who follows a document: a control plane, a Git server, and a shell that remembers its folder
//! and its variables from one block to the next.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use testkit::binaries;
use testkit::cluster::{CONTROLLERS, ControlPlane, Objects};
use testkit::git::GitServer;
use testkit::tool::Terminal;

use super::kubelet::Kubelet;
use super::page;

/// What the documents call their chart and their Git server.
const CHART: &str = "oci://ghcr.io/flyball/charts/flyball";
const GIT_HOST: &str = "https://git.example.com/";

/// How often the processes are compared with the Deployments.
const LOOK: Duration = Duration::from_millis(300);

const GIT_CONFIGURATION: &str = "[user]\n\tname = Reader\n\temail = reader@example.com\n[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n";

/// The person, and all that there is around the terminal.
pub(super) struct Reader {
    kubelet: Kubelet,
    terminal: Terminal,
    git: GitServer,
    objects: Objects,
    home: PathBuf,
    // Only held: the folder goes with the value, after the processes.
    _folder: tempfile::TempDir,
}

impl Reader {
    /// A new cluster with nothing in it.
    pub(super) async fn sit_down() -> Result<Self> {
        let plane = Arc::new(ControlPlane::start(&CONTROLLERS).await?);
        let folder = tempfile::Builder::new().prefix("flyball-docs-").tempdir()?;
        let home = folder.path().join("home");
        let work = folder.path().join("work");
        for made in [&home, &work] {
            std::fs::create_dir_all(made).with_context(|| made.display().to_string())?;
        }
        write(&home.join(".gitconfig"), GIT_CONFIGURATION)?;
        write(&home.join(".cwd"), &work.display().to_string())?;
        write(&home.join(".state"), "")?;
        let terminal = Terminal::open(&home, &plane.description().kubeconfig)?;
        let objects = Objects::new(plane.client().await?, "default");
        let kubelet = Kubelet::new(plane, folder.path());
        let git = GitServer::start().await?;
        Ok(Self { kubelet, terminal, git, objects, home, _folder: folder })
    }

    /// The Git server that the documents call `https://git.example.com`.
    pub(super) fn git(&self) -> &GitServer {
        &self.git
    }

    /// The cluster's objects, as admin.
    pub(super) fn objects(&self) -> &Objects {
        &self.objects
    }

    /// Objects of a namespace.
    pub(super) fn objects_in(&self, namespace: &str) -> Objects {
        Objects::new(self.objects.client(), namespace)
    }

    /// Runs commands that no document holds.
    pub(super) async fn prepare(&self, script: &str) -> Result<String> {
        self.terminal.script(script).await
    }

    /// Runs every block of a document in its order, and compares what it shows.
    pub(super) async fn follow(&mut self, name: &str, text: &str) -> Result<()> {
        let steps = page::steps(text);
        if steps.is_empty() {
            bail!("{name} has no commands");
        }
        for step in steps {
            let place = || format!("{name}:{}", step.line);
            let output = self.run(&step.script).await.with_context(place)?;
            let missing = page::missing(&step.shown, &output);
            if !missing.is_empty() {
                bail!("{}: {missing:#?} is not in the output:\n{output}", place());
            }
        }
        Ok(())
    }

    /// Runs a block while the processes follow the Deployments.
    async fn run(&mut self, script: &str) -> Result<String> {
        let chart = binaries::root().join("charts/flyball").display().to_string();
        let script = script.replace(CHART, &chart).replace(GIT_HOST, &format!("{}/", self.git.url()));
        let home = self.home.display();
        let lines = format!(
            "cd \"$(cat {home}/.cwd)\"\nsource {home}/.state\n{script}\npwd > {home}/.cwd\nexport -p > {home}/.state\n"
        );
        let mut running = std::pin::pin!(self.terminal.script(&lines));
        let output = loop {
            tokio::select! {
                ended = &mut running => break ended?,
                () = tokio::time::sleep(LOOK) => self.kubelet.look().await?,
            }
        };
        self.kubelet.look().await?;
        Ok(output)
    }

    /// Has the processes follow the Deployments once.
    pub(super) async fn look(&mut self) -> Result<()> {
        self.kubelet.look().await
    }
}

fn write(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text).with_context(|| file.display().to_string())
}
