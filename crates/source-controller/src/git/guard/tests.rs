//! Answers as they pass: where packs begin, and what else there is.

use super::samples::PackBuilder;
use super::{Excess, Guard, Limits};

const LIMITS: Limits = Limits { talk: 1000, object: 100, ..Limits::ALL };

fn packet(bytes: &[u8]) -> Vec<u8> {
    let mut packet = format!("{:04x}", bytes.len() + 4).into_bytes();
    packet.extend(bytes);
    packet
}

fn band(band: u8, bytes: &[u8]) -> Vec<u8> {
    packet(&[&[band], bytes].concat())
}

/// What an answer comes to, whole and byte by byte.
fn feed(answer: &[u8]) -> Result<u64, Excess> {
    let fed = |size: usize| {
        let mut guard = Guard::new(LIMITS);
        answer.chunks(size).try_for_each(|part| guard.feed(part)).map(|()| guard.need())
    };
    let whole = fed(answer.len().max(1));
    assert_eq!(whole, fed(1), "{:?}", String::from_utf8_lossy(answer));
    whole
}

/// A pack with an object that is too large: whoever finds it says so.
fn large() -> Vec<u8> {
    let mut pack = PackBuilder::new();
    pack.blob(&[0; 101]);
    pack.finish()
}

#[test]
fn a_pack_is_found_wherever_servers_put_it() {
    let pack = large();
    let split = |at: usize| [band(1, &pack[..at]), band(2, b"half of it"), band(1, &pack[at..])].concat();
    let all = band(1, &pack);
    for answer in [
        // The second protocol, with and without what comes before.
        [packet(b"packfile\n"), all.clone()].concat(),
        [packet(b"shallow-info\n"), packet(b"shallow 1"), b"0001".to_vec(), packet(b"packfile"), all.clone()]
            .concat(),
        [packet(b"packfile\n"), split(1)].concat(),
        [packet(b"packfile\n"), split(7)].concat(),
        // Everything in the first band.
        [
            band(1, b"acknowledgments\n"),
            band(1, b"NAK\n"),
            band(1, b"ready\n"),
            band(1, b"packfile\n"),
            split(13),
        ]
        .concat(),
        // The first protocol.
        [packet(b"NAK\n"), all.clone()].concat(),
        [packet(b"shallow 1"), b"0000".to_vec(), packet(b"ACK 1\n"), band(2, b"counting"), split(3)].concat(),
        // The same without bands.
        [packet(b"NAK\n"), pack.clone()].concat(),
    ] {
        assert_eq!(feed(&answer), Err(Excess::Object(100)), "{:?}", String::from_utf8_lossy(&answer));
    }
}

#[test]
fn what_comes_instead_of_a_pack_is_refused() {
    let odd = [packet(b"NAK\n"), band(1, b"KCAP")].concat();
    assert_eq!(feed(&odd), Ok(4 * (8 + 9)), "too short to say");
    let odd = [packet(b"NAK\n"), band(1, b"KCAP0000000000")].concat();
    assert!(matches!(feed(&odd), Err(Excess::Malformed(_))));
}

#[test]
fn references_and_messages_are_counted() {
    let line = packet(&[b'a'; 96]);
    assert_eq!(feed(&line.repeat(10)), Ok(4000));
    assert_eq!(feed(&line.repeat(11)), Err(Excess::Talk(1000)));
    let chatty =
        [packet(b"packfile\n"), band(2, &[b'.'; 400]), band(2, &[b'.'; 400]), band(3, &[b'.'; 400])].concat();
    assert_eq!(feed(&chatty), Err(Excess::Talk(1000)));
    assert_eq!(feed(&[b'<'; 1000]), Ok(4000), "nothing of Git's protocol");
    assert_eq!(feed(&[b'<'; 1001]), Err(Excess::Talk(1000)));
}

#[test]
fn packets_without_content_are_skipped() {
    assert_eq!(feed(b"0000000100020004"), Ok(64));
    assert_eq!(feed(b""), Ok(0));
}

#[test]
fn errors_name_the_limit() {
    for (excess, text) in [
        (Excess::Bytes(5), "more than 5 bytes"),
        (Excess::Talk(5), "more than 5 bytes of references"),
        (Excess::Objects(5), "more than 5 objects"),
        (Excess::Object(5), "an object of more than 5 bytes"),
        (Excess::Inflated(5), "more than 5 bytes in all"),
        (Excess::Held(5), "more than 5 bytes of memory"),
        (Excess::References(5), "5 is the most"),
    ] {
        assert!(excess.to_string().contains(text), "{excess}");
    }
}
