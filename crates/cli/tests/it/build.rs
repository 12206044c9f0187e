//! `flyball build`. The expected texts were compared with kustomize 5.8.1's on the same files.

use std::fs;
use std::os::unix::fs::symlink;

use crate::transcript::Folder;

const BASE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {replicas: 1}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {mode: \"on\"}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
";

fn shop() -> Folder {
    Folder::with(&[
        ("base/kustomization.yaml", "resources: [all.yaml]\n"),
        ("base/all.yaml", BASE),
        ("overlay/kustomization.yaml", "resources: [../base]\nnamePrefix: p-\n"),
    ])
}

const BUILT: &str = "\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: v1
data:
  mode: \"on\"
kind: ConfigMap
metadata:
  name: p-settings
  namespace: shop
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: p-web
  namespace: shop
spec:
  replicas: 1
";

#[test]
fn a_base_beside_the_target_in_legacy_order() {
    let folder = shop();
    folder.run("build overlay").prints(BUILT);
    folder.run_in("overlay", "build").prints(BUILT);
    folder.run_in("overlay", "build .").prints(BUILT);
    folder.run_in("base", "build ../overlay/../overlay/").prints(BUILT);
    folder.run(&format!("build {}/overlay", folder.path().display())).prints(BUILT);
}

#[test]
fn a_target_and_a_base_behind_links() {
    let folder = shop();
    symlink("overlay", folder.path().join("current")).expect("a link");
    folder.run("build current").prints(BUILT);
    fs::remove_file(folder.path().join("overlay/kustomization.yaml")).expect("gone");
    symlink("../base", folder.path().join("overlay/linked")).expect("a link");
    fs::write(folder.path().join("overlay/kustomization.yaml"), "resources: [linked]\nnamePrefix: p-\n")
        .expect("a file");
    folder.run("build overlay").prints(BUILT);
}

#[test]
fn into_a_file() {
    let folder = shop();
    folder.run("build overlay -o all.yaml").prints("");
    assert_eq!(folder.text("all.yaml"), BUILT);
    folder.run("build overlay --output=all.yaml").prints("");
    assert_eq!(folder.text("all.yaml"), BUILT, "written over");
    folder
        .run("build overlay -o nowhere/all.yaml")
        .fails("Error: open nowhere/all.yaml: no such file or directory");
    folder.run("build overlay -o all.yaml/x").fails("Error: open all.yaml/x: not a directory");
}

#[test]
fn into_a_directory() {
    let folder = shop();
    fs::create_dir(folder.path().join("out")).expect("a folder");
    folder.run("build overlay -o out").prints("");
    assert_eq!(
        folder.names("out"),
        ["apps_v1_deployment_p-web.yaml", "v1_configmap_p-settings.yaml", "v1_namespace_shop.yaml"]
    );
    assert_eq!(
        folder.text("out/v1_namespace_shop.yaml"),
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n"
    );
}

#[test]
fn two_objects_with_one_file_are_refused() {
    let folder = with("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: A, namespace: one}\n");
    let ran = folder.run("build app -o out");
    assert_eq!(ran.code, 1);
    // kustomize 5.8.1 keeps one of them and says nothing.
    assert!(ran.stderr.contains("would both be called 'one_v1_configmap_a.yaml'"), "{}", ran.stderr);
    assert!(folder.names("out").is_empty(), "nothing is written");
}

#[test]
fn command_lines_written_for_kustomize() {
    let folder = shop();
    folder.run("build overlay --network=1 --network=f --load-restrictor x --load-restrictor=").prints(BUILT);
    folder.run("build overlay -o one.yaml -o two.yaml").prints("");
    assert_eq!(folder.text("two.yaml"), BUILT);
    assert!(!folder.names(".").contains(&"one.yaml".to_owned()), "the last one counts");
}

#[test]
fn a_failed_build_writes_nothing() {
    let folder =
        Folder::with(&[("kustomization.yaml", "resources: [a.yaml, gone.yaml]\n"), ("a.yaml", BASE)]);
    let ran = folder.run("build -o all.yaml");
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.starts_with("Error: ") && ran.stderr.contains("gone.yaml"), "{}", ran.stderr);
    assert_eq!(folder.names("."), ["a.yaml", "kustomization.yaml"]);
}

#[test]
fn warnings_leave_standard_output_alone() {
    let folder = Folder::with(&[
        ("kustomization.yaml", "resources: [a.yaml]\ncommonLabels: {a: b}\n"),
        ("a.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: web}\n"),
    ]);
    let ran = folder.run("build");
    assert_eq!(ran.code, 0);
    assert_eq!(ran.stdout, "apiVersion: v1\nkind: Namespace\nmetadata:\n  labels:\n    a: b\n  name: web\n");
    assert!(ran.stderr.contains("'commonLabels' is deprecated"), "{}", ran.stderr);
}

#[test]
fn a_failed_build_warns_too() {
    let folder = Folder::with(&[("kustomization.yaml", "resources: [gone.yaml]\ncommonLabels: {}\n")]);
    let ran = folder.run("build");
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.starts_with("# Warning: 'commonLabels' is deprecated"), "{}", ran.stderr);
    assert!(ran.stderr.contains("\nError: accumulating resources"), "{}", ran.stderr);
}

#[test]
fn files_stay_in_their_kustomization_unless_told_otherwise() {
    let folder = Folder::with(&[
        ("app/kustomization.yaml", "resources: [../outside.yaml]\n"),
        ("outside.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: web}\n"),
    ]);
    for line in ["build app", "build app --load-restrictor LoadRestrictionsRootOnly"] {
        let ran = folder.run(line);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        let wanted = "security; file '[DIR]/outside.yaml' is not in or below '[DIR]/app'";
        assert!(ran.stderr.contains(wanted), "{}", ran.stderr);
    }
    folder
        .run("build app --load-restrictor=LoadRestrictionsNone")
        .prints("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: web\n");
}

#[test]
fn a_link_out_of_the_kustomization_is_outside() {
    let folder = Folder::with(&[
        ("app/kustomization.yaml", "resources: [a.yaml]\n"),
        ("outside.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: web}\n"),
    ]);
    symlink("../outside.yaml", folder.path().join("app/a.yaml")).expect("a link");
    let ran = folder.run("build app");
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("security; file '[DIR]/"), "{}", ran.stderr);
}

#[test]
fn targets_that_are_none() {
    let folder = shop();
    folder.run("build nope").fails(
        "Error: must build at directory: not a valid directory: evalsymlink failure on 'nope' : \
         lstat [DIR]/nope: no such file or directory",
    );
    folder
        .run("build base/all.yaml")
        .fails("Error: must build at directory: 'base/all.yaml': file is not directory");
    folder.run("build base overlay").fails("Error: specify one path to kustomization.yaml");
    folder.run("build https://github.com/a/b//c?ref=v1").fails(
        "Error: remote target 'https://github.com/a/b//c?ref=v1' is not supported\n\
         hint: add --fetch-remote, or clone it first: `git clone https://github.com/a/b//c DIR`, then `flyball build DIR`",
    );
    folder.run("build .").fails(
        "Error: unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '[DIR]'",
    );
}

#[test]
fn refused_flags_name_the_way_out() {
    let ran = shop().run("build overlay --enable-helm");
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.starts_with("Error: --enable-helm is not supported: "), "{}", ran.stderr);
    assert!(ran.stderr.contains("\nhint: render the chart beforehand"), "{}", ran.stderr);
}

#[test]
fn unknown_flags_fail_with_code_1() {
    let ran = shop().run("build overlay --loadrestrictor x");
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.starts_with("Error: unexpected argument '--loadrestrictor'"), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("\nhint: did you mean '--load-restrictor'?\n"), "{}", ran.stderr);
}

#[test]
fn unknown_commands_suggest() {
    let ran = shop().run("biuld overlay");
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.starts_with("Error: unrecognized subcommand 'biuld'"), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("\nhint: did you mean 'build'?\n"), "{}", ran.stderr);
}

#[test]
fn forms_of_flags() {
    let folder = shop();
    for line in ["build overlay -oall.yaml", "build overlay -o=all.yaml", "build -o all.yaml -- overlay"] {
        folder.run(line).prints("");
        assert_eq!(folder.text("all.yaml"), BUILT, "{line}");
        fs::remove_file(folder.path().join("all.yaml")).expect(line);
    }
    folder
        .run("build overlay --network=false --as-current-user -eA=b --env C=d --enable-helm=false")
        .prints(BUILT);
}

#[test]
fn a_reader_that_stops_reading_is_not_an_error() {
    // More than a pipe holds, so that the reader is gone before the last byte, whenever it goes.
    let value = "0123456789".repeat(20_000);
    let large =
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{a: \"x{value}\"}}\n");
    let folder = Folder::with(&[("kustomization.yaml", "resources: [a.yaml]\n"), ("a.yaml", &large)]);
    let ran = folder.run_unread("build");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn a_full_disk_is_an_error() {
    let full = fs::File::options().write(true).open("/dev/full").expect("a full disk");
    shop().run_into("build overlay", full).fails("Error: write /dev/stdout: no space left on device");
}

#[test]
fn help_is_on_standard_output() {
    let ran = shop().run("build --help");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.contains("Usage: flyball build [OPTIONS] [DIR]"), "{}", ran.stdout);
}

#[test]
fn deprecated_flags_work_and_say_so() {
    let folder = shop();
    let ran = folder.run("build overlay --reorder none");
    assert_eq!(ran.code, 0);
    let kinds: Vec<&str> = ran.stdout.lines().filter_map(|line| line.strip_prefix("kind: ")).collect();
    assert_eq!(kinds, ["Deployment", "ConfigMap", "Namespace"], "as accumulated");
    assert!(ran.stderr.starts_with("Flag --reorder has been deprecated"), "{}", ran.stderr);
    let ran = folder.run("build overlay --enable-managedby-label");
    assert_eq!(ran.stdout.matches("app.kubernetes.io/managed-by: kustomize-v5.8.1").count(), 3);
    assert!(ran.stderr.starts_with("Flag --enable-managedby-label has been deprecated"), "{}", ran.stderr);
}

/// A kustomization of two ConfigMaps in two namespaces and what else is in `more`.
fn with(more: &str) -> Folder {
    let two = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: one}\n---\n\
               apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: two}\n---\n";
    let folder = Folder::with(&[("app/all.yaml", &format!("{two}{more}"))]);
    fs::write(folder.path().join("app/kustomization.yaml"), "resources: [all.yaml]\n").expect("a file");
    fs::create_dir(folder.path().join("out")).expect("a folder");
    folder
}

/// Everything below a folder, files and folders.
fn everything(folder: &Folder) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.path().to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            found.push(path.strip_prefix(folder.path()).expect("below").display().to_string());
            if path.is_dir() && !path.is_symlink() {
                open.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_directory_is_not_left_whatever_objects_are_called() {
    let absolute = tempfile::tempdir().expect("a folder");
    let victim = absolute.path().join("victim").display().to_string();
    for more in [
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: ../../victim}\n".to_owned(),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: ../victim}\n".to_owned(),
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x, namespace: {victim}}}\n"),
        "kind: ../victim\nmetadata: {name: x}\n".to_owned(),
        format!("kind: {victim}\nmetadata: {{name: x}}\n"),
        "apiVersion: ../victim/v1\nkind: ConfigMap\nmetadata: {name: x}\n".to_owned(),
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {victim}}}\n"),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"../\\e[2Jvictim\", namespace: \"\\u202e\"}\n"
            .to_owned(),
    ] {
        let folder = with(&more);
        let before: Vec<String> = everything(&folder);
        let ran = folder.run("build app -o out");
        let after = everything(&folder).into_iter().filter(|path| !before.contains(path));
        for path in after {
            let name = path.strip_prefix("out/").expect("in the directory");
            assert!(!name.contains('/') && !name.starts_with('.'), "{more}: {path}");
            assert!(!name.chars().any(char::is_control), "{more}: {path:?}");
        }
        assert_eq!(fs::read_dir(absolute.path()).expect("the folder").count(), 0, "{more}");
        assert!(!ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
    }
}

#[test]
fn a_link_in_the_directory_is_not_followed() {
    let folder = with("");
    fs::write(folder.path().join("victim"), "untouched").expect("a file");
    symlink("../victim", folder.path().join("out/one_v1_configmap_a.yaml")).expect("a link");
    let ran = folder.run("build app -o out");
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("a link is not followed"), "{}", ran.stderr);
    assert_eq!(folder.text("victim"), "untouched");
}

#[test]
fn what_is_said_about_foreign_files_cannot_act_on_a_terminal() {
    for entry in ["\\e[2J\\e[31mgone.yaml", "\\u009b31m.yaml", "a\\rb.yaml", "\\u202egnp.yaml"] {
        let folder = Folder::with(&[("kustomization.yaml", &format!("resources: [\"{entry}\"]\n"))]);
        let ran = folder.run("build");
        assert_eq!(ran.code, 1, "{entry}");
        let acts = |c: &char| (c.is_control() && *c != '\n') || *c == '\u{202e}';
        assert_eq!(ran.stderr.chars().find(acts), None, "{entry}: {}", ran.stderr);
    }
}
