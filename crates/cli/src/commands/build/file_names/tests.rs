//! Names of files, compared with kustomize 5.8.1's.

use serde_json::json;

use super::*;

fn object(api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> Value {
    let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}});
    if let Some(namespace) = namespace {
        object["metadata"]["namespace"] = namespace.into();
    }
    object
}

fn check(objects: &[Value], wanted: &[&str]) {
    let named = file_names(objects);
    let names: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, wanted);
    assert!(named.iter().map(|(_, object)| *object).eq(objects), "each with its own object, in order");
}

#[test]
fn files_of_one_namespace() {
    check(
        &[
            object("v1", "Namespace", None, "Web"),
            object("apps/v1", "Deployment", Some("web"), "front"),
            object("rbac.authorization.k8s.io/v1", "ClusterRole", None, "system:x"),
        ],
        &[
            "v1_namespace_web.yaml",
            "apps_v1_deployment_front.yaml",
            "rbac.authorization.k8s.io_v1_clusterrole_system:x.yaml",
        ],
    );
}

#[test]
fn files_of_several_namespaces() {
    check(
        &[
            object("v1", "Namespace", None, "Web"),
            object("v1", "ConfigMap", Some("Web"), "a.B"),
            object("x.io/v1", "Thing", None, "t"),
            object("", "Bare", Some("default"), "../n"),
        ],
        &[
            "v1_namespace_web.yaml",
            "web_v1_configmap_a.b.yaml",
            "default_x.io_v1_thing_t.yaml",
            "default_bare_.._n.yaml",
        ],
    );
}

#[test]
fn no_namespace_is_the_default_one() {
    let none = object("v1", "ConfigMap", None, "a");
    let empty = object("v1", "ConfigMap", Some(""), "b");
    let named = object("v1", "ConfigMap", Some("default"), "c");
    check(&[none, empty, named], &["v1_configmap_a.yaml", "v1_configmap_b.yaml", "v1_configmap_c.yaml"]);
}

#[test]
fn a_name_stays_in_the_directory() {
    check(&[object("v1", "ConfigMap", None, "../../etc/x")], &["v1_configmap_.._.._etc_x.yaml"]);
}

#[test]
fn objects_without_anything() {
    check(&[], &[]);
    check(&[json!({})], &[".yaml"]);
}
