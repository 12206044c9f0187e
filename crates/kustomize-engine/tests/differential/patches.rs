//! Random patches of all forms: strategic merge and JSON, inline and from files, with and without targets.

use crate::level::{Fields, put, texts};
use crate::node::{Node, uses_anchors};
use crate::paths::{Leaf, leaves};
use crate::tree::{Tree, document};

impl Tree {
    /// `patchesStrategicMerge` and `patches`.
    pub(crate) fn all_patches(&mut self, fields: &mut Fields, directory: &str) {
        if !self.objects.is_empty() && self.wants(12, "patchesStrategicMerge") {
            let at = self.random.below(self.objects.len());
            let patch = self.merge_patch(at, true);
            let text = patch.write(&mut self.random, true);
            let entry = self.inline_or_file(text, directory, "p");
            let entry = entry.get("patch").or_else(|| entry.get("path")).cloned().unwrap();
            put(fields, "patchesStrategicMerge", Node::List(vec![entry]));
        }
        if self.objects.is_empty() || !self.wants(50, "patches") {
            return;
        }
        let mut entries = Vec::new();
        for _ in 0..=self.random.below(3) {
            let entry = match self.random.below(10) {
                0..=3 => self.merge_entry(directory),
                4..=5 => self.merge_with_target(directory),
                6..=8 => self.json_entry(directory),
                _ => self.json_for_many(directory),
            };
            entries.push(entry);
        }
        put(fields, "patches", Node::List(entries));
    }

    fn inline_or_file(&mut self, text: String, directory: &str, kind: &str) -> Node {
        if self.random.chance(50) {
            self.feature("patch-inline");
            return Node::map([("patch", Node::from(text))]);
        }
        self.feature("patch-file");
        let name = format!("{kind}{}.yaml", self.fresh("patch"));
        self.file(&format!("{directory}/{name}"), text);
        Node::map([("path", Node::from(name))])
    }

    /// A merge patch for an object; `named` gives it one of the object's names.
    fn merge_patch(&mut self, at: usize, named: bool) -> Node {
        let object = self.objects[at].clone();
        let (name, namespace) = if named { self.unique_id(&object) } else { ("any".to_owned(), None) };
        let mut metadata = vec![("name".to_owned(), Node::raw(&name))];
        if let Some(namespace) = namespace {
            metadata.push(("namespace".to_owned(), Node::raw(&namespace)));
        }
        if self.objects.len() > 1 && self.wants(2, "smp-delete-object") {
            self.objects.remove(at);
            return document(object.kind, metadata, Node::map([("$patch", Node::raw("delete"))]));
        }
        self.metadata(&mut metadata, 25);
        let mut body =
            if self.random.chance(25) { Node::Map(Vec::new()) } else { self.expand(object.kind.body) };
        self.sprinkle(&mut body, 0);
        if self.wants(4, "smp-null-labels") {
            metadata.push(("labels".to_owned(), Node::raw("null")));
            metadata.dedup_by(|a, b| a.0 == b.0);
        }
        self.objects[at].touched = true;
        document(object.kind, metadata, body)
    }

    /// Puts nulls and directives into a patch, and leaves fields out.
    fn sprinkle(&mut self, node: &mut Node, depth: usize) {
        match node {
            Node::Map(fields) => {
                if depth > 0 {
                    fields.retain(|(key, _)| {
                        uses_anchors_key(key)
                            || ["name", "containerPort", "port"].contains(&key.as_str())
                            || self.random.chance(80)
                    });
                }
                for (key, value) in fields.iter_mut() {
                    if depth > 1 && key != "name" && !uses_anchors(value) && self.wants(4, "smp-null") {
                        *value = Node::raw("null");
                    } else if !uses_anchors(value) {
                        self.sprinkle(value, depth + 1);
                    }
                }
                if depth > 1 && self.wants(3, "smp-directive") {
                    let word = self.random.pick(&["delete", "replace", "merge", "delete"]);
                    fields.push(("$patch".to_owned(), Node::raw(word)));
                }
            }
            Node::List(items) => {
                for item in items.iter_mut() {
                    self.sprinkle(item, depth + 1);
                }
                let maps = items.iter().all(|item| matches!(item, Node::Map(_)));
                if maps && self.wants(5, "smp-list-directive") {
                    let word = self.random.pick(&["delete", "replace"]);
                    items.push(Node::map([("$patch", Node::raw(word))]));
                }
            }
            _ => {}
        }
    }

    fn merge_entry(&mut self, directory: &str) -> Node {
        let at = self.random.below(self.objects.len());
        let mut text = self.merge_patch(at, true).write(&mut self.random, true);
        self.feature("smp");
        if !self.objects.is_empty() && self.wants(15, "smp-multi-document") {
            let other = self.random.below(self.objects.len());
            let more = self.merge_patch(other, true).write(&mut self.random, true);
            text = format!("{text}---\n{more}");
        }
        self.inline_or_file(text, directory, "p")
    }

    fn merge_with_target(&mut self, directory: &str) -> Node {
        if self.objects.is_empty() {
            return self.json_for_many(directory);
        }
        let at = self.random.below(self.objects.len());
        let target = self.target(at);
        let mut patch = self.merge_patch(at, false);
        self.feature("smp-target");
        let mut options = None;
        if self.wants(12, "patch-options") {
            options = Some(self.expand("({allowNameChange: true}|{allowKindChange: true}|{allowNameChange: true, allowKindChange: true})"));
            if self.random.chance(50)
                && let Some(Node::Map(metadata)) = patch.get("metadata").cloned().as_mut()
            {
                metadata[0].1 = Node::raw(&format!("renamed{}", self.fresh("renamed")));
                patch.set("metadata", Node::Map(metadata.clone()));
            }
        }
        let text = patch.write(&mut self.random, true);
        let mut entry = self.inline_or_file(text, directory, "p");
        entry.set("target", target);
        if let Some(options) = options {
            entry.set("options", options);
        }
        entry
    }

    /// A target that selects at least the object.
    fn target(&mut self, at: usize) -> Node {
        let object = self.objects[at].clone();
        let (group, version) = object.group_version();
        let id = if self.random.chance(50) { 0 } else { object.ids.len() - 1 };
        let name = &object.ids[id].0;
        let mut target = Node::map([("kind", Node::from(object.kind.kind))]);
        let pattern = match self.random.below(5) {
            0 => format!("{}.*", &name[..2]),
            1 => format!(".*{}", &name[1..]),
            2 => format!("({name}|other)"),
            _ => name.clone(),
        };
        self.feature("target-name");
        target.set("name", Node::from(pattern));
        if self.random.chance(20) {
            target.set("version", Node::from(version));
        }
        if self.random.chance(20) && !group.is_empty() {
            target.set("group", Node::from(group));
        }
        if let Some(namespace) = &object.ids[id].1
            && self.wants(30, "target-namespace")
        {
            target.set("namespace", Node::from(namespace.as_str()));
        }
        if self.wants(10, "target-labels") {
            let selector =
                self.random.pick(&["app=web", "app in (web, db)", "!none", "app!=zzz", "tier notin (x),app"]);
            target.set("labelSelector", Node::from(selector));
        }
        if self.wants(5, "target-annotations") {
            target.set("annotationSelector", Node::from(self.random.pick(&["note", "!note", "size=5"])));
        }
        target
    }

    fn json_entry(&mut self, directory: &str) -> Node {
        let sure = self.present(|object| !object.touched);
        if sure.is_empty() {
            return self.json_for_many(directory);
        }
        let at = sure[self.random.below(sure.len())];
        let object = &self.objects[at];
        let (kind, name) = (object.kind.kind, format!("^{}$", object.ids[0].0));
        let target = Node::map([("kind", Node::from(kind)), ("name", Node::from(name))]);
        let text = self.operations(at, true);
        self.feature("json6902");
        let mut entry = self.inline_or_file(text, directory, "j");
        entry.set("target", target);
        entry
    }

    /// Operations that suit every object.
    fn json_for_many(&mut self, directory: &str) -> Node {
        let text = self.random.pick(&[
            "- {op: add, path: /metadata/annotations/jp, value: v}\n",
            "- op: add\n  path: /spec2\n  value: {added: 0644, b: yes, c: 2024-01-31}\n",
            "- {op: add, path: /top, value: [yes, 1.0, x]}\n- {op: copy, from: /top/0, path: /top/-}\n",
            "[{\"op\": \"add\", \"path\": \"/metadata/annotations/x.io~1y\", \"value\": \"5\"}]",
            "- {op: replace, path: /fresh, value: }\n",
            "- {op: add, path: /metadata/labels, value: {app: json, n: 5}}\n",
        ]);
        let target = self.expand("({}|{kind: (Deployment|ConfigMap|Service|Foo)}|{version: v1}|{group: (apps|\"\")}|{labelSelector: \"app=web\"}|{annotationSelector: note}|{namespace: (n1|default)}|{kind: \".*Set\"}|{name: \".*1\"})");
        self.feature("json6902-many");
        for object in &mut self.objects {
            object.touched = true;
        }
        let mut entry = self.inline_or_file(text.to_owned(), directory, "j");
        entry.set("target", target);
        entry
    }

    /// `patchesJson6902`.
    pub(crate) fn json_patches(&mut self, fields: &mut Fields, directory: &str) {
        let sure = self.present(|object| !object.touched);
        if sure.is_empty() || !self.wants(10, "patchesJson6902") {
            return;
        }
        let at = sure[self.random.below(sure.len())];
        let object = &self.objects[at];
        let (group, version) = object.group_version();
        let mut target = Node::map([
            ("version", Node::from(version)),
            ("kind", Node::from(object.kind.kind)),
            ("name", Node::from(object.name())),
        ]);
        if !group.is_empty() {
            target.set("group", Node::from(group));
        }
        let text = self.operations(at, false);
        let mut entry = self.inline_or_file(text, directory, "j");
        entry.set("target", target);
        put(fields, "patchesJson6902", Node::List(vec![entry]));
    }

    fn operations(&mut self, at: usize, annotations: bool) -> String {
        let node = self.objects[at].node.clone();
        let found: Vec<Leaf> = leaves(&node)
            .into_iter()
            .filter(|leaf| {
                !leaf.pointer.starts_with("/kind")
                    && !leaf.pointer.starts_with("/apiV")
                    && leaf.pointer != "/metadata/name"
                    && leaf.pointer != "/metadata/namespace"
            })
            .collect();
        let mut operations = Vec::new();
        let custom = self.objects[at].kind.kind == "Foo";
        let value = self.expand("(<s>|<s>|<str>|{p: <s>, q: [<s>*2]}|[a, <s>]|<text>)");
        // What is no reference elsewhere is too rare to look for it.
        let word = if custom || self.risky { value.clone() } else { Node::raw("other") };
        let path = if found.is_empty() { None } else { Some(found[self.random.below(found.len())].clone()) };
        let operation = |op: &str, path: &str, more: Vec<(&'static str, Node)>| {
            let mut node = Node::map([("op", Node::from(op)), ("path", Node::from(path))]);
            for (key, value) in more {
                node.set(key, value);
            }
            node
        };
        self.objects[at].touched = true;
        match (self.random.below(9), path) {
            (0 | 1, Some(leaf)) => {
                self.feature("json-replace");
                operations.push(operation("replace", &leaf.pointer, vec![("value", word)]));
            }
            (2, Some(leaf)) => {
                self.feature("json-remove");
                operations.push(operation("remove", &leaf.pointer, vec![]));
            }
            (3, Some(leaf)) => {
                self.feature("json-copy");
                operations.push(operation("copy", "/copied", vec![("from", Node::from(leaf.pointer))]));
            }
            (4, Some(leaf)) => {
                self.feature("json-move");
                operations.push(operation("move", "/moved", vec![("from", Node::from(leaf.pointer))]));
            }
            (5, Some(Leaf { pointer, list: Some(list), .. })) => {
                self.feature("json-append");
                let path = if self.random.chance(50) { format!("{list}/-") } else { format!("{list}/0") };
                let beside = pointer.rsplit_once('/').is_some_and(|(parent, _)| parent == list);
                if beside {
                    operations.push(operation("add", &path, vec![("value", word)]));
                } else {
                    operations.push(operation(
                        "copy",
                        &path,
                        vec![("from", Node::from(format!("{list}/0")))],
                    ));
                }
            }
            (6, _) if self.risky => {
                operations.push(operation("test", "/kind", vec![("value", Node::from("Foo"))]));
            }
            (7, _) => {
                self.feature("json-rename");
                let object = &mut self.objects[at];
                let (name, namespace) =
                    (format!("{}-j", object.name()), object.namespace().map(str::to_owned));
                if !annotations {
                    // No former name is kept here.
                    object.ids.pop();
                }
                object.ids.push((name.clone(), namespace));
                operations.push(operation("replace", "/metadata/name", vec![("value", Node::from(name))]));
            }
            _ => {
                let path = if annotations { "/metadata/annotations/json" } else { "/extra" };
                operations.push(operation("add", path, vec![("value", value)]));
            }
        }
        if self.random.chance(25) {
            let value = self.expand("{a: <s>, b: (yes|no|on|5)}");
            operations.push(operation("add", "/more", vec![("value", value)]));
        }
        Node::List(operations).write(&mut self.random, false)
    }

    /// `crds` and `openapi` for the custom kind, and what else needs files with a schema.
    pub(crate) fn schema(&mut self, fields: &mut Fields, directory: &str) {
        if self.wants(4, "crds") {
            self.file(&format!("{directory}/crd.json"), CRD);
            put(fields, "crds", texts(["crd.json"]));
        }
        // In a base it holds for what the order of loading has not read before; only the top's is certain.
        if directory == "top" && self.wants(6, "openapi") {
            if self.random.chance(50) {
                put(fields, "openapi", Node::map([("version", Node::from("v1.21.2"))]));
            } else {
                self.file(&format!("{directory}/schema.json"), SCHEMA);
                put(fields, "openapi", Node::map([("path", Node::from("schema.json"))]));
            }
        }
    }
}

fn uses_anchors_key(key: &str) -> bool {
    ["one", "two", "<<"].contains(&key)
}

const CRD: &str = r#"{"io.x.v1.Foo": {"Schema": {"properties": {
  "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"},
  "spec": {"$ref": "io.x.v1.FooSpec"}}}},
 "io.x.v1.FooSpec": {"Schema": {"properties": {
  "ref": {"x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": "ConfigMap"},
  "m": {"x-kubernetes-label-selector": "", "x-kubernetes-annotation": ""}}}}}
"#;

const SCHEMA: &str = r#"{"definitions": {"io.x.v1.Foo": {
  "x-kubernetes-group-version-kind": [{"group": "x.io", "version": "v1", "kind": "Foo"}],
  "properties": {"spec": {"type": "object", "properties": {
    "l": {"type": "array", "items": {"type": "object"}, "x-kubernetes-patch-strategy": "merge",
      "x-kubernetes-patch-merge-key": "name"},
    "containers": {"type": "array", "items": {"type": "object"}, "x-kubernetes-patch-strategy": "merge",
      "x-kubernetes-patch-merge-key": "name"}}}}}}}
"#;
