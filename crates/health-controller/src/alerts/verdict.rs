//! What follows from a receiver's answer. Pure.

use std::time::Duration;

use jiff::Timestamp;

use super::settings::Kind;

#[cfg(test)]
mod tests;

/// Longest pause that a receiver may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// `Retry-After`, as sent.
    pub(super) retry_after: Option<String>,
    /// The beginning of the body.
    pub(super) body: Vec<u8>,
}

/// What follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has it.
    Sent,
    /// It does not take it, now or later.
    Refused(String),
    /// Try again, not before this long.
    Again {
        /// Why.
        why: String,
        /// What the receiver asks for.
        after: Option<Duration>,
    },
}

/// What Slack answers when it cannot make anything of a message. Whatever else it refuses somebody can put right.
const SLACK_REFUSES: [&str; 6] =
    ["invalid_arguments", "invalid_blocks", "invalid_json", "invalid_payload", "msg_too_long", "no_text"];

/// Decides; `answer` is why there is none otherwise.
pub(super) fn judge(kind: &Kind, answer: Result<&Reply, String>, now: Timestamp) -> Verdict {
    let reply = match answer {
        Ok(reply) => reply,
        Err(why) => return Verdict::Again { why, after: None },
    };
    let answered = |more: &str| format!("the receiver answered {}{more}", reply.status);
    match reply.status {
        200..=299 => match slack_error(kind, reply) {
            None => Verdict::Sent,
            Some(error) if SLACK_REFUSES.contains(&error.as_str()) => {
                Verdict::Refused(format!("Slack answered {error}"))
            }
            Some(error) => {
                Verdict::Again { why: format!("Slack answered {error}"), after: after(reply, now) }
            }
        },
        // notification-controller has it already.
        429 if matches!(kind, Kind::Events) => Verdict::Sent,
        300..=399 => Verdict::Again { why: answered(", and redirects are not followed"), after: None },
        400 | 413 | 415 | 422 => Verdict::Refused(answered("")),
        _ => Verdict::Again { why: answered(""), after: after(reply, now) },
    }
}

/// Slack's API says in the body how it went.
fn slack_error(kind: &Kind, reply: &Reply) -> Option<String> {
    if !matches!(kind, Kind::SlackBot { .. }) {
        return None;
    }
    let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    if body["ok"] == true {
        return None;
    }
    let error = body["error"].as_str().unwrap_or("something else");
    let is_word = error.len() <= 64 && error.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    Some(if is_word { error } else { "something else" }.to_owned())
}

/// What `Retry-After` says: seconds, or a time.
fn after(reply: &Reply, now: Timestamp) -> Option<Duration> {
    let text = reply.retry_after.as_deref()?.trim();
    let pause = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = Timestamp::try_from(httpdate::parse_http_date(text).ok()?).ok()?;
            Duration::try_from(at.duration_since(now)).unwrap_or_default()
        }
    };
    Some(pause.min(LONGEST_PAUSE))
}
