//! Finding a condition by its type.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::{Condition, HEALTHY, READY, STALLED, get};

fn condition(type_: &str, message: &str) -> Condition {
    Condition {
        type_: type_.to_owned(),
        status: "True".to_owned(),
        reason: "Succeeded".to_owned(),
        message: message.to_owned(),
        observed_generation: None,
        last_transition_time: Time(jiff::Timestamp::UNIX_EPOCH),
    }
}

#[test]
fn the_first_of_its_type_is_taken_and_no_other_type() {
    let all = [condition(STALLED, "s"), condition(READY, "r"), condition(READY, "later")];
    assert_eq!(get(&all, READY).map(|found| found.message.as_str()), Some("r"));
    assert_eq!(get(&all, HEALTHY), None);
    assert_eq!(get(&all, "ready"), None);
}
