//! Archives written by hand: headers that a packer would never write. It knows the format and nothing of what is
//! hostile.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::input::Files;
use super::packs::mebibyte_of_zeros;

const BLOCK: usize = 512;

/// A tar archive that grows.
#[derive(Clone, Debug, Default)]
pub(super) struct Tar(Vec<u8>);

impl Tar {
    /// An entry whose header says what it is told to, with a correct checksum.
    pub(super) fn entry(mut self, name: &[u8], kind: u8, link: &str, size: &str, content: &[u8]) -> Self {
        let mut header = [0_u8; BLOCK];
        put(&mut header, 0, 100, name);
        put(&mut header, 100, 8, b"0000644\0");
        put(&mut header, 108, 8, b"0000000\0");
        put(&mut header, 116, 8, b"0000000\0");
        put(&mut header, 124, 12, size.as_bytes());
        put(&mut header, 136, 12, b"00000000000\0");
        put(&mut header, 156, 1, &[kind]);
        put(&mut header, 157, 100, link.as_bytes());
        put(&mut header, 257, 8, b"ustar\x0000");
        put(&mut header, 148, 8, b"        ");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        put(&mut header, 148, 8, format!("{sum:06o}\0 ").as_bytes());
        self.0.extend_from_slice(&header);
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(BLOCK), 0);
        self
    }

    /// A plain file, with a long name in front if it needs one.
    pub(super) fn file(self, name: &str, content: &[u8]) -> Self {
        let tar = if name.len() > 99 { self.long(name.as_bytes()) } else { self };
        tar.entry(name.as_bytes(), b'0', "", &octal(content.len()), content)
    }

    /// A name for the next entry, as GNU tar writes long ones.
    pub(super) fn long(self, name: &[u8]) -> Self {
        self.entry(b"././@LongLink", b'L', "", &octal(name.len()), name)
    }

    /// Records for the next entry (`x`) or all that follow (`g`), as pax writes them.
    pub(super) fn pax(self, kind: u8, records: &[u8]) -> Self {
        self.entry(b"pax", kind, "", &octal(records.len()), records)
    }

    /// The archive with its end.
    pub(super) fn done(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 2 * BLOCK, 0);
        self.0
    }

    /// As it is, without an end.
    pub(super) fn cut(self) -> Vec<u8> {
        self.0
    }
}

/// One record of a pax header.
pub(super) fn record(key: &str, value: &str) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    format!("{length} {key}={value}\n").into_bytes()
}

/// A size as headers have it.
pub(super) fn octal(size: usize) -> String {
    format!("{size:011o}\0")
}

/// Compresses.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // A Vec takes everything.
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

/// One file of zeros, so many mebibytes, compressed: the archive's end is missing, and so is a checksum that is true,
/// both of which only matter to those who have read everything.
pub(super) fn zeros(name: &str, mebibytes: usize) -> Vec<u8> {
    let start = Tar::default().entry(name.as_bytes(), b'0', "", &octal(mebibytes << 20), &[]).cut();
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    bytes.extend(stored(&start));
    bytes.extend(mebibyte_of_zeros().repeat(mebibytes));
    bytes.extend([0x03, 0x00, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}

/// The archive of a folder, as an honest packer writes it.
pub(super) fn of_files(files: &Files) -> Vec<u8> {
    let tar = files.iter().fold(Tar::default(), |tar, (name, content)| tar.file(name, content));
    gzip(&tar.done())
}

/// A stored block of DEFLATE.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    let mut block = vec![0];
    block.extend(length.to_le_bytes());
    block.extend((!length).to_le_bytes());
    block.extend_from_slice(bytes);
    block
}

fn put(header: &mut [u8; BLOCK], at: usize, room: usize, bytes: &[u8]) {
    for (to, from) in header.iter_mut().skip(at).take(room).zip(bytes) {
        *to = *from;
    }
}
