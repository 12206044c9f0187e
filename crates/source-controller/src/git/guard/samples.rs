//! Packs for tests, made byte by byte, so that they may say what is not so.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// A pack that is being made.
pub(in crate::git) struct PackBuilder {
    bytes: Vec<u8>,
    count: u32,
}

/// The zlib stream of some bytes.
pub(in crate::git) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The instructions of a delta that copies the start of its base again and again.
pub(in crate::git) fn copies(base: u64, result: u64) -> Vec<u8> {
    let mut delta = number(base);
    delta.extend(number(result));
    let most = base.min(0xff_ffff);
    let mut left = result;
    while left > 0 {
        let size = left.min(most);
        delta.push(0x80 | 0x70);
        delta.extend(&size.to_le_bytes()[..3]);
        left -= size;
    }
    delta
}

impl PackBuilder {
    pub(in crate::git) fn new() -> Self {
        Self { bytes: b"PACK\0\0\0\x02\0\0\0\0".to_vec(), count: 0 }
    }

    /// A blob; gives its offset.
    pub(in crate::git) fn blob(&mut self, content: &[u8]) -> u64 {
        self.raw(3, content.len() as u64, &[], &deflated(content))
    }

    /// A delta of the object at an offset.
    pub(in crate::git) fn delta(&mut self, base: u64, delta: &[u8]) -> u64 {
        let mut rest = self.bytes.len() as u64 - base;
        let mut distance = vec![(rest & 0x7f) as u8];
        rest >>= 7;
        while rest > 0 {
            rest -= 1;
            distance.insert(0, 0x80 | (rest & 0x7f) as u8);
            rest >>= 7;
        }
        self.raw(6, delta.len() as u64, &distance, &deflated(delta))
    }

    /// A delta of the object with a name.
    pub(in crate::git) fn named(&mut self, base: [u8; 20], delta: &[u8]) -> u64 {
        self.raw(7, delta.len() as u64, &base, &deflated(delta))
    }

    /// An object as it is given, true or not.
    pub(in crate::git) fn raw(&mut self, kind: u8, size: u64, base: &[u8], data: &[u8]) -> u64 {
        let offset = self.bytes.len() as u64;
        let first = (kind << 4) | (size & 15) as u8;
        if size >> 4 == 0 {
            self.bytes.push(first);
        } else {
            self.bytes.push(0x80 | first);
            self.bytes.extend(number(size >> 4));
        }
        self.bytes.extend(base);
        self.bytes.extend(data);
        self.count += 1;
        offset
    }

    /// The pack with its checksum.
    pub(in crate::git) fn finish(self) -> Vec<u8> {
        let count = self.count;
        self.with_count(count)
    }

    /// The pack, with another number of objects than it has.
    pub(in crate::git) fn with_count(mut self, count: u32) -> Vec<u8> {
        self.bytes[8..12].copy_from_slice(&count.to_be_bytes());
        let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
        hasher.update(&self.bytes);
        self.bytes.extend(hasher.try_finalize().unwrap().as_slice());
        self.bytes
    }
}

fn number(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push(0x80 | (value & 0x7f) as u8);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}
