//! Git objects and packs written by hand: `git` itself would refuse most of them. It knows the formats and nothing of
//! what is hostile.

use std::io::Write as _;

use flate2::write::ZlibEncoder;
use flate2::{Compress, Compression, FlushCompress};
use sha1::{Digest as _, Sha1};

/// Name of an object.
pub(super) type Oid = [u8; 20];

/// Kinds of objects as packs number them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Commit = 1,
    Tree = 2,
    Blob = 3,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
        }
    }
}

/// A pack that grows, and the commit it is about.
#[derive(Clone, Debug, Default)]
pub(super) struct Pack {
    objects: Vec<u8>,
    count: u32,
    tip: Oid,
}

/// An entry of a tree.
pub(super) struct Entry<'a>(pub(super) &'a str, pub(super) &'a [u8], pub(super) Oid);

impl Pack {
    /// Adds an object.
    pub(super) fn add(&mut self, kind: Kind, content: &[u8]) -> Oid {
        self.header(kind as u8, content.len() as u64);
        self.objects.extend(zlib(content));
        name(kind, content)
    }

    /// Adds a file.
    pub(super) fn blob(&mut self, content: impl AsRef<[u8]>) -> Oid {
        self.add(Kind::Blob, content.as_ref())
    }

    /// Adds a tree of entries in the given order, which Git would sort.
    pub(super) fn tree<'a>(&mut self, entries: impl IntoIterator<Item = Entry<'a>>) -> Oid {
        let mut content = Vec::new();
        for Entry(mode, name, oid) in entries {
            content.extend_from_slice(mode.as_bytes());
            content.push(b' ');
            content.extend_from_slice(name);
            content.push(0);
            content.extend_from_slice(&oid);
        }
        self.add(Kind::Tree, &content)
    }

    /// Adds a commit of a tree, to which the branch points.
    pub(super) fn commit(&mut self, tree: Oid, message: impl AsRef<[u8]>) -> &mut Self {
        let who = "A <a@example.com> 1700000000 +0000";
        let mut text = format!("tree {}\nauthor {who}\ncommitter {who}\n\n", hex(&tree)).into_bytes();
        text.extend_from_slice(message.as_ref());
        self.tip = self.add(Kind::Commit, &text);
        self
    }

    /// Adds a commit word for word, to which the branch points.
    pub(super) fn raw_commit(&mut self, text: impl AsRef<[u8]>) -> &mut Self {
        self.tip = self.add(Kind::Commit, text.as_ref());
        self
    }

    /// Adds an object of zeros, so many mebibytes, that nothing refers to. It is a few thousandths of that in the pack.
    pub(super) fn zeros(&mut self, kind: Kind, mebibytes: u64) {
        self.header(kind as u8, mebibytes << 20);
        self.objects.extend(zlib_of_zeros(mebibytes));
    }

    /// Adds a delta.
    pub(super) fn delta(&mut self, base: &Oid, delta: &[u8]) {
        self.header(7, delta.len() as u64);
        self.objects.extend_from_slice(base);
        self.objects.extend(zlib(delta));
    }

    /// The name of the commit.
    pub(super) fn tip(&self) -> String {
        hex(&self.tip)
    }

    /// The pack as it is sent. `count` is what it says of the number of its objects, if that is not the truth.
    pub(super) fn bytes(&self, count: Option<u32>) -> Vec<u8> {
        let mut bytes = b"PACK\0\0\0\x02".to_vec();
        bytes.extend(count.unwrap_or(self.count).to_be_bytes());
        bytes.extend_from_slice(&self.objects);
        let digest = Sha1::digest(&bytes);
        bytes.extend_from_slice(&digest);
        bytes
    }

    fn header(&mut self, kind: u8, size: u64) {
        self.count += 1;
        let (mut low, mut rest) = ((kind << 4) | (size & 15) as u8, size >> 4);
        while rest > 0 {
            self.objects.push(low | 0x80);
            (low, rest) = ((rest & 0x7f) as u8, rest >> 7);
        }
        self.objects.push(low);
    }
}

/// The delta that copies all of a base of `base` bytes so often that `copies` times its size comes out.
pub(super) fn copies(base: u32, copies: u32) -> Vec<u8> {
    let mut delta = varint(base.into());
    delta.extend(varint(u64::from(base) * u64::from(copies)));
    let [b0, b1, b2, _] = base.to_le_bytes();
    for _ in 0..copies {
        delta.extend([0b1111_0000, b0, b1, b2]);
    }
    delta
}

/// Name of an object.
pub(super) fn name(kind: Kind, content: &[u8]) -> Oid {
    let mut digest = Sha1::new();
    digest.update(format!("{} {}\0", kind.word(), content.len()));
    digest.update(content);
    digest.finalize().into()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// Hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn zlib(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    // A Vec takes everything.
    encoder.write_all(content).and_then(|()| encoder.finish()).unwrap_or_default()
}

/// Zeros, compressed: one mebibyte again and again, which may be strung together, since each only looks back on zeros.
fn zlib_of_zeros(mebibytes: u64) -> Vec<u8> {
    let mut bytes = vec![0x78, 0x9c];
    let one = mebibyte_of_zeros();
    (0..mebibytes).for_each(|_| bytes.extend_from_slice(&one));
    bytes.extend([0x03, 0x00]);
    let adler = (((mebibytes << 20) % 65_521) << 16) | 1;
    bytes.extend((adler as u32).to_be_bytes());
    bytes
}

/// A mebibyte of zeros as raw DEFLATE, without an end.
pub(super) fn mebibyte_of_zeros() -> Vec<u8> {
    let mut compress = Compress::new(Compression::best(), false);
    let mut bytes = Vec::with_capacity(64 << 10);
    // The buffer is much larger than what comes of zeros.
    drop(compress.compress_vec(&vec![0; 1 << 20], &mut bytes, FlushCompress::Sync));
    bytes
}
