//! Random `configurations`, and built-in plugins as `generators`, `transformers` and `validators`.

use crate::level::{Fields, put, texts};
use crate::node::Node;
use crate::tree::Tree;

const CONFIGURATION: &str = "{?30 nameReference: [{kind: ConfigMap, version: v1, fieldSpecs: [{kind: Foo, path: spec/ref/name}]}, {kind: Secret, fieldSpecs: [{path: spec/secretName, kind: Foo}]}], ?25 varReference: [{path: spec/a, kind: Foo}, {path: data, kind: ConfigMap}, {path: spec/l/value}], ?20 images: [{path: spec/image, kind: Foo, create: (true|false)}, {path: \"spec/l[]/image\"}], ?15 namePrefix: [{path: spec/a, kind: Foo}], ?15 nameSuffix: [{path: spec/m/p, kind: Foo}], ?15 namespace: [{path: spec/namespace, kind: Foo, create: true}], ?15 commonLabels: [{path: spec/m/labels, kind: Foo, create: true}], ?10 labels: [{path: spec/m/labels2, kind: Foo, create: true}], ?10 templateLabels: [{path: spec/m/labels3, kind: Foo, create: true}], ?15 commonAnnotations: [{path: spec/anno, kind: Foo, create: true}], ?10 replicas: [{path: spec/count, kind: Foo, create: true}]}";

const TRANSFORMERS: &[(&str, &str)] = &[
    (
        "LabelTransformer",
        "{labels: {pl: (x|\"5\")}, fieldSpecs: [{path: metadata/labels, create: true}, ?40 {path: spec/selector, kind: Service}]}",
    ),
    (
        "AnnotationsTransformer",
        "{annotations: {pa: (x|\"true\")}, fieldSpecs: [{path: metadata/annotations, create: true}]}",
    ),
    (
        "NamespaceTransformer",
        "{metadata: {namespace: n3}, ?40 setRoleBindingSubjects: (none|allServiceAccounts|defaultOnly), ?30 unsetOnly: true, ?30 fieldSpecs: [{path: metadata/namespace, create: true}]}",
    ),
    (
        "PrefixTransformer",
        "{prefix: \"t-\", fieldSpecs: [{path: metadata/name, ?40 kind: (Deployment|Foo)}]}",
    ),
    ("SuffixTransformer", "{suffix: \"-u\", fieldSpecs: [{path: metadata/name}]}"),
    ("PrefixSuffixTransformer", "{prefix: \"t-\", suffix: \"-u\", fieldSpecs: [{path: metadata/name}]}"),
    (
        "ImageTagTransformer",
        "{imageTag: {name: nginx, newTag: (v9|\"9\")}, ?50 fieldSpecs: [{path: \"spec/template/spec/containers[]/image\"}]}",
    ),
    (
        "ReplicaCountTransformer",
        "{replica: {name: dep1, count: 7}, fieldSpecs: [{path: spec/replicas, create: true, kind: Deployment}]}",
    ),
    (
        "ValueAddTransformer",
        "{value: (added|\"5\"), targets: [{selector: {kind: (Deployment|Foo|ConfigMap)}, fieldPath: (metadata/annotations/va|spec/va/x)}]}",
    ),
    (
        "PatchTransformer",
        "{patch: \"[{'op': 'add', 'path': '/pt', 'value': 5}]\", target: {kind: (Foo|Deployment)}}",
    ),
    (
        "PatchJson6902Transformer",
        "{target: {kind: Deployment, version: v1, group: apps, name: dep1}, jsonOp: \"[{'op': 'add', 'path': '/pj', 'value': 5}]\"}",
    ),
    ("HashTransformer", "{}"),
    (
        "ReplacementTransformer",
        "{replacements: [{sourceValue: (x|\"5\"), targets: [{select: {kind: (Deployment|Foo)}, fieldPaths: [metadata.annotations.rt], options: {create: true}}]}]}",
    ),
];

impl Tree {
    /// `configurations`, `crds` and `openapi`.
    pub(crate) fn configuration(&mut self, fields: &mut Fields, directory: &str) {
        if self.wants(10, "configurations") {
            let node = self.expand(CONFIGURATION);
            let name = format!("config{}.yaml", self.fresh("config"));
            self.write(&format!("{directory}/{name}"), &node, true);
            put(fields, "configurations", texts([name.as_str()]));
        }
        self.schema(fields, directory);
        if self.wants(6, "generator-plugins") {
            let kind = self.random.pick(&["ConfigMapGenerator", "SecretGenerator"]);
            let short = if kind == "SecretGenerator" { "sec" } else { "cm" };
            let name = format!("{short}{}", self.fresh(short));
            let mut node = self.plugin(kind, "{literals: [\"a=x\", \"b=5\"], ?30 options: {labels: {g: x}}, ?20 disableNameSuffixHash: true}");
            node.set("metadata", Node::map([("name", Node::from(name))]));
            self.place(fields, "generators", vec![node], directory);
        }
    }

    fn plugin(&mut self, kind: &str, template: &str) -> Node {
        let mut node = Node::map([("apiVersion", Node::raw("builtin")), ("kind", Node::raw(kind))]);
        let name = format!("plugin{}", self.fresh("plugin"));
        let body = self.expand(template);
        let mut metadata = Node::map([("name", Node::from(name))]);
        if let Some(Node::Map(more)) = body.get("metadata") {
            for (key, value) in more {
                metadata.set(key, value.clone());
            }
        }
        if let Node::Map(body) = body {
            for (key, value) in body {
                let value = match value {
                    Node::Text(text) if text.starts_with("[{'") => Node::Text(text.replace('\'', "\"")),
                    other => other,
                };
                node.set(&key, value);
            }
        }
        node.set("metadata", metadata);
        node
    }

    /// Writes plugins inline, into a file or into a directory of its own.
    fn place(&mut self, fields: &mut Fields, field: &str, plugins: Vec<Node>, directory: &str) {
        let number = self.fresh("plugins");
        let entry = match self.random.below(3) {
            0 => {
                self.feature("plugin-inline");
                let all: Vec<String> =
                    plugins.iter().map(|node| node.write(&mut self.random, true)).collect();
                Node::from(all.join("---\n"))
            }
            1 => {
                self.feature("plugin-file");
                let name = format!("plugin{number}.yaml");
                let all: Vec<String> =
                    plugins.iter().map(|node| node.write(&mut self.random, true)).collect();
                self.file(&format!("{directory}/{name}"), all.join("---\n"));
                Node::from(name)
            }
            _ => {
                self.feature("plugin-directory");
                let folder = format!("plugins{number}");
                for (at, node) in plugins.iter().enumerate() {
                    self.write(&format!("{directory}/{folder}/{at}.yaml"), node, true);
                }
                let names: Vec<String> = (0..plugins.len()).map(|at| format!("{at}.yaml")).collect();
                let inner = Node::map([("resources", texts(names.iter().map(String::as_str)))]);
                self.write(&format!("{directory}/{folder}/kustomization.yaml"), &inner, true);
                Node::from(folder)
            }
        };
        put(fields, field, Node::List(vec![entry]));
    }

    /// `transformers` and `validators`.
    pub(crate) fn transformers(&mut self, fields: &mut Fields, directory: &str) {
        if self.wants(10, "transformers") {
            let mut plugins = Vec::new();
            for _ in 0..=usize::from(self.random.chance(30)) {
                let (kind, template) = self.random.pick(TRANSFORMERS);
                let named = template.contains("dep1");
                if named && !self.objects.iter().any(|object| object.ids[0].0 == "dep1" && !object.touched) {
                    continue;
                }
                self.feature(kind);
                plugins.push(self.plugin(kind, template));
                for object in &mut self.objects {
                    object.touched = true;
                }
            }
            if !plugins.is_empty() {
                self.place(fields, "transformers", plugins, directory);
            }
        }
        if self.wants(2, "validators") {
            let node = self.plugin(
                "LabelTransformer",
                "{labels: {validated-by: me}, fieldSpecs: [{path: metadata/labels, kind: None}]}",
            );
            self.place(fields, "validators", vec![node], directory);
        }
    }
}
