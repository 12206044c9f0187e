//! Reads the live objects of a Kustomization that nobody reports on. What they tell is `audit`'s.

use ::cluster::Mapper;
use api::kustomization::Kustomization;
use api::labels::APPLY_MANAGER;
use apply::inventory::Ids;
use apply::spec::ignore_rules;
use apply::{Applier, IgnoreRules, ObjectError};
use futures::{StreamExt as _, stream};
use manifest::ObjectId;
use serde_json::Value;

use super::audit::Rules;
use super::rows::Audit;
use crate::cluster::Connection;
use crate::look::{Unreached, elsewhere, key_of};

/// Objects that are read at a time.
const AT_A_TIME: usize = 16;

/// Looks at every object of the inventory; not where those are in another cluster that cannot be.
pub(super) async fn look(
    connection: &Connection,
    object: &Kustomization,
    audit: &mut Audit,
) -> Result<(), Unreached> {
    let key = key_of(object);
    let shown = format!("{}/{}", key.0, key.1);
    let client = match elsewhere::reach(connection.client(), &connection.options(), object).await {
        None => connection.client().clone(),
        Some(Ok(elsewhere)) => elsewhere.client().clone(),
        Some(Err(why)) => return Err(why),
    };
    let mapper = Mapper::new(client.clone());
    let applier = Applier::new(client, mapper, APPLY_MANAGER, Vec::new(), AT_A_TIME);
    let inventory = object.status.as_ref().and_then(|status| status.inventory.as_ref());
    let reads = Ids::of(inventory).parsed().into_iter().map(|(id, version)| {
        let applier = &applier;
        async move {
            let live = applier.live(&id, &version).await;
            (id, live)
        }
    });
    let read: Vec<(ObjectId, Result<Option<Value>, ObjectError>)> =
        stream::iter(reads).buffered(AT_A_TIME).collect().await;
    let rules = Rules::new(one_by_one(object));
    let (mut unread, mut found) = (Vec::new(), Vec::new());
    for (id, live) in read {
        match live {
            Ok(Some(live)) => match rules.fields(&key, &id, &live) {
                Ok(rows) => found.extend(rows),
                Err(error) => {
                    audit.notes.push(format!("{shown}: spec.ignore: {error}"));
                    return Ok(());
                }
            },
            Ok(None) => {}
            Err(error) => unread.push(error.text),
        }
    }
    audit.notes.push(format!(
        "{shown} has no DriftReport: what its manifests say is not known, and every ignored field is shown that another \
         field manager has set"
    ));
    if let Some(first) = unread.first() {
        audit.notes.push(format!("{shown}: {} objects could not be read; the first: {first}", unread.len()));
    }
    audit.fields.extend(found);
    Ok(())
}

/// Each rule by itself, so that it can be named.
fn one_by_one(object: &Kustomization) -> Vec<IgnoreRules> {
    let mut spec = object.spec.clone();
    let each = std::mem::take(&mut spec.ignore);
    each.into_iter()
        .map(|rule| {
            spec.ignore = vec![rule];
            ignore_rules(&spec)
        })
        .collect()
}
