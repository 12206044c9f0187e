//! Charts of Helm repositories: archives that grow or name what lies outside, metadata and values that cost much, and
//! addresses that lead elsewhere. Charts in Git are `folders`'.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::helm::{index_of, version};
use super::host::Reply;
use super::input::Ending::{self, Refused, Settled};
use super::input::{Family, Input, Matter, Source};
use super::site::{Answers, Asked};
use super::tarball::{Tar, gzip, octal, zeros};

/// What trouble with a chart is called.
pub(super) const REASONS: &[&str] = &[
    "ChartPullError",
    "ChartPackageError",
    "ValuesFilesError",
    "DependencyBuildError",
    "InvalidChartReference",
    "MetadataPatchError",
    "AuthenticationFailed",
    "ArchiveOperationFailed",
];

const ESCAPES: &str = "\x1b[2J\x1b]0;owned\x07\u{9b}31m\u{202e}";
const CHART: &str = "apiVersion: v2\nname: app\nversion: 1.0.0\n";

/// All of the family.
pub(super) fn inputs() -> Vec<Input> {
    let mut inputs = archives();
    inputs.extend(names());
    inputs.extend(metadata());
    inputs.extend(values());
    inputs.extend(charts_in_charts());
    inputs.extend(servers());
    inputs.extend(addresses());
    inputs
}

/// A HelmChart of a repository with one version, whose archive is this.
fn chart(
    name: impl AsRef<str>,
    ending: Ending,
    spec: Value,
    make: impl Fn() -> Vec<u8> + Send + Sync + 'static,
) -> Input {
    Input::new(Family::Chart, name, ending, move |_| {
        let archive = Reply::ok(make());
        let index = index_of(&[version("app", "1.0.0", "app-1.0.0.tgz")]).to_string();
        let answers = Answers::new(move |asked: &Asked| match asked.path() {
            path if path.ends_with("index.yaml") => Reply::ok(index.clone().into_bytes()),
            _ => archive.clone(),
        });
        Matter::Source(of_repository(spec.clone(), answers, Vec::new()))
    })
    .because(REASONS)
}

/// A HelmChart, and its HelmRepository with this server.
fn of_repository(spec: Value, answers: Answers, mut others: Vec<Value>) -> Source {
    let mut repository = super::stage::sources::usual("HelmRepository");
    if !others.is_empty() {
        repository["secretRef"] = json!({ "name": "login" });
    }
    others.push(json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmRepository", "metadata": { "name": "app" },
        "spec": repository,
    }));
    Source { kind: "HelmChart", spec, others, answers }
}

/// Values files that make the chart be unpacked, merged and packed again.
fn merged() -> Value {
    json!({ "valuesFiles": ["values.yaml", "more.yaml"], "ignoreMissingValuesFiles": true })
}

/// An archive with an honest `Chart.yaml` and more.
fn with(more: impl FnOnce(Tar) -> Tar) -> Vec<u8> {
    gzip(&more(Tar::default().file("app/Chart.yaml", CHART.as_bytes())).done())
}

fn archives() -> Vec<Input> {
    let of = |name: &str, ending, make: fn() -> Vec<u8>| {
        [
            chart(format!("{name}-as-it-is"), ending, Value::Null, make),
            chart(format!("{name}-merged"), ending, merged(), make),
        ]
    };
    let cases = [
        of("of-4G-zeros", Refused, || zeros("app/Chart.yaml", 4_096)),
        of("of-4G-zeros-in-values", Refused, || zeros("app/values.yaml", 4_096)),
        of("of-150000-files", Settled, || {
            with(|tar| (0..150_000).fold(tar, |tar, number| tar.file(&format!("app/f{number}"), b"")))
        }),
        of("of-11M", Refused, || {
            // It does not get smaller.
            let mut state = 1_u32;
            let mut byte = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            };
            let noise: Vec<u8> = (0..11 << 20).map(|_| byte()).collect();
            with(|tar| tar.file("app/noise", &noise))
        }),
        of("that-is-no-gzip", Refused, || vec![7; 1 << 20]),
        of("that-is-empty", Refused, Vec::new),
        of("of-nothing", Refused, || gzip(&Tar::default().done())),
        of("cut-short", Refused, || {
            let whole = with(|tar| tar);
            whole.get(..whole.len() / 2).unwrap_or_default().to_vec()
        }),
        of("of-size-8G", Settled, || {
            with(|tar| tar.entry(b"app/values.yaml", b'0', "", "77777777777\0", b"x"))
        }),
        of("of-10000-members", Settled, || {
            let mut bytes = with(|tar| tar);
            bytes.extend(gzip(b"").repeat(10_000));
            bytes
        }),
    ];
    cases.into_iter().flatten().collect()
}

/// Names of files in an archive, which Helm reads in its own way.
fn names() -> Vec<Input> {
    let cases: [(&str, &[u8], u8, &str); 12] = [
        ("up", b"app/../../x", b'0', ""),
        ("far-up", b"app/../../../../../../tmp/x", b'0', ""),
        ("absolute", b"/etc/x", b'0', ""),
        ("absolute-within", b"app//etc/x", b'0', ""),
        ("backslash", b"app\\..\\..\\x", b'0', ""),
        ("drive", b"app/c:/x", b'0', ""),
        ("nul", b"app/a\0b", b'0', ""),
        ("escapes", b"app/\x1b[2J\x1b]0;x\x07", b'0', ""),
        ("link", b"app/values.yaml", b'2', "/etc/passwd"),
        ("hard-link", b"app/values.yaml", b'1', "app/Chart.yaml"),
        ("device", b"app/values.yaml", b'3', ""),
        ("helmignore", b"app/.helmignore", b'0', ""),
    ];
    let mut inputs = Vec::new();
    for (what, name, kind, link) in cases {
        inputs.push(chart(format!("name-{what}"), Settled, merged(), move || {
            with(|tar| tar.long(name).entry(b"x", kind, link, &octal(0), b""))
        }));
    }
    inputs.push(chart("name-of-a-megabyte", Refused, merged(), || {
        with(|tar| tar.file(&format!("app/{}", "n".repeat(1_000_000)), b""))
    }));
    inputs.push(chart("one-name-100000-times", Settled, merged(), || {
        with(|tar| (0..90_000).fold(tar, |tar, _| tar.file("app/values.yaml", b"a: 1\n")))
    }));
    inputs
}

/// What a chart says of itself.
fn metadata() -> Vec<Input> {
    let of = |name: &str, ending, make: fn() -> String| {
        chart(format!("metadata-{name}"), ending, merged(), move || {
            gzip(&Tar::default().file("app/Chart.yaml", make().as_bytes()).done())
        })
    };
    vec![
        of("name-that-walks-up", Settled, || CHART.replace("name: app", "name: ../../../tmp/x")),
        of("name-of-escapes", Settled, || {
            json!({ "apiVersion": "v2", "name": ESCAPES, "version": "1.0.0", "description": ESCAPES })
                .to_string()
        }),
        of("version-that-walks-up", Settled, || CHART.replace("1.0.0", "1.0.0-../../../x")),
        of("version-with-a-newline", Settled, || CHART.replace("1.0.0", "\"1.0.0+a\\nb\"")),
        of("another-name", Settled, || CHART.replace("app", "other")),
        of("another-version", Settled, || CHART.replace("1.0.0", "6.6.6")),
        of("of-4M", Settled, || format!("{CHART}description: {}\n", "d".repeat(4 << 20))),
        of("of-6M", Refused, || format!("{CHART}description: {}\n", "d".repeat(6 << 20))),
        of("of-laughs", Refused, || {
            let mut text = String::from("a0: &a0 [lol, lol]\n");
            text.extend((1..30).map(|level| {
                let inner = vec![format!("*a{}", level - 1); 10].join(",");
                format!("a{level}: &a{level} [{inner}]\n")
            }));
            format!("{CHART}{text}")
        }),
        of("deep", Refused, || format!("{CHART}x: {}", "[".repeat(1 << 20))),
        of("of-10000-dependencies", Refused, || {
            let one =
                |number: usize| format!("- {{name: d{number}, version: '*', repository: 'file://x'}}\n");
            format!("{CHART}dependencies:\n{}", (0..10_000).map(one).collect::<String>())
        }),
        of("of-another-type", Refused, || "[]".to_owned()),
        of("of-bad-utf8", Refused, || "\u{fffd}: \0\n".to_owned()),
        of("of-100000-annotations", Settled, || {
            let all: String = (0..100_000).map(|number| format!("  k{number}: v\n")).collect();
            format!("{CHART}annotations:\n{all}")
        }),
    ]
}

/// Values that are merged.
fn values() -> Vec<Input> {
    let of = |name: &str, ending, make: fn() -> [String; 2]| {
        chart(format!("values-{name}"), ending, merged(), move || {
            let [own, more] = make();
            with(|tar| tar.file("app/values.yaml", own.as_bytes()).file("app/more.yaml", more.as_bytes()))
        })
    };
    let nested = |depth: usize, last: &str| "{a: ".repeat(depth) + last + &"}".repeat(depth);
    let wide =
        |from: usize| (from..from + 200_000).map(|number| format!("k{number}: 1\n")).collect::<String>();
    vec![
        of("of-laughs", Refused, || {
            let mut text = String::from("a0: &a0 [lol, lol]\n");
            text.extend((1..30).map(|level| {
                let inner = vec![format!("*a{}", level - 1); 10].join(",");
                format!("a{level}: &a{level} [{inner}]\n")
            }));
            [text, String::new()]
        }),
        of("of-wide-aliases", Refused, || {
            let list = "x, ".repeat(300_000);
            let all = "*a, ".repeat(300_000);
            [format!("a: &a [{list}]\nb: [{all}]\n"), String::new()]
        }),
        chart("values-deep", Settled, merged(), move || {
            let (own, more) = (nested(90, "1"), nested(90, "2"));
            with(|tar| tar.file("app/values.yaml", own.as_bytes()).file("app/more.yaml", more.as_bytes()))
        }),
        of("deeper", Refused, || ["{a: ".repeat(1 << 20), String::new()]),
        chart("values-wide", Settled, merged(), move || {
            let (own, more) = (wide(0), wide(100_000));
            with(|tar| tar.file("app/values.yaml", own.as_bytes()).file("app/more.yaml", more.as_bytes()))
        }),
        of("of-a-list", Refused, || ["[1, 2]".to_owned(), String::new()]),
        of("of-documents", Settled, || ["a: 1\n---\n".repeat(200_000), String::new()]),
        of("of-a-long-number", Settled, || [format!("a: {}\n", "9".repeat(4 << 20)), String::new()]),
        of("with-escapes-in-keys", Settled, || {
            let key = Value::from(ESCAPES).to_string();
            [format!("{key}: [\n"), format!("{key}: 1\n{key}: 2\n")]
        }),
        chart("values-files-1000", Settled, json!({ "valuesFiles": vec!["values.yaml"; 1_000] }), || {
            let own: String = (0..100_000).map(|number| format!("k{number}: 1\n")).collect();
            with(|tar| tar.file("app/values.yaml", own.as_bytes()))
        }),
        chart(
            "values-files-outside",
            Refused,
            json!({ "valuesFiles": ["../../../../etc/passwd", "/etc/passwd"] }),
            || with(|tar| tar),
        ),
        chart(
            "values-files-with-escapes",
            Refused,
            json!({ "valuesFiles": ["\u{1b}[2J", "{\u{202e}"] }),
            || with(|tar| tar),
        ),
    ]
}

/// Archives in the folder `charts`.
fn charts_in_charts() -> Vec<Input> {
    let nested = |levels: usize| {
        let mut inner = with(|tar| tar);
        for _ in 0..levels {
            inner = with(|tar| tar.file("app/charts/app.tgz", &inner));
        }
        inner
    };
    let doubled = |levels: usize| {
        let mut inner = with(|tar| tar);
        for _ in 0..levels {
            inner = with(|tar| tar.file("app/charts/a.tgz", &inner).file("app/charts/b.tgz", &inner));
        }
        inner
    };
    vec![
        chart("charts-20-deep", Refused, merged(), move || nested(20)),
        chart("charts-doubling-14", Settled, merged(), move || doubled(14)),
        chart("charts-of-zeros", Refused, merged(), || {
            let bomb = zeros("app/Chart.yaml", 1_024);
            with(|tar| tar.file("app/charts/bomb.tgz", &bomb))
        }),
        chart("charts-of-zeros-100", Refused, merged(), || {
            let bomb = zeros("app/values.yaml", 4);
            with(|tar| (0..100).fold(tar, |tar, number| tar.file(&format!("app/charts/{number}.tgz"), &bomb)))
        }),
        chart("charts-of-links", Settled, merged(), || {
            with(|tar| tar.entry(b"app/charts/app", b'2', "..", &octal(0), b""))
        }),
    ]
}

/// Servers of the archive.
fn servers() -> Vec<Input> {
    let served = |name: &str, answer: fn(&Asked) -> Reply| {
        Input::new(Family::Chart, format!("server-{name}"), Refused, move |_| {
            let index = index_of(&[version("app", "1.0.0", "app-1.0.0.tgz")]).to_string();
            let answers = Answers::new(move |asked: &Asked| match asked.path() {
                path if path.ends_with("index.yaml") => Reply::ok(index.clone().into_bytes()),
                _ => answer(asked),
            });
            Matter::Source(of_repository(Value::Null, answers, Vec::new()))
        })
        .because(REASONS)
    };
    vec![
        served("silent", |_| Reply::Trickle { first: Arc::default(), every: Duration::from_secs(600) }),
        served("by-bytes", |_| Reply::Trickle {
            first: Arc::new(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n".to_vec()),
            every: Duration::from_secs(1),
        }),
        served("without-end", |_| Reply::Endless {
            first: Arc::new(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
            again: Arc::new(vec![7; 64 << 10]),
        }),
        served("of-html", |_| Reply::ok(format!("<html>{ESCAPES}").into_bytes())),
        served("error-with-escapes", |_| Reply::status("500 Internal", "", ESCAPES.into())),
        served("redirect-to-metadata", |_| {
            Reply::status("302 There", "location: http://169.254.169.254/a.tgz\r\n", Vec::new())
        }),
        served("redirect-to-itself", |_| {
            Reply::status("302 Here", "location: app-1.0.0.tgz\r\n", Vec::new())
        }),
        served("redirect-to-localhost", |asked| {
            Reply::status("302 There", &asked.fill("location: {LOCALHOST}/a.tgz\r\n"), Vec::new())
        }),
        served("of-negative-length", |_| Reply::Whole {
            head: "HTTP/1.1 200 OK\r\ncontent-length: -9\r\n".to_owned(),
            body: Arc::new(with(|tar| tar)),
        }),
    ]
}

/// Where an index says that a chart is: with a login for the repository in hand.
fn addresses() -> Vec<Input> {
    let targets = [
        ("elsewhere", "{ELSEWHERE}/app.tgz"),
        ("localhost", "{LOCALHOST}/app.tgz"),
        ("metadata", "http://169.254.169.254/app.tgz"),
        ("file", "file:///etc/passwd"),
        ("registry", "oci://127.0.0.1:1/app"),
        ("user", "http://root:hunter2hunter2@127.0.0.1:1/app.tgz"),
        ("no-address", "\u{1b}[2J://\u{202e}"),
        ("up", "../../../../app.tgz"),
        ("long", "{LONG}"),
    ];
    let input = |(what, target): (&str, &'static str)| {
        Input::new(Family::Chart, format!("address-{what}"), Refused, move |canaries| {
            let password = canaries.issue("a Helm repository's password");
            let secret = json!({
                "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "login" },
                "stringData": { "username": "robot", "password": password },
            });
            let answers = Answers::new(move |asked: &Asked| {
                if asked.path().ends_with("index.yaml") {
                    let target = asked.fill(target).replace("{LONG}", &"a/".repeat(20_000));
                    return Reply::ok(index_of(&[version("app", "1.0.0", &target)]).to_string().into_bytes());
                }
                Reply::status("404 Not Found", "", Vec::new())
            });
            Matter::Source(of_repository(Value::Null, answers, vec![secret]))
        })
        .because(REASONS)
    };
    targets.into_iter().map(input).collect()
}
