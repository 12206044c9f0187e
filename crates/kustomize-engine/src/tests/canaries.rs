//! No error of a build shows a value: whatever is wrong, it may stand in a Secret or beside one.

use crate::{Files, Mode, Options, build};

const CANARY: &str = "hunter2";
const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, annotations: {note: hunter2}}\nstringData: {pin: hunter2}\n";

/// The error of a build, which must not show the value.
#[track_caller]
fn refused(top: &str, more: &[(&str, &str)]) -> String {
    let mut files = vec![("kustomization.yaml", top), ("s.yaml", SECRET)];
    files.extend(more);
    let tree: Files = files.iter().map(|(path, text)| (*path, text.as_bytes().to_vec())).collect();
    let mut shown = String::new();
    for mode in [Mode::Cli, Mode::Flux] {
        let error = build(&tree, "", &Options { mode, ..Options::default() }).expect_err(top).to_string();
        assert!(!error.contains(CANARY), "{error}");
        shown = error;
    }
    shown
}

#[test]
fn patches() {
    let head = "resources: [s.yaml]\n";
    for field in [
        "patches: [{patch: 'stringData: {pin: hunter2'}]",
        "patches: [{patch: 'a: [hunter2'}]",
        "patches: [{patch: 'stringData: {pin: hunter2}'}]",
        "patches: [{patch: 'stringData: {pin: hunter2}', path: s.yaml}]",
        "patches: [{target: {kind: Secret}, options: {allowNameChange: true}}]",
        "patches: [{target: {kind: Secret}, patch: '[{\"op\": \"add\", \"path\": \"/a/b/c\", \"value\": \"hunter2\"}]'}]",
        "patches: [{target: {kind: Secret}, patch: '[{\"op\": \"test\", \"path\": \"/stringData/pin\", \"value\": \"x-hunter2\"}]'}]",
        "patches: [{target: {kind: Secret}, patch: '[{\"op\": \"hunter2\", \"path\": \"/a\"}]'}]",
        "patches: [{patch: '[{\"op\": \"add\", \"path\": \"/a\", \"value\": \"hunter2\"}]'}]",
        "patches: [{target: {kind: Secret}, patch: '{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {$patch: hunter2}}'}]",
        "patches: [{target: {kind: Secret}, patch: \"apiVersion: v1\\nkind: Secret\\nmetadata: {name: s}\\nstringData: {pin: hunter2}\\n---\\napiVersion: v1\\nkind: Secret\\nmetadata: {name: t}\\n\"}]",
        "patchesStrategicMerge: ['stringData: {pin: hunter2}']",
        "patchesStrategicMerge: [\"apiVersion: v1\\nkind: Secret\\nmetadata: {name: other}\\nstringData: {pin: hunter2\\n\"]",
        "patchesJson6902: [{target: {version: v1, kind: Secret, name: s}, patch: 'a: hunter2'}]",
        "patchesJson6902: [{target: {version: v1, kind: Secret, name: s}, patch: '[{\"op\": hunter2}]'}]",
    ] {
        refused(&format!("{head}{field}\n"), &[]);
    }
    let shown = refused(&format!("{head}patches: [{{patch: 'a: [hunter2'}}]\n"), &[]);
    assert!(shown.contains("patches[0]"), "{shown}");
}

#[test]
fn generators_resources_and_replacements() {
    for top in [
        "secretGenerator: [{name: g, literals: [hunter2]}]\n",
        "secretGenerator: [{name: g, literals: ['=hunter2']}]\n",
        "secretGenerator: [{name: g, literals: [a=1, a=hunter2]}]\n",
        "resources: [\"apiVersion: v1\\nkind: Secret\\nmetadata: {name: s}\\nstringData: {pin: hunter2}\\n\"]\n",
        "resources: ['{kind: Secret, stringData: {pin: hunter2}}']\n",
        "resources: ['https://user:hunter2@example.com/r.yaml']\n",
        "resources: ['https://example.com/r.yaml?token=hunter2']\n",
        "generators: [\"apiVersion: builtin\\nkind: Nope\\nmetadata: {name: g}\\nliterals: [hunter2]\\n\"]\n",
        "transformers: [\"kind: PatchTransformer\\npatch: hunter2\\n\"]\n",
        "resources: [s.yaml]\nreplacements: [{source: {kind: Secret, fieldPath: stringData.pin, options: {delimiter: ':', index: 9}}, targets: [{select: {kind: Secret}, fieldPaths: [stringData.x]}]}]\n",
        "resources: [s.yaml]\nreplacements: [{source: {kind: Secret, fieldPath: stringData.pin}, targets: [{select: {kind: Secret}, fieldPaths: [stringData.x]}]}]\n",
        "resources: [s.yaml]\nreplacements: [{sourceValue: hunter2, targets: [{select: {kind: Secret}, fieldPaths: [nope.x]}]}]\n",
    ] {
        refused(top, &[]);
    }
    for file in [
        "apiVersion: v1\nkind: Secret\nmetadata: {annotations: {a: hunter2}}\nstringData: {pin: hunter2}\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {pin: *hunter2}\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {pin: !!int hunter2}\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: s}\ndata: {pin: !!int hunter2}\n",
        "a: b\n--- hunter2\nc: d\n",
    ] {
        refused("resources: [f.yaml]\n", &[("f.yaml", file)]);
    }
}
