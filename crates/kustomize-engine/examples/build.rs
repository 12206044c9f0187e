//! Builds a directory of the disk as `kustomize build DIR` does; for comparing by hand. Not part of the product.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a tool for the terminal")]

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use kustomize_engine::{Entry, FileTree, Mode, Options, build};

struct Disk;

impl FileTree for Disk {
    fn entry(&self, path: &str) -> Option<Entry> {
        let metadata = std::fs::metadata(Path::new("/").join(path)).ok()?;
        Some(if metadata.is_dir() { Entry::Directory } else { Entry::File })
    }

    fn read(&self, path: &str) -> Option<Arc<[u8]>> {
        std::fs::read(Path::new("/").join(path)).ok().map(Into::into)
    }

    fn resolve(&self, path: &str) -> Option<String> {
        let real = std::fs::canonicalize(Path::new("/").join(path)).ok()?;
        Some(real.to_string_lossy().trim_start_matches('/').to_owned())
    }
}

fn main() -> ExitCode {
    let mut mode = Mode::Cli;
    let mut failed = false;
    for argument in std::env::args().skip(1) {
        if argument == "--flux" {
            mode = Mode::Flux;
            continue;
        }
        let Ok(directory) = std::fs::canonicalize(&argument) else {
            eprintln!("Error: no directory {argument}");
            return ExitCode::FAILURE;
        };
        let options = Options { mode, ..Options::default() };
        match build(&Disk, &directory.to_string_lossy(), &options) {
            Ok(built) => print!("{}", built.to_yaml()),
            Err(error) => {
                eprintln!("Error: {error}");
                failed = true;
            }
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
