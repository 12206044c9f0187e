//! What standard output is connected to. It is looked at once, at the beginning of the process.

use std::env;
use std::io::{self, IsTerminal as _};

/// What is known of who reads: a program, unless something says otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terminal {
    is_terminal: bool,
    colours: bool,
    width: Option<usize>,
    height: Option<usize>,
}

impl Terminal {
    /// What this process' standard output is connected to.
    #[must_use]
    pub fn of_process() -> Self {
        let out = io::stdout();
        if !out.is_terminal() {
            return Self::default();
        }
        let size = rustix::termios::tcgetwinsize(&out).ok();
        let some = |count: u16| Some(usize::from(count)).filter(|count| *count > 0);
        let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            is_terminal: true,
            colours: !is_set("NO_COLOR") && !is_dumb,
            width: size.and_then(|size| some(size.ws_col)),
            height: size.and_then(|size| some(size.ws_row)),
        }
    }

    /// Whether a person reads, as far as can be told.
    pub(crate) const fn is_terminal(self) -> bool {
        self.is_terminal
    }

    /// Whether it shows colours.
    pub(crate) const fn has_colours(self) -> bool {
        self.colours
    }

    /// How many characters a line has; none where lines do not end.
    pub(crate) const fn width(self) -> Option<usize> {
        self.width
    }

    /// How many lines it shows at a time; none where that is not known.
    pub(crate) const fn height(self) -> Option<usize> {
        self.height
    }
}
