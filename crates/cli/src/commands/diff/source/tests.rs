//! Which rules count for which source.

use super::*;
use serde_json::json;

#[test]
fn rules_are_the_source_s() {
    let git = json!({"kind": "GitRepository", "spec": {"ignore": "*.md"}});
    assert_eq!(excludes(&git), Excludes { spec: Some("*.md".to_owned()), files: true });
    assert_eq!(excludes(&Value::Null), Excludes { spec: None, files: true });
    assert_eq!(excludes(&json!({"kind": "ExternalArtifact"})), Excludes { spec: None, files: false });
}
