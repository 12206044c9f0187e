//! What is taken of what was read.

use serde_json::json;

use super::*;

#[test]
fn secrets_that_may_not_be_read_are_no_reason_to_doubt() {
    let object: Kustomization = serde_json::from_value(json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "web", "namespace": "apps"},
        "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
        "status": {"inventory": {"entries": [{"id": "apps_token__Secret", "v": "v1"}, {"id": "apps_a__ConfigMap", "v": "v1"}]}}}))
    .expect("a Kustomization");
    let mut snapshot = Snapshot::default();
    for (id, _) in wanted(&object) {
        snapshot.hide(&id, Visibility::Hidden(Hidden::Forbidden));
    }
    let mut part = Part::of(&object, Arc::new(Rules::default()));
    let sight = Sight { secrets: true, is_elsewhere: false };
    part.take(&object, sight, &snapshot, &Owner::new("apps", "web"));
    let hidden = |at: usize| match &part.objects[at].1.what {
        Visibility::Hidden(hidden) => hidden.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(hidden(0), Hidden::Secret);
    assert_eq!(hidden(1), Hidden::Forbidden, "of anything else it is said");
    assert_eq!(part.notes, ["1 Secret: you may not read Secrets"]);
}
