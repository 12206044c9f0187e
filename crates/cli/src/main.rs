//! The `flyball` binary; everything is in the library.

use std::io;
use std::process::ExitCode;

use mimalloc::MiMalloc;

// A build allocates a great deal and frees it all at its end.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let terminal = cli::Terminal::of_process();
    cli::run_on(terminal, std::env::args_os(), &mut io::stdout(), &mut io::stderr()).into()
}
