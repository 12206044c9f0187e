//! A gzip file whose compressed bytes come in pieces. Each is compressed by itself and ends on a byte, so that it is the
//! same wherever it stands, and one that is at hand is copied. What is in a piece is `pack`'s.
//!
//! A piece gets to the compressor in blocks that begin with the piece, and what it makes of them is the same on every
//! machine.

use std::io::{self, Write};

use flate2::{Compress, Compression, Crc, FlushCompress};
use manifest::budget::Budget;

use super::pieces::{Kept, Piece};

#[cfg(test)]
mod tests;

const LEVEL: u32 = 6;
/// `OS` byte of the header: unknown, as Go writes it.
const OS_UNKNOWN: u8 = 255;
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, OS_UNKNOWN];
/// A last block of deflate with nothing in it.
const END: [u8; 2] = [3, 0];

/// Bytes handed to deflate at a time. Constant, because deflate's output depends on how its input is cut.
const BLOCK: usize = 64 << 10;

/// A gzip file in the making.
pub(super) struct Stream<W: Write> {
    out: W,
    budget: Budget,
    deflate: Compress,
    /// What deflate gets next.
    gathered: Vec<u8>,
    /// What deflate gave.
    room: Vec<u8>,
    /// Bytes of the file.
    position: u64,
    /// What is before the piece in hand.
    total: Crc,
    /// The piece in hand, and whether there is something in it.
    piece: Crc,
    is_begun: bool,
    /// What is noted at the moment.
    spans: Vec<Span>,
}

/// Some pieces that are noted.
struct Span {
    start: u64,
    plain: Crc,
    check: Crc,
}

impl<W: Write> Stream<W> {
    /// Begins a file.
    pub(super) fn new(mut out: W, budget: Budget) -> io::Result<Self> {
        out.write_all(&HEADER)?;
        Ok(Self {
            out,
            budget,
            deflate: Compress::new(Compression::new(LEVEL), false),
            gathered: Vec::with_capacity(BLOCK),
            room: vec![0; BLOCK],
            position: HEADER.len() as u64,
            total: Crc::new(),
            piece: Crc::new(),
            is_begun: false,
            spans: Vec::new(),
        })
    }

    /// Charges steps, beside those for bytes.
    pub(super) fn step(&self, steps: u64) -> io::Result<()> {
        self.budget.step(steps).map_err(io::Error::other)
    }

    /// Ends the piece in hand, if there is something in it.
    pub(super) fn end_piece(&mut self) -> io::Result<()> {
        if !self.is_begun {
            return Ok(());
        }
        self.hand_over()?;
        self.compress(&[], FlushCompress::Sync)?;
        self.deflate.reset();
        let piece = std::mem::take(&mut self.piece);
        self.add(&piece);
        self.is_begun = false;
        Ok(())
    }

    /// Notes the pieces from here on.
    pub(super) fn begin_span(&mut self) -> io::Result<()> {
        self.end_piece()?;
        self.spans.push(Span { start: self.position, plain: Crc::new(), check: Crc::new() });
        Ok(())
    }

    /// What was noted since the last [`Self::begin_span`], in which files have so many bytes of `content`.
    pub(super) fn end_span(&mut self, content: u64) -> io::Result<Option<Piece>> {
        self.end_piece()?;
        let Some(Span { start, plain, check }) = self.spans.pop() else { return Ok(None) };
        let length = self.position - start;
        Ok(Some(Piece { start, length, content, plain, check: check.sum() }))
    }

    /// Copies what is at hand; false if it is not what it was.
    pub(super) fn copy(&mut self, kept: &Kept, piece: &Piece) -> io::Result<bool> {
        self.end_piece()?;
        let mut check = Crc::new();
        let budget = &self.budget;
        let is_read = kept.read(piece, &mut self.room, |bytes| {
            check.update(bytes);
            budget.step(1).map_err(io::Error::other)
        });
        match is_read {
            Ok(()) if check.sum() == piece.check => {}
            // Of the budget; nothing else comes from there.
            Err(error) if error.kind() == io::ErrorKind::Other => return Err(error),
            _ => return Ok(false),
        }
        let (out, spans) = (&mut self.out, &mut self.spans);
        kept.read(piece, &mut self.room, |bytes| {
            spans.iter_mut().for_each(|span| span.check.update(bytes));
            out.write_all(bytes)
        })?;
        self.position += piece.length;
        self.add(&piece.plain);
        Ok(true)
    }

    /// Ends the file and gives back the writer.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.end_piece()?;
        self.out.write_all(&END)?;
        self.out.write_all(&self.total.sum().to_le_bytes())?;
        self.out.write_all(&self.total.amount().to_le_bytes())?;
        Ok(self.out)
    }

    /// A piece has come.
    fn add(&mut self, piece: &Crc) {
        self.total.combine(piece);
        self.spans.iter_mut().for_each(|span| span.plain.combine(piece));
    }

    fn hand_over(&mut self) -> io::Result<()> {
        let mut gathered = std::mem::take(&mut self.gathered);
        self.piece.update(&gathered);
        self.compress(&gathered, FlushCompress::None)?;
        gathered.clear();
        self.gathered = gathered;
        Ok(())
    }

    /// Between what deflate takes at a time the budget is asked.
    fn compress(&mut self, mut input: &[u8], flush: FlushCompress) -> io::Result<()> {
        loop {
            self.step(1)?;
            let (taken, given) = (self.deflate.total_in(), self.deflate.total_out());
            self.deflate.compress(input, &mut self.room, flush).map_err(io::Error::other)?;
            let (taken, given) = (self.deflate.total_in() - taken, self.deflate.total_out() - given);
            let bytes = usize::try_from(given).ok().and_then(|given| self.room.get(..given)).unwrap_or(&[]);
            self.out.write_all(bytes)?;
            self.spans.iter_mut().for_each(|span| span.check.update(bytes));
            self.position += given;
            input = usize::try_from(taken).ok().and_then(|taken| input.get(taken..)).unwrap_or(&[]);
            if input.is_empty() && given < BLOCK as u64 {
                return Ok(());
            }
        }
    }
}

impl<W: Write> Write for Stream<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = BLOCK - self.gathered.len();
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.is_begun |= !taken.is_empty();
        self.gathered.extend_from_slice(taken);
        if self.gathered.len() == BLOCK {
            self.hand_over()?;
        }
        Ok(taken.len())
    }

    /// Does nothing: to flush would cut.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
