//! What a chart says of itself (`Chart.yaml`, and each version in an index): read with the leniency of Go's decoders,
//! checked with Helm's rules, written in Helm's order.

use std::collections::{BTreeMap, HashSet};

use manifest::yaml::go_float;
use serde_json::{Map, Value};

use super::go::Go;
use super::version::coerce;

#[cfg(test)]
mod tests;

/// How values become fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leniency {
    /// Numbers and booleans become text where text is wanted, as they do on the way from YAML.
    pub(crate) coerces: bool,
    /// Fields that are not known are passed over.
    pub(crate) ignores_unknown: bool,
}

impl Leniency {
    /// Of `Chart.yaml`.
    pub(crate) const YAML: Self = Self { coerces: true, ignores_unknown: true };
    /// Of an index in YAML.
    pub(crate) const STRICT_YAML: Self = Self { coerces: true, ignores_unknown: false };
    /// Of an index in JSON.
    pub(crate) const JSON: Self = Self { coerces: false, ignores_unknown: true };
}

/// A person.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Maintainer {
    name: String,
    email: String,
    url: String,
}

/// A chart that another needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) repository: String,
    condition: String,
    tags: Vec<String>,
    enabled: bool,
    import_values: Vec<Value>,
    pub(crate) alias: String,
}

/// What a chart says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Metadata {
    pub(crate) name: String,
    home: String,
    sources: Vec<String>,
    pub(crate) version: String,
    description: String,
    keywords: Vec<String>,
    maintainers: Vec<Option<Maintainer>>,
    icon: String,
    pub(crate) api_version: String,
    condition: String,
    tags: String,
    app_version: String,
    deprecated: bool,
    annotations: BTreeMap<String, String>,
    kube_version: String,
    pub(crate) dependencies: Vec<Option<Dependency>>,
    type_: String,
}

/// Why metadata is refused; Helm's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("validation: more than one dependency with name or alias {0:?}")]
    TwoOfAName(String),
    #[error("validation: {0}")]
    Other(String),
}

impl Metadata {
    /// Takes the fields of `Chart.yaml` or `requirements.yaml` over.
    pub(crate) fn take_all(&mut self, value: &Value, leniency: Leniency) -> Result<(), String> {
        for (name, value) in fields(value, "Metadata")? {
            if !self.take(name, value, leniency)? && !leniency.ignores_unknown {
                return Err(unknown(name));
            }
        }
        Ok(())
    }

    /// Takes one field over; false when there is none of that name.
    pub(crate) fn take(&mut self, name: &str, value: &Value, leniency: Leniency) -> Result<bool, String> {
        let text =
            |into: &mut String| text(value, leniency, name).map(|text| *into = text.unwrap_or_default());
        match field_of(name, FIELDS) {
            Some("name") => text(&mut self.name)?,
            Some("home") => text(&mut self.home)?,
            Some("version") => text(&mut self.version)?,
            Some("description") => text(&mut self.description)?,
            Some("icon") => text(&mut self.icon)?,
            Some("apiVersion") => text(&mut self.api_version)?,
            Some("condition") => text(&mut self.condition)?,
            Some("tags") => text(&mut self.tags)?,
            Some("appVersion") => text(&mut self.app_version)?,
            Some("kubeVersion") => text(&mut self.kube_version)?,
            Some("type") => text(&mut self.type_)?,
            Some("sources") => self.sources = texts(value, leniency, name)?,
            Some("keywords") => self.keywords = texts(value, leniency, name)?,
            Some("deprecated") => self.deprecated = boolean(value, name)?,
            Some("annotations") => self.annotations = text_map(value, leniency, name)?,
            Some("maintainers") => {
                self.maintainers = list(value, name, |item| Maintainer::read(item, leniency))?;
            }
            Some("dependencies") => {
                self.dependencies = list(value, name, |item| Dependency::read(item, leniency))?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Puts texts in order, and checks them.
    pub(crate) fn validate(&mut self) -> Result<(), Refused> {
        let other = |text: String| Err(Refused::Other(text));
        for text in [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ]
        .into_iter()
        .chain(&mut self.sources)
        .chain(&mut self.keywords)
        {
            sanitise(text);
        }
        if self.api_version.is_empty() {
            return other("chart.metadata.apiVersion is required".into());
        }
        if self.name.is_empty() {
            return other("chart.metadata.name is required".into());
        }
        if matches!(self.name.as_str(), "." | "..") {
            return other(format!("chart.metadata.name {:?} is not allowed", self.name));
        }
        if self.name.contains('/') {
            return other(format!("chart.metadata.name {:?} is invalid", self.name));
        }
        if self.version.is_empty() {
            return other("chart.metadata.version is required".into());
        }
        if coerce(&self.version).is_none() {
            return other(format!("chart.metadata.version {:?} is invalid", self.version));
        }
        if !matches!(self.type_.as_str(), "" | "application" | "library") {
            return other("chart.metadata.type must be application or library".into());
        }
        for maintainer in &mut self.maintainers {
            let Some(maintainer) = maintainer else {
                return other("maintainers must not contain empty or null nodes".into());
            };
            for text in [&mut maintainer.name, &mut maintainer.email, &mut maintainer.url] {
                sanitise(text);
            }
        }
        self.validate_dependencies()
    }

    fn validate_dependencies(&mut self) -> Result<(), Refused> {
        let mut seen = HashSet::new();
        for dependency in &mut self.dependencies {
            let Some(dependency) = dependency else {
                return Err(Refused::Other("dependencies must not contain empty or null nodes".into()));
            };
            let Dependency { name, version, repository, condition, tags, alias, .. } = dependency;
            [name, version, repository, condition].into_iter().chain(tags).for_each(sanitise);
            let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            if !alias.chars().all(is_plain) {
                let text = format!("dependency {:?} has disallowed characters in the alias", dependency.name);
                return Err(Refused::Other(text));
            }
            if !seen.insert(dependency.key().to_owned()) {
                return Err(Refused::TwoOfAName(dependency.key().to_owned()));
            }
        }
        Ok(())
    }

    /// The dependencies that are not null.
    pub(crate) fn requirements(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().flatten()
    }

    /// The fields that are set, in Helm's order.
    pub(crate) fn fields(&self) -> Vec<(String, Go)> {
        let mut out = Fields::default();
        out.text("name", &self.name);
        out.text("home", &self.home);
        out.texts("sources", &self.sources);
        out.text("version", &self.version);
        out.text("description", &self.description);
        out.texts("keywords", &self.keywords);
        let maintainers = |item: &Option<Maintainer>| item.as_ref().map_or(Go::Null, Maintainer::to_go);
        out.list("maintainers", &self.maintainers, maintainers);
        out.text("icon", &self.icon);
        out.text("apiVersion", &self.api_version);
        out.text("condition", &self.condition);
        out.text("tags", &self.tags);
        out.text("appVersion", &self.app_version);
        out.flag("deprecated", self.deprecated);
        out.map("annotations", &self.annotations);
        out.text("kubeVersion", &self.kube_version);
        let dependencies = |item: &Option<Dependency>| item.as_ref().map_or(Go::Null, Dependency::to_go);
        out.list("dependencies", &self.dependencies, dependencies);
        out.text("type", &self.type_);
        out.0
    }
}

/// JSON names of all fields.
const FIELDS: &[&str] = &[
    "name",
    "home",
    "sources",
    "version",
    "description",
    "keywords",
    "maintainers",
    "icon",
    "apiVersion",
    "condition",
    "tags",
    "appVersion",
    "deprecated",
    "annotations",
    "kubeVersion",
    "dependencies",
    "type",
];

impl Maintainer {
    fn read(value: &Value, leniency: Leniency) -> Result<Self, String> {
        let mut own = Self::default();
        for (name, value) in fields(value, "Maintainer")? {
            let text = text(value, leniency, name)?.unwrap_or_default();
            match field_of(name, &["name", "email", "url"]) {
                Some("name") => own.name = text,
                Some("email") => own.email = text,
                Some("url") => own.url = text,
                _ if leniency.ignores_unknown => {}
                _ => return Err(unknown(name)),
            }
        }
        Ok(own)
    }

    fn to_go(&self) -> Go {
        let mut out = Fields::default();
        out.text("name", &self.name);
        out.text("email", &self.email);
        out.text("url", &self.url);
        Go::Map(out.0)
    }
}

impl Dependency {
    /// Reads one.
    pub(crate) fn read(value: &Value, leniency: Leniency) -> Result<Self, String> {
        const NAMES: &[&str] =
            &["name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias"];
        let mut own = Self::default();
        for (name, value) in fields(value, "Dependency")? {
            let text = || text(value, leniency, name).map(Option::unwrap_or_default);
            match field_of(name, NAMES) {
                Some("name") => own.name = text()?,
                Some("version") => own.version = text()?,
                Some("repository") => own.repository = text()?,
                Some("condition") => own.condition = text()?,
                Some("alias") => own.alias = text()?,
                Some("tags") => own.tags = texts(value, leniency, name)?,
                Some("enabled") => own.enabled = boolean(value, name)?,
                Some("import-values") => {
                    own.import_values = items(value, name)?.to_vec();
                }
                _ if leniency.ignores_unknown => {}
                _ => return Err(unknown(name)),
            }
        }
        Ok(own)
    }

    /// What tells it from others of the same chart.
    pub(crate) fn key(&self) -> &str {
        if self.alias.is_empty() { &self.name } else { &self.alias }
    }

    /// About how many bytes of memory it takes.
    pub(crate) fn weight(&self) -> u64 {
        let texts = [&self.name, &self.version, &self.repository, &self.condition, &self.alias];
        let length = texts.into_iter().chain(&self.tags).map(|text| size_of::<String>() + text.len());
        let values = self.import_values.iter().map(|value| size_of::<Value>() + value.to_string().len());
        (size_of::<Self>() + length.sum::<usize>() + 4 * values.sum::<usize>()) as u64
    }

    /// Its fields, in Helm's order.
    pub(crate) fn to_go(&self) -> Go {
        let mut out = Fields::default();
        out.0.push(("name".into(), Go::Text(self.name.clone())));
        out.text("version", &self.version);
        out.0.push(("repository".into(), Go::Text(self.repository.clone())));
        out.text("condition", &self.condition);
        out.texts("tags", &self.tags);
        out.flag("enabled", self.enabled);
        out.list("import-values", &self.import_values, |value| Go::from(value));
        out.text("alias", &self.alias);
        Go::Map(out.0)
    }
}

/// Fields that are left out when they are empty.
#[derive(Default)]
pub(super) struct Fields(pub(super) Vec<(String, Go)>);

impl Fields {
    pub(super) fn text(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.0.push((name.to_owned(), Go::Text(text.to_owned())));
        }
    }

    pub(super) fn texts(&mut self, name: &str, texts: &[String]) {
        self.list(name, texts, |text| Go::Text(text.clone()));
    }

    pub(super) fn flag(&mut self, name: &str, flag: bool) {
        if flag {
            self.0.push((name.to_owned(), Go::Bool(true)));
        }
    }

    pub(super) fn list<T>(&mut self, name: &str, items: &[T], item: impl Fn(&T) -> Go) {
        if !items.is_empty() {
            self.0.push((name.to_owned(), Go::List(items.iter().map(item).collect())));
        }
    }

    pub(super) fn map(&mut self, name: &str, map: &BTreeMap<String, String>) {
        if !map.is_empty() {
            let fields = map.iter().map(|(key, text)| (key.clone(), Go::Text(text.clone())));
            self.0.push((name.to_owned(), Go::Map(fields.collect())));
        }
    }
}

/// The field that a name means: Go does not mind the case when no name is exactly so.
pub(super) fn field_of<'a>(name: &str, fields: &[&'a str]) -> Option<&'a str> {
    let exact = fields.iter().find(|field| **field == name);
    exact.or_else(|| fields.iter().find(|field| field.eq_ignore_ascii_case(name))).copied()
}

/// Words for a field that is none.
pub(super) fn unknown(name: &str) -> String {
    format!("json: unknown field {:?}", crate::foreign::clean(name))
}

fn mismatch(value: &Value, name: &str, wanted: &str) -> String {
    let what = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    format!(
        "json: cannot unmarshal {what} into Go struct field {} of type {wanted}",
        crate::foreign::clean(name)
    )
}

/// The fields of an object; none of a null.
pub(super) fn fields<'a>(
    value: &'a Value,
    wanted: &str,
) -> Result<impl Iterator<Item = (&'a str, &'a Value)> + use<'a>, String> {
    let map: Option<&'a Map<String, Value>> = match value {
        Value::Null => None,
        Value::Object(map) => Some(map),
        other => return Err(mismatch(other, wanted, &format!("v2.{wanted}"))),
    };
    Ok(map.into_iter().flatten().map(|(name, value)| (name.as_str(), value)))
}

/// A text; `None` for null, which leaves a field as it is.
pub(super) fn text(value: &Value, leniency: Leniency, name: &str) -> Result<Option<String>, String> {
    Ok(Some(match value {
        Value::Null => return Ok(None),
        Value::String(text) => text.clone(),
        Value::Bool(flag) if leniency.coerces => flag.to_string(),
        Value::Number(number) if leniency.coerces => match number.as_f64() {
            Some(float) if number.is_f64() => go_float(float),
            _ => number.to_string(),
        },
        other => return Err(mismatch(other, name, "string")),
    }))
}

fn boolean(value: &Value, name: &str) -> Result<bool, String> {
    match value {
        Value::Null => Ok(false),
        Value::Bool(flag) => Ok(*flag),
        other => Err(mismatch(other, name, "bool")),
    }
}

/// The elements of a list; none of a null.
pub(super) fn items<'a>(value: &'a Value, name: &str) -> Result<&'a [Value], String> {
    match value {
        Value::Null => Ok(&[]),
        Value::Array(items) => Ok(items),
        other => Err(mismatch(other, name, "[]string")),
    }
}

/// A list of texts.
pub(super) fn texts(value: &Value, leniency: Leniency, name: &str) -> Result<Vec<String>, String> {
    let text = |item| text(item, leniency, name).map(Option::unwrap_or_default);
    items(value, name)?.iter().map(text).collect()
}

/// A map of texts.
pub(super) fn text_map(
    value: &Value,
    leniency: Leniency,
    name: &str,
) -> Result<BTreeMap<String, String>, String> {
    match value {
        Value::Null => Ok(BTreeMap::new()),
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| {
                Ok((key.clone(), text(value, leniency, name)?.unwrap_or_default()))
            };
            map.iter().map(entry).collect()
        }
        other => Err(mismatch(other, name, "map[string]string")),
    }
}

/// A list of structures, of which some may be null.
fn list<T>(
    value: &Value,
    name: &str,
    read: impl Fn(&Value) -> Result<T, String>,
) -> Result<Vec<Option<T>>, String> {
    let read = |item: &Value| if item.is_null() { Ok(None) } else { read(item).map(Some) };
    items(value, name)?.iter().map(read).collect()
}

/// Spaces become blanks, and what cannot be printed goes.
fn sanitise(text: &mut String) {
    let is_odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
            || matches!(c, '\u{e000}'..='\u{f8ff}')
    };
    if text.chars().any(|c| is_odd(c) || (c != ' ' && c.is_whitespace())) {
        let clean = text.chars().filter_map(|c| match c {
            c if c.is_whitespace() => Some(' '),
            c if is_odd(c) => None,
            c => Some(c),
        });
        *text = clean.collect();
    }
}
