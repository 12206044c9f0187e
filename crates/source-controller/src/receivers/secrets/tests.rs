//! Who hears of a changed Secret.

use super::*;

struct Bench {
    secrets: Arc<Secrets>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Bench {
    fn new() -> Self {
        let secrets = Secrets::with(None, CancellationToken::new());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let listens = Arc::clone(&heard);
        secrets.on_alarm(move |key| listens.lock().push(key.name.clone()));
        Self { secrets, heard }
    }

    fn heard(&self) -> Vec<String> {
        let mut heard = std::mem::take(&mut *self.heard.lock());
        heard.sort();
        heard
    }
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::new("apps", name)
}

fn at(version: &str) -> Version {
    Some(("uid".to_owned(), version.to_owned()))
}

#[test]
fn whichever_comes_second_finds_the_difference() {
    let bench = Bench::new();
    let (secrets, secret) = (&bench.secrets, key("token"));
    secrets.refer(&key("a"), Some(&secret));
    secrets.refer(&key("b"), Some(&secret));
    secrets.read(&key("a"), at("1"));
    secrets.observe(&secret, Some(at("1")));
    assert!(bench.heard().is_empty(), "b has not read it yet");
    secrets.read(&key("b"), at("1"));
    assert!(bench.heard().is_empty());
    secrets.observe(&secret, Some(at("2")));
    assert_eq!(bench.heard(), ["a", "b"]);
    secrets.read(&key("a"), at("2"));
    assert!(bench.heard().is_empty());
    secrets.read(&key("b"), at("1"));
    assert_eq!(bench.heard(), ["b"], "the watch spoke while it read, and what it read was old already");
    secrets.refer(&key("b"), Some(&secret));
    secrets.read(&key("b"), at("2"));
    secrets.observe(&secret, None);
    assert!(bench.heard().is_empty(), "a watch that fails says nothing");
    secrets.observe(&secret, Some(None));
    assert_eq!(bench.heard(), ["a", "b"], "it is gone");
}

#[test]
fn nobody_hears_of_a_secret_that_is_not_its_own() {
    let bench = Bench::new();
    let secrets = &bench.secrets;
    secrets.refer(&key("a"), Some(&key("old")));
    secrets.read(&key("a"), at("1"));
    secrets.refer(&key("a"), Some(&key("new")));
    secrets.observe(&key("old"), Some(at("2")));
    assert!(bench.heard().is_empty());
    assert_eq!(secrets.named.lock().entries.len(), 1, "nobody names the old one");
    secrets.read(&key("a"), None);
    secrets.observe(&key("new"), Some(at("1")));
    assert_eq!(bench.heard(), ["a"]);
    secrets.refer(&key("a"), None);
    assert!(secrets.named.lock().entries.is_empty());
    secrets.read(&key("a"), at("3"));
    assert!(bench.heard().is_empty());
}

/// Whoever is woken reads, and that is as new as can be: to wake it again for what the watch said before would never end.
#[test]
fn a_watch_that_lags_wakes_nobody() {
    let bench = Bench::new();
    let (secrets, secret) = (&bench.secrets, key("token"));
    let read = |version| {
        secrets.refer(&key("a"), Some(&secret));
        secrets.read(&key("a"), version);
        bench.heard()
    };
    let again = |version: &str| Some(("successor".to_owned(), version.to_owned()));
    secrets.refer(&key("a"), Some(&secret));
    secrets.observe(&secret, Some(at("5")));
    for newer in [at("7"), again("9"), None, at("opaque"), at("7")] {
        assert!(read(newer.clone()).is_empty(), "{newer:?}");
    }
    // Its words come late, and one after the other.
    secrets.observe(&secret, Some(at("6")));
    assert!(bench.heard().is_empty());
    secrets.observe(&secret, Some(at("7")));
    assert!(bench.heard().is_empty());
    secrets.observe(&secret, Some(again("9")));
    assert_eq!(bench.heard(), ["a"]);
    // Whether a deletion is news nobody can tell: it is looked at once.
    assert!(read(again("9")).is_empty());
    secrets.observe(&secret, Some(None));
    assert_eq!(bench.heard(), ["a"]);
    assert!(read(again("10")).is_empty());
}
