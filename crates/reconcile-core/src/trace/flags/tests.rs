//! What the flags and the environment mean.

use std::ffi::OsString;
use std::time::Duration;

use super::{Options, TraceFlags};
use crate::flags::{FlagError, FlagSet};

fn read(arguments: &[&str], environment: &[(&str, &str)]) -> Result<Option<Options>, FlagError> {
    let environment: Vec<(String, String)> =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut flags = FlagSet::with_env("test", move |name| {
        environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    });
    let own = TraceFlags::declare(&mut flags);
    let arguments = std::iter::once("test").chain(arguments.iter().copied()).map(OsString::from);
    flags.parse(arguments)?;
    own.values(&flags)
}

fn on(arguments: &[&str], environment: &[(&str, &str)]) -> Options {
    read(arguments, environment).unwrap().expect("traces are on")
}

fn error(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    read(arguments, environment).unwrap_err().to_string()
}

#[test]
fn off_without_an_endpoint() {
    assert!(read(&[], &[]).unwrap().is_none());
    assert!(
        read(&["--otlp-sampling-ratio=0.5"], &[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]).unwrap().is_none()
    );
    assert_eq!(error(&["--otlp-headers-file=/x"], &[]), "--otlp-headers-file needs --otlp-endpoint");
}

#[test]
fn the_path_of_traces_is_added() {
    let check = |given: &str, whole: &str| {
        assert_eq!(on(&[&format!("--otlp-endpoint={given}")], &[]).endpoint.as_str(), whole);
    };
    check("http://otel:4318", "http://otel:4318/v1/traces");
    check("http://otel:4318/", "http://otel:4318/v1/traces");
    check("https://otel.test/tenant", "https://otel.test/tenant/v1/traces");
    check("https://otel.test/tenant/v1/traces", "https://otel.test/tenant/v1/traces");
}

#[test]
fn an_endpoint_shows_nothing_of_itself() {
    let secret = "https://user:hunter2@otel.test";
    let text = error(&[&format!("--otlp-endpoint={secret}")], &[]);
    assert_eq!(text, "--otlp-endpoint must not hold credentials: put them into --otlp-headers-file");
    for wrong in ["otel:4318", "ftp://otel", "hunter2"] {
        let text = error(&[&format!("--otlp-endpoint={wrong}")], &[]);
        assert_eq!(text, "the value of --otlp-endpoint must be an http or https URL");
    }
}

#[test]
fn the_environment_is_heard() {
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4318"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem"),
    ];
    let options = on(&["--otlp-sampling-ratio=0.25"], &environment);
    assert_eq!(options.endpoint.as_str(), "http://otel:4318/v1/traces");
    assert_eq!(options.timeout, Duration::from_millis(2500));
    assert_eq!(options.certificate.unwrap().to_str(), Some("/ca.pem"));
    assert!((options.ratio - 0.25).abs() < f64::EPSILON);
    let options = on(&["--otlp-endpoint=http://other"], &environment);
    assert_eq!(options.endpoint.as_str(), "http://other/v1/traces", "the flag wins");
}

#[test]
fn what_cannot_be_honoured_is_refused() {
    let endpoint = "--otlp-endpoint=http://otel";
    let text = error(&[endpoint], &[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]);
    assert!(text.contains("OTEL_EXPORTER_OTLP_PROTOCOL"), "{text}");
    let text = error(&[endpoint], &[("OTEL_EXPORTER_OTLP_TIMEOUT", "10s")]);
    assert!(text.contains("milliseconds"), "{text}");
    for ratio in ["1.5", "-0.1", "NaN"] {
        let text = error(&[&format!("--otlp-sampling-ratio={ratio}")], &[]);
        assert!(text.contains("otlp-sampling-ratio"), "{text}");
    }
}
