//! A real sshd on a loopback port, and repositories behind it. Its keys are made for each test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::Repository;
use crate::ports;
use crate::process::{Launch, Process};
use crate::wait::{Look, until};

/// Where Debian has it. It wants to be started by its whole path.
const PROGRAM: &str = "/usr/sbin/sshd";
const SOON: Duration = Duration::from_secs(30);

/// An SSH server for Git.
pub struct SshServer {
    folder: tempfile::TempDir,
    port: u16,
    user: String,
    _process: Process,
}

impl SshServer {
    /// Starts one, with host keys of three kinds and one key that may enter.
    pub async fn start() -> Result<Self> {
        if !Path::new(PROGRAM).exists() {
            bail!("{PROGRAM} is missing: install openssh-server");
        }
        let folder = tempfile::Builder::new().prefix("sshd").tempdir()?;
        let is_root = rustix::process::geteuid().is_root();
        if is_root {
            std::fs::create_dir_all("/run/sshd")?;
        }
        let user = if is_root { "root".to_owned() } else { std::env::var("USER").context("USER")? };
        for kind in ["ed25519", "ecdsa", "rsa"] {
            key(&folder.path().join(format!("host_{kind}")), kind, "")?;
        }
        key(&folder.path().join("client"), "ed25519", "")?;
        key(&folder.path().join("locked"), "ed25519", "pass-canary")?;
        key(&folder.path().join("rsa"), "rsa", "")?;
        key(&folder.path().join("stranger"), "ed25519", "")?;
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name));
        let allowed = format!("{}{}{}", read("client.pub")?, read("locked.pub")?, read("rsa.pub")?);
        std::fs::write(folder.path().join("authorized_keys"), allowed)?;
        let port = ports::free()?;
        std::fs::write(folder.path().join("config"), config(folder.path(), port))?;
        let log = folder.path().join("sshd.log");
        let launch = Launch::new("sshd", Path::new(PROGRAM), &log);
        let process = launch.args(["-D", "-e", "-f"]).arg(folder.path().join("config")).start().await?;
        let server = Self { folder, port, user, _process: process };
        until("sshd to listen", SOON, || async {
            let connected = tokio::net::TcpStream::connect(("127.0.0.1", port)).await;
            Ok(if connected.is_ok() { Look::Found(()) } else { Look::Not(String::new()) })
        })
        .await?;
        Ok(server)
    }

    /// Makes a repository.
    pub fn repository(&self, name: &str) -> Result<Repository> {
        let folder = self.folder.path().join("repositories").join(name);
        Repository::create(&folder, &self.url(&folder))
    }

    /// The address of a folder.
    #[must_use]
    pub fn url(&self, folder: &Path) -> String {
        format!("ssh://{}@127.0.0.1:{}{}", self.user, self.port, folder.display())
    }

    /// A secret key: `client`, `rsa` and `locked` (with the passphrase `pass-canary`) may enter, `stranger` may not.
    pub fn key(&self, name: &str) -> Result<String> {
        Ok(std::fs::read_to_string(self.path(name))?)
    }

    /// The line of known hosts for one of its keys: `ed25519`, `ecdsa`, `rsa`.
    pub fn known_hosts(&self, kind: &str) -> Result<String> {
        let key = std::fs::read_to_string(self.path(&format!("host_{kind}.pub")))?;
        Ok(format!("[127.0.0.1]:{} {key}", self.port))
    }

    /// Its port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn config(folder: &Path, port: u16) -> String {
    let at = folder.display();
    format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {at}/host_ed25519\nHostKey {at}/host_ecdsa\n\
         HostKey {at}/host_rsa\nAuthorizedKeysFile {at}/authorized_keys\nPidFile none\nUsePAM no\nStrictModes no\n\
         PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n\
         AllowTcpForwarding no\nX11Forwarding no\nPermitTTY no\nAcceptEnv GIT_PROTOCOL\n"
    )
}

fn key(path: &Path, kind: &str, passphrase: &str) -> Result<()> {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-t", kind, "-N", passphrase, "-C", "test", "-f"]).arg(path);
    if kind == "rsa" {
        command.args(["-b", "2048"]);
    }
    let output = command.output().context("ssh-keygen")?;
    if !output.status.success() {
        bail!("ssh-keygen: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
