//! Repositories as trust policies name them.

/// Whether a scope is one: a registry and a repository, without scheme, tag and digest.
pub(super) fn is_valid(scope: &str) -> bool {
    scope.split_once('/').is_some_and(|(registry, repository)| {
        is_registry(registry) && !repository.is_empty() && repository.split('/').all(is_part)
    })
}

fn is_registry(text: &str) -> bool {
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    port.is_none_or(is_port) && host.split('.').all(is_label)
}

/// A part of a repository: words of lower case, with a dot, an underscore or two, or hyphens between them.
fn is_part(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_separator = |text: &str| matches!(text, "." | "_" | "__") || text.bytes().all(|byte| byte == b'-');
    let ends_well = |byte: Option<u8>| byte.is_some_and(is_word);
    ends_well(text.bytes().next())
        && ends_well(text.bytes().next_back())
        && text.is_ascii()
        && text.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()).all(is_separator)
}
