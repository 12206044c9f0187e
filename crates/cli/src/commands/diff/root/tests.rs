//! Which folder is the root.

use super::*;

fn found(folder: &str, path: &str, folders: &[&str]) -> Option<String> {
    let is_dir = |path: &Path| folders.iter().any(|known| Path::new(known) == path);
    root(Path::new(folder), path, is_dir).map(|root| root.display().to_string())
}

#[test]
fn the_root_or_the_folder_itself_may_be_named() {
    let folders = ["/repo", "/repo/clusters", "/repo/clusters/prod"];
    assert_eq!(found("/repo", "./clusters/prod", &folders).as_deref(), Some("/repo"));
    assert_eq!(found("/repo/clusters/prod", "./clusters/prod", &folders).as_deref(), Some("/repo"));
    assert_eq!(found("/repo", "", &folders).as_deref(), Some("/repo"));
    assert_eq!(found("/repo", "/clusters/../clusters/prod/", &folders).as_deref(), Some("/repo"));
    assert_eq!(found("/repo/clusters", "./clusters/prod", &folders), None);
    assert_eq!(found("/repo", "./other", &folders), None);
}

#[test]
fn a_path_does_not_lead_out() {
    assert_eq!(relative("../../a/./b"), Path::new("a/b"));
    assert_eq!(relative("./"), Path::new(""));
}
