//! That packing depends on the program alone. Building it twice is done by hand (docs/operations/release.md): it takes an hour.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use super::*;

fn pack(program: &Path) -> Packed {
    let base = Layer::pack(rootfs::base("the licence"), 7).unwrap();
    let packer = Packer {
        target: Target::host().unwrap(),
        tools: &samples::toolchain(),
        stamp: &samples::stamp(),
        base: &base,
    };
    packer.pack(&product::PRODUCTS[0], program, &samples::linked()).unwrap()
}

#[test]
fn the_same_program_gives_the_same_image() {
    let folder = tempfile::tempdir().unwrap();
    let mut packed = Vec::new();
    for (place, age) in [("a", 0), ("b/c", 100_000)] {
        let path = folder.path().join(place).join("program");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy("/usr/bin/true", &path).unwrap();
        let time = SystemTime::now() - Duration::from_secs(age);
        File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        packed.push(pack(&path));
    }
    assert_eq!(packed[0], packed[1]);
    let archive = |packed: &Packed| oci::image_archive(&packed.image, "a", "b", 7).unwrap();
    assert_eq!(archive(&packed[0]), archive(&packed[1]));
    assert_ne!(pack("/usr/bin/false".as_ref()).image.digest(), packed[0].image.digest(), "another program");
}

#[test]
fn labels_are_ocis() {
    let labels = labels(&product::PRODUCTS[3], &samples::stamp()).unwrap();
    for (name, value) in [
        ("title", "flyball"),
        ("version", "1.2.3"),
        ("revision", "abc"),
        ("created", "1970-01-01T00:00:07Z"),
        ("licenses", "Apache-2.0"),
    ] {
        assert_eq!(labels[&format!("org.opencontainers.image.{name}")], value);
    }
}
