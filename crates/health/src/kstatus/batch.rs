//! Jobs by Flux's rules, which replace kstatus's: a Job is Current when it has completed, not when it has started
//! (contracts/health-and-policy.md A.2).

use serde_json::Value;

use super::Verdict;
use super::fields::{conditions, flag, int, text};
use crate::Error;

pub(crate) fn job(object: &Value) -> Result<Verdict, Error> {
    if flag(object, &["spec", "suspend"]) == Some(true) {
        return Ok(Verdict::current("Job is suspended"));
    }
    let parallelism = int(object, &["spec", "parallelism"]).unwrap_or(1);
    let completions = int(object, &["spec", "completions"]).unwrap_or(parallelism);
    let number = |field| int(object, &["status", field]).unwrap_or(0);
    for condition in conditions(object)? {
        match (condition.type_, condition.status) {
            ("Complete", "True") => {
                let message = format!("Job Completed. succeeded: {}/{completions}", number("succeeded"));
                return Ok(Verdict::current(message));
            }
            ("Failed", "True") => {
                let message = format!("Job Failed. failed: {}/{completions}", number("failed"));
                return Ok(Verdict::failed("JobFailed", message));
            }
            _ => {}
        }
    }
    if text(object, &["status", "startTime"]).unwrap_or_default().is_empty() {
        return Ok(Verdict::in_progress("JobNotStarted", "Job not started"));
    }
    Ok(Verdict::in_progress("JobInProgress", "Job in progress"))
}
