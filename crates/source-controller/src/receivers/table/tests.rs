//! Whose a path is.

use api::receiver::ReceiverSpec;
use receiver::{resolve, validate};
use serde_json::json;

use super::*;

fn hook() -> Hook {
    let spec: ReceiverSpec =
        serde_json::from_value(json!({"type": "generic", "secretRef": {"name": "a"}, "resources": []}))
            .unwrap();
    resolve(validate(&spec).unwrap(), [("token".to_owned(), b"t".to_vec())].into()).unwrap()
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::new("apps", name)
}

fn settled() -> Table {
    let table = Table::default();
    table.synced();
    table
}

fn whose(table: &Table, path: &str) -> String {
    match table.find(path) {
        Found::Open(open) => open.key.name.clone(),
        Found::Closed(key) => format!("Closed {}", key.name),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_path_moves_with_its_receiver() {
    let table = settled();
    table.open(&key("a"), "/hook/1", hook());
    table.open(&key("b"), "/hook/2", hook());
    assert_eq!((whose(&table, "/hook/1"), whose(&table, "/hook/2")), ("a".to_owned(), "b".to_owned()));
    assert_eq!(whose(&table, "/hook/1?x"), "Nobodys");
    table.open(&key("a"), "/hook/3", hook());
    assert_eq!((whose(&table, "/hook/1"), whose(&table, "/hook/3")), ("Nobodys".to_owned(), "a".to_owned()));
    table.close(&key("a"), Some("/hook/3"));
    assert_eq!(whose(&table, "/hook/3"), "Closed a");
    table.open(&key("a"), "/hook/3", hook());
    assert_eq!(whose(&table, "/hook/3"), "a");
    table.remove(&key("a"));
    assert_eq!(whose(&table, "/hook/3"), "Nobodys");
    table.close(&key("b"), None);
    assert_eq!(whose(&table, "/hook/2"), "Nobodys");
}

#[test]
fn nobody_takes_another_s_path() {
    let table = settled();
    table.open(&key("a"), "/hook/1", hook());
    table.close(&key("thief"), Some("/hook/1"));
    assert_eq!(whose(&table, "/hook/1"), "a", "a status says what it likes");
    table.open(&key("thief"), "/hook/1", hook());
    assert_eq!(whose(&table, "/hook/1"), "a");
    table.remove(&key("thief"));
    assert_eq!(whose(&table, "/hook/1"), "a");
}

#[test]
fn nobody_is_sent_away_before_all_are_known() {
    let table = Table::default();
    table.expect(&key("a"));
    table.expect(&key("b"));
    table.expect(&key("suspended"));
    assert_eq!(whose(&table, "/hook/1"), "Unsettled");
    table.synced();
    table.open(&key("a"), "/hook/2", hook());
    table.close(&key("suspended"), None);
    assert_eq!(whose(&table, "/hook/1"), "Unsettled", "b's Secret cannot be read yet");
    assert_eq!(whose(&table, "/hook/2"), "a", "others need not wait for it");
    table.remove(&key("b"));
    assert_eq!(whose(&table, "/hook/1"), "Nobodys");
    table.expect(&key("c"));
    assert_eq!(whose(&table, "/hook/1"), "Nobodys", "a later one holds up nobody");
}
