//! Hands bytes to a compressor in the cut that the digests of all archives rest on, and asks a budget meanwhile. What
//! the bytes are is `pack`'s.
//!
//! The cut is that of `std::io::BufWriter::write_all`: what is small is gathered in blocks, what is as large as a block
//! goes in one piece, of which the compressor takes as much as it has room for. `BufWriter` itself cannot be interrupted.

use std::io::{self, Write};

use manifest::budget::Budget;

#[cfg(test)]
mod tests;

/// Bytes handed to deflate at a time. Constant, because deflate's output depends on how its input is cut.
pub(super) const BLOCK: usize = 64 * 1024;

/// A writer that gathers.
pub(super) struct Blocks<W: Write> {
    inner: W,
    gathered: Vec<u8>,
    budget: Budget,
}

impl<W: Write> Blocks<W> {
    /// Nothing is gathered yet.
    pub(super) fn new(inner: W, budget: Budget) -> Self {
        Self { inner, gathered: Vec::with_capacity(BLOCK), budget }
    }

    /// Charges one step, beside those for bytes.
    pub(super) fn step(&self) -> io::Result<()> {
        self.budget.step(1).map_err(io::Error::other)
    }

    /// Hands over what is gathered and gives back the inner writer, which is not flushed.
    pub(super) fn into_inner(mut self) -> io::Result<W> {
        self.hand_over()?;
        Ok(self.inner)
    }

    fn hand_over(&mut self) -> io::Result<()> {
        write_all(&mut self.inner, &self.gathered, &self.budget)?;
        self.gathered.clear();
        Ok(())
    }
}

impl<W: Write> Write for Blocks<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > BLOCK - self.gathered.len() {
            self.hand_over()?;
        }
        if bytes.len() < BLOCK {
            self.gathered.extend_from_slice(bytes);
        } else {
            write_all(&mut self.inner, bytes, &self.budget)?;
        }
        Ok(bytes.len())
    }

    /// Does nothing: to flush would cut.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A compressor takes what fills its own buffer of output, and then the budget is asked again.
fn write_all(out: &mut impl Write, mut bytes: &[u8], budget: &Budget) -> io::Result<()> {
    while !bytes.is_empty() {
        budget.step(1).map_err(io::Error::other)?;
        let written = match out.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(error) => return Err(error),
        };
        budget.step((written / BLOCK) as u64).map_err(io::Error::other)?;
        bytes = bytes.get(written..).unwrap_or_default();
    }
    Ok(())
}
