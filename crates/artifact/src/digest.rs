//! A digest as artifacts carry it, `<algorithm>:<hex>`, and how it is computed and compared.
//! Which algorithm is used is the controller's flag.

use std::fmt;
use std::str::FromStr;

use manifest::digest::hex;
use sha2::Digest as _;

use crate::error::DigestError;

/// The algorithms of `--artifact-digest-algo` (contracts/source-controller.md 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Algorithm {
    /// `sha1`
    Sha1,
    /// `sha256`, the default
    #[default]
    Sha256,
    /// `sha384`
    Sha384,
    /// `sha512`
    Sha512,
    /// `blake3`
    Blake3,
}

impl Algorithm {
    /// The name as it stands before the colon.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
            Self::Blake3 => "blake3",
        }
    }

    /// Length of the digest in hexadecimal digits.
    const fn hex_len(self) -> usize {
        match self {
            Self::Sha1 => 40,
            Self::Sha256 | Self::Blake3 => 64,
            Self::Sha384 => 96,
            Self::Sha512 => 128,
        }
    }
}

impl FromStr for Algorithm {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512, Self::Blake3]
            .into_iter()
            .find(|algorithm| algorithm.as_str() == text)
            .ok_or_else(|| DigestError::UnknownAlgorithm(text.to_owned()))
    }
}

/// A digest of known algorithm and right length, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest {
    algorithm: Algorithm,
    hex: String,
}

impl Digest {
    /// Reads `<algorithm>:<hex>`.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        let malformed = || DigestError::Malformed(text.chars().take(160).collect());
        let (algorithm, hex) = text.split_once(':').ok_or_else(malformed)?;
        let algorithm: Algorithm = algorithm.parse()?;
        if hex.len() != algorithm.hex_len() || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(malformed());
        }
        Ok(Self { algorithm, hex: hex.to_ascii_lowercase() })
    }

    /// The digest of `bytes`.
    pub fn of(algorithm: Algorithm, bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(bytes);
        hasher.finish()
    }

    /// The algorithm.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The hexadecimal part.
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// Whether `bytes` have this digest.
    pub fn matches(&self, bytes: &[u8]) -> bool {
        Self::of(self.algorithm, bytes).same_as(self)
    }

    /// Equality in time that does not depend on where the two differ.
    pub fn same_as(&self, other: &Self) -> bool {
        self.algorithm == other.algorithm
            && self.hex.len() == other.hex.len()
            && self.hex.bytes().zip(other.hex.bytes()).fold(0u8, |sum, (a, b)| sum | (a ^ b)) == 0
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        Self::parse(text)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.as_str(), self.hex)
    }
}

/// A digest in the making.
#[derive(Clone)]
pub struct Hasher {
    algorithm: Algorithm,
    state: State,
}

#[derive(Clone)]
enum State {
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
    Sha384(sha2::Sha384),
    Sha512(sha2::Sha512),
    Blake3(Box<blake3::Hasher>),
}

impl Hasher {
    /// A digest of nothing yet.
    pub fn new(algorithm: Algorithm) -> Self {
        let state = match algorithm {
            Algorithm::Sha1 => State::Sha1(sha1::Sha1::default()),
            Algorithm::Sha256 => State::Sha256(sha2::Sha256::default()),
            Algorithm::Sha384 => State::Sha384(sha2::Sha384::default()),
            Algorithm::Sha512 => State::Sha512(sha2::Sha512::default()),
            Algorithm::Blake3 => State::Blake3(Box::default()),
        };
        Self { algorithm, state }
    }

    /// Takes in more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Sha1(state) => state.update(bytes),
            State::Sha256(state) => state.update(bytes),
            State::Sha384(state) => state.update(bytes),
            State::Sha512(state) => state.update(bytes),
            State::Blake3(state) => {
                state.update(bytes);
            }
        }
    }

    /// The digest of all bytes taken in.
    pub fn finish(self) -> Digest {
        let hex = match self.state {
            State::Sha1(state) => hex(&state.finalize()),
            State::Sha256(state) => hex(&state.finalize()),
            State::Sha384(state) => hex(&state.finalize()),
            State::Sha512(state) => hex(&state.finalize()),
            State::Blake3(state) => hex(state.finalize().as_bytes()),
        };
        Digest { algorithm: self.algorithm, hex }
    }
}

#[cfg(test)]
mod tests;
