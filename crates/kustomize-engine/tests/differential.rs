//! Random trees built by both this crate and the real kustomize. Needs `KUSTOMIZE_BIN`; run by hand:
//! `KUSTOMIZE_BIN=kustomize SEEDS=0..2000 cargo test -p kustomize-engine --test differential -- --ignored`. A difference
//! leaves its tree in the directory that is printed; shrink it and keep it in `testdata`.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use kustomize_engine::{Files, Mode, Options, build};

/// A small generator of numbers, so that a seed always gives the same tree.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items[self.below(items.len())]
    }
}

const NAMES: &[&str] = &["web", "db", "cfg", "sec"];
const SCALARS: &[&str] = &[
    "x",
    "yes",
    "\"5\"",
    "5",
    "1.5",
    "true",
    "~",
    "\"\"",
    "'q'",
    "2024-01-01",
    "010",
    "\"a: b\"",
    "0x10",
    "1e3",
];
const KINDS: &[&str] =
    &["Deployment", "StatefulSet", "Pod", "Service", "ConfigMap", "Secret", "ServiceAccount", "Foo"];

struct Tree {
    random: Random,
    files: BTreeMap<String, String>,
    objects: Vec<(&'static str, String)>,
    count: usize,
}

impl Tree {
    fn new(seed: u64) -> Self {
        let mut tree =
            Self { random: Random::new(seed), files: BTreeMap::new(), objects: Vec::new(), count: 0 };
        let depth = tree.random.below(3);
        tree.kustomization("top", depth);
        tree
    }

    fn fresh(&mut self) -> usize {
        self.count += 1;
        self.count
    }

    fn container(&mut self, name: &str) -> String {
        let r = &mut self.random;
        let mut text = format!(
            "{{name: {name}, image: '{}'",
            r.pick(&["nginx", "nginx:1", "redis:6@sha256:ab", "my/app:v1"])
        );
        if r.chance(50) {
            let (a, b) = (r.pick(&["A", "B"]), r.pick(SCALARS));
            write!(text, ", env: [{{name: {a}, value: {b}}}, {{name: C}}]").unwrap();
        }
        if r.chance(40) {
            let protocol = r.pick(&["", ", protocol: TCP", ", protocol: UDP"]);
            let port = r.pick(&["80", "443", "\"80\""]);
            write!(text, ", ports: [{{containerPort: {port}{protocol}}}, {{containerPort: 53}}]").unwrap();
        }
        if r.chance(40) {
            write!(
                text,
                ", envFrom: [{{configMapRef: {{name: {}}}}}, {{secretRef: {{name: sec}}}}]",
                r.pick(NAMES)
            )
            .unwrap();
        }
        text + "}"
    }

    fn pod_spec(&mut self) -> String {
        let mut text = format!("{{containers: [{}, {}]", self.container("c1"), self.container("c2"));
        if self.random.chance(40) {
            let source =
                self.random.pick(&["configMap: {name: cfg}", "secret: {secretName: sec}", "emptyDir: "]);
            write!(text, ", volumes: [{{name: v1, {source}}}]").unwrap();
        }
        if self.random.chance(30) {
            write!(text, ", serviceAccountName: {}", self.random.pick(NAMES)).unwrap();
        }
        text + "}"
    }

    fn object(&mut self, kind: &str, name: &str, patch: bool) -> String {
        let mut text =
            format!("apiVersion: {}\nkind: {kind}\nmetadata:\n  name: {name}\n", api_version(kind));
        if self.random.chance(40) {
            let value =
                if patch { self.random.pick(&["q", "5", "null"]) } else { self.random.pick(&["x", "z"]) };
            writeln!(text, "  labels: {{app: {value}}}").unwrap();
        }
        if self.random.chance(30) {
            writeln!(text, "  annotations: {{an: {}, bn: x}}", self.random.pick(SCALARS)).unwrap();
        }
        let body = match kind {
            "Deployment" | "StatefulSet" => {
                let replicas = self.random.pick(&["", "replicas: 2, ", "replicas: \"3\", "]);
                format!("spec: {{{replicas}template: {{spec: {}}}}}\n", self.pod_spec())
            }
            "Pod" => format!("spec: {}\n", self.pod_spec()),
            "Service" => {
                let extra = self.random.pick(&["", ", protocol: TCP", ", targetPort: x"]);
                format!("spec: {{ports: [{{port: 80{extra}}}, {{port: 53, protocol: UDP}}]}}\n")
            }
            "ConfigMap" | "Secret" => {
                format!("data: {{k1: {}, k2: {}}}\n", self.random.pick(SCALARS), self.random.pick(SCALARS))
            }
            "Foo" => {
                let (a, b) = (self.random.pick(SCALARS), self.random.pick(SCALARS));
                format!("spec: {{a: {a}, l: [{b}], m: {{p: {b}, e: }}, containers: [{{image: nginx}}]}}\n")
            }
            _ => String::new(),
        };
        text + &body
    }

    fn kustomization(&mut self, directory: &str, depth: usize) {
        let mut resources = Vec::new();
        for _ in 0..=self.random.below(2) {
            if depth > 0 {
                let base = format!("d{}", self.fresh());
                self.kustomization(&base, depth - 1);
                resources.push(format!("../{base}"));
            }
        }
        let mut documents = Vec::new();
        for _ in 0..=self.random.below(4) {
            let kind = KINDS[self.random.below(KINDS.len())];
            let mut name = self.random.pick(NAMES).to_owned();
            if self.random.chance(85) {
                name = format!("{name}{}", self.fresh());
            }
            documents.push(self.object(kind, &name, false));
            self.objects.push((kind, name));
        }
        let file = format!("r{}.yaml", self.fresh());
        self.files.insert(format!("{directory}/{file}"), documents.join("---\n"));
        resources.insert(self.random.below(resources.len() + 1), file);
        let mut text = format!("resources: [{}]\n", resources.join(", "));
        for (percent, field) in [
            (30, "namePrefix: p-\n"),
            (20, "nameSuffix: -s\n"),
            (25, "namespace: n1\n"),
            (25, "commonLabels: {app: cl}\n"),
            (25, "labels: [{pairs: {app: l1}, includeTemplates: true}]\n"),
            (20, "commonAnnotations: {ca: v}\n"),
            (25, "images: [{name: nginx, newTag: v9}]\n"),
            (15, "images: [{name: redis, tagSuffix: -q}]\n"),
            (15, "secretGenerator: [{name: sec, literals: [p=q]}]\n"),
            (5, "buildMetadata: [originAnnotations, transformerAnnotations]\n"),
        ] {
            if self.random.chance(percent) {
                text.push_str(field);
            }
        }
        if self.random.chance(30) {
            let behavior = self.random.pick(&["create", "create", "merge", "replace"]);
            writeln!(
                text,
                "configMapGenerator: [{{name: cfg, behavior: {behavior}, literals: [k1=v, m=1]}}]"
            )
            .unwrap();
        }
        if self.random.chance(60) {
            self.patches(&mut text);
        }
        self.files.insert(format!("{directory}/kustomization.yaml"), text);
    }

    fn patches(&mut self, text: &mut String) {
        text.push_str("patches:\n");
        for _ in 0..=self.random.below(2) {
            let (kind, name) = self.objects[self.random.below(self.objects.len())].clone();
            let json = self.random.chance(40);
            let body = if json {
                self.random
                    .pick(&[
                        "- {op: add, path: /metadata/annotations/jp, value: v}\n",
                        "- {op: add, path: /spec, value: {added: 0644}}\n",
                        "- {op: replace, path: /metadata/name, value: renamed}\n",
                        "- {op: add, path: /top, value: [yes, 1.0, x]}\n",
                    ])
                    .to_owned()
            } else {
                self.object(kind, &name, true)
            };
            if json || self.random.chance(40) {
                write!(text, "- target: {{kind: {kind}, name: \"{name}.*\"}}\n  patch: |-\n").unwrap();
            } else {
                text.push_str("- patch: |-\n");
            }
            for line in body.lines() {
                writeln!(text, "    {line}").unwrap();
            }
        }
    }
}

fn api_version(kind: &str) -> &'static str {
    match kind {
        "Deployment" | "StatefulSet" => "apps/v1",
        "Foo" => "x.io/v1",
        _ => "v1",
    }
}

fn upstream(binary: &str, directory: &Path, flags: &[&str]) -> Result<String, String> {
    let output = Command::new(binary).arg("build").arg(directory.join("top")).args(flags).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

fn ours(files: &BTreeMap<String, String>, mode: Mode) -> Result<String, String> {
    let tree: Files = files.iter().map(|(path, text)| (path.as_str(), text.as_bytes().to_vec())).collect();
    build(&tree, "top", &Options { mode, ..Options::default() })
        .map(|built| built.to_yaml())
        .map_err(|error| error.to_string())
}

#[test]
fn random_trees_never_panic() {
    let built = (0..300).filter(|seed| ours(&Tree::new(*seed).files, Mode::Flux).is_ok()).count();
    assert!(built > 100, "only {built} of 300 trees build");
}

#[test]
#[ignore = "needs KUSTOMIZE_BIN"]
fn random_trees_equal_upstream() {
    let binary = std::env::var("KUSTOMIZE_BIN").unwrap();
    let seeds = std::env::var("SEEDS").unwrap_or_else(|_| "0..500".to_owned());
    let (from, to) = seeds.split_once("..").unwrap();
    let (from, to): (u64, u64) = (from.parse().unwrap(), to.parse().unwrap());
    let (mut built, mut different) = (0, Vec::new());
    for seed in from..to {
        let files = Tree::new(seed).files;
        let directory = std::env::temp_dir().join(format!("kustomize-differential-{seed}"));
        for (path, text) in &files {
            let path = directory.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let flux = ["--reorder", "none", "--load-restrictor", "LoadRestrictionsNone"];
        let mut same = true;
        for (mode, flags) in [(Mode::Cli, &[][..]), (Mode::Flux, &flux)] {
            match (upstream(&binary, &directory, flags), ours(&files, mode)) {
                (Ok(a), Ok(b)) => {
                    built += 1;
                    same &= a == b;
                }
                (Err(_), Err(_)) => {}
                (a, b) => {
                    eprintln!("{seed} {mode:?}: upstream {:?}, ours {:?}", a.err(), b.err());
                    same = false;
                }
            }
        }
        if same {
            std::fs::remove_dir_all(&directory).unwrap();
        } else {
            eprintln!("different: {}", directory.display());
            different.push(seed);
        }
    }
    eprintln!("{built} builds compared");
    assert!(different.is_empty(), "different seeds: {different:?}");
}
