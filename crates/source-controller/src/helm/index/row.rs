//! One version of a chart as the index has it, written.

use manifest::budget::{Budget, Exceeded};
use semver::Version;
use serde_json::Value;

use crate::helm::go::{Go, Length};
use crate::helm::metadata::{Fields, Leniency, Metadata, Refused, field_of, fields, text, texts, unknown};
use crate::helm::version::coerce;

/// When something was made that does not say when.
pub(super) const NEVER: &str = "0001-01-01T00:00:00Z";
/// Where one version stands in the artifact.
pub(super) const DEPTH: usize = 3;
/// Bytes that are read or written for one step of a budget.
pub(super) const BYTES_PER_STEP: usize = 64;

const OWN: &[&str] = &["urls", "created", "removed", "digest", "checksum", "engine", "tillerVersion", "url"];

/// One version of a chart, written.
pub(super) struct Row {
    pub(super) version: Version,
    pub(super) text: String,
}

impl Row {
    /// Writes a version. Its text is held before it is there: it may be many times as long as what it is made of.
    pub(super) fn new(version: Version, fields: &Go, budget: &Budget) -> Result<Self, Exceeded> {
        let mut length = Length::default();
        fields.write(&mut length, DEPTH);
        budget.step((length.0 / BYTES_PER_STEP) as u64)?;
        // What holds the rows grows by doubling.
        let own = 2 * size_of::<Self>() + version.pre.len() + version.build.len();
        budget.hold((length.0 + own) as u64)?;
        let mut text = String::with_capacity(length.0);
        fields.write(&mut text, DEPTH);
        Ok(Self { version, text })
    }
}

/// One version and what is written of it; `None` when it is none by Helm's rules.
pub(super) fn version(value: &Value, leniency: Leniency) -> Result<Option<(Version, Go)>, String> {
    let mut metadata = Metadata::default();
    let mut urls = None;
    let mut created = NEVER.to_owned();
    let mut removed = false;
    let mut others: [String; 5] = Default::default();
    for (name, value) in fields(value, "ChartVersion")? {
        if metadata.take(name, value, leniency)? {
            continue;
        }
        let [digest, checksum, engine, tiller, url] = &mut others;
        let text = || text(value, leniency, name).map(Option::unwrap_or_default);
        match field_of(name, OWN) {
            Some("urls") => urls = Some(texts(value, leniency, name)?).filter(|_| !value.is_null()),
            Some("created") => created = time(value, name)?,
            Some("removed") => removed = value.as_bool().unwrap_or_default(),
            Some("digest") => *digest = text()?,
            Some("checksum") => *checksum = text()?,
            Some("engine") => *engine = text()?,
            Some("tillerVersion") => *tiller = text()?,
            Some("url") => *url = text()?,
            _ if leniency.ignores_unknown => {}
            _ => return Err(unknown(name)),
        }
    }
    if metadata.api_version.is_empty() {
        metadata.api_version = "v1".to_owned();
    }
    match metadata.validate() {
        // Repositories that leave the aliases out of their index are usual.
        Ok(()) | Err(Refused::TwoOfAName(_)) => {}
        Err(Refused::Other(_)) => return Ok(None),
    }
    let Some(version) = coerce(&metadata.version) else { return Ok(None) };
    let mut out = Fields(metadata.fields());
    out.0.push(("urls".into(), urls.map_or(Go::Null, |urls| Go::texts(&urls))));
    out.0.push(("created".into(), Go::Text(created)));
    out.flag("removed", removed);
    for (name, text) in ["digest", "checksum", "engine", "tillerVersion", "url"].iter().zip(&others) {
        out.text(name, text);
    }
    Ok(Some((version, Go::Map(out.0))))
}

/// A time as Go writes it.
pub(super) fn time(value: &Value, name: &str) -> Result<String, String> {
    let Value::String(given) = value else {
        return if value.is_null() {
            Ok(NEVER.to_owned())
        } else {
            Err(format!("parsing time {value} of {name}: Time.UnmarshalJSON: input is not a JSON string"))
        };
    };
    let refused = || {
        let given = crate::foreign::clean(given);
        format!("parsing time {given:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {given:?} as \"2006\"")
    };
    if *given == NEVER {
        return Ok(NEVER.to_owned());
    }
    given.parse::<jiff::Timestamp>().map_err(|_| refused())?;
    let (date, rest) = given.split_at_checked("2006-01-02T15:04:05".len()).ok_or_else(refused)?;
    let digits =
        rest.strip_prefix('.').map_or(0, |rest| 1 + rest.bytes().take_while(u8::is_ascii_digit).count());
    let (fraction, zone) = rest.split_at_checked(digits).ok_or_else(refused)?;
    let fraction = fraction.get(..fraction.len().min(10)).unwrap_or(fraction).trim_end_matches('0');
    let fraction = fraction.strip_suffix('.').unwrap_or(fraction);
    let zone = if matches!(zone, "+00:00" | "-00:00") { "Z" } else { zone };
    let is_plain = date.as_bytes().get(10) == Some(&b'T') && (zone == "Z" || zone.len() == "+07:00".len());
    if is_plain { Ok(format!("{date}{fraction}{zone}")) } else { Err(refused()) }
}
