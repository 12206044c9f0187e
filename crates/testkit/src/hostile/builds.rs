//! Builds of small folders that take much time or memory: bases that double, expressions that are large once they are
//! compiled, products of patches or replacements and objects, prefixes that are copied everywhere.

use std::fmt::{Arguments, Write as _};
use std::time::Duration;

use super::input::Ending::{self, Settled};
use super::input::{Build, Family, Files, Input, Matter, files};

const FILE: &str = "kustomization.yaml";

/// All in this file.
pub(super) fn inputs() -> Vec<Input> {
    let mut inputs = doubling();
    inputs.extend(expressions());
    inputs.extend(products());
    inputs.extend(growth());
    inputs
}

/// Adds a line. A String takes everything.
pub(super) fn line(text: &mut String, line: Arguments<'_>) {
    text.write_fmt(line).ok();
    text.push('\n');
}

/// A build of these files.
pub(super) fn build(
    name: impl AsRef<str>,
    ending: Ending,
    make: impl Fn() -> Files + Send + Sync + 'static,
) -> Input {
    Input::new(Family::Build, name, ending, move |_| {
        Matter::Build(Build { files: make(), ..Build::default() })
    })
}

/// ConfigMaps, numbered.
pub(super) fn maps(count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        line(
            &mut text,
            format_args!(
                "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m{number}}}\ndata: {{k: v}}\n"
            ),
        );
    }
    text
}

/// A kustomization file beside one of objects.
pub(super) fn over(kustomization: String, objects: String) -> Files {
    files([(FILE, format!("resources: [objects.yaml]\n{kustomization}")), ("objects.yaml", objects)])
}

fn doubling() -> Vec<Input> {
    let mut inputs = Vec::new();
    for levels in [8, 20, 40, 200] {
        for (what, more) in
            [("prefixes", "namePrefix: a-"), ("labels", "commonLabels: {a: b}"), ("nothing", "")]
        {
            inputs.push(build(format!("doubling-{levels}-with-{what}"), Settled, move || {
                let mut all =
                    files([("b0/kustomization.yaml", "resources: [m.yaml]\n"), ("b0/m.yaml", &maps(1))]);
                for level in 1..=levels {
                    for side in ["l", "r"] {
                        let below = level - 1;
                        let text = format!("resources: [../b{below}]\nnamePrefix: {side}-\n{more}\n");
                        let text = if more.starts_with("name") {
                            text.replacen("namePrefix", "nameSuffix", 1)
                        } else {
                            text
                        };
                        all.insert(format!("{side}{level}/{FILE}"), text.into_bytes());
                    }
                    let text = format!("resources: [../l{level}, ../r{level}]\n");
                    all.insert(format!("b{level}/{FILE}"), text.into_bytes());
                }
                all.insert(FILE.to_owned(), format!("resources: [b{levels}]\n").into_bytes());
                all
            }));
        }
    }
    for length in [100, 2_000] {
        inputs.push(build(format!("chain-of-{length}"), Settled, move || {
            let mut all = files([(format!("b0/{FILE}"), "resources: []\n".to_owned())]);
            for level in 1..length {
                let text = format!("resources: [../b{}]\n", level - 1);
                all.insert(format!("b{level}/{FILE}"), text.into_bytes());
            }
            all.insert(FILE.to_owned(), format!("resources: [b{}]\n", length - 1).into_bytes());
            all
        }));
    }
    inputs.push(build("circle", Ending::Refused, || {
        files([
            (FILE.to_owned(), "resources: [a]\n"),
            (format!("a/{FILE}"), "resources: [../b]\n"),
            (format!("b/{FILE}"), "resources: [../a]\n"),
        ])
    }));
    inputs
}

/// Expressions that are compiled or matched at great cost.
fn expressions() -> Vec<Input> {
    let forms = [
        ("counted", "(a{1,100}){1,100}"),
        ("classes", "(\\\\pL{1,50}){1,20}"),
        ("words", "(\\\\w{1,200}x?){1,10}"),
        ("nested", "((((a{1,9}){1,9}){1,9}){1,9}){1,9}"),
        ("alternatives", "(a|b|c|d|e|f|g|h){1,300}"),
    ];
    let mut inputs = Vec::new();
    for (what, expression) in forms {
        for count in [1, 200, 3_000] {
            inputs.push(build(format!("patches-{count}-of-{what}"), Settled, move || {
                let mut text = "patches:\n".to_owned();
                for number in 0..count {
                    let target = format!("{{kind: ConfigMap, name: \"{expression}{number}\"}}");
                    line(
                        &mut text,
                        format_args!("- {{target: {target}, patch: \"[{{op: test, path: /a, value: b}}]\"}}"),
                    );
                }
                over(text, maps(20))
            }));
        }
        inputs.push(build(format!("image-tags-of-{what}"), Settled, move || {
            let mut text = "images:\n".to_owned();
            for number in 0..2_000 {
                line(&mut text, format_args!("- {{name: \"{expression}{number}\", newTag: \"1\"}}"));
            }
            over(text, maps(20))
        }));
        inputs.push(build(format!("replacement-targets-of-{what}"), Settled, move || {
            let mut text =
                "replacements:\n- source: {kind: ConfigMap, name: m0, fieldPath: data.k}\n  targets:\n"
                    .to_owned();
            for number in 0..500 {
                let select = format!("{{name: \"{expression}{number}\"}}");
                line(
                    &mut text,
                    format_args!("  - {{select: {select}, reject: [{select}], fieldPaths: [data.k]}}"),
                );
            }
            over(text, maps(20))
        }));
    }
    inputs
}

/// A build of so many objects. Many are ordinary work once they are built: applying them takes as long as the API server
/// needs, and ends, too.
fn of_many(objects: usize, name: impl AsRef<str>, make: impl Fn() -> Files + Send + Sync + 'static) -> Input {
    let mut input = build(name, Settled, make);
    if objects >= 20_000 {
        input.within = Duration::from_secs(600);
    }
    input
}

/// Small times small.
fn products() -> Vec<Input> {
    let mut inputs = Vec::new();
    for (patches, objects) in [(20_000, 20), (2_000, 2_000), (200, 20_000)] {
        inputs.push(of_many(objects, format!("patches-{patches}-times-{objects}"), move || {
            let mut text = "patches:\n".to_owned();
            for number in 0..patches {
                let patch = format!("[{{op: add, path: /data/k{number}, value: v}}]");
                line(&mut text, format_args!("- {{target: {{kind: Config.*}}, patch: \"{patch}\"}}"));
            }
            over(text, maps(objects))
        }));
        inputs.push(of_many(objects, format!("merges-{patches}-times-{objects}"), move || {
            let mut text = "patches:\n".to_owned();
            for number in 0..patches {
                let patch = format!(
                    "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: x}}, data: {{k{number}: v}}}}"
                );
                line(&mut text, format_args!("- {{target: {{kind: ConfigMap}}, patch: \"{patch}\"}}"));
            }
            over(text, maps(objects))
        }));
        inputs.push(of_many(objects, format!("selectors-{patches}-times-{objects}"), move || {
            let mut text = "patches:\n".to_owned();
            let selector = (0..50).map(|n| format!("l{n} notin (a,b,c)")).collect::<Vec<_>>().join(",");
            for _ in 0..patches.min(2_000) {
                line(
                    &mut text,
                    format_args!("- {{target: {{labelSelector: \"{selector}\"}}, patch: \"[]\"}}"),
                );
            }
            over(text, maps(objects))
        }));
        inputs.push(of_many(objects, format!("replacements-{patches}-times-{objects}"), move || {
            let mut text = "replacements:\n".to_owned();
            for _ in 0..patches {
                let source = "{kind: ConfigMap, name: m0, fieldPath: data.k}";
                let targets =
                    "[{select: {kind: ConfigMap}, fieldPaths: [data.a, data.b], options: {create: true}}]";
                line(&mut text, format_args!("- {{source: {source}, targets: {targets}}}"));
            }
            over(text, maps(objects))
        }));
    }
    inputs
}

/// One large value that everything gets.
fn growth() -> Vec<Input> {
    let fields = [
        ("namePrefix", "namePrefix: {V}"),
        ("nameSuffix", "nameSuffix: {V}"),
        ("namespace", "namespace: {V}"),
        ("labels", "labels: [{pairs: {a: {V}}, includeSelectors: true}]"),
        ("commonLabels", "commonLabels: {a: {V}}"),
        ("commonAnnotations", "commonAnnotations: {a: {V}}"),
        (
            "patch",
            "patches: [{target: {kind: ConfigMap}, patch: \"[{op: add, path: /data/v, value: {V}}]\"}]",
        ),
    ];
    let mut inputs = Vec::new();
    for (what, form) in fields {
        for (length, objects) in [(300, 20_000), (1_000_000, 2_000), (8_000_000, 1_000)] {
            inputs.push(of_many(objects, format!("{what}-of-{length}-over-{objects}"), move || {
                over(form.replace("{V}", &"v".repeat(length)), maps(objects))
            }));
        }
    }
    inputs
}
