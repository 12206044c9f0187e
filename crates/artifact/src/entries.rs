//! The entries of a tar.gz from anybody, one after another, and one of our own: for formats that have rules of their own on
//! names and sizes, such as charts. What is kept of an entry, and which names are refused, is the caller's.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use manifest::budget::{Budget, Exceeded};

use crate::unpack::on_disk;

#[cfg(test)]
mod tests;

/// Most bytes of the headers of one entry, long names included.
const HEADER: u64 = 1 << 20;
/// Bytes that are decompressed for one step of a budget.
const BYTES_PER_STEP: u64 = 1024;

/// Why entries cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// There is no gzip.
    #[error("gzip: invalid header")]
    NotGzip,
    /// There is nothing.
    #[error("EOF")]
    Empty,
    /// It ends too early.
    #[error("unexpected EOF")]
    Cut,
    /// More bytes, once decompressed, than this.
    #[error("decompressed archive is larger than {0} bytes")]
    TooLarge(u64),
    /// A name that does not end.
    #[error("archive/tar: header field too long")]
    LongHeader,
    /// Anything else.
    #[error("{0}")]
    Malformed(String),
    /// Of the caller's budget.
    #[error(transparent)]
    Exceeded(#[from] Exceeded),
}

/// One entry that is no folder. Links and devices are empty files.
pub struct Entry<'a> {
    /// As it is written.
    pub name: String,
    /// What it claims.
    pub size: u64,
    content: &'a mut dyn Read,
}

impl Entry<'_> {
    /// The content, held at the budget.
    ///
    /// # Errors
    /// As [`each`].
    pub fn read(&mut self, budget: &Budget) -> Result<Vec<u8>, EntryError> {
        let mut data = Vec::new();
        let mut held = 0;
        loop {
            let before = data.len();
            let read = Read::by_ref(&mut self.content).take(64 << 10).read_to_end(&mut data);
            read.map_err(explain)?;
            if data.len() == before {
                break;
            }
            // Room is doubled when there is none left.
            let room = data.capacity() as u64;
            budget.hold(room - held)?;
            held = room;
        }
        if (data.len() as u64) < self.size { Err(EntryError::Cut) } else { Ok(data) }
    }
}

/// Looks at each entry of an archive that has `limit` bytes at most once it is decompressed.
///
/// # Errors
/// The archive is malformed or too large, the budget is exceeded, or `look` says so.
pub fn each<E: From<EntryError>>(
    bytes: &[u8],
    limit: u64,
    budget: &Budget,
    mut look: impl FnMut(&mut Entry<'_>) -> Result<(), E>,
) -> Result<(), E> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Err(E::from(match bytes.len() {
            0 => EntryError::Empty,
            1..10 => EntryError::Cut,
            _ => EntryError::NotGzip,
        }));
    }
    let passed = Rc::new(Cell::new(0));
    let end = Rc::new(Cell::new(u64::MAX));
    let inner = MultiGzDecoder::new(bytes);
    let meter = Meter { inner, passed: Rc::clone(&passed), end: Rc::clone(&end), limit, budget };
    let mut archive = tar::Archive::new(meter);
    let mut entries = archive.entries().map_err(explain)?;
    let mut skipped = 0;
    loop {
        // What is read now are headers, which the library keeps however long they are.
        end.set(passed.get().saturating_add(skipped).saturating_add(HEADER));
        let Some(entry) = entries.next() else { return Ok(()) };
        let mut entry = entry.map_err(explain)?;
        end.set(u64::MAX);
        let (size, stored) = (entry.size(), on_disk(&entry));
        skipped = stored;
        budget.step(4).map_err(EntryError::from)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let kind = entry.header().entry_type();
        let is_header = kind.is_pax_global_extensions() || kind.is_pax_local_extensions();
        if is_header || kind.is_dir() || name.ends_with('/') {
            continue;
        }
        let before = passed.get();
        look(&mut Entry { name, size, content: &mut entry })?;
        skipped = stored.saturating_sub(passed.get() - before);
    }
}

/// An archive in the making: the same entries give the same bytes.
pub struct Writer(tar::Builder<GzEncoder<Vec<u8>>>);

impl Writer {
    /// An empty one, with a comment.
    #[must_use]
    pub fn new(comment: &str) -> Self {
        Self(tar::Builder::new(GzBuilder::new().comment(comment).write(Vec::new(), Compression::default())))
    }

    /// Appends a file.
    ///
    /// # Errors
    /// A name that leads out.
    pub fn append(&mut self, name: &str, data: &[u8]) -> io::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_entry_type(tar::EntryType::Regular);
        self.0.append_data(&mut header, name, data)
    }

    /// The archive.
    ///
    /// # Errors
    /// None that is known: it is written to memory.
    pub fn finish(self) -> io::Result<Vec<u8>> {
        self.0.into_inner()?.finish()
    }
}

/// What passes is counted, and ends when it is too much.
struct Meter<'a, R> {
    inner: R,
    passed: Rc<Cell<u64>>,
    /// Up to where may be read now.
    end: Rc<Cell<u64>>,
    limit: u64,
    budget: &'a Budget,
}

impl<R: Read> Read for Meter<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let passed = self.passed.get() + read as u64;
        self.passed.set(passed);
        self.budget.step(1 + read as u64 / BYTES_PER_STEP).map_err(io::Error::other)?;
        if passed > self.limit {
            return Err(io::Error::other(EntryError::TooLarge(self.limit)));
        }
        if passed > self.end.get() {
            return Err(io::Error::other(EntryError::LongHeader));
        }
        Ok(read)
    }
}

/// What an error of the reader means.
fn explain(error: io::Error) -> EntryError {
    let mut next: Option<&(dyn std::error::Error + 'static)> = error.get_ref().map(|inner| inner as _);
    while let Some(inner) = next {
        if let Some(found) = inner.downcast_ref::<EntryError>() {
            return found.clone();
        }
        if let Some(exceeded) = inner.downcast_ref::<Exceeded>() {
            return (*exceeded).into();
        }
        next = match inner.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as _),
            None => inner.source(),
        };
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => EntryError::Cut,
        _ => EntryError::Malformed(error.to_string()),
    }
}
