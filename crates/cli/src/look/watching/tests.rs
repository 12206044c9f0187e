//! What is kept of what watches show.

use serde_json::{Value, json};

use super::*;

fn object(name: &str, value: u32) -> DynamicObject {
    serde_json::from_value(json!({"metadata": {"namespace": "apps", "name": name}, "value": value}))
        .expect("an object")
}

fn names(kept: &Kept) -> Option<Vec<(String, Value)>> {
    let all = kept.all()?;
    Some(
        all.into_iter()
            .map(|object| (object.metadata.name.unwrap_or_default(), object.data["value"].clone()))
            .collect(),
    )
}

#[test]
fn objects_come_and_go() {
    let kept = Kept::default();
    assert_eq!(names(&kept), None, "nothing is known yet");
    kept.refuse("no right".to_owned());
    assert_eq!(kept.refused().as_deref(), Some("no right"));
    let items = vec![object("a", 1), object("b", 1)];
    kept.replace(Listed { items, version: "1".to_owned(), is_cut: false });
    assert_eq!((names(&kept).map(|all| all.len()), kept.refused()), (Some(2), None));
    assert!(kept.take(WatchEvent::Modified(object("a", 2))));
    assert!(kept.take(WatchEvent::Added(object("c", 3))));
    assert!(kept.take(WatchEvent::Deleted(object("b", 1))));
    let wanted = vec![("a".to_owned(), json!(2)), ("c".to_owned(), json!(3))];
    assert_eq!(names(&kept), Some(wanted));
    assert!(!kept.take(WatchEvent::Error(Box::default())), "then it is listed anew");
}

#[test]
fn selections() {
    let one = Selection::named("web");
    assert_eq!(one.watch().field_selector.as_deref(), Some("metadata.name=web"));
    assert_eq!(one.list().field_selector.as_deref(), Some("metadata.name=web"));
    let several = Selection::labelled("a=b".to_owned());
    assert_eq!(
        (several.watch().label_selector.as_deref(), several.list().label_selector.as_deref()),
        (Some("a=b"), Some("a=b"))
    );
}
