//! Random `replacements` and `vars`.

use crate::level::{Fields, put};
use crate::node::Node;
use crate::paths::{Leaf, leaves};
use crate::tree::{Object, Tree};

impl Tree {
    pub(crate) fn replacements(&mut self, fields: &mut Fields, directory: &str) {
        let sure = self.present(|object| !object.touched);
        if sure.len() < 2 || !self.wants(30, "replacements") {
            return;
        }
        let mut entries = Vec::new();
        for _ in 0..=self.random.below(2) {
            let from = sure[self.random.below(sure.len())];
            let to = sure[self.random.below(sure.len())];
            entries.push(self.replacement(from, to));
        }
        if self.wants(20, "replacement-file") {
            let name = format!("repl{}.yaml", self.fresh("replacement"));
            let node = if entries.len() == 1 { entries.remove(0) } else { Node::List(entries) };
            self.write(&format!("{directory}/{name}"), &node, true);
            entries = vec![Node::map([("path", Node::from(name))])];
        }
        put(fields, "replacements", Node::List(entries));
    }

    /// Kind and name of an object, exactly; one of its names, often the first.
    fn exact(&mut self, object: &Object) -> Node {
        let (group, version) = object.group_version();
        let (name, namespace) = self.unique_id(object);
        let mut node = Node::map([("kind", Node::from(object.kind.kind)), ("name", Node::from(name))]);
        if self.random.chance(25) {
            node.set("version", Node::from(version));
        }
        if self.random.chance(25) && !group.is_empty() {
            node.set("group", Node::from(group));
        }
        if let Some(namespace) = namespace
            && self.random.chance(25)
        {
            node.set("namespace", Node::from(namespace));
        }
        node
    }

    fn replacement(&mut self, from: usize, to: usize) -> Node {
        let mut entry = Node::Map(Vec::new());
        let source = self.objects[from].clone();
        let mut string = true;
        if self.wants(20, "sourceValue") {
            let text = self.random.pick(&["plain", "5", "true", "a/b:c", "x y", "0x10"]);
            entry.set("sourceValue", Node::from(text));
        } else {
            let mut node = self.exact(&source);
            let found: Vec<Leaf> =
                leaves(&source.node).into_iter().filter(|leaf| !leaf.text().0.is_empty()).collect();
            if !found.is_empty() && self.random.chance(70) {
                let leaf = found[self.random.below(found.len())].clone();
                let (text, is_string) = leaf.text();
                string = is_string;
                node.set("fieldPath", Node::from(leaf.field.as_str()));
                if string && self.wants(15, "source-delimiter") {
                    let delimiter = self.random.pick(&["-", ".", "/", ":"]);
                    let index = self.random.below(text.split(delimiter).count());
                    let options = Node::map([
                        ("delimiter", Node::from(delimiter)),
                        ("index", Node::raw(&index.to_string())),
                    ]);
                    node.set("options", options);
                }
            }
            entry.set("source", node);
        }
        let mut targets = Vec::new();
        for _ in 0..=usize::from(self.random.chance(25)) {
            targets.push(self.replacement_target(to, string));
        }
        entry.set("targets", Node::List(targets));
        entry
    }

    fn replacement_target(&mut self, to: usize, string: bool) -> Node {
        let object = self.objects[to].clone();
        let mut select = self.exact(&object);
        let mut target = Node::Map(Vec::new());
        let fits = |leaf: &Leaf| {
            // A text in place of a number or of a name would fail or disturb what follows.
            let (_, text) = leaf.text();
            let fixed =
                ["apiVersion", "kind", "metadata.name", "metadata.namespace"].contains(&leaf.field.as_str());
            !fixed && if string { text } else { leaf.text().0 == "null" || text }
        };
        let mut found: Vec<Leaf> = leaves(&object.node).into_iter().filter(fits).collect();
        let mut options = Node::Map(Vec::new());
        let mut paths = Vec::new();
        match self.random.below(10) {
            0 | 1 => {
                self.feature("replacement-create");
                options.set("create", Node::raw("true"));
                let path = self.random.pick(&[
                    "metadata.annotations.made",
                    "metadata.labels.made",
                    "metadata.annotations.[x.io/made]",
                    "extra.a.b",
                    "extra.list.[name=n].value",
                    "extra.list.0",
                ]);
                paths.push(path.to_owned());
            }
            2 => {
                self.feature("replacement-many");
                select = self.expand("({kind: (Deployment|Service|ConfigMap|Foo)}|{name: \".*1\"}|{version: v1}|{}|{kind: \"Dep.*\", group: apps})");
                options.set("create", Node::raw("true"));
                paths.push("metadata.annotations.many".to_owned());
                let reject = self.expand("[({kind: Secret}|{name: \"s.*\"}|{labelSelector: \"app=db\"})*2]");
                if self.wants(40, "reject") {
                    target.set("reject", reject);
                }
            }
            3 if object.kind.body.contains("template") && object.node.get("spec").is_some() => {
                self.feature("wildcard");
                options.set("create", Node::raw("true"));
                paths.push("spec.template.spec.containers.*.image".to_owned());
                if object.kind.kind == "CronJob" {
                    paths[0] = "spec.jobTemplate.spec.template.spec.containers.*.image".to_owned();
                }
            }
            _ if !found.is_empty() => {
                for _ in 0..=usize::from(self.random.chance(20)) {
                    let leaf = found.swap_remove(self.random.below(found.len()));
                    let (text, _) = leaf.text();
                    if text.starts_with("{\"a\"") || text.starts_with("{\n") || text.starts_with("a:") {
                        self.feature("embedded");
                        paths.push(format!("{}.a.b", leaf.field));
                        break;
                    }
                    if self.wants(12, "target-delimiter") {
                        options.set("delimiter", Node::from(self.random.pick(&["-", "/", ":", "."])));
                        options.set("index", Node::raw(self.random.pick(&["0", "1", "-1", "5"])));
                    }
                    paths.push(leaf.field);
                    if found.is_empty() {
                        break;
                    }
                }
            }
            _ => {
                options.set("create", Node::raw("true"));
                paths.push("metadata.annotations.other".to_owned());
            }
        }
        self.objects[to].touched = true;
        target.set("select", select);
        target.set("fieldPaths", Node::List(paths.into_iter().map(Node::from).collect()));
        if options != Node::Map(Vec::new()) {
            target.set("options", options);
        }
        target
    }

    pub(crate) fn declare_vars(&mut self, fields: &mut Fields) {
        let sure = self.present(|object| !object.touched);
        if sure.is_empty() || self.twice || self.vars > 1 || !self.wants(20, "vars") {
            return;
        }
        let mut entries = Vec::new();
        while self.vars < 2 {
            self.vars += 1;
            let object = self.objects[sure[self.random.below(sure.len())]].clone();
            let (name, namespace) = self.unique_id(&object);
            let mut reference = Node::map([
                ("apiVersion", Node::from(object.kind.api)),
                ("kind", Node::from(object.kind.kind)),
                ("name", Node::from(name)),
            ]);
            if let Some(namespace) = namespace
                && self.random.chance(30)
            {
                reference.set("namespace", Node::from(namespace));
            }
            let mut entry =
                Node::map([("name", Node::from(format!("V{}", self.vars))), ("objref", reference)]);
            let found: Vec<Leaf> = leaves(&object.node)
                .into_iter()
                .filter(|leaf| !leaf.field.contains('[') && !leaf.text().0.is_empty())
                .collect();
            if !found.is_empty() && self.wants(60, "var-field") {
                let leaf = &found[self.random.below(found.len())];
                // Elements of lists are written differently here.
                let path: Vec<String> =
                    leaf.field
                        .split('.')
                        .map(|step| {
                            if step.parse::<usize>().is_ok() { format!("[{step}]") } else { step.to_owned() }
                        })
                        .collect();
                let path = path.join(".").replace(".[", "[");
                entry.set("fieldref", Node::map([("fieldpath", Node::from(path))]));
            }
            entries.push(entry);
            if self.random.chance(50) {
                break;
            }
        }
        put(fields, "vars", Node::List(entries));
    }
}
