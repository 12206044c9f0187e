//! Git servers that speak the protocol and mean harm: lists of references without an end, sidebands that never say
//! anything, packs that are not what was asked for, modules in circles, and chains of redirects.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::host::{Reply, advertisement, line, packed, references};
use super::input::Ending::{self, Refused, Settled};
use super::input::{Family, Input, Matter, Source};
use super::packs::{Entry, Kind, Pack, name};
use super::site::{Answers, Asked};

const REASONS: &[&str] =
    &["GitOperationFailed", "EmptyGitRepository", "AuthenticationFailed", "ArchiveOperationFailed"];
const ESCAPES: &str = "\x1b[2J\x1b]0;owned\x07\u{9b}31m\u{202e}";
const REFS: &str = "/app/info/refs?service=git-upload-pack";

/// All of them.
pub(super) fn inputs() -> Vec<Input> {
    let mut inputs = lists();
    inputs.extend(sidebands());
    inputs.extend(packs());
    inputs.extend(modules());
    inputs.extend(redirects());
    inputs
}

/// What is asked of a Git server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Advertisement,
    References,
    Fetch,
}

fn question(asked: &Asked) -> Option<Question> {
    let asks = |word: &[u8]| asked.body.windows(word.len()).any(|window| window == word);
    if asked.path().ends_with("/info/refs") {
        Some(Question::Advertisement)
    } else if asks(b"command=ls-refs") {
        Some(Question::References)
    } else if asks(b"command=fetch") {
        Some(Question::Fetch)
    } else {
        None
    }
}

fn result(body: Vec<u8>) -> Reply {
    Reply::status("200 OK", "content-type: application/x-git-upload-pack-result\r\n", body)
}

fn endless(first: Vec<u8>, again: Vec<u8>) -> Reply {
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-git-upload-pack-result\r\n\r\n".to_vec();
    let times = (64 << 10) / again.len().max(1) + 1;
    Reply::Endless { first: Arc::new([head, first].concat()), again: Arc::new(again.repeat(times)) }
}

/// A GitRepository whose server says what an honest one says, but for one question.
fn server(
    name: impl AsRef<str>,
    ending: Ending,
    spec: Value,
    wrong: Question,
    reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
) -> Input {
    let (tip, pack) = honest();
    let answers = Answers::new(move |asked: &Asked| match question(asked) {
        Some(found) if found == wrong => reply(asked),
        Some(Question::Advertisement) => {
            let kind = "content-type: application/x-git-upload-pack-advertisement\r\n";
            Reply::status("200 OK", kind, advertisement())
        }
        Some(Question::References) => result(references(&tip)),
        Some(Question::Fetch) => result(packed(&pack)),
        None => Reply::status("404 Not Found", "", Vec::new()),
    });
    Input::new(Family::GitServer, name, ending, move |_| {
        let (spec, answers) = (spec.clone(), answers.clone());
        Matter::Source(Source { kind: "GitRepository", spec, others: Vec::new(), answers })
    })
    .because(REASONS)
}

/// A commit of one file, and its pack.
fn honest() -> (String, Vec<u8>) {
    let mut pack = Pack::default();
    let file = pack.blob("x");
    let root = pack.tree([Entry("100644", b"f", file)]);
    pack.commit(root, "honest");
    (pack.tip(), pack.bytes(None))
}

/// Lists of references.
fn lists() -> Vec<Input> {
    let of = |name: &str, make: fn() -> Reply| {
        server(format!("references-{name}"), Refused, Value::Null, Question::References, move |_| make())
    };
    let tagged = |name: &str, spec: Value, tag: fn(usize) -> String, count: usize| {
        server(format!("tags-{name}"), Refused, spec, Question::References, move |_| {
            let (tip, _) = honest();
            let tags = (0..count).map(|number| line(format!("{tip} refs/tags/{}\n", tag(number)).as_bytes()));
            result([tags.collect::<Vec<_>>().concat(), b"0000".to_vec()].concat())
        })
    };
    let semver = |range: &str| json!({ "ref": { "semver": range } });
    vec![
        of("without-end", || {
            endless(Vec::new(), line(format!("{} refs/heads/a\n", "1".repeat(40)).as_bytes()))
        }),
        of("of-one-million", || {
            let one = |number: usize| line(format!("{number:040x} refs/heads/b{number}\n").as_bytes());
            result([(0..1_000_000).map(one).collect::<Vec<_>>().concat(), b"0000".to_vec()].concat())
        }),
        of("of-long-names", || {
            let long = line(format!("{} refs/heads/{}\n", "1".repeat(40), "a".repeat(60_000)).as_bytes());
            result([long.repeat(2_000), b"0000".to_vec()].concat())
        }),
        of("that-walk-up", || {
            result([line(b"1111111111111111111111111111111111111111 ../../x\n"), b"0000".to_vec()].concat())
        }),
        of("with-escapes", || {
            result([line(format!("ERR {ESCAPES}\n").as_bytes()), b"0000".to_vec()].concat())
        }),
        of("with-a-circle-of-links", || {
            let text = format!("{} HEAD symref-target:HEAD\n", "1".repeat(40));
            result([line(text.as_bytes()), b"0000".to_vec()].concat())
        }),
        of("of-no-hash", || result([line(b"zzzz refs/heads/main\n"), b"0000".to_vec()].concat())),
        of("of-flushes", || endless(Vec::new(), b"0000".to_vec())),
        of("of-delimiters", || endless(Vec::new(), b"0001".to_vec())),
        of("of-empty-lines", || endless(Vec::new(), b"0004".to_vec())),
        of("of-nothing", || result(b"0000".to_vec())),
        of("by-bytes", || Reply::Trickle {
            first: Arc::new(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/x-git-upload-pack-result\r\n\r\n0032".to_vec(),
            ),
            every: Duration::from_secs(1),
        }),
        tagged("of-200000-versions", semver("9.x"), |number| format!("v1.0.{number}"), 200_000),
        tagged(
            "under-100000-alternatives",
            semver(&vec!["<0.0.1"; 100_000].join("||")),
            |number| format!("v1.0.{number}"),
            200_000,
        ),
        tagged(
            "under-100000-conditions",
            semver(&vec![">0.0.1"; 100_000].join(" ")),
            |number| format!("v1.0.{number}"),
            200_000,
        ),
        tagged("of-one-version-5000-times", semver("1.x"), |number| format!("v1.0.0+{number}"), 5_000),
        tagged("with-escapes", semver(">=1.0.0-0"), |_| format!("v1.0.0-{ESCAPES}"), 1),
    ]
}

/// The bands of a fetch: 1 is the pack, 2 what people are told, 3 an error.
fn sidebands() -> Vec<Input> {
    let of = |name: &str, make: fn() -> Reply| {
        server(format!("sideband-{name}"), Refused, Value::Null, Question::Fetch, move |_| make())
    };
    vec![
        of("of-progress-without-end", || endless(line(b"packfile\n"), line(b"\x02counting objects\r"))),
        of("of-keepalives-without-end", || endless(line(b"packfile\n"), line(b"\x01"))),
        of("of-acknowledgements-without-end", || {
            endless(line(b"acknowledgments\n"), line(format!("ACK {}\n", "1".repeat(40)).as_bytes()))
        }),
        of("of-shallow-lines-without-end", || {
            endless(line(b"shallow-info\n"), line(format!("shallow {}\n", "1".repeat(40)).as_bytes()))
        }),
        of("of-sections-without-end", || {
            endless(Vec::new(), [line(b"wanted-refs\n"), b"0001".to_vec()].concat())
        }),
        of("of-zeros-without-end", || {
            endless(line(b"packfile\n"), line(&[&[1], [0; 60_000].as_slice()].concat()))
        }),
        of("of-errors-with-escapes", || {
            result(
                [line(b"packfile\n"), line(format!("\x03{ESCAPES}").as_bytes()), b"0000".to_vec()].concat(),
            )
        }),
        of("of-errors-of-60K", || {
            result(
                [line(b"packfile\n"), line(&[&[3], [b'e'; 60_000].as_slice()].concat()), b"0000".to_vec()]
                    .concat(),
            )
        }),
        of("of-band-9", || result([line(b"packfile\n"), line(b"\x09what"), b"0000".to_vec()].concat())),
        of("of-a-pack-elsewhere", || {
            let uri = format!("{} http://169.254.169.254/pack\n", "1".repeat(40));
            result(
                [
                    line(b"packfile-uris\n"),
                    line(uri.as_bytes()),
                    b"0001".to_vec(),
                    line(b"packfile\n"),
                    b"0000".to_vec(),
                ]
                .concat(),
            )
        }),
        of("of-a-pack-by-bytes", || Reply::Trickle {
            first: Arc::new(
                [b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), line(b"packfile\n"), b"ffff\x01PACK".to_vec()].concat(),
            ),
            every: Duration::from_secs(1),
        }),
        of("of-nothing", || result(b"0000".to_vec())),
        of("without-sections", || result(honest().1)),
    ]
}

/// Packs that are not what was asked for.
fn packs() -> Vec<Input> {
    let of = |name: &str, make: fn(&mut Pack)| {
        server(format!("pack-{name}"), Refused, Value::Null, Question::Fetch, move |_| {
            let mut pack = Pack::default();
            make(&mut pack);
            result(packed(&pack.bytes(None)))
        })
    };
    let sent = |name: &str, ending, change: fn(&mut Vec<u8>)| {
        server(format!("pack-{name}"), ending, Value::Null, Question::Fetch, move |_| {
            let (_, mut pack) = honest();
            change(&mut pack);
            result(packed(&pack))
        })
    };
    let broken = |name: &str, change| sent(name, Refused, change);
    vec![
        of("of-another-commit", |pack| {
            let file = pack.blob("other");
            let root = pack.tree([Entry("100644", b"f", file)]);
            pack.commit(root, "another");
        }),
        of("of-50000-deltas-in-a-chain", |pack| {
            let mut base = b"0000000000".to_vec();
            pack.blob(&base);
            for number in 0..50_000_u32 {
                let next = format!("{number:010}").into_bytes();
                // Ten bytes of its own each time: nothing is copied, all has to be read.
                let delta = [&[10, 10, 10], next.as_slice()].concat();
                pack.delta(&name(Kind::Blob, &base), &delta);
                base = next;
            }
        }),
        of("of-a-delta-on-itself", |pack| pack.delta(&[9; 20], &[10, 10, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])),
        of("of-a-million-small-objects", |pack| {
            for number in 0..300_000_u32 {
                pack.blob(number.to_be_bytes());
            }
        }),
        broken("with-a-wrong-checksum", |pack| {
            if let Some(last) = pack.last_mut() {
                *last ^= 1;
            }
        }),
        broken("of-version-9", |pack| {
            if let Some(version) = pack.get_mut(7) {
                *version = 9;
            }
        }),
        broken("with-a-flipped-byte", |pack| {
            let middle = pack.len() / 2;
            if let Some(byte) = pack.get_mut(middle) {
                *byte ^= 0x55;
            }
        }),
        // What follows a pack is read by nobody, git's own fetch included.
        sent("with-more-behind", Settled, |pack| pack.resize(pack.len() + (4 << 20), 7)),
        sent("twice", Settled, |pack| {
            let again = pack.clone();
            pack.extend(again);
        }),
    ]
}

/// Repositories within repositories.
fn modules() -> Vec<Input> {
    let of = |name: &str, ending, url: &'static str, count: usize| {
        let mut pack = Pack::default();
        let text = |number: usize| format!("[submodule \"m{number}\"]\n\tpath = m{number}\n\turl = {url}\n");
        let list = pack.blob((0..count).map(text).collect::<String>());
        let names: Vec<String> = (0..count).map(|number| format!("m{number}")).collect();
        let gone = [7; 20];
        let entries = std::iter::once(Entry("100644", b".gitmodules", list))
            .chain(names.iter().map(|name| Entry("160000", name.as_bytes(), gone)));
        let root = pack.tree(entries);
        pack.commit(root, "modules");
        let (tip, pack) = (pack.tip(), pack.bytes(None));
        let answers = Answers::new(move |asked: &Asked| match question(asked) {
            Some(Question::Advertisement) => {
                let kind = "content-type: application/x-git-upload-pack-advertisement\r\n";
                Reply::status("200 OK", kind, advertisement())
            }
            Some(Question::References) => result(references(&tip)),
            Some(Question::Fetch) => result(packed(&pack)),
            None => Reply::status("404 Not Found", "", Vec::new()),
        });
        Input::new(Family::GitServer, format!("modules-{name}"), ending, move |canaries| {
            let password = canaries.issue("a Git server's password");
            let secret = json!({
                "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "login" },
                "stringData": { "username": "robot", "password": password },
            });
            let spec = json!({ "recurseSubmodules": true, "secretRef": { "name": "login" } });
            let answers = answers.clone();
            Matter::Source(Source { kind: "GitRepository", spec, others: vec![secret], answers })
        })
        .because(REASONS)
    };
    vec![
        of("of-itself", Refused, "../app", 1),
        of("of-itself-500-times", Refused, "../app", 500),
        of("of-100000", Refused, "../app", 100_000),
        of("of-metadata", Refused, "http://169.254.169.254/app", 1),
        of("of-loopback-6", Refused, "http://[::1]:1/app", 1),
        of("of-localhost", Refused, "http://localhost:1/app", 1),
        of("of-a-file", Refused, "file:///etc", 1),
        of("of-a-program", Refused, "ext::sh -c touch% /tmp/x", 1),
        of("of-an-option", Refused, "--upload-pack=touch /tmp/x", 1),
        of("outside", Refused, "../../../../../../etc", 1),
        of("with-escapes", Refused, "http://127.0.0.1:1/\u{1b}[2J\u{202e}", 1),
        of("of-nothing", Settled, "", 0),
    ]
}

/// Redirects, with a login in hand.
fn redirects() -> Vec<Input> {
    let of = |name: &str, target: fn(&Asked) -> String| {
        let answers = Answers::new(move |asked: &Asked| {
            let location = format!("location: {}\r\n", asked.fill(&target(asked)));
            Reply::status("302 Found", &location, Vec::new())
        });
        Input::new(Family::GitServer, format!("login-redirect-{name}"), Refused, move |canaries| {
            let password = canaries.issue("a Git server's password");
            let secret = json!({
                "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "login" },
                "stringData": { "username": "robot", "password": password },
            });
            let spec = json!({ "secretRef": { "name": "login" } });
            let answers = answers.clone();
            Matter::Source(Source { kind: "GitRepository", spec, others: vec![secret], answers })
        })
        .because(REASONS)
    };
    vec![
        of("elsewhere", |_| format!("{{ELSEWHERE}}{REFS}")),
        of("to-localhost", |_| format!("{{LOCALHOST}}{REFS}")),
        of("deeper-and-deeper", |asked| format!("{{URL}}/x{}", asked.target)),
        of("to-a-page", |_| "{ELSEWHERE}/login.html".to_owned()),
        of("with-its-own-user", |_| format!("http://a:b@{{HOST}}{REFS}")),
    ]
}
