//! The source-controller binary. Everything is in the library.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// The system's allocator keeps what a thread freed for that thread: after costly work it holds what nobody uses
/// (docs/design/0007).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    reconcile_core::process::exit_code(source_controller::run(std::env::args_os()))
}
