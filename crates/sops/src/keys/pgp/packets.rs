//! The frame of OpenPGP messages: armor, packets, compression. rPGP has all of this, but holds to the rule that the first
//! part of a packet in parts has 512 bytes. Go's OpenPGP writes one byte there, and with it every file that sops has
//! encrypted without the help of GnuPG.

use std::io::Read as _;

use flate2::read::{DeflateDecoder, ZlibDecoder};
use zeroize::Zeroizing;

use crate::base64;

/// Packets of one level: a message for one recipient has two or three.
const MOST_PACKETS: usize = 64;
/// Bytes of what a message holds. A data key, or the share of one, is shorter.
const MOST: usize = 1 << 10;

const SIGNATURE: u8 = 2;
const ONE_PASS_SIGNATURE: u8 = 4;
const COMPRESSED: u8 = 8;
const MARKER: u8 = 10;
const LITERAL: u8 = 11;
const PADDING: u8 = 21;

/// A packet: its tag and its body in one piece.
pub(super) struct Packet {
    tag: u8,
    body: Zeroizing<Vec<u8>>,
}

/// The bytes in the armor of a message.
pub(super) fn dearmor(armored: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(armored).ok()?;
    let (_, rest) = text.split_once("-----BEGIN PGP MESSAGE-----")?;
    let (body, _) = rest.split_once("-----END PGP MESSAGE-----")?;
    // Headers end with an empty line, and a checksum that the standard does not want checked any more begins with `=`.
    let lines = body.lines().skip(1).map(str::trim).skip_while(|line| !line.is_empty());
    let encoded: String = lines.filter(|line| !(line.starts_with('=') && line.len() == 5)).collect();
    base64::standard(&encoded).map(|bytes| bytes.to_vec())
}

/// Packets put together again, each in one piece.
pub(super) fn whole(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len() + 16);
    for packet in packets(bytes)? {
        out.push(0xc0 | packet.tag);
        out.push(0xff);
        out.extend_from_slice(&u32::try_from(packet.body.len()).ok()?.to_be_bytes());
        out.extend_from_slice(&packet.body);
    }
    Some(out)
}

/// What a decrypted message says: its literal data, compressed once at most, with or without signatures around it.
pub(super) fn literal(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (tag, body) = significant(bytes)?;
    if tag != COMPRESSED {
        return literal_body(tag, &body);
    }
    let (algorithm, compressed) = body.split_first()?;
    let mut inner = Zeroizing::new(Vec::new());
    // Room for the packets around what is wanted; what would be more than that is not a data key.
    let most = 2 * MOST as u64;
    match algorithm {
        0 => inner.extend_from_slice(compressed),
        1 => _ = DeflateDecoder::new(compressed).take(most).read_to_end(&mut inner).ok()?,
        2 => _ = ZlibDecoder::new(compressed).take(most).read_to_end(&mut inner).ok()?,
        _ => return None,
    }
    let (tag, body) = significant(&inner)?;
    literal_body(tag, &body)
}

/// The first packet that is no signature and no filling.
fn significant(bytes: &[u8]) -> Option<(u8, Zeroizing<Vec<u8>>)> {
    let besides = [SIGNATURE, ONE_PASS_SIGNATURE, MARKER, PADDING];
    let packet = packets(bytes)?.into_iter().find(|packet| !besides.contains(&packet.tag))?;
    Some((packet.tag, packet.body))
}

/// Kind, length of the file's name, the name and four bytes of a date come before the data.
fn literal_body(tag: u8, body: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if tag != LITERAL {
        return None;
    }
    let [_, length, rest @ ..] = body else { return None };
    let data = rest.get(usize::from(*length) + 4..)?;
    (data.len() <= MOST).then(|| Zeroizing::new(data.to_vec()))
}

fn packets(bytes: &[u8]) -> Option<Vec<Packet>> {
    let mut packets = Vec::new();
    let mut rest = bytes;
    while let Some((header, after)) = rest.split_first() {
        let (packet, after) =
            if header & 0xc0 == 0xc0 { new_form(header & 0x3f, after)? } else { old_form(*header, after)? };
        packets.push(packet);
        if packets.len() > MOST_PACKETS {
            return None;
        }
        rest = after;
    }
    Some(packets)
}

fn new_form(tag: u8, bytes: &[u8]) -> Option<(Packet, &[u8])> {
    let mut body = Zeroizing::new(Vec::new());
    let mut rest = bytes;
    loop {
        let (first, after) = rest.split_first()?;
        let (length, after, last) = match first {
            0..192 => (usize::from(*first), after, true),
            192..224 => {
                let (second, after) = after.split_first()?;
                ((usize::from(*first) - 192) * 256 + usize::from(*second) + 192, after, true)
            }
            224..255 => (1usize << (first & 0x1f), after, false),
            255 => {
                let (length, after) = after.split_first_chunk::<4>()?;
                (u32::from_be_bytes(*length) as usize, after, true)
            }
        };
        let (part, after) = after.split_at_checked(length)?;
        body.extend_from_slice(part);
        rest = after;
        if last {
            return Some((Packet { tag, body }, rest));
        }
    }
}

fn old_form(header: u8, bytes: &[u8]) -> Option<(Packet, &[u8])> {
    if header & 0x80 == 0 {
        return None;
    }
    let (length, rest) = match header & 3 {
        0 => {
            let (length, rest) = bytes.split_first()?;
            (usize::from(*length), rest)
        }
        1 => {
            let (length, rest) = bytes.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        2 => {
            let (length, rest) = bytes.split_first_chunk::<4>()?;
            (u32::from_be_bytes(*length) as usize, rest)
        }
        // Up to the end.
        _ => (bytes.len(), bytes),
    };
    let (body, rest) = rest.split_at_checked(length)?;
    Some((Packet { tag: (header >> 2) & 0xf, body: Zeroizing::new(body.to_vec()) }, rest))
}

#[cfg(test)]
mod tests;
