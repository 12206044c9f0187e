//! The `flyball` binary; everything is in the library.

use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(std::env::args_os(), &mut io::stdout(), &mut io::stderr()).into()
}
