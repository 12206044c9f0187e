//! Webhooks as somebody would send who knows a path and nothing else, or more than that: bodies and heads without an end,
//! cuts that do not fit, signatures that are none, JSON that is deep, and connections that say nothing.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::host::Reply;
use super::input::Ending::Open;
use super::input::{Family, Input, Matter, Webhook};

/// Answers to who is not let in.
const REFUSED: &[u16] = &[400];
/// To what is too large.
const LARGE: &[u16] = &[413];
/// To a head that is none; the connection may end without a word.
const NO_HEAD: &[u16] = &[0, 400, 414, 431];
/// To who does not send on.
const SLOW: &[u16] = &[0, 408];
/// To who was let in, whatever came of it; a Receiver with a filter that is refused has no path.
const LET_IN: &[u16] = &[200, 400, 404, 500, 503];

/// All of them. In what is sent, `{PATH}` stands for the path and `{HOST}` for the server.
pub(super) fn inputs() -> Vec<Input> {
    let mut inputs = bodies();
    inputs.extend(cuts());
    inputs.extend(heads());
    inputs.extend(signatures());
    inputs.extend(filtered());
    inputs
}

/// What a Receiver of a type is sent, and the answers that it may give.
fn sent(
    name: &str,
    kind: &'static str,
    answers: &'static [u16],
    make: impl Fn() -> Reply + Send + Sync + 'static,
) -> Input {
    with(name, json!({ "type": kind }), answers, make)
}

fn with(
    name: &str,
    spec: Value,
    answers: &'static [u16],
    make: impl Fn() -> Reply + Send + Sync + 'static,
) -> Input {
    Input::new(Family::Webhook, name, Open, move |canaries| {
        let token = canaries.issue("a token of webhooks");
        Matter::Webhook(Webhook { spec: spec.clone(), token, sends: make(), connections: 1, answers })
    })
}

/// A request with these fields, each with its line's end, and a body of a true length.
fn post(fields: &str, body: impl Into<Vec<u8>>) -> Reply {
    let body = body.into();
    raw(&format!("{fields}content-length: {}\r\n", body.len()), body)
}

/// A request with these fields and whatever follows.
fn raw(fields: &str, body: Vec<u8>) -> Reply {
    Reply::Whole {
        head: format!("POST {{PATH}} HTTP/1.1\r\nhost: {{HOST}}\r\n{fields}"),
        body: Arc::new(body),
    }
}

/// The start of a request, with what comes after its head.
fn first(fields: &str, body: &[u8]) -> Arc<Vec<u8>> {
    let head = format!("POST {{PATH}} HTTP/1.1\r\nhost: {{HOST}}\r\n{fields}\r\n");
    Arc::new([head.as_bytes(), body].concat())
}

const CHUNKED: &str = "transfer-encoding: chunked\r\n";
const JSON: &str = "content-type: application/json\r\n";

fn bodies() -> Vec<Input> {
    let second = Duration::from_secs(1);
    vec![
        sent("body-of-4M", "generic", LARGE, || post("", vec![b'a'; 4 << 20])),
        sent("body-of-18E", "generic", &[400, 413, 431], || {
            raw("content-length: 18446744073709551614\r\n", vec![b'a'; 1 << 10])
        }),
        sent("body-of-more-than-a-number", "generic", NO_HEAD, || {
            raw("content-length: 18446744073709551617\r\n", vec![b'a'; 1 << 10])
        }),
        sent("body-without-end", "generic", LARGE, || Reply::Endless {
            first: first(CHUNKED, b""),
            again: Arc::new([b"8000\r\n".to_vec(), vec![b'a'; 0x8000], b"\r\n".to_vec()].concat()),
        }),
        sent("body-in-chunks-of-a-byte", "generic", LARGE, || Reply::Endless {
            first: first(CHUNKED, b""),
            again: Arc::new(b"1\r\na\r\n".repeat(4_000)),
        }),
        sent("body-by-bytes", "github", SLOW, move || Reply::Trickle {
            first: first("content-length: 100000\r\n", b"a"),
            every: second,
        }),
        sent("body-that-never-comes", "generic-hmac", SLOW, || Reply::Trickle {
            first: first("content-length: 3000000\r\n", b""),
            every: Duration::from_secs(600),
        }),
        sent("body-that-waits-to-be-asked-for", "generic-hmac", SLOW, || Reply::Trickle {
            first: first("expect: 100-continue\r\ncontent-length: 3000000\r\n", b""),
            every: Duration::from_secs(600),
        }),
        sent("body-of-a-gzip-bomb", "github", REFUSED, || {
            let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
            // What cannot be written to memory is shorter.
            bomb.write_all(&vec![0; 64 << 20]).ok();
            post(&format!("content-encoding: gzip\r\n{JSON}"), bomb.finish().unwrap_or_default())
        }),
    ]
}

fn cuts() -> Vec<Input> {
    let chunks = |body: Vec<u8>| raw(CHUNKED, body);
    let smuggled = "POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n";
    vec![
        sent("chunk-of-2-to-the-80", "github", REFUSED, move || {
            chunks(b"FFFFFFFFFFFFFFFFFFFF\r\na\r\n0\r\n\r\n".to_vec())
        }),
        sent("chunk-of-less-than-nothing", "github", REFUSED, move || {
            chunks(b"-1\r\na\r\n0\r\n\r\n".to_vec())
        }),
        sent("chunk-with-1M-of-extension", "github", REFUSED, move || {
            chunks([b"1;".to_vec(), vec![b'x'; 1 << 20], b"\r\na\r\n0\r\n\r\n".to_vec()].concat())
        }),
        sent("chunks-with-trailers-without-end", "github", &[0, 400, 408, 431], || Reply::Endless {
            first: first(CHUNKED, b"1\r\na\r\n0\r\n"),
            again: Arc::new(b"x-trailer: a\r\n".repeat(4_000)),
        }),
        sent("chunks-beside-a-length", "github", NO_HEAD, move || {
            raw(&format!("content-length: 3\r\n{CHUNKED}"), format!("0\r\n\r\n{smuggled}").into_bytes())
        }),
        sent("two-lengths", "github", NO_HEAD, move || {
            raw("content-length: 0\r\ncontent-length: 60\r\n", smuggled.as_bytes().to_vec())
        }),
        sent("length-with-a-sign", "github", NO_HEAD, || raw("content-length: +3\r\n", b"abc".to_vec())),
        sent("coding-that-is-not-known", "github", NO_HEAD, || {
            raw("transfer-encoding: gzip, xchunked\r\n", b"3\r\nabc\r\n0\r\n\r\n".to_vec())
        }),
    ]
}

fn heads() -> Vec<Input> {
    let second = Duration::from_secs(1);
    let many = |count: usize| {
        (0..count).fold(String::new(), |mut fields, number| {
            // A String takes everything.
            write!(fields, "x-{number}: {number}\r\n").ok();
            fields
        })
    };
    let whole = |head: String| Reply::Whole { head, body: Arc::default() };
    let mut inputs = vec![
        sent("headers-10000", "github", NO_HEAD, move || post(&many(10_000), "")),
        sent("header-of-2M", "github", NO_HEAD, || post(&format!("x-a: {}\r\n", "a".repeat(2 << 20)), "")),
        sent("headers-without-end", "github", NO_HEAD, || Reply::Endless {
            first: Arc::new(b"POST {PATH} HTTP/1.1\r\nhost: x\r\n".to_vec()),
            again: Arc::new(b"x-again: a\r\n".repeat(1_000)),
        }),
        sent("head-by-bytes", "github", &[0, 400, 408], move || Reply::Trickle {
            first: Arc::new(b"POST {PATH} HTTP/1.1\r\nhost: x\r\nx-a: ".to_vec()),
            every: second,
        }),
        sent("path-of-1M", "github", NO_HEAD, move || {
            whole(format!("POST {{PATH}}{} HTTP/1.1\r\nhost: x\r\n", "a".repeat(1 << 20)))
        }),
        sent("path-around", "github", &[400, 404], move || {
            whole("POST /hook/../{PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n".to_owned())
        }),
        sent("newer-protocol", "github", &[0, 400, 505], move || {
            whole("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_owned())
        }),
        sent("greeting-of-tls", "github", NO_HEAD, || {
            let greeting = [&b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"[..], &[0; 300]].concat();
            Reply::Trickle { first: Arc::new(greeting), every: Duration::from_secs(600) }
        }),
    ];
    inputs.push(Input::new(Family::Webhook, "connections-200-that-say-nothing", Open, move |canaries| {
        let token = canaries.issue("a token of webhooks");
        let sends = Reply::Trickle { first: Arc::default(), every: Duration::from_secs(600) };
        let (spec, answers) = (json!({ "type": "github" }), SLOW);
        Matter::Webhook(Webhook { spec, token, sends, connections: 200, answers })
    }));
    inputs
}

fn signatures() -> Vec<Input> {
    let github = |signature: String| post(&format!("{JSON}x-hub-signature-256: {signature}\r\n"), "{}");
    let bearer = |token: &str| post(&format!("{JSON}authorization: Bearer {token}\r\n"), "{}");
    // Whoever has no way to Google cannot say whether it is Google's.
    const GOOGLES: &[u16] = &[400, 503];
    vec![
        sent("signature-missing", "github", REFUSED, || post(JSON, "{}")),
        sent("signature-of-60K", "github", REFUSED, move || github(format!("sha256={}", "0".repeat(60_000)))),
        sent("signature-of-half-a-digit", "github", REFUSED, move || github("sha256=0".to_owned())),
        sent("signature-of-zeros", "github", REFUSED, move || github(format!("sha256={}", "0".repeat(64)))),
        sent("signature-of-nothing", "generic-hmac", REFUSED, || post("x-signature: sha512=\r\n", "{}")),
        sent("signature-of-no-hash", "generic-hmac", REFUSED, || post("x-signature: md5=00\r\n", "{}")),
        sent("signatures-100", "generic-hmac", REFUSED, || {
            post(&"x-signature: sha256=00\r\n".repeat(90), "{}")
        }),
        sent("signature-over-3M", "bitbucket", REFUSED, || {
            post(&format!("{JSON}x-hub-signature: sha1={}\r\n", "0".repeat(40)), vec![b'{'; 3 << 20])
        }),
        sent("token-of-60K", "gitlab", REFUSED, || {
            post(&format!("x-gitlab-token: {}\r\n", "t".repeat(60_000)), "{}")
        }),
        sent("token-of-other-letters", "gitlab", REFUSED, || {
            post("x-gitlab-token: \u{9b}31m\u{fffd}\r\n", "{}")
        }),
        sent("identity-of-no-algorithm", "gcr", GOOGLES, move || bearer("eyJhbGciOiJub25lIn0.e30.")),
        sent("identity-of-50K", "gcr", GOOGLES, move || bearer(&"e30.".repeat(12_000))),
        sent("payload-of-nothing-known", "quay", REFUSED, || post(JSON, vec![b'['; 1 << 20])),
        sent("payload-of-letters", "dockerhub", REFUSED, || post(JSON, "\u{9b}31m\u{202e}{")),
    ]
}

/// Of who may send: what filters look at.
fn filtered() -> Vec<Input> {
    let filtering = |filter: &str| json!({ "type": "generic", "resourceFilter": filter });
    let named = "req.name == res.metadata.name";
    vec![
        with("json-deep", filtering(named), LET_IN, || post(JSON, vec![b'['; 3_000_000])),
        with("json-deep-and-whole", filtering(named), LET_IN, || {
            let (open, close) = (r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
            post(JSON, format!("{open}1{close}"))
        }),
        with("json-of-many-numbers", filtering(named), LET_IN, || {
            post(JSON, format!("[{}0]", "0,".repeat(1_400_000)))
        }),
        with("json-of-many-keys", filtering(named), LET_IN, || {
            let keys = (0..200_000).fold(String::new(), |mut keys, number| {
                // A String takes everything.
                write!(keys, "\"{number}\":0,").ok();
                keys
            });
            post(JSON, format!("{{{keys}\"name\":1}}"))
        }),
        with("json-of-a-large-number", filtering("req.a == 1"), LET_IN, || {
            post(JSON, format!("{{\"a\":1{}}}", "0".repeat(100_000)))
        }),
        with("json-of-other-letters", filtering("req.a == '1'"), LET_IN, || {
            post(JSON, b"{\"a\":\"\xff\xfe\\ud800\"}".to_vec())
        }),
        with("filter-that-takes-its-time", filtering("req.all(a, req.all(b, a + b >= 0))"), LET_IN, || {
            post(JSON, format!("[{}0]", "1,".repeat(200_000)))
        }),
        with(
            "filter-that-grows",
            filtering("req.map(a, req).size() > 0 && req.map(a, req.map(b, req)).size() > 0"),
            LET_IN,
            || post(JSON, format!("[{}0]", "1,".repeat(100_000))),
        ),
        with("filter-of-a-costly-pattern", filtering("req.a.matches('^(a+)+$')"), LET_IN, || {
            post(JSON, format!("{{\"a\":\"{}b\"}}", "a".repeat(1 << 20)))
        }),
    ]
}
