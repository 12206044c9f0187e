//! Stories of what becomes of objects: found, kept, changed, pruned and deleted; of health, of references and of flags.

use serde_json::{Value, json};

use super::table::{Story, map, secret, story};

fn annotated(name: &str, key: &str, value: &str, data: &str) -> String {
    format!(
        "-- {name}.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  annotations: {{kustomize.toolkit.fluxcd.io/{key}: {value}}}\ndata: {data}\n"
    )
}

/// A ConfigMap that somebody made before.
fn found(data: Value, annotations: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "annotations": annotations}, "data": data})
}

fn deployment(more: &str) -> String {
    format!(
        "-- web.yaml --\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: 1\n{more}  \
         selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      \
         containers: [{{name: main, image: \"example.com/web:1\"}}]\n"
    )
}

pub(super) fn ownership() -> Vec<Story> {
    let two = || map("a", "{k: v}") + &map("b", "{k: v}");
    let one = || map("a", "{k: v}");
    vec![
        story("pruned", json!({}), two()).then(one()),
        story("not pruned", json!({"prune": false}), two()).then(one()),
        story(
            "pruned but for a disabled one",
            json!({}),
            one() + &annotated("b", "prune", "disabled", "{k: v}"),
        )
        .then(one()),
        story("prune switched off", json!({}), two()).respec(json!({"prune": false})).then(one()),
        story("emptied", json!({}), two()).then("-- README.md --\nnothing\n"),
        story("reconcile disabled", json!({}), annotated("a", "reconcile", "disabled", "{k: v}")),
        story("reconcile disabled on a live one", json!({}), one())
            .with(found(json!({"k": "w"}), json!({"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}))),
        story("found", json!({}), one()).with(found(json!({"k": "w", "l": "w"}), json!({"x": "y"}))),
        story("ssa merge", json!({}), annotated("a", "ssa", "Merge", "{k: v}"))
            .with(found(json!({"k": "w", "l": "w"}), json!({}))),
        story("ssa if not present", json!({}), annotated("a", "ssa", "IfNotPresent", "{k: v}"))
            .then(annotated("a", "ssa", "IfNotPresent", "{k: w}")),
        story("ssa ignore", json!({}), annotated("a", "ssa", "Ignore", "{k: v}")),
        story("ssa nonsense", json!({}), annotated("a", "ssa", "Whatever", "{k: v}")),
        story("force by annotation", json!({}), forced("v")).then(forced("w")),
        story("deleted", json!({}), two()).deleted(),
        story("deleted without prune", json!({"prune": false}), two()).deleted(),
        story("deleted with orphans", json!({"deletionPolicy": "Orphan"}), two()).deleted(),
        story("deleted whatever prune says", json!({"prune": false, "deletionPolicy": "Delete"}), two())
            .deleted(),
        story("deleted and waited for", json!({"deletionPolicy": "WaitForTermination"}), two()).deleted(),
        story("deleted while suspended", json!({}), two()).respec(json!({"suspend": true})).deleted(),
        story("deleted while it failed", json!({}), map("a", "{k: v}") + &map("b", "{k: [1]}"))
            .but(&["expected"])
            .deleted(),
    ]
}

fn forced(value: &str) -> String {
    format!(
        "-- a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, annotations: {{kustomize.toolkit.fluxcd.io/force: enabled}}}}\nimmutable: true\ndata: {{k: {value}}}\n"
    )
}

pub(super) fn content() -> Vec<Story> {
    let folder = |kustomization: &str| format!("-- kustomization.yaml --\n{kustomization}");
    vec![
        story("generated", json!({}), folder("configMapGenerator: [{name: g, literals: [a=b]}]\n"))
            .then(folder("configMapGenerator: [{name: g, literals: [a=c]}]\n")),
        story("twice the same", json!({}), map("a", "{k: v}") + &map("a", "{k: w}").replace("-- a.yaml", "-- b.yaml")),
        story("no name", json!({}), "-- a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {}\n"),
        story("generateName", json!({}), "-- a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}\n"),
        story("no kind", json!({}), "-- a.yaml --\napiVersion: v1\nmetadata: {name: a}\n"),
        story("a list", json!({}), "-- a.yaml --\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: v}}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n"),
        story("two folders with kustomizations", json!({}), folder("resources: [a, b]\n") + "-- a/kustomization.yaml --\nresources: [x.yaml]\n-- a/x.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n-- b/kustomization.yaml --\nnamePrefix: b-\nresources: [../a]\n")
            ,
        story("components", json!({"components": ["../c"], "path": "./base"}), "-- base/kustomization.yaml --\nresources: [a.yaml]\n-- base/a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n-- c/kustomization.yaml --\napiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {c: d}\n"),
        story("no component", json!({"components": ["../gone"], "path": "./base"}), "-- base/kustomization.yaml --\nresources: [a.yaml]\n-- base/a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
        story("no component but that is fine", json!({"components": ["../gone"], "ignoreMissingComponents": true, "path": "./base"}), "-- base/kustomization.yaml --\nresources: [a.yaml]\n-- base/a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
        story("images", json!({"images": [{"name": "example.com/web", "newName": "example.com/other", "newTag": "2"}]}), deployment("")),
        story("images by digest", json!({"images": [{"name": "example.com/web", "digest": "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"}]}), deployment("")),
        story("undeclared field", json!({}), deployment("  replica: 2\n")).but(&["UndeclaredField", "replica"]),
        story("unknown field in the kustomization", json!({}), folder("resource: [a.yaml]\n")),
        story("an empty kustomization", json!({}), folder("")),
        story("a namespace and what is in it", json!({"targetNamespace": null}), "-- a.yaml --\napiVersion: v1\nkind: Namespace\nmetadata: {name: '@NS@-inner'}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: '@NS@-inner'}\n")
        // The namespace's name is part of the revision; and Flux applies an empty `spec`.
        .but(&["main@sha1", "object Namespace"]),
        story("no namespace", json!({"targetNamespace": null}), "-- a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
        story("a definition and its object", json!({}), "-- a.yaml --\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: gears.story.example.com}\nspec:\n  group: story.example.com\n  scope: Namespaced\n  names: {plural: gears, singular: gear, kind: Gear}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}\n---\napiVersion: story.example.com/v1\nkind: Gear\nmetadata: {name: g}\nspec: {teeth: 12}\n")
            .but(&["gears.story.example.com"]),
        story("a secret", json!({}), "-- a.yaml --\napiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {k: v}\ndata: {b: aGk=}\n"),
        story("a bad secret", json!({}), "-- a.yaml --\napiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {b: '%%'}\n").but(&["illegal base64"]),
        story("a service and a role", json!({}), "-- a.yaml --\napiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 80}], selector: {a: b}}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules: [{apiGroups: [''], resources: [pods], verbs: [get]}]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: r}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}\nsubjects: [{kind: ServiceAccount, name: default}]\n").but(&["clusterIP"]),
        story("a name that is none", json!({}), "-- a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: A_b}\n"),
        story("yaml of one file twice", json!({}), "-- kustomization.yaml --\nresources: [a.yaml, a.yaml]\n-- a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
        story("a tab", json!({}), "-- a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata:\n\tname: a\n"),
        story("strategic patch of nothing", json!({"patches": [{"patch": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: nobody}\ndata: {a: b}\n"}]}), map("a", "{k: v}")),
        story("a patch that deletes", json!({"patches": [{"patch": "$patch: delete\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"}]}), map("a", "{k: v}") + &map("b", "{k: v}")),
        story("a path of a spec that changes", json!({"path": "./x"}), "-- x/a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n-- y/b.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n")
            .respec(json!({"path": "./y"})),
        story("a path out of the artifact", json!({"path": "../../etc"}), map("a", "{k: v}")),
        story("a resource out of the artifact", json!({}), folder("resources: [../../../../etc/hostname]\n"))
            .but(&["etc/hostname"]),
        story("suspended and resumed", json!({}), map("a", "{k: v}")).respec(json!({"suspend": true})).respec(json!({"suspend": false})).then(map("a", "{k: w}")),
    ]
}

pub(super) fn health() -> Vec<Story> {
    let short = |mut spec: Value| {
        spec["timeout"] = json!("3s");
        spec["retryInterval"] = json!("1h");
        spec
    };
    let job = "-- j.yaml --\napiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec:\n  backoffLimit: 0\n  template:\n    spec:\n      restartPolicy: Never\n      containers: [{name: main, image: 'example.com/a:1'}]\n";
    let check = |kind: &str, api: &str, name: &str| json!({"healthChecks": [{"apiVersion": api, "kind": kind, "name": name, "namespace": "@NS@"}]});
    vec![
        story("a health check of what is not there", short(check("Deployment", "apps/v1", "gone")), map("a", "{k: v}")),
        story("a health check of no kind", short(check("Widget", "nope.example.com/v1", "gone")), map("a", "{k: v}")),
        story("a health check of a map", short(check("ConfigMap", "v1", "a")), map("a", "{k: v}")),
        story("an expression that fails", short(json!({"wait": true, "healthCheckExprs": [{"apiVersion": "v1", "kind": "ConfigMap", "current": "data.k == 'x'", "failed": "data.k == 'v'"}]})), map("a", "{k: v}")),
        story("an expression that waits", short(json!({"wait": true, "healthCheckExprs": [{"apiVersion": "v1", "kind": "ConfigMap", "current": "data.k == 'x'"}]})), map("a", "{k: v}")),
        story("an expression of what is not there", short(json!({"wait": true, "healthCheckExprs": [{"apiVersion": "v1", "kind": "ConfigMap", "current": "status.x == 'x'"}]})), map("a", "{k: v}"))
            // Flux tells of the failure a moment before it is part of the history.
            .but(&["status.history"]),
        story("a claim that is not bound", short(json!({"wait": true})), "-- c.yaml --\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: {accessModes: [ReadWriteOnce], storageClassName: none, resources: {requests: {storage: 1Gi}}}\n"),
        story("a service of type LoadBalancer", short(json!({"wait": true})), "-- s.yaml --\napiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {type: LoadBalancer, ports: [{port: 80}]}\n").but(&["clusterIP", "nodePort"]),
        story("a job", short(json!({"wait": true})), job).but(&["controller-uid", "batch.kubernetes.io"]),
        story("a definition that is waited for", json!({"wait": true}), "-- a.yaml --\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: wheels.story.example.com}\nspec:\n  group: story.example.com\n  scope: Namespaced\n  names: {plural: wheels, singular: wheel, kind: Wheel}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}\n").but(&["wheels.story.example.com"]),
    ]
}

pub(super) fn references() -> Vec<Story> {
    let one = || map("a", "{k: v}");
    let source = |reference: Value| json!({"sourceRef": reference});
    vec![
        story("no source", source(json!({"kind": "GitRepository", "name": "gone"})), one()),
        story("no source elsewhere", source(json!({"kind": "GitRepository", "name": "gone", "namespace": "nowhere"})), one())
            .but(&["unknown namespace for the cache"]),
        story("no source of another kind", source(json!({"kind": "Bucket", "name": "gone"})), one()),
        story("a source elsewhere that is refused", source(json!({"kind": "GitRepository", "name": "gone", "namespace": "nowhere"})), one())
            .flagged(&["--no-cross-namespace-refs=true"]),
        story("an account by default", json!({}), one()).flagged(&["--default-service-account=gone"]),
        story("a dependency on itself", json!({"dependsOn": [{"name": "app"}]}), one()).but(&["cycle"]),
        story("a dependency elsewhere that is refused", json!({"dependsOn": [{"name": "x", "namespace": "nowhere"}]}), one())
            .flagged(&["--no-cross-namespace-refs=true"]),
        story("a base from elsewhere", json!({}), "-- kustomization.yaml --\nresources: ['https://127.0.0.1:1/repo?ref=main']\n")
            .but(&["remote resource", "connection refused"])
            .flagged(&["--no-remote-bases=true"]),
        story("strict without a variable", json!({"postBuild": {"substitute": {"v": "1"}}}), map("a", "{k: '${x}'}"))
            .flagged(&["--feature-gates=StrictPostBuildSubstitutions=true"])
            .but(&["variable"]),
        story("strict with a default", json!({"postBuild": {"substitute": {"v": "1"}}}), map("a", "{k: '${x:=d}', l: '${v}'}"))
            .flagged(&["--feature-gates=StrictPostBuildSubstitutions=true"]),
        story("variables of a secret", json!({"postBuild": {"substitute": {"v": "mine"}, "substituteFrom": [
            {"kind": "Secret", "name": "s"}, {"kind": "ConfigMap", "name": "c"}, {"kind": "ConfigMap", "name": "gone", "optional": true}]}}),
            map("a", "{k: '${v}', l: '${w}', m: '${x}'}"))
            .with(secret("s", json!({"v": "theirs", "w": "w1", "x": "x1"})))
            .with(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"x": "x2"}})),
        story("no variables in a disabled one", json!({"postBuild": {"substitute": {"v": "1"}}}), annotated("a", "substitute", "disabled", "{k: '${v}'}")),
        story("bad name of a variable", json!({"postBuild": {"substitute": {"1-x": "1"}}}), map("a", "{k: '${v}'}")),
        story("bad substitution", json!({"postBuild": {"substitute": {"v": "1"}}}), map("a", "{k: '${v'}")),
        story("functions", json!({"postBuild": {"substitute": {"v": "Hello"}}}), map("a", "{k: '${v^^}', l: '${v,,}', m: '${#v}', n: '${v/l/L}', o: '${v//l/L}', p: '${v#He}', q: '${v%lo}', r: '${v:1:2}', s: '${z:-d}', t: '$${v}'}")),
        story("no kubeconfig of a secret that is wrong", json!({"kubeConfig": {"secretRef": {"name": "k"}}}), one())
            .with(secret("k", json!({"value": "no yaml: ["}))),
        story("a kubeconfig that runs something", json!({"kubeConfig": {"secretRef": {"name": "k"}}}), one())
            .with(secret("k", json!({"value": "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\nusers: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: x}}}]\n"}))),
        story("a cluster that is away", json!({"kubeConfig": {"secretRef": {"name": "k"}}}), one())
            .with(secret("k", json!({"value": "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\nusers: [{name: u, user: {token: t}}]\n"}))),
    ]
}
