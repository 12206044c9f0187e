//! The health-controller binary; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    reconcile_core::process::exit_code(health_controller::run(std::env::args_os()))
}
