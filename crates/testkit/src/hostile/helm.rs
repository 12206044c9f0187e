//! Helm repositories: indexes that grow when they are read, are none, or never end, and servers that send people elsewhere
//! with their login. Charts are `charts`'.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::host::Reply;
use super::input::Ending::{self, Refused, Settled};
use super::input::{Family, Input, Matter, Source};
use super::site::{Answers, Asked};
use super::tarball::gzip;

/// What trouble with an index is called: the latter where it cannot be had whole.
const INDEX: &[&str] = &["IndexationFailed", "Failed"];
/// What trouble with a server is called.
const SERVER: &[&str] = &["IndexationFailed", "AuthenticationFailed", "URLInvalid", "Failed"];

const ESCAPES: &str = "\x1b[2J\x1b]0;owned\x07\u{9b}31m\u{202e}";
const MEBIBYTE: usize = 1 << 20;

/// All of the family.
pub(super) fn inputs() -> Vec<Input> {
    let mut inputs = bombs();
    inputs.extend(sizes());
    inputs.extend(nonsense());
    inputs.extend(entries());
    inputs.extend(servers());
    inputs.extend(redirects());
    inputs.extend(logins());
    inputs.extend(addresses());
    inputs
}

/// A HelmRepository whose server answers like this.
fn repository(
    name: impl AsRef<str>,
    ending: Ending,
    answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
) -> Input {
    let answers = Answers::new(answer);
    Input::new(Family::Helm, name, ending, move |_| {
        let answers = answers.clone();
        Matter::Source(Source { kind: "HelmRepository", spec: Value::Null, others: Vec::new(), answers })
    })
    .because(SERVER)
}

/// A HelmRepository of this index, which is made once.
fn index(name: impl AsRef<str>, ending: Ending, make: impl Fn() -> Vec<u8> + Send + Sync + 'static) -> Input {
    let name = format!("index-{}", name.as_ref());
    Input::new(Family::Helm, name, ending, move |_| {
        let reply = Reply::ok(make());
        let answers = Answers::new(move |_| reply.clone());
        Matter::Source(Source { kind: "HelmRepository", spec: Value::Null, others: Vec::new(), answers })
    })
    .because(INDEX)
}

/// One version of a chart, as an index in JSON has it.
pub(super) fn version(name: &str, version: &str, url: &str) -> Value {
    json!({ "apiVersion": "v2", "name": name, "version": version, "urls": [url] })
}

/// An index with these versions of the chart `app`.
pub(super) fn index_of(versions: &[Value]) -> Value {
    json!({ "apiVersion": "v1", "entries": { "app": versions } })
}

/// Few bytes that become many.
fn bombs() -> Vec<Input> {
    let aliases = |levels: usize, width: usize, form: fn(&str) -> String| {
        let mut text = String::from("a0: &a0 [\"lol\",\"lol\"]\n");
        for level in 1..levels {
            let inner = vec![form(&format!("a{}", level - 1)); width].join(",");
            text.extend([format!("a{level}: &a{level} [{inner}]\n")]);
        }
        format!("{text}apiVersion: v1\nentries: {{app: *a{}}}\n", levels - 1).into_bytes()
    };
    let alias: fn(&str) -> String = |name| format!("*{name}");
    vec![
        index("of-laughs", Refused, move || aliases(10, 10, alias)),
        index("of-more-laughs", Refused, move || aliases(30, 10, alias)),
        index("of-wide-aliases", Refused, move || aliases(3, 5_000, alias)),
        index("of-merged-maps", Refused, || {
            let mut text = String::from("m0: &m0 {a: 1, b: 2}\n");
            for level in 1..30 {
                let before = level - 1;
                text.extend([format!(
                    "m{level}: &m{level} {{<<: [*m{before}, *m{before}], k{level}: *m{before}}}\n"
                )]);
            }
            format!("{text}apiVersion: v1\nentries: *m29\n").into_bytes()
        }),
        index("of-an-alias-to-itself", Refused, || b"apiVersion: v1\nentries: &a {app: [*a]}\n".to_vec()),
        index("of-100000-anchors", Settled, || {
            let anchors: String = (0..100_000).map(|number| format!("k{number}: &a{number} x\n")).collect();
            format!("apiVersion: v1\nannotations:\n  a: b\n{anchors}").into_bytes()
        }),
        index("deep-in-brackets", Refused, || "[".repeat(MEBIBYTE).into_bytes()),
        index("deep-in-braces", Refused, || "{a: ".repeat(MEBIBYTE).into_bytes()),
        index("deep-in-dashes", Refused, || "- ".repeat(MEBIBYTE).into_bytes()),
        index("deep-in-blanks", Refused, || {
            let lines: String = (0..5_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
            lines.into_bytes()
        }),
        index("deep-in-json", Refused, || {
            format!("{{\"entries\":{}", "{\"a\":".repeat(MEBIBYTE)).into_bytes()
        }),
        index("that-is-compressed", Refused, || gzip(&vec![b' '; 500 * MEBIBYTE])),
    ]
}

/// Much of everything.
fn sizes() -> Vec<Input> {
    vec![
        index("of-a-million-charts", Settled, || {
            let charts: Vec<String> = (0..1_000_000).map(|number| format!("\"c{number}\":[]")).collect();
            format!("{{\"apiVersion\":\"v1\",\"entries\":{{{}}}}}", charts.join(",")).into_bytes()
        }),
        index("of-a-million-charts-in-yaml", Settled, || {
            let charts: String = (0..1_000_000).map(|number| format!("  c{number}: []\n")).collect();
            format!("apiVersion: v1\nentries:\n{charts}").into_bytes()
        }),
        index("of-300000-versions", Settled, || {
            let one =
                |number: usize| format!("{{\"name\":\"app\",\"version\":\"1.0.{number}\",\"urls\":[\"a\"]}}");
            let all: Vec<String> = (0..300_000).map(one).collect();
            format!("{{\"apiVersion\":\"v1\",\"entries\":{{\"app\":[{}]}}}}", all.join(",")).into_bytes()
        }),
        index("of-one-version-100000-times", Settled, || {
            let one = "{\"name\":\"app\",\"version\":\"1.0.0\",\"urls\":[\"a\"]}";
            let all = vec![one; 100_000].join(",");
            format!("{{\"apiVersion\":\"v1\",\"entries\":{{\"app\":[{all}]}}}}").into_bytes()
        }),
        index("of-one-line-of-49M", Settled, || {
            format!("apiVersion: v1\nentries: {{}}\ngenerated: \"{}\"\n", "9".repeat(49 * MEBIBYTE))
                .into_bytes()
        }),
        index("of-one-line-of-60M", Refused, || {
            format!("apiVersion: v1\nentries: {{}}\nx: \"{}\"\n", "9".repeat(60 * MEBIBYTE)).into_bytes()
        }),
        index("of-a-name-of-40M", Settled, || {
            format!("apiVersion: v1\nentries: {{\"{}\": []}}\n", "n".repeat(40 * MEBIBYTE)).into_bytes()
        }),
        index("of-blank-lines", Refused, || vec![b'\n'; 49 * MEBIBYTE]),
        index("of-comments", Refused, || "# a\n".repeat(10 * MEBIBYTE).into_bytes()),
        index("of-documents", Settled, || {
            format!("apiVersion: v1\nentries: {{}}\n{}", "---\n".repeat(5 * MEBIBYTE)).into_bytes()
        }),
        index("of-tags", Settled, || {
            let tags: String = (0..200_000).map(|number| format!("k{number}: !!str {number}\n")).collect();
            format!("apiVersion: v1\n{tags}").into_bytes()
        }),
        index("of-a-long-number", Settled, || {
            format!("{{\"apiVersion\":\"v1\",\"entries\":{{}},\"x\":{}}}", "9".repeat(20 * MEBIBYTE))
                .into_bytes()
        }),
        index("of-a-huge-number", Settled, || {
            b"{\"apiVersion\":\"v1\",\"entries\":{},\"serverInfo\":{\"a\":1e999999999}}".to_vec()
        }),
        index("of-annotations-500000", Settled, || {
            let all: Vec<String> = (0..500_000).map(|number| format!("\"a{number}\":\"b\"")).collect();
            format!("{{\"apiVersion\":\"v1\",\"entries\":{{}},\"annotations\":{{{}}}}}", all.join(","))
                .into_bytes()
        }),
    ]
}

/// What is no index.
fn nonsense() -> Vec<Input> {
    let of = |name: &str, bytes: &'static [u8]| index(name, Refused, || bytes.to_vec());
    vec![
        of("of-nothing", b""),
        of("of-nul", b"\0\0\0\0"),
        of("that-is-binary", b"\x7fELF\x02\x01\x01"),
        of("of-utf16", b"\xfe\xff\0a\0p\0i"),
        of("of-bad-utf8", b"apiVersion: v1\nentries: {\xff\xfe: []}\n"),
        of("of-another-type", b"apiVersion: [v1]\nentries: {}\n"),
        of("with-entries-of-text", b"apiVersion: v1\nentries: lots\n"),
        of("without-version", b"entries: {}\n"),
        of("with-a-tab", b"apiVersion: v1\n\tentries: {}\n"),
        index("of-html-with-escapes", Refused, || format!("<html>{ESCAPES}").into_bytes()),
        index("with-one-key-twice", Settled, || b"apiVersion: v1\nentries: {}\nentries: {}\n".to_vec()),
    ]
}

/// Entries that are not what they say.
fn entries() -> Vec<Input> {
    let of = |name: &str, change: fn(&mut Value)| {
        index(name, Settled, move || {
            let mut entry = version("app", "1.0.0", "app-1.0.0.tgz");
            change(&mut entry);
            index_of(&[entry]).to_string().into_bytes()
        })
    };
    vec![
        of("entry-that-walks-up", |entry| entry["name"] = json!("../../../../tmp/x")),
        of("entry-with-escapes", |entry| {
            for field in ["name", "version", "description", "home", "icon", "digest", "created"] {
                entry[field] = json!(ESCAPES);
            }
        }),
        of("entry-with-nul", |entry| entry["name"] = json!("a\0b")),
        of("entry-of-a-long-version", |entry| {
            entry["version"] = json!(format!("1.0.0-{}", "a".repeat(MEBIBYTE)));
        }),
        of("entry-of-a-large-version", |entry| {
            entry["version"] = json!("99999999999999999999999999.0.0");
        }),
        of("entry-of-10000-addresses", |entry| {
            entry["urls"] = json!(vec!["http://169.254.169.254/"; 10_000]);
        }),
        of("entry-of-100000-maintainers", |entry| {
            entry["maintainers"] = json!(vec![json!({ "name": "a" }); 100_000]);
        }),
        of("entry-of-10000-dependencies", |entry| {
            let one = json!({ "name": "app", "version": "*", "repository": "http://127.0.0.1:1/" });
            entry["dependencies"] = json!(vec![one; 10_000]);
        }),
        of("entry-that-is-null", |entry| *entry = Value::Null),
    ]
}

fn servers() -> Vec<Input> {
    let whole = |name: &str, head: &'static str, body: &'static [u8]| {
        repository(format!("server-{name}"), Refused, move |_| Reply::Whole {
            head: head.to_owned(),
            body: Arc::new(body.to_vec()),
        })
    };
    let trickle = |name: &str, first: &'static [u8], every: u64| {
        repository(format!("server-{name}"), Refused, move |_| Reply::Trickle {
            first: Arc::new(first.to_vec()),
            every: Duration::from_secs(every),
        })
    };
    let endless = |name: &str, first: &'static [u8], again: &'static [u8]| {
        repository(format!("server-{name}"), Refused, move |_| Reply::Endless {
            first: Arc::new(first.to_vec()),
            again: Arc::new(again.repeat(4_096)),
        })
    };
    let mut inputs = vec![
        trickle("silent", b"", 600),
        trickle("by-bytes", b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n", 1),
        trickle("head-by-bytes", b"HTTP/1.1 200 OK\r\nx: ", 1),
        endless("without-end", b"HTTP/1.1 200 OK\r\n\r\napiVersion: v1\n", b"# more and more\n"),
        endless("head-without-end", b"HTTP/1.1 200 OK\r\n", b"x-field: aaaaaaaaaaaaaaaaaaaa\r\n"),
        endless("informational-without-end", b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        whole("of-negative-length", "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n", b"apiVersion: v1\n"),
        whole("of-length-of-all", "HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551615\r\n", b"a"),
        whole("of-two-lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 3\r\n", b"abc"),
        whole(
            "of-a-huge-chunk",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n",
            b"ffffffffffffffff\r\na",
        ),
        whole("of-no-http", "\x00\x01\x02 nonsense\r\n", b""),
        whole("unchanged-unasked", "HTTP/1.1 304 Not Modified\r\n", b""),
        whole("of-early-end", "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n", b"apiVersion: v1\n"),
    ];
    for status in ["204 None", "400 Bad", "403 Forbidden", "404 Gone", "429 Many", "500 Internal"] {
        let code = status.split(' ').next().unwrap_or_default();
        inputs.push(repository(format!("server-{code}-with-escapes"), Refused, move |_| {
            Reply::status(status, "retry-after: 99999999\r\n", ESCAPES.into())
        }));
    }
    // Another one each time, which must not fill anything.
    inputs.push(repository("server-with-an-etag-of-escapes", Settled, |_| {
        let etag = format!("etag: \"{}{}\"\r\n", rand::random::<u64>(), "e".repeat(8_000));
        Reply::status("200 OK", &etag, index_of(&[]).to_string().into_bytes())
    }));
    inputs
}

fn redirects() -> Vec<Input> {
    let targets = [
        ("itself", "/charts/index.yaml"),
        ("deeper", "{URL}/x{DEEPER}"),
        ("metadata", "http://169.254.169.254/latest/meta-data/"),
        ("loopback-6", "http://[::1]:1/"),
        ("mapped", "http://[::ffff:127.0.0.1]:1/"),
        ("localhost", "{LOCALHOST}/index.yaml"),
        ("file", "file:///etc/passwd"),
        ("script", "javascript:alert(1)"),
        ("user", "http://user:hunter2hunter2@127.0.0.1:1/"),
    ];
    let input = |(what, target): (&str, &'static str)| {
        repository(format!("redirect-to-{what}"), Refused, move |asked| {
            let target = target.replace("{DEEPER}", &asked.target);
            Reply::status("302 Found", &format!("location: {}\r\n", asked.fill(&target)), Vec::new())
        })
    };
    targets.into_iter().map(input).collect()
}

/// Servers that have people log in, and would have the login elsewhere.
fn logins() -> Vec<Input> {
    let locked = |name: &str, answer: fn(&Asked, &str) -> Reply| {
        Input::new(Family::Helm, format!("login-{name}"), Refused, move |canaries| {
            let password = canaries.issue("a Helm repository's password");
            let secret = json!({
                "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "login" },
                "stringData": { "username": "robot", "password": password },
            });
            let answers = Answers::new(move |asked: &Asked| answer(asked, &password));
            let spec = json!({ "secretRef": { "name": "login" } });
            Matter::Source(Source { kind: "HelmRepository", spec, others: vec![secret], answers })
        })
        .because(SERVER)
    };
    vec![
        locked("redirect-elsewhere", |asked, _| redirect(asked, "{ELSEWHERE}/index.yaml")),
        locked("redirect-to-localhost", |asked, _| redirect(asked, "{LOCALHOST}/index.yaml")),
        locked("redirect-there-and-back", |asked, _| {
            // The second server sends people on to itself by the other name.
            redirect(
                asked,
                if asked.path().contains("again") { "{LOCALHOST}/x" } else { "{ELSEWHERE}/again" },
            )
        }),
        locked("refused-with-it", |_, password| {
            Reply::status("401 Unauthorized", "", format!("{password} is wrong").into_bytes())
        }),
        locked("quoted-in-an-index", |_, password| {
            Reply::ok(format!("apiVersion: v1\nentries: [{password}]\n").into_bytes())
        }),
        locked("quoted-in-a-redirect", |asked, password| {
            redirect(asked, &format!("ftp://robot:{password}@{{HOST}}/?password={password}"))
        }),
    ]
}

fn redirect(asked: &Asked, target: &str) -> Reply {
    Reply::status("307 There", &format!("location: {}\r\n", asked.fill(target)), Vec::new())
}

/// Addresses that say more than where a repository is.
fn addresses() -> Vec<Input> {
    let cases = [
        ("with-a-password", "http://robot:{S}@{HOST}/charts"),
        ("with-a-query", "{URL}/charts?token={S}"),
        ("with-a-fragment", "{URL}/charts#{S}"),
        ("that-walks-up", "{URL}/../../charts"),
        ("of-a-wrong-port", "http://127.0.0.1:99999999/charts"),
        ("of-no-host", "http:///charts"),
        ("of-a-long-path", "{URL}/{LONG}"),
    ];
    let input = |(what, form): (&str, &'static str)| {
        Input::new(Family::Helm, format!("address-{what}"), Refused, move |canaries| {
            let secret = canaries.issue("a token in an address");
            let url = form.replace("{S}", &secret).replace("{LONG}", &"a/".repeat(10_000));
            let answers = Answers::new(move |_: &Asked| {
                Reply::status("403 Forbidden", "", secret.clone().into_bytes())
            });
            let spec = json!({ "url": url });
            Matter::Source(Source { kind: "HelmRepository", spec, others: Vec::new(), answers })
        })
        .because(SERVER)
    };
    cases.into_iter().map(input).collect()
}
