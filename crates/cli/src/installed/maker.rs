//! Who made a controller.

use std::fmt;

use serde::Serialize;

/// Whose controller it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Maker {
    /// Ours.
    Flyball,
    /// Flux's.
    Flux,
    /// Neither its image nor its labels say so.
    #[serde(rename = "unknown")]
    Unknown,
}

impl fmt::Display for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flyball => "Flyball",
            Self::Flux => "Flux",
            Self::Unknown => "an unknown maker",
        })
    }
}
