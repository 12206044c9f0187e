//! The fields without much structure: labels, annotations, replicas, images, and the generators with their files.

use crate::level::{Fields, put};
use crate::node::Node;
use crate::rules::KINDS;
use crate::tree::{Object, Tree};

impl Tree {
    pub(crate) fn labels(&mut self, fields: &mut Fields) {
        const PAIRS: &str =
            "{?80 app: (web|db|\"it's\"), ?50 \"x.io/team\": (\"a\"|\"5\"|\"true\"), ?20 tier: b}";
        if self.wants(20, "commonLabels") {
            let pairs = self.expand(PAIRS);
            put(fields, "commonLabels", pairs);
        }
        if self.wants(25, "labels") {
            let mut entries = Vec::new();
            for _ in 0..=self.random.below(2) {
                let mut entry = Node::map([("pairs", self.expand(PAIRS))]);
                let flag = self.random.pick(&["", "includeSelectors", "includeTemplates", "fields"]);
                match flag {
                    "" => {}
                    "fields" => {
                        self.feature("labels-fields");
                        let specs = self.expand("[{path: (spec/custom/labels|metadata/extra|spec/template/metadata/labels), ?70 kind: (Foo|Deployment), ?60 create: (true|false), ?30 group: (apps|x.io)}]");
                        entry.set("fields", specs);
                    }
                    flag => {
                        self.feature(flag);
                        entry.set(flag, Node::raw("true"));
                    }
                }
                entries.push(entry);
            }
            put(fields, "labels", Node::List(entries));
        }
        if self.wants(20, "commonAnnotations") {
            let pairs = self.expand("{?80 note: (v|\"5\"|\"a: b\"|\"\"|<long>), ?50 \"x.io/a\": \"true\", ?20 multi: \"a\\nb\\n\"}");
            put(fields, "commonAnnotations", pairs);
        }
    }

    pub(crate) fn replicas(&mut self, fields: &mut Fields) {
        let able: Vec<String> = self
            .objects
            .iter()
            .filter(|object| {
                ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"]
                    .contains(&object.kind.kind)
            })
            .map(|object| object.ids[0].0.clone())
            .collect();
        if !able.is_empty() && self.wants(25, "replicas") {
            let name = &able[self.random.below(able.len())];
            let count = self.random.pick(&["0", "4", "010"]);
            let entry = Node::map([("name", Node::from(name.as_str())), ("count", Node::raw(count))]);
            put(fields, "replicas", Node::List(vec![entry]));
        }
    }

    pub(crate) fn images(&mut self, fields: &mut Fields) {
        if self.wants(35, "images") {
            let entries = self.expand("[{name: (nginx|redis|my/app|\"gcr.io/nginx\"|\"reg.io:5000/my/app\"|n.inx|\".*\"), ?50 newName: (\"mirror/x\"|nginx|\"h:1/x\"), ?50 newTag: (v2|\"1.2\"|\"\"|<tag>), ?20 digest: \"sha256:abcd\", ?20 tagSuffix: (\"-q\"|-alpine)}*3]".replace("<tag>", "\"2024\"").as_str());
            if let Node::List(entries) = &entries {
                for entry in entries {
                    for key in ["newName", "newTag", "digest", "tagSuffix"] {
                        if entry.get(key).is_some() {
                            self.features.insert(key);
                        }
                    }
                }
            }
            let old = self.wants(8, "imageTags");
            put(fields, if old { "imageTags" } else { "images" }, entries);
        }
    }

    pub(crate) fn generators(&mut self, fields: &mut Fields, directory: &str) {
        for (field, kind, percent) in
            [("configMapGenerator", "ConfigMap", 35), ("secretGenerator", "Secret", 25)]
        {
            if self.wants(percent, field) {
                let mut entries = Vec::new();
                for _ in 0..=usize::from(self.random.chance(30)) {
                    entries.push(self.generator(kind, directory));
                }
                put(fields, field, Node::List(entries));
            }
        }
        if self.wants(15, "generatorOptions") {
            let options = self.expand("{?50 disableNameSuffixHash: (true|false), ?50 labels: {gen: \"yes\"}, ?40 annotations: {gen: x}, ?20 immutable: true}");
            put(fields, "generatorOptions", options);
        }
    }

    /// One entry of a generator.
    pub(crate) fn generator(&mut self, kind: &'static str, directory: &str) -> Node {
        let kind = *KINDS.iter().find(|known| known.kind == kind).unwrap();
        let existing: Vec<usize> = self.present(|object| object.kind == kind);
        let mut entry = Node::Map(Vec::new());
        if !existing.is_empty() && self.wants(40, "behavior") {
            let object = existing[self.random.below(existing.len())];
            self.objects[object].touched = true;
            let (name, namespace) = self.unique_id(&self.objects[object].clone());
            entry.set("name", Node::from(name));
            if let Some(namespace) = namespace {
                entry.set("namespace", Node::from(namespace));
            }
            let behavior = self.random.pick(&["merge", "replace"]);
            self.feature(if behavior == "merge" { "behavior-merge" } else { "behavior-replace" });
            entry.set("behavior", Node::from(behavior));
        } else {
            let name = format!("{}{}", kind.short, self.fresh(kind.short));
            entry.set("name", Node::from(name.as_str()));
            let mut id = (name, None);
            if self.random.chance(15) {
                entry.set("namespace", Node::from("n1"));
                id.1 = Some("n1".to_owned());
            }
            let node = self.expand("{data: {a: x}, metadata: {}}");
            self.objects.push(Object { kind, node, ids: vec![id], touched: true });
        }
        if kind.kind == "Secret" && self.wants(30, "secret-type") {
            entry.set("type", Node::from("example.com/t"));
        }
        self.sources(&mut entry, directory);
        if self.wants(25, "options") {
            let options = self.expand("{?40 disableNameSuffixHash: true, ?50 labels: {opt: (a|\"1\"|\"on\")}, ?50 annotations: {opt: (b|\"5\")}, ?20 immutable: true}");
            entry.set("options", options);
        }
        entry
    }

    fn sources(&mut self, entry: &mut Node, directory: &str) {
        let number = self.fresh("source");
        if self.wants(75, "literals") {
            let literals = self.expand("[?80 (\"a=x\"|\"a='q q'\"|\"a=5\"|\"a=\"|\"a= b \"), ?50 (\"b=true\"|\"b=k=v\"|\"b=a: #\"), ?20 \"c=é&<>\", ?15 \"dd=$(V1)\", ?15 \"ee=a line that is long enough to be folded because it has more than eighty characters in it\"]");
            entry.set("literals", literals);
        }
        if self.wants(30, "files") {
            let name = format!("f{number}.txt");
            let text: &[u8] = self.random.pick(&[
                b"plain\n",
                b"a\n  b\n\nc\n",
                b"tab\tand \"quotes\"\r\n",
                b"no end",
                b"\xff\xfe\x00bin",
                b"trailing \nspace\n",
                b"",
                b"\xef\xbb\xbfbom\n",
                b"a rather long line of words, and of more words, so that base64 breaks it into several lines of seventy\n",
                b"  lead\n",
                b"\n\nx\n\n",
            ]);
            self.file(&format!("{directory}/{name}"), text);
            let file = if self.random.chance(50) { name } else { format!("key{number}={name}") };
            entry.set("files", Node::List(vec![Node::from(file)]));
        }
        if self.wants(20, "envs") {
            let name = format!("e{number}.env");
            let text = self.random.pick(&[
                "E1=a\n# remark\n\n  E2= b \nE3='q'\n",
                "E1=x#y\r\nE2=\nE3\n",
                "\u{feff}E1=1\n=drop\nA =x\n",
            ]);
            self.file(&format!("{directory}/{name}"), text);
            if self.wants(15, "env") {
                entry.set("env", Node::from(name));
            } else {
                entry.set("envs", Node::List(vec![Node::from(name)]));
            }
        }
    }

    /// The objects of a sort.
    pub(crate) fn present(&self, wanted: impl Fn(&Object) -> bool) -> Vec<usize> {
        (0..self.objects.len()).filter(|at| wanted(&self.objects[*at])).collect()
    }
}
