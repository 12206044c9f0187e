//! XML that a store wrote, as the texts of its elements one after the other: nothing of it is held but the names of the
//! elements that are open. Entities are XML's own and numbers; document types and what they define are passed over. Pure.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

#[cfg(test)]
mod tests;

/// Elements within each other.
const MAX_DEPTH: usize = 16;

/// What of a document is seen.
pub(crate) enum Seen<'a> {
    /// An element's own text, at its end. `attribute` says whether it has `Encoded="true"`.
    Text { path: &'a [String], text: &'a str, is_encoded: bool },
    /// The end of an element, after its text.
    End { path: &'a [String] },
}

/// Why a document is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer is not in the form of XML")]
pub(crate) struct NotXml;

/// Reads a document. Names are without their namespace.
pub(crate) fn read(bytes: &[u8], mut see: impl FnMut(Seen<'_>)) -> Result<(), NotXml> {
    let text = std::str::from_utf8(bytes).map_err(|_| NotXml)?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut open: Vec<String> = Vec::new();
    // Of each open element: its text so far, and whether it is encoded.
    let mut texts: Vec<(String, bool)> = Vec::new();
    let mut is_begun = false;
    loop {
        match reader.read_event().map_err(|_| NotXml)? {
            Event::Start(start) => {
                is_begun = true;
                if open.len() >= MAX_DEPTH {
                    return Err(NotXml);
                }
                let encoded = start.try_get_attribute("Encoded").map_err(|_| NotXml)?;
                let is_encoded = encoded.is_some_and(|attribute| &*attribute.value == b"true");
                open.push(String::from_utf8_lossy(start.local_name().as_ref()).into_owned());
                texts.push((String::new(), is_encoded));
            }
            Event::End(_) => {
                let Some((text, is_encoded)) = texts.pop() else { return Err(NotXml) };
                see(Seen::Text { path: &open, text: &text, is_encoded });
                see(Seen::End { path: &open });
                open.pop();
            }
            Event::Empty(empty) => {
                is_begun = true;
                if open.len() >= MAX_DEPTH {
                    return Err(NotXml);
                }
                open.push(String::from_utf8_lossy(empty.local_name().as_ref()).into_owned());
                see(Seen::Text { path: &open, text: "", is_encoded: false });
                see(Seen::End { path: &open });
                open.pop();
            }
            Event::Text(part) => add(&mut texts, &part.xml10_content().map_err(|_| NotXml)?),
            Event::CData(part) => add(&mut texts, &part.xml10_content().map_err(|_| NotXml)?),
            Event::GeneralRef(entity) => add(&mut texts, &meant(&entity)?),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof => break,
        }
    }
    if is_begun && open.is_empty() { Ok(()) } else { Err(NotXml) }
}

fn add(texts: &mut [(String, bool)], part: &str) {
    if let Some((text, _)) = texts.last_mut() {
        text.push_str(part);
    }
}

fn meant(entity: &BytesRef<'_>) -> Result<String, NotXml> {
    if let Some(letter) = entity.resolve_char_ref().map_err(|_| NotXml)? {
        return Ok(letter.to_string());
    }
    let letter = match &*entity.decode().map_err(|_| NotXml)? {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => return Err(NotXml),
    };
    Ok(letter.to_owned())
}

/// Whether an element is at this place, its names from the root on.
pub(crate) fn is_at(path: &[String], names: &[&str]) -> bool {
    path.len() == names.len() && path.iter().zip(names).all(|(one, other)| one == other)
}
