//! What is written is read back.

use proptest::prelude::*;

use super::{Awaited, Cause, Unhealthy, failed_after, list, parse_list, steady};

fn awaited(object: &str, status: &str, error: Option<&str>) -> Awaited {
    Awaited { object: object.to_owned(), status: status.to_owned(), error: error.map(str::to_owned) }
}

#[track_caller]
fn check(cause: Cause, objects: &[Awaited], text: &str) {
    let unhealthy = Unhealthy { cause, objects: objects.to_vec() };
    assert_eq!(unhealthy.to_string(), text);
    assert_eq!(Unhealthy::parse(text), Some(unhealthy));
}

#[test]
fn both_causes_are_written_as_flux_does() {
    let one = [awaited("Job/a/x", "InProgress", None)];
    check(Cause::TimedOut, &one, "timeout waiting for: [Job/a/x status: 'InProgress']");
    let two =
        [awaited("Deployment/a/web", "Failed", None), awaited("Job/a/x", "Unknown", Some("it's, odd: [1]"))];
    check(
        Cause::Stalled,
        &two,
        "failed early due to stalled resources: [Deployment/a/web status: 'Failed', Job/a/x status: 'Unknown': it's, odd: [1]]",
    );
    check(Cause::TimedOut, &[], "timeout waiting for: []");
}

#[test]
fn what_stands_before_is_passed_over() {
    let found =
        Unhealthy::parse("health check failed after 3s: timeout waiting for: [Job/a/x status: 'NotFound']\n");
    let expected = Unhealthy { cause: Cause::TimedOut, objects: vec![awaited("Job/a/x", "NotFound", None)] };
    assert_eq!(found, Some(expected));
    assert_eq!(Unhealthy::parse("no list"), None);
    let cut = Unhealthy::parse("timeout waiting for: [Job/a/x status: 'NotFound', Job/a/y stat");
    assert_eq!(cut.map(|cut| cut.objects), Some(vec![awaited("Job/a/x", "NotFound", None)]));
}

#[test]
fn messages_without_what_differs_from_run_to_run() {
    for (message, expected) in [
        (
            "health check failed after 30.0023s: timeout waiting for: [A/b status: 'InProgress']",
            "health check failed: timeout waiting for: [A/b status: 'InProgress']",
        ),
        (
            "health check failed after 1s: x: [B/b status: 'Failed', A/a status: 'InProgress']",
            "health check failed: x: [A/a status: 'InProgress', B/b status: 'Failed']",
        ),
        (
            "timeout waiting for: [B/b status: 'Unknown': odd, A/a status: 'InProgress']",
            "timeout waiting for: [A/a status: 'InProgress', B/b status: 'Unknown': odd]",
        ),
        ("Applied revision: main@sha1:0", "Applied revision: main@sha1:0"),
        ("Pod/a/b apply failed: x\n", "Pod/a/b apply failed: x"),
        ("Pod/a/b apply failed: x[0] of [y]", "Pod/a/b apply failed: x[0] of [y]"),
    ] {
        assert_eq!(steady(message), expected);
    }
}

#[test]
fn how_long_it_took_is_said_and_left_out() {
    let text = "timeout waiting for: [A/b status: 'InProgress']";
    let message = failed_after("30.1s", text);
    assert_eq!(message, "health check failed after 30.1s: timeout waiting for: [A/b status: 'InProgress']");
    assert_eq!(steady(&message), steady(&failed_after("1m2s", text)));
    assert_eq!(Unhealthy::parse(&message), Unhealthy::parse(text));
}

fn objects() -> impl Strategy<Value = Vec<Awaited>> {
    let status = prop_oneof!["InProgress", "Failed", "NotFound", "Terminating", "Unknown"];
    let error = proptest::option::of("[a-z:\\[\\]' ]{0,12}[a-z]");
    let object = ("[A-Z][a-z]{0,6}(/[a-z]{1,4}){1,2}", status, error)
        .prop_map(|(object, status, error)| Awaited { object, status, error });
    proptest::collection::vec(object, 0..5)
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(mut objects in objects(), late in any::<bool>()) {
        objects.sort_by_key(Awaited::to_string);
        let cause = if late { Cause::TimedOut } else { Cause::Stalled };
        let unhealthy = Unhealthy { cause, objects };
        prop_assert_eq!(Unhealthy::parse(&unhealthy.to_string()), Some(unhealthy));
    }

    #[test]
    fn order_says_nothing(objects in objects()) {
        let mut reversed = objects.clone();
        reversed.reverse();
        prop_assert_eq!(list(&objects), list(&reversed));
        prop_assert_eq!(list(&parse_list(&list(&objects))), list(&objects));
        let text = format!("timeout waiting for: [{}]", list(&objects));
        prop_assert_eq!(steady(&text), text);
    }
}
