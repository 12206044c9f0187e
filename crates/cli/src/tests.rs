//! Whole command lines within the process: exit code, standard output and standard error, for each way that one ends.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::*;

/// A folder with files, and its path without links.
fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let owner = tempfile::tempdir().expect("a folder");
    let root = fs::canonicalize(owner.path()).expect("its path");
    for (path, content) in files {
        fs::write(root.join(path), content).expect(path);
    }
    (owner, root)
}

const NAMESPACE: [(&str, &str); 2] = [
    ("kustomization.yaml", "resources: [a.yaml]\n"),
    ("a.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: web}\n"),
];

/// Runs a line in which `[DIR]` is the folder, and shows it like that in what comes out.
fn transcript(root: &Path, line: &str) -> String {
    let dir = root.display().to_string();
    let words = line.split(' ').map(|word| OsString::from(word.replace("[DIR]", &dir)));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run(words, &mut out, &mut err);
    let show = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8").replace(&dir, "[DIR]");
    format!("exit code {code}\n-- stdout\n{}-- stderr\n{}", show(out), show(err))
}

#[test]
fn success() {
    let (_owner, root) = folder(&NAMESPACE);
    insta::assert_snapshot!(transcript(&root, "flyball build [DIR]"), @"
    exit code 0
    -- stdout
    apiVersion: v1
    kind: Namespace
    metadata:
      name: web
    -- stderr
    ");
}

#[test]
fn success_with_warnings() {
    let (_owner, root) = folder(&NAMESPACE);
    insta::assert_snapshot!(transcript(&root, "flyball build [DIR] --reorder none -o [DIR]/all.yaml"), @"
    exit code 0
    -- stdout
    -- stderr
    Flag --reorder has been deprecated, use the new 'sortOptions' field in kustomization.yaml instead.
    ");
}

#[test]
fn a_text() {
    let (_owner, root) = folder(&[]);
    let printed = transcript(&root, "flyball --version");
    assert!(printed.starts_with("exit code 0\n-- stdout\nflyball "), "{printed}");
    assert!(printed.ends_with(")\n-- stderr\n"), "{printed}");
}

#[test]
fn a_wrong_line() {
    let (_owner, root) = folder(&[]);
    insta::assert_snapshot!(transcript(&root, "flyball biuld"), @"
    exit code 1
    -- stdout
    -- stderr
    Error: unrecognized subcommand 'biuld'

    Usage: flyball <COMMAND>

    For more information, try '--help'.
    hint: did you mean 'build'?
    ");
}

#[test]
fn failures_of_a_command_that_finds_problems() {
    let (_owner, root) = folder(&[]);
    insta::assert_snapshot!(transcript(&root, "flyball check --kubeconfig [DIR]/gone"), @"
    exit code 2
    -- stdout
    -- stderr
    Error: kubeconfig [DIR]/gone: no such file or directory
    hint: `kubectl config view` shows what kubectl makes of it
    ");
    let printed = transcript(&root, "flyball check --bogus");
    assert!(
        printed.starts_with("exit code 2\n-- stdout\n-- stderr\nError: unexpected argument"),
        "{printed}"
    );
    let printed = transcript(&root, "flyball version --kubeconfig [DIR]/gone");
    assert!(printed.starts_with("exit code 1\n-- stdout\nflyball: "), "{printed}");
}

#[test]
fn an_unsupported_flag() {
    let (_owner, root) = folder(&NAMESPACE);
    insta::assert_snapshot!(transcript(&root, "flyball build [DIR] --enable-exec --reorder none"), @"
    exit code 1
    -- stdout
    -- stderr
    Error: --enable-exec is not supported: a build starts no programs
    hint: run the program beforehand and list its output in `resources`; leave the flag out where none is used
    ");
}

#[test]
fn a_remote_target() {
    let (_owner, root) = folder(&[]);
    insta::assert_snapshot!(transcript(&root, "flyball build https://git.example/a//b?ref=v1"), @"
    exit code 1
    -- stdout
    -- stderr
    Error: remote target 'https://git.example/a//b?ref=v1' is not supported
    hint: add --fetch-remote, or clone it first: `git clone https://git.example/a//b DIR`, then `flyball build DIR`
    ");
}

#[test]
fn a_missing_target() {
    let (_owner, root) = folder(&[]);
    insta::assert_snapshot!(transcript(&root, "flyball build [DIR]/gone --enable-managedby-label"), @"
    exit code 1
    -- stdout
    -- stderr
    Flag --enable-managedby-label has been deprecated, use the `managedByLabel` option in the `buildMetadata` field instead.
    Error: must build at directory: not a valid directory: evalsymlink failure on '[DIR]/gone' : lstat [DIR]/gone: no such file or directory
    ");
}

#[test]
fn a_build_that_fails() {
    let (_owner, root) = folder(&[("kustomization.yaml", "resources: [gone.yaml]\ncommonLabels: {}\n")]);
    insta::assert_snapshot!(transcript(&root, "flyball build [DIR]"), @"
    exit code 1
    -- stdout
    -- stderr
    # Warning: 'commonLabels' is deprecated. Please use 'labels' instead. Run 'kustomize edit fix' to update your Kustomization automatically.
    Error: accumulating resources: accumulation err='accumulating resources from 'gone.yaml': evalsymlink failure on '[DIR]/gone.yaml' : lstat [DIR]/gone.yaml: no such file or directory': must build at directory: not a valid directory: evalsymlink failure on '[DIR]/gone.yaml' : lstat [DIR]/gone.yaml: no such file or directory
    ");
}

#[test]
fn a_build_that_needs_a_chart() {
    let (_owner, root) = folder(&[("kustomization.yaml", "helmCharts: [{name: a}]\n")]);
    insta::assert_snapshot!(transcript(&root, "flyball build [DIR]"), @"
    exit code 1
    -- stdout
    -- stderr
    Error: helmCharts in [DIR]/kustomization.yaml is not supported: render the chart beforehand and list the result under resources
    ");
}

#[test]
fn a_build_with_a_remote_base() {
    let (_owner, root) =
        folder(&[("kustomization.yaml", "resources: [\"https://git.example/a//b?ref=v1\"]\n")]);
    insta::assert_snapshot!(transcript(&root, "flyball build [DIR]"), @"
    exit code 1
    -- stdout
    -- stderr
    Error: accumulating resources: accumulating resources from 'https://git.example/a//b?ref=v1': remote resource 'https://git.example/a//b?ref=v1' in [DIR] is not supported: fetch it beforehand, for example as a source of its own, and refer to the copy
    hint: --fetch-remote fetches bases with git
    ");
}

#[test]
fn a_result_that_cannot_be_written() {
    let (_owner, root) = folder(&NAMESPACE);
    insta::assert_snapshot!(transcript(&root, "flyball build [DIR] -o [DIR]/gone/all.yaml"), @"
    exit code 1
    -- stdout
    -- stderr
    Error: open [DIR]/gone/all.yaml: no such file or directory
    ");
}

/// A stream whose every write fails.
struct Failing(io::ErrorKind);

impl Write for Failing {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Exit code and standard error of a line whose standard output fails.
fn with_failing_output(kind: io::ErrorKind, words: &[OsString]) -> (u8, String) {
    let mut err = Vec::new();
    let code = run(words.iter().cloned(), &mut Failing(kind), &mut err);
    (code, String::from_utf8(err).expect("UTF-8"))
}

#[test]
fn standard_output_that_fails() {
    let (_owner, root) = folder(&NAMESPACE);
    let build = ["flyball".into(), "build".into(), root.into_os_string()];
    let help = ["flyball".into(), "--help".into()];
    for words in [build.as_slice(), &help] {
        assert_eq!(with_failing_output(io::ErrorKind::BrokenPipe, words), (0, String::new()), "{words:?}");
        let (code, err) = with_failing_output(io::ErrorKind::StorageFull, words);
        assert_eq!((code, err.as_str()), (1, "Error: write /dev/stdout: no storage space\n"), "{words:?}");
    }
}

#[test]
fn lines_of_commands_about_a_cluster_are_read_before_it_is_asked() {
    let (_owner, root) = folder(&[]);
    for (line, said) in [
        ("flyball diff ks", "Error: 'ks' does not name an object"),
        (
            "flyball diff ks/web --live --path x",
            "Error: the argument '--live' cannot be used with '--path <DIR>'",
        ),
        ("flyball reconcile", "Error: the following required arguments were not provided"),
        ("flyball suspend ks", "Error: 'ks' names no object"),
        ("flyball resume ks/web --all", "Error: --all is for all objects of a kind"),
        (
            "flyball events ks/web -A",
            "Error: the argument '[KIND/NAME]...' cannot be used with '--all-namespaces'",
        ),
        (
            "flyball ignored -A -n apps",
            "Error: the argument '--all-namespaces' cannot be used with '--namespace",
        ),
    ] {
        let printed = transcript(&root, line);
        assert!(
            printed.starts_with(&format!("exit code 2\n-- stdout\n-- stderr\n{said}")),
            "{line}: {printed}"
        );
    }
}
