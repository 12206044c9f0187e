//! The health-controller binary; everything is in the library.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// The system's allocator keeps what a thread freed for that thread: after costly work it holds what nobody uses
/// (docs/design/0007).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    // The allocator asks for huge pages where the system leaves that to programs, and this process holds little: each
    // page that is touched would count for 2 MiB. A kernel that knows no such pages refuses, which harms nobody.
    #[cfg(target_os = "linux")]
    let _refused = rustix::thread::disable_transparent_huge_pages(true);
    reconcile_core::process::exit_code(health_controller::run(std::env::args_os()))
}
