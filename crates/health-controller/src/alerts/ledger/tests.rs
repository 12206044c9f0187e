//! What is told and when, at times of our own.

use std::time::{Duration, Instant};

use api::kustomization::Kustomization;
use convergence::dependencies::Reach;
use serde_json::{Value, json};

use super::{Decided, LAGGING, Ledger, Word};
use crate::alerts::observation::Severity;
use crate::alerts::observation::tests::status;
use crate::samples::{key, kustomization};

const DELAY: Duration = Duration::from_secs(30);

struct Story {
    ledger: Ledger,
    now: Instant,
}

fn named(name: &str, spec: &Value) -> Kustomization {
    let mut object = kustomization(&[], spec, &json!({}));
    object.metadata.name = Some(name.to_owned());
    object
}

impl Story {
    fn new() -> Self {
        Self { ledger: Ledger::new(Reach::OwnNamespace, DELAY), now: Instant::now() }
    }

    /// Publishes of a Kustomization, for the first time or again.
    fn say(&mut self, name: &str, depends_on: &[&str], verdict: (&str, &str), blockers: &[Value]) {
        let depends_on: Vec<Value> = depends_on.iter().map(|name| json!({"name": name})).collect();
        let object = named(name, &json!({"dependsOn": depends_on}));
        self.ledger.observe(&object, None, &status(verdict, blockers), || None);
    }

    fn well(&mut self, name: &str) {
        self.say(name, &[], ("True", "Converged"), &[]);
    }

    fn broken(&mut self, name: &str, objects: &[&str]) {
        let blockers: Vec<Value> = objects
            .iter()
            .map(|object| json!({"code": "HealthFailed", "object": format!("Deployment/apps/{object}")}))
            .collect();
        self.say(name, &[], ("False", "HealthFailed"), &blockers);
    }

    fn waits(&mut self, name: &str, other: &str) {
        let blocker = json!({"code": "DependencyNotReady", "object": format!("Kustomization/apps/{name}")});
        self.say(name, &[other], ("False", "DependencyNotReady"), &[blocker]);
    }

    fn decide(&mut self) -> Decided {
        let decided = self.ledger.decide(self.now);
        for (key, note) in &decided.marks {
            self.ledger.mark(key, note.as_deref());
        }
        decided
    }

    /// What is told so many seconds later, commits aside.
    fn after(&mut self, seconds: u64) -> Vec<String> {
        self.now += Duration::from_secs(seconds);
        self.decide().words.iter().filter_map(told).collect()
    }
}

fn told(word: &Word) -> Option<String> {
    match word {
        Word::Wrong { lead, roots, severity } => {
            let reasons: Vec<_> = roots
                .iter()
                .map(|root| root.cause.object.clone().unwrap_or_else(|| root.cause.reason.clone()))
                .collect();
            let waiting = roots.iter().map(|root| root.waiting.len() + root.direct.len() - 1).sum::<usize>();
            Some(format!("{severity:?} {}: {} ({waiting} wait)", lead.name, reasons.join(", ")))
        }
        Word::Over { lead, causes, converged } => {
            Some(format!("over {}: {} converged={converged}", lead.name, causes.len()))
        }
        Word::Commit(_) => None,
    }
}

fn nothing() -> Vec<String> {
    Vec::new()
}

#[test]
fn a_fault_is_told_once_it_has_lasted_and_its_end_too() {
    let mut story = Story::new();
    story.well("web");
    assert_eq!(story.after(0), nothing());
    story.broken("web", &["web"]);
    assert_eq!(story.after(0), nothing());
    assert_eq!(story.after(29), nothing());
    assert_eq!(story.after(1), ["Error web: Deployment/apps/web (0 wait)"]);
    assert_eq!(story.after(3600), nothing(), "it is told once");
    story.well("web");
    assert_eq!(story.after(0), nothing());
    assert_eq!(story.after(30), ["over web: 1 converged=true"]);
    assert_eq!(story.after(3600), nothing());
}

#[test]
fn what_comes_and_goes_within_the_delay_is_not_told() {
    let mut story = Story::new();
    for _ in 0..10 {
        story.broken("web", &["web"]);
        assert_eq!(story.after(20), nothing());
        story.well("web");
        assert_eq!(story.after(20), nothing());
    }
    story.broken("web", &["web"]);
    assert_eq!(story.after(0), nothing());
    assert_eq!(story.after(30).len(), 1);
    for _ in 0..10 {
        story.well("web");
        assert_eq!(story.after(20), nothing(), "an end that does not last");
        story.broken("web", &["web"]);
        assert_eq!(story.after(20), nothing(), "is no end");
    }
}

#[test]
fn a_rollout_is_no_alert() {
    let mut story = Story::new();
    story.well("web");
    for reason in ["RevisionPending", "Progressing"] {
        story.say("web", &[], ("False", reason), &[]);
        assert_eq!(story.after(600), nothing());
    }
    story.well("web");
    assert_eq!(story.after(600), nothing());
}

#[test]
fn nine_that_wait_for_one_are_one_alert() {
    let mut story = Story::new();
    // Those who wait may be looked at first.
    for name in ["a", "b", "c", "d", "e", "f", "g", "h", "i"] {
        story.waits(name, "web");
    }
    assert_eq!(story.after(0), nothing());
    story.broken("web", &["web"]);
    assert_eq!(story.after(5), nothing());
    assert_eq!(story.after(30), ["Error web: Deployment/apps/web (9 wait)"]);
    story.waits("late", "web");
    assert_eq!(story.after(600), nothing());
    story.well("web");
    // They say that they wait until they have been run again.
    assert_eq!(story.after(1), nothing());
    assert_eq!(story.after(30), ["over web: 1 converged=true"]);
    for name in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "late"] {
        story.well(name);
    }
    assert_eq!(story.after(600), nothing());
}

#[test]
fn who_says_for_long_that_it_waits_for_what_is_well_is_told_of() {
    let mut story = Story::new();
    story.well("web");
    story.waits("a", "web");
    assert_eq!(story.after(0), nothing());
    assert_eq!(story.after(60), nothing());
    assert_eq!(story.after(30 * u64::from(LAGGING)), ["Error a: Kustomization/apps/a (0 wait)"]);
}

#[test]
fn another_fault_is_another_alert_and_one_of_two_ends() {
    let mut story = Story::new();
    story.broken("web", &["a"]);
    story.after(0);
    assert_eq!(story.after(30).len(), 1);
    story.broken("web", &["a", "b", "c"]);
    assert_eq!(story.after(0), nothing());
    assert_eq!(story.after(30), ["Error web: Deployment/apps/b, Deployment/apps/c (0 wait)"]);
    story.broken("web", &["c"]);
    assert_eq!(story.after(0), nothing());
    assert_eq!(story.after(30), ["over web: 2 converged=false"]);
    story.well("web");
    story.after(0);
    assert_eq!(story.after(30), ["over web: 1 converged=true"]);
}

#[test]
fn the_end_is_not_told_while_it_is_on_its_way() {
    let mut story = Story::new();
    story.broken("web", &["a"]);
    story.after(0);
    assert_eq!(story.after(30).len(), 1);
    story.say("web", &[], ("False", "RevisionPending"), &[]);
    assert_eq!(story.after(0), nothing());
    assert_eq!(story.after(300), nothing());
    story.well("web");
    assert_eq!(story.after(0), ["over web: 1 converged=true"], "gone for long enough");
}

#[test]
fn one_source_that_many_use_is_one_alert_and_stays_one_without_its_first() {
    let mut story = Story::new();
    let broken = json!({"code": "SourceNotReady", "object": "GitRepository/apps/app"});
    for name in ["a", "b", "c"] {
        story.say(name, &[], ("False", "SourceNotReady"), std::slice::from_ref(&broken));
    }
    story.after(0);
    assert_eq!(story.after(30), ["Error a: GitRepository/apps/app (2 wait)"]);
    story.ledger.forget(&key("a"));
    assert_eq!(story.decide().marks, [(key("b"), Some("SourceNotReady GitRepository/apps/app".to_owned()))]);
    assert_eq!(story.after(600), nothing());
    story.well("b");
    story.well("c");
    story.after(0);
    assert_eq!(story.after(30), ["over b: 1 converged=true"]);
}

#[test]
fn what_is_deleted_is_silent() {
    let mut story = Story::new();
    story.broken("web", &["a"]);
    story.after(0);
    assert_eq!(story.after(30).len(), 1);
    story.ledger.forget(&key("web"));
    assert_eq!(story.after(600), nothing());
    assert_eq!(story.ledger.open(Severity::Error), 0);
}

#[test]
fn suspension_and_drift_are_no_errors() {
    let mut story = Story::new();
    let suspended = json!({"code": "Suspended", "object": "Kustomization/apps/web"});
    story.say("web", &[], ("False", "Suspended"), &[suspended]);
    story.say("api", &[], ("False", "Drifted"), &[]);
    story.after(0);
    assert_eq!(story.after(30), ["Info api: Drifted (0 wait)", "Info web: Kustomization/apps/web (0 wait)"]);
    assert_eq!((story.ledger.open(Severity::Error), story.ledger.open(Severity::Info)), (0, 2));
}

#[test]
fn a_restart_repeats_nothing_and_tells_what_ended_meanwhile() {
    let mut story = Story::new();
    story.broken("web", &["a"]);
    story.broken("api", &["b"]);
    story.after(0);
    story.now += DELAY;
    let marks = story.decide().marks;
    assert_eq!(marks.len(), 2);
    let note = |name: &str| marks.iter().find(|(of, _)| *of == key(name)).and_then(|(_, note)| note.clone());

    let mut next = Story::new();
    let broken =
        status(("False", "HealthFailed"), &[json!({"code": "HealthFailed", "object": "Deployment/apps/a"})]);
    next.ledger.observe(&named("web", &json!({})), Some(&broken), &broken, || note("web"));
    let well = status(("True", "Converged"), &[]);
    next.ledger.observe(&named("api", &json!({})), Some(&broken), &well, || note("api"));
    assert_eq!(next.after(0), nothing());
    assert_eq!(next.after(30), ["over api: 1 converged=true"]);
    assert_eq!(next.after(600), nothing());
    assert_eq!(next.ledger.open(Severity::Error), 1);
}

#[test]
fn notes_follow_what_is_open_and_are_written_once() {
    let mut story = Story::new();
    story.broken("web", &["a"]);
    story.decide();
    story.now += DELAY;
    assert_eq!(story.decide().marks, [(key("web"), Some("HealthFailed Deployment/apps/a".to_owned()))]);
    assert!(story.decide().marks.is_empty());
    story.well("web");
    story.decide();
    story.now += DELAY;
    assert_eq!(story.decide().marks, [(key("web"), None)]);
    assert!(story.decide().marks.is_empty());
}

#[test]
fn a_note_that_could_not_be_written_is_asked_for_again() {
    let mut story = Story::new();
    story.broken("web", &["a"]);
    story.ledger.decide(story.now);
    story.now += DELAY;
    assert_eq!(story.ledger.decide(story.now).marks.len(), 1);
    assert_eq!(story.ledger.decide(story.now).marks.len(), 1);
}

#[test]
fn the_next_look_is_when_something_is_due() {
    let mut story = Story::new();
    story.well("web");
    assert_eq!(story.decide().next, None);
    story.broken("web", &["a"]);
    assert_eq!(story.decide().next, Some(story.now + DELAY));
    story.now += DELAY;
    assert_eq!(story.decide().next, None, "it is told");
    story.well("web");
    assert_eq!(story.decide().next, Some(story.now + DELAY));
}

#[test]
fn commits_are_told_well_at_once_and_badly_when_that_is_told() {
    let commits = |decided: &Decided| -> Vec<(String, bool)> {
        let told = decided.words.iter().filter_map(|word| match word {
            Word::Commit(commit) => Some((commit.key.name.clone(), commit.is_well)),
            _ => None,
        });
        told.collect()
    };
    let mut story = Story::new();
    story.well("web");
    assert_eq!(commits(&story.decide()), [("web".to_owned(), true)]);
    assert_eq!(commits(&story.decide()), []);
    story.broken("web", &["a"]);
    story.waits("api", "web");
    assert_eq!(commits(&story.decide()), []);
    story.now += DELAY;
    assert_eq!(commits(&story.decide()), [("api".to_owned(), false), ("web".to_owned(), false)]);
    assert_eq!(commits(&story.decide()), []);
    story.well("web");
    assert_eq!(commits(&story.decide()), [("web".to_owned(), true)]);
}

#[test]
fn a_restart_does_not_tell_every_commit_again() {
    let mut story = Story::new();
    let well = status(("True", "Converged"), &[]);
    story.ledger.observe(&named("web", &json!({})), Some(&well), &well, || None);
    assert!(story.decide().words.is_empty());
}

#[test]
fn the_same_again_is_no_news() {
    let mut ledger = Ledger::new(Reach::OwnNamespace, DELAY);
    let (object, well) = (named("web", &json!({})), status(("True", "Converged"), &[]));
    assert!(ledger.observe(&object, None, &well, || None));
    assert!(!ledger.observe(&object, Some(&well), &well, || None));
    assert!(ledger.forget(&key("web")) && !ledger.forget(&key("web")));
}

#[test]
fn what_cannot_be_looked_at_any_more_is_not_over() {
    let mut story = Story::new();
    story.broken("a", &["web"]);
    story.after(0);
    assert_eq!(story.after(30), ["Error a: Deployment/apps/web (0 wait)"]);
    story.say("a", &[], ("Unknown", "NotObserved"), &[]);
    assert_eq!(story.after(0), nothing());
    assert_eq!(story.after(600), nothing(), "nobody knows");
    assert_eq!(story.decide().next, None, "and time does not tell");
    story.broken("a", &["web"]);
    assert_eq!(story.after(60), nothing(), "it has been told");
    story.say("a", &[], ("Unknown", "NotObserved"), &[]);
    story.after(60);
    story.well("a");
    assert_eq!(story.after(30), ["over a: 1 converged=true"]);
}
