//! What a commit declares: a hundred objects of all stages, each with a name that may change and an edition that tells
//! its content. What must be in the cluster follows from the commit alone. Nothing here talks to anybody.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::dice::Dice;

/// The label that tells which content an object has.
pub(super) const EDITION: &str = "kills.flyball.dev/edition";

/// A kind of object: where it is listed, and how many there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) group: &'static str,
    pub(super) version: &'static str,
    pub(super) kind: &'static str,
    pub(super) plural: &'static str,
    place: Place,
    count: usize,
    /// Whether a commit may give it another name. What others need to exist keeps its own.
    renamed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Cluster,
    /// In the test's namespace.
    Home,
    /// In one of the namespaces that the application makes.
    Away,
}

const fn kind(
    (group, version, kind, plural): (&'static str, &'static str, &'static str, &'static str),
    place: Place,
    count: usize,
    renamed: bool,
) -> Kind {
    Kind { group, version, kind, plural, place, count, renamed }
}

/// A group that is the test's own: `{}` is its namespace.
const OWN: &str = "{}.kills.dev";
/// How many namespaces and how many custom kinds the application makes.
const NAMESPACES: usize = 3;
const CUSTOM: usize = 2;

/// All of them; the first stage is what others need, then classes, then all the rest.
pub(super) const KINDS: [Kind; 11] = [
    kind(("", "v1", "Namespace", "namespaces"), Place::Cluster, NAMESPACES, false),
    kind(
        ("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions"),
        Place::Cluster,
        CUSTOM,
        false,
    ),
    kind(("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles"), Place::Cluster, 10, true),
    kind(("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses"), Place::Cluster, 5, true),
    kind(("", "v1", "ServiceAccount", "serviceaccounts"), Place::Home, 10, true),
    kind(("rbac.authorization.k8s.io", "v1", "Role", "roles"), Place::Away, 5, true),
    kind(("", "v1", "ConfigMap", "configmaps"), Place::Away, 15, true),
    kind(("", "v1", "Service", "services"), Place::Home, 10, true),
    kind(("apps", "v1", "Deployment", "deployments"), Place::Home, 20, true),
    kind((OWN, "v1", "Kind0", "kind0s"), Place::Home, 10, true),
    kind((OWN, "v1", "Kind1", "kind1s"), Place::Away, 10, true),
];

impl Kind {
    /// Its group, for the test in this namespace.
    pub(super) fn group(&self, namespace: &str) -> String {
        self.group.replace("{}", namespace)
    }

    /// Where all objects of the kind are listed.
    pub(super) fn collection(&self, namespace: &str) -> String {
        match self.group(namespace) {
            core if core.is_empty() => format!("/api/{}/{}", self.version, self.plural),
            group => format!("/apis/{group}/{}/{}", self.version, self.plural),
        }
    }

    /// The id of an object as inventories have it.
    pub(super) fn id(&self, test: &str, namespace: &str, name: &str) -> String {
        format!("{namespace}_{name}_{}_{}", self.group(test), self.kind)
    }
}

/// Name and content of one object in a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    kind: usize,
    number: usize,
    name: u64,
    edition: u64,
}

/// What a commit declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Commit {
    slots: Vec<Slot>,
}

impl Commit {
    /// The first.
    pub(super) fn first() -> Self {
        let slots = KINDS.iter().enumerate().flat_map(|(kind, of)| {
            (0..of.count).map(move |number| Slot { kind, number, name: 0, edition: 0 })
        });
        Self { slots: slots.collect() }
    }

    /// How many objects there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Another content for some, up to all. `edition` is one that no commit has had.
    pub(super) fn changed(&self, edition: u64, dice: &mut Dice) -> Self {
        let mut next = self.clone();
        let sides = dice.below(3) + 1;
        for slot in &mut next.slots {
            if dice.one_in(sides) {
                slot.edition = edition;
            }
        }
        next
    }

    /// Another name for some, with a new content: as many objects leave as come. Nobody has had these names.
    pub(super) fn renamed(&self, edition: u64, dice: &mut Dice) -> Self {
        let mut next = self.clone();
        let sides = dice.below(5) + 2;
        for slot in &mut next.slots {
            if KINDS[slot.kind].renamed && dice.one_in(sides) {
                slot.name = edition;
                slot.edition = edition;
            }
        }
        next
    }

    /// Every declared object by its id, with its edition.
    pub(super) fn declared(&self, test: &str) -> BTreeMap<String, u64> {
        self.slots.iter().map(|slot| (slot.id(test), slot.edition)).collect()
    }

    /// The files of the commit. JSON is YAML.
    pub(super) fn files(&self, test: &str) -> Vec<(String, String)> {
        let mut files: BTreeMap<&str, String> = BTreeMap::new();
        for slot in &self.slots {
            let file = files.entry(KINDS[slot.kind].plural).or_default();
            file.push_str("---\n");
            file.push_str(&slot.object(test).to_string());
            file.push('\n');
        }
        files.into_iter().map(|(name, text)| (format!("{name}.yaml"), text)).collect()
    }
}

impl Slot {
    fn namespace(&self, test: &str) -> String {
        match KINDS[self.kind].place {
            Place::Cluster => String::new(),
            Place::Home => test.to_owned(),
            Place::Away => format!("{test}-{}", self.number % NAMESPACES),
        }
    }

    fn name(&self, test: &str) -> String {
        let Kind { kind, place, plural, .. } = KINDS[self.kind];
        match kind {
            "Namespace" => format!("{test}-{}", self.number),
            "CustomResourceDefinition" => format!("kind{}s.{}", self.number, OWN.replace("{}", test)),
            _ if place == Place::Cluster => format!("{test}-{plural}-{}-{}", self.number, self.name),
            _ => format!("{plural}-{}-{}", self.number, self.name),
        }
    }

    fn id(&self, test: &str) -> String {
        KINDS[self.kind].id(test, &self.namespace(test), &self.name(test))
    }

    fn object(&self, test: &str) -> Value {
        let of = KINDS[self.kind];
        let group = of.group(test);
        let api = if group.is_empty() { of.version.to_owned() } else { format!("{group}/{}", of.version) };
        let mut object = json!({
            "apiVersion": api,
            "kind": of.kind,
            "metadata": { "name": self.name(test), "labels": { EDITION: self.edition.to_string() } },
        });
        let namespace = self.namespace(test);
        if !namespace.is_empty() {
            object["metadata"]["namespace"] = json!(namespace);
        }
        for (field, value) in self.body(test).as_object().into_iter().flatten() {
            object[field] = value.clone();
        }
        object
    }

    /// What makes an object of its kind.
    fn body(&self, test: &str) -> Value {
        let edition = self.edition.to_string();
        let rules = json!([{ "apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"] }]);
        match KINDS[self.kind].kind {
            "CustomResourceDefinition" => {
                let names = json!({ "kind": format!("Kind{}", self.number), "plural": format!("kind{}s", self.number) });
                let schema = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
                json!({ "spec": {
                    "group": OWN.replace("{}", test), "scope": "Namespaced", "names": names,
                    "versions": [{
                        "name": "v1", "served": true, "storage": true, "schema": { "openAPIV3Schema": schema },
                    }],
                } })
            }
            "ClusterRole" | "Role" => json!({ "rules": rules }),
            "PriorityClass" => json!({ "value": 7, "description": edition }),
            "ConfigMap" => json!({ "data": { "edition": edition } }),
            "Service" => {
                json!({ "spec": { "clusterIP": "None", "selector": { "app": edition }, "ports": [{ "port": 80 }] } })
            }
            "Deployment" => {
                let app = json!({ "app": self.name(test) });
                let containers = json!([{ "name": "app", "image": "example.com/app", "env": [{ "name": "E", "value": edition }] }]);
                json!({ "spec": {
                    // No Pods: they would be the scheduler's work, and nobody asks for them here.
                    "replicas": 0,
                    "selector": { "matchLabels": app },
                    "template": { "metadata": { "labels": app }, "spec": { "containers": containers } },
                } })
            }
            "Namespace" | "ServiceAccount" => json!({}),
            _ => json!({ "spec": { "edition": edition } }),
        }
    }
}
