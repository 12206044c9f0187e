//! Images run: each is unpacked and started from there, as the user that it names, with a root that it cannot write to
//! and nothing of this machine but the network. What an image is made of is `release`'s business.

use std::collections::BTreeSet;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;
use testkit::cluster::{ControlPlane, TestNamespace};
use testkit::ports;
use testkit::process::Launch;
use tokio::process::Command;

use crate::release::{CONTROLLERS, archives, folder, output};

const SOON: Duration = Duration::from_secs(60);

/// An image, unpacked.
struct Unpacked {
    folder: tempfile::TempDir,
    config: Value,
}

impl Unpacked {
    /// Unpacks the image for this machine, layer by layer, as a container engine does.
    async fn new(name: &str) -> Result<Self> {
        let release = folder().await?;
        let platform = if cfg!(target_arch = "aarch64") { "linux_arm64.tar" } else { "linux_amd64.tar" };
        let archive = archives(release, name)?
            .into_iter()
            .find(|path| path.display().to_string().ends_with(platform))
            .with_context(|| format!("no image of {name} for this machine"))?;
        let unpacked = tempfile::tempdir()?;
        let (blobs, root) = (unpacked.path().join("archive"), unpacked.path().join("root"));
        for path in [&blobs, &root] {
            std::fs::create_dir(path)?;
        }
        // The user of the image passes through.
        std::fs::set_permissions(unpacked.path(), std::fs::Permissions::from_mode(0o755))?;
        output(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(&blobs)).await?;
        let read = |path: &str| -> Result<Value> {
            Ok(serde_json::from_slice(&std::fs::read(blobs.join(path)).with_context(|| path.to_owned())?)?)
        };
        let docker = read("manifest.json")?;
        for layer in docker[0]["Layers"].as_array().context("layers")? {
            let layer = blobs.join(layer.as_str().context("a layer's path")?);
            output(Command::new("tar").args(["-xzpf"]).arg(&layer).arg("-C").arg(&root)).await?;
        }
        let config = read(docker[0]["Config"].as_str().context("the configuration's path")?)?;
        std::fs::remove_dir_all(&blobs)?;
        Ok(Self { folder: unpacked, config: config["config"].clone() })
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// The words that start the image's program in it: bubblewrap's, then the entrypoint. A controller is given a
    /// kubeconfig and the namespace that it runs in.
    fn words(&self, beside: Option<(&Path, &str)>) -> Result<Vec<String>> {
        let user = self.config["User"].as_str().context("a user")?;
        let (user, group) = user.split_once(':').context("a user and a group")?;
        let mut words: Vec<String> = Vec::new();
        let mut add = |more: &[&str]| words.extend(more.iter().map(|word| (*word).to_owned()));
        // Root becomes that user before, so that the image's files belong to somebody else, as in a container.
        if std::fs::metadata("/proc/self")?.uid() == 0 {
            let (runs_as, runs_in) = (format!("--reuid={user}"), format!("--regid={group}"));
            add(&["setpriv", &runs_as, &runs_in, "--clear-groups"]);
        }
        add(&["bwrap", "--die-with-parent", "--uid", user, "--gid", group]);
        add(&["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]);
        let root = self.root().display().to_string();
        add(&["--ro-bind", &root, "/", "--dev", "/dev", "--proc", "/proc"]);
        add(&["--perms", "1777", "--tmpfs", "/tmp", "--dir", "/tmp/data"]);
        add(&["--clearenv"]);
        if let Some((kubeconfig, namespace)) = beside {
            add(&["--ro-bind", &kubeconfig.display().to_string(), "/tmp/kubeconfig"]);
            add(&["--setenv", "KUBECONFIG", "/tmp/kubeconfig", "--setenv", "RUNTIME_NAMESPACE", namespace]);
        }
        for variable in self.config["Env"].as_array().into_iter().flatten() {
            let (key, value) =
                variable.as_str().and_then(|both| both.split_once('=')).context("a variable")?;
            add(&["--setenv", key, value]);
        }
        add(&["--"]);
        let entrypoint = self.config["Entrypoint"].as_array().context("an entrypoint")?;
        for word in entrypoint {
            add(&[word.as_str().context("a word")?]);
        }
        Ok(words)
    }

    /// Every file that can be executed, from the image's root.
    fn programs(&self) -> Result<BTreeSet<String>> {
        let mut programs = BTreeSet::new();
        let mut open = vec![self.root()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
                let entry = entry?;
                let path = entry.path();
                let mode = entry.metadata()?.permissions().mode() & 0o7777;
                if path.is_dir() {
                    let wanted = if path.ends_with("root/tmp") { 0o1777 } else { 0o755 };
                    assert_eq!(mode, wanted, "{}", path.display());
                    open.push(path);
                } else if mode & 0o111 != 0 {
                    assert_eq!(mode, 0o755, "{}", path.display());
                    programs.insert(path.strip_prefix(self.root())?.display().to_string());
                } else {
                    assert_eq!(mode, 0o644, "{}", path.display());
                }
            }
        }
        Ok(programs)
    }
}

/// Starts a controller's image and waits until it says that it is ready.
async fn becomes_ready(ns: &TestNamespace, name: &str) -> Result<()> {
    let image = Unpacked::new(name).await?;
    let programs = image.programs()?;
    let own = format!("usr/local/bin/{name}");
    assert!(programs.contains(&own), "{programs:?}");
    // A program that is not static has its libraries beside it, and that is all.
    let others: Vec<_> = programs
        .iter()
        .filter(|path| **path != own && !path.contains("/lib") && !path.starts_with("lib"))
        .collect();
    assert!(others.is_empty(), "no shell and no tool: {others:?}");
    let bundle = std::fs::read_to_string(image.root().join("etc/ssl/certs/ca-certificates.crt"))?;
    assert!(bundle.matches("BEGIN CERTIFICATE").count() > 100);

    let identity = ns.service_account(name).await?;
    let kubeconfig = image.folder.path().join("kubeconfig");
    std::fs::copy(identity.kubeconfig(), &kubeconfig)?;
    std::fs::set_permissions(&kubeconfig, std::fs::Permissions::from_mode(0o644))?;
    let (health, metrics) = (ports::free()?, ports::free()?);
    let words = image.words(Some((&kubeconfig, ns.name())))?;
    let (program, words) = words.split_first().context("words")?;
    let log = ns.folder().join(format!("{name}-image.log"));
    let mut launch = Launch::new(name, program.as_ref(), &log)
        .args(words)
        .arg("--watch-all-namespaces=false")
        .arg("--enable-leader-election=false")
        .arg(format!("--health-addr=127.0.0.1:{health}"))
        .arg(format!("--metrics-addr=127.0.0.1:{metrics}"));
    if name == "source-controller" {
        let address = format!("127.0.0.1:{}", ports::free()?);
        launch = launch
            .arg("--storage-path=/tmp/data")
            .arg(format!("--storage-addr={address}"))
            .arg(format!("--storage-adv-addr={address}"));
    }
    let process = launch.start().await?;
    process.await_http(&format!("http://127.0.0.1:{health}/readyz"), SOON).await
}

#[tokio::test]
async fn controllers_become_ready_from_their_images() -> Result<()> {
    let ns = ControlPlane::shared().await?.namespace("image").await?;
    for name in CONTROLLERS {
        becomes_ready(&ns, name).await.with_context(|| name.to_owned())?;
    }
    Ok(())
}

#[tokio::test]
async fn the_command_line_runs_from_its_image() -> Result<()> {
    let image = Unpacked::new("flyball").await?;
    let words = image.words(None)?;
    let (program, words) = words.split_first().context("words")?;
    let version = output(Command::new(program).args(words).arg("--version")).await?;
    assert!(version.starts_with("flyball "), "{version}");
    let refused = Command::new(program).args(words).args(["build", "/tmp/data"]).output().await?;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("kustomization"), "it looks into the image's own folders: {said}");
    Ok(())
}
