//! How another cluster is reached: a kubeconfig that stands alone, or an address with tokens that the own cluster issues
//! (contracts/kustomize-controller.md 19). Pure.
//!
//! A kubeconfig from a Secret is somebody else's text: what it names outside itself is refused (files) or left out
//! (programs, auth plugins, impersonation, the leave not to verify), and no message quotes a value of it beyond names of
//! entries. Messages are client-go's. Who may read which Secret, and what of it, is the caller's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Uri;
use kube::Config;
use kube::config::AuthInfo;
use manifest::foreign::line;
use manifest::yaml::{Dialect, Limits, read_first_node, to_value_v2};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::SecretString;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::Issued;

/// More than any Secret holds.
const LIMITS: Limits = Limits { bytes: 4 << 20, depth: 32, alias_nodes: 10_000, documents: 1 };

const NOTHING: &str = "invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable";
const NO_CA: &str = "unable to load root certificates: unable to parse bytes as PEM block";

/// Why a cluster cannot be reached with what is given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KubeconfigError {
    /// The kubeconfig is none, or not one that stands alone.
    #[error("{0}")]
    Invalid(String),
    /// It is one, and what it holds cannot be used.
    #[error("{0}")]
    Unusable(String),
}

/// What a kubeconfig may ask for beyond what is always let pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct Allow {
    /// `insecure-skip-tls-verify`.
    pub insecure_tls: bool,
}

/// How a cluster is reached, and as whom.
#[derive(Clone)]
pub struct RemoteConfig {
    pub(crate) config: Config,
    pub(crate) issued: Option<Issued>,
}

impl std::fmt::Debug for RemoteConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteConfig").field("server", &self.config.cluster_url).finish_non_exhaustive()
    }
}

type Result<T> = std::result::Result<T, KubeconfigError>;

fn invalid<T>(text: impl Into<String>) -> Result<T> {
    Err(KubeconfigError::Invalid(text.into()))
}

fn unusable<T>(text: impl Into<String>) -> Result<T> {
    Err(KubeconfigError::Unusable(text.into()))
}

impl RemoteConfig {
    /// Host and port of the API server.
    #[must_use]
    pub fn server(&self) -> String {
        self.config.cluster_url.authority().map(ToString::to_string).unwrap_or_default()
    }

    /// Of a kubeconfig's text, with the digest of what is used of it.
    ///
    /// # Errors
    /// In client-go's words.
    pub fn of_kubeconfig(text: &[u8], allow: Allow) -> Result<(Self, [u8; 32])> {
        let document = Document::read(text)?;
        document.refuse_files()?;
        let (cluster, user) = document.current()?;
        let secure = cluster.server.starts_with("https://");
        let server = if secure || cluster.server.starts_with("http://") {
            cluster.server.clone()
        } else {
            format!("http://{}", cluster.server)
        };
        let mut config = Config::new(url(&server)?);
        if let Some(proxy) = &cluster.proxy {
            config.proxy_url = Some(proxy.clone());
        }
        config.disable_compression = cluster.disable_compression;
        if secure {
            // Credentials are not sent in the clear.
            config.root_cert = cluster.authority.as_deref().map(certificates).transpose()?;
            config.tls_server_name.clone_from(&cluster.server_name);
            config.accept_invalid_certs = allow.insecure_tls && cluster.insecure;
            config.auth_info = user.auth_info()?;
        }
        let digest = digest_of(&[
            b"kubeconfig",
            server.as_bytes(),
            cluster.proxy_text.as_deref().unwrap_or_default().as_bytes(),
            cluster.authority.as_deref().unwrap_or_default(),
            cluster.server_name.as_deref().unwrap_or_default().as_bytes(),
            &[u8::from(config.accept_invalid_certs), u8::from(cluster.disable_compression), u8::from(secure)],
            user.username.as_bytes(),
            user.password.as_bytes(),
            user.token.as_bytes(),
            user.certificate.as_deref().unwrap_or_default(),
            user.key.as_deref().unwrap_or_default(),
        ]);
        Ok((Self { config, issued: None }, digest))
    }

    /// Of an address and a CA bundle in PEM (the system's roots without one), with issued tokens. `who` tells the owner of
    /// the tokens from others.
    ///
    /// # Errors
    /// In Flux's words.
    pub fn with_issued(
        address: &str,
        authority: Option<&str>,
        issued: Issued,
        who: &str,
    ) -> Result<(Self, [u8; 32])> {
        if address.is_empty() {
            return unusable("cluster address is required to create a REST config");
        }
        let server =
            if address.starts_with("http") { address.to_owned() } else { format!("https://{address}") };
        if !server.starts_with("https://") {
            return unusable(format!(
                "failed to parse cluster address {0}: the Kubernetes API server address '{0}' must use https scheme",
                line(address, 256)
            ));
        }
        let mut config = Config::new(url(&server)?);
        let authority = authority.filter(|authority| !authority.is_empty());
        config.root_cert = authority.map(|pem| certificates(pem.as_bytes())).transpose()?;
        let parts = [b"issued", server.as_bytes(), authority.unwrap_or_default().as_bytes(), who.as_bytes()];
        Ok((Self { config, issued: Some(issued) }, digest_of(&parts)))
    }
}

fn digest_of(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

fn url(text: &str) -> Result<Uri> {
    let url: Option<Uri> = text.parse().ok();
    // What stands before an `@` would be told wherever the server is.
    match url.filter(|url| url.authority().is_some_and(|authority| !authority.as_str().contains('@'))) {
        Some(url) => Ok(url),
        None => unusable("host must be a URL or a host:port pair without user information"),
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<Vec<u8>>> {
    let read: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(certificates) if !certificates.is_empty() => {
            Ok(certificates.into_iter().map(|certificate| certificate.to_vec()).collect())
        }
        _ => unusable(NO_CA),
    }
}

/// Entries of a kubeconfig by name, in order.
#[derive(Default)]
struct Document {
    current: String,
    contexts: Vec<(String, (String, String))>,
    clusters: Vec<(String, Cluster)>,
    users: Vec<(String, User)>,
}

#[derive(Clone, Default, PartialEq)]
struct Cluster {
    server: String,
    server_name: Option<String>,
    authority: Option<Vec<u8>>,
    authority_file: bool,
    insecure: bool,
    disable_compression: bool,
    proxy_text: Option<String>,
    proxy: Option<Uri>,
}

#[derive(Clone, Default)]
struct User {
    token: String,
    username: String,
    password: String,
    certificate: Option<Vec<u8>>,
    key: Option<Vec<u8>>,
    token_file: bool,
    certificate_file: bool,
    key_file: bool,
    /// What is wrong with its program, which is not run anyway.
    exec: Vec<&'static str>,
}

/// The reader's words where they show nothing of what was read, or else the line alone: a kubeconfig is a credential. What
/// is wrong with the form is told in fixed sentences; what is wrong with a key quotes it.
fn without_content(error: &manifest::Error) -> String {
    let manifest::Error::Yaml { line, message, .. } = error else { return error.to_string() };
    let is_fixed = FORM.iter().any(|begin| message.starts_with(begin));
    match (is_fixed, line) {
        (true, _) => error.to_string(),
        (false, 0) => "yaml: cannot be read as YAML".to_owned(),
        (false, line) => format!("yaml: line {line}: cannot be read as YAML"),
    }
}

/// How the fixed sentences of `manifest::yaml` begin.
const FORM: [&str; 7] = [
    "found ",
    "did not find ",
    "could not find ",
    "mapping values are not allowed",
    "block sequence entries are not allowed",
    "control characters are not allowed",
    "unknown anchor referenced",
];

impl Document {
    fn read(text: &[u8]) -> Result<Self> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let Ok(text) = std::str::from_utf8(text) else {
            return invalid("yaml: invalid leading UTF-8 octet");
        };
        let broken = |error: manifest::Error| KubeconfigError::Invalid(without_content(&error));
        let node = read_first_node(text, Dialect::V2, &LIMITS).map_err(broken)?;
        let value = node.map(|node| to_value_v2(&node)).transpose().map_err(broken)?.unwrap_or_default();
        if value.is_null() {
            return Ok(Self::default());
        }
        if !value.is_object() {
            return invalid(format!(
                "couldn't get version/kind; json parse error: json: cannot unmarshal {} into Go value of type struct \
                 {{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \
                 \"json:\\\"kind,omitempty\\\"\" }}",
                type_name(&value)
            ));
        }
        let root = At { value: &value, path: "Config".to_owned() };
        let (version, kind) = (root.text("apiVersion")?, root.text("kind")?);
        let is = |text: &str, wanted: &str| text.is_empty() || text == wanted;
        if !is(&version, "v1") || !is(&kind, "Config") {
            let (kind, version) = (if kind.is_empty() { "Config" } else { &kind }, line(&version, 64));
            return invalid(format!(
                "no kind \"{}\" is registered for version \"{version}\" in scheme \"pkg/runtime/scheme.go:111\"",
                line(kind, 64)
            ));
        }
        Ok(Self {
            current: root.text("current-context")?,
            contexts: root.named("contexts", "Context", "context", |context| {
                Ok((context.text("cluster")?, context.text("user")?))
            })?,
            clusters: root.named("clusters", "Cluster", "cluster", Cluster::read)?,
            users: root.named("users", "AuthInfo", "user", User::read)?,
        })
    }

    /// Flux's rule: also of entries that no context uses.
    fn refuse_files(&self) -> Result<()> {
        for (name, cluster) in &self.clusters {
            if cluster.authority_file {
                return invalid(format!(
                    "cluster '{}' references a certificate-authority file, only certificate-authority-data is supported",
                    line(name, 128)
                ));
            }
        }
        for (name, user) in &self.users {
            let (file, instead) = match user {
                User { token_file: true, .. } => ("tokenFile", "an inline token"),
                User { certificate_file: true, .. } => ("client-certificate file", "client-certificate-data"),
                User { key_file: true, .. } => ("client-key file", "client-key-data"),
                _ => continue,
            };
            return invalid(format!(
                "user '{}' references a {file}, only {instead} is supported",
                line(name, 128)
            ));
        }
        Ok(())
    }

    /// The cluster and the user of the current context.
    fn current(&self) -> Result<(Cluster, User)> {
        let (cluster_name, user_name) = find(&self.contexts, &self.current).cloned().unwrap_or_default();
        let user = find(&self.users, &user_name).cloned().unwrap_or_default();
        let cluster = find(&self.clusters, &cluster_name).cloned().unwrap_or_default();
        let mut wrong = Vec::new();
        if !self.current.is_empty() && find(&self.contexts, &self.current).is_none() {
            let name = line(&self.current, 128);
            wrong.push(format!("context was not found for specified context: {name}"));
        }
        user.judge(&line(&user_name, 128), &mut wrong);
        if cluster == Cluster::default() {
            if wrong.is_empty() {
                return invalid(NOTHING);
            }
            wrong.push("cluster has no server defined".to_owned());
        } else if cluster.server.is_empty() {
            wrong.push(match cluster_name.as_str() {
                "" => "default cluster has no server defined".to_owned(),
                name => format!("no server found for cluster \"{}\"", line(name, 128)),
            });
        }
        if cluster.proxy_text.is_some() && cluster.proxy.is_none() {
            wrong.push(format!(
                "invalid 'proxy-url' for cluster \"{}\": it must be a URL with scheme http, https, or socks5",
                line(&cluster_name, 128)
            ));
        }
        match wrong.as_slice() {
            [] => Ok((cluster, user)),
            [one] => invalid(format!("invalid configuration: {one}")),
            several => invalid(format!("invalid configuration: [{}]", several.join(", "))),
        }
    }
}

fn find<'e, T>(entries: &'e [(String, T)], wanted: &str) -> Option<&'e T> {
    entries.iter().find(|(name, _)| name == wanted).map(|(_, entry)| entry)
}

impl Cluster {
    fn read(at: &At<'_>) -> Result<Self> {
        let proxy_text = some(at.text("proxy-url")?);
        let scheme_fits = |url: &Uri| matches!(url.scheme_str(), Some("http" | "https" | "socks5"));
        Ok(Self {
            server: at.text("server")?,
            server_name: some(at.text("tls-server-name")?),
            authority: at.bytes("certificate-authority-data")?,
            authority_file: !at.text("certificate-authority")?.is_empty(),
            insecure: at.flag("insecure-skip-tls-verify")?,
            disable_compression: at.flag("disable-compression")?,
            proxy: proxy_text.as_ref().and_then(|text| text.parse().ok()).filter(scheme_fits),
            proxy_text,
        })
    }
}

impl User {
    fn read(at: &At<'_>) -> Result<Self> {
        let mut exec = Vec::new();
        if let Some(program) = at.child("exec")? {
            for (field, complaint) in [
                ("command", "command must be specified for"),
                ("apiVersion", "apiVersion must be specified for"),
                ("interactiveMode", "interactiveMode must be specified for"),
            ] {
                if program.text(field)?.is_empty() {
                    exec.push(complaint);
                }
            }
        }
        Ok(Self {
            token: at.text("token")?,
            username: at.text("username")?,
            password: at.text("password")?,
            certificate: at.bytes("client-certificate-data")?,
            key: at.bytes("client-key-data")?,
            token_file: !at.text("tokenFile")?.is_empty(),
            certificate_file: !at.text("client-certificate")?.is_empty(),
            key_file: !at.text("client-key")?.is_empty(),
            exec,
        })
    }

    fn judge(&self, name: &str, wrong: &mut Vec<String>) {
        if self.certificate.is_some() && self.key.is_none() {
            wrong.push(format!(
                "client-key-data or client-key must be specified for {name} to use the clientCert authentication \
                 method."
            ));
        }
        wrong.extend(self.exec.iter().map(|what| format!("{what} {name} to use exec authentication plugin")));
        let has_login = !self.username.is_empty() || !self.password.is_empty();
        if !self.token.is_empty() && has_login {
            wrong.push(format!(
                "more than one authentication method found for {name}; found [token basicAuth], only one is allowed"
            ));
        }
    }

    fn auth_info(&self) -> Result<AuthInfo> {
        let secret = |text: &str| SecretString::from(text.to_owned());
        let mut info = AuthInfo::default();
        if !self.token.is_empty() {
            if self.token.chars().any(char::is_control) {
                return unusable("the token cannot stand in a header");
            }
            info.token = Some(secret(&self.token));
        } else if !self.username.is_empty() {
            info.username = Some(self.username.clone());
            info.password = Some(secret(&self.password));
        }
        if let (Some(certificate), Some(key)) = (&self.certificate, &self.key) {
            for (pem, what) in [(certificate, "certificate"), (key, "key")] {
                if !pem.windows(10).any(|window| window == b"-----BEGIN") {
                    return unusable(format!("tls: failed to find any PEM data in {what} input"));
                }
            }
            info.client_certificate_data = Some(STANDARD.encode(certificate));
            info.client_key_data = Some(secret(&STANDARD.encode(key)));
        }
        Ok(info)
    }
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// A place in the document, and how Go's decoder names it.
struct At<'v> {
    value: &'v Value,
    path: String,
}

impl<'v> At<'v> {
    fn get(&self, field: &str) -> Option<&'v Value> {
        self.value.get(field).filter(|value| !value.is_null())
    }

    fn mismatch<T>(&self, found: &Value, field: &str, wanted: &str) -> Result<T> {
        let (found, path) = (type_name(found), &self.path);
        invalid(format!(
            "json: cannot unmarshal {found} into Go struct field {path}.{field} of type {wanted}"
        ))
    }

    fn text(&self, field: &str) -> Result<String> {
        match self.get(field) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(other) => self.mismatch(other, field, "string"),
        }
    }

    fn flag(&self, field: &str) -> Result<bool> {
        match self.get(field) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => self.mismatch(other, field, "bool"),
        }
    }

    fn bytes(&self, field: &str) -> Result<Option<Vec<u8>>> {
        let text = self.text(field)?;
        let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
        match STANDARD.decode(&text) {
            Ok(bytes) => Ok(Some(bytes).filter(|bytes| !bytes.is_empty())),
            Err(base64::DecodeError::InvalidByte(at, _)) => {
                invalid(format!("illegal base64 data at input byte {at}"))
            }
            Err(_) => invalid(format!("illegal base64 data at input byte {}", text.len())),
        }
    }

    fn child(&self, field: &str) -> Result<Option<Self>> {
        match self.get(field) {
            None => Ok(None),
            Some(value @ Value::Object(_)) => Ok(Some(At { value, path: format!("{}.{field}", self.path) })),
            Some(other) => self.mismatch(other, field, "object"),
        }
    }

    /// The entries of a list by name.
    fn named<T: Default>(
        &self,
        list: &str,
        of: &str,
        field: &str,
        read: impl Fn(&At<'_>) -> Result<T>,
    ) -> Result<Vec<(String, T)>> {
        let entries = match self.get(list) {
            None => return Ok(Vec::new()),
            Some(Value::Array(entries)) => entries,
            Some(other) => return self.mismatch(other, list, "list"),
        };
        let mut found: Vec<(String, T)> = Vec::new();
        for entry in entries {
            let entry = At { value: entry, path: format!("{of}.{list}") };
            if !entry.value.is_object() {
                return self.mismatch(entry.value, list, "object");
            }
            let name = entry.text("name")?;
            if find(&found, &name).is_some() {
                return invalid(format!("duplicate name \"{}\" in list of {list}", line(&name, 128)));
            }
            let content = entry.child(field)?.map(|content| read(&content)).transpose()?;
            found.push((name, content.unwrap_or_default()));
        }
        Ok(found)
    }
}

/// As Go's decoder calls it.
const fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests;
