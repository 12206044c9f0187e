//! The checks of the fuzz targets on texts that are the same in every run; `fuzz/README.md` tells how libFuzzer is let
//! loose on them.

#[expect(unreachable_pub, reason = "the fuzz crate exports it")]
#[path = "../fuzz/checks.rs"]
mod checks;
#[expect(unreachable_pub, reason = "other crates include it too")]
#[path = "../../manifest/fuzz/mutator.rs"]
mod mutator;

use std::path::Path;

use mutator::Mutator;

#[expect(clippy::print_stdout, reason = "captured, and shown when a check fails")]
fn for_each(count: usize, target: &str, check: impl Fn(&[u8])) {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let mut mutator = Mutator::new(&fuzz.join("seeds").join(target), &fuzz.join("kustomization.dict"));
    let mut texts = mutator.seeds();
    texts.extend((0..count).map(|_| mutator.next()));
    for text in texts {
        println!("---- text:\n{}", String::from_utf8_lossy(&text));
        check(&text);
    }
}

#[test]
fn kustomization() {
    for_each(300, "kustomization", checks::kustomization);
}

#[test]
fn budget() {
    for_each(300, "kustomization", checks::budget);
}

#[test]
fn json_patch() {
    for_each(300, "json_patch", checks::json_patch);
}

#[test]
fn merge_patch() {
    for_each(300, "merge_patch", checks::merge_patch);
}

#[test]
fn replacements() {
    for_each(300, "replacements", checks::replacements);
}
