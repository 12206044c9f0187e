//! What a server's answer may cost, looked at while it passes: lines and packs beyond a limit end the fetch before gix
//! has allocated anything for them. Pure; gix reads the same bytes afterwards, and the wire is `http`'s.
//!
//! gix bounds one object (`gitoxide.objects.allocLimit`), not how many of them a chain of deltas keeps alive, nor what
//! is kept of an object that is still arriving. What a pack says of itself suffices to know both.

mod limits;
mod pack;
#[cfg(test)]
pub(super) mod samples;
#[cfg(test)]
mod tests;

pub(crate) use limits::Excess;
pub(super) use limits::Limits;
use pack::Pack;

/// Most bytes that packs and answers of one fetch may have.
pub(super) const MAX_BYTES: u64 = 2 << 30;
/// Bytes that gix keeps for a byte of an answer without a pack: a reference is read into several texts.
const TALK_COST: u64 = 4;

/// One answer as it passes.
pub(super) struct Guard {
    limits: Limits,
    state: State,
    talk: u64,
    pack: Option<Pack>,
}

enum State {
    /// Four hexadecimal digits.
    Length { digits: [u8; 4], have: usize },
    /// A line; kept because no pack has begun.
    Line { left: usize, text: Vec<u8> },
    /// A packet while a pack arrives: its band comes first.
    Band { left: usize },
    /// The rest of a packet, of the pack or not.
    Rest { left: usize, is_pack: bool },
    /// A pack without packets around it.
    Raw,
    /// Nothing that Git's protocol knows; gix will say so.
    Opaque,
}

impl State {
    const START: Self = Self::Length { digits: [0; 4], have: 0 };
}

impl Guard {
    /// Before the first byte.
    pub(super) const fn new(limits: Limits) -> Self {
        Self { limits, state: State::START, talk: 0, pack: None }
    }

    /// Looks at what comes next.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) -> Result<(), Excess> {
        while !bytes.is_empty() {
            let taken = self.step(bytes)?;
            bytes = bytes.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// Bytes of memory that gix needs for what has passed.
    pub(super) fn need(&self) -> u64 {
        self.talk * TALK_COST + self.pack.as_ref().map_or(0, Pack::need)
    }

    /// Takes some bytes, at least one; says how many.
    fn step(&mut self, bytes: &[u8]) -> Result<usize, Excess> {
        let state = std::mem::replace(&mut self.state, State::Opaque);
        let (taken, next) = match state {
            State::Length { digits, have } => (1, self.length(digits, have, bytes)?),
            State::Line { left, mut text } => {
                let taken = left.min(bytes.len());
                text.extend_from_slice(bytes.get(..taken).unwrap_or_default());
                let next = if taken == left {
                    self.line(&text)?;
                    State::START
                } else {
                    State::Line { left: left - taken, text }
                };
                (taken, next)
            }
            State::Band { left } => (1, rest(left - 1, bytes.first() == Some(&1))),
            State::Rest { left, is_pack } => {
                let taken = left.min(bytes.len());
                let part = bytes.get(..taken).unwrap_or_default();
                if is_pack {
                    self.packed(part)?;
                } else {
                    self.talked(taken)?;
                }
                (taken, rest(left - taken, is_pack))
            }
            State::Raw => {
                self.packed(bytes)?;
                (bytes.len(), State::Raw)
            }
            State::Opaque => {
                self.talked(bytes.len())?;
                (bytes.len(), State::Opaque)
            }
        };
        self.state = next;
        Ok(taken)
    }

    /// One more digit of a packet's length.
    fn length(&mut self, mut digits: [u8; 4], have: usize, bytes: &[u8]) -> Result<State, Excess> {
        if let (Some(place), Some(digit)) = (digits.get_mut(have), bytes.first()) {
            *place = *digit;
        }
        if have < 3 {
            return Ok(State::Length { digits, have: have + 1 });
        }
        self.talked(digits.len())?;
        if digits == *b"PACK" {
            self.packed(&digits)?;
            return Ok(State::Raw);
        }
        let text = std::str::from_utf8(&digits).unwrap_or_default();
        let length =
            text.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| usize::from_str_radix(text, 16));
        Ok(match length {
            Some(Ok(0..=2 | 4)) => State::START,
            Some(Ok(length @ 5..)) if self.pack.is_some() => State::Band { left: length - 4 },
            Some(Ok(length @ 5..)) => State::Line { left: length - 4, text: Vec::new() },
            _ => State::Opaque,
        })
    }

    /// A line before a pack. The servers of the second protocol announce the pack, those of the first just send it in
    /// the first band.
    fn line(&mut self, line: &[u8]) -> Result<(), Excess> {
        self.talked(line.len())?;
        let (is_band, text) = match line.split_first() {
            Some((1, text)) => (true, text),
            _ => (false, line),
        };
        if text.trim_ascii_end() == b"packfile" {
            self.pack = Some(Pack::new(self.limits));
        } else if is_band && !is_section(text) {
            self.packed(text)?;
        }
        Ok(())
    }

    fn talked(&mut self, bytes: usize) -> Result<(), Excess> {
        self.talk += bytes as u64;
        if self.talk > self.limits.talk { Err(Excess::Talk(self.limits.talk)) } else { Ok(()) }
    }

    fn packed(&mut self, bytes: &[u8]) -> Result<(), Excess> {
        let limits = self.limits;
        self.pack.get_or_insert_with(|| Pack::new(limits)).feed(bytes)
    }
}

const fn rest(left: usize, is_pack: bool) -> State {
    if left == 0 { State::START } else { State::Rest { left, is_pack } }
}

/// Whether a line of the first band is one of those before a pack, which servers send there when they send everything
/// there. No pack begins like them.
fn is_section(line: &[u8]) -> bool {
    const SECTIONS: [&[u8]; 7] =
        [b"acknowledgments", b"shallow", b"unshallow", b"wanted-refs", b"NAK", b"ACK ", b"ready"];
    SECTIONS.iter().any(|section| line.starts_with(section))
}
