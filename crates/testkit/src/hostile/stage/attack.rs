//! How somebody calls a Receiver who does not keep to the protocol, and how that ends.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::hostile::host::Reply;
use crate::hostile::input::Webhook;

/// Most bytes of an answer that are looked at.
const ANSWER: usize = 1 << 10;

/// What is sent to a Receiver.
pub(in crate::hostile) struct Attack {
    pub(super) address: String,
    pub(super) path: String,
    pub(super) webhook: Webhook,
}

impl Attack {
    /// Sends it; what is wrong with how the server ends it.
    pub(in crate::hostile) async fn carry_out(&self, within: Duration) -> Option<String> {
        let calls = (0..self.webhook.connections).map(|_| tokio::time::timeout(within, self.call()));
        let ends = futures::future::join_all(calls).await;
        ends.into_iter().find_map(|end| match end {
            Err(_) => Some(format!("no answer within {within:?}")),
            Ok(status) if self.webhook.answers.contains(&status) => None,
            Ok(status) => Some(format!("answered {status}, not one of {:?}", self.webhook.answers)),
        })
    }

    /// Whether an object may have been asked for.
    pub(in crate::hostile) fn may_ask(&self) -> bool {
        self.webhook.answers.contains(&200)
    }

    /// The status of the answer; none is 0.
    async fn call(&self) -> u16 {
        let Ok(stream) = TcpStream::connect(&self.address).await else { return 0 };
        let (mut from, mut to) = stream.into_split();
        let send = async {
            // A server that has seen enough does not take the rest.
            self.send(&mut to).await.ok();
            std::future::pending::<()>().await;
        };
        let answer = async {
            let mut answer = vec![0; ANSWER];
            let mut length = 0;
            while let Some(room) = answer.get_mut(length..).filter(|room| !room.is_empty()) {
                match from.read(room).await {
                    Ok(0) | Err(_) => break,
                    Ok(read) => length += read,
                }
                // A server that wants to go on says so first.
                if answer.starts_with(b"HTTP/1.1 100") {
                    length = 0;
                } else if length >= 12 {
                    break;
                }
            }
            let text = answer.get(..length).map(String::from_utf8_lossy).unwrap_or_default();
            text.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
        };
        tokio::select! {
            status = answer => status,
            () = send => 0,
        }
    }

    async fn send(&self, to: &mut (impl tokio::io::AsyncWrite + Unpin)) -> std::io::Result<()> {
        match &self.webhook.sends {
            Reply::Whole { head, body } => {
                to.write_all(&self.filled(format!("{head}\r\n").as_bytes())).await?;
                to.write_all(&self.filled(body)).await
            }
            Reply::Trickle { first, every } => {
                to.write_all(&self.filled(first)).await?;
                loop {
                    tokio::time::sleep(*every).await;
                    to.write_all(b"a").await?;
                }
            }
            Reply::Endless { first, again } => {
                to.write_all(&self.filled(first)).await?;
                loop {
                    to.write_all(again).await?;
                }
            }
            Reply::Git { .. } => Ok(()),
        }
    }

    /// With path and server; what is no text stays as it is.
    fn filled(&self, bytes: &[u8]) -> Vec<u8> {
        match std::str::from_utf8(bytes) {
            Ok(text) => text.replace("{PATH}", &self.path).replace("{HOST}", &self.address).into_bytes(),
            Err(_) => bytes.to_vec(),
        }
    }
}
