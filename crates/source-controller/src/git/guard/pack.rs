//! A pack as it passes: how many objects, how large, and how much memory their chains of deltas take when gix resolves
//! them. Objects are inflated to be measured and nothing of them is kept. Pure.
//!
//! gix resolves depth first. An object that is a base stays until its last delta is resolved: along a chain all those
//! stay that have other deltas, too. A delta that names its base may have any object of the pack for it, so that all
//! such are reckoned to be in one chain.

use std::collections::BTreeMap;

use flate2::{Decompress, FlushDecompress, Status};

use super::limits::{Excess, Limits};

#[cfg(test)]
mod tests;

/// Bytes that gix and this file keep for an object.
const OBJECT_COST: u64 = 200;
/// Bytes of a compressed object beyond those of the object.
const OVERHEAD: u64 = 64 << 10;
/// Bytes of the checksum at the end.
const TRAILER: usize = 20;
/// Most of what deltas with a named base may need, with their bases.
const MAX_REFERENCES: u64 = 256 << 20;

/// A pack that is passing.
pub(super) struct Pack {
    limits: Limits,
    state: State,
    /// Bytes so far.
    offset: u64,
    left: u32,
    entries: Vec<Entry>,
    inflated: u64,
    /// The largest compressed object, which gix keeps while it arrives.
    compressed: u64,
    delta: u64,
    references: (u32, u64),
    resolving: u64,
    zlib: Decompress,
    scratch: Vec<u8>,
}

/// An object that passed.
struct Entry {
    offset: u64,
    size: u64,
    base: Base,
    /// Deltas of it, as far as that matters: none, one, several.
    children: u8,
}

#[derive(Clone, Copy)]
enum Base {
    None,
    /// Its place among the entries.
    At(u32),
    /// Named: any object, which has this size.
    Named(u64),
}

enum State {
    Header { bytes: [u8; 12], have: usize },
    Size { start: u64, kind: u8, size: u64, shift: u32 },
    Start,
    Distance { start: u64, size: u64, distance: u64, have: u8 },
    Name { start: u64, size: u64, left: usize },
    Data(Data),
    Trailer { left: usize },
    End,
}

/// An object that is arriving.
struct Data {
    start: u64,
    size: u64,
    base: Base,
    compressed: u64,
    out: u64,
    /// The first bytes of a delta, which say how large its base is and its result.
    head: Vec<u8>,
}

const HEAD: usize = 20;

impl Pack {
    /// Before the first byte.
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: State::Header { bytes: [0; 12], have: 0 },
            offset: 0,
            left: 0,
            entries: Vec::new(),
            inflated: 0,
            compressed: 0,
            delta: 0,
            references: (0, 0),
            resolving: 0,
            zlib: Decompress::new(true),
            scratch: vec![0; 16 << 10],
        }
    }

    /// Bytes of memory that gix needs for it.
    pub(super) fn need(&self) -> u64 {
        self.entries.len() as u64 * OBJECT_COST + self.compressed.max(self.resolving)
    }

    /// Looks at what comes next.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) -> Result<(), Excess> {
        while !bytes.is_empty() {
            let taken = match std::mem::replace(&mut self.state, State::End) {
                State::End => return Ok(()),
                State::Data(data) => self.data(data, bytes)?,
                state => {
                    self.state = self.byte(state, bytes.first().copied().unwrap_or_default())?;
                    1
                }
            };
            self.offset += taken as u64;
            bytes = bytes.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// Takes a byte that is not of an object.
    fn byte(&mut self, state: State, byte: u8) -> Result<State, Excess> {
        let low = u64::from(byte & 0x7f);
        let ends = byte & 0x80 == 0;
        match state {
            State::Header { mut bytes, have } => {
                if let Some(place) = bytes.get_mut(have) {
                    *place = byte;
                }
                if have + 1 < bytes.len() {
                    return Ok(State::Header { bytes, have: have + 1 });
                }
                self.header(bytes)
            }
            State::Start => {
                let (start, kind) = (self.offset, (byte >> 4) & 7);
                self.sized(State::Size { start, kind, size: u64::from(byte & 15), shift: 4 }, ends)
            }
            State::Size { start, kind, size, shift } => {
                if shift > 56 {
                    return Err(Excess::Malformed("a size of too many digits"));
                }
                let size = size | (low << shift);
                self.sized(State::Size { start, kind, size, shift: shift + 7 }, ends)
            }
            State::Distance { start, size, distance, have } => {
                if have > 7 {
                    return Err(Excess::Malformed("a distance of too many digits"));
                }
                let distance = if have == 0 { low } else { ((distance + 1) << 7) | low };
                if !ends {
                    return Ok(State::Distance { start, size, distance, have: have + 1 });
                }
                let base = self.base(start, distance)?;
                Ok(self.begin(start, size, base))
            }
            State::Name { start, size, left: 1 } => Ok(self.begin(start, size, Base::Named(0))),
            State::Name { start, size, left } => Ok(State::Name { start, size, left: left - 1 }),
            State::Trailer { left: 1 } => Ok(State::End),
            State::Trailer { left } => Ok(State::Trailer { left: left - 1 }),
            State::Data(_) | State::End => Ok(State::End),
        }
    }

    fn header(&mut self, bytes: [u8; 12]) -> Result<State, Excess> {
        let [b'P', b'A', b'C', b'K', 0, 0, 0, 2 | 3, a, b, c, d] = bytes else {
            return Err(Excess::Malformed("it does not begin like one"));
        };
        self.left = u32::from_be_bytes([a, b, c, d]);
        if self.left > self.limits.objects {
            return Err(Excess::Objects(self.limits.objects));
        }
        Ok(if self.left == 0 { State::Trailer { left: TRAILER } } else { State::Start })
    }

    /// What follows the size of an object, once it is complete.
    fn sized(&mut self, state: State, is_complete: bool) -> Result<State, Excess> {
        let State::Size { start, kind, size, .. } = state else { return Ok(state) };
        if !is_complete {
            return Ok(state);
        }
        if size > self.limits.object {
            return Err(Excess::Object(self.limits.object));
        }
        match kind {
            1..=4 => Ok(self.begin(start, size, Base::None)),
            6 => Ok(State::Distance { start, size, distance: 0, have: 0 }),
            7 => Ok(State::Name { start, size, left: TRAILER }),
            _ => Err(Excess::Malformed("an object of an unknown kind")),
        }
    }

    fn base(&self, start: u64, distance: u64) -> Result<Base, Excess> {
        let offset = start.checked_sub(distance);
        let found = offset.and_then(|at| self.entries.binary_search_by_key(&at, |entry| entry.offset).ok());
        let index = found.and_then(|index| u32::try_from(index).ok());
        index.map(Base::At).ok_or(Excess::Malformed("a delta without a base"))
    }

    fn begin(&mut self, start: u64, size: u64, base: Base) -> State {
        self.zlib.reset(true);
        State::Data(Data { start, size, base, compressed: 0, out: 0, head: Vec::new() })
    }

    /// Inflates some bytes of an object; says how many.
    fn data(&mut self, mut data: Data, bytes: &[u8]) -> Result<usize, Excess> {
        const CORRUPT: Excess = Excess::Malformed("an object that cannot be inflated");
        let mut taken = 0;
        loop {
            let input = bytes.get(taken..).unwrap_or_default();
            let (before_in, before_out) = (self.zlib.total_in(), self.zlib.total_out());
            let status = self.zlib.decompress(input, &mut self.scratch, FlushDecompress::None);
            let status = status.map_err(|_| CORRUPT)?;
            let read = self.zlib.total_in() - before_in;
            let wrote = self.zlib.total_out() - before_out;
            taken += usize::try_from(read).unwrap_or_default();
            data.compressed += read;
            data.out += wrote;
            self.account(&mut data, usize::try_from(wrote).unwrap_or_default())?;
            if status == Status::StreamEnd {
                self.ended(data)?;
                return Ok(taken);
            }
            if read == 0 && wrote == 0 {
                // With input left that is no progress at all; without, more has to come.
                if taken < bytes.len() {
                    return Err(CORRUPT);
                }
                self.state = State::Data(data);
                return Ok(taken);
            }
        }
    }

    /// Holds what an object has become so far against the limits.
    fn account(&mut self, data: &mut Data, wrote: usize) -> Result<(), Excess> {
        if data.compressed > data.size + data.size / 8 + OVERHEAD {
            return Err(Excess::Malformed("an object that is larger compressed than not"));
        }
        if data.out > data.size {
            return Err(Excess::Malformed("an object that is larger than it says"));
        }
        if !matches!(data.base, Base::None) {
            let wanted = HEAD.saturating_sub(data.head.len()).min(wrote);
            data.head.extend_from_slice(self.scratch.get(..wanted).unwrap_or_default());
        }
        self.compressed = self.compressed.max(data.compressed);
        Ok(())
    }

    fn ended(&mut self, data: Data) -> Result<(), Excess> {
        if data.out != data.size {
            return Err(Excess::Malformed("an object that is smaller than it says"));
        }
        let (mut base, mut size) = (data.base, data.size);
        if !matches!(base, Base::None) {
            self.delta = self.delta.max(data.size);
            let (base_size, result) = delta_sizes(&data.head)?;
            if base_size.max(result) > self.limits.object {
                return Err(Excess::Object(self.limits.object));
            }
            if matches!(base, Base::Named(_)) {
                base = Base::Named(base_size);
                self.references.0 += 1;
            }
            size = result;
        }
        if self.references.0 > self.limits.references {
            return Err(Excess::References(self.limits.references.into()));
        }
        let work = if matches!(base, Base::None) { size } else { size + data.size };
        self.inflated = self.inflated.saturating_add(work);
        if self.inflated > self.limits.inflated {
            return Err(Excess::Inflated(self.limits.inflated));
        }
        if let Base::At(index) = base
            && let Some(entry) = self.entries.get_mut(index as usize)
        {
            entry.children = (entry.children + 1).min(2);
        }
        self.entries.push(Entry { offset: data.start, size, base, children: 0 });
        self.left -= 1;
        if self.left == 0 {
            self.resolving = self.resolve()?;
            self.state = State::Trailer { left: TRAILER };
        } else {
            self.state = State::Start;
        }
        Ok(())
    }

    /// Bytes that resolving all deltas needs at its peak.
    fn resolve(&mut self) -> Result<u64, Excess> {
        // Of each entry: what is held above it, and the entry that its tree grows from.
        let mut above: Vec<(u64, u32)> = Vec::with_capacity(self.entries.len());
        let mut highest = 0u64;
        let mut named: BTreeMap<u32, u64> = BTreeMap::new();
        for (index, entry) in self.entries.iter().enumerate() {
            let itself = u32::try_from(index).unwrap_or(u32::MAX);
            let (held, root, base) = match entry.base {
                Base::None => (0, itself, 0),
                Base::Named(size) => (0, itself, size),
                Base::At(at) => {
                    let (held, root) = above.get(at as usize).copied().unwrap_or_default();
                    let (size, children) =
                        self.entries.get(at as usize).map_or((0, 0), |base| (base.size, base.children));
                    if children > 1 { (held + size, root, 0) } else { (held, root, size) }
                }
            };
            above.push((held, root));
            let peak = held + base + entry.size;
            let is_named = matches!(entry.base, Base::Named(_));
            match named.get_mut(&root) {
                Some(most) => *most = (*most).max(peak),
                None if is_named => _ = named.insert(root, peak),
                None => highest = highest.max(peak),
            }
        }
        self.references.1 = named.values().fold(0, |sum, peak| sum.saturating_add(*peak));
        if self.references.1 > MAX_REFERENCES.min(self.limits.held) {
            return Err(Excess::References(MAX_REFERENCES));
        }
        let peak = highest + self.references.1 + self.delta;
        if peak > self.limits.held { Err(Excess::Held(self.limits.held)) } else { Ok(peak) }
    }
}

/// The sizes of a delta's base and of its result, from its first bytes.
fn delta_sizes(head: &[u8]) -> Result<(u64, u64), Excess> {
    let mut bytes = head.iter();
    let mut number = || {
        let mut value = 0u64;
        for shift in (0..=56).step_by(7) {
            let byte = bytes.next()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    };
    let sizes = number().and_then(|base| Some((base, number()?)));
    sizes.ok_or(Excess::Malformed("a delta without sizes"))
}
