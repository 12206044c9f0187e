//! A row for each Kustomization: what was published of it, or what is judged here.

use std::collections::BTreeMap;

use api::convergence::ConvergenceStatus;

use super::row::Row;
use crate::look::{Depth, Fleet, Key, Looker, Member, Reports};
use crate::outcome::Outcome;

/// How the command ends.
pub(super) fn outcome(rows: &[Row]) -> Outcome {
    if rows.iter().all(Row::is_converged) { Outcome::Fine } else { Outcome::Problems }
}

/// The rows, in the order of namespaces and names, and what could not be looked at.
pub(super) async fn rows(looker: &Looker, mut fleet: Fleet, reports: &Reports) -> (Vec<Row>, Vec<String>) {
    let open = untold(&fleet, reports);
    let mut notes = fleet.notes.clone();
    let mut rows: BTreeMap<Key, Row> =
        fleet.members().filter_map(|member| Some((member.key(), told(member, reports)?))).collect();
    if !open.is_empty() {
        fleet.follow(looker.client(), looker.kinds(), &open).await;
        let looked = looker.explain(&fleet, &open, reports, Depth::Quick).await;
        rows.extend(
            open.into_iter().zip(looked.iter().map(|looked| Row::of(&looked.object, &looked.explanation))),
        );
        notes.extend(looked.into_iter().flat_map(|looked| looked.notes));
    }
    notes.sort();
    notes.dedup();
    (rows.into_values().collect(), notes)
}

/// Those of which nothing was published that is about them as they are.
pub(super) fn untold(fleet: &Fleet, reports: &Reports) -> Vec<Key> {
    fleet.members().filter(|member| told(member, reports).is_none()).map(Member::key).collect()
}

/// What was published of a Kustomization as it is.
fn told(member: &Member, reports: &Reports) -> Option<Row> {
    let published: &ConvergenceStatus = reports.convergences.get(&member.key())?;
    Row::published(&member.object, published)
}
