//! Folders and repositories as source-controller would pack them.

use std::process::Command;

use super::*;

struct Folder {
    _owner: tempfile::TempDir,
    path: PathBuf,
}

fn folder(files: &[(&str, &str)]) -> Folder {
    let owner = tempfile::tempdir().unwrap();
    let path = fs::canonicalize(owner.path()).unwrap();
    let folder = Folder { _owner: owner, path };
    files.iter().for_each(|(path, content)| folder.write(path, content));
    folder
}

impl Folder {
    fn write(&self, path: &str, content: &str) {
        let path = self.path.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn git(&self, line: &str) {
        let output = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "core.autocrlf=true"])
            .args(line.split(' '))
            .current_dir(&self.path)
            .output()
            .unwrap();
        assert!(output.status.success(), "git {line}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

fn names(checkout: &Checkout) -> Vec<String> {
    checkout.tree.files().map(|(path, _)| path.to_owned()).collect()
}

const FILES: Excludes = Excludes { spec: None, files: true };

#[test]
fn what_the_source_leaves_out_is_left_out() {
    let folder = folder(&[
        ("app/a.yaml", "a"),
        ("app/.sourceignore", "secret/\n*.md"),
        ("app/secret/b.yaml", "b"),
        ("app/x.md", ""),
        ("README.md", ""),
    ]);
    let found = of_folder(&folder.path, "./app", &FILES).unwrap();
    assert_eq!(names(&found), ["README.md", "app/.sourceignore", "app/a.yaml"]);
    let excludes = Excludes { spec: Some("*.md".to_owned()), files: true };
    assert_eq!(
        names(&of_folder(&folder.path, "app", &excludes).unwrap()),
        ["app/.sourceignore", "app/a.yaml"]
    );
    assert_eq!(names(&of_folder(&folder.path, "app", &Excludes::default()).unwrap()).len(), 5);
}

#[test]
fn the_folder_of_the_path_stands_for_its_root() {
    let folder = folder(&[("base/a.yaml", ""), ("app/b.yaml", "")]);
    let found = of_folder(&folder.path.join("app"), "./app", &FILES).unwrap();
    assert_eq!(names(&found), ["app/b.yaml", "base/a.yaml"]);
    let error = of_folder(&folder.path, "./gone", &FILES).unwrap_err();
    assert!(error.to_string().contains("has no folder './gone'"), "{error}");
    assert_eq!(error.hints().len(), 1);
}

#[test]
fn links_are_no_files() {
    let folder = folder(&[("a.yaml", "a")]);
    std::os::unix::fs::symlink("a.yaml", folder.path.join("b.yaml")).unwrap();
    std::os::unix::fs::symlink("/", folder.path.join("c")).unwrap();
    assert_eq!(names(&of_folder(&folder.path, "", &FILES).unwrap()), ["a.yaml"]);
    folder.git("init --quiet");
    folder.git("add .");
    assert_eq!(names(&of_folder(&folder.path, "", &FILES).unwrap()), ["a.yaml"]);
}

#[test]
fn a_work_tree_is_what_a_commit_of_it_would_be() {
    let folder =
        folder(&[("a.yaml", "a"), (".gitignore", "built/\n"), ("built/b.yaml", "b"), ("gone.yaml", "")]);
    folder.git("init --quiet");
    folder.git("add a.yaml gone.yaml .gitignore");
    folder.write("new.yaml", "new");
    fs::remove_file(folder.path.join("gone.yaml")).unwrap();
    assert_eq!(names(&of_folder(&folder.path, "", &FILES).unwrap()), ["a.yaml", "new.yaml"]);
}

#[test]
fn a_folder_that_a_repository_ignores_is_no_part_of_it() {
    let folder = folder(&[(".gitignore", "out/\n"), ("out/a.yaml", "a")]);
    folder.git("init --quiet");
    assert_eq!(names(&of_folder(&folder.path.join("out"), "", &FILES).unwrap()), ["a.yaml"]);
}

#[test]
fn a_revision_is_read_byte_for_byte() {
    let folder = folder(&[
        ("app/a.yaml", "one: 1\r\n"),
        ("app/skipped.yaml", "s"),
        (".gitattributes", "*.yaml text eol=crlf\napp/skipped.yaml export-ignore\n"),
    ]);
    folder.git("init --quiet");
    folder.git("add .");
    folder.git("commit --quiet -m one");
    folder.git("tag v1");
    folder.write("app/a.yaml", "two: 2\r\n");
    folder.git("commit --quiet -a -m two");
    folder.write("app/a.yaml", "three: 3\n");
    let found = of_revision(&folder.path, "v1", "app", &FILES).unwrap();
    assert_eq!(names(&found), ["app/a.yaml", "app/skipped.yaml"]);
    // As git has it: attributes of a checkout and of an archive do not count.
    assert_eq!(&**found.tree.get("app/a.yaml").unwrap(), b"one: 1\n");
    assert!(found.shown.starts_with("the revision v1 ("), "{}", found.shown);
    let found = of_revision(&folder.path.join("app"), "HEAD", "app", &FILES).unwrap();
    assert_eq!(&**found.tree.get("app/a.yaml").unwrap(), b"two: 2\n");
    for (revision, path) in [("v9", "app"), ("v1", "gone"), ("--help", "app")] {
        assert!(of_revision(&folder.path, revision, path, &FILES).is_err(), "{revision} {path}");
    }
}

#[test]
fn a_folder_that_looks_like_a_repository_of_its_own_has_no_program_run() {
    let folder = folder(&[("app/a.yaml", "a")]);
    folder.git("init -q");
    folder.git("init -q --bare app");
    let (ran, hook) = (folder.path.join("ran"), folder.path.join("hook.sh"));
    fs::write(&hook, format!("#!/bin/sh\ntouch {}\n", ran.display())).unwrap();
    Command::new("chmod").arg("+x").arg(&hook).status().unwrap();
    for setting in ["core.bare false", "core.worktree .", &format!("core.fsmonitor {}", hook.display())] {
        folder.git(&format!("-C app config {setting}"));
    }
    let found = of_folder(&folder.path.join("app"), "", &FILES).unwrap();
    assert!(names(&found).contains(&"a.yaml".to_owned()), "{:?}", names(&found));
    assert!(of_revision(&folder.path.join("app"), "HEAD", "", &FILES).is_err());
    assert!(!ran.exists(), "what the folder's own configuration names was run");
}
