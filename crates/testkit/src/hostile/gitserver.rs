//! Servers of repositories that keep one waiting, talk without an end, lie about lengths, send one elsewhere, and put
//! secrets and escape sequences into what is quoted of them.

use std::sync::Arc;
use std::time::Duration;

use super::host::{Reply, line};
use super::input::Ending::Refused;
use super::input::{Family, Input, Matter};

/// Where redirects lead.
const ELSEWHERE: [(&str, &str); 10] = [
    ("loopback", "http://127.0.0.1:1/"),
    ("localhost", "http://localhost:1/"),
    ("loopback-6", "http://[::1]:1/"),
    ("metadata", "http://169.254.169.254/latest/meta-data/"),
    ("private", "http://10.255.255.1/"),
    ("mapped", "http://[::ffff:127.0.0.1]:1/"),
    ("decimal", "http://2130706433:1/"),
    ("file", "file:///etc/passwd"),
    ("user", "http://user:hunter2hunter2@127.0.0.1:1/"),
    ("itself", "{URL}/again"),
];

const ESCAPES: &str = "<html>\x1b[2J\x1b]0;owned\x07\u{9b}31m\u{202e}\r\nReady: True\r\n";

/// All of the family.
pub(super) fn inputs() -> Vec<Input> {
    let mut inputs = redirects();
    inputs.extend(errors());
    inputs.extend(slow());
    inputs.extend(lies());
    inputs.extend(addresses());
    inputs
}

fn server(name: impl AsRef<str>, reply: impl Fn() -> Reply + Send + Sync + 'static) -> Input {
    Input::new(Family::GitServer, name, Refused, move |_| Matter::Git {
        url: "{URL}".to_owned(),
        reply: reply(),
    })
}

fn redirects() -> Vec<Input> {
    let mut inputs = Vec::new();
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        for (what, target) in ELSEWHERE {
            let code = status.split(' ').next().unwrap_or_default();
            inputs.push(server(format!("redirect-{code}-to-{what}"), move || {
                Reply::status(status, &format!("location: {target}\r\n"), b"elsewhere".to_vec())
            }));
        }
    }
    inputs
}

fn errors() -> Vec<Input> {
    let mut inputs = Vec::new();
    for status in
        ["400 Bad", "401 Unauthorized", "403 Forbidden", "404 Not Found", "429 Many", "500 Internal"]
    {
        let code = status.split(' ').next().unwrap_or_default();
        inputs.push(server(format!("error-{code}-with-escapes"), move || {
            Reply::status(status, "content-type: text/plain\r\n", ESCAPES.into())
        }));
        inputs.push(server(format!("error-{code}-of-32M"), move || {
            Reply::status(status, "", vec![b'a'; 32 << 20])
        }));
    }
    inputs
}

fn slow() -> Vec<Input> {
    let trickle = |name: &str, first: &'static [u8], every: u64| {
        server(name, move || Reply::Trickle {
            first: Arc::new(first.to_vec()),
            every: Duration::from_secs(every),
        })
    };
    let endless = |name: &str, first: &'static [u8], again: &'static [u8]| {
        server(name, move || Reply::Endless {
            first: Arc::new(first.to_vec()),
            again: Arc::new(again.repeat(4_096)),
        })
    };
    let refs: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-git-upload-pack-advertisement\r\n\r\n001e# service=git-upload-pack\n0000000eversion 2\n";
    vec![
        trickle("silence", b"", 600),
        trickle("three-bytes", b"HTT", 600),
        trickle("head-by-bytes", b"HTTP/1.1 200 OK\r\nx: ", 1),
        trickle("body-by-bytes", b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n", 1),
        trickle("advertisement-by-bytes", refs, 1),
        trickle("chunks-by-bytes", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n", 1),
        endless("head-without-end", b"HTTP/1.1 200 OK\r\n", b"x-field: aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"),
        endless("field-without-end", b"HTTP/1.1 200 OK\r\nx: ", b"aaaaaaaaaaaaaaaa"),
        endless("status-without-end", b"HTTP/1.1 200 ", b"OKOKOKOKOKOKOKOK"),
        endless("body-without-end", b"HTTP/1.1 200 OK\r\n\r\n", b"aaaaaaaaaaaaaaaa"),
        endless("capabilities-without-end", refs, b"000cagent=a\n"),
        endless("informational-without-end", b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ]
}

fn lies() -> Vec<Input> {
    let advertised = |name: &str, body: fn() -> Vec<u8>| {
        server(name, move || {
            let fields = "content-type: application/x-git-upload-pack-advertisement\r\n";
            Reply::status("200 OK", fields, body())
        })
    };
    let whole = |name: &str, head: &'static str, body: &'static str| {
        server(name, move || Reply::Whole { head: head.to_owned(), body: Arc::new(body.into()) })
    };
    vec![
        whole("length-too-long", "HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551615\r\n", "abc"),
        whole("length-negative", "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n", "abc"),
        whole("length-twice", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 3\r\n", "abc"),
        whole(
            "chunk-of-huge-length",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n",
            "ffffffffffffffff\r\na",
        ),
        whole("no-http", "\x00\x01\x02 nonsense\r\n", ""),
        whole("content-encoding", "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n", "\x1f"),
        advertised("advertisement-empty", Vec::new),
        advertised("advertisement-of-html", || ESCAPES.into()),
        advertised("line-longer-than-all", || b"ffff# service".to_vec()),
        advertised("line-of-length-one", || b"0001".to_vec()),
        advertised("line-of-no-number", || b"zzzz".to_vec()),
        advertised("error-line-with-escapes", || line(format!("ERR {ESCAPES}").as_bytes())),
        advertised("dumb-protocol", || {
            b"0123456789012345678901234567890123456789\trefs/heads/main\n".to_vec()
        }),
        advertised("version-one-with-many-references", || {
            let mut body = line(b"# service=git-upload-pack\n");
            body.extend_from_slice(b"0000");
            for number in 0..200_000 {
                body.extend(line(format!("{number:040x} refs/heads/b{number}\n").as_bytes()));
            }
            body.extend_from_slice(b"0000");
            body
        }),
        server("pack-of-nothing", || Reply::Git { tip: "1".repeat(40), pack: Arc::default() }),
        server("pack-cut-short", || Reply::Git {
            tip: "1".repeat(40),
            pack: Arc::new(b"PACK\0\0\0\x02\0\0".to_vec()),
        }),
        server("tip-of-no-name", || Reply::Git { tip: "\x1b[2J".to_owned(), pack: Arc::default() }),
    ]
}

/// Addresses with a secret in them, to a server that refuses.
fn addresses() -> Vec<Input> {
    let forms = [
        ("user", "http://{S}@{HOST}"),
        ("user-oauth", "http://{S}:x-oauth-basic@{HOST}"),
        ("password", "http://oauth2:{S}@{HOST}"),
        ("query", "{URL}?private_token={S}"),
        ("query-after-path", "{URL}/app.git?access_token={S}&a=b"),
        ("query-and-user", "http://{S}@{HOST}/a.git?job_token={S}"),
    ];
    let mut inputs = Vec::new();
    for (what, form) in forms {
        for status in ["401 Unauthorized", "404 Not Found", "500 Internal"] {
            let code = status.split(' ').next().unwrap_or_default();
            let name = format!("secret-in-{what}-and-{code}");
            inputs.push(Input::new(Family::GitServer, name, Refused, move |canaries| {
                let secret = canaries.issue("a token in an address");
                let reply = Reply::status(status, "", b"go away".to_vec());
                Matter::Git { url: form.replace("{S}", &secret), reply }
            }));
        }
    }
    inputs
}
