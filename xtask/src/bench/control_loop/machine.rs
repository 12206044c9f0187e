//! What was measured where: versions, processor, memory. Told in reports, lest figures of different machines are compared.

use std::fs;

use anyhow::{Context as _, Result};
use testkit::binaries::{CONTROL_PLANE, FLUX_KUSTOMIZE_CONTROLLER, FLUX_SOURCE_CONTROLLER, GoProgram, root};

/// Names and values, in the order in which they are told.
pub(super) type Facts = Vec<(&'static str, String)>;

/// Versions of what is compared and stands around it, and the machine.
pub(super) fn facts() -> Result<Facts> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let threads = std::thread::available_parallelism().map_or(0, usize::from);
    Ok(vec![
        (
            "Flux's kustomize-controller",
            pinned(FLUX_KUSTOMIZE_CONTROLLER, "github.com/fluxcd/kustomize-controller")?,
        ),
        ("Flux's source-controller", pinned(FLUX_SOURCE_CONTROLLER, "github.com/fluxcd/source-controller")?),
        ("Kubernetes", pinned(CONTROL_PLANE, "k8s.io/kubernetes")?),
        ("etcd", pinned(CONTROL_PLANE, "go.etcd.io/etcd/server/v3")?),
        ("processor", field(&read("/proc/cpuinfo"), "model name").unwrap_or_default()),
        ("threads of it", threads.to_string()),
        ("memory", field(&read("/proc/meminfo"), "MemTotal").unwrap_or_default()),
        ("kernel", read("/proc/sys/kernel/osrelease").trim().to_owned()),
    ])
}

/// The version of a module that a program's `go.mod` names.
fn pinned(program: GoProgram, module: &str) -> Result<String> {
    let path = root().join(program.module).join("go.mod");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    version(&text, module).with_context(|| format!("{}: no {module}", path.display()))
}

fn version(text: &str, module: &str) -> Option<String> {
    let mut lines = text.lines().map(|line| line.trim().trim_start_matches("require "));
    lines.find_map(|line| {
        let rest = line.strip_prefix(module)?.strip_prefix(' ')?;
        rest.split_whitespace().find(|word| word.starts_with('v')).map(str::to_owned)
    })
}

/// The value of the first line `name : value`.
fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_go_mod() {
        let text =
            "module x\nrequire example.com/a v1.2.3\nrequire (\n\texample.com/a/b v0.1.0 // indirect\n)\n";
        assert_eq!(version(text, "example.com/a").as_deref(), Some("v1.2.3"));
        assert_eq!(version(text, "example.com/a/b").as_deref(), Some("v0.1.0"));
        assert_eq!(version(text, "example.com"), None);
    }

    #[test]
    fn everything_that_is_pinned_is_found() {
        let facts = facts().expect("the repository's own files");
        assert!(facts.iter().take(4).all(|(_, version)| version.starts_with('v')), "{facts:?}");
    }
}
