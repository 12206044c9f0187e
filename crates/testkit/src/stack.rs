//! Our three controllers as processes in a test's namespace, each with its own identity and the chart's rights,
//! started as its Deployment says: a flag that does not exist fails the test. They watch that namespace only, so that
//! sets of several tests stand beside each other; addresses and folders, too, are the test's.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::binaries;
use crate::cluster::{CONTROLLERS, Identity, Place, TestNamespace};
use crate::ports;
use crate::process::{Launch, Process};
use crate::rendered::{Manager, Rendered};

const READY_LIMIT: Duration = Duration::from_secs(20);

/// A controller that is stopped with a signal does not answer.
const LAST_METRICS: Duration = Duration::from_millis(500);

/// How one controller is to be run.
#[derive(Clone, Debug)]
pub struct Controller {
    /// Its name, which is also its binary's and its service account's.
    pub name: String,
    /// The binary; ours unless set. Another's knows nothing of our Deployment.
    pub binary: Option<PathBuf>,
    /// Flags beside (after, hence over) the Deployment's.
    pub flags: Vec<String>,
    /// Environment beside the Deployment's and `KUBECONFIG`.
    pub environment: Vec<(String, String)>,
    /// Whether it watches all namespaces. Never beside others on one control plane (decisions 7.5).
    pub all_namespaces: bool,
}

impl Controller {
    /// One of our controllers, as its Deployment says.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            binary: None,
            flags: Vec::new(),
            environment: Vec::new(),
            all_namespaces: false,
        }
    }

    /// Adds a flag.
    #[must_use]
    pub fn flag(mut self, flag: impl Into<String>) -> Self {
        self.flags.push(flag.into());
        self
    }

    /// Starts it and waits until `/readyz` answers. A controller that is started again, under the same name in the
    /// same namespace, finds its storage.
    pub async fn start(&self, ns: &TestNamespace) -> Result<Running> {
        let manager = match &self.binary {
            None => Manager::of(Rendered::installation()?.deployment(&self.name)?, ns.name())?,
            Some(_) => Manager {
                arguments: Vec::new(),
                environment: [("RUNTIME_NAMESPACE".to_owned(), ns.name().to_owned())].into(),
            },
        };
        let manager = manager
            .with("--watch-all-namespaces", self.all_namespaces)
            .with("--enable-leader-election", false)
            .with("--log-level", "debug");
        self.launch(manager, &ns.place()).await
    }

    /// Starts it as a Deployment that is installed in a cluster says, in all but addresses and folders.
    pub async fn start_deployed(&self, deployment: &serde_json::Value, place: &Place<'_>) -> Result<Running> {
        self.launch(Manager::of(deployment, place.namespace)?, place).await
    }

    async fn launch(&self, manager: Manager, place: &Place<'_>) -> Result<Running> {
        let binary = match &self.binary {
            Some(binary) => binary.clone(),
            None => binaries::own(&self.name)?,
        };
        let identity = place.service_account(&self.name).await?;
        let (health, metrics) = (ports::free()?, ports::free()?);
        let log = place.folder.join(format!("{}.log", self.name));
        // The cluster's own names mean nothing here, that of a notification-controller included.
        let mut manager = manager
            .without("--events-addr")
            .with("--health-addr", format!("127.0.0.1:{health}"))
            .with("--metrics-addr", format!("127.0.0.1:{metrics}"));
        if manager.value("--otlp-headers-file").is_some() {
            // A Secret is mounted there.
            let file = place.folder.join("otlp-headers");
            std::fs::write(&file, "authorization: none\n").with_context(|| file.display().to_string())?;
            manager = manager.with("--otlp-headers-file", file.display());
        }
        if manager.value("--api-addr").is_some() {
            manager = manager.with("--api-addr", format!("127.0.0.1:{}", ports::free()?));
        }
        if manager.value("--api-tls-cert-file").is_some() {
            // A Secret is mounted there.
            let (certificate, key) = (place.folder.join("api.crt"), place.folder.join("api.key"));
            let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
            std::fs::write(&certificate, made.cert.pem())
                .with_context(|| certificate.display().to_string())?;
            std::fs::write(&key, made.signing_key.serialize_pem())
                .with_context(|| key.display().to_string())?;
            manager = manager
                .with("--api-tls-cert-file", certificate.display())
                .with("--api-tls-key-file", key.display());
        }
        let mut storage = None;
        if self.name.contains("source-controller") {
            let folder = place.folder.join("storage");
            std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
            let address = format!("127.0.0.1:{}", ports::free()?);
            manager = manager
                .with("--storage-path", folder.display())
                .with("--storage-addr", &address)
                .with("--storage-adv-addr", &address);
            storage = Some((folder, address));
        }
        let mut launch = Launch::new(&self.name, &binary, &log).args(&manager.arguments);
        for (key, value) in &manager.environment {
            launch = launch.env(key, value);
        }
        launch = launch.env("KUBECONFIG", identity.kubeconfig()).env("TMPDIR", place.folder);
        for (key, value) in &self.environment {
            launch = launch.env(key, value);
        }
        let begun = Instant::now();
        let process = launch.args(&self.flags).start().await?;
        process.await_http(&format!("http://127.0.0.1:{health}/readyz"), READY_LIMIT).await?;
        let ready_after = begun.elapsed();
        let metrics_log = place.folder.join(format!("{}.metrics.{metrics}.log", self.name));
        Ok(Running { process, identity, ready_after, health, metrics, metrics_log, storage })
    }
}

/// A controller that runs. Dropping it kills it.
#[derive(Debug)]
pub struct Running {
    /// The process.
    pub process: Process,
    /// As whom it acts.
    pub identity: Identity,
    /// How long `/readyz` took to answer, from the start of the process; asked every 20 ms.
    pub ready_after: Duration,
    health: u16,
    metrics: u16,
    /// Where the last metrics go, for the search for secrets.
    metrics_log: PathBuf,
    storage: Option<(PathBuf, String)>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended has none to give.
        if let Ok(text) = last_metrics(self.metrics) {
            std::fs::write(&self.metrics_log, text).ok();
        }
    }
}

/// As the test's runtime may have ended, without it.
fn last_metrics(port: u16) -> std::io::Result<String> {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    let mut stream = TcpStream::connect_timeout(&address, LAST_METRICS)?;
    stream.set_read_timeout(Some(LAST_METRICS))?;
    stream.write_all(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

impl Running {
    /// Where `/healthz` and `/readyz` are.
    #[must_use]
    pub fn health_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.health)
    }

    /// The folder and the address of the artifact store, if it has one.
    #[must_use]
    pub fn storage(&self) -> Option<(&std::path::Path, &str)> {
        self.storage.as_ref().map(|(folder, address)| (folder.as_path(), address.as_str()))
    }

    /// Host and port of `/metrics`.
    #[must_use]
    pub fn metrics_address(&self) -> String {
        format!("127.0.0.1:{}", self.metrics)
    }

    /// The text of `/metrics`.
    pub async fn metrics(&self) -> Result<String> {
        let url = format!("http://127.0.0.1:{}/metrics", self.metrics);
        Ok(reqwest::get(&url).await.with_context(|| url.clone())?.error_for_status()?.text().await?)
    }
}

/// The three controllers of one namespace.
#[derive(Debug)]
pub struct Flyball {
    /// source-controller.
    pub source: Running,
    /// kustomize-controller.
    pub kustomize: Running,
    /// health-controller.
    pub health: Running,
}

impl Flyball {
    /// Starts the three, each as its Deployment says.
    pub async fn start(ns: &TestNamespace) -> Result<Self> {
        Self::start_with(ns, |controller| controller).await
    }

    /// Starts the three, each as `change` wants it.
    pub async fn start_with(ns: &TestNamespace, change: impl Fn(Controller) -> Controller) -> Result<Self> {
        let [source, kustomize, health] = CONTROLLERS.map(|name| change(Controller::new(name)));
        let (source, kustomize, health) =
            futures::future::try_join3(source.start(ns), kustomize.start(ns), health.start(ns)).await?;
        Ok(Self { source, kustomize, health })
    }
}
