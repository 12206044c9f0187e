//! Classes of characters: in brackets, of Perl, of POSIX and of Unicode. Folding is up to the caller.

use regex_syntax::ast::ClassAsciiKind;

use super::escapes;
use super::text::{NOTHING, refused, up_to, write_char};
use crate::error::Result;

const EVERYTHING: &str = r"\x00-\x{10FFFF}";

/// Unicode's categories, with the other names that Go knows, as Go looks them up.
const CATEGORIES: &str = " C Cc Cf Cn Co Cs L Lc Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk \
    Sm So Z Zl Zp Zs Casedletter Closepunctuation Combiningmark Connectorpunctuation Control Currencysymbol \
    Dashpunctuation Decimalnumber Enclosingmark Finalpunctuation Format Initialpunctuation Letter Letternumber \
    Lineseparator Lowercaseletter Mark Mathsymbol Modifierletter Modifiersymbol Nonspacingmark Number \
    Openpunctuation Other Otherletter Othernumber Otherpunctuation Othersymbol Paragraphseparator Privateuse \
    Punctuation Separator Spaceseparator Spacingmark Surrogate Symbol Titlecaseletter Unassigned Uppercaseletter \
    Cntrl Digit Punct ";

/// The scripts that Go finds by name: none of two words.
const SCRIPTS: &str = " Adlam Ahom Arabic Armenian Avestan Balinese Bamum Batak Bengali Bhaiksuki Bopomofo Brahmi \
    Braille Buginese Buhid Carian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform Cypriot Cyrillic Deseret \
    Devanagari Dogra Duployan Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gurmukhi \
    Han Hangul Hanunoo Hatran Hebrew Hiragana Inherited Javanese Kaithi Kannada Katakana Kawi Kharoshthi Khmer \
    Khojki Khudawadi Lao Latin Lepcha Limbu Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean \
    Marchen Medefaidrin Miao Modi Mongolian Mro Multani Myanmar Nabataean Nandinagari Newa Nko Nushu Ogham Oriya \
    Osage Osmanya Palmyrene Phoenician Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham Sinhala Sogdian \
    Soyombo Sundanese Syriac Tagalog Tagbanwa Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta \
    Toto Ugaritic Vai Vithkuqi Wancho Yezidi Yi ";

/// The class that begins with a bracket, as Rust writes it, and what stands behind.
pub(super) fn bracketed(text: &str) -> Result<(String, &str)> {
    let mut rest = text.get(1..).unwrap_or_default();
    let negated = rest.strip_prefix('^');
    rest = negated.unwrap_or(rest);
    let mut items = String::new();
    let mut is_first = true;
    let rest = loop {
        if !is_first && let Some(behind) = rest.strip_prefix(']') {
            break behind;
        }
        is_first = false;
        let found = match posix(rest)? {
            None => escaped(rest)?,
            found => found,
        };
        if let Some((item, behind)) = found {
            items.push_str(&item);
            rest = behind;
        } else {
            rest = range(rest, text, &mut items)?;
        }
    };
    let class = match (negated, items.as_str()) {
        (None, "") => NOTHING.to_owned(),
        (Some(_), "") => format!("[{EVERYTHING}]"),
        (None, items) => format!("[{items}]"),
        (Some(_), items) => format!("[^{items}]"),
    };
    Ok((class, rest))
}

/// One character or a range of them; surrogates are characters that no text has.
fn range<'a>(text: &'a str, class: &str, items: &mut String) -> Result<&'a str> {
    let (least, mut rest) = character(text, class)?;
    let mut most = least;
    if rest.len() >= 2
        && let Some(end) = rest.strip_prefix('-').filter(|end| !end.starts_with(']'))
    {
        (most, rest) = character(end, class)?;
    }
    if most < least {
        return Err(refused("invalid character class range", up_to(text, rest)));
    }
    let from = char::from_u32(least).unwrap_or('\u{E000}');
    let to = char::from_u32(most).unwrap_or('\u{D7FF}');
    if from <= to {
        write_char(items, from);
        items.push('-');
        write_char(items, to);
    }
    Ok(rest)
}

fn character<'a>(text: &'a str, class: &str) -> Result<(u32, &'a str)> {
    let c = text.chars().next().ok_or_else(|| refused("missing closing ]", class))?;
    if c == '\\' {
        return escapes::character(text);
    }
    Ok((c.into(), text.get(c.len_utf8()..).unwrap_or_default()))
}

/// `[:name:]` inside of brackets.
fn posix(text: &str) -> Result<Option<(String, &str)>> {
    let Some((name, rest)) = text.strip_prefix("[:").and_then(|text| text.split_once(":]")) else {
        return Ok(None);
    };
    if ClassAsciiKind::from_name(name.strip_prefix('^').unwrap_or(name)).is_some() {
        return Ok(Some((format!("[:{name}:]"), rest)));
    }
    Err(refused("invalid character class range", up_to(text, rest)))
}

/// `\d` and the like, `\pN` or `\p{Greek}`, as Rust writes it inside of brackets. Perl's are ASCII.
pub(super) fn escaped(text: &str) -> Result<Option<(String, &str)>> {
    let class = match text.as_bytes() {
        [b'\\', b'd', ..] => "[:digit:]",
        [b'\\', b'D', ..] => "[:^digit:]",
        [b'\\', b's', ..] => r"\t\n\x0C\r\x20",
        [b'\\', b'S', ..] => r"[^\t\n\x0C\r\x20]",
        [b'\\', b'w', ..] => "[:word:]",
        [b'\\', b'W', ..] => "[:^word:]",
        [b'\\', b'p' | b'P', ..] => return unicode(text).map(Some),
        _ => return Ok(None),
    };
    Ok(Some((class.to_owned(), text.get(2..).unwrap_or_default())))
}

fn unicode(text: &str) -> Result<(String, &str)> {
    let after = text.get(2..).unwrap_or_default();
    let (name, rest) = match after.strip_prefix('{') {
        Some(_) => {
            let Some((before, rest)) = text.split_once('}') else {
                return Err(refused("invalid character class range", text));
            };
            (before.get(3..).unwrap_or_default(), rest)
        }
        None => after.split_at(after.chars().next().map_or(0, char::len_utf8)),
    };
    let bare = name.strip_prefix('^').unwrap_or(name);
    let is_negated = text.starts_with(r"\P") != (bare.len() < name.len());
    let letter = if is_negated { 'P' } else { 'p' };
    let name = canonical(bare);
    let knows = |names: &str| !name.is_empty() && names.contains(&format!(" {name} "));
    let class = match name.as_str() {
        "Cs" | "Surrogate" => if is_negated { EVERYTHING } else { NOTHING }.to_owned(),
        "Any" | "Assigned" | "Ascii" => format!(r"\{letter}{{{name}}}"),
        _ if knows(CATEGORIES) => format!(r"\{letter}{{gc={name}}}"),
        _ if knows(SCRIPTS) => format!(r"\{letter}{{sc={name}}}"),
        _ => return Err(refused("invalid character class range", up_to(text, rest))),
    };
    Ok((class, rest))
}

/// The name as Go looks it up: one capital, then small letters.
fn canonical(name: &str) -> String {
    let mut canonical: String =
        name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).map(|c| c.to_ascii_lowercase()).collect();
    if let Some(first) = canonical.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    canonical
}
