//! `flyball health`: objects in files, rules in files, and the exit codes.

use crate::transcript::{Folder, Ran};

const OBJECTS: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: night, namespace: shop}
spec: {suspend: true}
";

const BROKEN: &str = "\
apiVersion: v1
kind: List
items:
- apiVersion: example.com/v1
  kind: Widget
  metadata: {name: w, namespace: shop}
  status:
    conditions:
    - {type: Ready, status: \"False\", reason: CreateFailed, message: no disk}
";

const RULE: &str = "\
apiVersion: flyball.dev/v1alpha1
kind: HealthRule
metadata: {name: widgets}
spec:
  group: example.com
  kinds: [Widget]
  states:
  - {state: Suspended, when: \"status.conditions.exists(c, c.reason == 'CreateFailed')\", reason: Known}
";

fn folder() -> Folder {
    Folder::with(&[
        ("fine.yaml", OBJECTS),
        ("broken.yaml", BROKEN),
        ("rule.yaml", RULE),
        ("wrong.yaml", &RULE.replace("exists(c,", "exists(c")),
        ("none.yaml", "---\nkind: Pod\n"),
    ])
}

/// Standard output of a run that ended with a code and said nothing else.
#[track_caller]
fn output(ran: &Ran, code: i32) -> &str {
    assert_eq!((ran.code, ran.stderr.as_str()), (code, ""), "{}", ran.stdout);
    &ran.stdout
}

#[test]
fn what_is_fine_ends_with_zero_and_what_is_not_with_one() {
    let folder = folder();
    folder.run("health test fine.yaml").prints(
        "✔ Healthy ConfigMap/shop/settings\n    \
             rule: built in; kstatus: Current\n\
         ‖ Suspended CronJob/shop/night (Suspended)\n    \
             spec.suspend is true, so that no run is started\n    \
             rule: built in; kstatus: Current\n\
         2 objects: 1 Healthy, 1 Suspended\n",
    );
    let broken = folder.run("health test broken.yaml");
    assert_eq!(
        output(&broken, 1),
        "✗ Degraded Widget/shop/w (CreateFailed)\n    \
             no disk\n    \
             seen: condition Ready: False (CreateFailed)\n    \
             next: read its status and its events: kubectl -n shop describe widget.example.com w\n    \
             rule: built in, for any kind; kstatus: InProgress\n\
         1 object: 1 Degraded\n"
    );
    let saved = "health test --at 2026-11-25T10:00:00Z -o json fine.yaml broken.yaml";
    let json = folder.run(saved);
    let json = output(&json, 1);
    assert!(json.contains("\"state\": \"Degraded\"") && json.contains("\"file\": \"broken.yaml\""), "{json}");
}

#[test]
fn rules_of_ones_own_go_first() {
    let folder = folder();
    let ran = folder.run("health test --rules rule.yaml broken.yaml");
    let told = output(&ran, 0);
    assert!(told.contains("‖ Suspended Widget/shop/w (Known)\n"), "{told}");
    assert!(told.contains("    rule: HealthRule/widgets; kstatus: InProgress\n"), "{told}");
}

#[test]
fn what_cannot_be_read_or_used_ends_with_two() {
    let folder = folder();
    let error = |line: &str| {
        let Ran { code, stdout, stderr } = folder.run(line);
        assert_eq!((code, stdout.as_str()), (2, ""), "{line}: {stderr}");
        stderr
    };
    assert_eq!(error("health test gone.yaml"), "Error: read gone.yaml: no such file or directory\n");
    assert_eq!(
        error("health test none.yaml"),
        "Error: none.yaml, document 1 (line 2): missing apiVersion in object\n\
         hint: each document has to be an object with apiVersion, kind and metadata.name, or a list of such\n"
    );
    assert_eq!(
        error("health test --rules fine.yaml broken.yaml"),
        "Error: fine.yaml, document 1 (line 1): v1 ConfigMap is no HealthRule of flyball.dev\n"
    );
    let error = error("health test --rules wrong.yaml broken.yaml");
    let begin = "Error: wrong.yaml, document 1 (line 1): HealthRule/widgets, for Widget of example.com: states[0] \
                 (Suspended): when cannot be used: ";
    assert!(error.starts_with(begin), "{error}");
}

#[test]
fn the_library_is_printed_as_health_rules() {
    let folder = Folder::with(&[]);
    let ran = folder.run("health rules");
    let table = output(&ran, 0);
    assert!(table.starts_with("GROUP") && table.contains("cert-manager.io"), "{table}");
    let ran = folder.run("health rules Certificate -o yaml");
    let yaml = output(&ran, 0);
    assert!(yaml.contains("\nkind: HealthRule\n") && yaml.contains("- Certificate\n"), "{yaml}");
    assert_eq!(folder.run("health rules Nothing").code, 2);
}
