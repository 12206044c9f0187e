//! Credentials in URLs: what stands before the `@` of an authority, and queries. Texts are searched for `://`; what is
//! no URL is left as it is.

use std::borrow::Cow;

use super::strip::MASK;

/// More URLs than this are not looked at one by one: what follows them goes.
const MOST: usize = 512;

/// The text with userinfo and query of every URL replaced by `***`. A query that is nothing but a timeout, as in every
/// failed call of an admission webhook, stays.
#[must_use]
pub fn without_credentials(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut urls = 0_usize;
    while let Some((before, after)) = rest.split_once("://") {
        urls = urls.saturating_add(1);
        if urls > MOST {
            rest = MASK;
            break;
        }
        out.push_str(before);
        out.push_str("://");
        rest = authority(after, &mut out);
        rest = query(rest, &mut out);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn ends_url(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '<' | '>' | '\\') || c.is_whitespace()
}

/// Writes the authority without its userinfo; what follows it.
fn authority<'a>(after: &'a str, out: &mut String) -> &'a str {
    let end = after.find(|c: char| matches!(c, '/' | '?' | '#') || ends_url(c));
    let (authority, tail) = after.split_at(end.unwrap_or(after.len()));
    match authority.rsplit_once('@') {
        Some((_, host)) => {
            out.push_str("***@");
            out.push_str(host);
        }
        None => out.push_str(authority),
    }
    tail
}

/// Writes the path, and the query without what it says; what follows the URL.
fn query<'a>(tail: &'a str, out: &mut String) -> &'a str {
    // The next URL may begin within this one; its userinfo is another's.
    let end = tail.find(ends_url).unwrap_or(tail.len());
    let (path, _) = tail.split_at(end);
    let Some(mark) = path.find('?').filter(|mark| !path.get(..*mark).is_some_and(|p| p.contains("://")))
    else {
        return tail;
    };
    let (before, query) = tail.split_at(mark);
    out.push_str(before);
    let end = query.find(ends_url).unwrap_or(query.len());
    let (query, mut rest) = query.split_at(end);
    // What ends a sentence is no part of the query.
    let words = query.trim_end_matches([':', ',', '.', ';', ')', ']', '}']);
    if let Some(punctuation) = query.get(words.len()..) {
        let at = tail.len().saturating_sub(rest.len()).saturating_sub(punctuation.len());
        rest = tail.get(at..).unwrap_or(rest);
    }
    if is_timeout(words) || words == "?" {
        out.push_str(words);
    } else {
        out.push_str("?***");
    }
    rest
}

fn is_timeout(query: &str) -> bool {
    query.strip_prefix("?timeout=").is_some_and(|value| {
        value.len() <= 12
            && value.starts_with(|c: char| c.is_ascii_digit())
            && value.chars().all(is_of_duration)
    })
}

fn is_of_duration(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, 'h' | 'm' | 's' | '.')
}
