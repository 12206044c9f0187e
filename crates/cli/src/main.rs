//! `flyball`: what people do with Flyball from a terminal. This file only starts it; each command is a module of
//! `commands`, and nothing prints but `output`.

mod args;
mod checkouts;
mod commands;
mod disk_tree;
mod error;
mod output;
mod tree_path;

use std::process::ExitCode;

fn main() -> ExitCode {
    let outcome = match args::parse(std::env::args_os()) {
        Ok(args::Parsed::Command(command)) => commands::run(&command),
        Ok(args::Parsed::Text(text)) => output::print(text.as_bytes()),
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::report(&error);
            ExitCode::FAILURE
        }
    }
}
