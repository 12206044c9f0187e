//! What is needed to talk to an upstream, once for all kinds: made from the URL and the Secrets that a spec names
//! (contracts/source-controller.md 12).
//!
//! Pure. Reading the Secrets is `secrets`, sending what is in them an upstream's transport. What an object names and
//! nobody heeds yet is refused here, so that no upstream is ever asked with less than its object demands.

use std::fmt;
use std::hash::{Hash as _, Hasher};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use reqwest::header::HeaderValue;

use crate::foreign;
use docker::Login;
pub(crate) use error::{AccessError, SecretData, Unusable};
use github::App;
use proxy::Proxy;
use ssh::Ssh;

pub(crate) mod certificates;
pub(crate) mod docker;
mod error;
pub(crate) mod github;
pub(crate) mod helm;
pub(crate) mod proxy;
pub(crate) mod registry;
pub(crate) mod secrets;
pub(crate) mod ssh;
#[cfg(test)]
mod tests;
pub(crate) mod tls;

/// Characters from which on a user name is taken for a token.
const TOKEN: usize = 16;

/// The fields of a spec that say with what upstream is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct References<'a> {
    /// `spec.secretRef`.
    pub(crate) secret: Option<&'a str>,
    /// `spec.certSecretRef`.
    pub(crate) cert_secret: Option<&'a str>,
    /// `spec.proxySecretRef`.
    pub(crate) proxy_secret: Option<&'a str>,
    /// `spec.serviceAccountName`.
    pub(crate) service_account: Option<&'a str>,
    /// `spec.provider`.
    pub(crate) provider: Option<&'a str>,
}

impl References<'_> {
    /// The first field in use that is not supported.
    pub(crate) fn unsupported(&self) -> Option<&'static str> {
        const KNOWN: [&str; 5] = ["", "generic", "github", "aws", "azure"];
        let provider = self.provider.is_some_and(|provider| !KNOWN.contains(&provider));
        [(provider, "spec.provider"), (self.cert_secret.is_some(), "spec.certSecretRef")]
            .into_iter()
            .find_map(|(is_set, field)| is_set.then_some(field))
    }
}

/// What is needed to talk to an upstream.
#[derive(Clone, Default)]
pub(crate) struct Access {
    namespace: String,
    authorization: Option<HeaderValue>,
    tls: Tls,
    app: Option<App>,
    ssh: Option<Ssh>,
    proxy: Option<Proxy>,
    login: Option<Login>,
    unverified: bool,
    /// Who asks, if what proves it is another at each time.
    stands_for: Option<String>,
    masked: Vec<String>,
}

/// TLS material of a Secret, as PEM. Clients are shared between objects that have the same.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Tls {
    /// `ca.crt`, trusted besides the system's roots.
    pub(crate) ca: Option<Vec<u8>>,
    /// `tls.crt` and `tls.key`.
    pub(crate) identity: Option<(Vec<u8>, Vec<u8>)>,
}

/// Says what there is, never what it is.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            namespace: _,
            authorization,
            tls,
            app,
            ssh,
            proxy,
            login,
            unverified,
            stands_for: _,
            masked: _,
        } = self;
        f.debug_struct("Access")
            .field("authorization", &authorization.is_some())
            .field("tls", tls)
            .field("app", &app.is_some())
            .field("ssh", &ssh.is_some())
            .field("proxy", &proxy.is_some())
            .field("login", login)
            .field("unverified", unverified)
            .finish_non_exhaustive()
    }
}

/// As [`Access`]: what there is.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ca, identity } = self;
        f.debug_struct("Tls").field("ca", &ca.is_some()).field("identity", &identity.is_some()).finish()
    }
}

impl Access {
    /// Reads user information of `url` and the Secret's data; `namespace` is the object's, for messages.
    pub(crate) fn new(
        url: &Url,
        namespace: &str,
        references: &References<'_>,
        secret: Option<&SecretData>,
    ) -> Result<Self, AccessError> {
        if let Some(field) = references.unsupported() {
            return Err(AccessError::Unsupported(field));
        }
        let empty = SecretData::new();
        let secret = secret.unwrap_or(&empty);
        let name = || format!("{namespace}/{}", references.secret.unwrap_or_default());
        let is_github = references.provider == Some("github");
        if !is_github && App::is_named(secret) {
            return Err(AccessError::OtherProvider { name: name() });
        }
        let mut access = Self::read(url, secret, &name)?;
        if is_github {
            let Some(app) = App::of(secret, &name())? else {
                return Err(AccessError::NoApp { stalling: references.secret.is_none() });
            };
            access.mask(app.secrets());
            access.authorization = None;
            access.app = Some(app);
        }
        Ok(Self { namespace: namespace.to_owned(), ..access })
    }

    /// The same by way of a proxy.
    pub(crate) fn through(mut self, proxy: Option<Proxy>) -> Self {
        self.mask(proxy.iter().flat_map(Proxy::secrets));
        self.proxy = proxy;
        self
    }

    /// The same with a token as the credentials of a user.
    pub(crate) fn with_token(&self, user: &str, token: &str) -> Self {
        let encoded = STANDARD.encode(format!("{user}:{token}"));
        let mut access = Self { app: None, ..self.clone() };
        access.authorization = HeaderValue::from_str(&format!("Basic {encoded}")).ok().map(sensitive);
        access.mask([token.to_owned(), encoded]);
        access
    }

    /// The same with a user and a password, both of which are secrets.
    pub(crate) fn with_login(&self, user: &str, password: &str) -> Self {
        let mut access = self.with_token(user, password);
        // What comes behind the name of a key is one.
        access.mask(user.split_once('%').map(|(_, token)| token.to_owned()));
        access
    }

    /// The same with a token that is no password.
    pub(crate) fn with_bearer(&self, token: &str) -> Self {
        let mut access = Self { app: None, ..self.clone() };
        access.authorization = HeaderValue::from_str(&format!("Bearer {token}")).ok().map(sensitive);
        access.mask([token.to_owned()]);
        access
    }

    /// The same with more that nobody may read.
    pub(crate) fn masking(&self, secrets: impl IntoIterator<Item = String>) -> Self {
        let mut access = self.clone();
        access.mask(secrets);
        access
    }

    /// For another host than the one that all this is meant for: who it is trusted to be, and the way there.
    pub(crate) fn for_strangers(&self) -> Self {
        let (authorization, app, ssh, stands_for) = (None, None, None, None);
        Self { authorization, app, ssh, stands_for, tls: self.tls.without_identity(), ..self.clone() }
    }

    /// The same, known as somebody whose token is another at each time.
    pub(crate) fn standing_for(self, who: String) -> Self {
        Self { stands_for: Some(who), ..self }
    }

    /// Tells who asks, and by which way: what is equal in this is answered alike. It is secret.
    pub(crate) fn identify(&self, state: &mut impl Hasher) {
        let Self {
            namespace: _,
            authorization,
            tls,
            app,
            ssh,
            proxy,
            login,
            unverified,
            stands_for,
            masked: _,
        } = self;
        let token = authorization.as_ref().filter(|_| stands_for.is_none());
        (token, tls, app, ssh, proxy, login, unverified, stands_for).hash(state);
    }

    fn mask(&mut self, secrets: impl IntoIterator<Item = String>) {
        self.masked.extend(secrets.into_iter().filter(|value| value.len() > 3));
        // What is part of another goes after it, or the rest of that would stay.
        self.masked.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        self.masked.dedup();
    }

    fn read(url: &Url, secret: &SecretData, name: &impl Fn() -> String) -> Result<Self, AccessError> {
        let scheme = url.scheme();
        if scheme == "ssh" {
            let ssh = Ssh::of(url, secret, name)?;
            let mut access = Self::default();
            access.mask(ssh.secrets().into_iter().chain(of_url(url)));
            return Ok(Self { ssh: Some(ssh), ..access });
        }
        let text = |field: &'static str| -> Result<Option<String>, Unusable> {
            let Some(value) = secret.get(field).filter(|value| !value.is_empty()) else { return Ok(None) };
            let invalid =
                Unusable::Invalid { scheme: scheme.to_owned(), field, problem: "is not valid UTF-8" };
            String::from_utf8(value.clone()).map(Some).map_err(|_| invalid)
        };
        let from_url = (decoded(url.username()), url.password().map(decoded).unwrap_or_default());
        let bearer = text("bearerToken")?;
        if bearer.is_some() && !(from_url.0.is_empty() && from_url.1.is_empty()) {
            return Err(Unusable::BasicAndBearer.into());
        }
        let username = text("username")?.unwrap_or(from_url.0);
        let password = text("password")?.unwrap_or(from_url.1);
        if username.is_empty() && !password.is_empty() && bearer.is_none() {
            return Err(Unusable::PasswordWithoutUsername { scheme: scheme.to_owned() }.into());
        }
        let plain = match &bearer {
            Some(token) => Some(format!("Bearer {token}")),
            None if username.is_empty() => None,
            None => Some(format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))),
        };
        let authorization =
            plain.as_deref().map(HeaderValue::from_str).transpose().map_err(|_| Unusable::Invalid {
                scheme: scheme.to_owned(),
                field: "bearerToken",
                problem: "cannot be sent in a header",
            })?;
        let encoded = plain.and_then(|value| value.split_once(' ').map(|(_, value)| value.to_owned()));
        // Some hosts take a token for a user name, with no password or with one that says so.
        let token = Some(username).filter(|name| is_token(name, &password));
        let secrets = [bearer, Some(password), encoded, token].into_iter().flatten().chain(of_url(url));
        let authorization = authorization.map(sensitive);
        let mut access = Self { authorization, tls: tls_material(secret), ..Self::default() };
        access.mask(secrets);
        Ok(access)
    }

    /// For a registry: the login is sent only where the registry asks for it. `unverified` means that its certificate
    /// is not looked at.
    pub(crate) fn to_registry(
        namespace: &str,
        login: Option<Login>,
        tls: Tls,
        proxy: Option<Proxy>,
        unverified: bool,
    ) -> Self {
        let secrets: Vec<String> = login.iter().flat_map(Login::secrets).collect();
        let mut access = Self { namespace: namespace.to_owned(), tls, login, unverified, ..Self::default() };
        access.mask(secrets);
        access.through(proxy)
    }

    /// For an object store, where `secrets` are what proves who asks.
    pub(crate) fn to_bucket(namespace: &str, secrets: Vec<String>, tls: Tls, proxy: Option<Proxy>) -> Self {
        let mut access = Self { namespace: namespace.to_owned(), tls, ..Self::default() };
        access.mask(secrets);
        access.through(proxy)
    }

    /// Whose it is: what is asked with it counts as this namespace's.
    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The `Authorization` header.
    pub(crate) const fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    /// The GitHub App whose token is to be had first.
    pub(crate) const fn app(&self) -> Option<&App> {
        self.app.as_ref()
    }

    /// What servers are asked with over SSH.
    pub(crate) const fn ssh(&self) -> Option<&Ssh> {
        self.ssh.as_ref()
    }

    /// The way there, instead of that of the process's environment.
    pub(crate) const fn proxy(&self) -> Option<&Proxy> {
        self.proxy.as_ref()
    }

    /// CA and client certificate.
    pub(crate) const fn tls(&self) -> &Tls {
        &self.tls
    }

    /// How to log in to a registry.
    pub(crate) const fn login(&self) -> Option<&Login> {
        self.login.as_ref()
    }

    /// Whether the server's certificate is not looked at.
    pub(crate) const fn is_unverified(&self) -> bool {
        self.unverified
    }

    /// `text` with every secret masked, for text that a server wrote.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.masked.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "*****"))
    }

    /// `text` without so much of its end as may be the beginning of a secret that was cut off.
    pub(crate) fn without_cut<'a>(&self, text: &'a str) -> &'a str {
        let longest = self.masked.iter().map(|secret| secret.chars().count()).max().unwrap_or_default();
        let end = longest.checked_sub(1).and_then(|last| text.char_indices().rev().nth(last));
        end.map_or(if longest == 0 { text } else { "" }, |(end, _)| text.get(..end).unwrap_or_default())
    }
}

impl Tls {
    /// For servers that the client certificate is not meant for.
    pub(crate) fn without_identity(&self) -> Self {
        Self { ca: self.ca.clone(), identity: None }
    }
}

/// Whether a user name is a secret: it comes without a password, or is long.
fn is_token(username: &str, password: &str) -> bool {
    matches!(password, "" | "x-oauth-basic") || username.len() >= TOKEN
}

/// What may be secret in a URL: as it is written there, and the values of its query in both forms.
fn of_url(url: &Url) -> Vec<String> {
    let mut found: Vec<String> = url.password().map(str::to_owned).into_iter().collect();
    let name = Some(url.username()).filter(|name| is_token(name, url.password().unwrap_or_default()));
    found.extend(name.map(str::to_owned));
    found.extend(url.query_pairs().map(|(_, value)| value.into_owned()));
    let pairs = url.query().unwrap_or_default().split('&');
    found.extend(pairs.filter_map(|pair| pair.split_once('=')).map(|(_, value)| value.to_owned()));
    found
}

/// Half a key pair is ignored, as in Flux.
fn tls_material(secret: &SecretData) -> Tls {
    let field = |names: &[&str]| {
        names.iter().find_map(|name| secret.get(*name)).filter(|value| !value.is_empty()).cloned()
    };
    let identity = field(&["tls.crt", "certFile"]).zip(field(&["tls.key", "keyFile"]));
    Tls { ca: field(&["ca.crt", "caFile"]), identity }
}

fn sensitive(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}

/// User information is percent-encoded in a URL.
fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// A URL for people: without user (but for SSH), password, query and fragment, each of which may hold a secret.
pub(crate) fn masked_url(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) if url.cannot_be_a_base() => masked_text(text),
        Ok(mut url) => {
            let is_plain = url.username().is_empty() && url.password().is_none();
            if is_plain && url.query().is_none() && url.fragment().is_none() {
                return foreign::clean(text);
            }
            // Both fail only for URLs without a host, which have neither. Over SSH a user is no secret.
            if url.scheme() != "ssh" {
                let _ = url.set_username("");
            }
            let _ = url.set_password(None);
            url.set_query(None);
            url.set_fragment(None);
            foreign::clean(url.as_str())
        }
        Err(_) => masked_text(text),
    }
}

/// As [`masked_url`], of what is not a URL.
fn masked_text(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    foreign::clean(
        &text.rsplit_once('@').map_or_else(|| text.to_owned(), |(_, rest)| format!("*****@{rest}")),
    )
}
