//! Levels of verification, and what overrides them: what is done about each check. Integrity is always enforced.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::refusal::Refusal;

/// What is done about a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::notation) enum Check {
    /// It has to hold.
    Enforce,
    /// It is told when it does not hold.
    Log,
    /// It is not looked at.
    Skip,
}

impl Check {
    /// Whether it has to hold.
    pub(in crate::notation) const fn is_enforced(self) -> bool {
        matches!(self, Self::Enforce)
    }

    /// Goes on with a check that failed as the policy wants it.
    pub(in crate::notation) fn judge(
        self,
        found: Result<(), Refusal>,
        told: &mut Vec<Refusal>,
    ) -> Result<(), Refusal> {
        match (self, found) {
            (Self::Enforce, found) => found,
            (Self::Log, Err(refusal)) => {
                told.push(refusal);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// When a timestamp has to be there, if there is a trust store for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::notation) enum StampWhen {
    Always,
    AfterExpiry,
}

/// As a statement has it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Verification {
    #[serde(default)]
    level: String,
    #[serde(default, rename = "override")]
    overrides: BTreeMap<String, String>,
    #[serde(default)]
    verify_timestamp: String,
}

/// What is done about all checks.
#[derive(Clone, Debug)]
pub(in crate::notation) struct Levels {
    pub(in crate::notation) is_skipped: bool,
    pub(in crate::notation) authenticity: Check,
    pub(in crate::notation) time: Check,
    pub(in crate::notation) expiry: Check,
    pub(in crate::notation) revocation: Check,
    pub(in crate::notation) stamp: StampWhen,
}

impl Verification {
    pub(super) fn levels(&self) -> Result<Levels, String> {
        let (authenticity, others) = match self.level.as_str() {
            "strict" => (Check::Enforce, Check::Enforce),
            "permissive" => (Check::Enforce, Check::Log),
            "audit" => (Check::Log, Check::Log),
            "skip" => (Check::Skip, Check::Skip),
            "" => {
                return Err("signature verification level is empty or missing in the trust policy statement"
                    .to_owned());
            }
            other => return Err(format!("invalid signature verification level \"{other}\"")),
        };
        let stamp = match self.verify_timestamp.as_str() {
            "" | "always" => StampWhen::Always,
            "afterCertExpiry" => StampWhen::AfterExpiry,
            other => {
                return Err(format!(
                    "verifyTimestamp must be \"always\" or \"afterCertExpiry\", but got \"{other}\""
                ));
            }
        };
        let is_skipped = self.level == "skip";
        if is_skipped && !self.overrides.is_empty() {
            let text =
                "signature verification level \"skip\" can't be used to customize signature verification";
            return Err(text.to_owned());
        }
        let mut levels =
            Levels { is_skipped, authenticity, time: others, expiry: others, revocation: others, stamp };
        for (type_, action) in &self.overrides {
            levels.set(type_, action)?;
        }
        Ok(levels)
    }
}

impl Levels {
    fn set(&mut self, type_: &str, action: &str) -> Result<(), String> {
        let check = match action {
            "enforce" => Check::Enforce,
            "log" => Check::Log,
            "skip" => Check::Skip,
            other => {
                let text = "verification action {} in custom signature verification is not supported";
                return Err(text.replace("{}", &format!("\"{other}\"")));
            }
        };
        let place = match type_ {
            "authenticity" => &mut self.authenticity,
            "authenticTimestamp" => &mut self.time,
            "expiry" => &mut self.expiry,
            "revocation" => &mut self.revocation,
            "integrity" => {
                let text =
                    "\"integrity\" verification can not be overridden in custom signature verification";
                return Err(text.to_owned());
            }
            other => {
                let text = "verification type {} in custom signature verification is not supported";
                return Err(text.replace("{}", &format!("\"{other}\"")));
            }
        };
        if check == Check::Skip && type_ != "revocation" {
            return Err(format!(
                "\"{type_}\" verification can not be skipped in custom signature verification"
            ));
        }
        *place = check;
        Ok(())
    }
}
