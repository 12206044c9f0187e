//! What this crate needs from its surroundings, as traits.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{Error, Request, Response, Secret, SendError};

/// Sends requests.
#[async_trait]
pub trait Exchange: Send + Sync {
    /// Sends a request and reads the whole answer. It follows no redirect: credentials go along.
    ///
    /// # Errors
    /// There was no answer.
    async fn send(&self, request: Request) -> Result<Response, SendError>;

    /// The time, which signatures are bound to.
    fn now(&self) -> Timestamp;
}

/// What surrounds the process.
#[async_trait]
pub trait Machine: Send + Sync {
    /// A variable of the environment; none when it is empty.
    fn variable(&self, name: &str) -> Option<String>;

    /// A small file, without blanks at its ends.
    ///
    /// # Errors
    /// It cannot be read.
    async fn file(&self, path: &str) -> Result<Secret, Error>;
}

/// Issues tokens of one ServiceAccount.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// A token for these audiences.
    ///
    /// # Errors
    /// [`Error::Token`]: none is issued.
    async fn token(&self, audiences: &[String]) -> Result<Secret, Error>;
}
