//! The project's automation: `cargo xtask <command>`.
//! It only dispatches; each command is a module with the same name.

use std::process::ExitCode;

mod archive;
mod bench;
mod changelog;
mod chaos;
mod codegen;
mod control_plane;
mod demo;
mod flags;
mod golden;
mod image;
mod oci;
mod progress;
mod release;
mod stamp;
mod test;
mod tidy;
mod workspace;

use flags::Command;

fn main() -> ExitCode {
    let result = match flags::parse(std::env::args_os()) {
        Command::Codegen { check } => codegen::run(check),
        Command::Tidy => tidy::run(),
        Command::Demo(args) => demo::run(&args),
        Command::ControlPlane(args) => control_plane::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Chaos(args) => chaos::run(&args),
        Command::Golden(args) => golden::run(&args),
        Command::Image(args) => image::run(&args),
        Command::Release(args) => release::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            workspace::complain(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
