//! `flyball completion`: the scripts with which shells complete command lines. They are made from the definitions of
//! the arguments. kubectl asks for every word anew; what it is told is `kubectl`'s.

mod kubectl;

use clap::{Args, ValueEnum};
use clap_complete::Shell;

use crate::error::CliError;
use crate::output::Output;
pub(crate) use kubectl::for_kubectl;

#[cfg(test)]
mod tests;

const EXAMPLES: &str = "\
Examples:
  # bash, for this shell; put it into ~/.bashrc for all
  source <(flyball completion bash)

  # zsh, in a folder of $fpath
  flyball completion zsh > ~/.zfunc/_flyball

  # fish
  flyball completion fish > ~/.config/fish/completions/flyball.fish

  # PowerShell
  flyball completion powershell | Out-String | Invoke-Expression

  # As a plugin of kubectl, whose own completion then completes it: links in a folder of PATH
  ln -s \"$(command -v flyball)\" ~/bin/kubectl-flyball
  ln -s \"$(command -v flyball)\" ~/bin/kubectl_complete-flyball";

/// Print the script with which a shell completes command lines.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[group(skip)]
pub(crate) struct CompletionArgs {
    /// The shell.
    #[arg(value_enum)]
    shell: Name,
}

/// The shells whose scripts are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    Bash,
    Zsh,
    Fish,
    Powershell,
}

/// Prints it.
pub(crate) fn run(
    args: &CompletionArgs,
    mut tree: clap::Command,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    let shell = match args.shell {
        Name::Bash => Shell::Bash,
        Name::Zsh => Shell::Zsh,
        Name::Fish => Shell::Fish,
        Name::Powershell => Shell::PowerShell,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut tree, "flyball", &mut script);
    output.print(&script)
}
