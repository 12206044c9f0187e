//! From `index.yaml` to the artifact.

use manifest::budget::{Budget, Cancel, Exceeded, Limits};
use std::fmt::Write as _;

use super::{Index, IndexError, convert};

fn converted(text: &str) -> Result<String, String> {
    convert(text.as_bytes(), &Budget::default()).map_err(|error| error.to_string())
}

#[test]
fn the_newest_first_in_helms_form() {
    let text = "apiVersion: v1\ngenerated: 2026-01-01T10:00:00.500+02:00\nentries:\n  web: []\n  app:\n  - name: app\n    \
                version: 1.0.0\n    appVersion: 1.10\n    urls: [app-1.0.0.tgz]\n    created: \"2026-01-01T10:00:00Z\"\n    digest: abc\n  \
                - name: app\n    apiVersion: v2\n    version: 1.2.0\n    description: a <b>\n  - name: app\n    version: nope\n  - null\n";
    let expected = r#"{
  "apiVersion": "v1",
  "generated": "2026-01-01T10:00:00.5+02:00",
  "entries": {
    "app": [
      {
        "name": "app",
        "version": "1.2.0",
        "description": "a \u003cb\u003e",
        "apiVersion": "v2",
        "urls": null,
        "created": "0001-01-01T00:00:00Z"
      },
      {
        "name": "app",
        "version": "1.0.0",
        "apiVersion": "v1",
        "appVersion": "1.1",
        "urls": [
          "app-1.0.0.tgz"
        ],
        "created": "2026-01-01T10:00:00Z",
        "digest": "abc"
      }
    ],
    "web": []
  }
}"#;
    let first = converted(text).unwrap();
    assert_eq!(first, expected);
    // What was published is an index again, and the same one.
    assert_eq!(converted(&first).as_deref(), Ok(expected));
}

#[test]
fn what_is_no_index() {
    let decoding = "error unmarshaling JSON: while decoding JSON: ";
    for (text, message) in [
        ("", "empty index.yaml file".to_owned()),
        ("entries: {}\n", "no API version specified".to_owned()),
        ("{}", "no API version specified".to_owned()),
        ("null\n", "no API version specified".to_owned()),
        ("apiVersion: v1\nfoo: 1\n", format!("{decoding}json: unknown field \"foo\"")),
        ("apiVersion: v1\nentries: {a: [{name: a, foo: 1}]}\n", format!("{decoding}json: unknown field \"foo\"")),
        (
            "apiVersion: v1\napiVersion: v2\n",
            "error converting YAML to JSON: yaml: unmarshal errors:\n  line 2: key \"apiVersion\" already set in map".to_owned(),
        ),
        (
            "just text",
            format!("{decoding}json: cannot unmarshal string into Go value of type v1.IndexFile"),
        ),
    ] {
        assert_eq!(converted(text), Err(message), "{text}");
    }
    assert!(converted("a: [").unwrap_err().starts_with("error converting YAML to JSON: yaml: "));
    assert!(converted("apiVersion: v1\ngenerated: yesterday\n").unwrap_err().contains("parsing time"));
    // JSON may have what nobody knows.
    assert!(
        converted("{\"apiVersion\": \"v1\", \"foo\": 1, \"entries\": {}}")
            .unwrap()
            .contains("\"entries\": {}")
    );
}

#[test]
fn a_bomb_costs_no_more_than_its_budget() {
    let mut text = "apiVersion: v1\nannotations:\n  a0: &a0 [x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let below = level - 1;
        writeln!(
            text,
            "  a{level}: &a{level} [*a{below}, *a{below}, *a{below}, *a{below}, *a{below}, *a{below}]"
        )
        .unwrap();
    }
    assert!(converted(&text).is_err());
    let many: String = (0..2000).map(|n| format!("  - {{name: app, version: 1.0.{n}}}\n")).collect();
    let text = format!("apiVersion: v1\nentries:\n  app:\n{many}");
    assert!(converted(&text).is_ok());
    let small = Budget::new(Limits { steps: u64::MAX, bytes: 10_000 }, Cancel::default());
    assert_eq!(convert(text.as_bytes(), &small), Err(IndexError::Exceeded(Exceeded::Bytes(10_000))));
    let cancel = Cancel::default();
    cancel.cancel();
    let cancelled = convert(text.as_bytes(), &Budget::new(Limits::NONE, cancel));
    assert_eq!(cancelled, Err(IndexError::Exceeded(Exceeded::Cancelled)));
}

#[test]
fn json_costs_what_it_takes() {
    let charts: Vec<String> = (0..2000).map(|n| format!("\"a{n}\": []")).collect();
    let nulls: Vec<String> = (0..2000).map(|n| format!("\"a{n}\": null")).collect();
    let notes: Vec<String> = (0..2000).map(|n| format!("\"a{n}\": \"x\"")).collect();
    let numbers = vec!["1"; 2000].join(", ");
    for text in [
        format!("{{\"apiVersion\": \"v1\", \"entries\": {{{}}}}}", charts.join(", ")),
        format!("{{\"apiVersion\": \"v1\", \"entries\": {{{}}}}}", nulls.join(", ")),
        format!("{{\"apiVersion\": \"v1\", \"annotations\": {{{}}}}}", notes.join(", ")),
        format!("{{\"apiVersion\": \"v1\", \"entries\": {{\"a\": [{{\"x\": [{numbers}]}}]}}}}"),
    ] {
        let all = Budget::default();
        assert!(convert(text.as_bytes(), &all).is_ok(), "{text}");
        let small = Budget::new(Limits { steps: u64::MAX, bytes: 10_000 }, Cancel::default());
        let error = convert(text.as_bytes(), &small);
        assert_eq!(error, Err(IndexError::Exceeded(Exceeded::Bytes(10_000))), "{text}");
    }
}

#[test]
fn values_are_given_back() {
    let version = r#"{"name": "app", "apiVersion": "v2", "version": "1.0.0", "x": [[1, -2, 1.5, true, null], {"y": "z"}]}"#;
    let of = |count: usize| {
        let versions = vec![version; count].join(", ");
        let text = format!("{{\"apiVersion\": \"v1\", \"entries\": {{\"app\": [{versions}]}}}}");
        let budget = Budget::default();
        convert(text.as_bytes(), &budget).unwrap();
        budget.held()
    };
    let each = (of(1001) - of(1)) / 1000;
    assert!(each < 1000, "{each}");
}

/// A map with one entry takes as much as one with eleven, as JSON and as what is made of it.
#[test]
fn small_maps_cost_what_they_take() {
    let maps = vec!["{\"name\": \"a\"}"; 2000].join(", ");
    for text in [
        format!("{{\"apiVersion\": \"v1\", \"entries\": {{\"a\": [{{\"dependencies\": [{maps}]}}]}}}}"),
        format!("apiVersion: v1\nentries:\n  a: [{{\"dependencies\": [{maps}]}}]\n"),
    ] {
        let limits = |bytes| Limits { steps: u64::MAX, bytes };
        let little = Budget::new(limits(4 << 20), Cancel::default());
        let error = convert(text.as_bytes(), &little);
        assert_eq!(error, Err(IndexError::Exceeded(Exceeded::Bytes(4 << 20))), "{}", &text[..30]);
        let enough = Budget::new(limits(8 << 20), Cancel::default());
        assert!(convert(text.as_bytes(), &enough).is_ok());
    }
}

#[test]
fn what_is_written_is_held_before() {
    let odd = "<&>\u{2028}".repeat(10_000);
    let charts: String = (0..100).map(|n| format!("\"<{n}>\": [], \"n{n}\": null, ")).collect();
    let version = "{\"name\": \"a\", \"version\": \"1.0.0\"}";
    for text in [
        "{\"apiVersion\": \"v1\"}".to_owned(),
        format!("{{\"apiVersion\": \"v1\", \"publicKeys\": [\"{odd}\"]}}"),
        format!("{{\"apiVersion\": \"{odd}\", \"annotations\": {{\"{odd}\": \"{odd}\"}}}}"),
        format!("{{\"apiVersion\": \"v1\", \"generated\": null, \"serverInfo\": {{\"{odd}\": [1, [2]]}}}}"),
        format!("{{\"apiVersion\": \"v1\", \"entries\": {{{charts}\"{odd}\": [{version}, {version}]}}}}"),
        format!(
            "{{\"apiVersion\": \"v1\", \"entries\": {{\"a\": [{{\"name\": \"a\", \"version\": \"1\", \"home\": \"{odd}\"}}]}}}}"
        ),
    ] {
        let budget = Budget::default();
        let mut index = Index::new(&budget);
        index.read_json(text.as_bytes()).unwrap();
        let (length, before) = (index.length(), budget.held());
        let written = index.write().unwrap();
        assert!((written.len()..written.len() + 4096).contains(&length), "{length} for {}", written.len());
        assert_eq!(written.capacity(), length, "it never grew");
        assert_eq!(budget.held(), before + length as u64);
    }
}

#[test]
fn charts_without_versions_cost_their_place() {
    let charts: Vec<String> = (0..1000).map(|n| format!("\"{n:04}\": []")).collect();
    let text = format!("{{\"apiVersion\": \"v1\", \"entries\": {{{}}}}}", charts.join(", "));
    let budget = Budget::default();
    let written = convert(text.as_bytes(), &budget).unwrap();
    assert!(budget.held() >= (1000 * 120 + written.len()) as u64, "{}", budget.held());
}
