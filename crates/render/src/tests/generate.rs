//! Finding the folder, generating a kustomization file, and reading an existing one leniently.

use manifest::budget::Budget;

use super::{at, config_map, error, rendered, request, subjects, tree};
use crate::{Stage, render};

#[test]
fn a_missing_path_is_an_artifact_failure_with_the_text_of_stat() {
    let error = error("-- app/a.yaml --\n", &at("./apps/../missing"));
    assert_eq!(
        error.to_string(),
        "kustomization path not found: stat /tmp/kustomization-1/missing: no such file or directory"
    );
    assert_eq!(error.stage(), Stage::Artifact);
}

#[test]
fn a_path_through_a_file_is_not_a_directory() {
    let text = error("-- a.yaml --\n", &at("a.yaml/b")).to_string();
    assert_eq!(text, "kustomization path not found: stat /tmp/kustomization-1/a.yaml/b: not a directory");
    let error = error("-- a.yaml --\n", &at("a.yaml"));
    assert_eq!(
        error.to_string(),
        "open /tmp/kustomization-1/a.yaml/kustomization.yaml: not a directory \
         remove /tmp/kustomization-1/a.yaml/kustomization.yaml: not a directory"
    );
    assert_eq!(error.stage(), Stage::Build);
}

#[test]
fn two_kustomization_files_are_one_too_many() {
    let files = format!(
        "-- app/kustomization.yaml --\nresources: [a.yaml]\n-- app/kustomization.yml --\nresources: [a.yaml]\n\
         -- app/a.yaml --\n{}",
        config_map("a")
    );
    let error = error(&files, &at("app"));
    assert_eq!(
        error.to_string(),
        "kustomize build failed: Found multiple kustomization files under: /tmp/kustomization-1/app\n"
    );
    assert_eq!(error.stage(), Stage::Build);
}

#[test]
fn a_path_cannot_leave_the_root() {
    let files = format!("-- app/a.yaml --\n{}", config_map("a"));
    assert_eq!(subjects(&rendered(&files, &at("../../app"))), ["ConfigMap/a"]);
    assert_eq!(subjects(&rendered(&files, &at("/app/."))), ["ConfigMap/a"]);
}

#[test]
fn generates_depth_first_in_lexical_order() {
    let paths = [
        ("b.yml", "5"),
        ("a/2.yaml", "3"),
        ("a/1.yaml", "2"),
        ("a-1.yaml", "4"),
        (".h.yaml", "1"),
        ("c/d/e.yaml", "6"),
    ];
    let mut files =
        String::from("-- app/skip.json --\n{not json\n-- app/README.md --\n# no\n-- other.yaml --\n][\n");
    for (path, name) in paths {
        files.extend(["-- app/", path, " --\n", &config_map(&format!("n{name}"))]);
    }
    let names = subjects(&rendered(&files, &at("app")));
    let expected: Vec<String> = (1..=6).map(|number| format!("ConfigMap/n{number}")).collect();
    assert_eq!(names, expected);
}

#[test]
fn a_folder_with_a_kustomization_file_is_a_resource_and_not_descended() {
    let files = format!(
        "-- app/base/kustomization.yml --\nresources: [one.yaml]\n-- app/base/one.yaml --\n{}-- app/base/two.yaml --\n{}",
        config_map("one"),
        config_map("two")
    );
    assert_eq!(subjects(&rendered(&files, &at("app"))), ["ConfigMap/one"]);
}

#[test]
fn nothing_found_renders_nothing() {
    let rendered = rendered("-- app/notes.txt --\nhello\n", &at("app"));
    assert!(rendered.objects.is_empty());
    assert_eq!(rendered.digest, "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

#[test]
fn every_candidate_must_be_kubernetes_yaml() {
    let files =
        format!("-- app/a.yaml --\n{}-- app/job.yaml --\napiVersion: batch/v1\nkind: Job\n", config_map("a"));
    assert_eq!(
        error(&files, &at("app")).to_string(),
        "failed to decode Kubernetes YAML from /tmp/kustomization-1/app/job.yaml: \
         missing metadata.name in object {{batch/v1 Job} {{ } map[] map[]}}"
    );
    let text = error("-- a.yaml --\na: [1, 2\nb: 3\n", &request()).to_string();
    let begin =
        "failed to decode Kubernetes YAML from /tmp/kustomization-1/a.yaml: MalformedYAMLError: yaml: ";
    assert!(text.starts_with(begin), "{text}");
}

#[test]
fn the_root_file_is_read_leniently_and_others_strictly() {
    let base = config_map("a");
    let root = format!(
        "-- kustomization.yaml --\nnameSPACE: web\nunknown: 1\nresources: [a.yaml]\nnamePrefix: 5\n-- a.yaml --\n{base}"
    );
    assert_eq!(subjects(&rendered(&root, &request())), ["ConfigMap/web/5a"]);
    let below = format!(
        "-- kustomization.yaml --\nresources: [b]\n-- b/kustomization.yaml --\nunknown: 1\nresources: [a.yaml]\n-- b/a.yaml --\n{base}"
    );
    let text = error(&below, &request()).to_string();
    assert!(text.starts_with("kustomize build failed: accumulating resources: "), "{text}");
    assert!(text.contains("unknown field \"unknown\""), "{text}");
}

#[test]
fn a_root_file_of_the_wrong_shape_is_an_error() {
    let text = error("-- kustomization.yaml --\nnamespace: [a]\n", &request()).to_string();
    assert!(
        text.ends_with(
            "json: cannot unmarshal array into Go struct field Kustomization.namespace of type string"
        ),
        "{text}"
    );
    assert_eq!(error("-- kustomization.yaml --\n- a\n", &request()).stage(), Stage::Build);
    assert_eq!(error("-- kustomization.yaml --\na: [\n", &request()).stage(), Stage::Build);
}

#[test]
fn only_the_first_document_of_the_root_file_counts() {
    let files = format!(
        "-- kustomization.yaml --\nresources: [a.yaml]\n---\nresources: [b.yaml]\n-- a.yaml --\n{}",
        config_map("a")
    );
    assert_eq!(subjects(&rendered(&files, &request())), ["ConfigMap/a"]);
}

#[test]
fn a_root_without_resources_marks_the_origin() {
    let files = "-- kustomization.yaml --\nconfigMapGenerator: [{name: a, literals: [b=c]}]\n";
    let rendered = rendered(files, &request());
    let origin = rendered.objects[0].annotation("config.kubernetes.io/origin").unwrap();
    assert!(origin.contains("ConfigMapGenerator"), "{origin}");
    let empty = render(&tree("-- kustomization.yaml --\n"), &request(), &Budget::default()).unwrap();
    assert!(empty.objects.is_empty());
}

#[test]
fn several_kustomization_files_in_one_folder_fail_the_build() {
    let files = "-- kustomization.yaml --\n-- kustomization.yml --\n";
    let text = error(files, &request()).to_string();
    assert!(text.starts_with("kustomize build failed: "), "{text}");
}

#[test]
fn the_digest_is_over_the_build_and_not_over_what_is_applied() {
    let files = format!("-- a.yaml --\n{}---\n{}", config_map("b"), config_map("a"));
    let first = rendered(&files, &request());
    let mut other = request();
    other.owner.name = "other".into();
    assert_eq!(first.digest, rendered(&files, &other).digest);
    // printf of the two documents joined by `---\n`, through sha256sum.
    assert_eq!(first.digest, "sha256:0f27b22d9ca87382ab4c2246b29b9236800d4f7c92bcd5172d991349b1718ae1");
}

#[test]
fn problems_of_candidates_are_told_in_upstreams_words() {
    // A build that fails for another reason: the file listed twice.
    let check = |content: &str, expected: &str| {
        let files = format!(
            "-- a.yaml --\n{}-- b.yaml --\n{}-- c.yaml --\n{content}",
            config_map("x"),
            config_map("x")
        );
        let text = error(&files, &request()).to_string();
        assert_eq!(
            text,
            format!("failed to decode Kubernetes YAML from /tmp/kustomization-1/c.yaml: {expected}")
        );
    };
    check("a: b\n", "missing kind in object {{ } {{ } map[] map[]}}");
    check("---\n# nothing\n---\n- a\n", "wrong node kind: expected MappingNode but got SequenceNode");
    check(
        "kind: X\n---\napiVersion: v1\nkind: Secret\nmetadata: {namespace: n, labels: {b: c, a: 1}, annotations: {kubectl.kubernetes.io/last-applied-configuration: hunter2}}\n",
        "missing metadata.name in object {{ X} {{ } map[] map[]}}",
    );
    check(
        "apiVersion: v1\nkind: Secret\nmetadata: {namespace: n, labels: {b: c, a: 1}, annotations: {kubectl.kubernetes.io/last-applied-configuration: hunter2}}\n",
        "missing metadata.name in object {{v1 Secret} {{ n} map[a:*** b:***] map[kubectl.kubernetes.io/last-applied-configuration:***]}}",
    );
    let twice = format!(
        "-- a.yaml --\n{}-- b.yaml --\n{}-- l.yaml --\nkind: PodList\n",
        config_map("x"),
        config_map("x")
    );
    assert!(error(&twice, &request()).to_string().starts_with("kustomize build failed: "));
}
