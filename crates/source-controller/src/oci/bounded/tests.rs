//! Lists of all lengths.

use serde::Deserialize;

use super::{excess, items, list};

#[derive(Debug, Deserialize)]
struct Read {
    #[serde(default, deserialize_with = "list::<2, _, _>")]
    list: Option<Vec<u8>>,
    #[serde(default, deserialize_with = "items::<2, _, _>")]
    items: Vec<u8>,
}

fn read(text: &str) -> Result<Read, serde_json::Error> {
    serde_json::from_str(text)
}

#[test]
fn lists_of_so_many_items_are_read() {
    let read_ = read(r#"{"list": [1, 2], "items": [3, 4]}"#).unwrap();
    assert_eq!((read_.list, read_.items), (Some(vec![1, 2]), vec![3, 4]));
    let none = read(r#"{"list": null}"#).unwrap();
    assert_eq!((none.list, none.items), (None, vec![]));
    assert!(read(r#"{"items": null}"#).is_err());
}

#[test]
fn longer_ones_are_refused_with_the_limit() {
    for text in [r#"{"list": [1, 2, 3, "canary"]}"#, r#"{"items": [1, 2, 3]}"#] {
        assert_eq!(excess(&read(text).unwrap_err()).as_deref(), Some("a list has more than 2 items"));
    }
    assert_eq!(excess(&read(r#"{"list": "a list has more than "}"#).unwrap_err()), None);
    assert_eq!(excess(&read("[").unwrap_err()), None);
}
