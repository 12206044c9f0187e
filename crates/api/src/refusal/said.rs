//! What the API server's words about one object mean: who may not do what, which quota is used up, which field is wrong,
//! which policy or webhook refuses. Read from the text, because that is all that a condition carries.
//!
//! Whoever wrote the text may have taken values out; nothing here depends on them. What to do about it is not said here.
//!
//! ```
//! use api::refusal::Said;
//! let text = r#"deployments.apps "web" is forbidden: User "system:serviceaccount:apps:ci" cannot patch resource "deployments" in API group "apps" in the namespace "apps""#;
//! let Said::NoRight(right) = Said::read(text) else { panic!("another meaning") };
//! assert_eq!((right.account(), right.verb, right.resource), (Some(("apps", "ci")), "patch", "deployments"));
//! ```

use super::fields::{self, FieldProblem};
use super::quota::{self, Budget};

/// What the API server's words mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said<'a> {
    /// Who asks lacks a right.
    NoRight(NoRight<'a>),
    /// Who asks is not known to the API server.
    Unauthorized,
    /// A ResourceQuota is used up.
    QuotaExceeded {
        /// Its name.
        quota: &'a str,
        /// What of.
        budgets: Vec<Budget<'a>>,
    },
    /// A ResourceQuota asks for requests or limits that the object does not give.
    QuotaNeeds {
        /// Its name.
        quota: &'a str,
        /// Which, in the API server's words.
        missing: &'a str,
    },
    /// The namespace does not exist.
    NamespaceMissing(&'a str),
    /// The namespace is being deleted.
    NamespaceTerminating(&'a str),
    /// The API server does not serve the kind.
    KindUnknown {
        /// The kind.
        kind: &'a str,
        /// Group and version, or the group alone.
        version: &'a str,
    },
    /// The kind is defined, and cannot be asked for at present.
    KindUnavailable {
        /// The kind.
        kind: &'a str,
        /// Why.
        why: &'a str,
    },
    /// The schema declares no such fields.
    UnknownFields(Vec<&'a str>),
    /// Values of fields cannot be, or cannot be changed.
    Fields(Vec<FieldProblem<'a>>),
    /// An admission webhook says no.
    WebhookDenied {
        /// Its name.
        webhook: &'a str,
        /// Why.
        why: &'a str,
    },
    /// An admission policy says no.
    PolicyDenied {
        /// Its name.
        policy: &'a str,
        /// Name of its binding.
        binding: &'a str,
        /// Why.
        why: &'a str,
    },
    /// Pod Security says no.
    PodSecurity {
        /// The level that the namespace enforces, as `restricted:latest`.
        level: &'a str,
        /// What is against it.
        why: &'a str,
    },
    /// Another admission plug-in says no.
    Forbidden {
        /// Why.
        why: &'a str,
    },
    /// An admission or conversion webhook does not answer.
    WebhookDown {
        /// Its name.
        webhook: &'a str,
        /// Namespace and name of its Service, when it has one.
        service: Option<(&'a str, &'a str)>,
        /// What happened.
        why: &'a str,
    },
    /// Another field manager owns a field.
    Conflict {
        /// The manager.
        manager: &'a str,
        /// The field, when it is told.
        field: &'a str,
    },
    /// Somebody changed the object at the same time.
    Modified,
    /// The object is too large.
    TooLarge,
    /// None of these.
    Other,
}

/// A right that somebody lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRight<'a> {
    /// The user.
    pub user: &'a str,
    /// The verb.
    pub verb: &'a str,
    /// The resource, perhaps with a subresource; a path for what is no resource.
    pub resource: &'a str,
    /// Its API group; empty for the core group.
    pub group: &'a str,
    /// The namespace; `None` for the whole cluster.
    pub namespace: Option<&'a str>,
}

impl<'a> NoRight<'a> {
    /// Namespace and name of the ServiceAccount, if the user is one.
    #[must_use]
    pub fn account(&self) -> Option<(&'a str, &'a str)> {
        self.user.strip_prefix("system:serviceaccount:")?.split_once(':')
    }

    fn read(text: &'a str) -> Option<Self> {
        let (_, rest) = text.split_once("User \"")?;
        let (user, rest) = rest.split_once("\" cannot ")?;
        let (verb, rest) = rest.split_once(' ')?;
        let (what, rest) = rest.split_once('"')?;
        let (resource, rest) = rest.split_once('"')?;
        let is_path = what.trim_end() == "path";
        let group = if is_path { "" } else { quoted_after(rest, "in API group \"").unwrap_or_default() };
        Some(Self { user, verb, resource, group, namespace: quoted_after(rest, "in the namespace \"") })
    }
}

/// What stands behind `start`, up to the next quotation mark.
fn quoted_after<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    Some(text.split_once(start)?.1.split_once('"')?.0)
}

impl<'a> Said<'a> {
    /// Reads a message. What refuses comes first, because it may quote anything else.
    #[must_use]
    pub fn read(text: &'a str) -> Self {
        by_admission(text)
            .or_else(|| of_the_namespace(text))
            .or_else(|| of_the_kind(text))
            .or_else(|| NoRight::read(text).map(Self::NoRight))
            .or_else(|| of_the_object(text))
            .or_else(|| of_the_rest(text))
            .unwrap_or(Self::Other)
    }
}

fn by_admission(text: &str) -> Option<Said<'_>> {
    if let Some((_, rest)) = text.split_once("failed calling webhook \"") {
        let (webhook, why) = rest.split_once('"')?;
        return Some(Said::WebhookDown { webhook, service: service(why), why: last_cause(why) });
    }
    if let Some((_, rest)) = text.split_once("conversion webhook for ") {
        let (webhook, why) = rest.split_once(" failed")?;
        return Some(Said::WebhookDown { webhook, service: service(why), why: last_cause(why) });
    }
    if let Some((_, rest)) = text.split_once("admission webhook \"")
        && let Some((webhook, rest)) = rest.split_once('"')
        && let Some(why) = rest.trim_start().strip_prefix("denied the request")
    {
        return Some(Said::WebhookDenied { webhook, why: why.trim_start_matches(':').trim() });
    }
    if let Some((_, rest)) = text.split_once("ValidatingAdmissionPolicy '") {
        let (policy, rest) = rest.split_once('\'')?;
        let binding = rest.split_once("with binding '").and_then(|(_, rest)| rest.split_once('\''));
        let (binding, rest) = binding.unwrap_or(("", rest));
        let why = rest.split_once("denied request").map_or(rest, |(_, why)| why);
        return Some(Said::PolicyDenied { policy, binding, why: why.trim_start_matches(':').trim() });
    }
    if let Some((_, rest)) = text.split_once("violates PodSecurity \"") {
        let (level, why) = rest.split_once('"')?;
        return Some(Said::PodSecurity { level, why: why.trim_start_matches(':').trim() });
    }
    if let Some((_, rest)) = text.split_once("exceeded quota: ") {
        let (quota, rest) = rest.split_once(',').unwrap_or((rest, ""));
        return Some(Said::QuotaExceeded { quota: quota.trim(), budgets: quota::budgets(rest) });
    }
    let (_, rest) = text.split_once("failed quota: ")?;
    let (quota, missing) = rest.split_once(':').unwrap_or((rest, ""));
    Some(Said::QuotaNeeds { quota: quota.trim(), missing: missing.trim() })
}

/// Namespace and name of the Service that a webhook is called at: `Post "https://name.namespace.svc:443/path": …`.
fn service(text: &str) -> Option<(&str, &str)> {
    let (_, rest) = text.split_once("://")?;
    let host = rest.split([':', '/', '"', '?']).next()?;
    let (name, rest) = host.split_once('.')?;
    let (namespace, domain) = rest.split_once('.')?;
    (domain == "svc" || domain.starts_with("svc.")).then_some((namespace, name))
}

/// What happened in the end: what stands behind the address that was asked.
fn last_cause(text: &str) -> &str {
    let text = text.trim_start_matches([':', ',']).trim();
    let behind = text.rsplit_once("\": ").map_or(text, |(_, cause)| cause);
    behind.strip_prefix("failed to call webhook: ").unwrap_or(behind).trim()
}

fn of_the_namespace(text: &str) -> Option<Said<'_>> {
    if text.contains("because it is being terminated") {
        let name = text.split_once("in namespace ").map(|(_, rest)| rest);
        let name = name.and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        return Some(Said::NamespaceTerminating(name));
    }
    let (_, rest) = text.split_once("namespaces \"")?;
    let (name, rest) = rest.split_once('"')?;
    rest.trim_start().starts_with("not found").then_some(Said::NamespaceMissing(name))
}

fn of_the_kind(text: &str) -> Option<Said<'_>> {
    if let Some((_, rest)) = text.split_once("no matches for kind \"") {
        let (kind, rest) = rest.split_once('"')?;
        let version = quoted_after(rest, "in version \"").or_else(|| quoted_after(rest, "in group \""));
        return Some(Said::KindUnknown { kind, version: version.unwrap_or_default() });
    }
    if let Some((_, rest)) = text.split_once("the API of kind \"") {
        let (kind, rest) = rest.split_once('"')?;
        let why = rest.split_once("is unavailable: ").map_or(rest, |(_, why)| why);
        return Some(Said::KindUnavailable { kind, why: why.trim() });
    }
    text.contains("could not find the requested resource")
        .then_some(Said::KindUnknown { kind: "", version: "" })
}

fn of_the_object(text: &str) -> Option<Said<'_>> {
    let unknown = fields::unknown(text);
    if !unknown.is_empty() {
        return Some(Said::UnknownFields(unknown));
    }
    if let Some((_, rest)) = text.split_once("conflict with \"") {
        let (manager, rest) = rest.split_once('"')?;
        let field = rest.split_once(": ").map_or("", |(_, field)| field);
        return Some(Said::Conflict { manager, field: field.lines().next().unwrap_or_default().trim() });
    }
    let problems = fields::problems(text);
    (!problems.is_empty()).then_some(Said::Fields(problems))
}

fn of_the_rest(text: &str) -> Option<Said<'_>> {
    let says = |words: &str| text.contains(words);
    if says("the object has been modified") {
        return Some(Said::Modified);
    }
    if says("request is too large")
        || says("Request entity too large")
        || says("trying to send message larger than")
    {
        return Some(Said::TooLarge);
    }
    if says("asked for the client to provide credentials") || says("Unauthorized") {
        return Some(Said::Unauthorized);
    }
    let (_, why) = text.split_once(" is forbidden: ")?;
    Some(Said::Forbidden { why: why.trim() })
}

#[cfg(test)]
mod tests;
