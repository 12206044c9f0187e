//! Sources that cannot be reached, or whose credentials are missing or refused, whatever their kind.

use api::network::{self, Certificate, Network};

use super::subject::Source;

/// A Secret that is named and missing, or lacks an entry.
pub(super) fn secret(source: &Source<'_>, message: &str) -> Option<String> {
    let subject = source.subject();
    if let Some(name) = missing_secret(message) {
        let (namespace, name) = name.split_once('/').unwrap_or((source.namespace, name));
        let field = field_of(source, name);
        return Some(format!(
            "create Secret {namespace}/{name} with {}, or correct {field} of {subject}",
            entries(source, field)
        ));
    }
    if let Some(account) = quoted(message, "serviceaccount '", '\'')
        && message.contains("not found")
    {
        return Some(format!(
            "create ServiceAccount {account}, or correct spec.serviceAccountName of {subject}"
        ));
    }
    let lacks = quoted(message, "auth option: '", '\'')
        .or_else(|| quoted(message, "but missing '", '\''))
        .or_else(|| quoted(message, ": key '", '\''));
    let secret = source.field(&["secretRef", "name"]);
    if let Some(entry) = lacks.filter(|_| !secret.is_empty()) {
        let named = quoted(message, "secret '", '\'').unwrap_or(secret);
        let named = named.rsplit('/').next().unwrap_or(named);
        let needs = if message.contains("requires 'username'") { "username" } else { entry };
        return Some(format!("add the entry {needs} to Secret {}/{named}", source.namespace));
    }
    let data = message.contains("secret data: required fields");
    let named = quoted(message, "invalid '", '\'').filter(|_| data)?;
    let fields = message.split_once("required fields ").map_or("", |(_, fields)| fields);
    Some(format!("add the entries {fields} to Secret {}/{named}", source.namespace))
}

/// The name of a Secret that does not exist.
fn missing_secret(message: &str) -> Option<&str> {
    let forms = [("secret '", '\''), ("secrets \"", '"'), ("secret \"", '"')];
    forms.into_iter().find_map(|(start, end)| {
        message.match_indices(start).find_map(|(at, _)| {
            let rest = message.get(at + start.len()..)?;
            let (name, rest) = rest.split_once(end)?;
            rest.trim_start().starts_with("not found").then_some(name)
        })
    })
}

/// The field of the spec that names a Secret.
fn field_of<'a>(source: &Source<'_>, name: &str) -> &'a str {
    let fields: [(&[&str], &str); 4] = [
        (&["secretRef", "name"], "spec.secretRef"),
        (&["certSecretRef", "name"], "spec.certSecretRef"),
        (&["proxySecretRef", "name"], "spec.proxySecretRef"),
        (&["verify", "secretRef", "name"], "spec.verify.secretRef"),
    ];
    fields
        .into_iter()
        .find(|(path, _)| source.field(path) == name)
        .map_or("spec.secretRef", |(_, field)| field)
}

/// What a Secret has to hold.
fn entries(source: &Source<'_>, field: &str) -> &'static str {
    match (field, source.kind) {
        ("spec.certSecretRef", _) => "the entries ca.crt and, for a client certificate, tls.crt and tls.key",
        ("spec.proxySecretRef", _) => "the entry address and, if need be, username and password",
        ("spec.verify.secretRef", _) => "the public keys of those who sign",
        (_, "GitRepository") if source.field(&["url"]).starts_with("ssh") => {
            "the entries identity and known_hosts"
        }
        (_, "GitRepository") if source.field(&["provider"]) == "github" => {
            "the entries githubAppID, githubAppInstallationID and githubAppPrivateKey"
        }
        (_, "GitRepository") => "the entries username and password, or bearerToken",
        (_, "OCIRepository") => "the type kubernetes.io/dockerconfigjson",
        (_, "Bucket") if source.field(&["provider"]) == "azure" => {
            "the entry accountKey, sasKey, or a client's"
        }
        (_, "Bucket") if source.field(&["provider"]) == "gcp" => "the entry serviceaccount",
        (_, "Bucket") => "the entries accesskey and secretkey",
        _ => "the entries username and password",
    }
}

/// What stands between a beginning and an end.
pub(super) fn quoted<'a>(message: &'a str, start: &str, end: char) -> Option<&'a str> {
    message.split_once(start)?.1.split_once(end).map(|(found, _)| found)
}

/// Trouble on the way to where a source fetches from.
pub(super) fn network(source: &Source<'_>, message: &str) -> Option<String> {
    let subject = source.subject();
    let field = if source.kind == "Bucket" { "spec.endpoint" } else { "spec.url" };
    let to = match source.address() {
        address if address.is_empty() => "its server".to_owned(),
        address => address,
    };
    let authority = match source.field(&["certSecretRef", "name"]) {
        "" if source.kind == "GitRepository" => match source.field(&["secretRef", "name"]) {
            "" => "put the CA as ca.crt into a Secret and name that in spec.secretRef".to_owned(),
            name => format!("put the CA as ca.crt into Secret {}/{name}", source.namespace),
        },
        "" => "put the CA as ca.crt into a Secret and name that in spec.certSecretRef".to_owned(),
        name => format!("put the CA as ca.crt into Secret {}/{name}", source.namespace),
    };
    Some(match network::read(message)? {
        Network::NoSuchHost(host) => {
            format!(
                "correct the host in {field} of {subject}, or the DNS of the cluster: {host} has no address"
            )
        }
        Network::Refused(_) => {
            format!("nothing listens at {to}: see whether the server runs, or correct {field} of {subject}")
        }
        Network::TimedOut => format!(
            "{to} does not answer in time: see whether a firewall, NetworkPolicy or proxy is in the way (spec.proxySecretRef), or raise spec.timeout of {subject}"
        ),
        Network::NoRoute => format!(
            "there is no route to {to}: see the cluster's network and egress rules, or correct {field} of {subject}"
        ),
        Network::Closed => format!("{to} closed the connection: see the server's log, or a proxy between"),
        Network::Certificate(Certificate::UnknownAuthority) => {
            format!("the certificate of {to} is signed by nobody who is trusted: {authority} of {subject}")
        }
        Network::Certificate(Certificate::Outdated) => format!("renew the certificate of {to}"),
        Network::Certificate(Certificate::OtherName) => {
            format!(
                "the certificate is another server's: correct {field} of {subject}, or the server's certificate"
            )
        }
        Network::Certificate(Certificate::NotTls) => format!(
            "the server does not speak TLS: use http:// in {field} of {subject}, or spec.insecure where the kind has it"
        ),
        Network::Certificate(Certificate::ClientRefused) => {
            format!(
                "the server wants a client certificate: put tls.crt and tls.key into the Secret that {subject} names"
            )
        }
        Network::Certificate(Certificate::Other) => {
            format!("TLS with {to} fails: {authority} of {subject}, or correct {field}")
        }
    })
}

/// Credentials that the server refuses.
pub(super) fn refused(source: &Source<'_>, reason: &str, message: &str) -> Option<String> {
    let text = message.to_ascii_lowercase();
    let words = [
        "authentication required",
        "authorization failed",
        "unauthorized",
        "401",
        "403",
        "forbidden",
        "access denied",
        "accessdenied",
        "denied",
        "invalid username or password",
        "unable to authenticate",
    ];
    let is_refused = reason == "AuthenticationFailed" || words.iter().any(|words| text.contains(words));
    is_refused.then(|| credentials(source))
}

/// What to do about credentials that are refused.
pub(super) fn credentials(source: &Source<'_>) -> String {
    let subject = source.subject();
    let account = source.field(&["serviceAccountName"]);
    let provider = source.field(&["provider"]);
    match source.field(&["secretRef", "name"]) {
        "" if !matches!(provider, "" | "generic") => format!(
            "give the identity of provider {provider}{} the right to read {}, or name a Secret in spec.secretRef of {subject}",
            if account.is_empty() {
                String::new()
            } else {
                format!(" (ServiceAccount {}/{account})", source.namespace)
            },
            source.address()
        ),
        "" => format!(
            "name a Secret with {} in spec.secretRef of {subject}: {} is not open to everybody",
            entries(source, "spec.secretRef"),
            source.address()
        ),
        name => format!(
            "renew the credentials in Secret {}/{name}, or give them the right to read {}",
            source.namespace,
            source.address()
        ),
    }
}
