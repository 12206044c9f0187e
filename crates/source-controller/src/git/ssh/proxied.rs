//! A connection by way of a proxy: CONNECT of HTTP, and SOCKS 5 (RFC 1928, RFC 1929). What is spoken over it is `ssh`'s.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::access::proxy::Proxy;
use crate::git::clients::Clients;

/// Longest answer of a proxy.
const MOST: usize = 8 << 10;

/// Connects to a host by way of a proxy.
pub(super) async fn dial(
    clients: &Clients,
    proxy: &Proxy,
    host: &str,
    port: u16,
) -> Result<TcpStream, String> {
    let url = proxy.url();
    let at = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let default = if url.scheme() == "socks5" { 1080 } else { 80 };
    let mut stream = None;
    let mut cause = "the proxy has no address".to_owned();
    for address in clients.look_up(at, url.port().unwrap_or(default)).await? {
        match TcpStream::connect(address).await {
            Ok(connected) => {
                stream = Some(connected);
                break;
            }
            Err(error) => cause = format!("the proxy cannot be reached: {error}"),
        }
    }
    let stream = stream.ok_or(cause)?;
    match url.scheme() {
        "http" => connect(stream, proxy, host, port).await,
        "socks5" => socks(stream, proxy, host, port).await,
        other => Err(format!("a proxy over {other} cannot be used for SSH")),
    }
}

async fn connect(mut stream: TcpStream, proxy: &Proxy, host: &str, port: u16) -> Result<TcpStream, String> {
    let to = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let login = proxy.login().map(|(user, password)| {
        format!("Proxy-Authorization: Basic {}\r\n", STANDARD.encode(format!("{user}:{password}")))
    });
    let request = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n{}\r\n", login.unwrap_or_default());
    stream.write_all(request.as_bytes()).await.map_err(|error| error.to_string())?;
    let mut answer = Vec::new();
    // Not a byte more: what follows is the other side's.
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() >= MOST {
            return Err("the proxy's answer is too long".to_owned());
        }
        answer.push(stream.read_u8().await.map_err(|error| error.to_string())?);
    }
    let line = String::from_utf8_lossy(&answer);
    let status = line.split(' ').nth(1).unwrap_or_default();
    if status == "200" { Ok(stream) } else { Err(format!("the proxy answered with status {status}")) }
}

async fn socks(mut stream: TcpStream, proxy: &Proxy, host: &str, port: u16) -> Result<TcpStream, String> {
    let broken = |error: std::io::Error| error.to_string();
    let login = proxy.login();
    let method = if login.is_some() { 2 } else { 0 };
    stream.write_all(&[5, 1, method]).await.map_err(broken)?;
    let mut chosen = [0; 2];
    stream.read_exact(&mut chosen).await.map_err(broken)?;
    if chosen != [5, method] {
        return Err("the proxy does not take this kind of login".to_owned());
    }
    if let Some((user, password)) = login {
        let mut request = vec![1];
        for text in [user, password] {
            request.push(u8::try_from(text.len()).map_err(|_| "the proxy's login is too long")?);
            request.extend_from_slice(text.as_bytes());
        }
        stream.write_all(&request).await.map_err(broken)?;
        let mut answer = [0; 2];
        stream.read_exact(&mut answer).await.map_err(broken)?;
        if answer[1] != 0 {
            return Err("the proxy refused the login".to_owned());
        }
    }
    let mut request = vec![5, 1, 0, 3];
    request.push(u8::try_from(host.len()).map_err(|_| "the host's name is too long")?);
    request.extend_from_slice(host.as_bytes());
    request.extend_from_slice(&port.to_be_bytes());
    stream.write_all(&request).await.map_err(broken)?;
    let mut head = [0; 4];
    stream.read_exact(&mut head).await.map_err(broken)?;
    if head[1] != 0 {
        return Err(format!("the proxy answered with code {}", head[1]));
    }
    let rest = match head[3] {
        1 => 4,
        4 => 16,
        _ => usize::from(stream.read_u8().await.map_err(broken)?),
    };
    let mut bound = vec![0; rest + 2];
    stream.read_exact(&mut bound).await.map_err(broken)?;
    Ok(stream)
}
