//! The file formats of sops, and how Flux tells them apart: by file name, or by the bytes that only an encrypted file has.

use std::fmt;

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// YAML, of one or more documents.
    Yaml,
    /// One JSON object.
    Json,
    /// `NAME=value` lines.
    Dotenv,
    /// Sections of `name = value` lines.
    Ini,
    /// Any bytes, which sops wraps in a JSON object with the field `data`.
    Binary,
}

impl Format {
    /// By the end of a name. A key of a Secret with a Docker configuration is JSON; whatever is unknown is binary.
    #[must_use]
    pub fn for_path(path: &str) -> Self {
        let ends = |end: &str| path.ends_with(end);
        if ends(".dockerconfigjson") || ends(".json") {
            Self::Json
        } else if ends(".yaml") || ends(".yml") {
            Self::Yaml
        } else if ends(".env") {
            Self::Dotenv
        } else if ends(".ini") {
            Self::Ini
        } else {
            Self::Binary
        }
    }

    /// By what only an encrypted file holds; none when nothing here was encrypted. An encrypted binary is JSON.
    #[must_use]
    pub fn detect(data: &[u8]) -> Option<Self> {
        [Self::Json, Self::Dotenv, Self::Yaml, Self::Ini].into_iter().find(|format| format.is_marked(data))
    }

    /// Whether the data holds the mark of an encrypted file of this format.
    #[must_use]
    pub fn is_marked(self, data: &[u8]) -> bool {
        let mark = self.mark();
        data.windows(mark.len()).any(|window| window == mark)
    }

    fn mark(self) -> &'static [u8] {
        match self {
            Self::Binary | Self::Json => b"\"mac\": \"ENC[",
            Self::Dotenv => b"sops_mac=ENC[",
            Self::Ini => b"[sops]",
            Self::Yaml => b"mac: ENC[",
        }
    }
}

impl fmt::Display for Format {
    /// The words of Flux's messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yaml => "YAML",
            Self::Json => "JSON",
            Self::Dotenv => "dotenv",
            Self::Ini => "INI",
            Self::Binary => "binary",
        })
    }
}
