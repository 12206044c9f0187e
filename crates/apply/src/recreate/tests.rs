//! Who asks for it, and what is asked about in a manifest's place.

use super::{is_asked_for, stand_in};
use api::labels;
use manifest::Manifest;
use serde_json::{Value, json};

fn object(api_version: &str, kind: &str, name: &str, fields: Value) -> Value {
    let mut object =
        json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "ns"}});
    object.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    object
}

fn manifest(api_version: &str, kind: &str, fields: Value) -> Manifest {
    Manifest::new(object(api_version, kind, "web", fields)).unwrap()
}

#[test]
fn what_would_lose_data_has_to_ask_itself() {
    for (api_version, kind, by_all) in [
        ("v1", "Service", true),
        ("batch/v1", "Job", true),
        ("v1", "PersistentVolumeClaim", false),
        ("v1", "PersistentVolume", false),
        ("v1", "Namespace", false),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", false),
        ("example.com/v1", "Namespace", true),
    ] {
        let plain = manifest(api_version, kind, json!({}));
        let mut marked = plain.value().clone();
        marked["metadata"]["annotations"] = json!({ labels::FORCE: "Enabled" });
        let asked = |desired: &Value, live: &Value, force| {
            is_asked_for(&Manifest::new(desired.clone()).unwrap(), live, force)
        };
        assert_eq!(asked(plain.value(), plain.value(), true), by_all, "{kind}");
        assert!(!asked(plain.value(), plain.value(), false), "{kind}");
        assert!(asked(&marked, plain.value(), false) && asked(plain.value(), &marked, false), "{kind}");
    }
}

#[test]
fn a_stand_in_is_the_same_but_for_its_name() {
    let desired = manifest("batch/v1", "Job", json!({"spec": {"parallelism": 2}}));
    let stand_in = stand_in(&desired, &json!({"metadata": {"uid": "u"}})).unwrap();
    assert!(stand_in.name().starts_with("web-") && stand_in.name().len() == 12, "{}", stand_in.name());
    let mut renamed = stand_in.value().clone();
    renamed["metadata"]["name"] = json!("web");
    assert_eq!(&renamed, desired.value());
}

#[test]
fn long_names_stay_within_what_kinds_allow() {
    let long = format!("{}.{}", "a".repeat(39), "b".repeat(100));
    let desired = Manifest::new(object("batch/v1", "CronJob", &long, json!({}))).unwrap();
    let name = stand_in(&desired, &json!({})).unwrap().name().to_owned();
    assert!(name.starts_with(&format!("{}-", "a".repeat(39))) && name.len() == 48, "{name}");
}

#[test]
fn what_only_one_can_have_is_left_out_where_it_stays() {
    let ports = |port: u32, node: u32| json!([{"port": port, "nodePort": node}, {"port": 81}]);
    let spec =
        |ip: &str, ports: Value| json!({"spec": {"clusterIP": ip, "clusterIPs": [ip], "ports": ports}});
    let live = object("v1", "Service", "web", spec("10.0.0.1", ports(80, 30001)));
    let of =
        |fields: Value| stand_in(&manifest("v1", "Service", fields), &live).unwrap().value()["spec"].clone();
    assert_eq!(of(spec("10.0.0.1", ports(80, 30001))), json!({"ports": [{"port": 80}, {"port": 81}]}));
    assert_eq!(
        of(spec("10.0.0.2", ports(80, 30002))),
        json!({"clusterIP": "10.0.0.2", "clusterIPs": ["10.0.0.2"], "ports": [{"port": 80, "nodePort": 30002}, {"port": 81}]})
    );
    let headless = object("v1", "Service", "web", spec("None", ports(80, 30001)));
    let desired = manifest("v1", "Service", spec("None", ports(80, 30001)));
    let kept = stand_in(&desired, &headless).unwrap().value()["spec"].clone();
    assert_eq!((&kept["clusterIP"], &kept["clusterIPs"]), (&json!("None"), &json!(["None"])));
    let class = |default: bool| {
        object("scheduling.k8s.io/v1", "PriorityClass", "web", json!({"globalDefault": default}))
    };
    let desired = Manifest::new(class(true)).unwrap();
    assert_eq!(stand_in(&desired, &class(true)).unwrap().value().get("globalDefault"), None);
    assert_eq!(stand_in(&desired, &class(false)).unwrap().value()["globalDefault"], true);
}

#[test]
fn a_definition_is_renamed_with_what_it_defines() {
    let spec = json!({"spec": {"group": "example.com", "names": {"plural": "widgets", "kind": "Widget"}}});
    let desired = manifest("apiextensions.k8s.io/v1", "CustomResourceDefinition", spec);
    let renamed = stand_in(&desired, &json!({})).unwrap();
    let plural = renamed.value()["spec"]["names"]["plural"].as_str().unwrap().to_owned();
    assert_ne!(plural, "widgets");
    assert_eq!(renamed.name(), format!("{plural}.example.com"));
    assert!(
        stand_in(&manifest("apiextensions.k8s.io/v1", "CustomResourceDefinition", json!({})), &json!({}))
            .is_none()
    );
}
