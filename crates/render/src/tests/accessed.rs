//! What a render looked at: its digest in another tree changes with what matters, and with nothing else.

use artifact::MemTree;
use proptest::prelude::*;

use manifest::budget::Budget;

use super::{at, config_map, files, rendered, request, tree};
use crate::{Accessed, Rendered, Request, render};

fn overlay() -> String {
    format!(
        "-- app/kustomization.yaml --\nresources: [../base, own.yaml]\nconfigMapGenerator: [{{name: g, files: [data.txt]}}]\n\
         -- app/own.yaml --\n{}-- app/data.txt --\nhello\n-- app/unused.yaml --\nx\n\
         -- base/kustomization.yaml --\nresources: [b.yaml]\n-- base/b.yaml --\n{}-- other/c.yaml --\n{}",
        config_map("own"),
        config_map("b"),
        config_map("c")
    )
}

fn plain() -> String {
    format!(
        "-- app/a.yaml --\n{}-- app/sub/b.yml --\n{}-- app/notes.txt --\nhello\n-- app/base/kustomization.yaml --\nresources: [x.yaml]\n\
         -- app/base/x.yaml --\n{}-- app/base/y.yaml --\nx\n-- other/c.yaml --\n{}",
        config_map("a"),
        config_map("b"),
        config_map("x"),
        config_map("c")
    )
}

/// The digest of what `text` makes a render look at, in the tree that `change` leaves.
fn same(text: &str, request: &Request, change: impl Fn(&mut Vec<(String, String)>)) -> bool {
    let before = tree(text);
    let accessed = render(&before, request, &Budget::default()).unwrap().accessed;
    let mut changed = files(text);
    change(&mut changed);
    let after =
        MemTree::from_files(changed.into_iter().map(|(path, content)| (path, content.into_bytes()))).unwrap();
    accessed.digest_in(&before) == accessed.digest_in(&after)
}

fn edit(path: &'static str) -> impl Fn(&mut Vec<(String, String)>) {
    move |files| {
        let file = files.iter_mut().find(|(name, _)| name == path).unwrap();
        file.1.push_str("# changed\n");
    }
}

fn add(path: &'static str) -> impl Fn(&mut Vec<(String, String)>) {
    move |files| files.push((path.to_owned(), config_map("new")))
}

fn remove(path: &'static str) -> impl Fn(&mut Vec<(String, String)>) {
    move |files| files.retain(|(name, _)| name != path)
}

#[test]
fn of_an_overlay_only_what_it_names_counts() {
    let (text, request) = (overlay(), at("app"));
    for path in
        ["app/kustomization.yaml", "app/own.yaml", "app/data.txt", "base/kustomization.yaml", "base/b.yaml"]
    {
        assert!(!same(&text, &request, edit(path)), "{path}");
        assert!(!same(&text, &request, remove(path)), "{path}");
    }
    for path in ["app/unused.yaml", "other/c.yaml"] {
        assert!(same(&text, &request, edit(path)), "{path}");
        assert!(same(&text, &request, remove(path)), "{path}");
    }
    for path in ["app/new.yaml", "base/new.yaml", "top.yaml", "base/sub/kustomization.yaml"] {
        assert!(same(&text, &request, add(path)), "{path}");
    }
}

#[test]
fn a_second_kustomization_file_counts() {
    // Several in one folder are an error, so their absence was part of the answer.
    for path in ["app/Kustomization", "base/kustomization.yml"] {
        assert!(!same(&overlay(), &at("app"), add(path)), "{path}");
    }
}

#[test]
fn of_a_generated_file_the_listings_count() {
    let (text, request) = (plain(), at("app"));
    for path in ["app/a.yaml", "app/sub/b.yml", "app/base/kustomization.yaml", "app/base/x.yaml"] {
        assert!(!same(&text, &request, edit(path)), "{path}");
    }
    for path in ["app/new.yaml", "app/sub/deep/new.yaml", "app/kustomization.yaml", "app/sub/Kustomization"] {
        assert!(!same(&text, &request, add(path)), "{path}");
    }
    for path in ["app/notes.txt", "app/base/y.yaml", "other/c.yaml"] {
        assert!(same(&text, &request, edit(path)), "{path}");
    }
    assert!(same(&text, &request, add("other/new.yaml")));
    assert!(same(&text, &request, add("app/base/new.yaml")));
}

#[test]
fn the_request_has_a_digest_of_its_own() {
    let one = at("app");
    assert_eq!(one.digest(), at("app").digest());
    assert_ne!(one.digest(), at("base").digest());
    let renamed = Request { name_prefix: Some("x".into()), ..at("app") };
    let suffixed = Request { name_suffix: Some("x".into()), ..at("app") };
    assert_ne!(renamed.digest(), suffixed.digest());
}

#[test]
fn a_file_that_becomes_a_folder_counts() {
    let text = overlay();
    let moved = |files: &mut Vec<(String, String)>| {
        files.retain(|(name, _)| name != "app/own.yaml");
        files.push(("app/own.yaml/kustomization.yaml".into(), String::new()));
    };
    assert!(!same(&text, &at("app"), moved));
}

/// Some files of a small repository: which exist, and what they say.
fn repositories() -> impl Strategy<Value = Vec<(String, u8)>> {
    let path = prop::sample::select(vec![
        "kustomization.yaml",
        "a.yaml",
        "b.txt",
        "sub/kustomization.yml",
        "sub/c.yaml",
        "sub/Kustomization",
        "deep/er/d.yml",
        "elsewhere/e.yaml",
    ]);
    prop::collection::btree_map(path, 0u8..3, 0..8)
        .prop_map(|files| files.into_iter().map(|(path, version)| (path.to_owned(), version)).collect())
}

fn repository(files: &[(String, u8)]) -> MemTree {
    let content = |path: &str, version: u8| match path.rsplit('/').next().unwrap_or(path) {
        "kustomization.yaml" => format!("resources: [a.yaml, sub]\nnamespace: n{version}\n"),
        "kustomization.yml" | "Kustomization" => format!("resources: [c.yaml]\nnamePrefix: p{version}\n"),
        name => config_map(&format!("{}-{version}", name.replace('.', "-"))),
    };
    MemTree::from_files(
        files.iter().map(|(path, version)| (path.clone(), content(path, *version).into_bytes())),
    )
    .unwrap()
}

fn outcome(rendered: &Rendered) -> Vec<serde_json::Value> {
    rendered.objects.iter().map(|object| object.value().clone()).collect()
}

proptest! {
    /// The promise that skipping rests on: equal digests, equal objects.
    #[test]
    fn equal_digests_render_equally(before in repositories(), after in repositories()) {
        let (before, after) = (repository(&before), repository(&after));
        if let Ok(first) = render(&before, &request(), &Budget::default())
            && first.accessed.digest_in(&before) == first.accessed.digest_in(&after)
        {
            let second = render(&after, &request(), &Budget::default()).expect("looked at the same, so renders the same");
            prop_assert_eq!(outcome(&first), outcome(&second));
            prop_assert_eq!(first.digest, second.digest);
            prop_assert_eq!(first.accessed, second.accessed);
        }
    }
}

#[test]
fn nothing_looked_at_is_empty() {
    assert!(Accessed::default().is_empty());
    let looked = rendered(&overlay(), &at("app")).accessed;
    assert!(looked.len() > 5);
    assert!(looked.files().any(|path| path == "base/b.yaml"));
}
