//! What a program has in it from the compilers: Rust's standard library and the C library, with their versions.

use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::product::Target;

/// The versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Toolchain {
    /// Of rustc, and so of the standard library.
    pub(super) rust: String,
    /// Of glibc.
    pub(super) glibc: String,
}

impl Toolchain {
    /// Asks the compilers that build for `target`.
    pub(crate) fn read(target: &Target) -> Result<Self> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let rust = output(Command::new(rustc).arg("-V"))?;
        let rust = rust.split(' ').nth(1).context("rustc's version")?.to_owned();
        let compiler = target.tool("gcc");
        let macros = output(Command::new(&compiler).args([
            "-E",
            "-dM",
            "-include",
            "features.h",
            "-xc",
            "/dev/null",
        ]))?;
        let glibc = glibc(&macros).with_context(|| format!("{compiler} has no glibc"))?;
        Ok(Self { rust, glibc })
    }

    /// As components of a bill of materials.
    pub(super) fn components(&self) -> Vec<Value> {
        let component = |name: &str, version: &str, licence: &str| {
            let purl = format!("pkg:generic/{name}@{version}");
            json!({
                "type": "library",
                "bom-ref": purl,
                "purl": purl,
                "name": name,
                "version": version,
                "licenses": [{ "expression": licence }],
            })
        };
        vec![
            component("glibc", &self.glibc, "LGPL-2.1-or-later"),
            component("rust-std", &self.rust, "MIT OR Apache-2.0"),
        ]
    }
}

fn glibc(macros: &str) -> Option<String> {
    let value = |name: &str| {
        macros.lines().find_map(|line| line.strip_prefix("#define ")?.strip_prefix(name)?.strip_prefix(' '))
    };
    Some(format!("{}.{}", value("__GLIBC__")?, value("__GLIBC_MINOR__")?))
}

/// What a tool prints.
pub(super) fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| name.clone())?;
    if !output.status.success() {
        bail!("{name} ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("what {name} prints"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compilers_are_asked() {
        let macros = "#define __GLIBC_MINOR__ 36\n#define __GLIBC__ 2\n#define __GLIBC_USE(F) F\n";
        assert_eq!(glibc(macros).as_deref(), Some("2.36"));
        assert_eq!(glibc("#define __clang__ 1\n"), None);
        let target = Target::host().expect("tests run where images are built");
        let read = Toolchain::read(target).expect("rustc and gcc");
        assert!(read.rust.starts_with("1.") && read.glibc.starts_with("2."), "{read:?}");
    }
}
