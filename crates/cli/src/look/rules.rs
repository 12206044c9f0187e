//! By what objects are judged: the library that is built in, the HealthRules of the cluster, and what a Kustomization says
//! of its own objects.

use std::sync::Arc;

use api::health_rule::HealthRuleSpec;
use api::kustomization::Kustomization;
use api::{FLYBALL_GROUP, FLYBALL_VERSION};
use convergence::own_rules;
use health::{CompiledRule, DecidedBy, Rules};
use kube::Client;
use kube::api::ListParams;
use kube::core::DynamicObject;

use super::answer::Answer;
use super::fleet::key_of;
use super::pages;
use crate::resource::{Kinds, Lookup};

#[cfg(test)]
mod tests;

/// The rules of a cluster.
#[derive(Debug)]
pub(crate) struct RuleBook {
    for_all: Vec<Arc<CompiledRule>>,
    base: Arc<Rules>,
}

impl RuleBook {
    /// Reads the HealthRules. Where there is no such kind, or it may not be read, there are none.
    pub(crate) async fn read(client: &Client, kinds: &Kinds) -> Self {
        let Lookup::Served(served) = kinds.of(FLYBALL_GROUP, FLYBALL_VERSION, "HealthRule") else {
            return Self::of(Vec::new());
        };
        let list = pages::list(&served.api_in_all(client), &ListParams::default()).await;
        Self::of(Answer::of_list(list).found().map_or_else(Vec::new, |list| list.items))
    }

    /// Of HealthRules; one that cannot be used judges nothing, and its status says so.
    fn of(objects: Vec<DynamicObject>) -> Self {
        let for_all: Vec<Arc<CompiledRule>> =
            objects.into_iter().filter_map(compiled).map(Arc::new).collect();
        let base = Arc::new(Rules::assembled(&for_all, &[]));
        Self { for_all, base }
    }

    /// The rules for all objects.
    pub(crate) const fn base(&self) -> &Arc<Rules> {
        &self.base
    }

    /// The rules for the objects of a Kustomization.
    pub(crate) fn of_kustomization(&self, object: &Kustomization) -> Arc<Rules> {
        if object.spec.health_check_exprs.is_empty() {
            return Arc::clone(&self.base);
        }
        let (namespace, name) = key_of(object);
        let own = own_rules(&format!("{namespace}/{name}"), &object.spec.health_check_exprs);
        Arc::new(Rules::assembled(&self.for_all, &own))
    }
}

fn compiled(object: DynamicObject) -> Option<CompiledRule> {
    let DynamicObject { metadata, mut data, .. } = object;
    let spec: HealthRuleSpec = serde_json::from_value(data.get_mut("spec")?.take()).ok()?;
    CompiledRule::compile(DecidedBy::HealthRule(metadata.name?.into()), &spec).ok()
}
