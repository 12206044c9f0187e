//! How an address is shown to people: without what it may hold of credentials.

/// Most bytes of an address that are shown.
const LONGEST: usize = 2048;

#[cfg(test)]
mod tests;

/// The address without user and password, query and fragment, and without control characters. It is the same text if
/// there are none.
pub(crate) fn shown(url: &str) -> String {
    let plain = url.split(['?', '#']).next().unwrap_or_default();
    let is_scheme =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let plain = match plain.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) {
        Some((scheme, rest)) => {
            // Parsers of addresses take a backslash for a slash.
            let end = rest.find(['/', '\\']).unwrap_or(rest.len());
            let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        // Anything before an `@` may be a password, however the rest is to be read.
        None => plain.rsplit_once('@').map_or(plain, |(_, rest)| rest).to_owned(),
    };
    let mut text: String = plain.chars().filter(|c| !is_hidden(*c)).collect();
    let mut end = LONGEST.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

/// Control characters, and those that turn the direction of writing.
fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
