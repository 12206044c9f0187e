//! Which clones go.

use std::collections::HashSet;
use std::path::PathBuf;

use super::{Clones, keep_used};

struct Bench {
    folder: tempfile::TempDir,
    clones: Clones,
}

fn bench(names: &[&str]) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        std::fs::create_dir_all(folder.path().join(name).join("objects")).unwrap();
    }
    let clones = Clones::new(folder.path().to_owned());
    Bench { folder, clones }
}

impl Bench {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn what_is_not_used_any_more_goes() {
    let bench = bench(&["aa", "bb", "cc"]);
    let used = [bench.path("bb"), bench.path("dd")];
    keep_used(bench.folder.path(), &used.iter().map(PathBuf::as_path).collect());
    assert_eq!(bench.names(), ["bb"]);
    keep_used(&bench.path("nowhere"), &HashSet::new());
    keep_used(bench.folder.path(), &HashSet::new());
    assert!(bench.names().is_empty());
}

#[test]
fn an_objects_clones_go_with_it() {
    let bench = bench(&["u.1.tip", "u.2.full", "uu.1.tip"]);
    bench.clones.forget("u");
    assert_eq!(bench.names(), ["uu.1.tip"]);
    bench.clones.forget("nobody");
    assert_eq!(bench.names(), ["uu.1.tip"]);
}

#[test]
fn clones_of_former_addresses_go() {
    let bench = bench(&["u.1.tip", "u.2.tip", "v.3.tip"]);
    bench.clones.forget_others("u", &bench.path("u.2.tip"));
    assert_eq!(bench.names(), ["u.2.tip", "v.3.tip"]);
}

#[test]
fn what_is_made_while_the_uids_are_asked_for_stays() {
    let bench = bench(&["gone.1.tip", "kept.1.tip"]);
    bench.clones.keep_only(|| {
        std::fs::create_dir(bench.path("new.1.tip")).unwrap();
        HashSet::from(["kept".to_owned()])
    });
    assert_eq!(bench.names(), ["kept.1.tip", "new.1.tip"]);
}

#[test]
fn a_folder_that_is_not_there_has_no_clones() {
    let clones = Clones::new(PathBuf::from("/nowhere/at/all"));
    clones.forget("u");
    clones.keep_only(HashSet::new);
}
