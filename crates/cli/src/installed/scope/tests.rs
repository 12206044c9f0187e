//! Which scopes meet.

use super::*;

fn scope(namespace: Option<&str>, selector: Option<&str>) -> Scope {
    Scope { namespace: namespace.map(str::to_owned), selector: selector.map(str::to_owned) }
}

#[test]
fn namespaces_and_selectors() {
    let (all, one, two) = (scope(None, None), scope(Some("one"), None), scope(Some("two"), None));
    assert!(all.meets(&all) && all.meets(&one) && one.meets(&all) && one.meets(&one));
    assert!(!one.meets(&two));
    let (shard, rest) = (scope(None, Some("k=a")), scope(None, Some("!k")));
    assert!(!shard.meets(&rest) && shard.meets(&all) && shard.meets(&one));
    assert!(rest.has_unlabelled() && all.has_unlabelled() && !shard.has_unlabelled());
}

#[test]
fn in_words() {
    assert_eq!(scope(None, None).to_string(), "all namespaces");
    assert_eq!(scope(Some("a"), Some("k=b")).to_string(), "the namespace a, objects with k=b");
}
