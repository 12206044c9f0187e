//! The stories.

use serde_json::{Value, json};

use super::lives;

/// One story.
pub(super) struct Story {
    pub(super) name: &'static str,
    pub(super) flags: &'static [&'static str],
    /// There before the controller starts.
    pub(super) objects: Vec<Value>,
    pub(super) steps: Vec<Step>,
    /// Parts of differences that are meant.
    pub(super) on_purpose: Vec<&'static str>,
}

/// What happens, before something is looked at.
#[derive(Default)]
pub(super) struct Step {
    pub(super) objects: Vec<Value>,
    pub(super) files: Option<String>,
    /// Over the fields of the steps before.
    pub(super) spec: Option<Value>,
    /// The Kustomization is deleted.
    pub(super) deletion: bool,
}

/// Ours differs so in every story, on purpose: values of ConfigMaps and patches are not quoted, and structs that Go cannot
/// leave out are not applied.
const ALWAYS: [&str; 4] = ["valueUnstructured", "***", "unable to parse SM or JSON patch", "f:strategy"];

pub(super) fn story(name: &'static str, spec: Value, files: impl Into<String>) -> Story {
    let mut spec = spec;
    // Null stands for none.
    if spec.get("targetNamespace").is_none() {
        spec["targetNamespace"] = "@NS@".into();
    }
    let step = Step { files: Some(files.into()), spec: Some(spec), ..Step::default() };
    Story { name, flags: &[], objects: Vec::new(), steps: vec![step], on_purpose: ALWAYS.to_vec() }
}

impl Story {
    pub(super) fn with(mut self, object: Value) -> Self {
        self.objects.push(object);
        self
    }

    /// Differences with these words are meant.
    pub(super) fn but(mut self, words: &[&'static str]) -> Self {
        self.on_purpose.extend_from_slice(words);
        self
    }

    pub(super) fn then(mut self, files: impl Into<String>) -> Self {
        self.steps.push(Step { files: Some(files.into()), ..Step::default() });
        self
    }

    /// Other fields of the spec.
    pub(super) fn respec(mut self, fields: Value) -> Self {
        self.steps.push(Step { spec: Some(fields), ..Step::default() });
        self
    }

    /// The Kustomization goes.
    pub(super) fn deleted(mut self) -> Self {
        self.steps.push(Step { deletion: true, ..Step::default() });
        self
    }

    /// The controller has these flags.
    pub(super) const fn flagged(mut self, flags: &'static [&'static str]) -> Self {
        self.flags = flags;
        self
    }
}

pub(super) fn map(name: &str, data: &str) -> String {
    format!("-- {name}.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {data}\n")
}

pub(super) fn secret(name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data})
}

macro_rules! vector {
    ($name:literal) => {
        include_str!(concat!("../../../../../crates/sops/tests/vectors/", $name))
    };
}

fn encrypted(name: &'static str, files: String) -> Story {
    let keys = json!({"a.agekey": vector!("keys/one.agekey"), "b.asc": vector!("keys/curve.asc")});
    story(name, json!({"decryption": {"provider": "sops", "secretRef": {"name": "keys"}}}), files)
        .with(secret("keys", keys))
}

fn immutable(value: &str) -> String {
    format!(
        "-- a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\nimmutable: true\ndata: {{k: {value}}}\n"
    )
}

fn cluster(reference: &Value) -> Value {
    json!({"kubeConfig": reference})
}

const FILES: &str = "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
    contexts: [{name: c, context: {cluster: c, user: u}}]\n\
    clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1', certificate-authority: /etc/ca}}]\n\
    users: [{name: u, user: {token: t}}]\n";

/// All.
pub(super) fn stories() -> Vec<Story> {
    [
        plain(),
        decryption(),
        other(),
        lives::ownership(),
        lives::content(),
        lives::health(),
        lives::references(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn plain() -> Vec<Story> {
    vec![
        story("plain", json!({}), map("a", "{k: v}") + &map("b", "{k: v}")).then(map("a", "{k: w}")),
        story("wait", json!({"wait": true}), map("a", "{k: v}")),
        story("wait for nothing", json!({"wait": true}), "-- README.md --\nnothing\n"),
        story("refused", json!({}), map("a", "{k: 1}")),
        story("refused twice", json!({}), map("a", "{k: 1}") + &map("b", "[1]")).but(&["expected map, got"]),
        story("half refused", json!({}), map("a", "{k: v}"))
            .then(map("a", "{k: w}") + &map("b", "{k: true}")),
        story("no such path", json!({"path": "./nowhere"}), map("a", "{k: v}")),
        story("a path that is a file", json!({"path": "./a.yaml"}), map("a", "{k: v}"))
            .but(&["not a directory"]),
        story("bad yaml", json!({}), "-- a.yaml --\na: b: c\n"),
        story("no such resource", json!({}), "-- kustomization.yaml --\nresources: [gone.yaml]\n"),
        story(
            "no such kind",
            json!({}),
            "-- a.yaml --\napiVersion: nope.example.com/v1\nkind: Widget\nmetadata: {name: w}\n",
        ),
        story(
            "commonMetadata",
            json!({"commonMetadata": {"labels": {"l": "1"}, "annotations": {"a": "2"}}}),
            map("a", "{k: v}"),
        ),
        story(
            "prefix and patches",
            json!({"namePrefix": "p-", "nameSuffix": "-s", "patches": [{"patch": "- {op: add, path: /data/x, value: y}",
            "target": {"kind": "ConfigMap"}}]}),
            map("a", "{k: v}"),
        ),
        story(
            "bad patch",
            json!({"patches": [{"patch": "[{op: add}]", "target": {"kind": "ConfigMap"}}]}),
            map("a", "{k: v}"),
        ),
        story(
            "health check without namespace",
            json!({"healthChecks": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "a"}]}),
            map("a", "{k: v}"),
        ),
        story(
            "bad healthCheckExprs",
            json!({"wait": true, "healthCheckExprs": [{"apiVersion": "v1", "kind": "ConfigMap", "current": "data.k =="}]}),
            map("a", "{k: v}"),
        ),
        story(
            "healthCheckExprs",
            json!({"wait": true, "healthCheckExprs": [{"apiVersion": "v1", "kind": "ConfigMap", "current": "data.k == 'v'"}]}),
            map("a", "{k: v}"),
        ),
        story("no dependency", json!({"dependsOn": [{"name": "gone"}]}), map("a", "{k: v}")),
        story(
            "variables",
            json!({"postBuild": {"substitute": {"v": "1", "w": "text"}}}),
            map("a", "{k: 'x${v}', l: '${w}', m: '${w:0:2}'}"),
        ),
        story(
            "variables of another type",
            json!({"postBuild": {"substitute": {"v": "1"}}}),
            map("a", "{k: '${v}'}"),
        ),
        story("no such variable", json!({"postBuild": {"substitute": {"v": "1"}}}), map("a", "{k: '${x}'}")),
        story(
            "a label that becomes a number",
            json!({"postBuild": {"substitute": {"v": "1"}}}),
            "-- a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {l: '${v}', m: x}}\n",
        )
        .but(&["object ConfigMap/a"]),
        story(
            "no such variable source",
            json!({"postBuild": {"substituteFrom": [{"kind": "ConfigMap", "name": "gone"}]}}),
            map("a", "{k: '${x}'}"),
        ),
        story("no account", json!({"serviceAccountName": "gone"}), map("a", "{k: v}")),
        story("another namespace", json!({"targetNamespace": "gone-elsewhere"}), map("a", "{k: v}")),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn decryption() -> Vec<Story> {
    let file = |name: &str, content: &str| format!("-- {name} --\n{content}");
    let sops = vector!("manifests/secret.yaml");
    vec![
        encrypted("sops secret", file("a.yaml", sops)),
        encrypted("sops configmap", file("a.yaml", vector!("manifests/config-map.yaml"))),
        encrypted(
            "sops several",
            file("a.yaml", vector!("manifests/multi.yaml")) + &file("b.yaml", vector!("manifests/pgp.yaml")),
        ),
        encrypted("sops apart", file("a.yaml", vector!("manifests/apart.yaml"))),
        encrypted("sops comment", file("a.yaml", vector!("manifests/comment.yaml")))
            .but(&["object Secret/commented"]),
        encrypted(
            "sops generator",
            file(
                "kustomization.yaml",
                "generatorOptions: {disableNameSuffixHash: true}\nsecretGenerator:\n- {name: s, envs: [app.env], files: [app.json, app.ini, b=app.bin, app.yaml]}\n",
            ) + &file("app.env", vector!("manifests/app.env"))
                + &file("app.json", vector!("manifests/app.json"))
                + &file("app.ini", vector!("manifests/app.ini"))
                + &file("app.bin", vector!("manifests/app.bin"))
                + &file("app.yaml", vector!("encrypted/all.yaml")),
        ),
        encrypted(
            "sops generator without a file",
            file("kustomization.yaml", "secretGenerator:\n- {name: s, envs: [gone.env]}\n"),
        ),
        encrypted(
            "sops garbled",
            file("a.yaml", &sops.replace("ENC[AES256_GCM,data:t", "ENC[AES256_GCM,data:A")),
        ),
        encrypted(
            "sops wrong type",
            file(
                "kustomization.yaml",
                "generatorOptions: {disableNameSuffixHash: true}\nsecretGenerator:\n- {name: s, files: [env=app.bin]}\n",
            ) + &file("app.bin", vector!("manifests/app.env")),
        ),
        encrypted("sops whole", file("a.yaml", vector!("encrypted/secret.yaml"))),
        encrypted(
            "sops disabled",
            file(
                "a.yaml",
                &sops.replace(
                    "    name: login\n",
                    "    name: login\n    annotations: {kustomize.toolkit.fluxcd.io/decrypt: Disabled}\n",
                ),
            ),
        )
        .but(&["UndeclaredField"]),
        encrypted(
            "sops without mac",
            file(
                "a.yaml",
                &sops
                    .lines()
                    .filter(|line| !line.trim_start().starts_with("mac:"))
                    .collect::<Vec<_>>()
                    .join("\n"),
            ),
        )
        .but(&[""]),
        encrypted(
            "sops shares",
            file("kustomization.yaml", "secretGenerator:\n- {name: s, files: [a.yaml]}\n")
                + &file("a.yaml", vector!("encrypted/shares.yaml")),
        ),
        encrypted(
            "sops patch",
            file("kustomization.yaml", "resources: [s.yaml]\npatches: [{path: patch.yaml}]\n")
                + "-- s.yaml --\napiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {user: me}\n"
                + &file("patch.yaml", vector!("manifests/patch.yaml")),
        ),
        story("sops without decryption", json!({}), file("a.yaml", sops)).but(&[""]),
        story(
            "sops without secret",
            json!({"decryption": {"provider": "sops", "secretRef": {"name": "gone"}}}),
            file("a.yaml", sops),
        ),
        story(
            "sops wrong key",
            json!({"decryption": {"provider": "sops", "secretRef": {"name": "keys"}}}),
            file("a.yaml", sops),
        )
        .with(secret("keys", json!({"a.agekey": vector!("keys/two.agekey")}))),
        story(
            "sops bad key",
            json!({"decryption": {"provider": "sops", "secretRef": {"name": "keys"}}}),
            map("a", "{k: v}"),
        )
        .with(secret("keys", json!({"a.agekey": "no key"}))),
    ]
}

fn other() -> Vec<Story> {
    vec![
        story("ignored field", json!({"ignore": [{"paths": ["/data/k"]}]}), map("a", "{k: v, l: v}"))
            .then(map("a", "{k: w, l: w}")),
        story(
            "ignored by no selector",
            json!({"ignore": [{"paths": ["/data/k"], "target": {"name": "[)$"}}]}),
            map("a", "{k: v}"),
        ),
        story("forced", json!({"force": true}), immutable("v")).then(immutable("w")),
        story("not forced", json!({}), immutable("v")).then(immutable("w")),
        story("no kubeconfig", cluster(&json!({"secretRef": {"name": "gone"}})), map("a", "{k: v}")),
        story("no key in the kubeconfig", cluster(&json!({"secretRef": {"name": "k"}})), map("a", "{k: v}"))
            .with(secret("k", json!({"other": "x"}))),
        story("another key", cluster(&json!({"secretRef": {"name": "k", "key": "mine"}})), map("a", "{k: v}"))
            .with(secret("k", json!({"value": "x"}))),
        story("kubeconfig with files", cluster(&json!({"secretRef": {"name": "k"}})), map("a", "{k: v}"))
            .with(secret("k", json!({"value": FILES}))),
        story("kubeconfig without server", cluster(&json!({"secretRef": {"name": "k"}})), map("a", "{k: v}"))
            .with(secret("k", json!({"value": "apiVersion: v1\nkind: Config\n"}))),
        story("no cluster map", cluster(&json!({"configMapRef": {"name": "gone"}})), map("a", "{k: v}")),
        story("no provider", cluster(&json!({"configMapRef": {"name": "c"}})), map("a", "{k: v}")).with(
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"address": "https://127.0.0.1:1"}}),
        ),
    ]
}
