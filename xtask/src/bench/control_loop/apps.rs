//! The applications that several workloads are made of: a set of Kustomizations with four objects each, as Flux's own
//! benchmark has them, and single objects. It makes texts and objects; applying them is others'. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::sizes::Sizes;
use super::stand::{DEPLOYER, KUSTOMIZATION, KUSTOMIZE};

/// Files by path.
pub(super) type Files = BTreeMap<String, String>;

/// A manifest of a ConfigMap with one key.
pub(super) fn config_map(name: &str, value: &str) -> String {
    format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{key: \"{value}\"}}\n")
}

/// A manifest of a Deployment without Pods.
pub(super) fn deployment(name: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  replicas: 0\n  \
         selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      \
         containers: [{{name: main, image: 'example.com/web:1', ports: [{{containerPort: 80, name: http}}]}}]\n"
    )
}

fn service(name: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec:\n  selector: {{app: {name}}}\n  ports: [{{port: 80, name: http}}]\n"
    )
}

fn account(name: &str) -> String {
    format!("---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}}}\n")
}

/// One file with so many ConfigMaps `map-N`.
pub(super) fn maps(count: usize, value: impl Fn(usize) -> String) -> Files {
    let text = (0..count).map(|n| config_map(&format!("map-{n}"), &value(n))).collect();
    [("all.yaml".to_owned(), text)].into()
}

/// One file with so many Deployments.
pub(super) fn deployments(count: usize) -> Files {
    let text = (0..count).map(|n| deployment(&format!("web-{n}"))).collect();
    [("all.yaml".to_owned(), text)].into()
}

/// The name of an application of the set.
pub(super) fn name(app: usize) -> String {
    format!("app-{app}")
}

/// One application of four objects in a folder of its own, whose ConfigMap holds a value.
pub(super) fn app(number: usize, value: &str) -> (String, String) {
    let name = name(number);
    let text = [config_map(&name, value), account(&name), service(&name), deployment(&name)].concat();
    (format!("apps/{name}/app.yaml"), text)
}

/// The set: so many applications, all with one value but those that the caller gives another.
pub(super) fn set(count: usize, value: impl Fn(usize) -> String) -> Files {
    (0..count).map(|number| app(number, &value(number))).collect()
}

/// One application of four objects with variables, which every Kustomization fills in differently.
pub(super) fn template() -> Files {
    // Quoted, for it has to be YAML before it is filled in.
    let name = "\"${name}\"";
    let mut text = [account(name), service(name), deployment(name)].concat();
    write!(
        text,
        "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}, annotations: {{tier: \"${{tier}}\"}}}}\n\
         spec:\n  rules:\n  - host: \"${{name}}.${{domain}}\"\n    http:\n      paths:\n      - {{path: /, pathType: Prefix, backend: {{service: \
         {{name: {name}, port: {{name: http}}}}}}}}\n"
    )
    .ok();
    [("app/app.yaml".to_owned(), text)].into()
}

/// A Kustomization of one of the set's applications.
pub(super) fn of_set(sizes: &Sizes, namespace: &str, number: usize, interval: &str) -> Value {
    let spec = json!({ "path": format!("./apps/{}", name(number)), "wait": true, "timeout": "5m", "interval": interval });
    kustomization(sizes, namespace, &name(number), spec)
}

/// A pruning Kustomization of the source `app`, with these fields over it.
pub(super) fn kustomization(sizes: &Sizes, namespace: &str, name: &str, fields: Value) -> Value {
    let mut spec = json!({
        "interval": "1h", "prune": true, "sourceRef": { "kind": "GitRepository", "name": "app" },
        "targetNamespace": namespace,
    });
    if let (Some(spec), Value::Object(fields)) = (spec.as_object_mut(), fields) {
        spec.extend(fields);
        if sizes.impersonated {
            spec.insert("serviceAccountName".to_owned(), Value::from(DEPLOYER));
        }
    }
    json!({ "apiVersion": KUSTOMIZE, "kind": KUSTOMIZATION, "metadata": { "name": name }, "spec": spec })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kind and name of each object of a file.
    fn objects(text: &str) -> Vec<(String, String)> {
        let all = manifest::yaml::read_all(text, manifest::yaml::Dialect::V2).expect("YAML");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        all.iter().map(|object| (text(&object["kind"]), text(&object["metadata"]["name"]))).collect()
    }

    #[test]
    fn every_application_has_four_objects_of_its_own() {
        let files = set(2, |number| number.to_string());
        assert_eq!(files.len(), 2);
        let of = |path: &str| objects(files.get(path).expect(path));
        let kinds: Vec<String> = of("apps/app-1/app.yaml").into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, ["ConfigMap", "ServiceAccount", "Service", "Deployment"]);
        assert!(of("apps/app-0/app.yaml").iter().all(|(_, name)| name == "app-0"));
        let template = template();
        let text = template.get("app/app.yaml").expect("a file");
        assert!(objects(text).iter().all(|(_, name)| name == "${name}"), "{text}");
        assert_eq!(objects(text).len(), 4);
        assert_eq!(objects(&maps(3, |_| "1".to_owned())["all.yaml"]).len(), 3);
    }

    #[test]
    fn a_kustomization_names_the_account_unless_told_not_to() {
        let mut sizes = Sizes::new(true);
        let account = |sizes: &Sizes| of_set(sizes, "ns", 3, "1m")["spec"]["serviceAccountName"].clone();
        assert_eq!(account(&sizes), DEPLOYER);
        sizes.impersonated = false;
        assert!(account(&sizes).is_null());
        assert_eq!(of_set(&sizes, "ns", 3, "1m")["spec"]["path"], "./apps/app-3");
    }
}
