//! Charts in Git: rules that cost much, dependencies in circles or without number, and files that are not where they seem.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::charts::REASONS;
use super::host::{Reply, advertisement, packed, references};
use super::input::Ending::{self, Refused, Settled};
use super::input::{Family, Files, Input, Matter, Source, files};
use super::packs::{Entry, Oid, Pack};
use super::site::{Answers, Asked};

const CHART: &str = "apiVersion: v2\nname: app\nversion: 1.0.0\n";
/// A file's name that begins like this is a link.
const LINK: &str = "link:";

/// All of them.
pub(super) fn inputs() -> Vec<Input> {
    let mut inputs = rules();
    inputs.extend(dependencies());
    inputs.extend(remote());
    inputs.extend(places());
    inputs
}

/// A HelmChart of these files in Git.
fn folder(
    name: impl AsRef<str>,
    ending: Ending,
    spec: Value,
    make: impl Fn() -> Files + Send + Sync + 'static,
) -> Input {
    Input::new(Family::Chart, format!("git-{}", name.as_ref()), ending, move |_| {
        let (tip, pack) = committed(&make());
        let answers = Answers::new(move |asked: &Asked| repository(asked, &tip, &pack));
        let mut spec = spec.clone();
        spec["sourceRef"] = json!({ "kind": "GitRepository", "name": "app" });
        if spec["chart"].is_null() {
            spec["chart"] = json!("./app");
        }
        let git = json!({
            "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "metadata": { "name": "app" },
            "spec": super::stage::sources::usual("GitRepository"),
        });
        Matter::Source(Source { kind: "HelmChart", spec, others: vec![git], answers })
    })
    .because(REASONS)
}

/// What a Git server with one commit answers; everything that is not Git's is missing.
fn repository(asked: &Asked, tip: &str, pack: &Arc<Vec<u8>>) -> Reply {
    let asks = |word: &[u8]| asked.body.windows(word.len()).any(|window| window == word);
    let kind = |kind: &str| format!("content-type: application/x-git-upload-pack-{kind}\r\n");
    if asked.path().ends_with("/info/refs") {
        Reply::status("200 OK", &kind("advertisement"), advertisement())
    } else if asks(b"command=ls-refs") {
        Reply::status("200 OK", &kind("result"), references(tip))
    } else if asks(b"command=fetch") {
        Reply::status("200 OK", &kind("result"), packed(pack))
    } else {
        Reply::status("404 Not Found", "", Vec::new())
    }
}

/// A commit of files, and its pack.
pub(super) fn committed(files: &Files) -> (String, Arc<Vec<u8>>) {
    let mut pack = Pack::default();
    let paths: Vec<(Vec<&str>, &[u8])> =
        files.iter().map(|(path, content)| (path.split('/').collect(), content.as_slice())).collect();
    let root = tree(&mut pack, &paths);
    pack.commit(root, "a chart");
    (pack.tip(), Arc::new(pack.bytes(None)))
}

/// A path, split at its slashes, and what is there.
type PathEntry<'a> = (Vec<&'a str>, &'a [u8]);

/// A tree of paths.
fn tree(pack: &mut Pack, paths: &[PathEntry<'_>]) -> Oid {
    let mut below: BTreeMap<&str, Vec<PathEntry<'_>>> = BTreeMap::new();
    for (path, content) in paths {
        if let Some((first, rest)) = path.split_first() {
            below.entry(first).or_default().push((rest.to_vec(), content));
        }
    }
    let mut made: Vec<(&str, &str, Oid)> = Vec::new();
    for (name, paths) in below {
        match paths.as_slice() {
            [(rest, content)] if rest.is_empty() => {
                let (mode, name) = name.strip_prefix(LINK).map_or(("100644", name), |name| ("120000", name));
                made.push((mode, name, pack.blob(content)));
            }
            _ => made.push(("40000", name, tree(pack, &paths))),
        }
    }
    pack.tree(made.into_iter().map(|(mode, name, oid)| Entry(mode, name.as_bytes(), oid)))
}

fn chart_files<P: Into<String>, C: Into<Vec<u8>>>(more: impl IntoIterator<Item = (P, C)>) -> Files {
    let mut all = files([("app/Chart.yaml", CHART), ("app/values.yaml", "a: 1\n")]);
    all.extend(files(more));
    all
}

/// Rules of what is no part of the chart.
fn rules() -> Vec<Input> {
    let of = |name: &str, ending, text: fn() -> String| {
        folder(format!("helmignore-{name}"), ending, json!({}), move || {
            let many = (0..5_000).map(|number| (format!("app/templates/{}{number}", "a".repeat(200)), "a"));
            let mut all = chart_files(many);
            all.insert("app/.helmignore".to_owned(), text().into_bytes());
            all
        })
    };
    vec![
        of("of-stars", Settled, || "*a*a*a*a*a*a*a*b\n".repeat(900)),
        of("of-classes", Settled, || format!("*{}b\n", "[a-z]".repeat(100)).repeat(120)),
        of("of-2000-rules", Refused, || "*.md\n".repeat(2_000)),
        of("of-a-megabyte", Refused, || "a".repeat(1 << 20)),
        of("of-double-stars", Refused, || "**/x\n".to_owned()),
        of("unclosed", Refused, || "[\n".to_owned()),
        of("of-escapes", Settled, || "\u{1b}[2J]\n".to_owned()),
        of("of-all", Settled, || "*\n".to_owned()),
    ]
}

/// Charts that need charts beside them.
fn dependencies() -> Vec<Input> {
    let need = |name: &str, at: &str| format!("- {{name: {name}, version: '*', repository: '{at}'}}\n");
    let chart = |name: &str, needs: &str| {
        format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\ndependencies:\n{needs}")
    };
    vec![
        folder("needs-itself", Settled, json!({}), move || {
            files([("app/Chart.yaml", chart("app", &need("app", "file://../app")))])
        }),
        folder("needs-in-a-circle", Settled, json!({}), move || {
            files([
                ("app/Chart.yaml", chart("app", &need("b", "file://../b"))),
                ("b/Chart.yaml", chart("b", &need("c", "file://../c"))),
                ("c/Chart.yaml", chart("c", &need("app", "file://../app"))),
            ])
        }),
        folder("needs-100-deep", Settled, json!({}), move || {
            let mut all = files([("app/Chart.yaml", chart("app", &need("d0", "file://../d0")))]);
            for level in 0..100 {
                let next = format!("d{}", level + 1);
                let text = chart(&format!("d{level}"), &need(&next, &format!("file://../{next}")));
                all.insert(format!("d{level}/Chart.yaml"), text.into_bytes());
            }
            all.insert("d100/Chart.yaml".to_owned(), CHART.replace("app", "d100").into_bytes());
            all
        }),
        folder("needs-doubling", Settled, json!({}), move || {
            let two = |level: usize| {
                let next = format!("file://../d{}", level + 1);
                need("x", &next) + &need("y", &next)
            };
            let mut all = files([("app/Chart.yaml", chart("app", &two(0)))]);
            for level in 1..20 {
                all.insert(format!("d{level}/Chart.yaml"), chart("x", &two(level)).into_bytes());
            }
            all.insert("d20/Chart.yaml".to_owned(), CHART.replace("app", "x").into_bytes());
            all
        }),
        folder("needs-10000", Refused, json!({}), move || {
            let all: String = (0..10_000).map(|number| need(&format!("d{number}"), "file://../d")).collect();
            files([("app/Chart.yaml", chart("app", &all)), ("d/Chart.yaml", CHART.replace("app", "d"))])
        }),
        folder("needs-900-large", Settled, json!({}), move || {
            let all: String = (0..900).map(|number| need(&format!("d{number}"), "file://../d")).collect();
            files([
                ("app/Chart.yaml", chart("app", &all).into_bytes()),
                ("d/Chart.yaml", CHART.replace("app", "d").into_bytes()),
                ("d/large", vec![0; 4 << 20]),
            ])
        }),
        folder("needs-outside", Refused, json!({}), move || {
            files([("app/Chart.yaml", chart("app", &need("x", "file://../../../../../etc")))])
        }),
        folder("needs-absolute", Refused, json!({}), move || {
            files([("app/Chart.yaml", chart("app", &need("x", "file:///etc")))])
        }),
        folder("needs-with-escapes", Refused, json!({}), move || {
            let needs = r#"- {name: "\e[2J", version: "\e]0;x\a", repository: "file://\u202e"}"#;
            files([("app/Chart.yaml", chart("app", &format!("{needs}\n")))])
        }),
        folder("lock-of-10M", Settled, json!({}), || {
            chart_files([("app/Chart.lock", "a: b\n".repeat(800_000))])
        }),
    ]
}

/// Charts that need charts of repositories.
fn remote() -> Vec<Input> {
    let needing = |name: &str, count: usize, repository: &'static str| {
        folder(format!("needs-{name}"), Refused, json!({}), move || {
            let one = |number: usize| {
                let repository = repository.replace("{N}", &number.to_string());
                format!("- {{name: d{number}, version: '*', repository: \"{repository}\"}}\n")
            };
            let needs: String = (0..count).map(one).collect();
            files([("app/Chart.yaml", format!("{CHART}dependencies:\n{needs}"))])
        })
    };
    let mut metadata = needing("of-metadata", 1, "http://169.254.169.254/");
    // No object says how long it may take: a minute, then.
    metadata.within = Duration::from_secs(150);
    vec![
        metadata,
        needing("of-loopback", 1, "http://127.0.0.1:1/"),
        needing("of-user", 1, "http://root:hunter2hunter2@127.0.0.1:1/"),
        needing("of-a-file-address", 1, "ftp://127.0.0.1/"),
        needing("of-an-alias", 1, "@stable"),
        needing("of-a-registry", 1, "oci://127.0.0.1:1/charts"),
        needing("of-90-repositories", 90, "http://127.0.0.1:1/{N}"),
        needing("of-500-repositories", 500, "http://127.0.0.1:1/{N}"),
    ]
}

/// Where the chart and its values are said to be.
fn places() -> Vec<Input> {
    let at = |name: &str, path: &str| {
        let spec = json!({ "chart": path });
        folder(format!("chart-at-{name}"), Refused, spec, || chart_files([("b/c.yaml", "x")]))
    };
    vec![
        at("outside", "../../../../etc"),
        at("a-file", "app/values.yaml"),
        at("nothing", "./gone"),
        at("escapes", "\u{1b}[2J"),
        at("a-long-path", &"a/".repeat(10_000)),
        folder("chart-that-is-a-link", Settled, json!({}), || {
            files([("link:app", "../../../../etc"), ("b/Chart.yaml", CHART)])
        }),
        folder("values-that-are-a-link", Settled, json!({ "valuesFiles": ["app/secret.yaml"] }), || {
            chart_files([("app/link:secret.yaml", "/etc/passwd")])
        }),
        folder("values-outside", Refused, json!({ "valuesFiles": ["../../../../etc/passwd"] }), || {
            chart_files([("b/c.yaml", "x")])
        }),
        folder(
            "values-files-2000",
            Settled,
            json!({ "valuesFiles": vec!["app/values.yaml"; 2_000] }),
            || {
                let own: String = (0..50_000).map(|number| format!("k{number}: 1\n")).collect();
                chart_files([("app/values.yaml", own)])
            },
        ),
        folder("archive-of-zeros", Refused, json!({ "chart": "app.tgz" }), || {
            files([("app.tgz", super::tarball::zeros("app/Chart.yaml", 4_096))])
        }),
    ]
}
