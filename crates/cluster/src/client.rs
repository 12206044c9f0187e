//! How clients are made: where the configuration comes from, the TLS provider, and the order of the layers.
//!
//! Impersonation is in `identity`; what the layers do is in `limits`, `fence` and `reach`, and what they stand on in
//! `transport`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::header::{HeaderValue, USER_AGENT};
use kube::client::{Body, retry::RetryPolicy};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use tower::ServiceBuilder;
use tower::buffer::BufferLayer;
use tower::retry::RetryLayer;

use crate::fence::{Fence, FenceLayer};
use crate::issued::Issued;
use crate::limits::{CallTimeoutLayer, Observe, ObserveLayer};
use crate::reach::{Reach, ReachLayer};
use crate::{Error, transport};

/// Requests that may wait in front of one client's connection pool.
const QUEUE: usize = 1024;
const RETRY_FIRST: Duration = Duration::from_millis(50);
const RETRY_LONGEST: Duration = Duration::from_secs(5);
const RETRIES: u32 = 6;

/// Where to connect and as what.
#[derive(Clone)]
pub struct ConnectOptions {
    /// `<controller>/<version>`; kube sends none by itself (decisions 4.9).
    pub user_agent: String,
    /// A kubeconfig file; without it `KUBECONFIG`, then the pod's service account, then `~/.kube/config`.
    pub kubeconfig: Option<PathBuf>,
    /// A context of that kubeconfig instead of its current one.
    pub context: Option<String>,
    /// Whether 429, 503 and 504 are repeated.
    pub retries: bool,
    /// Bound on one call, retries and body included; watches are exempt.
    pub call_timeout: Duration,
    /// Bound on opening a connection.
    pub connect_timeout: Duration,
    /// Sees every request.
    pub observe: Option<Arc<dyn Observe>>,
    /// Asked before every write of every client but [`Connector::client_for_leases`].
    pub fence: Option<Fence>,
}

impl std::fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectOptions")
            .field("user_agent", &self.user_agent)
            .field("kubeconfig", &self.kubeconfig)
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            user_agent: format!("flyball/{}", env!("CARGO_PKG_VERSION")),
            kubeconfig: None,
            context: None,
            retries: true,
            call_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            observe: None,
            fence: None,
        }
    }
}

/// Makes rustls use aws-lc-rs in the whole process. Call it first in `main`; calling it again does nothing.
pub fn install_crypto() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // An error only says that another thread was faster.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    }
}

/// A loaded configuration from which clients of several identities are made.
#[derive(Clone)]
pub struct Connector {
    config: Config,
    options: ConnectOptions,
    /// Credentials in the place of the configuration's.
    issued: Option<Issued>,
    /// Notes whether calls get through; without it all are tried.
    reach: Option<Reach>,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").field("server", &self.config.cluster_url).finish_non_exhaustive()
    }
}

impl Connector {
    /// Reads the configuration; nothing is sent yet.
    ///
    /// # Errors
    /// The kubeconfig is unreadable, names an absent context, or nothing says where the API server is.
    pub async fn load(options: &ConnectOptions) -> Result<Self, Error> {
        install_crypto();
        let selected = KubeConfigOptions { context: options.context.clone(), ..KubeConfigOptions::default() };
        let explicit = options.kubeconfig.clone().or_else(|| {
            let listed = std::env::var_os("KUBECONFIG").filter(|value| !value.is_empty());
            // A list of files is merged by kube itself.
            listed.filter(|value| std::env::split_paths(value).count() == 1).map(PathBuf::from)
        });
        let config = match explicit {
            Some(path) => {
                let kubeconfig = Kubeconfig::read_from(&path).map_err(Error::configuration)?;
                Config::from_custom_kubeconfig(kubeconfig, &selected).await.map_err(Error::configuration)?
            }
            None if options.context.is_some() || std::env::var_os("KUBECONFIG").is_some() => {
                Config::from_kubeconfig(&selected).await.map_err(Error::configuration)?
            }
            None => match Config::incluster() {
                Ok(config) => config,
                Err(in_cluster) => Config::from_kubeconfig(&selected).await.map_err(|kubeconfig| {
                    Error::configuration(format!(
                        "neither in a cluster ({in_cluster}) nor a kubeconfig ({kubeconfig})"
                    ))
                })?,
            },
        };
        Self::over(config, options)
    }

    /// From a configuration that is at hand, for callers that have ways of their own to choose one.
    ///
    /// # Errors
    /// The name in the options is none that can stand in a header.
    pub fn over(mut config: Config, options: &ConnectOptions) -> Result<Self, Error> {
        let agent = HeaderValue::from_str(&options.user_agent).map_err(Error::configuration)?;
        config.headers.push((USER_AGENT, agent));
        config.connect_timeout = Some(options.connect_timeout);
        // Our own retry layer lies outside the observer, so that every repetition is counted.
        config.default_retry = false;
        Ok(Self { config, options: options.clone(), issued: None, reach: None })
    }

    /// With tokens that the own cluster issues as credentials.
    #[must_use]
    pub fn with_issued(mut self, issued: Option<Issued>) -> Self {
        self.issued = issued;
        self
    }

    /// With notes of whether calls get through: while none does, most are not tried.
    #[must_use]
    pub fn with_reach(mut self, reach: Reach) -> Self {
        self.reach = Some(reach);
        self
    }

    /// The options that its clients are made by.
    pub const fn options(&self) -> &ConnectOptions {
        &self.options
    }

    /// A client as the configured identity, with retries as the options say.
    ///
    /// # Errors
    /// Certificates or keys of the configuration cannot be used.
    pub fn client(&self) -> Result<Client, Error> {
        self.build(self.config.clone(), self.options.retries, self.options.fence.clone())
    }

    /// A client that never repeats a request, for probes.
    ///
    /// # Errors
    /// As [`Self::client`].
    pub fn client_without_retries(&self) -> Result<Client, Error> {
        self.build(self.config.clone(), false, self.options.fence.clone())
    }

    /// A client that never repeats a request and that no fence stops: who wants the lease has to write it.
    ///
    /// # Errors
    /// As [`Self::client`].
    pub fn client_for_leases(&self) -> Result<Client, Error> {
        self.build(self.config.clone(), false, None)
    }

    /// The fence of the options; a closed one of nobody else where there is none.
    pub fn fence(&self) -> Fence {
        self.options.fence.clone().unwrap_or_default()
    }

    /// A client that acts as `user` (`system:serviceaccount:<namespace>:<name>`), if the own identity may.
    ///
    /// # Errors
    /// As [`Self::client`].
    pub fn client_as(&self, user: &str) -> Result<Client, Error> {
        let mut config = self.config.clone();
        config.auth_info.impersonate = Some(user.to_owned());
        self.build(config, self.options.retries, self.options.fence.clone())
    }

    /// Host and port of the API server.
    pub fn server(&self) -> String {
        self.config.cluster_url.authority().map(ToString::to_string).unwrap_or_default()
    }

    /// The namespace that the configuration or the pod names.
    pub fn default_namespace(&self) -> &str {
        &self.config.default_namespace
    }

    fn build(&self, config: Config, retries: bool, fence: Option<Fence>) -> Result<Client, Error> {
        let namespace = config.default_namespace.clone();
        let inner = transport::over(config, self.issued.clone())?;
        let observe = ObserveLayer::new(self.options.observe.clone(), self.server());
        let reach = ReachLayer::new(self.reach.clone(), self.server());
        let policy = retries
            .then(|| RetryPolicy::new(RETRY_FIRST, RETRY_LONGEST, RETRIES, true))
            .transpose()
            .map_err(Error::configuration)?;
        // Innermost, so that each repetition is asked for as late as can be; what it holds back is not counted as sent.
        let inner = inner.with_layer(&FenceLayer::new(fence)).with_layer(&observe).with_layer(&reach);
        let timeout = CallTimeoutLayer::new(self.options.call_timeout);
        let Some(policy) = policy else {
            return Ok(inner.with_layer(&timeout).build());
        };
        // The retry layer needs a service that can be cloned, hence the buffer.
        let repeating = ServiceBuilder::new()
            .layer(timeout)
            .layer(RetryLayer::new(policy))
            .layer(BufferLayer::<http::Request<Body>>::new(QUEUE));
        Ok(inner.with_layer(&repeating.into_inner()).build())
            .inspect(|client: &Client| debug_assert_eq!(client.default_namespace(), namespace))
    }
}

/// A client of `options`, in one step.
///
/// # Errors
/// As [`Connector::load`] and [`Connector::client`].
pub async fn connect(options: &ConnectOptions) -> Result<Client, Error> {
    Connector::load(options).await?.client()
}
