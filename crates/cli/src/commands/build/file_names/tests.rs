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
    let named = file_names(objects).expect("names");
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

/// The names of two objects in two namespaces, of which the first is the one that is looked at; or why it has none.
fn first_of_two(hostile: Value) -> Result<String, String> {
    let other = object("v1", "ConfigMap", Some("other"), "a");
    let objects = [hostile, other];
    let named = file_names(&objects).map_err(|error| error.to_string())?;
    Ok(named[0].0.clone())
}

#[test]
fn every_part_of_a_name_stays_in_the_directory() {
    let with = |api_version: &str, kind: &str, namespace: &str, name: &str| {
        first_of_two(object(api_version, kind, Some(namespace), name))
    };
    let hidden = |namespace: &str| {
        let name = format!("{}_v1_configmap_x.yaml", namespace.replace('/', "_"));
        Err(format!(
            "the file of ConfigMap 'x' would be called '{name}': names of files must not begin with a dot"
        ))
    };
    for namespace in ["../../../tmp/x", "../x", "..", ".", ".git/hooks", "./x"] {
        assert_eq!(with("v1", "ConfigMap", namespace, "x"), hidden(namespace), "{namespace}");
    }
    for (api_version, kind, namespace, name, wanted) in [
        ("v1", "ConfigMap", "/tmp/x", "y", "_tmp_x_v1_configmap_y.yaml"),
        ("", "/tmp/x", "n", "y", "n__tmp_x_y.yaml"),
        ("", "../x", "n", "y", "n_.._x_y.yaml"),
        ("v1", "a/b", "n", "y", "n_v1_a_b_y.yaml"),
        ("/v1", "ConfigMap", "n", "y", "n_v1_configmap_y.yaml"),
        ("a/b/c/../d", "ConfigMap", "n", "y", "n_a_b_c_.._d_configmap_y.yaml"),
        ("../../v1", "ConfigMap", "n", "y", "n_.._.._v1_configmap_y.yaml"),
        ("v1", "ConfigMap", "n", "/etc/passwd", "n_v1_configmap__etc_passwd.yaml"),
        ("v1", "ConfigMap", "n", "a\u{0}b", "n_v1_configmap_a_b.yaml"),
        ("v1", "ConfigMap", "n", "a\nb\tc\rd", "n_v1_configmap_a_b_c_d.yaml"),
        ("v1", "ConfigMap", "n", "\u{1b}[2J", "n_v1_configmap__[2j.yaml"),
        ("v1", "ConfigMap", "n", "\u{9b}31m", "n_v1_configmap__31m.yaml"),
        ("v1", "ConfigMap", "n", "a\u{202e}b", "n_v1_configmap_a_b.yaml"),
        ("v1", "Config\u{7f}Map", "n\u{7}", "y", "n__v1_config_map_y.yaml"),
        ("v1", "ConfigMap", "-rf", "y", "-rf_v1_configmap_y.yaml"),
        ("v1", "ConfigMap", "n", "y\\z", "n_v1_configmap_y\\z.yaml"),
    ] {
        let named = with(api_version, kind, namespace, name).expect("a name");
        assert_eq!(named, wanted);
        assert_eq!(std::path::Path::new(&named).components().count(), 1, "{named}");
    }
}

#[test]
fn a_file_of_one_namespace_is_not_hidden_either() {
    for (api_version, kind, name) in [
        ("", "..", "x"),
        ("", ".", "x"),
        ("../v1", "ConfigMap", "x"),
        (".v1", "ConfigMap", "x"),
        ("", "", ""),
        ("", "", "../x"),
    ] {
        let objects = [object(api_version, kind, None, name)];
        let error = file_names(&objects).expect_err("refused");
        assert_eq!((error.kind(), error.hints().len()), (crate::error::ErrorKind::Write, 1), "{error}");
    }
}

#[test]
fn no_two_objects_have_one_file() {
    let map = |namespace: &str, name: &str| object("v1", "ConfigMap", Some(namespace), name);
    for (objects, wanted) in [
        (
            [map("x", "a"), map("x", "A")],
            "the files of ConfigMap 'x/a' and ConfigMap 'x/A' would both be called 'v1_configmap_a.yaml'",
        ),
        (
            [map("x", "a"), map("X", "a")],
            "the files of ConfigMap 'x/a' and ConfigMap 'X/a' would both be called 'x_v1_configmap_a.yaml'",
        ),
        (
            [map("x", "a/b"), map("x", "a_b")],
            "the files of ConfigMap 'x/a/b' and ConfigMap 'x/a_b' would both be called 'v1_configmap_a_b.yaml'",
        ),
    ] {
        assert_eq!(file_names(&objects).expect_err("refused").to_string(), wanted);
    }
}

#[test]
fn no_objects_have_no_files() {
    check(&[], &[]);
    assert!(file_names(&[json!({})]).is_err(), "a file that is only an ending is hidden");
}
