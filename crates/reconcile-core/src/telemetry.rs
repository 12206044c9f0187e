//! Logs: one JSON object per line on stderr with Flux's field names (contracts/source-controller.md 16), or a
//! readable line per event with `--log-encoding=console`.
//!
//! Levels are Flux's: trace, debug, info, error. A warning of tracing is written as `info`, since Flux has no such
//! level and `error` would page people; it disappears with `--log-level=error`. Fields of the surrounding spans come
//! with every line, so a controller opens [`object_span`] once per run. A field named `json.<name>` holds JSON text
//! and is written as a value.

use std::fmt::Write as _;
use std::io::Write as _;

use serde_json::{Map, Value};
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use crate::key::ObjectKey;

#[cfg(test)]
mod tests;

/// `--log-level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Everything, the libraries' own lines included.
    Trace,
    /// Details of runs.
    Debug,
    /// What happened.
    Info,
    /// What failed.
    Error,
}

impl Level {
    /// `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "trace" => Some(Self::Trace),
            "debug" => Some(Self::Debug),
            "info" => Some(Self::Info),
            "error" => Some(Self::Error),
            _ => None,
        }
    }

    const fn filter(self) -> LevelFilter {
        match self {
            Self::Trace => LevelFilter::TRACE,
            Self::Debug => LevelFilter::DEBUG,
            Self::Info => LevelFilter::INFO,
            Self::Error => LevelFilter::ERROR,
        }
    }
}

/// `--log-encoding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// One JSON object per line.
    Json,
    /// For people at a terminal.
    Console,
}

impl Encoding {
    /// `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "json" => Some(Self::Json),
            "console" => Some(Self::Console),
            _ => None,
        }
    }
}

/// Libraries that say per request what we say per failure.
const CHATTY: [&str; 8] =
    ["kube_client", "kube_runtime", "hyper", "hyper_util", "tower", "rustls", "reqwest", "h2"];

/// Sets logging up for the whole process, panics included. Later calls do nothing.
pub fn init(level: Level, encoding: Encoding) {
    let lines = Lines { encoding, clock: jiff::Timestamp::now, write: to_stderr };
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(targets(level)));
    if tracing::subscriber::set_global_default(subscriber).is_err() {
        return;
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let text = crate::panic::text(panic.payload());
        tracing::error!(error = %text, place = %place, "panic");
    }));
}

/// Which lines are written at a level.
fn targets(level: Level) -> Targets {
    let quiet = if level == Level::Trace { LevelFilter::DEBUG } else { LevelFilter::OFF };
    let all = Targets::new().with_default(level.filter());
    CHATTY.into_iter().fold(all, |targets, library| targets.with_target(library, quiet))
}

fn to_stderr(line: &str) {
    // Nobody is left to complain to when stderr is gone.
    drop(std::io::stderr().lock().write_all(line.as_bytes()));
}

/// The kind that a controller works on, as log fields want it.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Lower-case kind.
    pub controller: &'static str,
    /// API group.
    pub group: &'static str,
    /// CamelCase kind.
    pub kind: &'static str,
}

/// A span for one run of an object; every line within carries Flux's fields and a fresh `reconcileID`, and a `traceID`
/// once it is known to which trace the run belongs.
pub fn object_span(kind: Kind, key: &ObjectKey) -> tracing::Span {
    tracing::error_span!(
        "reconcile",
        controller = kind.controller,
        controllerGroup = kind.group,
        controllerKind = kind.kind,
        name = %key.name,
        namespace = %key.namespace,
        reconcileID = %uuid::Uuid::new_v4(),
        traceID = tracing::field::Empty,
    )
}

struct Lines<W> {
    encoding: Encoding,
    clock: fn() -> jiff::Timestamp,
    write: W,
}

/// Fields of a span, kept with it.
struct Fields(Map<String, Value>);

struct Collect<'a>(&'a mut Map<String, Value>);

impl Collect<'_> {
    fn put(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }

    fn put_text(&mut self, field: &Field, text: String) {
        match field.name().strip_prefix("json.") {
            Some(name) => {
                let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
                self.0.insert(name.to_owned(), value);
            }
            None => self.put(field, Value::String(text)),
        }
    }
}

impl Visit for Collect<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put_text(field, value.to_owned());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.put_text(field, value.to_string());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.put_text(field, format!("{value:?}"));
    }
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&str) + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Map::new();
        attributes.record(&mut Collect(&mut fields));
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Fields(fields));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(Fields(fields)) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(&mut Collect(fields));
        }
    }

    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        let mut fields = Map::new();
        for span in context.event_scope(event).into_iter().flatten().collect::<Vec<_>>().iter().rev() {
            if let Some(Fields(outer)) = span.extensions().get::<Fields>() {
                fields.extend(outer.iter().map(|(name, value)| (name.clone(), value.clone())));
            }
        }
        event.record(&mut Collect(&mut fields));
        let metadata = event.metadata();
        let level = level_name(*metadata.level());
        (self.write)(&line(self.encoding, level, metadata.target(), (self.clock)(), fields));
    }
}

const fn level_name(level: tracing::Level) -> &'static str {
    match level {
        tracing::Level::TRACE => "trace",
        tracing::Level::DEBUG => "debug",
        tracing::Level::INFO | tracing::Level::WARN => "info",
        tracing::Level::ERROR => "error",
    }
}

/// One line with its newline. `fields` holds `message` among the others.
fn line(
    encoding: Encoding,
    level: &str,
    target: &str,
    at: jiff::Timestamp,
    mut fields: Map<String, Value>,
) -> String {
    let message = match fields.remove("message") {
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
        None => String::new(),
    };
    if let (Some(Value::String(kind)), Some(name), Some(namespace)) =
        (fields.get("controllerKind"), fields.get("name"), fields.get("namespace"))
    {
        let object = serde_json::json!({ "name": name, "namespace": namespace });
        fields.insert(kind.clone(), object);
    }
    let at = format!("{at:.3}");
    let logger = target.replace("::", ".");
    if encoding == Encoding::Console {
        let rest = if fields.is_empty() { String::new() } else { format!("\t{}", Value::Object(fields)) };
        return format!("{at}\t{}\t{logger}\t{message}{rest}\n", level.to_ascii_uppercase());
    }
    let head = [("level", level.to_owned()), ("ts", at), ("logger", logger), ("msg", message)];
    // Writing to a String cannot fail.
    let mut line = String::from("{");
    for (name, text) in head {
        fields.remove(name);
        let _ = write!(line, "\"{name}\":{},", Value::String(text));
    }
    for (name, value) in fields {
        let _ = write!(line, "{}:{value},", Value::String(name));
    }
    line.pop();
    line.push_str("}\n");
    line
}
