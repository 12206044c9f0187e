//! Texts of elements, and what is no document.

use super::{Seen, is_at, read};

fn texts(document: &str) -> Option<Vec<String>> {
    let mut all = Vec::new();
    let read = read(document.as_bytes(), |seen| {
        if let Seen::Text { path, text, is_encoded } = seen
            && !text.trim().is_empty()
        {
            all.push(format!("{}={text}{}", path.join("/"), if is_encoded { " encoded" } else { "" }));
        }
    });
    read.ok().map(|()| all)
}

#[test]
fn entities_sections_and_namespaces() {
    let document = "\u{feff}<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e \"boom\">]><a xmlns=\"u\" xmlns:n=\"v\">\
                    <b>1 &amp;&#x41;&lt;<![CDATA[<c>]]></b><n:d Encoded=\"true\">%20</n:d><e/></a>";
    assert_eq!(texts(document).unwrap(), ["a/b=1 &A<<c>", "a/d=%20 encoded"]);
}

#[test]
fn what_is_none() {
    for document in ["", "plain", "<a>", "<a></b>", "<a>&e;</a>", "<a>&#x110000;</a>"] {
        assert_eq!(texts(document), None, "{document}");
    }
    assert_eq!(texts(&format!("{}x{}", "<a>".repeat(17), "</a>".repeat(17))), None, "too deep");
    assert!(read(b"<a>\xff</a>", |_| {}).is_err());
}

#[test]
fn places() {
    let path = ["a".to_owned(), "b".to_owned()];
    assert!(is_at(&path, &["a", "b"]) && !is_at(&path, &["a"]) && !is_at(&path, &["a", "c"]));
}
