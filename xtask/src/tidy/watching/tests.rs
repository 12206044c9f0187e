//! What is found wrong with alerts and dashboards.

use super::*;

fn file(path: &str, text: &str) -> TextFile {
    TextFile { path: path.to_owned(), text: text.to_owned() }
}

fn alert(expression: &str) -> String {
    format!(
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: {expression}\n    labels: {{severity: warning}}\n    \
         annotations: {{summary: s, description: d, runbook_url: {BASE}A.md}}\n"
    )
}

fn good() -> Watching {
    Watching {
        alerts: vec![file("a.yaml", &alert("sum(flyball_watches) > 0"))],
        tests: vec![file("t.yaml", "      - alertname: A\n")],
        dashboards: vec![file(
            "b.json",
            r#"{"uid": "u", "templating": {"list": [{"name": "datasource"}]}, "panels": [{"id": 1, "title": "P",
                "targets": [{"datasource": {"uid": "${datasource}"}, "expr": "rate(gotk_reconcile_duration_seconds_sum[1m])"}]}]}"#,
        )],
        runbooks: vec![file("docs/runbooks/A.md", "# A\n"), file(INDEX, "# Runbooks\n")],
    }
}

fn found(files: &Watching) -> Vec<String> {
    check(files).unwrap().iter().map(ToString::to_string).collect()
}

#[test]
fn what_keeps_its_promises_is_left_alone() {
    assert_eq!(found(&good()), Vec::<String>::new());
}

#[test]
fn series_that_nobody_serves_are_found() {
    let mut files = good();
    files.alerts = vec![file("a.yaml", &alert("flyball_watchez > 0"))];
    let text = files.dashboards[0].text.replace("_seconds_sum", "_seconds");
    files.dashboards = vec![file("b.json", &text)];
    let found = found(&files);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].contains("flyball_watchez") && found[1].contains("gotk_reconcile_duration_seconds,"),
        "{found:?}"
    );
}

#[test]
fn an_alert_needs_a_test_and_a_runbook_and_a_runbook_an_alert() {
    let mut files = good();
    files.tests.clear();
    files.runbooks = vec![file("docs/runbooks/B.md", "# B\n")];
    let found = found(&files);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.iter().any(|found| found.contains("needs the runbook docs/runbooks/A.md")), "{found:?}");
    assert!(found.iter().any(|found| found.contains("is the runbook of no alert")), "{found:?}");
}

#[test]
fn dashboards_are_told_apart_and_ask_who_was_chosen() {
    let mut files = good();
    let text = files.dashboards[0].text.replace("${datasource}", "prometheus");
    files.dashboards.push(file("c.json", &text));
    let found = found(&files);
    assert_eq!(found.len(), 2, "{found:?}");
}
