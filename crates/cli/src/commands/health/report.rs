//! How objects are, as lines or for programs.

use std::sync::Arc;

use api::convergence::HealthState;
use health::beside::{Beside, Kin};
use health::explain::selects;
use health::kstatus::{Verdict, compute};
use health::prune::pruned;
use health::{Judgement, Rules, State};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::input::Object;
use crate::present::explanation::{health_tone, mark_of};
use crate::present::{Line, Tone, wrapped};

#[cfg(test)]
mod tests;

/// Blanks in front of what is said of an object.
const INDENT: usize = 4;

/// How all objects are. Its form for programs is read by programs: fields are added, never renamed.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    objects: Vec<Judged>,
}

/// One object.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Judged {
    /// `Kind/namespace/name`.
    object: String,
    group: String,
    file: String,
    document: usize,
    state: &'static str,
    confidence: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    weight: api::health_rule::Weight,
    rule: String,
    kstatus: Kstatus,
    #[serde(skip)]
    health: HealthState,
    #[serde(skip)]
    is_fine: bool,
}

/// What Flux's Ready depends on.
#[derive(Debug, Serialize)]
struct Kstatus {
    status: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
}

impl Report {
    /// Judges the objects. What a controller would not keep of one is not looked at.
    pub(super) fn of(objects: &[Object], beside: &dyn Beside, rules: &Rules, now: Timestamp) -> Self {
        Self { objects: objects.iter().map(|object| judged(object, beside, rules, now)).collect() }
    }

    /// Whether nothing has to be done about any of them.
    pub(super) fn is_fine(&self) -> bool {
        self.objects.iter().all(|judged| judged.is_fine)
    }

    /// For people: a block for each, and how many are in which state.
    pub(super) fn lines(&self, width: Option<usize>) -> Vec<Line> {
        let mut lines: Vec<Line> = self.objects.iter().flat_map(|judged| judged.lines(width)).collect();
        let mut counts: Vec<String> = Vec::new();
        for state in STATES {
            match self.objects.iter().filter(|judged| judged.state == state.as_str()).count() {
                0 => {}
                count => counts.push(format!("{count} {}", state.as_str())),
            }
        }
        let total = match self.objects.len() {
            1 => "1 object".to_owned(),
            several => format!("{several} objects"),
        };
        lines.push(Line::plain(format!("{total}: {}", counts.join(", "))));
        lines
    }
}

/// In the order in which they are counted.
const STATES: [State; 7] = [
    State::Healthy,
    State::Suspended,
    State::Progressing,
    State::Terminating,
    State::Degraded,
    State::Missing,
    State::Unknown,
];

fn judged(from: &Object, beside: &dyn Beside, rules: &Rules, now: Timestamp) -> Judged {
    let id = from.object.id();
    let object = pruned(from.object.value().clone(), rules);
    let row = rules.of(&id.group, &id.kind);
    let pods: Vec<Arc<Value>> = if row.pods.exist() {
        let all = beside.list(Kin::Pod, &id.namespace);
        all.into_iter().flatten().filter(|pod| selects(&object, pod.pointer("/metadata/labels"))).collect()
    } else {
        Vec::new()
    };
    let chosen: Vec<&Value> = pods.iter().map(AsRef::as_ref).collect();
    let judgement = rules.judge(&object, &chosen, beside, now);
    let verdict = match compute(&object, rules, now) {
        Ok(verdict) if row.pods.matter() => {
            let pods: Vec<Value> = chosen.iter().map(|pod| (*pod).clone()).collect();
            verdict.escalated_by_pods(&pods, now)
        }
        Ok(verdict) => verdict,
        Err(error) => Verdict::unknown(error.to_string()),
    };
    let Judgement { state, confidence, reason, message, hint, evidence, weight, by, .. } = judgement;
    Judged {
        object: id.to_string(),
        group: id.group,
        file: from.place.file.clone(),
        document: from.place.document,
        state: state.as_str(),
        confidence: confidence.as_str(),
        reason,
        message,
        evidence,
        hint,
        weight,
        rule: by.to_string(),
        kstatus: Kstatus {
            status: verdict.status.as_str(),
            reason: health::wording::word(&verdict.reason),
            message: health::wording::quoted(&verdict.message),
        },
        health: state.into(),
        is_fine: state.is_fine(),
    }
}

impl Judged {
    fn lines(&self, width: Option<usize>) -> Vec<Line> {
        let (tone, mark) = (health_tone(self.health), mark_of(self.health));
        let mut head =
            Line::of(tone, format!("{mark} {}", self.state)).then(Tone::Strong, format!(" {}", self.object));
        if !self.reason.is_empty() {
            head = head.then(Tone::Plain, format!(" ({})", self.reason));
        }
        let mut lines = vec![head];
        let mut add = |name: &str, text: &str| {
            let line = Line::plain(" ".repeat(INDENT)).then(Tone::Faint, name).then(Tone::Plain, text);
            lines.extend(wrapped(line, width, INDENT.saturating_add(name.len())));
        };
        if !self.message.is_empty() {
            add("", &self.message);
        }
        for seen in &self.evidence {
            add("seen: ", seen);
        }
        if let Some(hint) = &self.hint {
            add("next: ", hint);
        }
        let assumed = if self.confidence == "Assumed" { ", assumed" } else { "" };
        add("rule: ", &format!("{}{assumed}; kstatus: {}", self.rule, self.kstatus.status));
        lines
    }
}
