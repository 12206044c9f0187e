//! What the reference says of a rule.

use super::{files, heading, title, when};
use api::health_rule::StateRule;

#[test]
fn every_rule_has_its_part() {
    let files = files().unwrap();
    let text = files.values().next().unwrap();
    for entry in health::library::entries().unwrap() {
        let heading = format!("\n### {}\n", heading(entry.spec.group.as_str(), &entry.spec.kinds));
        assert_eq!(text.matches(&heading).count(), 1, "{heading}");
        for kind in entry.spec.kinds.iter().filter(|kind| *kind != "*") {
            assert!(text.contains(&format!("`{kind}`")), "{kind}");
        }
    }
    assert!(text.contains("\n## Cert manager\n"), "{text}");
    assert!(text.contains("| Progressing | condition Issuing is True | "), "{text}");
}

#[test]
fn families_and_kinds_are_named() {
    let kinds = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(title("cluster-api.yaml"), "Cluster api");
    assert_eq!(heading("*.crossplane.io", &kinds(&["*"])), "crossplane.io: others");
    assert_eq!(
        heading("cert-manager.io", &kinds(&["Issuer", "ClusterIssuer"])),
        "cert-manager.io: Issuer to ClusterIssuer"
    );
}

#[test]
fn expressions_are_cut_and_fit_into_a_cell() {
    let state = |when: &str| StateRule { when: when.to_owned(), ..StateRule::default() };
    assert_eq!(when(&state("has(a)  ||\n b"), "has(a) || b"), "`has(a) \\|\\| b`");
    assert_eq!(
        when(&state("..."), "status.phase is Failed or Error_x"),
        "status.phase is Failed or Error\\_x"
    );
    let long = "x".repeat(300);
    assert_eq!(when(&state(&long), &long), format!("`{} …`", "x".repeat(160)));
}
