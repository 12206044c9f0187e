//! One kustomization of a random tree: resources, bases and components, and the fields that hold no structure of their
//! own. Generators, patches, replacements and plugins are in files of their own.

use crate::node::{Node, uses_anchors};
use crate::tree::{Object, Tree};

/// The fields of a kustomization file.
pub(crate) type Fields = Vec<(String, Node)>;

/// Adds a field.
pub(crate) fn put(fields: &mut Fields, key: &str, value: Node) {
    fields.push((key.to_owned(), value));
}

/// A list of texts.
pub(crate) fn texts<'a>(items: impl IntoIterator<Item = &'a str>) -> Node {
    Node::List(items.into_iter().map(Node::from).collect())
}

impl Tree {
    /// Writes the kustomization of a directory and everything below it. `objects` is what has been accumulated after it.
    pub(crate) fn level(&mut self, directory: &str, depth: usize, top: bool) {
        let outside = std::mem::take(&mut self.objects);
        let mut fields = Fields::new();
        self.resources(&mut fields, directory, depth);
        self.configuration(&mut fields, directory);
        self.generators(&mut fields, directory);
        if self.wants(18, "components") {
            self.components(&mut fields, directory, depth);
        }
        self.steps(&mut fields, directory);
        if top {
            self.only_top(&mut fields);
        }
        self.kustomization(directory, fields, false);
        let mut objects = outside;
        objects.append(&mut self.objects);
        self.objects = objects;
    }

    fn kustomization(&mut self, directory: &str, mut fields: Fields, component: bool) {
        if component || self.random.chance(30) {
            let (version, kind) =
                if component { ("v1alpha1", "Component") } else { ("v1beta1", "Kustomization") };
            fields.insert(0, ("kind".to_owned(), Node::raw(kind)));
            let api = format!("kustomize.config.k8s.io/{version}");
            fields.insert(0, ("apiVersion".to_owned(), Node::raw(&api)));
        }
        if self.random.chance(30) {
            for at in (1..fields.len()).rev() {
                let other = self.random.below(at + 1);
                fields.swap(at, other);
            }
        }
        if self.wants(3, "field-case")
            && let Some((key, _)) = fields.last_mut()
        {
            *key = key.to_ascii_lowercase();
        }
        let name = self.random.pick(&[
            "kustomization.yaml",
            "kustomization.yaml",
            "kustomization.yml",
            "Kustomization",
        ]);
        self.write(&format!("{directory}/{name}"), &Node::Map(fields), true);
    }

    /// Everything that transforms, in the order in which it is carried out.
    fn steps(&mut self, fields: &mut Fields, directory: &str) {
        self.all_patches(fields, directory);
        if self.wants(30, "namespace") {
            let namespace = self.random.pick(&["n1", "n2", "n3"]);
            put(fields, "namespace", Node::from(namespace));
            self.move_to(namespace);
        }
        for (field, prefix) in [("namePrefix", true), ("nameSuffix", false)] {
            if self.wants(25, field) {
                let text =
                    if prefix { self.random.pick(&["p-", "q-"]) } else { self.random.pick(&["-s", "-t"]) };
                put(fields, field, Node::from(text));
                self.rename(text, prefix);
            }
        }
        self.labels(fields);
        self.json_patches(fields, directory);
        self.replicas(fields);
        self.images(fields);
        self.replacements(fields, directory);
        self.transformers(fields, directory);
        self.declare_vars(fields);
    }

    fn move_to(&mut self, namespace: &str) {
        for object in &mut self.objects {
            let (name, _) = object.ids[object.ids.len() - 1].clone();
            if object.kind.kind == "Namespace" && object.kind.api == "v1" {
                object.ids.push((namespace.to_owned(), None));
            } else if !object.cluster() {
                object.ids.push((name, Some(namespace.to_owned())));
            }
        }
    }

    fn rename(&mut self, text: &str, prefix: bool) {
        for object in self.objects.iter_mut().filter(|object| !object.keeps_name()) {
            let (name, namespace) = object.ids[object.ids.len() - 1].clone();
            let name = if prefix { format!("{text}{name}") } else { format!("{name}{text}") };
            object.ids.push((name, namespace));
        }
    }

    fn resources(&mut self, fields: &mut Fields, directory: &str, depth: usize) {
        let mut resources = Vec::new();
        let mut bases = Vec::new();
        if depth > 0 {
            for _ in 0..=usize::from(self.random.chance(30)) {
                let base = format!("d{}", self.fresh("directory"));
                if self.wants(7, "variants") {
                    self.variants(&base, depth - 1, &mut bases);
                } else {
                    self.level(&base, depth - 1, false);
                    bases.push(format!("../{base}"));
                }
            }
            self.feature("bases");
        }
        for _ in 0..=usize::from(self.random.chance(40)) {
            let file = self.resource_file(directory);
            resources.push(file);
        }
        if !bases.is_empty() && self.wants(8, "bases-field") {
            put(fields, "bases", texts(bases.iter().map(String::as_str)));
        } else {
            let at = self.random.below(resources.len() + 1);
            resources.splice(at..at, bases);
        }
        if self.risk(5) {
            resources.push("missing.yaml".to_owned());
        }
        put(fields, "resources", texts(resources.iter().map(String::as_str)));
    }

    /// One base taken twice, under two prefixes.
    fn variants(&mut self, base: &str, depth: usize, bases: &mut Vec<String>) {
        let before = self.objects.len();
        let outer = std::mem::replace(&mut self.twice, true);
        self.level(base, depth, false);
        self.twice = outer;
        let shared = self.objects.split_off(before);
        for prefix in ["a-", "b-"] {
            let directory = format!("{base}{prefix}v");
            let outside = std::mem::replace(&mut self.objects, shared.clone());
            let mut fields = Fields::new();
            put(&mut fields, "resources", texts([format!("../{base}").as_str()]));
            put(&mut fields, "namePrefix", Node::from(prefix));
            self.rename(prefix, true);
            self.kustomization(&directory, fields, false);
            let mut objects = outside;
            objects.append(&mut self.objects);
            self.objects = objects;
            bases.push(format!("../{directory}"));
        }
    }

    fn resource_file(&mut self, directory: &str) -> String {
        let mut made: Vec<Object> = Vec::new();
        for _ in 0..=self.random.below(5) {
            let kind = self.any_kind();
            let keeps = ["Namespace", "CustomResourceDefinition", "APIService"].contains(&kind.kind);
            if (kind.kind == "Namespace" && self.namespaces > 0) || (keeps && self.twice) {
                continue;
            }
            self.namespaces += usize::from(kind.kind == "Namespace");
            made.push(self.object(kind));
        }
        let number = self.fresh("file");
        let folder = if self.random.chance(15) { "sub/" } else { "" };
        let list = !made.is_empty()
            && !made.iter().any(|object| uses_anchors(&object.node))
            && self.wants(8, "list");
        let file = format!("{folder}r{number}.yaml");
        if list {
            let items = made.iter().map(|object| object.node.clone()).collect();
            let mut node = Node::map([("apiVersion", Node::raw("v1")), ("kind", Node::raw("List"))]);
            node.set("items", Node::List(items));
            self.write(&format!("{directory}/{file}"), &node, true);
        } else {
            let mut text = String::new();
            for (at, object) in made.iter().enumerate() {
                if at > 0 || self.random.chance(10) {
                    text.push_str(self.random.pick(&[
                        "---\n",
                        "---\n",
                        "--- # next\n",
                        "---\n# only this\n---\n",
                    ]));
                }
                text.push_str(&object.node.write(&mut self.random, true));
            }
            if self.wants(3, "crlf") {
                text = text.replace('\n', "\r\n");
            }
            self.file(&format!("{directory}/{file}"), text);
        }
        self.objects.append(&mut made);
        file
    }

    fn components(&mut self, fields: &mut Fields, directory: &str, depth: usize) {
        let mut entries = Vec::new();
        for _ in 0..=usize::from(self.random.chance(20)) {
            let component = format!("c{}", self.fresh("directory"));
            let mut inner = Fields::new();
            if self.random.chance(60) {
                let file = self.resource_file(&component);
                put(&mut inner, "resources", texts([file.as_str()]));
            }
            self.generators(&mut inner, &component);
            if depth > 0 && self.wants(20, "nested-components") {
                self.components(&mut inner, &component, 0);
            }
            self.steps(&mut inner, &component);
            if inner.is_empty() {
                put(&mut inner, "namePrefix", Node::from("z-"));
                self.rename("z-", true);
            }
            self.kustomization(&component, inner, true);
            let up = if directory.contains('/') { "../.." } else { ".." };
            entries.push(format!("{up}/{component}"));
        }
        put(fields, "components", texts(entries.iter().map(String::as_str)));
    }

    fn only_top(&mut self, fields: &mut Fields) {
        if self.wants(12, "sortOptions") {
            let options = self.expand(
                "({order: fifo}|{order: legacy}|{order: legacy, legacySortOptions: {orderFirst: [Secret, Deployment, Foo], orderLast: [Service, ConfigMap]}}|{order: legacy, legacySortOptions: {orderFirst: [ConfigMap]}})",
            );
            put(fields, "sortOptions", options);
        }
        if self.wants(12, "buildMetadata") {
            let words = self.expand("[(originAnnotations|transformerAnnotations|managedByLabel)*3]");
            put(fields, "buildMetadata", words);
        }
    }
}
