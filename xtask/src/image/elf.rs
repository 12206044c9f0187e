//! What becomes of a program before it goes into an image: no symbols, and the section for auditors. The tools are GNU's,
//! which linking needs anyway. Also which libraries it needs, when it is not static.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::audit;
use super::product::Target;
use super::toolchain::output;

/// The program as it is shipped.
pub(super) fn finished(binary: &Path, section: &[u8], target: &Target) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir().context("a folder")?;
    let (data, out) = (folder.path().join("section"), folder.path().join("program"));
    std::fs::write(&data, section).context("the section")?;
    let name = audit::SECTION;
    let result = output(
        Command::new(target.tool("objcopy"))
            .arg("--strip-all")
            .arg(format!("--add-section={name}={}", data.display()))
            .arg(format!("--set-section-flags={name}=contents,readonly"))
            .args([binary, &out]),
    );
    result.with_context(|| binary.display().to_string())?;
    std::fs::read(&out).with_context(|| binary.display().to_string())
}

/// The libraries that a program needs, by their path; none if it is static. Those of this machine, so a program for
/// another one must be static.
pub(super) fn libraries(binary: &Path, target: &Target) -> Result<BTreeMap<String, Vec<u8>>> {
    let headers = output(Command::new("readelf").args(["--program-headers", "--wide"]).arg(binary))
        .with_context(|| binary.display().to_string())?;
    if !headers.contains("Requesting program interpreter") {
        return Ok(BTreeMap::new());
    }
    if !target.is_native() {
        bail!("{} is not static, and its libraries are not on this machine", binary.display());
    }
    let listed = output(Command::new("ldd").arg(binary)).with_context(|| binary.display().to_string())?;
    let mut libraries = BTreeMap::new();
    for path in paths(&listed)? {
        let bytes = std::fs::read(&path).with_context(|| path.clone())?;
        libraries.insert(path.trim_start_matches('/').to_owned(), bytes);
    }
    Ok(libraries)
}

/// The paths in what `ldd` prints: `libc.so.6 => /lib/libc.so.6 (0x…)`, or the path alone.
fn paths(listed: &str) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    for line in listed.lines().map(str::trim) {
        let found = line.split_once(" => ").map_or(line, |(_, path)| path);
        if found == "not found" {
            bail!("a library is missing: {line}");
        }
        let path = found.split(" (").next().unwrap_or_default();
        // The kernel's own library is no file.
        if path.starts_with('/') {
            paths.push(path.to_owned());
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ldd_prints() {
        let listed = "\tlinux-vdso.so.1 (0x00007ffe)\n\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)\n\
                      \t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n";
        let read = paths(listed).expect("all are there");
        assert_eq!(read, ["/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"]);
        paths("\tlibx.so => not found\n").expect_err("one is missing");
    }

    #[test]
    fn a_program_gets_its_section() {
        let target = Target::host().expect("tests run where images are built");
        let folder = tempfile::tempdir().expect("a folder");
        let here = folder.path().join("true");
        let bytes = finished("/usr/bin/true".as_ref(), b"for auditors", target).expect("objcopy");
        std::fs::write(&here, &bytes).expect("a file");
        let dumped = folder.path().join("dumped");
        let dump = format!("--dump-section={}={}", audit::SECTION, dumped.display());
        output(Command::new(target.tool("objcopy")).arg(dump).args([&here, &folder.path().join("other")]))
            .expect("the section is there");
        assert_eq!(std::fs::read(&dumped).expect("its content"), b"for auditors");
        assert!(
            libraries(&here, target).expect("readelf and ldd").keys().any(|path| path.contains("libc.so"))
        );
        finished("/etc/passwd".as_ref(), b"", target).expect_err("no program");
    }
}
