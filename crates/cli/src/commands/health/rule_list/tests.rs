//! The library as a table and as HealthRules that can be used.

use health::Rules;

use super::{WIDTH, documents, entries, manifests, names, table};
use crate::commands::health::input::{Document, Place};
use crate::commands::health::rule_files::added;

#[test]
fn every_entry_is_a_health_rule_that_can_be_used() {
    let entries = entries(None).unwrap();
    let documents: Vec<Document> =
        manifests(&entries).into_iter().map(|value| Document { place: Place::new("-", 1), value }).collect();
    assert!(!documents.is_empty());
    added(Rules::default(), &documents).unwrap();
}

#[test]
fn lines_end_also_where_there_is_no_terminal() {
    let all = entries(None).unwrap();
    let longest = |wide: bool| table(&all, None, wide).iter().map(crate::present::Line::width).max().unwrap();
    assert!(longest(false) <= WIDTH, "{}", longest(false));
    assert!(longest(true) > WIDTH, "nothing is cut");
}

#[test]
fn one_kind() {
    let found = entries(Some("certificate")).unwrap();
    assert!(found.iter().any(|entry| entry.spec.group == "cert-manager.io"), "upper and lower case are one");
    assert!(found.iter().all(|entry| entry.spec.kinds.iter().any(|kind| kind == "Certificate")));
    let text = documents(&found);
    assert!(text.contains("# Written from: ") && text.contains("kind: HealthRule\n"), "{text}");
    assert!(names(&found).contains(&"healthrule.flyball.dev/certificate.cert-manager.io".to_owned()));
    let lines: Vec<String> = table(&found, None, false).iter().map(|line| line.text()).collect();
    assert!(lines[0].starts_with("GROUP"), "{lines:?}");
    let kinds: usize = found.iter().map(|entry| entry.spec.kinds.len()).sum();
    assert_eq!(lines.len(), kinds + 1, "a line for each");
    assert!(entries(Some("Nothing")).unwrap_err().to_string().contains("no rule that is for kind Nothing"));
}
