//! Colours for tones, where there is somebody to see them.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};

use super::line::Tone;

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// In any case.
    Always,
    /// In no case.
    Never,
}

/// The flag that chooses colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
#[group(skip)]
pub(crate) struct ColourFlags {
    /// When to use colours; auto is on a terminal, unless NO_COLOR is set.
    #[arg(long = "color", value_name = "WHEN", value_enum, default_value_t = Colour::Auto)]
    colour: Colour,
}

impl ColourFlags {
    /// When colours are used.
    pub(crate) const fn choice(self) -> Colour {
        self.colour
    }
}

/// A text in the colour of its tone.
pub(crate) fn painted(tone: Tone, text: &str, shown: &mut String) {
    let code = match tone {
        Tone::Plain => {
            shown.push_str(text);
            return;
        }
        Tone::Strong => "1",
        Tone::Faint => "2",
        Tone::Good => "32",
        Tone::Busy => "33",
        Tone::Bad => "31",
    };
    // Writing to a String does not fail.
    write!(shown, "\u{1b}[{code}m{text}\u{1b}[0m").ok();
}
