//! Layers of OCI artifacts: archives that grow or name what lies outside, lies about sizes, servers that are slow, and
//! redirects with a login in hand.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::host::Reply;
use super::input::Ending::{self, Refused, Settled};
use super::input::Input;
use super::registry::{Shelf, changed, layer, registry, shelved};
use super::site::Asked;
use super::tarball::{Tar, gzip, octal, zeros};
use crate::oci::{CONTENT, MANIFEST, digest};

const LAYER: &[&str] = &["OCIArtifactLayerOperationFailed", "ArchiveOperationFailed"];

/// All of them.
pub(super) fn inputs() -> Vec<Input> {
    let mut inputs = archives();
    inputs.extend(copies());
    inputs.extend(servers());
    inputs
}

fn archives() -> Vec<Input> {
    let of = |name: &str, ending: Ending, make: fn() -> Vec<u8>| {
        shelved(format!("layer-{name}"), ending, Value::Null, move || Shelf::of_layer(make())).because(LAYER)
    };
    vec![
        of("of-300M-zeros", Settled, || zeros("a.yaml", 300)),
        of("of-1G-zeros", Refused, || zeros("a.yaml", 1_024)),
        of("of-4G-zeros", Refused, || zeros("a.yaml", 4_096)),
        of("of-4G-zeros-in-a-link", Refused, || zeros("a/../../b", 4_096)),
        of("of-200000-files", Refused, || {
            let each = |tar: Tar, number: usize| tar.file(&format!("f{number}"), b"");
            gzip(&(0..200_000).fold(Tar::default(), each).done())
        }),
        of("of-200000-links", Settled, || {
            let each = |tar: Tar, number: usize| {
                tar.entry(format!("l{number}").as_bytes(), b'2', "/etc/passwd", &octal(0), b"")
            };
            gzip(&(0..200_000).fold(Tar::default(), each).done())
        }),
        of("that-walks-up", Settled, || {
            gzip(&Tar::default().entry(b"../../x", b'0', "", &octal(1), b"x").done())
        }),
        of("that-is-absolute", Settled, || {
            gzip(&Tar::default().entry(b"/tmp/x", b'0', "", &octal(1), b"x").done())
        }),
        of("with-nul-in-a-name", Settled, || {
            gzip(&Tar::default().long(b"a\0b").entry(b"x", b'0', "", &octal(1), b"x").done())
        }),
        of("with-escapes-in-a-name", Settled, || {
            gzip(&Tar::default().entry(b"\x1b[2J\x1b]0;x\x07", b'0', "", &octal(1), b"x").done())
        }),
        of("of-deep-folders", Refused, || gzip(&Tar::default().file(&"d/".repeat(100_000), b"x").done())),
        of("of-a-long-name", Refused, || gzip(&Tar::default().file(&"n".repeat(1_000_000), b"x").done())),
        of("of-size-8G", Refused, || {
            gzip(&Tar::default().entry(b"a", b'0', "", "77777777777\0", b"x").done())
        }),
        of("of-patterns", Refused, || {
            let rules = "*a*b*c*d*e\n".repeat((1 << 20) / 11);
            let tar = Tar::default().file(".sourceignore", rules.as_bytes());
            gzip(&(0..80_000).fold(tar, |tar, number| tar.file(&format!("f{number}"), b"")).done())
        }),
        of("that-is-no-gzip", Refused, || vec![7; 1 << 20]),
        of("cut-short", Refused, || {
            let whole = layer();
            whole.get(..whole.len() / 2).unwrap_or_default().to_vec()
        }),
        of("of-10000-members", Settled, || {
            let mut bytes = layer();
            bytes.extend(gzip(b"").repeat(10_000));
            bytes
        }),
        of("of-nothing", Refused, Vec::new),
    ]
}

/// Layers that are published as they are.
fn copies() -> Vec<Input> {
    let copied = json!({ "layerSelector": { "operation": "copy", "mediaType": CONTENT } });
    let of = |name: &str, ending, make: fn() -> Vec<u8>| {
        shelved(format!("copy-{name}"), ending, copied.clone(), move || Shelf::of_layer(make()))
            .because(LAYER)
    };
    vec![of("of-no-gzip", Settled, || vec![7; 1 << 20]), of("of-bomb", Settled, || zeros("a.yaml", 4_096))]
}

fn to(asked: &Asked, status: &str, target: &str) -> Reply {
    Reply::status(status, &format!("location: {}\r\n", asked.fill(target)), Vec::new())
}

/// Servers of one layer, of which the manifest says size and digest.
fn servers() -> Vec<Input> {
    let served = |name: &str, answer: fn(&Asked) -> Reply| {
        registry(format!("layer-{name}"), Refused, Value::Null, move |asked| {
            if asked.path().contains("/blobs/") {
                return answer(asked);
            }
            Shelf::of_layer(layer()).answer(asked)
        })
        .because(LAYER)
    };
    let lied = |name: &str, fields: &'static str| {
        shelved(format!("layer-{name}"), Refused, Value::Null, move || {
            let head = format!("HTTP/1.1 200 OK\r\n{fields}\r\n");
            let reply = Reply::Whole { head, body: Arc::new(layer()) };
            Shelf::of_layer(layer()).with_blob(&digest(&layer()), reply)
        })
        .because(LAYER)
    };
    let mut inputs = vec![
        served("of-other-bytes", |_| Reply::ok(layer().iter().map(|byte| byte ^ 1).collect())),
        served("that-is-missing", |_| Reply::status("404 Not Found", "", Vec::new())),
        served("of-html", |_| {
            Reply::status("200 OK", "content-type: text/html\r\n", b"<html>\x1b[2J".to_vec())
        }),
        served("without-end", |_| Reply::Endless {
            first: Arc::new(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
            again: Arc::new(vec![7; 64 << 10]),
        }),
        served("head-without-end", |_| Reply::Endless {
            first: Arc::new(b"HTTP/1.1 200 OK\r\nx: ".to_vec()),
            again: Arc::new(vec![b'a'; 64 << 10]),
        }),
        served("by-bytes", |_| Reply::Trickle {
            first: Arc::new(
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", layer().len()).into_bytes(),
            ),
            every: Duration::from_secs(1),
        }),
        served("redirect-elsewhere", |asked| to(asked, "307 There", "{ELSEWHERE}/gone")),
        served("redirect-to-localhost", |asked| to(asked, "302 There", "{LOCALHOST}/gone")),
        served("redirect-to-itself", |asked| to(asked, "308 Here", &asked.target.clone())),
        served("redirect-to-metadata", |asked| to(asked, "302 There", "http://169.254.169.254/a")),
        served("redirect-to-user", |asked| to(asked, "302 There", "http://root:hunter2hunter2@127.0.0.1:1/")),
        served("redirect-to-a-file", |asked| to(asked, "302 There", "file:///etc/passwd")),
        lied("of-negative-length", "content-length: -1"),
        lied("of-length-of-all", "content-length: 18446744073709551615"),
        lied("of-two-lengths", "content-length: 1\r\ncontent-length: 900000"),
        lied("of-a-huge-chunk", "transfer-encoding: chunked"),
    ];
    for (what, size) in [("too-small", 1_usize), ("too-large", 1 << 29)] {
        inputs.push(
            shelved(format!("layer-of-size-{what}"), Refused, Value::Null, move || {
                let shelf = Shelf::default().with_blob(&digest(&layer()), Reply::ok(layer()));
                shelf.with_manifest("latest", MANIFEST, changed("/layers/0/size", &json!(size)))
            })
            .because(LAYER),
        );
    }
    inputs
}
