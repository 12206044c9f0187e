//! What is sent to a receiver, byte by byte. Pure. Texts of others stand where nothing reads markup into them.

use aws_lc_rs::hmac;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};
use reconcile_core::events;
use reqwest::Url;
use serde_json::{Value, json};

use super::alert::Alert;
use super::commit::{self, Commit};
use super::message::Message;
use super::observation::Severity;
use super::settings::{Kind, Secret, Settings, repository_path};

#[cfg(test)]
pub(crate) mod tests;

/// Longest description of a commit's status, in characters.
const DESCRIPTION: usize = 140;
/// Longest text for people, in characters.
const TEXT: usize = 3000;

/// A request.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outgoing {
    pub(super) url: Url,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: String,
}

/// Who reports.
#[derive(Clone, Debug)]
pub(super) struct Reporter {
    pub(super) controller: String,
    pub(super) instance: String,
}

/// Whether a receiver is told that.
pub(super) fn concerns(settings: &Settings, message: &Message) -> bool {
    let Settings { kind, select, .. } = settings;
    let selects = |namespace: &String| select.namespaces.is_empty() || select.namespaces.contains(namespace);
    match message {
        Message::Alert(alert) => {
            !kind.follows_commits()
                && (select.severities.is_empty() || select.severities.contains(&alert.severity))
                && alert.namespaces.iter().any(selects)
        }
        Message::Commit(commit) => {
            let severity = if commit.is_well { Severity::Info } else { Severity::Error };
            kind.follows_commits()
                && commit::sha(&commit.revision).is_some()
                && (select.severities.is_empty() || select.severities.contains(&severity))
                && selects(&commit.key.namespace)
        }
    }
}

/// The request that tells it; `None` where it is nothing for this receiver.
pub(super) fn build(settings: &Settings, message: &Message, reporter: &Reporter) -> Option<Outgoing> {
    let url = settings.url.clone();
    let json = |body: Value, headers| Outgoing { url: url.clone(), headers, body: body.to_string() };
    let mut outgoing = match (&settings.kind, message) {
        (Kind::Events, Message::Alert(alert)) => {
            json(event(alert, api::KUSTOMIZE_GROUP, reporter)?, Vec::new())
        }
        (Kind::Generic { key, headers }, Message::Alert(alert)) => {
            let mut outgoing = json(event(alert, "", reporter)?, headers.clone());
            let signature = format!("sha256={}", signature(key, &outgoing.body));
            outgoing
                .headers
                .push((HeaderName::from_static("x-signature"), HeaderValue::from_str(&signature).ok()?));
            outgoing
        }
        (Kind::SlackWebhook, Message::Alert(alert)) => json(slack(alert, None), Vec::new()),
        (Kind::SlackBot { token, channel }, Message::Alert(alert)) => {
            json(slack(alert, Some(channel.as_str())), vec![(AUTHORIZATION, bearer(token)?)])
        }
        (Kind::Teams, Message::Alert(alert)) => json(teams(alert), Vec::new()),
        (Kind::GitHub { token }, Message::Commit(commit)) => github(&settings.url, token, commit)?,
        (Kind::GitLab { token }, Message::Commit(commit)) => gitlab(&settings.url, token, commit)?,
        _ => return None,
    };
    outgoing.headers.push((CONTENT_TYPE, HeaderValue::from_static("application/json")));
    Some(outgoing)
}

fn event(alert: &Alert, group: &str, reporter: &Reporter) -> Option<Value> {
    events::body(&alert.event(group), alert.at, &reporter.controller, &reporter.instance)
}

/// As GitHub and notification-controller sign: the code of the body, in hex.
fn signature(key: &Secret, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes());
    manifest::digest::hex(hmac::sign(&key, body.as_bytes()).as_ref())
}

fn bearer(token: &Secret) -> Option<HeaderValue> {
    secret(&format!("Bearer {}", token.expose()))
}

fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn title(alert: &Alert) -> String {
    format!("kustomization/{}", alert.key)
}

fn shown(text: &str) -> String {
    health::wording::cut(text, TEXT)
}

/// The characters that Slack reads markup by, as it wants them written.
fn escaped(text: &str) -> String {
    shown(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn slack(alert: &Alert, channel: Option<&str>) -> Value {
    let mut fields = vec![json!({"title": "reason", "value": escaped(&alert.reason), "short": true})];
    if let Some(revision) = &alert.revision {
        fields.push(json!({"title": "revision", "value": escaped(revision), "short": true}));
    }
    let color = match alert.severity {
        Severity::Info => "good",
        Severity::Error => "danger",
    };
    let mut body = json!({
        "text": escaped(&title(alert)),
        "mrkdwn": false,
        "unfurl_links": false,
        "attachments": [{
            "color": color,
            "fallback": escaped(&alert.summary),
            "text": escaped(&alert.message()),
            "fields": fields,
            "mrkdwn_in": [],
        }],
    });
    if let Some(channel) = channel {
        body["channel"] = Value::from(channel);
    }
    body
}

/// An adaptive card of text runs, in which Teams reads no markup.
fn teams(alert: &Alert) -> Value {
    let run = |text: &str, more: Value| {
        let mut run = json!({"type": "TextRun", "text": shown(text)});
        for (field, value) in more.as_object().into_iter().flatten() {
            run[field] = value.clone();
        }
        json!({"type": "RichTextBlock", "inlines": [run]})
    };
    let color = match alert.severity {
        Severity::Info => "Good",
        Severity::Error => "Attention",
    };
    let mut body = vec![
        run(&title(alert), json!({"weight": "Bolder", "size": "Large"})),
        run(&alert.reason, json!({"weight": "Bolder", "color": color})),
    ];
    body.extend(alert.message().lines().map(|line| run(line, json!({}))));
    if let Some(revision) = &alert.revision {
        body.push(run(revision, json!({"isSubtle": true, "fontType": "Monospace"})));
    }
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": body,
            },
        }],
    })
}

/// What a commit's status is told apart by.
fn context(commit: &Commit) -> String {
    format!("flyball/{}", commit.key)
}

fn description(commit: &Commit) -> String {
    health::wording::cut(&commit.description, DESCRIPTION)
}

/// `https://github.com/owner/name`, or the same at a GitHub of one's own.
fn github(url: &Url, token: &Secret, commit: &Commit) -> Option<Outgoing> {
    let sha = commit::sha(&commit.revision)?;
    let repository = repository_path(url);
    let mut address = url.clone();
    if url.host_str() == Some("github.com") {
        address.set_host(Some("api.github.com")).ok()?;
        address.set_path(&format!("/repos/{repository}/statuses/{sha}"));
    } else {
        address.set_path(&format!("/api/v3/repos/{repository}/statuses/{sha}"));
    }
    let state = if commit.is_well { "success" } else { "failure" };
    let body = json!({"state": state, "context": context(commit), "description": description(commit)});
    let headers = vec![
        (AUTHORIZATION, bearer(token)?),
        (ACCEPT, HeaderValue::from_static("application/vnd.github+json")),
        (HeaderName::from_static("x-github-api-version"), HeaderValue::from_static("2022-11-28")),
    ];
    Some(Outgoing { url: address, headers, body: body.to_string() })
}

/// `https://gitlab.com/group/name`, with any number of groups, or the same at a GitLab of one's own.
fn gitlab(url: &Url, token: &Secret, commit: &Commit) -> Option<Outgoing> {
    let sha = commit::sha(&commit.revision)?;
    let project = repository_path(url).replace('/', "%2F");
    let mut address = url.clone();
    address.set_path(&format!("/api/v4/projects/{project}/statuses/{sha}"));
    let state = if commit.is_well { "success" } else { "failed" };
    let body = json!({"state": state, "name": context(commit), "description": description(commit)});
    let headers = vec![(HeaderName::from_static("private-token"), secret(token.expose())?)];
    Some(Outgoing { url: address, headers, body: body.to_string() })
}
