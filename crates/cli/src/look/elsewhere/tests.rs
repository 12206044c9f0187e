//! Which key of a Secret is the kubeconfig, and what is said where there is no way.

use super::*;

fn values(given: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    given.iter().map(|(key, text)| ((*key).to_owned(), (*text).into())).collect()
}

#[test]
fn keys() {
    let values = values(&[("value.yaml", "b"), ("mine", "c")]);
    assert_eq!(kubeconfig(None, &values), Some(&b"b"[..]));
    assert_eq!(kubeconfig(Some("mine"), &values), Some(&b"c"[..]));
    assert_eq!(kubeconfig(Some("value"), &values), None, "what is named is meant");
}

#[test]
fn what_is_wrong_with_a_secret_is_said_with_what_to_do() {
    let said = |key: Option<&str>, given: &[(&str, &str)]| {
        let way = Way::of_secret("Secret/apps/there".to_owned(), key, &values(given));
        way.map(|_| ()).map_err(|why| why.to_string()).expect_err("no way")
    };
    assert_eq!(
        said(Some(""), &[("other", "x")]),
        "Secret/apps/there has no kubeconfig under the key value or value.yaml; put one there, or correct \
         spec.kubeConfig.secretRef.key"
    );
    assert!(said(Some("mine"), &[("value", "x")]).contains("under the key mine;"));
    let file = "{clusters: [{name: c, cluster: {server: 'https://h', certificate-authority: /ca}}]}";
    let text = said(None, &[("value", file)]);
    assert!(text.starts_with("the kubeconfig of Secret/apps/there cannot be used: "), "{text}");
    assert!(text.ends_with("; correct it"), "{text}");
}

#[test]
fn who_does_not_answer_is_told_from_who_refuses() {
    let said = |class| unanswered("Secret/apps/there", "h:6443", class, "why").to_string();
    assert!(said(Class::Unauthorized).contains("does not accept the credentials"));
    assert!(said(Class::Unauthorized).ends_with("; renew them"));
    assert!(said(Class::Forbidden).contains("refuses the user"));
    for class in [Class::Transport, Class::Timeout, Class::ServerError] {
        assert!(said(class).starts_with(
            "h:6443, to which the kubeconfig of Secret/apps/there leads, cannot be reached from here: why;"
        ));
    }
}
