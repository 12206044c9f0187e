//! `HealthRule`: how objects of a kind are judged, as CEL. The library that is built in has the same form; a HealthRule
//! goes before it. What an expression may use is the crate `expr`'s, what follows from it the crate `health`'s.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Condition, condition};

/// Rules of one HealthRule at most.
pub const MAX_STATES: usize = 32;

/// How objects of some kinds are judged. The first state whose `when` is true holds; if none is, `otherwise` does.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "flyball.dev",
    version = "v1alpha1",
    kind = "HealthRule",
    status = "HealthRuleStatus",
    derive = "PartialEq",
    doc = "HealthRule says how objects of a kind are judged: whether they are well, and if not, why.",
    shortname = "hrule",
    category = "flyball",
    printcolumn = r#"{"name":"Group","type":"string","jsonPath":".spec.group"}"#,
    printcolumn = r#"{"name":"Kinds","type":"string","jsonPath":".spec.kinds"}"#,
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"Objects","type":"integer","jsonPath":".status.objects"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase")]
pub struct HealthRuleSpec {
    /// API group; the core group is empty. `*.` at the beginning stands for any number of labels.
    #[schemars(length(max = 253))]
    pub group: String,
    /// Kinds of the group; `*` is all of them.
    #[schemars(length(min = 1, max = 32))]
    pub kinds: Vec<String>,
    /// A status that was written for an older generation tells nothing, so that the object is Progressing until its
    /// controller has seen the latest change. Where `status.observedGeneration` is absent this changes nothing.
    #[serde(default = "yes")]
    pub observed_generation: bool,
    /// An object without status is Progressing for two minutes and Unknown after that, because its controller always writes
    /// one.
    #[serde(default)]
    pub needs_status: bool,
    /// What the object's health counts for.
    #[serde(default)]
    #[schemars(schema_with = "weight_schema")]
    pub weight: Weight,
    /// States, the first that holds first.
    #[schemars(length(max = 32))]
    pub states: Vec<StateRule>,
    /// The state of an object that none of the above is true of.
    #[serde(default)]
    #[schemars(schema_with = "otherwise_schema")]
    pub otherwise: RuleState,
}

/// When an object is in a state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StateRule {
    /// The state.
    #[schemars(schema_with = "state_schema")]
    pub state: RuleState,
    /// CEL over the object's fields (`metadata`, `spec`, `status`, ...) that gives a boolean. One that fails is false. Where
    /// the object has no metadata, spec or status it is empty; data of Secrets and ConfigMaps is never seen.
    #[schemars(length(min = 1, max = 4096))]
    pub when: String,
    /// Why, as one word; by default that of the condition that `condition` names, else the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub reason: Option<String>,
    /// The type of a condition whose reason and message tell why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 316))]
    pub condition: Option<String>,
    /// CEL that gives a text: why, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub message: Option<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub hint: Option<String>,
}

/// A state that a rule can give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RuleState {
    /// It is well.
    Healthy,
    /// It is on its way.
    #[default]
    Progressing,
    /// Somebody wants it to rest.
    Suspended,
    /// It has failed.
    Degraded,
    /// It cannot be told.
    Unknown,
}

/// What an object's health counts for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Weight {
    /// The whole is no better than it.
    #[default]
    Gate,
    /// It is told, and the whole does not depend on it.
    Warn,
    /// It is shown with the object only.
    Info,
}

/// Whether the rule can be used, and where it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct HealthRuleStatus {
    /// The generation that the status is about.
    pub observed_generation: i64,
    /// How many watched objects it judges.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects: Option<i64>,
    /// `Ready`: whether its expressions can be used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "condition::list_schema")]
    pub conditions: Vec<Condition>,
}

const fn yes() -> bool {
    true
}

fn state_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "string",
        "enum": ["Healthy", "Progressing", "Suspended", "Degraded", "Unknown"],
    })
}

fn otherwise_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "string",
        "enum": ["Healthy", "Progressing", "Suspended", "Degraded", "Unknown"],
        "default": "Progressing",
    })
}

fn weight_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": "string", "enum": ["Gate", "Warn", "Info"], "default": "Gate"})
}
