//! Tar headers: USTAR, and a PAX record before it only where USTAR cannot hold the name.
//! Owner and times are always zero. Byte for byte what Go's archive/tar writes for the same entries.

use std::io::{self, Write};

/// Size of a tar record.
pub(super) const RECORD: usize = 512;

const NAME: usize = 100;
const PREFIX: usize = 155;
/// Largest size that USTAR's eleven octal digits hold.
const MAX_SIZE: u64 = 0o777_7777_7777;

/// What an entry is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Dir,
    File,
    Pax,
}

/// Writes the header of one entry, with a PAX header before it when the name needs one.
pub(super) fn write(out: &mut impl Write, name: &[u8], kind: Kind, mode: u32, size: u64) -> io::Result<()> {
    if size > MAX_SIZE {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{:?} is too large for an archive", crate::path::escaped(name)),
        ));
    }
    if let Some((prefix, name)) = ustar_name(name) {
        return out.write_all(&record(prefix, name, kind, mode, size));
    }
    let pax = pax_record("path", name);
    let base = name.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    let (folder, base) = name.split_at(base);
    let folder: &[u8] = if folder == b"/" { b"" } else { folder };
    let mut pax_name = shortened(&[folder, b"PaxHeaders.0/", base].concat());
    trim_slashes(&mut pax_name);
    out.write_all(&record(b"", &pax_name, Kind::Pax, 0, pax.len() as u64))?;
    out.write_all(&pax)?;
    pad(out, pax.len())?;
    out.write_all(&record(b"", &shortened(name), kind, mode, size))
}

/// Fills the last record of `length` bytes with zeros.
pub(super) fn pad(out: &mut impl Write, length: usize) -> io::Result<()> {
    let rest = length % RECORD;
    if rest == 0 { Ok(()) } else { out.write_all(&vec![0; RECORD - rest]) }
}

/// Prefix and name as USTAR holds them: ASCII, cut at the last possible slash when longer than 100 bytes.
fn ustar_name(name: &[u8]) -> Option<(&[u8], &[u8])> {
    if !name.is_ascii() {
        return None;
    }
    if name.len() <= NAME {
        return Some((b"", name));
    }
    let slash = name.get(..PREFIX + 1).unwrap_or(name).iter().rposition(|byte| *byte == b'/')?;
    let (prefix, rest) = (name.get(..slash)?, name.get(slash + 1..)?);
    let fits = !prefix.is_empty() && !rest.is_empty() && rest.len() <= NAME;
    fits.then_some((prefix, rest))
}

/// A name for readers that do not know PAX: ASCII only, cut. A cut one does not look like a folder.
fn shortened(name: &[u8]) -> Vec<u8> {
    let mut ascii = name.iter().copied().filter(u8::is_ascii);
    let mut short: Vec<u8> = ascii.by_ref().take(NAME).collect();
    if ascii.next().is_some() {
        trim_slashes(&mut short);
    }
    short
}

fn trim_slashes(name: &mut Vec<u8>) {
    while name.last() == Some(&b'/') {
        name.pop();
    }
}

/// `<length> <key>=<value>\n`, where the length counts itself.
fn pax_record(key: &str, value: &[u8]) -> Vec<u8> {
    let body = key.len() + value.len() + 3;
    let mut length = body + 1;
    while length != body + length.to_string().len() {
        length = body + length.to_string().len();
    }
    [format!("{length} {key}=").as_bytes(), value, b"\n"].concat()
}

fn record(prefix: &[u8], name: &[u8], kind: Kind, mode: u32, size: u64) -> Vec<u8> {
    let type_flag = match kind {
        Kind::Dir => b'5',
        Kind::File => b'0',
        Kind::Pax => b'x',
    };
    let mut before = Vec::with_capacity(RECORD);
    field(&mut before, name, NAME);
    for number in [u64::from(mode), 0, 0] {
        field(&mut before, format!("{number:07o}").as_bytes(), 8);
    }
    for number in [size, 0] {
        field(&mut before, format!("{number:011o}").as_bytes(), 12);
    }
    let mut after = vec![type_flag];
    field(&mut after, b"", 100);
    after.extend_from_slice(b"ustar\x0000");
    field(&mut after, b"", 32);
    field(&mut after, b"", 32);
    for _ in 0..2 {
        // Go's writer leaves the device numbers of a PAX record empty.
        field(&mut after, if kind == Kind::Pax { b"" } else { b"0000000" }, 8);
    }
    field(&mut after, prefix, PREFIX);
    field(&mut after, b"", 12);
    let sum: u32 =
        before.iter().chain(&after).map(|byte| u32::from(*byte)).sum::<u32>() + 8 * u32::from(b' ');
    field(&mut before, format!("{sum:06o}\0 ").as_bytes(), 8);
    before.extend_from_slice(&after);
    before
}

/// Appends `value` in a field of `width` bytes, filled with zeros.
fn field(out: &mut Vec<u8>, value: &[u8], width: usize) {
    let end = out.len() + width;
    out.extend(value.iter().take(width));
    out.resize(end, 0);
}

#[cfg(test)]
mod tests;
