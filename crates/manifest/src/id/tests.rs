//! Names of things in both of their text forms.

use super::{Gvk, ObjectId, check_segment};

fn id(namespace: &str, name: &str, group: &str, kind: &str) -> ObjectId {
    let [namespace, name, group, kind] = [namespace, name, group, kind].map(str::to_owned);
    ObjectId { namespace, name, group, kind }
}

#[test]
fn an_api_version_is_split_at_its_first_slash() {
    for (api_version, group, version) in
        [("v1", "", "v1"), ("apps/v1", "apps", "v1"), ("a/b/c", "a", "b/c"), ("/v1", "", "v1"), ("", "", "")]
    {
        let gvk = Gvk::parse(api_version, "Kind");
        assert_eq!((gvk.group.as_str(), gvk.version.as_str()), (group, version), "{api_version}");
    }
    assert_eq!(Gvk::parse("apps/v1", "Deployment").to_string(), "apps/v1, Kind=Deployment");
    assert_eq!(Gvk::parse("v1", "Pod").to_string(), "v1, Kind=Pod");
}

#[test]
fn inventory_ids_are_read_as_they_are_written() {
    let rbac = "rbac.authorization.k8s.io";
    for (id, text) in [
        (id("default", "web", "apps", "Deployment"), "default_web_apps_Deployment"),
        (id("", "prod", "", "Namespace"), "_prod__Namespace"),
        (
            id("", "crontabs.example.com", "apiextensions.k8s.io", "CustomResourceDefinition"),
            "_crontabs.example.com_apiextensions.k8s.io_CustomResourceDefinition",
        ),
        (id("", "system:foo", rbac, "ClusterRole"), "_system__foo_rbac.authorization.k8s.io_ClusterRole"),
        (id("ns", "a:b:c", rbac, "RoleBinding"), "ns_a__b__c_rbac.authorization.k8s.io_RoleBinding"),
        // Only names of RBAC objects are written in another way.
        (id("ns", "a:b", "example.com", "Role"), "ns_a:b_example.com_Role"),
        (id("ns", "a:b", rbac, "Widget"), "ns_a:b_rbac.authorization.k8s.io_Widget"),
        // A name with an underscore, which some kinds allow, takes what is left over.
        (id("ns", "a_b", "example.com", "Widget"), "ns_a_b_example.com_Widget"),
    ] {
        assert_eq!(id.to_inventory(), text);
        assert_eq!(ObjectId::from_inventory(text).as_ref(), Ok(&id), "{text}");
    }
}

#[test]
fn other_texts_are_refused_by_name() {
    for bad in ["", "a", "a_b_c", "ns__group_Kind", "ns_name_group_", "____"] {
        let error = ObjectId::from_inventory(bad).unwrap_err();
        assert_eq!(error.to_string(), format!("unable to parse stored object metadata: {bad}"));
    }
}

#[test]
fn the_subject_of_a_message_leaves_out_an_empty_namespace() {
    assert_eq!(id("ns", "web", "apps", "Deployment").to_string(), "Deployment/ns/web");
    assert_eq!(id("", "web", "apps", "Deployment").to_string(), "Deployment/web");
}

#[test]
fn ids_whose_parts_are_no_path_segments_are_refused() {
    for bad in [
        "ns_.._apps_Deployment",
        "ns_._apps_Deployment",
        ".._web_apps_Deployment",
        "ns_../../x_apps_Deployment",
        "a/b_web_apps_Deployment",
        "ns_web_a/b_Deployment",
        "ns_web_apps_De/ployment",
        "ns_a?dryRun=_apps_Deployment",
        "ns_a#_apps_Deployment",
        "ns_a%2fb_apps_Deployment",
        "ns_a\\b_apps_Deployment",
        "ns_a b_apps_Deployment",
        "ns_a\n_apps_Deployment",
        "ns_a\u{1b}[2J_apps_Deployment",
        "ns_a_apps_..",
    ] {
        let error = ObjectId::from_inventory(bad).unwrap_err().to_string();
        assert!(!error.contains(['\n', '\u{1b}']), "{error:?}");
    }
}

#[test]
fn a_refused_name_is_told_with_its_field() {
    for (field, text, why) in [
        ("metadata.name", "", "metadata.name \"\" may not be empty"),
        ("kind", "..", "kind \"..\" may not be '.' or '..'"),
        ("metadata.namespace", "a/b", "metadata.namespace \"a/b\" may not contain '/'"),
        ("apiVersion", "a%", "apiVersion \"a%\" may not contain '%'"),
        (
            "metadata.name",
            "a\u{1b}",
            "metadata.name \"a\u{fffd}\" may not contain blanks or control characters",
        ),
    ] {
        let error = check_segment(field, text).unwrap_err().to_string();
        assert_eq!(error, format!("{why}: it would be part of the path of a request"));
    }
    let error = check_segment("metadata.name", &"a".repeat(2000)).unwrap_err().to_string();
    assert!(error.contains("1024 bytes") && error.len() < 256, "{error}");
    let fields = [
        (id("a/b", "n", "g", "K"), "metadata.namespace"),
        (id("", "n?", "g", "K"), "metadata.name"),
        (id("", "n", "g#", "K"), "apiVersion"),
        (id("", "n", "", "K/x"), "kind"),
    ];
    for (id, field) in fields {
        assert!(id.check().unwrap_err().to_string().starts_with(field), "{id:?}");
    }
    assert_eq!(id("", "system:a:b", "", "K").check(), Ok(()));
}

#[test]
fn a_subject_is_one_line() {
    assert_eq!(id("ns", "a\nb\u{1b}", "", "K").to_string(), "K/ns/a\u{fffd}b\u{fffd}");
}
