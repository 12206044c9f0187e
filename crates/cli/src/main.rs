//! The `flyball` binary; everything is in the library.

use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    let terminal = cli::Terminal::of_process();
    cli::run_on(terminal, std::env::args_os(), &mut io::stdout(), &mut io::stderr()).into()
}
