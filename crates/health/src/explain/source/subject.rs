//! A source, and how it is named in a next step.

use serde_json::Value;

use crate::kstatus::text;

/// A source, as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Its kind.
    pub kind: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its spec, or what is known of it.
    pub spec: &'a Value,
}

impl Source<'_> {
    pub(super) fn field(&self, path: &[&str]) -> &str {
        text(self.spec, path).unwrap_or_default()
    }

    /// `GitRepository apps/app`.
    pub(super) fn subject(&self) -> String {
        format!("{} {}/{}", self.kind, self.namespace, self.name)
    }

    /// Where it fetches from, without credentials.
    pub(super) fn address(&self) -> String {
        let url = self.field(&["url"]);
        let url = if url.is_empty() { self.field(&["endpoint"]) } else { url };
        manifest::foreign::without_credentials(url).into_owned()
    }
}
