//! The first apply of many objects, with and without dry-runs before it (docs/design/0019): what it costs, and what is there
//! when one of them is refused.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::cluster::Requests;
use testkit::proxy::Fault;

use super::rig::{Rig, condition, config_map, inventory};

const FLAG: &str = "--create-without-dry-run=true";
const OBJECTS: usize = 50;

/// So many ConfigMaps, one of which may be of a kind that no server takes.
fn maps(ns: &str, bad: Option<usize>) -> String {
    let mut files = String::from("-- all.yaml --\n");
    for n in 0..OBJECTS {
        let map = config_map(ns, &format!("m{n:02}"), "1");
        let map = if bad == Some(n) { map.replace("  key:", "  \"a b\":") } else { map };
        write!(files, "---\n{map}").ok();
    }
    files
}

fn of_objects(requests: &Requests) -> (usize, usize) {
    let of_maps = requests.filter(|request| request.resource == "configmaps" && !request.is_watch());
    let dry_runs = of_maps.filter(|request| request.is_dry_run()).len();
    (dry_runs, of_maps.len() - dry_runs)
}

#[tokio::test]
async fn new_objects_cost_a_dry_run_and_an_apply_each_or_one_request() -> Result<()> {
    for (name, flags, wanted) in
        [("first-asked", &[][..], (OBJECTS, OBJECTS)), ("first-made", &[FLAG][..], (0, OBJECTS))]
    {
        let rig = Rig::start_with(name, flags).await?;
        let revision = rig.publish(&maps(rig.namespace(), None)).await?;
        let mark = rig.mark()?;
        rig.kustomization("app", json!({})).await?;
        rig.ready("app", &revision).await?;
        rig.sent_events(&mark, 2).await?;
        // Its own start, which may not be over, asks for the list of Kustomizations.
        let requests = rig.requests(&mark).await?.without_watches();
        let requests = requests.filter(|request| request.verb != "list");
        assert_eq!(of_objects(&requests), wanted, "{requests}");
        // The finalizer, the record, the result, and two events.
        assert_eq!(requests.len(), wanted.0 + wanted.1 + 5, "{requests}");
        let made = rig.owned("v1", "ConfigMap").await?;
        assert_eq!(made.len(), OBJECTS);
        assert_eq!(inventory(&rig.state("app").await?).len(), OBJECTS);
        // It is as if it had been applied as always: the manager, nothing to do, and nothing to put back.
        let map = rig.get("v1", "ConfigMap", "m07").await?.context("made")?;
        let entry = &map["metadata"]["managedFields"][0];
        assert_eq!(
            (&entry["manager"], &entry["operation"]),
            (&json!("kustomize-controller"), &json!("Apply"))
        );
        let mark = rig.mark()?;
        rig.run("app").await?;
        assert_eq!(of_objects(&rig.requests(&mark).await?), (0, 0));
    }
    Ok(())
}

#[tokio::test]
async fn one_that_is_refused_keeps_all_of_its_stage_away_or_itself_alone() -> Result<()> {
    for (name, flags, made) in [("refused-asked", &[][..], 0), ("refused-made", &[FLAG][..], OBJECTS - 1)] {
        let rig = Rig::start_with(name, flags).await?;
        let ns = rig.namespace();
        for bad in [0, 27, OBJECTS - 1] {
            rig.publish(&maps(ns, Some(bad))).await?;
            rig.kustomization("app", json!({})).await?;
            let state = rig.failed("app", "ReconciliationFailed").await?;
            // The same words, whichever request it was.
            let text = condition(&state, "Ready")["message"].as_str().unwrap_or_default().to_owned();
            let start = format!("ConfigMap/{ns}/m{bad:02} dry-run failed (Invalid): ");
            assert!(text.starts_with(&start) && text.lines().count() == 1, "{text}");
            let live = rig.owned("v1", "ConfigMap").await?;
            assert_eq!(live.len(), made, "{bad}: {live:?}");
            // What is there is recorded, and nothing else.
            let recorded: Vec<String> = live.iter().map(|name| format!("{ns}_{name}__ConfigMap")).collect();
            assert_eq!(inventory(&state), recorded, "{bad}");
            // As long as it is refused nothing is written but the result.
            let mark = rig.mark()?;
            rig.run("app").await?;
            let requests = rig.requests(&mark).await?;
            let writes = requests.filter(|request| {
                request.resource == "configmaps" && request.verb == "patch" && !request.is_dry_run()
            });
            assert!(writes.is_empty(), "{requests}");
            assert_eq!(requests.count("patch", "kustomizations/status"), 1, "{requests}");
            // It is mended, and all of it is there; then taken back, and nothing is left.
            let good = rig.publish(&maps(ns, None)).await?;
            rig.ready("app", &good).await?;
            assert_eq!(rig.owned("v1", "ConfigMap").await?.len(), OBJECTS);
            rig.finalized("app").await?;
            assert!(rig.owned("v1", "ConfigMap").await?.is_empty());
        }
    }
    Ok(())
}

/// Whatever is there already is treated as by any first apply: hands off where that is said, and fields of kubectl go.
#[tokio::test]
async fn what_exists_is_not_overwritten_without_being_looked_at() -> Result<()> {
    let rig = Rig::start_with("first-there", &[FLAG]).await?;
    let ns = rig.namespace();
    let map = |name: &str, annotations: Value| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"key": "theirs", "other": "theirs"},
            "metadata": {"name": name, "namespace": ns, "annotations": annotations}})
    };
    rig.create_as("kubectl-create", map("taken-over", json!({}))).await?;
    let off = json!({"kustomize.toolkit.fluxcd.io/reconcile": "disabled"});
    rig.create_as("somebody", map("hands-off", off)).await?;
    rig.create_as("somebody", map("once", json!({}))).await?;
    let once = config_map(ns, "once", "ours").replace(
        "metadata:\n",
        "metadata:\n  annotations: {kustomize.toolkit.fluxcd.io/ssa: IfNotPresent}\n",
    );
    let files = format!(
        "-- a.yaml --\n{}-- b.yaml --\n{}-- c.yaml --\n{once}-- d.yaml --\n{}",
        config_map(ns, "taken-over", "ours"),
        config_map(ns, "hands-off", "ours"),
        config_map(ns, "new", "ours"),
    );
    let revision = rig.publish(&files).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    let held = async |name: &str| -> Result<Value> {
        Ok(rig.get("v1", "ConfigMap", name).await?.context(name.to_owned())?["data"].clone())
    };
    assert_eq!(held("taken-over").await?, json!({"key": "ours"}));
    assert_eq!(held("hands-off").await?, json!({"key": "theirs", "other": "theirs"}));
    assert_eq!(held("once").await?, json!({"key": "theirs", "other": "theirs"}));
    assert_eq!(held("new").await?, json!({"key": "ours"}));
    let told = rig.event("app", "what was applied", |_, text| text.contains("ConfigMap/")).await?;
    assert_eq!(told, format!("ConfigMap/{ns}/new created\nConfigMap/{ns}/taken-over configured"));
    Ok(())
}

/// The API server takes no notice of a version that nothing has, for whatever kind.
#[tokio::test]
async fn kinds_of_every_sort_are_created_with_one_request() -> Result<()> {
    let rig = Rig::start_with("first-kinds", &[FLAG]).await?;
    let ns = rig.namespace();
    let (inner, group) = (format!("{ns}-inner"), format!("{ns}.example.com"));
    let files = format!(
        "-- all.yaml --\n\
        apiVersion: v1\nkind: Namespace\nmetadata: {{name: {inner}}}\n---\n\
        apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: things.{group}}}\nspec:\n  group: {group}\n  scope: Namespaced\n  \
        names: {{kind: Thing, plural: things, singular: thing, listKind: ThingList}}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    \
        schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}\n---\n\
        apiVersion: {group}/v1\nkind: Thing\nmetadata: {{name: t, namespace: {inner}}}\nspec: {{a: 1}}\n---\n\
        apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: {ns}-reader}}\nrules: [{{apiGroups: [''], resources: [pods], verbs: [get]}}]\n---\n\
        apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {{name: {ns}-low}}\nvalue: 1\n---\n\
        apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: web, namespace: {inner}}}\n---\n\
        apiVersion: v1\nkind: Secret\nmetadata: {{name: web, namespace: {inner}}}\nstringData: {{a: b}}\n---\n\
        apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: {inner}}}\nspec:\n  selector: {{app: web}}\n  ports: [{{port: 80}}]\n---\n\
        apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: web, namespace: {inner}}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {ns}-reader}}\nsubjects: [{{kind: ServiceAccount, name: web, namespace: {inner}}}]\n---\n\
        apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: {inner}}}\nspec:\n  replicas: 0\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    \
        metadata: {{labels: {{app: web}}}}\n    spec:\n      containers: [{{name: main, image: 'example.com/web:1'}}]\n---\n\
        apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: web, namespace: {inner}}}\nspec: {{minAvailable: 1, selector: {{matchLabels: {{app: web}}}}}}\n---\n\
        apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: web, namespace: {inner}}}\nspec: {{podSelector: {{}}}}\n---\n\
        apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: web, namespace: {inner}}}\nspec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Mi}}}}}}\n---\n\
        apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: web, namespace: {inner}}}\nspec:\n  schedule: '0 0 1 1 *'\n  jobTemplate:\n    spec:\n      template:\n        \
        spec:\n          restartPolicy: Never\n          containers: [{{name: main, image: 'example.com/web:1'}}]\n"
    );
    let mark = rig.mark()?;
    let revision = rig.publish(&files).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    let requests = rig.requests(&mark).await?;
    let dry_runs = requests.filter(testkit::cluster::Request::is_dry_run);
    assert!(dry_runs.is_empty(), "{requests}");
    let names = ["t", "web", inner.as_str()];
    let of_objects = requests.filter(|request| {
        request.verb == "patch" && (names.contains(&request.name.as_str()) || request.name.contains(ns))
    });
    assert_eq!(of_objects.len(), 14, "{of_objects}");
    rig.finalized("app").await
}

/// A creation that was carried out, and of which nobody hears, is finished by the same run.
#[tokio::test]
async fn a_creation_without_answer_is_recorded_and_found() -> Result<()> {
    let (rig, proxy) = Rig::behind_proxy("first-lost", &[FLAG]).await?;
    let ns = rig.namespace();
    for (number, fault) in [
        Fault::LoseAnswer,
        Fault::Truncate,
        Fault::Break,
        Fault::refuse(500, "InternalError", "out of order"),
    ]
    .into_iter()
    .enumerate()
    {
        let told = format!("{fault:?}");
        let names = ["a", "b", "c"].map(|name| format!("{name}-{number}"));
        let hurt = names[1].clone();
        let rule = proxy.next(1, fault, move |asked| {
            asked.method == "PATCH" && asked.is_write() && asked.is_about("configmaps", &hurt)
        });
        let files: String =
            names.iter().map(|name| format!("-- {name}.yaml --\n{}", config_map(ns, name, "1"))).collect();
        let revision = rig.publish(&files).await?;
        rig.kustomization("app", json!({})).await?;
        let state = rig.ready("app", &revision).await.context(told.clone())?;
        assert_eq!(rule.hits(), 1, "{told}");
        assert_eq!(rig.owned("v1", "ConfigMap").await?, names, "{told}");
        assert_eq!(inventory(&state).len(), 3, "{told}");
    }
    Ok(())
}
