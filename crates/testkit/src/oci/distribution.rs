//! Debian's registry (`docker-registry`): the reference implementation, as a process. It knows no list of referrers.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::image::Image;
use super::push::push;
use crate::process::{Launch, Process};

/// A running registry over plain http on 127.0.0.1, with storage of its own.
#[derive(Debug)]
pub struct Distribution {
    _process: Process,
    _folder: tempfile::TempDir,
    address: String,
    login: Option<(String, String)>,
}

impl Distribution {
    /// Everybody may read and write.
    ///
    /// # Errors
    /// It is not installed (`apt-get install docker-registry`), or does not start.
    pub async fn start() -> Result<Self> {
        Self::start_with(None).await
    }

    /// Only this user may; `hash` is the password as `htpasswd` keeps it (bcrypt).
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn with_login(user: &str, password: &str, hash: &str) -> Result<Self> {
        Self::start_with(Some((user, password, hash))).await
    }

    async fn start_with(login: Option<(&str, &str, &str)>) -> Result<Self> {
        let program = ["/usr/bin/docker-registry", "/usr/local/bin/docker-registry"]
            .map(std::path::Path::new)
            .into_iter()
            .find(|path| path.exists())
            .context("docker-registry is not installed: apt-get install docker-registry")?;
        let folder = tempfile::tempdir()?;
        let address = format!("127.0.0.1:{}", crate::ports::free()?);
        let mut config = format!(
            "version: 0.1\nlog: {{level: warn, accesslog: {{disabled: true}}}}\nhttp: {{addr: '{address}', secret: test}}\n\
             storage: {{filesystem: {{rootdirectory: '{}'}}, delete: {{enabled: true}}}}\n",
            folder.path().join("data").display()
        );
        if let Some((user, _, hash)) = login {
            let path = folder.path().join("htpasswd");
            std::fs::write(&path, format!("{user}:{hash}\n"))?;
            writeln!(config, "auth: {{htpasswd: {{realm: test, path: '{}'}}}}", path.display())?;
        }
        let file = folder.path().join("config.yml");
        std::fs::write(&file, config)?;
        let process = Launch::new("docker-registry", program, &folder.path().join("log"))
            .arg("serve")
            .arg(&file)
            .env("OTEL_TRACES_EXPORTER", "none")
            .start()
            .await?;
        process.await_http(&format!("http://{address}/"), Duration::from_secs(30)).await?;
        let login = login.map(|(user, password, _)| (user.to_owned(), password.to_owned()));
        Ok(Self { _process: process, _folder: folder, address, login })
    }

    /// `127.0.0.1:<port>`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// `oci://…` of a repository.
    #[must_use]
    pub fn url(&self, repository: &str) -> String {
        format!("oci://{}/{repository}", self.address)
    }

    /// Pushes an artifact.
    ///
    /// # Errors
    /// The registry refuses it.
    pub async fn push(&self, repository: &str, tag: &str, image: &Image) -> Result<()> {
        let login = self.login.as_ref().map(|(user, password)| (user.as_str(), password.as_str()));
        push(&format!("http://{}", self.address), login, repository, tag, image).await
    }
}
