//! What has to be fetched before a render: nothing yet, whatever the tree and the spec hold.

use manifest::budget::Budget;

use super::{config_map, request, tree};
use crate::{CommonMetadata, Image, Needs, Patch, Request, Target, needs, render};

/// A request with every field set.
fn full() -> Request {
    Request {
        path: "app".into(),
        target_namespace: Some("n".into()),
        name_prefix: Some("p-".into()),
        name_suffix: Some("-s".into()),
        patches: vec![Patch { patch: "- {op: test}".into(), target: Some(Target::default()) }],
        images: vec![Image { name: "i".into(), new_tag: "2".into(), ..Image::default() }],
        common_metadata: Some(CommonMetadata::default()),
        components: vec!["../c".into()],
        ignore_missing_components: true,
        build_metadata: vec!["originAnnotations".into()],
        ..request()
    }
}

/// What another run of this Kustomization would have to fetch, once that is supported.
fn variables_and_ciphertext() -> String {
    format!(
        "-- app/a.yaml --\n{}data: {{a: '${{name}}'}}\n-- app/s.yaml --\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\n\
         data: {{a: 'ENC[AES256_GCM,data:x]'}}\nsops: {{kms: [{{arn: 'arn:aws:kms:x'}}], mac: m}}\n",
        config_map("a")
    )
}

#[test]
fn nothing_is_needed_while_substitution_and_decryption_are_unsupported() {
    for text in ["", &variables_and_ciphertext()] {
        for request in [request(), full()] {
            let needs = needs(&tree(text), &request);
            assert_eq!(needs, Needs::default());
            assert!(needs.is_empty());
        }
    }
}

#[test]
fn what_would_be_needed_is_refused_or_left_as_it_is_by_the_render() {
    let text = variables_and_ciphertext();
    let refused = render(&tree(&text), &Request { path: "app".into(), ..request() }, &Budget::default())
        .expect_err("ciphertext");
    assert!(refused.to_string().contains("is SOPS encrypted"), "{refused}");
    let plain = text.split("-- app/s.yaml --").next().unwrap_or_default();
    let rendered = render(&tree(plain), &request(), &Budget::default()).expect("objects");
    assert_eq!(rendered.objects[0].value().pointer("/data/a"), Some(&"${name}".into()));
}

#[test]
fn one_thing_to_fetch_is_enough_to_wait() {
    let one = || ["x".to_owned()].into();
    for needs in [
        Needs { config_maps: one(), ..Needs::default() },
        Needs { secrets: one(), ..Needs::default() },
        Needs { keys: one(), ..Needs::default() },
    ] {
        assert!(!needs.is_empty(), "{needs:?}");
    }
}

#[test]
fn asking_looks_at_nothing_that_a_render_would_record() {
    let tree = tree(&variables_and_ciphertext());
    let request = Request { path: "nowhere".into(), ..request() };
    assert!(needs(&tree, &request).is_empty(), "a path that is missing is the render's to refuse");
    render(&tree, &request, &Budget::default()).expect_err("a missing path");
}
