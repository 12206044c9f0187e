//! Git repositories with fixed authors and dates, and a real Git server in front of them: `git http-backend`, as any
//! web server would run it, on a loopback port, or a real sshd.
//! The repositories are made with the git binary, never with the library that is under test.

mod repository;
mod server;
mod ssh;

pub use repository::{Content, Repository};
pub use server::{Access, Behaviour, GitServer};
pub use ssh::SshServer;
