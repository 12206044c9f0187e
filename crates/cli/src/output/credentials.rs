//! URLs in foreign text without what gives access: the user info before a host, and values of parameters that no
//! remote base has. Whether a text is foreign is not asked: everything that is said passes through.

use std::borrow::Cow;

#[cfg(test)]
mod tests;

/// What stands in place of what is left out.
const MASK: &str = "***";

/// Parameters of a remote base, which say what is fetched and give no access.
const OPEN: [&str; 5] = ["ref", "version", "timeout", "submodules", "depth"];

/// The text with the credentials of its URLs masked.
pub(super) fn without_credentials(text: &str) -> Cow<'_, str> {
    if !text.contains("://") && !text.contains('@') {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    // Word by word: a URL has neither white space nor quotes in it.
    while let Some(at) = rest.find(ends) {
        let (word, after) = rest.split_at(at);
        mask(word, &mut shown);
        let length = after.chars().next().map_or(0, char::len_utf8);
        let (end, next) = after.split_at(length);
        shown.push_str(end);
        rest = next;
    }
    mask(rest, &mut shown);
    if shown == text { Cow::Borrowed(text) } else { Cow::Owned(shown) }
}

fn ends(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>')
}

/// One word, into `shown`.
fn mask(word: &str, shown: &mut String) {
    let Some((scheme, mut rest)) = word.split_once("://") else { return mask_short(word, shown) };
    shown.push_str(scheme);
    shown.push_str("://");
    if let Some(at) = end_of_user_info(rest) {
        shown.push_str(MASK);
        shown.push('@');
        rest = rest.split_at(at.saturating_add(1)).1;
    }
    match rest.split_once('?') {
        Some((path, query)) => {
            shown.push_str(path);
            shown.push('?');
            mask_query(query, shown);
        }
        None => shown.push_str(rest),
    }
}

/// Where the `@` is that ends the user info. It may have any character in it where somebody forgot to escape it: what
/// follows a colon and is not a port belongs to a password, also behind a slash.
fn end_of_user_info(rest: &str) -> Option<usize> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.split_at(end).0;
    let at = authority.rfind('@');
    let host = at.map_or(authority, |at| authority.split_at(at).1);
    if is_unfinished(host) { rest.rfind('@').or(at) } else { at }
}

/// Whether an authority cannot be one: behind its colon stands something else than a port.
fn is_unfinished(authority: &str) -> bool {
    // An IPv6 address is full of colons.
    let after_host = authority.rsplit_once(']').map_or(authority, |(_, after)| after);
    after_host.rsplit_once(':').is_some_and(|(_, port)| port.chars().any(|c| !c.is_ascii_digit()))
}

/// `user@host:path` and `user:password@host/path`, as git takes them without a scheme. `git@` gives no access by
/// itself, and what has a dot neither in front of a colon nor of a slash is an image's digest or an address.
fn mask_short(word: &str, shown: &mut String) {
    let found = word.rsplit_once('@').filter(|(user, host)| {
        let end = host.find([':', '/']).filter(|end| host.len() > end.saturating_add(1));
        let named = end.is_some_and(|end| host.split_at(end).0.contains('.'));
        let open = user.rsplit_once("::").map_or(*user, |(_, user)| user);
        named && open != "git" && !open.ends_with("(git")
    });
    match found {
        Some((user, host)) => {
            // `git::` in front says how it is fetched.
            if let Some((how, _)) = user.split_once("::") {
                shown.push_str(how);
                shown.push_str("::");
            }
            shown.push_str(MASK);
            shown.push('@');
            shown.push_str(host);
        }
        None => shown.push_str(word),
    }
}

fn mask_query(query: &str, shown: &mut String) {
    for (number, pair) in query.split('&').enumerate() {
        if number > 0 {
            shown.push('&');
        }
        match pair.split_once('=') {
            Some((key, _)) if !OPEN.contains(&key) => {
                shown.push_str(key);
                shown.push('=');
                shown.push_str(MASK);
            }
            _ => shown.push_str(pair),
        }
    }
}
