//! What was found of one object that drifted, in the form of a report: values are cut, paths are few.

use api::drift_report::{FieldDrift, MAX_PATHS};
use apply::Drift;
use apply::difference::Difference;
use apply::execute::Planned;
use apply::judge::Verdict;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// Characters of a value.
const LONGEST: usize = 128;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The object was gone.
    pub(crate) deleted: bool,
    /// In what it differed; `None` where that is not known.
    pub(crate) fields: Option<Fields>,
}

/// Fields that differed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    pub(crate) paths: Vec<FieldDrift>,
    pub(crate) omitted: usize,
}

impl Finding {
    /// Of an object that is to be made again.
    pub(crate) const fn of_deleted() -> Self {
        Self { deleted: true, fields: None }
    }

    /// Of a dry-run's answer; `None` where nothing is to be put back.
    pub(crate) fn of_planned(planned: &Planned) -> Option<Self> {
        let drift = planned.drift.as_ref().filter(|_| planned.is_write())?;
        Some(if planned.verdict == Verdict::Create { Self::of_deleted() } else { Self::of(drift) })
    }

    /// Of one that is there.
    pub(crate) fn of(drift: &Drift) -> Self {
        let fields = match drift {
            Drift::Unread => None,
            Drift::In(found) => Some(Fields::of(found)),
        };
        Self { deleted: false, fields }
    }

    /// Whether nothing differs but who owns what.
    pub(crate) fn is_nothing(&self) -> bool {
        !self.deleted && self.fields.as_ref().is_some_and(|fields| fields.paths.is_empty())
    }

    /// The fields that are named.
    pub(crate) fn paths(&self) -> &[FieldDrift] {
        self.fields.as_ref().map_or(&[], |fields| &fields.paths)
    }
}

impl Fields {
    fn of(found: &[Difference]) -> Self {
        let paths: Vec<FieldDrift> = found.iter().take(MAX_PATHS).map(field).collect();
        Self { omitted: found.len() - paths.len(), paths }
    }
}

fn field(found: &Difference) -> FieldDrift {
    let (desired, live) = found.excerpts(LONGEST);
    FieldDrift {
        path: found.pointer.clone(),
        desired,
        live,
        manager: found.manager.clone(),
        changed_at: found.time.map(Time),
    }
}

#[cfg(test)]
mod tests;
