//! The notations in which a program may print a value: as it is, escaped as Go, JSON and URLs do it, in base64 at any
//! alignment, in hexadecimal, as bytes, and numbers in Go's other formats. Nothing is searched here.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Number, Value};

use super::strip::{head, is_control, without_controls};

/// How much of a value is written in other notations; a text that has more of it is masked to its end.
const ENCODED: usize = 160;
/// How much of a value is looked at.
const LOOKED_AT: usize = 64 * 1024;
/// How many lines of a value are known by themselves.
const LINES: usize = 512;
/// A line, or a piece within a decoded value, that is shorter says nothing by itself.
const PIECE: usize = 6;
/// How deep a value is decoded: a Secret holds base64, of JSON, which holds base64.
const DEPTH: u8 = 3;

/// How many notations are made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Breadth {
    /// All, for the object that a text is about.
    All,
    /// Those that programs print by themselves, for objects beside it.
    Few,
}

/// A notation, and whether the value goes on behind it.
pub(super) struct Form {
    pub(super) text: String,
    pub(super) open: bool,
}

/// All notations of a text.
pub(super) fn of_text(text: &str, breadth: Breadth, add: &mut impl FnMut(Form)) {
    pieces(text, DEPTH, breadth, add);
}

fn pieces(text: &str, depth: u8, breadth: Breadth, add: &mut impl FnMut(Form)) {
    let text = head(text, LOOKED_AT);
    notations(text, breadth, add);
    let trimmed = text.trim();
    if trimmed != text {
        notations(trimmed, breadth, add);
    }
    let lines = || text.lines().map(str::trim).filter(|line| line.len() >= PIECE && *line != trimmed);
    lines().take(LINES).for_each(|line| notations(line, breadth, add));
    let Some(depth) = depth.checked_sub(1) else { return };
    if let Some(bytes) = decoded(trimmed) {
        match std::str::from_utf8(&bytes) {
            Ok(decoded) => pieces(decoded, depth, breadth, add),
            Err(_) => bytes_of(&bytes, add),
        }
    }
    if trimmed.starts_with(['{', '['])
        && let Ok(inner) = serde_json::from_str::<Value>(trimmed)
    {
        within(&inner, depth, breadth, add);
    }
}

/// The texts within a value that is JSON.
fn within(value: &Value, depth: u8, breadth: Breadth, add: &mut impl FnMut(Form)) {
    match value {
        Value::String(text) if text.len() >= PIECE => pieces(text, depth, breadth, add),
        Value::Array(items) => items.iter().for_each(|item| within(item, depth, breadth, add)),
        Value::Object(map) => map.values().for_each(|item| within(item, depth, breadth, add)),
        _ => {}
    }
}

/// What base64 stands for: with or without padding, of either alphabet, with line feeds in between.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let bare = compact.trim_end_matches('=');
    // A head of a longer value may end within a group of four.
    let bare = if text.len() >= LOOKED_AT.saturating_sub(4) { head(bare, bare.len() / 4 * 4) } else { bare };
    if bare.len() < 4 {
        return None;
    }
    STANDARD_NO_PAD.decode(bare).or_else(|_| URL_SAFE_NO_PAD.decode(bare)).ok()
}

fn notations(text: &str, breadth: Breadth, add: &mut impl FnMut(Form)) {
    let start = head(text, ENCODED);
    let open = start.len() < text.len();
    add(Form { text: without_controls(start).into_owned(), open });
    // Most values need no escapes, and are the same in most notations.
    let mut form = |text: String| {
        if text != start {
            add(Form { text, open });
        }
    };
    let quoted = go_quoted(start, false);
    if quoted != start {
        for escaped in [go_quoted(&quoted, false), json(&json(start)), json(start), quoted] {
            form(escaped);
        }
    }
    if start.contains(['<', '>', '&']) {
        form(json(start).replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"));
    }
    if !open {
        form(STANDARD.encode(start));
    }
    if breadth == Breadth::All {
        form(go_quoted(start, true));
        form(percent(start, "%20"));
        form(percent(start, "+"));
        bytes_of(start.as_bytes(), &mut |Form { text, .. }| form(text));
    }
}

/// Notations of bytes, whether they are text or not.
fn bytes_of(bytes: &[u8], add: &mut impl FnMut(Form)) {
    let start = bytes.get(..ENCODED).unwrap_or(bytes);
    let open = start.len() < bytes.len();
    let mut form = |text: String| add(Form { text, open });
    let hex = start.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").ok();
        hex
    });
    form(hex.to_uppercase());
    form(hex);
    if start.len() >= 3 {
        form(joined(start, " ", |byte| byte.to_string()));
        form(joined(start, ", ", |byte| byte.to_string()));
        form(joined(start, ",", |byte| byte.to_string()));
        form(joined(start, ", ", |byte| format!("{byte:#x}")));
        form(joined(start, " ", |byte| format!("{byte:02x}")));
    }
    for shift in 0..3_usize {
        // The first characters hold bits of what stands before, the last one bits of what stands behind.
        let mut shifted = vec![0_u8; shift];
        shifted.extend_from_slice(start);
        let whole = shifted.len() / 3 * 4 + (shifted.len() % 3);
        let first = [0, 2, 3].get(shift).copied().unwrap_or_default();
        let encoded = STANDARD_NO_PAD.encode(&shifted);
        if let Some(inner) = encoded.get(first..whole.min(encoded.len())) {
            form(inner.replace('+', "-").replace('/', "_"));
            form(inner.to_owned());
        }
    }
}

fn joined(bytes: &[u8], by: &str, one: impl Fn(&u8) -> String) -> String {
    bytes.iter().map(one).collect::<Vec<_>>().join(by)
}

/// `strconv.Quote` without the quotes; with `ascii`, `strconv.QuoteToASCII`.
fn go_quoted(text: &str, ascii: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let code = u32::from(c);
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            _ if code < 0x20 || code == 0x7f => drop(write!(out, "\\x{code:02x}")),
            _ if code > 0xffff && ascii => drop(write!(out, "\\U{code:08x}")),
            _ if is_control(c) || (ascii && code > 0x7f) => drop(write!(out, "\\u{code:04x}")),
            c => out.push(c),
        }
    }
    out
}

/// A JSON text without its quotes.
fn json(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
}

fn percent(text: &str, space: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => out.push_str(space),
            b if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) => out.push(char::from(b)),
            b => drop(write!(out, "%{b:02X}")),
        }
    }
    out
}

/// A number as Go, JSON and YAML write it.
pub(super) fn of_number(number: &Number, breadth: Breadth, add: &mut impl FnMut(Form)) {
    let mut form = |text: String| {
        add(Form { text: text.replace('e', "E"), open: false });
        add(Form { text, open: false });
    };
    let written = number.to_string();
    form(written.clone());
    let exact = number.as_i128().or_else(|| {
        number
            .as_f64()
            .filter(|float| float.fract() == 0.0 && float.abs() < 1e18)
            .and_then(|float| format!("{float:.0}").parse().ok())
    });
    if let Some(exact) = exact {
        form(exact.to_string());
        form(grouped(exact, ','));
        form(grouped(exact, '_'));
        form(format!("{:#x}", exact.unsigned_abs()));
        form(format!("{:x}", exact.unsigned_abs()));
        form(format!("{:X}", exact.unsigned_abs()));
        form(format!("{:#o}", exact.unsigned_abs()));
        form(format!("{:o}", exact.unsigned_abs()));
        form(format!("{:b}", exact.unsigned_abs()));
    }
    if let Some(float) = number.as_f64() {
        let short = format!("{float:e}");
        for scientific in [format!("{float:.6e}"), short] {
            form(go_exponent(&scientific));
            form(scientific);
        }
        form(format!("{float}"));
        form(format!("{float:.1}"));
        form(format!("{float:.6}"));
    }
    notations(&written, breadth, add);
}

/// Go writes a sign and at least two digits: `7e+06`.
fn go_exponent(text: &str) -> String {
    let Some((mantissa, exponent)) = text.split_once('e') else { return text.to_owned() };
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    format!("{mantissa}e{sign}{digits:0>2}")
}

fn grouped(number: i128, by: char) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digits.len().saturating_sub(at).is_multiple_of(3) {
            out.push(by);
        }
        out.push(digit);
    }
    out
}
