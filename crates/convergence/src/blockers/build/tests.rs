//! Builds that fail, in Flux's words and in ours.

use api::kustomization::Kustomization;
use health::beside::Nothing;
use serde_json::json;

use super::super::about::About;
use super::blocker;

#[track_caller]
fn check(message: &str, sentence: &str, hint: &str) {
    let object: Kustomization = serde_json::from_value(json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "web", "namespace": "apps"},
        "spec": {"interval": "1m", "prune": true, "path": "./deploy",
            "sourceRef": {"kind": "GitRepository", "name": "app"}},
    }))
    .unwrap();
    let draft = blocker(&About::new(&object, &Nothing), "BuildFailed", message);
    assert_eq!(draft.message, sentence, "{message}");
    let found = draft.hint.unwrap();
    assert!(found.contains(hint), "{message}: {found}");
    assert!(draft.evidence[0].starts_with("Ready: BuildFailed"));
}

const ROOT: &str = "/tmp/kustomization-123456";

#[test]
fn files() {
    check(
        &format!(
            "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'missing.yaml': open {ROOT}/deploy/missing.yaml: no such file or directory': must build at directory: not a valid directory: evalsymlink failure on '{ROOT}/deploy/missing.yaml' : lstat {ROOT}/deploy/missing.yaml: no such file or directory"
        ),
        "missing.yaml, which resources of a kustomization file names, does not exist",
        "add missing.yaml to the repository, or take it out of resources in the kustomization file of deploy",
    );
    check(
        &format!(
            "failed to decode Kubernetes YAML from {ROOT}/deploy/app.yaml: MalformedYAMLError: yaml: line 3: did not find expected ',' or ']'"
        ),
        "deploy/app.yaml is no YAML near line 3 (line 3: did not find expected ',' or ']')",
        "correct deploy/app.yaml near line 3",
    );
    check(
        "kustomize build failed: accumulating resources: accumulating resources from 'app.yaml': MalformedYAMLError: yaml: line 7: mapping values are not allowed in this context in File: app.yaml",
        "app.yaml is no YAML near line 7 (line 7: mapping values are not allowed in this context)",
        "correct app.yaml near line 7",
    );
    check(
        &format!(
            "failed to decode Kubernetes YAML from {ROOT}/deploy/job.yaml: missing metadata.name in object {{{{batch/v1 Job}} {{{{ }} map[] map[]}}}}"
        ),
        "deploy/job.yaml holds an object without metadata.name",
        "metadata.name",
    );
    check(
        &format!("kustomize build failed: Found multiple kustomization files under: {ROOT}/deploy\n"),
        "deploy has more than one kustomization file",
        "keep one of",
    );
    check(
        "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'https://example.com/x.yaml': Get \"https://example.com/x.yaml\": dial tcp 10.0.0.1:443: connect: connection refused': must build at directory: x",
        "the remote resource https://example.com/x.yaml cannot be had",
        "put a copy",
    );
    check(
        &format!(
            "kustomize build failed: accumulating resources: accumulation err='accumulating resources from '../../x.yaml': fs-security-constraint read /tmp/x.yaml: path '/tmp/x.yaml' is not in or below '{ROOT}'': must build at directory: x"
        ),
        "/tmp/x.yaml lies outside of the artifact",
        "into the repository",
    );
    check(
        "kustomize build failed: invalid Kustomization: json: unknown field \"resource\"",
        "a kustomization file has the unknown field resource",
        "correct or remove resource",
    );
    check(
        "component path '/x' must be local and relative",
        "component /x is not local and relative",
        "spec.components of Kustomization apps/web",
    );
    check(
        "open deploy/kustomization.yaml: not a directory remove deploy/kustomization.yaml: not a directory",
        "spec.path names a file: deploy",
        "set spec.path",
    );
}

#[test]
fn objects() {
    check(
        "kustomize build failed: accumulating resources: accumulation err='merging resources from 'b.yaml': may not add resource with an already registered id: ConfigMap.v1.[noGrp]/a.[noNs]': must build at directory: 'b.yaml': file is not directory",
        "ConfigMap a is declared twice",
        "remove one of the two declarations of ConfigMap a in deploy",
    );
    check(
        "kustomize build failed: accumulating resources: accumulation err='x': must build at directory: '/tmp/kustomization-1/deploy/b.txt': file is not directory",
        "deploy/b.txt is neither a file of manifests nor a folder with a kustomization file",
        "deploy/b.txt",
    );
    check(
        "kustomize build failed: merging resources from 'b.yaml': may not add resource with an already registered id: ConfigMap.v1.[noGrp]/a.shop",
        "ConfigMap shop/a is declared twice",
        "remove one of the two declarations of ConfigMap shop/a in deploy",
    );
    check(
        "kustomize build failed: no resource matches strategic merge patch \"Deployment.v1.apps/wep.[noNs]\": no matches for Id Deployment.v1.apps/wep.[noNs]; failed to find unique target for patch Deployment.v1.apps/wep.[noNs]",
        "a patch is for Deployment wep, which deploy does not declare",
        "correct kind, name and namespace of the patch for Deployment wep",
    );
    check(
        "kustomize build failed: trouble configuring builtin PatchTransformer with config: x: unable to parse SM or JSON patch from [path: \"patch.yaml\"]",
        "a patch can be read neither as an object nor as a JSON patch",
        "patch.yaml",
    );
    check(
        "kustomize build failed: replace operation does not apply: doc is missing path: \"/spec/replica\": missing value",
        "a JSON patch does not apply: there is nothing to replace at /spec/replica",
        "correct path /spec/replica of the patch",
    );
    check(
        "kustomize build failed: id ConfigMap.v1.[noGrp]/a.[noNs] exists; can not use behavior: 'create', behavior must be merge or replace",
        "a generator makes ConfigMap a, which exists already",
        "behavior: merge",
    );
    check(
        "in Replace: id matched 2 resources",
        "two objects have the same name after variables are put in",
        "different names",
    );
}

#[test]
fn limits_and_what_nobody_knows() {
    check(
        "kustomize build failed: build exceeds the limit of 5 steps (--build-step-limit)",
        "the build of deploy takes too long",
        "--build-step-limit",
    );
    check(
        "kustomize build failed: helmCharts in kustomization.yaml is not supported: use a HelmRelease",
        "helmCharts in kustomization.yaml is not supported",
        "use a HelmRelease",
    );
    check("kustomize build failed: x", "kustomize build failed: x", "kustomize build deploy");
}
