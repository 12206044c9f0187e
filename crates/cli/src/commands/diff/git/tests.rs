//! What git's answers mean.

use super::*;

#[test]
fn only_files_are_blobs() {
    let file = Blob { path: "a b/c.yaml".to_owned(), object: "1f".to_owned() };
    assert_eq!(blob("100644 blob 1f\ta b/c.yaml"), Some(file.clone()));
    assert_eq!(blob("100755 blob 1f\ta b/c.yaml"), Some(file));
    for line in ["120000 blob 1f\tlink", "160000 commit 1f\tmodule", "nonsense"] {
        assert_eq!(blob(line), None, "{line}");
    }
}

#[test]
fn contents_are_taken_apart_by_their_size() {
    let answer = b"1f blob 3\na\nb\n2e blob 0\n\n";
    assert_eq!(unbatched(answer, 2), Some(vec![b"a\nb".to_vec(), Vec::new()]));
    assert_eq!(unbatched(answer, 3), None);
    assert_eq!(unbatched(b"1f missing\n", 1), None);
    assert_eq!(unbatched(b"1f blob 9\nab\n", 1), None);
}
