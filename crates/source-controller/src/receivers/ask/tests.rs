//! Which objects are asked for, and what those that fail or are late leave undone.

use std::collections::BTreeSet;

use api::receiver::ReceiverSpec;
use parking_lot::Mutex;
use receiver::{resolve, validate};
use reconcile_core::ObjectKey;

use super::objects::Page;
use super::*;

/// Objects that are there, and what came of them.
#[derive(Default)]
struct Shelf {
    pages: Vec<Vec<&'static str>>,
    /// The last of them, so often.
    more: usize,
    failing: &'static [&'static str],
    /// Those that nobody answers for.
    stuck: &'static [&'static str],
    asked: Mutex<BTreeSet<String>>,
}

fn metadata(name: &str) -> ObjectMeta {
    ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() }
}

impl Objects for Shelf {
    async fn page(&self, named: &Named, token: Option<String>) -> Result<Page, Failure> {
        assert_eq!(named.labels, "team=a");
        let at: usize = token.map_or(0, |token| token.parse().expect("one of ours"));
        let names = self.pages.get(at).or(self.pages.last()).map_or(&[][..], Vec::as_slice);
        let is_last = at + 1 >= self.pages.len() + self.more;
        let objects = names.iter().map(|name| metadata(name)).collect();
        Ok(Page { objects, next: (!is_last).then(|| (at + 1).to_string()) })
    }

    async fn metadata(&self, _named: &Named, name: &str) -> Result<ObjectMeta, Failure> {
        if self.stuck.contains(&name) {
            std::future::pending::<()>().await;
        }
        Ok(metadata(name))
    }

    async fn annotate(&self, _named: &Named, name: &str) -> Result<(), Failure> {
        if self.stuck.contains(&name) {
            std::future::pending::<()>().await;
        }
        if self.failing.contains(&name) {
            return Err(Failure::Panicked);
        }
        self.asked.lock().insert(name.to_owned());
        Ok(())
    }
}

const WITHIN: Duration = Duration::from_secs(30);

fn entry(name: &str) -> Value {
    json!({ "kind": "GitRepository", "name": name, "matchLabels": { "team": "a" } })
}

fn open(entries: &[Value], filter: &str) -> Open {
    let spec = json!({ "type": "generic", "secretRef": { "name": "a" }, "resources": entries,
        "resourceFilter": filter });
    let spec: ReceiverSpec = serde_json::from_value(spec).expect("a spec");
    let secret = [("token".to_owned(), b"t".to_vec())].into();
    let hook = resolve(validate(&spec).expect("valid"), secret).expect("a hook");
    Open { key: ObjectKey::new("apps", "hook"), hook }
}

async fn ask(shelf: Shelf, open: &Open) -> (Asked, Vec<String>) {
    let asker = Asker { objects: shelf, no_cross_namespace_refs: true };
    let asked = asker.all(open, json!({ "names": ["a", "c"] }), WITHIN).await;
    let names = asker.objects.asked.lock().iter().cloned().collect();
    (asked, names)
}

#[tokio::test]
async fn all_pages_of_those_with_the_labels() {
    let shelf = || Shelf { pages: vec![vec!["a", "b"], vec!["c"]], ..Shelf::default() };
    let (asked, names) = ask(shelf(), &open(&[entry("*")], "")).await;
    assert_eq!((asked, names.join(" ")), (Asked { objects: 3, ..Asked::default() }, "a b c".to_owned()));
    // Those that a filter does not accept are no failures.
    let (asked, names) = ask(shelf(), &open(&[entry("*")], "res.metadata.name in req.names")).await;
    assert_eq!((asked, names.join(" ")), (Asked { objects: 2, ..Asked::default() }, "a c".to_owned()));
    let mut own = entry("*");
    own["filter"] = json!("res.metadata.name != 'c'");
    let (asked, names) = ask(shelf(), &open(&[own, entry("b")], "res.metadata.name in req.names")).await;
    assert_eq!((asked, names.join(" ")), (Asked { objects: 1, ..Asked::default() }, "a".to_owned()));
}

#[tokio::test]
async fn what_fails_holds_up_nobody() {
    let mut elsewhere = entry("x");
    elsewhere["namespace"] = json!("default");
    let entries = [elsewhere, entry("bad"), entry("a"), entry("*")];
    let shelf = || Shelf { pages: vec![vec!["bad", "c"]], failing: &["bad"], ..Shelf::default() };
    let (asked, names) = ask(shelf(), &open(&entries, "")).await;
    assert_eq!(asked, Asked { objects: 2, failures: 3, ..Asked::default() });
    assert_eq!(names, ["a", "c"]);
    // Of one object it is not known whether it is meant.
    let filter = "res.metadata.name == 'bad' ? req.nothing == 1 : true";
    let (asked, names) = ask(shelf(), &open(&[entry("*")], filter)).await;
    assert_eq!((asked.objects, asked.failures, names.join(" ")), (1, 1, "c".to_owned()));
}

#[tokio::test]
async fn too_many_are_not_asked_for() {
    let page = vec!["a"; 500];
    let shelf = |more| Shelf { pages: vec![page.clone()], more, ..Shelf::default() };
    let (asked, _) = ask(shelf(MOST / 500 - 1), &open(&[entry("*")], "")).await;
    assert_eq!(asked, Asked { objects: MOST, ..Asked::default() });
    let (asked, names) = ask(shelf(MOST / 500), &open(&[entry("*"), entry("b")], "")).await;
    assert_eq!((asked.objects, asked.failures, names.join(" ")), (1, 1, "b".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn one_that_takes_long_holds_up_no_other_and_is_counted() {
    let entries = [entry("s1"), entry("a"), entry("s2"), entry("b")];
    let stuck = || Shelf { stuck: &["s1", "s2"], ..Shelf::default() };
    let (asked, names) = ask(stuck(), &open(&entries, "")).await;
    assert_eq!(
        (asked, names.join(" ")),
        (Asked { objects: 2, late: 2, ..Asked::default() }, "a b".to_owned())
    );
    assert!(!asked.is_complete());
    // With a filter it is not even known whether they are meant.
    let (asked, names) = ask(stuck(), &open(&entries, "true")).await;
    let expected = Asked { objects: 2, late_entries: 2, ..Asked::default() };
    assert_eq!((asked, names.join(" ")), (expected, "a b".to_owned()));
}

/// All objects of a request share what filters may cost, and what is left of them is told once.
#[test]
fn filters_end_when_nothing_is_left() {
    let open = open(&[entry("*")], "res.metadata.name == 'a'");
    let filters: Vec<Filter> = open.hook.filter.iter().cloned().collect();
    let named = Arc::new(open.hook.resources[0].named("apps", true).expect("named"));
    let choose = |budget: &Budget| chosen(&named, &filters, vec![metadata("a"); 100], &Value::Null, budget);
    assert_eq!(choose(&Budget::default()).iter().filter(|one| one.is_ok()).count(), 100);
    let cancel = Cancel::default();
    let budget = receiver::budget(cancel.clone());
    drop(Ending(cancel));
    let ended = choose(&budget);
    assert!(matches!(&ended[..], [Err(Miss { failure: Failure::Filter(_), .. })]), "{ended:?}");
}
