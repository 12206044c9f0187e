//! What is given goes, wherever it is given.

use std::sync::Arc;

use super::Remover;

#[test]
fn all_that_is_given_goes() {
    let folder = tempfile::tempdir().unwrap();
    let remover = Arc::new(Remover::default());
    remover.wait();
    for round in 0..50 {
        let paths: Vec<_> = (0..20).map(|number| folder.path().join(format!("{round}-{number}"))).collect();
        std::thread::scope(|scope| {
            for path in &paths {
                std::fs::create_dir_all(path.join("below")).unwrap();
                scope.spawn(|| remover.remove(path.clone()));
            }
        });
        remover.remove(folder.path().join("never-made"));
        remover.wait();
        assert!(paths.iter().all(|path| !path.exists()), "{round}");
    }
}

/// A folder that cannot be removed, because it is none, does not keep the others.
#[test]
fn what_cannot_be_removed_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let (file, other) = (folder.path().join("file"), folder.path().join("other"));
    std::fs::write(&file, "").unwrap();
    std::fs::create_dir(&other).unwrap();
    let remover = Arc::new(Remover::default());
    remover.remove(file.join("below"));
    remover.remove(other.clone());
    remover.wait();
    assert!(file.exists() && !other.exists());
}

#[test]
fn who_gives_one_does_not_wait_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    std::fs::create_dir(&one).unwrap();
    std::fs::create_dir(&two).unwrap();
    let remover = Arc::new(Remover::default());
    // As if its thread had taken one, and a disk were slow.
    remover.queue.lock().given = 1;
    remover.remove(one.clone());
    remover.remove(two.clone());
    assert!(one.exists() && two.exists());
    remover.queue.lock().removed = 1;
    remover.work();
    remover.wait();
    assert!(!one.exists() && !two.exists());
}
