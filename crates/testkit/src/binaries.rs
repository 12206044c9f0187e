//! The programs that tests run: those of Go modules in `e2e`, built once into the user's cache folder, and our
//! own from Cargo's target folder. Nothing is run here but the Go compiler.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// A program built from a Go module of this repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoProgram {
    /// Name of the binary.
    pub name: &'static str,
    /// Folder of the module, from the repository's root.
    pub module: &'static str,
    /// Package to build.
    pub package: &'static str,
    /// How long a first build takes on two cores.
    pub first_build: &'static str,
    /// Flags for the linker beside `-s -w`.
    pub ldflags: &'static str,
    /// How a module is built that needs more than is in it.
    pub copied: Option<Copied>,
}

/// A module that embeds a file which only its release makes: it is built in a copy of its own folder, with its own
/// `go.sum`, and an empty file there. The folder in `e2e` pins the copied module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Path of the module.
    pub module: &'static str,
    /// The file to add.
    pub file: &'static str,
}

/// What Kubernetes' programs say of themselves; without it they call themselves `v0.0.0-master+$Format:%H$`, which
/// neither Helm nor kubectl can read.
const KUBERNETES_VERSION: &str = "-X k8s.io/component-base/version.gitVersion=v1.37.2 \
    -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37";

/// etcd, kube-apiserver, kube-controller-manager and kube-scheduler, with their supervisor.
pub const CONTROL_PLANE: GoProgram = GoProgram {
    name: "control-plane",
    module: "e2e/control-plane",
    package: ".",
    first_build: "6 to 8 minutes",
    ldflags: KUBERNETES_VERSION,
    copied: None,
};

/// kubectl of the control plane's version, with which it shares most of its packages.
pub const KUBECTL: GoProgram = GoProgram {
    name: "kubectl",
    module: "e2e/peers/kubectl",
    package: ".",
    first_build: "1 minute",
    ldflags: KUBERNETES_VERSION,
    copied: None,
};

/// Helm, for the chart.
pub const HELM: GoProgram = GoProgram {
    name: "helm",
    module: "e2e/peers/helm",
    package: "helm.sh/helm/v4/cmd/helm",
    first_build: "4 minutes",
    ldflags: "",
    copied: None,
};

/// Flux's command line, as a peer.
pub const FLUX_CLI: GoProgram = GoProgram {
    name: "flux",
    module: "e2e/peers/flux",
    package: "./cmd/flux",
    first_build: "5 minutes",
    ldflags: "-X main.VERSION=2.9.5",
    copied: Some(Copied { module: "github.com/fluxcd/flux2/v2", file: "cmd/flux/manifests/none.yaml" }),
};

/// The kubelet of the tests.
pub const KWOK: GoProgram = GoProgram {
    name: "kwok",
    module: "e2e/peers/kwok",
    package: "sigs.k8s.io/kwok/cmd/kwok",
    first_build: "1 to 2 minutes",
    ldflags: "",
    copied: None,
};

/// Upstream kustomize, for recorded answers.
pub const KUSTOMIZE: GoProgram = GoProgram {
    name: "kustomize",
    module: "e2e/peers/kustomize",
    package: "sigs.k8s.io/kustomize/kustomize/v5",
    first_build: "half a minute",
    ldflags: "",
    copied: None,
};

/// Flux's kustomize-controller, as a peer.
pub const FLUX_KUSTOMIZE_CONTROLLER: GoProgram = GoProgram {
    name: "flux-kustomize-controller",
    module: "e2e/peers/flux-kustomize-controller",
    package: "github.com/fluxcd/kustomize-controller",
    first_build: "3 minutes",
    ldflags: "",
    copied: None,
};

/// Flux's source-controller, as a peer.
pub const FLUX_SOURCE_CONTROLLER: GoProgram = GoProgram {
    name: "flux-source-controller",
    module: "e2e/peers/flux-source-controller",
    package: "github.com/fluxcd/source-controller",
    first_build: "3 minutes",
    ldflags: "",
    copied: None,
};

/// Flux's helm-controller, as a peer.
pub const FLUX_HELM_CONTROLLER: GoProgram = GoProgram {
    name: "flux-helm-controller",
    module: "e2e/peers/flux-helm-controller",
    package: "github.com/fluxcd/helm-controller",
    first_build: "4 minutes",
    ldflags: "",
    copied: None,
};

/// Flux's notification-controller, as a peer.
pub const FLUX_NOTIFICATION_CONTROLLER: GoProgram = GoProgram {
    name: "flux-notification-controller",
    module: "e2e/peers/flux-notification-controller",
    package: "github.com/fluxcd/notification-controller",
    first_build: "4 minutes",
    ldflags: "",
    copied: None,
};

impl GoProgram {
    /// The folder with the source of a module that this one needs: its definitions are there, too.
    pub fn source_of(&self, module: &str) -> Result<PathBuf> {
        downloaded(&root().join(self.module), module)
    }

    /// Where the binary is, or will be: the folder's name is a digest of the module's files, so that a change
    /// there means another build.
    pub fn path(&self) -> Result<PathBuf> {
        let module = root().join(self.module);
        let mut content = Vec::new();
        let mut files: Vec<PathBuf> = fs::read_dir(&module)
            .with_context(|| module.display().to_string())?
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<_>>()?;
        files.sort();
        for file in files {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name == "go.mod" || name == "go.sum" || name.ends_with(".go") {
                content.extend_from_slice(format!("{name}\n").as_bytes());
                content.extend(fs::read(&file).with_context(|| file.display().to_string())?);
            }
        }
        content.extend_from_slice(self.ldflags.as_bytes());
        let digest = manifest::digest::sha256_hex(&content);
        let short = digest.get(..16).unwrap_or(&digest);
        Ok(cache_folder()?.join(format!("{}-{short}", self.name)).join(self.name))
    }

    /// The binary, which must have been built.
    pub fn built(&self) -> Result<PathBuf> {
        let path = self.path()?;
        if !path.exists() {
            bail!("{} has not been built: run `cargo xtask control-plane` first", self.name);
        }
        Ok(path)
    }

    /// Builds the binary unless it is there. Other processes that want the same wait for this one.
    /// `progress` is told what happens, and how long it may take.
    pub fn build(&self, progress: &dyn Fn(&str)) -> Result<PathBuf> {
        let path = self.path()?;
        if path.exists() {
            return Ok(path);
        }
        let folder = path.parent().context("the cache has a folder")?;
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let lock = File::create(cache_folder()?.join("build.lock"))?;
        if rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_err() {
            progress("waiting for another build to end");
            rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive)?;
        }
        if path.exists() {
            return Ok(path);
        }
        go_version()?;
        progress(&format!("building {} (first time: {} on two cores)", self.name, self.first_build));
        let part = folder.join(format!("{}.part", self.name));
        let module = root().join(self.module);
        match self.copied {
            None => self.compile(&module, &part)?,
            Some(copied) => {
                let copy = tempfile::Builder::new().prefix("copy-").tempdir_in(folder)?;
                copied.unpack(&module, copy.path())?;
                self.compile(copy.path(), &part)?;
            }
        }
        fs::rename(&part, &path).with_context(|| path.display().to_string())?;
        Ok(path)
    }

    fn compile(&self, folder: &Path, to: &Path) -> Result<()> {
        let status = Command::new("go")
            .args(["build", "-trimpath", "-buildvcs=false"])
            .arg(format!("-ldflags=-s -w {}", self.ldflags).trim_end())
            .arg("-o")
            .arg(to)
            .arg(self.package)
            .current_dir(folder)
            .status()
            .context("go build")?;
        if !status.success() {
            bail!("go build of {} failed ({status})", self.module);
        }
        Ok(())
    }
}

impl Copied {
    /// Puts the module that `pin` names, which Go checks against the `go.sum` there, and the added file into `folder`.
    fn unpack(self, pin: &Path, folder: &Path) -> Result<()> {
        let from = downloaded(pin, self.module)?;
        copy(&from, folder).with_context(|| from.display().to_string())?;
        let added = folder.join(self.file);
        fs::create_dir_all(added.parent().context("a folder")?)?;
        fs::write(&added, "").with_context(|| added.display().to_string())
    }
}

/// Where a module lies that the one in `pin` needs; Go checks it against the `go.sum` there.
fn downloaded(pin: &Path, module: &str) -> Result<PathBuf> {
    let output = Command::new("go")
        .args(["mod", "download", "-json", module])
        .current_dir(pin)
        .output()
        .context("go mod download")?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        bail!("go mod download of {module}: {}", String::from_utf8_lossy(&said).trim());
    }
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).context("go mod download")?;
    Ok(PathBuf::from(found["Dir"].as_str().context("where the module lies")?))
}

/// Copies a folder's content. The module cache is read-only; the copy is not.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::write(&target, fs::read(entry.path())?)?;
        }
    }
    Ok(())
}

/// The repository's root.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// kwok's stages.
#[must_use]
pub fn stages() -> PathBuf {
    root().join("e2e/testdata/stages.yaml")
}

/// One of our own binaries, beside the running one: in Cargo's target folder for this profile.
pub fn own(name: &str) -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    here.ancestors().skip(1).take(3).map(|folder| folder.join(name)).find(|path| path.is_file()).with_context(
        || format!("{name} has not been built: run `cargo build` (or `cargo xtask test`) first"),
    )
}

/// `$XDG_CACHE_HOME/flyball`, or `~/.cache/flyball`.
fn cache_folder() -> Result<PathBuf> {
    let set =
        |name: &str| std::env::var_os(name).filter(|value: &OsString| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_CACHE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .context("neither XDG_CACHE_HOME nor HOME is set")?;
    let folder = base.join("flyball");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
}

/// Refuses a Go that is missing or too old.
fn go_version() -> Result<()> {
    const NEEDED: (u32, u32) = (1, 26);
    let missing = "Go 1.26 or later is needed (https://go.dev/dl)";
    let output = Command::new("go").args(["env", "GOVERSION"]).output().context(missing)?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let mut numbers = text.trim_start_matches("go").split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < NEEDED {
        bail!("{missing}; found {text}");
    }
    Ok(())
}
