//! A line of text whose parts have tones, and how it is broken where a terminal ends. How a tone looks is `paint`'s.

#[cfg(test)]
mod tests;

/// How a part of a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tone {
    /// As it is.
    #[default]
    Plain,
    /// What is looked for first.
    Strong,
    /// What may be passed over.
    Faint,
    /// All is well.
    Good,
    /// On its way, or deserves a look.
    Busy,
    /// Does not work.
    Bad,
}

/// One line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Line {
    parts: Vec<(Tone, String)>,
}

impl Line {
    /// Nothing.
    pub(crate) const fn empty() -> Self {
        Self { parts: Vec::new() }
    }

    /// A line of one tone.
    pub(crate) fn of(tone: Tone, text: impl Into<String>) -> Self {
        Self::empty().then(tone, text)
    }

    /// A line without tone.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self::of(Tone::Plain, text)
    }

    /// The line with more text. What would begin another line is a blank.
    #[must_use]
    pub(crate) fn then(mut self, tone: Tone, text: impl Into<String>) -> Self {
        let text: String = text.into();
        let text = if text.contains(['\n', '\r']) { text.replace(['\n', '\r'], " ") } else { text };
        match self.parts.last_mut() {
            _ if text.is_empty() => {}
            Some((last, before)) if *last == tone => before.push_str(&text),
            _ => self.parts.push((tone, text)),
        }
        self
    }

    /// The line with the parts of another one.
    #[must_use]
    pub(crate) fn with(mut self, other: Self) -> Self {
        self.parts.extend(other.parts);
        self
    }

    /// What it says.
    #[cfg(test)]
    pub(crate) fn text(&self) -> String {
        self.parts.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// Its parts.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (Tone, &str)> {
        self.parts.iter().map(|(tone, text)| (*tone, text.as_str()))
    }

    /// How many characters it has.
    pub(crate) fn width(&self) -> usize {
        self.parts.iter().map(|(_, text)| text.chars().count()).sum()
    }
}

/// The line broken at blanks so that no part is wider than `width`; those after the first begin with `hang` blanks. A
/// word that is wider stays whole. Without a width it is one line.
pub(crate) fn wrapped(line: Line, width: Option<usize>, hang: usize) -> Vec<Line> {
    let Some(width) = width.filter(|width| line.width() > *width && *width > hang.saturating_add(10)) else {
        return vec![line];
    };
    let mut lines = Vec::new();
    let (mut current, mut used, mut is_fresh) = (Line::empty(), 0_usize, true);
    for (tone, text) in line.parts() {
        for word in text.split_inclusive(' ') {
            let length = word.trim_end_matches(' ').chars().count();
            if !is_fresh && used.saturating_add(length) > width {
                lines.push(std::mem::replace(&mut current, Line::plain(" ".repeat(hang))));
                (used, is_fresh) = (hang, true);
            }
            current = current.then(tone, word);
            used = used.saturating_add(word.chars().count());
            // What a line begins with is no place to break it.
            is_fresh = is_fresh && length == 0;
        }
    }
    lines.push(current);
    lines
}
