//! Pages in a folder.

use super::*;

#[test]
fn a_page_for_each_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let directory = folder.path().join("share/man");
    let sub = clap::Command::new("some").about("Do something");
    let tree =
        clap::Command::new("flyball").subcommand(sub).subcommand(clap::Command::new("secret").hide(true));
    run(&ManArgs { directory: directory.clone() }, tree.clone()).expect("pages");
    let mut names: Vec<String> = fs::read_dir(&directory)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    assert_eq!(names, ["flyball-some.1", "flyball.1"]);
    let page = fs::read_to_string(directory.join("flyball-some.1")).expect("a page");
    assert!(page.contains(".TH flyball-some 1") && page.contains("Do something"), "{page}");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("a file");
    let error = run(&ManArgs { directory: file }, tree).expect_err("no directory");
    assert!(error.to_string().starts_with("mkdir "), "{error}");
}
