//! Cuts values out of texts by their form: the places where API servers print what they were given. Path, rule, and the
//! types that were expected and found stay. What is known of an object's values is not used here.

use std::borrow::Cow;

use super::go_value::{self, Found};
use super::strip::MASK;

/// What a text is about, as far as it decides what is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// A Secret, or a kind that is named after it: every value is cut.
    Secret,
    /// A ConfigMap: values of its data are cut.
    ConfigMap,
    /// Anything else: values of environment variables are cut.
    Other,
}

impl Topic {
    /// By the kind of the object.
    #[must_use]
    pub fn of_kind(kind: &str) -> Self {
        match kind {
            "ConfigMap" => Self::ConfigMap,
            _ if kind.contains("Secret") => Self::Secret,
            _ => Self::Other,
        }
    }

    /// By what a text says of itself.
    fn of_text(text: &str) -> Self {
        if text.contains("Secret") || text.contains("secrets \"") {
            Self::Secret
        } else if text.contains("ConfigMap") {
            Self::ConfigMap
        } else {
            Self::Other
        }
    }

    /// Whether a value at this place is cut. `path` is what stands before the complaint.
    fn hides(self, path: &str, value: &str) -> bool {
        match self {
            Self::Secret => true,
            Self::ConfigMap => is_of_data(path),
            Self::Other => {
                ["env[", ".env:", "env:"].iter().any(|env| path.contains(env))
                    || ["Env:[]", "\"env\":", "[env:", " env:", "EnvVar{"]
                        .iter()
                        .any(|env| value.contains(env))
            }
        }
    }
}

/// How a value is announced.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Announced {
    /// By structured-merge-diff, with what it expected before; the rest of the line is the value.
    Got,
    /// By validation, with the rule behind it.
    Value,
    /// As [`Self::Value`], but often the rule stands in its place.
    MaybeValue,
    /// A whole object in single quotes.
    Object,
    /// In a comparison of two Pods.
    Compared,
}

const MARKS: [(&str, Announced); 10] = [
    (", got ", Announced::Got),
    (" got &", Announced::Got),
    ("Invalid value: ", Announced::Value),
    ("Unsupported value: ", Announced::Value),
    ("Duplicate value: ", Announced::Value),
    ("Not found: ", Announced::MaybeValue),
    ("Too long: ", Announced::MaybeValue),
    ("Too many: ", Announced::MaybeValue),
    ("is missing in '", Announced::Object),
    ("Value:", Announced::Compared),
];

/// More places than this are not looked at one by one: what follows them goes.
const MOST_MARKS: usize = 512;

/// The text without values. Without a topic, each object's part of it is judged by what it says.
pub(super) fn cut(text: &str, topic: Option<Topic>) -> Cow<'_, str> {
    if next_mark(text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    match topic {
        Some(topic) => cut_part(text, topic, &mut out),
        None => parts(text).for_each(|part| cut_part(part, Topic::of_text(part), &mut out)),
    }
    Cow::Owned(out)
}

/// The parts of a text that are about one object each: lines up to the next that begins with a subject.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut end = 0;
        for (number, line) in rest.split_inclusive('\n').enumerate() {
            if number > 0 && begins_with_subject(line) {
                break;
            }
            end += line.len();
        }
        let (part, after) = rest.split_at(end);
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}

/// `Kind/name` or `Kind/namespace/name` at the start.
fn begins_with_subject(line: &str) -> bool {
    let subject = line.split_whitespace().next().unwrap_or_default();
    line.starts_with(|c: char| c.is_ascii_uppercase())
        && subject
            .split_once('/')
            .is_some_and(|(kind, name)| !name.is_empty() && kind.chars().all(|c| c.is_ascii_alphanumeric()))
}

fn next_mark(text: &str) -> Option<(usize, &'static str, Announced)> {
    let found = MARKS.iter().filter_map(|(mark, how)| text.find(mark).map(|at| (at, *mark, *how)));
    found.min_by_key(|(at, mark, _)| (*at, std::cmp::Reverse(mark.len())))
}

fn cut_part(part: &str, topic: Topic, out: &mut String) {
    let compared = part.contains("pod updates may not change");
    let mut rest = part;
    let mut marks = 0_usize;
    while let Some((at, mark, how)) = next_mark(rest) {
        marks = marks.saturating_add(1);
        if marks > MOST_MARKS {
            rest = MASK;
            break;
        }
        // The `&` that belongs to the value stays with it.
        let mark_len = if mark.ends_with('&') { mark.len().saturating_sub(1) } else { mark.len() };
        let (before, after) = rest.split_at(at.saturating_add(mark_len));
        out.push_str(before);
        let found = match how {
            Announced::Got => got(after, topic, rest.split_at(at).0),
            Announced::Value => value(after, topic, last_word(rest.split_at(at).0)),
            Announced::MaybeValue if after.starts_with(['"', '{', '[']) => {
                value(after, topic, last_word(rest.split_at(at).0))
            }
            Announced::Object if topic == Topic::Secret => {
                let end = after.rfind('\'').unwrap_or(after.len());
                Some(Found { kind: "", end })
            }
            Announced::Compared if compared => go_value::compared(after),
            Announced::MaybeValue | Announced::Object | Announced::Compared => None,
        };
        rest = after;
        if let Some(found) = found {
            if !found.kind.is_empty() {
                out.push_str(found.kind);
                out.push(' ');
            }
            out.push_str(MASK);
            rest = after.split_at(found.end).1;
        }
    }
    out.push_str(rest);
}

/// The path stands in the same line as the complaint.
fn got(after: &str, topic: Topic, before: &str) -> Option<Found> {
    let path = before.rsplit('\n').next().unwrap_or_default();
    let line = after.split('\n').next().unwrap_or_default();
    if go_value::is_type_name(line) || !topic.hides(path, line) {
        return None;
    }
    Some(go_value::got(after, topic == Topic::Secret))
}

fn value(after: &str, topic: Topic, path: &str) -> Option<Found> {
    let found = go_value::value(after);
    topic.hides(path, after.split_at(found.end).0).then_some(found)
}

fn is_of_data(path: &str) -> bool {
    let mut words = path.split([' ', '[', '(']).map(|word| word.trim_start_matches('.'));
    words.any(|word| word.starts_with("data") || word.starts_with("binaryData"))
}

fn last_word(text: &str) -> &str {
    text.split_whitespace().next_back().unwrap_or_default()
}
