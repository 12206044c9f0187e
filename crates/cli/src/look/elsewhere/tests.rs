//! Which key of a Secret is the kubeconfig.

use super::*;

#[test]
fn keys() {
    let values: BTreeMap<String, Vec<u8>> =
        [("value.yaml", "b"), ("mine", "c")].map(|(key, text)| (key.to_owned(), text.into())).into();
    assert_eq!(kubeconfig(None, &values), Some(&b"b"[..]));
    assert_eq!(kubeconfig(Some(""), &values), Some(&b"b"[..]));
    assert_eq!(kubeconfig(Some("mine"), &values), Some(&b"c"[..]));
    assert_eq!(kubeconfig(Some("value"), &values), None, "what is named is meant");
}
