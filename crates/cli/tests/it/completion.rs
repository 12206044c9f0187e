//! Scripts for shells, tried in the real bash, and manual pages.

use std::process::Command;

use crate::transcript::Folder;

/// What bash offers for the last word of a line.
fn offered(words: &[&str]) -> Vec<String> {
    let script = format!(
        "source <({binary} completion bash) || exit 1; COMP_WORDS=({words}); COMP_CWORD={last}; \
         _flyball flyball \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; \
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        binary = env!("CARGO_BIN_EXE_flyball"),
        words = words.join(" "),
        last = words.len() - 1,
    );
    let output = Command::new("bash").args(["--norc", "-c", &script]).output().expect("bash runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_and_flags() {
    assert_eq!(offered(&["flyball", "che"]), ["check"]);
    assert_eq!(offered(&["flyball", "build", "--load"]), ["--load-restrictor"]);
    assert_eq!(offered(&["flyball", "check", "--output", "j"]), ["json"]);
    assert_eq!(offered(&["flyball", "completion", "f"]), ["fish"]);
}

/// kubectl looks for a program of this name, and asks it for the words after `kubectl flyball`.
#[test]
#[cfg(unix)]
fn kubectl_is_told_how_its_line_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join("kubectl_complete-flyball");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_flyball"), &link).expect("a link");
    let told = |words: &[&str]| {
        let output = Command::new(&link).args(words).output().expect("it runs");
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let commands = told(&["ex"]);
    assert!(commands.starts_with("explain\tSay whether") && commands.ends_with("\n:4\n"), "{commands}");
    assert_eq!(told(&["tree", "-o", "y"]), "yaml\tYAML\n:4\n");
    assert_eq!(told(&["diff", "ks/web", "--path", ""]), ":0\n");
}

#[test]
fn manual_pages() {
    let folder = Folder::with(&[]);
    folder.run("man pages").prints("");
    let names = folder.names("pages");
    for page in
        ["flyball.1", "flyball-build.1", "flyball-check.1", "flyball-completion.1", "flyball-version.1"]
    {
        assert!(names.contains(&page.to_owned()), "{page}: {names:?}");
    }
    assert!(folder.text("pages/flyball-check.1").contains("\\-\\-kubeconfig"));
}
