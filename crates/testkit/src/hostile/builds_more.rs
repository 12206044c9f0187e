//! Builds, continued: YAML that expands or is slow to read, edits that move much, text within text, and errors that
//! quote secrets.

use serde_json::json;

use super::builds::{build, line, maps, over};
use super::input::Ending::{Refused, Settled};
use super::input::{Build, Family, Input, Matter, files};

const FILE: &str = "kustomization.yaml";

/// All in this file.
pub(super) fn inputs() -> Vec<Input> {
    let mut inputs = yaml();
    inputs.extend(edits());
    inputs.extend(paths());
    inputs.extend(secrets());
    inputs
}

fn yaml() -> Vec<Input> {
    let one = |name: String, text: fn(usize) -> String, size: usize| {
        build(name, Settled, move || over(String::new(), text(size)))
    };
    let mut inputs = vec![
        one(
            "aliases-that-double".to_owned(),
            |levels| {
                let mut text =
                    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\na0: &a0 [x]\n".to_owned();
                for level in 1..levels {
                    line(
                        &mut text,
                        format_args!("a{level}: &a{level} [*a{0}, *a{0}, *a{0}, *a{0}]", level - 1),
                    );
                }
                text
            },
            40,
        ),
        one("alias-of-itself".to_owned(), |_| "a: &a [*a]\n".to_owned(), 0),
        one(
            "merge-keys".to_owned(),
            |count| {
                let mut text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nb: &b\n".to_owned();
                (0..count).for_each(|number| line(&mut text, format_args!("  k{number}: v")));
                text.push_str("c:\n");
                (0..count).for_each(|number| line(&mut text, format_args!("  j{number}: v")));
                text + "  <<: *b\n"
            },
            60_000,
        ),
        one(
            "merge-keys-that-double".to_owned(),
            |levels| {
                let mut text = "m0: &m0 {a0: b}\n".to_owned();
                for level in 1..levels {
                    line(
                        &mut text,
                        format_args!("m{level}: &m{level} {{<<: [*m{0}, *m{0}], a{level}: b}}", level - 1),
                    );
                }
                text
            },
            60,
        ),
        one(
            "tag-directives".to_owned(),
            |count| {
                let tags: String =
                    (0..count).map(|number| format!("%TAG !e{number}! tag:a.b,2000:{number}\n")).collect();
                format!("{tags}---\na: b\n")
            },
            100_000,
        ),
        one("documents-that-are-empty".to_owned(), |count| "---\n".repeat(count), 1_000_000),
        one("comments".to_owned(), |count| format!("{}a: b\n", "# comment\n".repeat(count)), 1_000_000),
    ];
    inputs.extend(deep());
    inputs
}

/// Nesting, and aliases over many files.
fn deep() -> Vec<Input> {
    let head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    let mut inputs = Vec::new();
    for depth in [1_000, 100_000] {
        for (what, open, close) in [("lists", "[", "]"), ("maps", "{a: ", "}")] {
            inputs.push(build(format!("nested-{what}-{depth}"), Refused, move || {
                over(String::new(), format!("{head}d: {}{}\n", open.repeat(depth), close.repeat(depth)))
            }));
        }
        inputs.push(build(format!("nested-blocks-{depth}"), Refused, move || {
            over(String::new(), format!("{head}d:\n {}x\n", "- ".repeat(depth)))
        }));
    }
    for files_count in [30, 300] {
        inputs.push(build(format!("aliases-in-{files_count}-files"), Settled, move || {
            let mut all = files([(FILE, "")]);
            let mut text = "resources:\n".to_owned();
            for number in 0..files_count {
                line(&mut text, format_args!( "- f{number}.yaml"));
                let aliases = "*v,".repeat(5_000);
                let object = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: f{number}}}\nv: &v [\"{}\"]\nw: [{aliases}]\n", "x".repeat(1_000));
                all.insert(format!("f{number}.yaml"), object.into_bytes());
            }
            all.insert(FILE.to_owned(), text.into_bytes());
            all
        }));
    }
    inputs
}

fn edits() -> Vec<Input> {
    let operations = [
        ("insert-front", "{op: add, path: /l/0, value: x}"),
        ("copy", "{op: copy, from: /l, path: /m/-}"),
        ("copy-into-itself", "{op: copy, from: /l, path: /l/-}"),
        ("copy-remove", "{op: copy, from: /l, path: /n},{op: remove, path: /n}"),
        ("move-back-and-forth", "{op: move, from: /l, path: /o},{op: move, from: /o, path: /l}"),
        ("replace-all", "{op: replace, path: /l, value: [x]}"),
        ("test-all", "{op: test, path: /l, value: [x]}"),
    ];
    let mut inputs = Vec::new();
    for (what, operation) in operations {
        for count in [30, 20_000] {
            inputs.push(build(format!("json-{what}-{count}"), Settled, move || {
                let list = vec!["x"; 20_000].join(",");
                let object =
                    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\nm: []\nl: [{list}]\n");
                let patch = vec![operation; count].join(",");
                over(format!("patches: [{{target: {{kind: ConfigMap}}, patch: \"[{patch}]\"}}]\n"), object)
            }));
        }
    }
    for count in [2_000, 20_000] {
        inputs.push(build(format!("merge-lists-{count}"), Settled, move || {
            let list = |from: usize| {
                (0..count).map(|n| format!("{{name: c{}}}", from + n)).collect::<Vec<_>>().join(",")
            };
            let pod = |from: usize| {
                format!(
                    "{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {{containers: [{}]}}}}",
                    list(from)
                )
            };
            over(format!("patches: [{{patch: \"{}\"}}]\n", pod(count / 2)), pod(0))
        }));
        inputs.push(build(format!("embedded-text-{count}"), Settled, move || {
            let embedded = format!("{{{}}}", (0..count).map(|n| format!("k{n}: v")).collect::<Vec<_>>().join(", "));
            let object = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{t: '{embedded}', k: v}}\n");
            let paths: Vec<_> = (0..count).map(|n| format!("data.t.k{n}")).collect();
            over(format!("replacements: [{{source: {{kind: ConfigMap, fieldPath: data.k}}, targets: [{{select: {{kind: ConfigMap}}, fieldPaths: [{}]}}]}}]\n", paths.join(", ")), object)
        }));
        inputs.push(build(format!("generators-{count}"), Settled, move || {
            let mut text = "configMapGenerator:\n".to_owned();
            (0..count)
                .for_each(|number| line(&mut text, format_args!("- {{name: g{number}, files: [big.txt]}}")));
            files([(FILE, text), ("big.txt", "x".repeat(200_000))])
        }));
    }
    for (length, objects) in [(20_000_000, 1_000), (1_000_000, 5_000)] {
        inputs.push(build(format!("replacement-of-{length}-to-{objects}"), Settled, move || {
            let big = format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: big}}\ndata: {{v: {}}}\n", "v".repeat(length));
            let target = "{select: {kind: ConfigMap}, fieldPaths: [data.v], options: {create: true}}";
            over(format!("replacements: [{{source: {{kind: ConfigMap, name: big, fieldPath: data.v}}, targets: [{target}]}}]\n"), maps(objects) + &big)
        }));
    }
    inputs
}

/// Paths that leave the folder, and programs.
fn paths() -> Vec<Input> {
    let mut inputs = Vec::new();
    for (number, path) in [
        "../../../../etc/passwd",
        "/etc/passwd",
        "..",
        "/",
        "file:///etc/passwd",
        "http://127.0.0.1:1/a.yaml",
        "https://169.254.169.254/a",
        "git@127.0.0.1:a/b",
        "ssh://127.0.0.1/a",
        "github.com/a/b?ref=--upload-pack=x",
        "git::http://127.0.0.1:1/a",
        "\\\\\\\\host\\\\share",
        "./a/../../b",
        "a\\0b",
    ]
    .into_iter()
    .enumerate()
    {
        for (what, form) in [
            ("resource", "resources: [\"{P}\"]"),
            ("component", "components: [\"{P}\"]"),
            ("patch", "patches: [{path: \"{P}\"}]"),
            ("generator", "configMapGenerator: [{name: a, files: [\"{P}\"], envs: [\"{P}\"]}]"),
            ("configuration", "configurations: [\"{P}\"]"),
        ] {
            inputs.push(build(format!("{what}-at-path-{number}"), Refused, move || {
                over(form.replace("{P}", path), maps(1))
                    .into_iter()
                    .filter(|(name, _)| name == FILE)
                    .map(|(name, text)| {
                        (
                            name,
                            String::from_utf8_lossy(&text)
                                .replace("resources: [objects.yaml]\n", "")
                                .into_bytes(),
                        )
                    })
                    .collect()
            }));
        }
    }
    inputs
}

/// Mistakes beside secrets: the words about them must not quote these.
fn secrets() -> Vec<Input> {
    let forms = [
        ("literal-without-equals", "secretGenerator: [{name: a, literals: [{S}]}]"),
        ("literal-twice", "secretGenerator: [{name: a, literals: [\"k={S}\", \"k={S}\"]}]"),
        ("literal-with-bad-key", "secretGenerator: [{name: a, literals: [\"{S} /=x\"]}]"),
        ("generator-of-list", "secretGenerator: [{name: a, literals: {k: {S}}}]"),
        ("patch-of-text", "patches: [{patch: \"{S}\"}]"),
        ("patch-of-bad-json", "patches: [{patch: \"[{op: nope, path: /{S}}]\"}]"),
        ("patch-without-name", "patches: [{patch: \"{kind: Secret, stringData: {k: {S}}}\"}]"),
        (
            "patch-of-nobody",
            "patches: [{patch: \"{apiVersion: v1, kind: Secret, metadata: {name: gone}, stringData: {k: {S}}}\"}]",
        ),
        ("patch-of-broken-yaml", "patches: [{patch: \"{apiVersion: v1, kind: Secret, data: {k: {S}\"}]"),
        ("patch-with-strategy", "patches: [{target: {kind: ConfigMap}, patch: \"{data: {$patch: {S}}}\"}]"),
        (
            "inline-transformer",
            "transformers: [\"{apiVersion: builtin, kind: PatchTransformer, metadata: {name: a}, patch: {S}, zz: 1}\"]",
        ),
        (
            "inline-generator",
            "generators: [\"{apiVersion: builtin, kind: SecretGenerator, metadata: {name: a}, literals: [{S}]}\"]",
        ),
        ("inline-resource", "resources: [\"{apiVersion: v1, kind: Secret, stringData: {k: {S}}}\"]"),
        ("unknown-field", "secretGenerator: [{name: a, {S}: b}]"),
        (
            "merge-of-two",
            "patchesStrategicMerge: [\"{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {k: {S}}}\\n---\\nx: {S}\"]",
        ),
        (
            "replacement-index",
            "replacements: [{source: {kind: ConfigMap, name: m0, fieldPath: data.k, options: {delimiter: a, index: 9}}, targets: [{select: {name: \"{S}\"}, fieldPaths: [\"a.[b={S}].c\"]}]}]",
        ),
        (
            "test-operation",
            "patches: [{target: {kind: ConfigMap}, patch: \"[{op: test, path: /data/k, value: {S}}]\"}]",
        ),
        ("bad-expression", "patches: [{target: {name: \"({S}\"}, patch: \"[]\"}]"),
        ("bad-selector", "patches: [{target: {labelSelector: \"a in ({S}\"}, patch: \"[]\"}]"),
        ("vars", "vars: [{name: A, objref: {kind: {S}, name: {S}}}]"),
    ];
    let mut inputs = Vec::new();
    for (what, form) in forms {
        for (place, in_spec) in [("file", false), ("spec", true)] {
            if in_spec && !form.starts_with("patches:") {
                continue;
            }
            inputs.push(Input::new(
                Family::Build,
                format!("secret-in-{what}-of-{place}"),
                Settled,
                move |canaries| {
                    let text = form.replace("{S}", &canaries.issue("a secret in a build"));
                    let spec = if in_spec {
                        let parsed =
                            manifest::yaml::read_all(&text, manifest::yaml::Dialect::V2).unwrap_or_default();
                        parsed.into_iter().next().unwrap_or_else(|| json!({}))
                    } else {
                        json!({})
                    };
                    let own = if in_spec { String::new() } else { text };
                    let kustomization = if own.starts_with("resources") {
                        own
                    } else {
                        format!("resources: [o.yaml]\n{own}\n")
                    };
                    Matter::Build(Build {
                        files: files([(FILE, kustomization), ("o.yaml", maps(1))]),
                        spec,
                        ..Build::default()
                    })
                },
            ));
        }
    }
    inputs
}
