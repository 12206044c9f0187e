//! Which commands are run for a checkout, and which checkouts are the same. Fetching itself is proved by the transcripts
//! of `flyball build --fetch-remote`.

use super::*;

fn checkout(reference: Option<&str>, submodules: bool) -> Checkout {
    Checkout { url: "https://git.example/a".to_owned(), reference: reference.map(str::to_owned), submodules }
}

fn lines(checkout: &Checkout) -> Result<String, String> {
    let commands = checkout.commands()?;
    Ok(commands.iter().map(|arguments| arguments.join(" ")).collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_reference_with_submodules() {
    insta::assert_snapshot!(lines(&checkout(Some("v1"), true)).expect("commands"), @"
    init --quiet
    remote add origin https://git.example/a
    fetch --quiet --depth=1 https://git.example/a v1
    checkout --quiet FETCH_HEAD
    submodule --quiet update --init --recursive
    ");
}

#[test]
fn the_default_branch_without_submodules() {
    insta::assert_snapshot!(lines(&checkout(None, false)).expect("commands"), @"
    init --quiet
    remote add origin https://git.example/a
    fetch --quiet --depth=1 https://git.example/a HEAD
    checkout --quiet FETCH_HEAD
    ");
}

#[test]
fn a_reference_cannot_be_a_flag() {
    for reference in ["-f", "--upload-pack=x"] {
        let error = lines(&checkout(Some(reference), true)).expect_err("refused");
        assert_eq!(error, format!("'{reference}' is not a ref of a repository: it would be a flag of git"));
    }
    lines(&checkout(Some("a-b"), true)).expect("a dash inside is harmless");
}

#[test]
fn a_url_is_one_argument() {
    let odd = Checkout { url: "https://git.example/a b;c".to_owned(), ..checkout(None, false) };
    let commands = odd.commands().expect("commands");
    assert_eq!(commands[1], ["remote", "add", "origin", "https://git.example/a b;c"]);
}

#[test]
fn single_files_are_not_fetched() {
    assert!(Checkouts::default().file("https://git.example/a.yaml").is_none());
}

#[test]
fn a_folder_is_found_in_the_tree() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = path_of(&folder).expect("a path");
    let canonical = folder.path().canonicalize().expect("its path");
    assert_eq!(format!("/{path}"), canonical.display().to_string());
    std::fs::remove_dir(folder.path()).expect("removed");
    assert_eq!(path_of(&folder), Err("no such file or directory".to_owned()));
}
