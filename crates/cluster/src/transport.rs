//! From a configuration to what sends requests: connection pool, proxy, TLS, credentials, headers.
//!
//! kube builds the same from a `Config` by itself, but leaves no place for a verifier of certificates (`trust`) or for
//! tokens that are issued on the way (`issued`). The layers above are `client`'s.

use base64::Engine as _;
use http::{HeaderValue, Request, Response, Uri};
use hyper::rt::{Read, Write};
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kube::Config;
use kube::client::{Body, ClientBuilder, ConfigExt as _, DynBody};
use percent_encoding::percent_decode_str;
use tower::util::BoxService;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt as _};
use tower_http::decompression::DecompressionLayer;

use crate::issued::{Issued, IssuedLayer};
use crate::{Error, trust};

/// Connections that are kept for later, and no longer than 90 s without use. One takes some 90 kB with its buffers and its
/// TLS session, and as much again at the API server: after a burst of requests only so many are worth it.
const IDLE: usize = 32;

/// What a client stands on.
pub(crate) type Transport = BoxService<Request<Body>, Response<Box<DynBody>>, BoxError>;

/// Of a configuration; nothing is connected yet. With `issued` its tokens are the credentials.
///
/// # Errors
/// Certificates, keys or the proxy of the configuration cannot be used.
pub(crate) fn over(config: Config, issued: Option<Issued>) -> Result<ClientBuilder<Transport>, Error> {
    let mut plain = HttpConnector::new();
    plain.enforce_http(false);
    // A request that does not fit one packet must not wait for the acknowledgement of its first one.
    plain.set_nodelay(true);
    let Some(proxy) = config.proxy_url.clone() else { return build(plain, config, issued) };
    match proxy.scheme_str() {
        Some("http") => build(tunnel(&proxy, plain), config, issued),
        Some("https") => {
            // The name and the authorities of the configuration are the API server's, not the proxy's.
            let mut own = config.clone();
            own.tls_server_name = None;
            own.root_cert = None;
            own.root_cert_file = None;
            let secure = own.rustls_https_connector_with_connector(plain).map_err(Error::configuration)?;
            build(tunnel(&proxy, secure), config, issued)
        }
        Some("socks5") => {
            let mut socks = SocksV5::new(proxy.clone(), plain);
            if let Some((user, password)) = login(&proxy) {
                socks = socks.with_auth(user, password);
            }
            build(socks, config, issued)
        }
        _ => Err(Error::configuration("the proxy has to be one of http, https and socks5")),
    }
}

fn tunnel<C>(proxy: &Uri, connector: C) -> Tunnel<C> {
    let tunnel = Tunnel::new(proxy.clone(), connector);
    let basic = login(proxy).and_then(|(user, password)| {
        let text = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        let mut header = HeaderValue::from_str(&format!("Basic {text}")).ok()?;
        header.set_sensitive(true);
        Some(header)
    });
    match basic {
        Some(header) => tunnel.with_auth(header),
        None => tunnel,
    }
}

/// The user information of a proxy's URL.
fn login(proxy: &Uri) -> Option<(String, String)> {
    let (login, _) = proxy.authority()?.as_str().rsplit_once('@')?;
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    Some((decoded(user), decoded(password)))
}

fn build<H>(connector: H, config: Config, issued: Option<Issued>) -> Result<ClientBuilder<Transport>, Error>
where
    H: 'static + Clone + Send + Sync + Service<Uri>,
    H::Response: 'static + Connection + Read + Write + Send + Unpin,
    H::Future: 'static + Send,
    H::Error: 'static + Send + Sync + std::error::Error,
{
    let mut tls = config.rustls_client_config().map_err(Error::configuration)?;
    if !config.accept_invalid_certs
        && let Some(verifier) = trust::verifier(&config)?
    {
        tls.dangerous().set_certificate_verifier(verifier);
    }
    let mut https = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    if let Some(name) = &config.tls_server_name {
        let name = name.clone().try_into().map_err(Error::configuration)?;
        https = https.with_server_name_resolver(hyper_rustls::FixedServerNameResolver::new(name));
    }
    let mut connector = TimeoutConnector::new(https.enable_http1().wrap_connector(connector));
    connector.set_connect_timeout(config.connect_timeout);
    connector.set_read_timeout(config.read_timeout);
    connector.set_write_timeout(config.write_timeout);
    connector.set_reset_reader_on_write(config.reset_reader_on_write);
    let pool: hyper_util::client::legacy::Client<_, Body> =
        hyper_util::client::legacy::Builder::new(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(IDLE)
            .build(connector);
    let decompression =
        DecompressionLayer::new().no_br().no_deflate().no_zstd().gzip(!config.disable_compression);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .layer(decompression)
        .option_layer(config.auth_layer().map_err(Error::configuration)?)
        .option_layer(issued.map(IssuedLayer))
        .layer(config.extra_headers_layer().map_err(Error::configuration)?)
        .map_err(BoxError::from)
        .service(pool);
    let boxed = |body| Box::new(http_body_util::BodyExt::map_err(body, BoxError::from)) as Box<DynBody>;
    let service = service.map_response(move |response: Response<_>| response.map(boxed)).boxed();
    Ok(ClientBuilder::new(service, config.default_namespace))
}

#[cfg(test)]
mod tests;
