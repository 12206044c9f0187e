//! Explanations made again and again until what they ask for beside the objects is known.

use api::explain::Explanation;
use health::Rules;
use health::learned::Learned;
use jiff::Timestamp;
use kube::Client;

use super::part::Part;
use super::replay::Gathered;
use super::surroundings::Surroundings;
use crate::resource::Kinds;

/// How often an explanation is made again with what it has asked for.
const ROUNDS: usize = 4;

/// The cluster that objects are in unless they are elsewhere.
pub(crate) struct Own<'a> {
    /// Asks it.
    pub(crate) client: &'a Client,
    /// What it serves.
    pub(crate) kinds: &'a Kinds,
    /// The rules for all objects.
    pub(crate) rules: &'a Rules,
}

/// Explains, and again with what was asked for. With each goes what could not be looked at beside its objects.
pub(crate) async fn rounds(
    own: &Own<'_>,
    gathered: &[Gathered],
    parts: &[Part],
    learned: Learned,
    now: Timestamp,
) -> Vec<(Explanation, Vec<String>)> {
    // Objects here have the same surroundings; those in another cluster have their own.
    let places: Vec<usize> = parts
        .iter()
        .enumerate()
        .map(|(number, part)| if part.elsewhere.is_some() { number.saturating_add(1) } else { 0 })
        .collect();
    let elsewhere = parts.iter().map(|part| Surroundings::of(part.learned.clone()));
    let mut around: Vec<Surroundings> = std::iter::once(Surroundings::of(learned)).chain(elsewhere).collect();
    let mut explanations = Vec::new();
    for _ in 0..ROUNDS {
        explanations = gathered
            .iter()
            .zip(parts)
            .zip(&places)
            .filter_map(|((gathered, part), place)| {
                Some(gathered.explain(around.get(*place)?, &part.rules, now))
            })
            .collect();
        let mut more = false;
        for (place, surroundings) in around.iter_mut().enumerate() {
            let elsewhere = place.checked_sub(1).and_then(|number| parts.get(number)?.elsewhere.as_ref());
            let (client, kinds) = match elsewhere {
                Some(elsewhere) => (elsewhere.client(), &elsewhere.kinds),
                None => (own.client, own.kinds),
            };
            more |= surroundings.answer(client, kinds, own.rules).await;
        }
        if !more {
            break;
        }
    }
    let notes = places.iter().map(|place| around.get(*place).map_or(&[][..], Surroundings::notes).to_vec());
    explanations.into_iter().zip(notes).collect()
}
