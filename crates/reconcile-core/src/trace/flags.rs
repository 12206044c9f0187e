//! The flags of traces, and what of OpenTelemetry's environment variables is read. The exporter itself reads
//! `OTEL_EXPORTER_OTLP_HEADERS` and `OTEL_EXPORTER_OTLP_COMPRESSION`, also with `TRACES_` in them.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;

use crate::env;
use crate::flags::{Flag, FlagError, FlagSet};

#[cfg(test)]
mod tests;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Where OTLP over HTTP has its traces.
const PATH: &str = "/v1/traces";

/// Handles of the flags.
#[derive(Clone, Copy, Debug)]
pub struct TraceFlags {
    endpoint: Flag<String>,
    headers_file: Flag<PathBuf>,
    ratio: Flag<f64>,
}

/// What the flags say when traces are on.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where spans are posted to.
    pub(super) endpoint: Url,
    /// Headers of each request, often credentials.
    pub(super) headers_file: Option<PathBuf>,
    /// Authorities beside the system's.
    pub(super) certificate: Option<PathBuf>,
    pub(super) timeout: Duration,
    /// How many of all traces, from 0 to 1.
    pub(super) ratio: f64,
}

impl TraceFlags {
    /// Declares them.
    pub(crate) fn declare(flags: &mut FlagSet) -> Self {
        Self {
            endpoint: flags.declare_env("otlp-endpoint", env::OTEL_ENDPOINT, "", "The address of an OpenTelemetry receiver that traces are sent to with OTLP over HTTP, e.g. 'http://otel-collector.monitoring:4318'. Without it there are no traces."),
            headers_file: flags.declare("otlp-headers-file", "", "Path to a file with headers for the OpenTelemetry receiver, one 'Name: value' a line. It is read for each request."),
            ratio: flags.declare("otlp-sampling-ratio", "1", "How many of all traces are sent, between 0 and 1. Controllers with the same ratio send the same traces."),
        }
    }

    /// Reads them; `None` when traces are off.
    pub(crate) fn values(self, flags: &FlagSet) -> Result<Option<Options>, FlagError> {
        let ratio = flags.get(self.ratio);
        if !(0.0..=1.0).contains(&ratio) {
            return Err(conflict("the value of --otlp-sampling-ratio must be between 0 and 1"));
        }
        let headers_file = Some(flags.get(self.headers_file)).filter(|path| !path.as_os_str().is_empty());
        let given = flags.get(self.endpoint);
        if given.is_empty() {
            if headers_file.is_some() {
                return Err(conflict("--otlp-headers-file needs --otlp-endpoint"));
            }
            return Ok(None);
        }
        if variable(flags, env::OTEL_PROTOCOL).is_some_and(|protocol| protocol != "http/protobuf") {
            return Err(conflict(
                "traces are sent as http/protobuf: OTEL_EXPORTER_OTLP_PROTOCOL asks for something else",
            ));
        }
        let timeout = match variable(flags, env::OTEL_TIMEOUT) {
            None => TIMEOUT,
            Some(text) => text
                .parse()
                .map(Duration::from_millis)
                .map_err(|_| conflict("OTEL_EXPORTER_OTLP_TIMEOUT must be a number of milliseconds"))?,
        };
        Ok(Some(Options {
            endpoint: endpoint(&given)?,
            headers_file,
            certificate: variable(flags, env::OTEL_CERTIFICATE).map(PathBuf::from),
            timeout,
            ratio,
        }))
    }
}

/// The variable of traces, or else of everything that is sent with OTLP.
fn variable(flags: &FlagSet, [traces, all]: [&str; 2]) -> Option<String> {
    flags.env(traces).or_else(|| flags.env(all))
}

/// The whole address: the path of traces is added, as OpenTelemetry has it, unless it is there.
fn endpoint(given: &str) -> Result<Url, FlagError> {
    // What is wrong may hold a password, so that it is not shown.
    let url = Url::parse(given).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(mut url) = url else {
        return Err(conflict("the value of --otlp-endpoint must be an http or https URL"));
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(conflict("--otlp-endpoint must not hold credentials: put them into --otlp-headers-file"));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    if !path.ends_with(PATH) {
        url.set_path(&format!("{path}{PATH}"));
    }
    Ok(url)
}

fn conflict(text: &str) -> FlagError {
    FlagError::Conflict(text.to_owned())
}
