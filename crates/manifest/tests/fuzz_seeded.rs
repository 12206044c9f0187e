//! The checks of the fuzz targets on texts that are the same in every run; `fuzz/README.md` tells how libFuzzer is let
//! loose on them.

#[expect(unreachable_pub, reason = "the fuzz crate exports it")]
#[path = "../fuzz/checks.rs"]
mod checks;
#[expect(unreachable_pub, reason = "other crates include it too")]
#[path = "../fuzz/mutator.rs"]
mod mutator;

use std::path::Path;

use manifest::yaml::Dialect;
use mutator::Mutator;

#[expect(clippy::print_stdout, reason = "captured, and shown when a check fails")]
fn for_each(count: usize, check: impl Fn(&[u8])) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut mutator = Mutator::new(&here.join("fuzz/seeds"), &here.join("fuzz/yaml.dict"));
    let mut texts = mutator.seeds();
    texts.extend((0..count).map(|_| mutator.next()));
    for text in texts {
        println!("---- text:\n{}", String::from_utf8_lossy(&text));
        check(&text);
    }
}

#[test]
fn yaml_v2() {
    for_each(3000, |data| checks::read(data, Dialect::V2));
}

#[test]
fn yaml_v3() {
    for_each(3000, |data| checks::read(data, Dialect::V3));
}

#[test]
fn yaml_write() {
    for_each(3000, checks::read_write_read);
}

#[test]
fn foreign() {
    for_each(3000, checks::foreign);
}
