//! Verdicts: a table of what is proved and what is in doubt, and a property over every order of send, stamp, date and
//! receipt, every skew and every rounding: what an apply would change is never called unchanged.

use super::{Answer, Known, STEP, Verdict, judge};
use crate::baseline::Baseline;
use crate::handled::{Took, earliest};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};
use serde_json::{Value, json};
use std::time::Duration;

const MANAGER: &str = "kustomize-controller";
/// 2026-01-01T00:00:00Z.
const NOON: i64 = 1_767_225_600;

fn stamp(second: i64) -> String {
    jiff::Timestamp::from_second(second).unwrap().to_string()
}

fn desired(value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"}, "data": {"a": value}})
}

/// A live object: its value, whether our entry holds the field, its stamp and its resourceVersion.
fn live(value: &str, owned: bool, second: i64, version: u64) -> Value {
    let fields = if owned { json!({"f:data": {"f:a": {}}}) } else { json!({"f:data": {}}) };
    let mut object = desired(value);
    object["metadata"]["uid"] = json!("u1");
    object["metadata"]["resourceVersion"] = json!(version.to_string());
    object["metadata"]["managedFields"] = json!([{
        "manager": MANAGER, "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1",
        "fieldsV1": fields, "time": stamp(second),
    }]);
    object
}

fn base(object: &Value) -> Baseline {
    Baseline::of_answer(object, &desired("1"), MANAGER)
}

fn seen(object: &Value) -> Baseline {
    Baseline { content: None, ..base(object) }
}

fn check(answer: &Value, handled_from: Option<i64>, known: &Known, wanted: Verdict) {
    let answer = Answer { object: answer.clone(), handled_from };
    assert_eq!(judge(&desired("1"), &answer, known, MANAGER, &[]), wanted, "{answer:?} {known:?}");
}

/// A row: what is known, how old our entry is at least, the verdict.
#[test]
fn what_is_proved_and_what_is_in_doubt() {
    let answer = live("1", true, NOON, 10);
    let nothing = Known::default();
    let watched = Known { live: Some(seen(&answer)), ..Known::default() };
    let left = Known { base: Some(base(&answer)), ..Known::default() };
    let check = |known: &Known, handled_from, wanted| check(&answer, handled_from, known, wanted);

    // Nothing known: a minute's distance, or doubt.
    check(&nothing, None, Verdict::Doubt);
    check(&nothing, Some(NOON + 1), Verdict::Doubt);
    check(&nothing, Some(NOON + STEP), Verdict::Doubt);
    check(&nothing, Some(NOON + STEP + 1), Verdict::Unchanged);
    // The watch reported this very version: an older stamp, or doubt.
    check(&watched, None, Verdict::Doubt);
    check(&watched, Some(NOON), Verdict::Doubt);
    check(&watched, Some(NOON + 1), Verdict::Unchanged);
    // Our own last answer, at this very version: no clock is asked.
    check(&left, None, Verdict::Unchanged);
    check(&left, Some(NOON - 500), Verdict::Unchanged);
    // Somebody wrote what we do not own since, and the watch reported it.
    let status_written = live("1", true, NOON, 12);
    let since = Known { live: Some(seen(&status_written)), base: Some(base(&answer)), ..Known::default() };
    super::tests::check(&status_written, None, &since, Verdict::Unchanged);
    // The watch lags behind: as if nothing were known.
    super::tests::check(&live("1", true, NOON, 13), None, &since, Verdict::Doubt);
    // Git changed it: no proof is asked for.
    let changed = Known { changed: true, ..left.clone() };
    check(&changed, Some(NOON + 100_000), Verdict::Change);
    // The entry at this version is another one than the answer's.
    let other = Known { live: Some(seen(&live("1", false, NOON, 10))), ..Known::default() };
    check(&other, Some(NOON + 100_000), Verdict::Change);
    // The answer has other content than the last apply left: a webhook or a default changed.
    let before = Known { base: Some(base(&live("0", true, NOON, 10))), ..Known::default() };
    check(&before, None, Verdict::Doubt);
}

#[test]
fn what_does_not_exist_is_created_and_what_says_hands_off_is_left() {
    let mut absent = live("1", true, NOON, 10);
    absent["metadata"].as_object_mut().unwrap().remove("resourceVersion");
    check(&absent, Some(NOON + 100_000), &Known::default(), Verdict::Create);
    let mut none = live("1", true, NOON, 10);
    none["metadata"]["managedFields"] = json!([]);
    check(&none, Some(NOON + 100_000), &Known::default(), Verdict::Change);
    let mut disabled = live("1", true, NOON, 10);
    disabled["metadata"]["annotations"] = json!({ api::labels::RECONCILE: "disabled" });
    check(&disabled, None, &Known { changed: true, ..Known::default() }, Verdict::Skip);
}

/// A server that does not count its versions: two that cannot be read are not one and the same.
#[test]
fn versions_that_are_not_numbers_prove_nothing() {
    let mut opaque = live("1", true, NOON, 10);
    opaque["metadata"]["resourceVersion"] = json!("opaque");
    let known = Known { base: Some(base(&opaque)), live: Some(seen(&opaque)), ..Known::default() };
    check(&opaque, None, &known, Verdict::Doubt);
    check(&opaque, Some(NOON + 1), &known, Verdict::Doubt);
    check(&opaque, Some(NOON + STEP + 1), &known, Verdict::Unchanged);
}

/// What only metadata is known of was not left by an apply of this manifest.
#[test]
fn a_base_without_content_is_not_the_first_proof() {
    let answer = live("1", true, NOON, 10);
    let known = Known { base: Some(seen(&answer)), ..Known::default() };
    check(&answer, None, &known, Verdict::Doubt);
    check(&answer, Some(NOON + 1), &known, Verdict::Unchanged);
}

#[test]
fn foreign_managers_are_cleaned_up_unless_the_object_merges() {
    let mut kubectl = live("1", true, NOON, 10);
    let theirs = json!({"manager": "kubectl-client-side-apply", "operation": "Update", "apiVersion": "v1",
        "fieldsType": "FieldsV1", "fieldsV1": {}, "time": stamp(NOON)});
    kubectl["metadata"]["managedFields"].as_array_mut().unwrap().push(theirs);
    check(&kubectl, Some(NOON + 100), &Known::default(), Verdict::CleanUp);
    kubectl["metadata"]["annotations"] = json!({ api::labels::SSA: "Merge" });
    check(&kubectl, Some(NOON + 100), &Known::default(), Verdict::Unchanged);
}

/// How an object comes to need an apply.
#[derive(Clone, Copy, Debug)]
enum Cause {
    /// Git changed it, and this process knows.
    Git,
    /// Git changed it while this process was not there.
    GitUnknown,
    /// Somebody changed a field that we own, which took it out of our entry.
    Drift,
    /// Nobody changed anything.
    None,
}

/// One dry-run in milliseconds of true time.
#[derive(Clone, Debug)]
struct Story {
    cause: Cause,
    /// The last apply, before `sent`.
    age: u64,
    /// From sending to stamp, to date, to receipt.
    parts: [u64; 3],
    /// How the clocks of the server that handled the last apply, and of the one that handles this request, are off.
    skews: [i64; 2],
    /// The watch has reported the live object at the resourceVersion that the dry-run meets.
    watched: bool,
    /// This process did the last apply.
    own: bool,
    dated: bool,
}

impl Story {
    fn sent(&self) -> i64 {
        NOON * 1_000 + 7_200_000
    }

    fn clock(&self, server: usize, instant: i64) -> i64 {
        (instant + self.skews[server]).div_euclid(1_000)
    }

    /// The answer, what is known, and the `Date`.
    fn play(&self) -> (Answer, Known, Option<i64>) {
        let [to_stamp, to_date, to_receipt] = self.parts.map(u64::cast_signed);
        let written = self.clock(0, self.sent() - self.age.cast_signed());
        let applied = live("1", true, written, 10);
        let (found, version) = match self.cause {
            Cause::Drift => (live("2", false, written, 12), 12),
            Cause::Git | Cause::GitUnknown => (live("0", true, written, 10), 10),
            Cause::None => (applied.clone(), 10),
        };
        let stamped = self.clock(1, self.sent() + to_stamp);
        let date = self.dated.then(|| self.clock(1, self.sent() + to_stamp + to_date));
        let object = match self.cause {
            // Equal but for the stamp counts as no change: the server restores the old one.
            Cause::None => found.clone(),
            _ => live("1", true, stamped, version),
        };
        let took = Duration::from_millis((to_stamp + to_date + to_receipt).cast_unsigned());
        let handled_from = earliest(date, Took { monotonic: took, wall: Some(took) });
        let known = Known {
            changed: matches!(self.cause, Cause::Git),
            base: match self.cause {
                Cause::GitUnknown => None,
                Cause::Git => Some(Baseline::of_answer(&found, &desired("0"), MANAGER)),
                Cause::Drift | Cause::None => Some(base(&applied)),
            }
            .filter(|_| self.own),
            live: self.watched.then(|| seen(&found)),
            ..Known::default()
        };
        (Answer { object, handled_from }, known, date)
    }
}

fn stories() -> impl Strategy<Value = Story> {
    let milliseconds = || prop_oneof![0_u64..3, 0_u64..1_100, 0_u64..40_000];
    let skew = || prop_oneof![2 => Just(0_i64), 1 => -2_000_i64..2_000, 1 => -7_000_000_i64..7_000_000];
    let cause = prop_oneof![Just(Cause::Git), Just(Cause::GitUnknown), Just(Cause::Drift), Just(Cause::None)];
    (cause, milliseconds(), prop::array::uniform3(milliseconds()), [skew(), skew()], any::<[bool; 3]>())
        .prop_map(|(cause, age, parts, skews, [watched, own, dated])| Story {
            cause,
            age,
            parts,
            skews,
            watched,
            own,
            dated,
        })
}

fn config() -> Config {
    Config { cases: 20_000, failure_persistence: None, ..Config::default() }
}

/// Plays stories until one of them is judged wrongly by `verdict`.
fn refute(verdict: impl Fn(&Answer, &Known, Option<i64>) -> Verdict) -> Result<(), TestError<Story>> {
    TestRunner::new(config()).run(&stories(), |story| {
        let (answer, known, date) = story.play();
        let verdict = verdict(&answer, &known, date);
        match story.cause {
            Cause::None => prop_assert!(matches!(verdict, Verdict::Unchanged | Verdict::Doubt)),
            _ => prop_assert!(verdict != Verdict::Unchanged, "a change was called unchanged"),
        }
        Ok(())
    })
}

#[test]
fn a_change_is_never_called_unchanged() {
    let ours =
        |answer: &Answer, known: &Known, _: Option<i64>| judge(&desired("1"), answer, known, MANAGER, &[]);
    refute(ours).unwrap();
}

/// The rule that lost updates: an entry older than the second of the `Date` header.
#[test]
fn the_former_rule_is_refuted_by_the_same_stories() {
    let former = |answer: &Answer, _: &Known, date: Option<i64>| {
        let meta = crate::baseline::meta_of(&answer.object);
        let entry =
            crate::baseline::entry_second(meta.managed_fields.as_deref().unwrap_or_default(), MANAGER);
        match (entry, date) {
            (Some(entry), Some(date)) if entry < date => Verdict::Unchanged,
            _ => Verdict::Change,
        }
    };
    assert!(refute(former).is_err());
}

proptest! {
    #![proptest_config(config())]

    /// What keeps requests few: an object that nobody touched, and that this process applied or proved before, costs
    /// its dry-run and nothing else, whatever the clocks say.
    #[test]
    fn what_we_left_ourselves_is_never_in_doubt(story in stories()) {
        let story = Story { cause: Cause::None, own: true, ..story };
        let (answer, known, _) = story.play();
        prop_assert_eq!(judge(&desired("1"), &answer, &known, MANAGER, &[]), Verdict::Unchanged);
    }
}
