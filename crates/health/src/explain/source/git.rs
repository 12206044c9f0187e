//! Git repositories: references that are not there, repositories that are not shown, SSH keys.

use super::access::{credentials, quoted};
use super::subject::Source;

pub(super) fn way(source: &Source<'_>, reason: &str, message: &str) -> Option<String> {
    let says = |words: &str| message.contains(words);
    let subject = source.subject();
    let url = source.address();
    if reason == "EmptyGitRepository" || says("git repository is empty") {
        return Some(format!("push a first commit to {url}"));
    }
    if let Some(reference) = quoted(message, "couldn't find remote ref \"", '"') {
        return Some(no_reference(source, reference));
    }
    if let Some((_, range)) = message.split_once("no match found for semver: ") {
        return Some(format!(
            "no tag of {url} fits {range}: push one (vX.Y.Z), or correct spec.ref.semver of {subject}"
        ));
    }
    if says("semver parse error") {
        return Some(format!("correct spec.ref.semver of {subject}: it is no version range"));
    }
    if let Some(commit) = quoted(message, "unable to resolve commit object for '", '\'') {
        return Some(format!(
            "commit {commit} is not in {url}: correct spec.ref.commit of {subject} (all 40 digits), or push it"
        ));
    }
    if let Some(name) = quoted(message, "unable to resolve ref '", '\'') {
        return Some(format!(
            "{name} is not in {url}: correct spec.ref.name of {subject} (for example refs/heads/main), or push it"
        ));
    }
    if let Some(folder) = quoted(message, "sparse checkout dir '", '\'') {
        return Some(format!(
            "folder {folder} is not in the repository: correct spec.sparseCheckout of {subject}, or add it"
        ));
    }
    if let Some(way) = by_ssh(source, message) {
        return Some(way);
    }
    if says("repository not found") || says("Repository not found") {
        return Some(match source.field(&["secretRef", "name"]) {
            "" => format!(
                "correct spec.url of {subject}; if the repository is private, name a Secret with credentials in spec.secretRef"
            ),
            name => format!(
                "correct spec.url of {subject}, or let the credentials in Secret {}/{name} read it: hosts say this also of what they do not show",
                source.namespace
            ),
        });
    }
    if says("status code: 407") || says("Proxy Authentication Required") {
        return Some(match source.field(&["proxySecretRef", "name"]) {
            "" => format!(
                "name a Secret with address, username and password in spec.proxySecretRef of {subject}"
            ),
            name => format!(
                "correct username and password in Secret {}/{name}: the proxy refuses them",
                source.namespace
            ),
        });
    }
    let refused = says("authentication required") || says("authorization failed") || says("invalid username");
    refused.then(|| credentials(source))
}

/// A branch or tag that is not there.
fn no_reference(source: &Source<'_>, reference: &str) -> String {
    let (url, subject) = (source.address(), source.subject());
    match (reference.strip_prefix("refs/heads/"), reference.strip_prefix("refs/tags/")) {
        (Some(branch), _) => {
            format!("push branch {branch} to {url}, or correct spec.ref.branch of {subject}")
        }
        (_, Some(tag)) => format!("push tag {tag} to {url}, or correct spec.ref.tag of {subject}"),
        _ => format!("push {reference} to {url}, or correct spec.ref of {subject}"),
    }
}

fn by_ssh(source: &Source<'_>, message: &str) -> Option<String> {
    let says = |words: &str| message.contains(words);
    let secret = match source.field(&["secretRef", "name"]) {
        "" => "the Secret in spec.secretRef".to_owned(),
        name => format!("Secret {}/{name}", source.namespace),
    };
    let url = source.address();
    let host = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let host = host.rsplit_once('@').map_or(host, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default();
    if says("knownhosts: key mismatch") || says("knownhosts: key is unknown") || says("knownhosts: ") {
        return Some(format!(
            "put the host's present keys into known_hosts of {secret}, after you have compared them: ssh-keyscan {host}"
        ));
    }
    if says("ssh: no key found")
        || says("decryption password incorrect")
        || says("cannot decode encrypted private keys")
    {
        return Some(format!(
            "put a private key in PEM form into identity of {secret}, and its passphrase, if it has one, into password"
        ));
    }
    (says("unable to authenticate") || says("no supported methods remain")).then(|| {
        format!("add the public key of identity in {secret} to {url} as a deploy key, or use another key")
    })
}
