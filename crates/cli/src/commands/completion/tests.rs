//! Scripts for all shells.

use super::*;

#[test]
fn every_shell_has_one() {
    for (shell, sign) in [
        (Name::Bash, "complete -F _flyball"),
        (Name::Zsh, "#compdef flyball"),
        (Name::Fish, "complete -c flyball"),
        (Name::Powershell, "Register-ArgumentCompleter"),
    ] {
        let tree = clap::Command::new("flyball").subcommand(clap::Command::new("some-command"));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        run(&CompletionArgs { shell }, tree, &mut Output::new(&mut out, &mut err)).expect("a script");
        let script = String::from_utf8(out).expect("UTF-8");
        assert!(script.contains(sign) && script.contains("some-command"), "{shell:?}: {script}");
    }
}
