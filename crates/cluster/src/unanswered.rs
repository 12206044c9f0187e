//! Why a server gave no answer, in Go's words: those that Flux's users know and search for. Once for all clients of ours,
//! API servers' and sources' alike. It finds the cause in whatever it is wrapped in; what is made of it is the callers'.

use std::error::Error;
use std::io;

use rustls::pki_types::{ServerName, UnixTime};
use rustls::{CertificateError, Error as TlsError};

#[cfg(test)]
mod tests;

/// The causes of an error, itself included. What an I/O error wraps is not among its sources by itself.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| inner(*error))
}

fn inner<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(held) => Some(held),
        None => error.source(),
    }
}

/// What went wrong in TLS, if that is the cause.
pub fn tls_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e TlsError> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// Why no connection was made, as it stands behind `dial tcp <address>: `.
pub fn dialled(error: &(dyn Error + 'static)) -> Option<&'static str> {
    causes(error).find_map(|cause| cause.downcast_ref().and_then(not_dialled))
}

fn not_dialled(error: &io::Error) -> Option<&'static str> {
    Some(match error.kind() {
        io::ErrorKind::ConnectionRefused => "connect: connection refused",
        io::ErrorKind::HostUnreachable => "connect: no route to host",
        io::ErrorKind::NetworkUnreachable => "connect: network is unreachable",
        // The system gave up, or a limit of ours was over.
        io::ErrorKind::TimedOut if error.raw_os_error().is_some() => "connect: connection timed out",
        io::ErrorKind::TimedOut => "i/o timeout",
        _ => return None,
    })
}

/// Why a server's certificate was refused; `None` for any other error.
pub fn refusal(error: &TlsError) -> Option<String> {
    let TlsError::InvalidCertificate(refused) = error else { return None };
    let outdated = "certificate has expired or is not yet valid";
    let why = match refused {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "certificate signed by unknown authority".to_owned()
        }
        CertificateError::Expired | CertificateError::NotValidYet => outdated.to_owned(),
        CertificateError::ExpiredContext { time, not_after } => {
            format!("{outdated}: current time {} is after {}", rfc3339(*time), rfc3339(*not_after))
        }
        CertificateError::NotValidYetContext { time, not_before } => {
            format!("{outdated}: current time {} is before {}", rfc3339(*time), rfc3339(*not_before))
        }
        CertificateError::NotValidForName => "certificate is not valid for the name of the host".to_owned(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            not_valid_for(expected, presented)
        }
        other => other.to_string(),
    };
    Some(format!("tls: failed to verify certificate: x509: {why}"))
}

/// Of the names of a certificate, as rustls prints them (`DnsName("a.example")`), those of the wanted kind are told.
fn not_valid_for(expected: &ServerName<'_>, presented: &[String]) -> String {
    let host = expected.to_str();
    let is_ip = matches!(expected, ServerName::IpAddress(_));
    let kind = if is_ip { "IpAddress" } else { "DnsName" };
    let fitting = presented.iter().filter(|name| name.starts_with(kind));
    let fitting: Vec<&str> = fitting
        .filter_map(|name| name.split_once('('))
        .map(|(_, name)| name.trim_matches([')', '"']))
        .collect();
    match (fitting.is_empty(), is_ip) {
        (false, _) => format!("certificate is valid for {}, not {host}", fitting.join(", ")),
        (true, true) => {
            format!("cannot validate certificate for {host} because it doesn't contain any IP SANs")
        }
        (true, false) => format!("certificate is not valid for any names, but wanted to match {host}"),
    }
}

fn rfc3339(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}
