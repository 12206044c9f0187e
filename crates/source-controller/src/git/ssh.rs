//! Git over SSH, without any program: one connection, one `git-upload-pack` on the other side, and gix's transport over
//! it. The host has to be known (`access::ssh::known_hosts`); what passes is bounded, and every wait ends with the
//! deadline or the run, as over HTTP.
//!
//! Runs on a blocking thread; waiting for the network happens on the async runtime.

use std::borrow::Cow;
use std::io::{self, BufRead as _, Cursor, Read, Write};
use std::sync::Arc;
use std::time::SystemTime;

use gix::protocol::transport::Protocol;
use gix::protocol::transport::client::blocking_io::Transport;
use gix::protocol::transport::client::git::{ConnectMode, blocking_io::Connection};
use parking_lot::Mutex;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use russh::client::{self, Config, Handle, Msg};
use russh::keys::{Algorithm, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Preferred, kex};
use tokio::net::TcpStream;

mod proxied;
#[cfg(test)]
mod tests;

use super::guard::{Guard, Limits};
use super::http::Http;
use super::http::rules::Failure;
use crate::access::ssh::known_hosts::{KnownHosts, Unknown};
use crate::foreign;

/// The port of URLs without one.
const PORT: u16 = 22;
/// Bytes of an answer that are looked at at a time.
const PART: usize = 8 << 10;
/// Most bytes of what the other side says beside its answer that are kept.
const MOST_SAID: usize = 8 << 10;
/// What servers say of a repository that is not there, or that one may not see.
const ABSENT: [&str; 8] = [
    "repository not found",
    "repository does not exist",
    "does not appear to be a git repository",
    "no such repository",
    "access denied",
    "you do not have access",
    "project you were looking for could not be found",
    "not found or no access",
];

/// `--ssh-kex-algos` and `--ssh-hostkey-algos`, the most preferred first; empty means all that are safe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Algorithms {
    /// Of key exchange.
    kex: Vec<kex::Name>,
    /// Of host keys.
    host_key: Vec<Algorithm>,
}

impl Algorithms {
    /// Reads lists of names. The error is the first flag with a name that stands for nothing that can be used, and the
    /// names that do.
    pub(crate) fn of(kex: &[String], host_key: &[String]) -> Result<Self, Unusable> {
        let unusable = |flag, name: &String, known: Vec<String>| Unusable {
            flag,
            name: name.clone(),
            known: known.join(", "),
        };
        let exchange = |name: &String| {
            let found = exchanges().find(|known| known.as_ref() == name.as_str());
            let names = || exchanges().map(|known| known.as_ref().to_owned()).collect();
            found.ok_or_else(|| unusable("ssh-kex-algos", name, names()))
        };
        let key = |name: &String| {
            let found = host_keys().into_iter().find(|known| known.to_string() == *name);
            let names = || host_keys().iter().map(ToString::to_string).collect();
            found.ok_or_else(|| unusable("ssh-hostkey-algos", name, names()))
        };
        let kex = kex.iter().map(exchange).collect::<Result<_, _>>()?;
        let host_key = host_key.iter().map(key).collect::<Result<_, _>>()?;
        Ok(Self { kex, host_key })
    }
}

/// A name of no algorithm that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{name}' is not one of {known}")]
pub(crate) struct Unusable {
    /// Without dashes.
    pub(crate) flag: &'static str,
    /// As it was written.
    pub(crate) name: String,
    known: String,
}

/// All key exchanges. What else is negotiated among them are no algorithms.
fn exchanges() -> impl Iterator<Item = kex::Name> {
    const OTHERS: [kex::Name; 5] = [
        kex::NONE,
        kex::EXTENSION_SUPPORT_AS_CLIENT,
        kex::EXTENSION_SUPPORT_AS_SERVER,
        kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
        kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
    ];
    kex::ALL_KEX_ALGORITHMS.iter().map(|name| **name).filter(|name| !OTHERS.contains(name))
}

/// All host keys that are safe: those with SHA-1 are not.
fn host_keys() -> Vec<Algorithm> {
    let all = Preferred::DEFAULT.key;
    all.iter().filter(|algorithm| !matches!(algorithm, Algorithm::Rsa { hash: None })).cloned().collect()
}

/// Connects, and gives gix a transport.
pub(super) fn transport(
    line: &Http,
    algorithms: &Algorithms,
    url: &str,
    version: Protocol,
) -> io::Result<Box<dyn Transport + Send>> {
    let url = line.parse(url)?;
    let connected = line.wait_for(connect(line, algorithms, &url)).flatten();
    let (handle, reader, writer) = connected.map_err(|failure| line.fail(failure))?;
    let state = Arc::new(Mutex::new(State {
        line: line.clone(),
        _handle: handle,
        reader,
        guard: Guard::new(Limits::ALL),
        said: Vec::new(),
        has_answered: false,
    }));
    let writer = Writer { line: line.clone(), half: writer };
    let reader = Reader { state, chunk: Cursor::default(), ended: false };
    let path = url.path().to_owned();
    let connection = Connection::new(
        reader,
        writer,
        version,
        path,
        None::<(String, Option<u16>)>,
        ConnectMode::Process,
        false,
    );
    Ok(Box::new(connection.custom_url(Some(url.as_str().into()))))
}

type Connected = (Handle<Checker>, ChannelReadHalf, ChannelWriteHalf<Msg>);

/// The error is in Go's words, as far as they are known.
async fn connect(line: &Http, algorithms: &Algorithms, url: &Url) -> Result<Connected, Failure> {
    let session = line.session();
    let none = || Failure::Auth("there are no credentials for this host".to_owned());
    let ssh = session.access.ssh().ok_or_else(none)?;
    let key = ssh.key().map_err(|cause| Failure::Auth(cause.to_owned()))?;
    let known = KnownHosts::parse(ssh.known_hosts()).map_err(Failure::Auth)?;
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = url.port().unwrap_or(PORT);
    let config =
        Config { preferred: preferred(algorithms, &known, &host, port), nodelay: true, ..Config::default() };
    let refused = Arc::new(Mutex::new(None));
    let checker = Checker { known, host: host.clone(), port, refused: Arc::clone(&refused) };
    let stream = dial(line, &host, port).await.map_err(Failure::Transport)?;
    let handshake = |cause: String| Failure::Transport(format!("ssh: handshake failed: {cause}"));
    let broken = |error: russh::Error| Failure::Transport(error.to_string());
    let mut handle = client::connect_stream(Arc::new(config), stream, checker).await.map_err(|error| {
        let unknown: Option<Unknown> = *refused.lock();
        handshake(unknown.map_or_else(|| error.to_string(), |unknown| unknown.to_string()))
    })?;
    let hash = match key.algorithm() {
        Algorithm::Rsa { .. } => handle.best_supported_rsa_hash().await.map_err(broken)?.flatten(),
        _ => None,
    };
    let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
    let entered = handle.authenticate_publickey(ssh.user(), key).await;
    if !entered.map_err(|error| handshake(error.to_string()))?.success() {
        return Err(handshake(
            "ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain"
                .to_owned(),
        ));
    }
    let channel = handle.channel_open_session().await.map_err(broken)?;
    // Who does not know the variable answers in the first version of the protocol.
    channel.set_env(false, "GIT_PROTOCOL", "version=2").await.map_err(broken)?;
    channel.exec(false, command(url)).await.map_err(broken)?;
    let (reader, writer) = channel.split();
    Ok((handle, reader, writer))
}

async fn dial(line: &Http, host: &str, port: u16) -> Result<TcpStream, String> {
    let session = line.session();
    if let Some(proxy) = session.access.proxy() {
        return proxied::dial(&session.clients, proxy, host, port).await;
    }
    let addresses = session.clients.look_up(host, port).await?;
    let mut cause = format!("dial tcp: lookup {host}: no such host");
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                // Without it every question waits for the answer to the one before.
                drop(stream.set_nodelay(true));
                return Ok(stream);
            }
            Err(error) => {
                let words = cluster::dialled(&error);
                let words = words.map_or_else(|| format!("connect: {error}"), str::to_owned);
                cause = format!("dial tcp {address}: {words}");
            }
        }
    }
    Err(cause)
}

/// What is asked for: the host's known kinds of keys only, or it may show another that then is not known.
fn preferred(algorithms: &Algorithms, known: &KnownHosts, host: &str, port: u16) -> Preferred {
    let mut preferred = Preferred::DEFAULT;
    if !algorithms.kex.is_empty() {
        let mut all = algorithms.kex.clone();
        // Not algorithms, but what protects the exchange.
        all.extend([kex::EXTENSION_SUPPORT_AS_CLIENT, kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT]);
        preferred.kex = Cow::Owned(all);
    }
    let safe = if algorithms.host_key.is_empty() { host_keys() } else { algorithms.host_key.clone() };
    if known.has_authority(host, port) {
        preferred.host_key_certificates = Cow::Owned(safe.clone());
    }
    let kinds = known.algorithms(host, port);
    let narrow: Vec<Algorithm> = safe.iter().filter(|one| kinds.contains(one)).cloned().collect();
    preferred.key = Cow::Owned(if narrow.is_empty() { safe } else { narrow });
    preferred
}

/// The program that answers, as every server of Git repositories knows it.
fn command(url: &Url) -> String {
    let path = percent_decode_str(url.path()).decode_utf8_lossy().into_owned();
    // A home folder is not below the root.
    let path = if path.starts_with("/~") { path.trim_start_matches('/') } else { &path };
    format!("git-upload-pack '{}'", path.replace('\'', "'\\''").replace('!', "'\\!'"))
}

/// Believes a server whose key is known.
struct Checker {
    known: KnownHosts,
    host: String,
    port: u16,
    refused: Arc<Mutex<Option<Unknown>>>,
}

impl client::Handler for Checker {
    type Error = russh::Error;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        let checked = match shown {
            PublicKeyOrCertificate::PublicKey { key, .. } => self.known.check(&self.host, self.port, key),
            PublicKeyOrCertificate::Certificate(certificate) => {
                self.known.check_certificate(&self.host, self.port, certificate, SystemTime::now())
            }
        };
        *self.refused.lock() = checked.err();
        Ok(checked.is_ok())
    }
}

/// What both directions share.
struct State {
    line: Http,
    /// The connection ends with it.
    _handle: Handle<Checker>,
    reader: ChannelReadHalf,
    guard: Guard,
    /// What the other side says beside its answer.
    said: Vec<u8>,
    has_answered: bool,
}

impl State {
    /// The next piece of the answer; `None` at its end.
    fn chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let line = self.line.clone();
            let message = line.wait_for(self.reader.wait()).map_err(|failure| line.fail(failure))?;
            match message {
                Some(ChannelMsg::Data { data }) => {
                    line.count(data.len())?;
                    for part in data.chunks(PART) {
                        line.is_wanted()?;
                        self.guard.feed(part).map_err(|excess| line.fail(excess.into()))?;
                        line.spare(self.guard.need())?;
                    }
                    self.has_answered = true;
                    return Ok(Some(data.to_vec()));
                }
                Some(ChannelMsg::ExtendedData { data, .. }) => {
                    line.count(data.len())?;
                    let room = MOST_SAID.saturating_sub(self.said.len());
                    self.said.extend_from_slice(data.get(..room.min(data.len())).unwrap_or_default());
                }
                // What it says may come after the end of the answer.
                Some(ChannelMsg::Eof) if !self.has_answered => {}
                Some(ChannelMsg::Eof | ChannelMsg::Close) | None => return self.end(),
                Some(_) => {}
            }
        }
    }

    fn end(&self) -> io::Result<Option<Vec<u8>>> {
        if self.has_answered {
            return Ok(None);
        }
        let said = String::from_utf8_lossy(&self.said);
        let lower = said.to_lowercase();
        if ABSENT.iter().any(|text| lower.contains(text)) {
            return Err(self.line.fail(Failure::NoRepository));
        }
        let said = foreign::clean(said.trim());
        let cause = if said.is_empty() { "the server closed the connection".to_owned() } else { said };
        Err(self.line.fail(Failure::Transport(cause)))
    }
}

struct Reader {
    state: Arc<Mutex<State>>,
    chunk: Cursor<Vec<u8>>,
    ended: bool,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.ended && self.chunk.fill_buf()?.is_empty() {
            match self.state.lock().chunk()? {
                Some(chunk) => self.chunk = Cursor::new(chunk),
                None => self.ended = true,
            }
        }
        self.chunk.read(buffer)
    }
}

struct Writer {
    line: Http,
    half: ChannelWriteHalf<Msg>,
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.line.wait_for(self.half.data_bytes(bytes.to_vec()));
        let sent = sent.and_then(|sent| sent.map_err(|error| Failure::Transport(error.to_string())));
        sent.map_err(|failure| self.line.fail(failure))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
