//! The project's automation: `cargo xtask <command>`.
//! It only dispatches; each command is a module with the same name.

use std::process::ExitCode;

mod codegen;
mod flags;
mod tidy;
mod workspace;

use flags::Command;

fn main() -> ExitCode {
    let result = match flags::parse(std::env::args_os()) {
        Command::Codegen { check } => codegen::run(check),
        Command::Tidy => tidy::run(),
        Command::ControlPlane(_) | Command::Test(_) | Command::Demo(_) => {
            Err(anyhow::anyhow!("not written yet"))
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            workspace::complain(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
