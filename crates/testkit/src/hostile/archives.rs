//! Artifacts: archives that grow when they are unpacked or name what lies outside, and servers that are slow or lie.

use std::sync::Arc;
use std::time::Duration;

use manifest::digest::sha256_hex;

use super::host::Reply;
use super::input::Ending::{self, Refused, Settled};
use super::input::{Artifact, Family, Input, Matter};
use super::tarball::{Tar, gzip, octal, record, zeros};

const FILE: &[u8] = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

/// All of the family.
pub(super) fn inputs() -> Vec<Input> {
    let mut inputs = bombs();
    inputs.extend(names());
    inputs.extend(kinds());
    inputs.extend(sizes());
    inputs.extend(servers());
    inputs
}

fn archive(
    name: impl AsRef<str>,
    ending: Ending,
    make: impl Fn() -> Vec<u8> + Send + Sync + 'static,
) -> Input {
    Input::new(Family::Archive, name, ending, move |_| {
        let bytes = make();
        let (digest, size) = (sha256_hex(&bytes), bytes.len());
        Matter::Artifact(Artifact { reply: Reply::ok(bytes), digest, size })
    })
}

fn bombs() -> Vec<Input> {
    let mut inputs = Vec::new();
    for mebibytes in [300, 1_024, 4_096] {
        inputs.push(archive(format!("zeros-{mebibytes}M"), Refused, move || zeros("a.yaml", mebibytes)));
        inputs.push(archive(format!("zeros-{mebibytes}M-in-a-link"), Refused, move || {
            zeros("a/../b", mebibytes)
        }));
    }
    for count in [10_000, 200_000] {
        inputs.push(archive(format!("empty-files-{count}"), Settled, move || {
            let each = |tar: Tar, number: usize| tar.file(&format!("f{number}"), b"");
            gzip(&(0..count).fold(Tar::default(), each).done())
        }));
        inputs.push(archive(format!("folders-{count}"), Settled, move || {
            let each = |tar: Tar, number: usize| {
                tar.entry(format!("d{number}/").as_bytes(), b'5', "", &octal(0), b"")
            };
            gzip(&(0..count).fold(Tar::default(), each).done())
        }));
        inputs.push(archive(format!("ignored-entries-{count}"), Settled, move || {
            let each = |tar: Tar, _| tar.entry(b"l", b'2', "/etc/passwd", &octal(0), b"");
            gzip(&(0..count).fold(Tar::default(), each).done())
        }));
    }
    for times in [2, 3] {
        inputs.push(archive(format!("compressed-{times}-times"), Refused, move || {
            let once = Tar::default().file("a.yaml", FILE).done();
            (0..times).fold(once, |bytes, _| gzip(&bytes))
        }));
    }
    inputs.push(archive("members-10000", Settled, || {
        let mut bytes = gzip(&Tar::default().file("a.yaml", FILE).done());
        bytes.extend(gzip(b"").repeat(10_000));
        bytes
    }));
    inputs
}

fn names() -> Vec<Input> {
    let mut inputs = Vec::new();
    let bad: [(&str, &[u8]); 14] = [
        ("up", b"../x"),
        ("up-inside", b"a/../../x"),
        ("absolute", b"/tmp/x"),
        ("dot", b"."),
        ("dots", b".."),
        ("backslash", b"..\\x"),
        ("drive", b"C:\\x"),
        ("empty-parts", b"a//b"),
        ("not-utf8", b"\xff\xfe"),
        ("newline", b"a\nb"),
        ("escape", b"\x1b[2J"),
        ("git", b".git/config"),
        ("trailing-slash", b"a/"),
        ("empty", b""),
    ];
    for (what, name) in bad {
        inputs.push(archive(format!("name-{what}"), Settled, move || {
            gzip(&Tar::default().entry(name, b'0', "", &octal(FILE.len()), FILE).done())
        }));
        inputs.push(archive(format!("long-name-{what}"), Settled, move || {
            gzip(&Tar::default().long(name).entry(b"x", b'0', "", &octal(FILE.len()), FILE).done())
        }));
        if let Ok(text) = std::str::from_utf8(name) {
            inputs.push(archive(format!("pax-name-{what}"), Settled, move || {
                let tar = Tar::default().pax(b'x', &record("path", text));
                gzip(&tar.entry(b"x", b'0', "", &octal(FILE.len()), FILE).done())
            }));
        }
    }
    for length in [5_000, 1_000_000, 64_000_000] {
        inputs.push(archive(format!("name-of-{length}"), Refused, move || {
            gzip(&Tar::default().file(&"n".repeat(length), FILE).done())
        }));
        inputs.push(archive(format!("depth-of-{length}"), Refused, move || {
            gzip(&Tar::default().file(&"d/".repeat(length / 2), FILE).done())
        }));
        inputs.push(archive(format!("pax-record-of-{length}"), Settled, move || {
            let tar = Tar::default().pax(b'x', &record("comment", &"c".repeat(length)));
            gzip(&tar.file("a.yaml", FILE).done())
        }));
    }
    for (what, second) in
        [("twice", "a.yaml"), ("twice-but-for-case", "A.yaml"), ("file-and-folder", "a.yaml/b")]
    {
        inputs.push(archive(format!("name-{what}"), Settled, move || {
            gzip(&Tar::default().file("a.yaml", FILE).file(second, FILE).done())
        }));
    }
    inputs
}

/// Kinds of entries.
fn kinds() -> Vec<Input> {
    let mut inputs = Vec::new();
    for (what, kind) in [
        ("hard-link", b'1'),
        ("link", b'2'),
        ("character-device", b'3'),
        ("block-device", b'4'),
        ("fifo", b'6'),
        ("contiguous", b'7'),
        ("sparse", b'S'),
        ("multi-volume", b'M'),
        ("unknown", b'Z'),
    ] {
        inputs.push(archive(format!("entry-{what}"), Settled, move || {
            let tar = Tar::default().entry(b"a", kind, "/etc/passwd", &octal(0), b"");
            gzip(&tar.file("a/b.yaml", FILE).done())
        }));
    }
    inputs
}

/// Sizes that are not true, and archives that end where they should not.
fn sizes() -> Vec<Input> {
    let sized = |name: &str, size: &'static str| {
        archive(name, Settled, move || gzip(&Tar::default().entry(b"a.yaml", b'0', "", size, FILE).done()))
    };
    let plain = || Tar::default().file("a.yaml", FILE);
    vec![
        sized("size-of-8G", "77777777777\0"),
        sized("size-negative", "-0000000001\0"),
        sized("size-of-no-number", "zzzzzzzzzzz\0"),
        archive("size-by-pax-of-all", Settled, || {
            let tar = Tar::default().pax(b'x', &record("size", "18446744073709551615"));
            gzip(&tar.file("a.yaml", FILE).done())
        }),
        archive("pax-global-size", Settled, || {
            let tar = Tar::default().pax(b'g', &record("size", "99999999999"));
            gzip(&tar.file("a.yaml", FILE).done())
        }),
        archive("pax-length-of-all", Settled, || {
            gzip(&Tar::default().pax(b'x', b"99999999999999999999 path=a\n").file("a", FILE).done())
        }),
        archive("long-name-chain", Settled, || {
            let chain = (0..10_000).fold(Tar::default(), |tar, _| tar.long(b"a"));
            gzip(&chain.file("a.yaml", FILE).done())
        }),
        archive("no-end", Settled, move || gzip(&plain().cut())),
        archive("cut-in-a-header", Settled, move || gzip(plain().done().get(..700).unwrap_or_default())),
        archive("cut-in-gzip", Refused, move || {
            let bytes = gzip(&plain().done());
            bytes.get(..bytes.len() / 2).unwrap_or_default().to_vec()
        }),
        archive("bytes-behind", Settled, move || [gzip(&plain().done()), vec![7; 1 << 20]].concat()),
        archive("no-gzip", Refused, || vec![7; 1 << 20]),
        archive("empty", Refused, Vec::new),
    ]
}

fn servers() -> Vec<Input> {
    let served = |name: &str, ending, make: fn(&[u8]) -> Reply| {
        Input::new(Family::Archive, format!("server-{name}"), ending, move |_| {
            let bytes = gzip(&Tar::default().file("a.yaml", FILE).done());
            let reply = make(&bytes);
            Matter::Artifact(Artifact { reply, digest: sha256_hex(&bytes), size: bytes.len() })
        })
    };
    let redirect = |name: &str, make: fn(&[u8]) -> Reply| served(name, Ending::Open, make);
    vec![
        served("silent", Ending::Open, |_| Reply::Trickle {
            first: Arc::default(),
            every: Duration::from_secs(600),
        }),
        served("by-bytes", Ending::Open, |_| Reply::Trickle {
            first: Arc::new(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n".to_vec()),
            every: Duration::from_secs(1),
        }),
        served("without-end", Ending::Open, |_| Reply::Endless {
            first: Arc::new(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
            again: Arc::new(vec![7; 64 << 10]),
        }),
        served("head-without-end", Ending::Open, |_| Reply::Endless {
            first: Arc::new(b"HTTP/1.1 200 OK\r\nx: ".to_vec()),
            again: Arc::new(vec![b'a'; 64 << 10]),
        }),
        served("length-of-all", Ending::Open, |bytes| Reply::Whole {
            head: "HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551615\r\n".to_owned(),
            body: Arc::new(bytes.to_vec()),
        }),
        served("length-too-short", Ending::Open, |bytes| Reply::Whole {
            head: "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n".to_owned(),
            body: Arc::new(bytes.to_vec()),
        }),
        served("other-bytes", Ending::Open, |_| Reply::ok(b"other".to_vec())),
        served("escapes", Ending::Open, |_| Reply::status("500 \x1b[2J", "", b"\x1b[2J".to_vec())),
        redirect("redirect-to-metadata", |_| {
            Reply::status("302 Found", "location: http://169.254.169.254/\r\n", Vec::new())
        }),
        redirect("redirect-to-file", |_| {
            Reply::status("302 Found", "location: file:///etc/passwd\r\n", Vec::new())
        }),
        redirect("redirect-to-itself", |_| {
            Reply::status("302 Found", "location: {URL}/again\r\n", Vec::new())
        }),
        redirect("redirect-to-loopback", |_| {
            Reply::status("307 Found", "location: http://localhost:1/\r\n", Vec::new())
        }),
    ]
}
