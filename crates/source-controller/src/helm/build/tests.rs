//! From archives and folders to charts that are published.

use artifact::MemTree;
use manifest::budget::Budget;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Build, BuildError, Loaded, Local, Order, Step, come_again, package, pulled, resolved};
use crate::helm::chart::archive;
use crate::helm::values::{Values, merge};

const LIMIT: u64 = 5 << 20;

fn order(values_files: &[&str], metadata: &str) -> Order {
    Order {
        values_files: values_files.iter().map(|file| (*file).to_owned()).collect(),
        metadata: metadata.to_owned(),
        chart_limit: 10 << 20,
        file_limit: LIMIT,
        ..Order::default()
    }
}

fn tree(files: &[(&str, &str)]) -> MemTree {
    MemTree::from_files(files.iter().map(|(path, text)| (*path, text.as_bytes()))).unwrap()
}

const FILES: &[(&str, &str)] = &[
    (
        "app/Chart.yaml",
        "apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n- {name: lib, version: 1.x, repository: \"file://../lib\"}\n",
    ),
    ("app/values.yaml", "a: 1\nb: {c: 2}\n"),
    ("app/values-prod.yaml", "b: {d: 3}\n"),
    ("lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: 1.2.0\n"),
    ("none/x", ""),
];

fn built(files: &[(&str, &str)], path: &str, order: &Order) -> Result<(Build, Vec<u8>), BuildError> {
    let budget = Budget::default();
    let local = Local::find(tree(files), "/root", path, order, &budget)?;
    match local.load(order, &budget)? {
        Loaded::AsItIs(build, bytes) => Ok((build, bytes)),
        Loaded::Chart(build, chart, remote) => {
            assert!(remote.is_empty());
            Ok((build, package(*chart, &[], order, &budget)?))
        }
    }
}

fn content(bytes: &[u8], name: &str) -> Option<String> {
    let files = archive::files(bytes, LIMIT, &mut archive::Room::default(), &Budget::default()).unwrap();
    files.into_iter().find(|file| file.name == name).map(|file| String::from_utf8(file.data).unwrap())
}

#[test]
fn a_folder_with_what_it_needs_and_values() {
    let order = order(&["app/values.yaml", "app/values-prod.yaml"], "abc.2");
    let (build, bytes) = built(FILES, "./app/", &order).unwrap();
    assert_eq!(
        build.summary(),
        "packaged 'app' chart with version '1.0.0+abc.2' and merged values files [app/values.yaml app/values-prod.yaml]"
    );
    assert_eq!(build.dependencies, 1);
    assert_eq!(content(&bytes, "values.yaml").as_deref(), Some("a: 1\nb:\n  c: 2\n  d: 3\n"));
    assert!(content(&bytes, "charts/lib/Chart.yaml").is_some());
    assert!(content(&bytes, "Chart.yaml").unwrap().contains("version: 1.0.0+abc.2\n"));
}

#[test]
fn a_chart_of_a_repository() {
    let (_, bytes) = built(FILES, "app", &order(&[], "")).unwrap();
    let budget = Budget::default();
    let plain = order(&["./values.yaml"], "");
    let build = resolved("app", "1.0.0", &plain).unwrap();
    let (build, packed) = pulled(build, &bytes, &plain, &budget).unwrap();
    assert_eq!((build.summary().as_str(), packed), ("pulled 'app' chart with version '1.0.0'", None));

    let merging = order(&["values.yaml", "values-prod.yaml"], "3");
    let build = resolved("app", "1.0.0", &merging).unwrap();
    let (build, packed) = pulled(build, &bytes, &merging, &budget).unwrap();
    assert_eq!(
        build.summary(),
        "packaged 'app' chart with version '1.0.0+3' and merged values files [values.yaml values-prod.yaml]"
    );
    assert_eq!(content(&packed.unwrap(), "values.yaml").as_deref(), Some("a: 1\nb:\n  c: 2\n  d: 3\n"));

    let absent = order(&["nope.yaml"], "3");
    let build = resolved("app", "1.0.0", &absent).unwrap();
    let error = pulled(build.clone(), &bytes, &absent, &budget).unwrap_err();
    let text = "failed to merge chart values: no values file found at path 'nope.yaml'";
    assert_eq!(error, BuildError::Failed(Step::Values, text.to_owned()));
    let passed = Order { ignore_missing: true, ..absent };
    let (build, packed) = pulled(build, &bytes, &passed, &budget).unwrap();
    assert_eq!(build.summary(), "packaged 'app' chart with version '1.0.0+3'");
    assert_eq!(content(&packed.unwrap(), "values.yaml").as_deref(), Some(""));
}

#[test]
fn what_leads_nowhere() {
    let of = |path: &str, order: &Order| built(FILES, path, order).map(|_| ()).unwrap_err();
    let reference = |text: &str| BuildError::Failed(Step::Reference, text.to_owned());
    let plain = order(&[], "");
    assert_eq!(of("", &plain), reference("no path set for local chart reference"));
    assert_eq!(of("/app", &plain), reference("local chart reference path is expected to be relative"));
    assert_eq!(of("nope", &plain), reference("stat /root/nope: no such file or directory"));
    assert_eq!(of("none", &plain), reference("open /root/none/Chart.yaml: no such file or directory"));
    assert_eq!(of("../../nope", &plain), reference("stat /root/nope: no such file or directory"));
    let values = of("app", &order(&["../x.yaml"], "1"));
    let text = "no values file found at path '/x.yaml' (reference '../x.yaml')";
    assert_eq!(values, BuildError::Failed(Step::Values, text.to_owned()));
    let without: Vec<_> = FILES.iter().copied().filter(|(path, _)| !path.starts_with("lib")).collect();
    let error = built(&without, "app", &plain).map(|_| ()).unwrap_err();
    let text = "failed to add local dependency 'lib': no chart found at '/lib' (reference 'file://../lib')";
    assert_eq!(error, BuildError::Failed(Step::Dependencies, text.to_owned()));
}

#[test]
fn a_message_has_room_for_so_many_files() {
    let build = Build { values_files: vec!["values.yaml".to_owned(); 2000], ..Build::default() };
    let summary = build.summary();
    assert!(summary.len() < 2300, "{}", summary.len());
    assert!(summary.ends_with(" values.yaml and 1830 more]"), "{summary}");
}

/// Few keys and few forms, so that files meet.
fn some_values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(json!(1)), Just(json!(null)), Just(json!(["x"])), Just(json!({}))];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop::collection::btree_map("[ab]", inner, 0..3).prop_map(|map| json!(map))
    })
}

proptest! {
    #[test]
    fn a_file_that_comes_again_later_is_merged_once(
        files in prop::collection::vec(prop::collection::btree_map("[abc]", some_values(), 0..4), 1..5),
        order in prop::collection::vec(0_usize..5, 0..9),
    ) {
        let files: Vec<Values> = files.into_iter().map(|map| map.into_iter().collect()).collect();
        let order: Vec<usize> = order.into_iter().map(|index| index % files.len()).collect();
        let names: Vec<String> = order.iter().map(ToString::to_string).collect();
        let whole = order.iter().fold(Values::new(), |merged, &index| merge(merged, files[index].clone()));
        let once = order.iter().zip(come_again(&names)).filter(|(_, again)| !again);
        let once = once.fold(Values::new(), |merged, (&index, _)| merge(merged, files[index].clone()));
        prop_assert_eq!(whole, once);
    }
}
