//! What must hold for any kustomization, patch or replacement, whoever makes it up: libFuzzer in the targets beside this
//! file, a seeded generator in `tests/fuzz_seeded.rs`. No text is made here; the trees they are put into are.

use kustomize_engine::{Budget, Built, Cancel, Error, Files, Limits, Mode, Options, build};
use manifest::yaml::{Dialect, read_all};

/// Small enough that every build ends soon, and that crafted ones exceed them.
const LIMITS: Limits =
    Limits { depth: 8, files: 200, bytes: 1 << 18, objects: 200, steps: 2_000_000, weight: 32 << 20 };

const OBJECTS: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
  annotations:
    note: \"a: 1\\nb: [x, y]\\n\"
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: example/web:1.0
        args: [--a, \"--b=$(VALUE)\"]
        env:
        - {name: A, value: x}
        - name: B
          valueFrom: {configMapKeyRef: {name: settings, key: a}}
        ports:
        - containerPort: 80
      - name: side
        image: example/side@sha256:0123
      volumes:
      - name: v
        configMap: {name: settings}
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: other
spec:
  selector: {app: web}
  ports:
  - port: 80
    protocol: TCP
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  a: \"1\"
  file.yaml: |
    key: value
    list:
    - 1
---
apiVersion: example.com/v1
kind: Custom
metadata:
  name: custom
spec:
  list: [1, 2, {a: b}]
  'key/with.dots~': x
";

const BASE: &str =
    "namePrefix: base-\nresources: [object.yaml]\nconfigMapGenerator: [{name: made, literals: [a=1]}]\n";
const COMPONENT: &str = "\
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
labels: [{pairs: {part: component}}]
";

/// A kustomization file beside objects, a base, a component and files. What stands behind a line `%%` is the patch.
pub fn kustomization(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (top, patch) = text.split_once("\n%%\n").unwrap_or((text, ""));
    check(&[("app/kustomization.yaml", top), ("app/patch.yaml", patch)]);
}

/// A JSON patch, applied to every object and through the older field to one.
pub fn json_patch(data: &[u8]) {
    let Ok(patch) = std::str::from_utf8(data) else { return };
    let top = "resources: [objects.yaml]\npatches: [{path: patch.yaml, target: {kind: \".*\"}}]\n";
    check(&[("app/kustomization.yaml", top), ("app/patch.yaml", patch)]);
    let top = "\
resources: [objects.yaml]
patchesJson6902: [{path: patch.yaml, target: {group: apps, version: v1, kind: Deployment, name: web}}]
";
    check(&[("app/kustomization.yaml", top), ("app/patch.yaml", patch)]);
}

/// A strategic merge patch, by its own name and to every object with a label.
pub fn merge_patch(data: &[u8]) {
    let Ok(patch) = std::str::from_utf8(data) else { return };
    for field in
        ["patchesStrategicMerge: [patch.yaml]", "patches: [{path: patch.yaml, target: {labelSelector: app}}]"]
    {
        let top = format!("resources: [objects.yaml]\n{field}\n");
        check(&[("app/kustomization.yaml", &top), ("app/patch.yaml", patch)]);
    }
}

/// Replacements from a file.
pub fn replacements(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let top = "resources: [objects.yaml]\nreplacements: [{path: replacement.yaml}]\n";
    check(&[("app/kustomization.yaml", top), ("app/replacement.yaml", text)]);
}

/// A kustomization file with a budget that many exceed: what is held never goes beyond it, equal input costs the same, and
/// what is held at the end is what is returned.
pub fn budget(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (top, patch) = text.split_once("\n%%\n").unwrap_or((text, ""));
    let files = [("app/kustomization.yaml", top), ("app/patch.yaml", patch), ("app/objects.yaml", OBJECTS)];
    let tree: Files = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    for steps in [100, 1000, 10_000, 2_000_000] {
        let run = || {
            let limits = manifest::budget::Limits { steps, bytes: 1 << 20 };
            let budget = Budget::new(limits, Cancel::default());
            let options = Options { limits: LIMITS, budget: Some(budget.clone()), ..Options::default() };
            (build(&tree, "app", &options), budget.steps(), budget.held())
        };
        let (built, spent, held) = run();
        let (again, spent_again, _) = run();
        assert_eq!((shown(&built), spent), (shown(&again), spent_again), "another cost the second time");
        if let Ok(built) = built {
            assert!(spent <= steps, "{spent} steps");
            let weight: usize = built.objects.iter().map(kustomize_engine::weight).sum();
            assert_eq!(held, weight as u64, "held at the end");
        }
    }
}

/// A build never panics, says the same twice, keeps within its budgets, and writes what can be read again.
fn check(files: &[(&str, &str)]) {
    let fixed = [
        ("app/objects.yaml", OBJECTS),
        ("app/settings.env", "A=1\nB=two\n"),
        ("base/kustomization.yaml", BASE),
        ("base/object.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {a: b}\n"),
        ("component/kustomization.yaml", COMPONENT),
    ];
    let tree: Files = fixed.iter().chain(files).map(|(path, text)| (*path, text.as_bytes())).collect();
    for mode in [Mode::Cli, Mode::Flux] {
        let options = Options { mode, limits: LIMITS, ..Options::default() };
        let built = build(&tree, "app", &options);
        assert_eq!(shown(&built), shown(&build(&tree, "app", &options)), "another answer the second time");
        let Ok(built) = built else { continue };
        assert!(built.objects.len() <= LIMITS.objects, "{} objects", built.objects.len());
        let written = built.to_yaml();
        let read = read_all(&written, Dialect::V3);
        assert_eq!(read.as_deref(), Ok(built.objects.as_slice()), "read again from:\n{written}");
    }
}

fn shown(built: &Result<Built, Error>) -> String {
    match built {
        Ok(built) => built.to_yaml(),
        Err(error) => error.to_string(),
    }
}
