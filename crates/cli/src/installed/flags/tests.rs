//! Arguments in all forms that Go's flags have.

use serde_json::json;

use super::*;

fn flags(args: &[&str]) -> Flags {
    let container = json!({ "name": "manager", "args": args, "env": [
        { "name": "RUNTIME_NAMESPACE", "valueFrom": { "fieldRef": { "fieldPath": "metadata.namespace" } } },
        { "name": "POD", "valueFrom": { "fieldRef": { "fieldPath": "metadata.name" } } },
        { "name": "SHARD", "value": "one" },
    ] });
    Flags::of(Some(&serde_json::from_value(container).expect("a container")), "apps")
}

#[test]
fn values() {
    for args in
        [["--a=b", ""].as_slice(), &["--a", "b"], &["-a=b"], &["--a=x", "--a=b"], &["--a", "x", "--a=b"]]
    {
        assert_eq!(flags(args).value("a"), Some("b"), "{args:?}");
    }
    assert_eq!(flags(&["--ab=c", "--c"]).value("a"), None);
    assert_eq!(flags(&["--a="]).value("a"), Some(""));
}

#[test]
fn switches() {
    for on in [["--a"].as_slice(), &["--a=true"], &["--a=1"], &["--a=false", "--a"], &["--a", "--b"]] {
        assert!(flags(on).is_on("a") && !flags(on).is_off("a"), "{on:?}");
    }
    for off in [["--a=false"].as_slice(), &["--a=0"], &["--a", "--a=F"]] {
        assert!(!flags(off).is_on("a") && flags(off).is_off("a"), "{off:?}");
    }
    assert!(!flags(&[]).is_on("a") && !flags(&[]).is_off("a"));
}

#[test]
fn variables() {
    let flags = flags(&["--a=http://x.$(RUNTIME_NAMESPACE).svc", "--b=$(SHARD)-$(POD)"]);
    assert_eq!(flags.value("a"), Some("http://x.apps.svc"));
    assert_eq!(flags.value("b"), Some("one-$(POD)"), "what is not known before stays");
    assert_eq!(flags.variable("RUNTIME_NAMESPACE"), Some("apps"));
    assert_eq!(flags.variable("POD"), None);
}

#[test]
fn no_container() {
    assert_eq!(Flags::of(None, "apps").value("a"), None);
}
