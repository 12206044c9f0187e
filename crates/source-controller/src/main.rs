//! The source-controller binary. Everything is in the library.

fn main() -> std::process::ExitCode {
    reconcile_core::process::exit_code(source_controller::run(std::env::args_os()))
}
