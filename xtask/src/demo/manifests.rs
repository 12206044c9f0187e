//! What the demo commits: an application of four objects and a fleet of twelve, and how each fleet object is edited.
//! Nothing here talks to a cluster.

use serde_json::{Value, json};

/// A file of the repository.
pub(super) type File = (String, String);

/// How many objects the application has.
pub(super) const APP_OBJECTS: usize = 4;
/// How many objects the fleet has.
pub(super) const FLEET_OBJECTS: usize = 12;

/// The application: a Deployment, a Service, a ConfigMap and a ServiceAccount.
pub(super) fn app(greeting: &str) -> Vec<File> {
    vec![
        file("app/kustomization.yaml", kustomization(&["account", "settings", "web", "service"])),
        file("app/account.yaml", object("v1", "ServiceAccount", "web", "")),
        file(
            "app/settings.yaml",
            object("v1", "ConfigMap", "settings", &format!("data:\n  greeting: {greeting}\n")),
        ),
        file("app/web.yaml", deployment("web", 2)),
        file("app/service.yaml", service("web", 80)),
    ]
}

/// The application's Service with a port that no API server takes.
pub(super) fn broken_service() -> File {
    file("app/service.yaml", service("web", 70_000))
}

/// The application's Service as it should be.
pub(super) fn good_service() -> File {
    file("app/service.yaml", service("web", 80))
}

/// The list of the application's files without its Service.
pub(super) fn app_without_service() -> File {
    file("app/kustomization.yaml", kustomization(&["account", "settings", "web"]))
}

/// The list of the application's files with everything.
pub(super) fn app_with_service() -> File {
    file("app/kustomization.yaml", kustomization(&["account", "settings", "web", "service"]))
}

/// The fleet: eight ConfigMaps, two Services and two Deployments.
pub(super) fn fleet() -> Vec<File> {
    let members = members();
    let names: Vec<_> = members.iter().map(|member| member.file.as_str()).collect();
    let mut files = vec![file("fleet/kustomization.yaml", kustomization(&names))];
    files.extend(members.iter().map(|member| (format!("fleet/{}.yaml", member.file), member.text.clone())));
    files
}

/// One object of the fleet and how somebody changes it.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// Its file, without `.yaml`.
    pub(super) file: String,
    /// Its manifest.
    text: String,
    /// API version.
    pub(super) api_version: &'static str,
    /// Kind.
    pub(super) kind: &'static str,
    /// Plural of the kind.
    pub(super) plural: &'static str,
    /// Name.
    pub(super) name: String,
    /// JSON pointer to the value that is changed.
    pub(super) pointer: &'static str,
    /// The value that Git says.
    pub(super) wanted: Value,
}

impl Member {
    /// A merge patch that puts another value in the place of the wanted one; it differs with every `round`.
    pub(super) fn edit(&self, round: usize) -> Value {
        match self.kind {
            "ConfigMap" => json!({"data": {"mode": format!("edited-{round}")}}),
            "Service" => json!({"spec": {"selector": {"app": format!("edited-{round}")}}}),
            _ => json!({"spec": {"replicas": 2 + round % 5}}),
        }
    }
}

/// The objects of the fleet.
pub(super) fn members() -> Vec<Member> {
    let mut members = Vec::new();
    for number in 1..=8 {
        let name = format!("settings-{number}");
        members.push(Member {
            file: name.clone(),
            text: object("v1", "ConfigMap", &name, "data:\n  mode: steady\n"),
            api_version: "v1",
            kind: "ConfigMap",
            plural: "configmaps",
            name,
            pointer: "/data/mode",
            wanted: json!("steady"),
        });
    }
    for name in ["front", "back"] {
        members.push(Member {
            file: format!("{name}-service"),
            text: service(name, 80),
            api_version: "v1",
            kind: "Service",
            plural: "services",
            name: name.to_owned(),
            pointer: "/spec/selector/app",
            wanted: json!(name),
        });
        members.push(Member {
            file: format!("{name}-deployment"),
            text: deployment(name, 1),
            api_version: "apps/v1",
            kind: "Deployment",
            plural: "deployments",
            name: name.to_owned(),
            pointer: "/spec/replicas",
            wanted: json!(1),
        });
    }
    members
}

/// The objects that make the loop run: a source and two Kustomizations, in one namespace.
pub(super) fn loop_objects(namespace: &str, url: &str) -> Vec<Value> {
    let kustomization = |name: &str| {
        json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {
                "interval": "1h", "retryInterval": "10m", "timeout": "1m", "prune": true, "path": format!("./{name}"),
                "sourceRef": {"kind": "GitRepository", "name": "demo"}, "targetNamespace": namespace,
            },
        })
    };
    let source = json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
        "metadata": {"name": "demo", "namespace": namespace},
        "spec": {"interval": "1h", "url": url, "ref": {"branch": "main"}},
    });
    vec![source, kustomization("app"), kustomization("fleet")]
}

fn file(path: &str, text: String) -> File {
    (path.to_owned(), text)
}

fn kustomization(names: &[&str]) -> String {
    let list: String = names.iter().map(|name| format!("  - {name}.yaml\n")).collect();
    format!("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n{list}")
}

fn object(api_version: &str, kind: &str, name: &str, rest: &str) -> String {
    format!("apiVersion: {api_version}\nkind: {kind}\nmetadata:\n  name: {name}\n{rest}")
}

fn service(name: &str, port: u32) -> String {
    let rest =
        format!("spec:\n  selector:\n    app: {name}\n  ports:\n    - name: http\n      port: {port}\n");
    object("v1", "Service", name, &rest)
}

fn deployment(name: &str, replicas: u32) -> String {
    let rest = format!(
        "spec:\n  replicas: {replicas}\n  selector:\n    matchLabels:\n      app: {name}\n  template:\n    metadata:\n      \
         labels:\n        app: {name}\n    spec:\n      containers:\n        - name: web\n          image: nginx:1.29\n"
    );
    object("apps/v1", "Deployment", name, &rest)
}
