//! What the bodies of senders have to be who sign nothing, or of whom Flux asks for it besides. Fields that are not named
//! here may be whatever they are, and are not kept.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

#[derive(Deserialize)]
struct Quay {
    #[serde(rename = "docker_url", default)]
    _docker_url: Option<String>,
    #[serde(rename = "updated_tags", default)]
    _updated_tags: Option<Tags>,
}

/// A list of texts, of which none is kept.
struct Tags;

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> serde::de::Visitor<'de> for Each {
            type Value = Tags;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list of texts")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<Tags, A::Error> {
                while items.next_element::<Option<String>>()?.is_some() {}
                Ok(Tags)
            }
        }
        deserializer.deserialize_seq(Each)
    }
}

#[derive(Deserialize)]
struct DockerHub {
    #[serde(rename = "push_data", default)]
    _push_data: Option<Tagged>,
    #[serde(rename = "repository", default)]
    _repository: Option<Repository>,
}

#[derive(Deserialize)]
struct Tagged {
    #[serde(rename = "tag", default)]
    _tag: Option<String>,
}

#[derive(Deserialize)]
struct Repository {
    #[serde(rename = "repo_url", default)]
    _repo_url: Option<String>,
}

#[derive(Deserialize)]
struct Nexus {
    #[serde(rename = "action", default)]
    _action: Option<String>,
    #[serde(rename = "repositoryName", default)]
    _repository_name: Option<String>,
}

#[derive(Deserialize)]
struct Acr {
    #[serde(rename = "action", default)]
    _action: Option<String>,
    #[serde(rename = "target", default)]
    _target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    #[serde(rename = "repository", default)]
    _repository: Option<String>,
    #[serde(rename = "tag", default)]
    _tag: Option<String>,
}

#[derive(Deserialize)]
struct Pushed {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    data: String,
}

#[derive(Deserialize)]
struct Image {
    #[serde(default)]
    action: String,
    #[serde(default)]
    digest: String,
    #[serde(default)]
    tag: String,
}

#[derive(Deserialize)]
struct CdEvent {
    context: Context,
    subject: Subject,
}

#[derive(Deserialize)]
struct Context {
    #[serde(alias = "specversion")]
    version: String,
    id: String,
    source: String,
    #[serde(rename = "type")]
    type_: String,
    timestamp: String,
}

#[derive(Deserialize)]
struct Subject {
    id: String,
}

/// What is wrong with a body; where, but not what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadFault {
    /// Something else.
    #[error("it is no JSON object")]
    NoObject,
    /// It begins as one.
    #[error("it is no JSON at line {0}, column {1}")]
    Syntax(usize, usize),
    /// An object in it has other fields.
    #[error("a field is missing or of another type, at line {0}, column {1}")]
    Fields(usize, usize),
    /// A field has a value that it cannot have.
    #[error("{0} is empty or malformed")]
    Value(&'static str),
}

impl From<serde_json::Error> for PayloadFault {
    /// The reader's own words may quote the body.
    fn from(error: serde_json::Error) -> Self {
        let fault = if error.is_data() { Self::Fields } else { Self::Syntax };
        fault(error.line(), error.column())
    }
}

/// Reads an object; lists, too, would be taken for the fields in their order.
fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, PayloadFault> {
    object(body)?;
    Ok(serde_json::from_slice(body)?)
}

/// As a Go program reads an object: what comes behind it is not looked at.
fn reads<T: DeserializeOwned>(body: &[u8]) -> Result<(), PayloadFault> {
    object(body)?;
    let mut values = serde_json::Deserializer::from_slice(body).into_iter::<T>();
    values.next().ok_or(PayloadFault::NoObject)?.map(drop).map_err(Into::into)
}

fn object(body: &[u8]) -> Result<(), PayloadFault> {
    if body.trim_ascii_start().first() == Some(&b'{') { Ok(()) } else { Err(PayloadFault::NoObject) }
}

pub(crate) fn quay(body: &[u8]) -> Result<(), PayloadFault> {
    reads::<Quay>(body)
}

pub(crate) fn docker_hub(body: &[u8]) -> Result<(), PayloadFault> {
    reads::<DockerHub>(body)
}

pub(crate) fn nexus(body: &[u8]) -> Result<(), PayloadFault> {
    read::<Nexus>(body).map(drop)
}

pub(crate) fn acr(body: &[u8]) -> Result<(), PayloadFault> {
    reads::<Acr>(body)
}

/// What Google's registries say, out of the message of Pub/Sub that it is packed in.
pub(crate) fn gcr(body: &[u8]) -> Result<Map<String, Value>, PayloadFault> {
    const DATA: PayloadFault = PayloadFault::Value("message.data");
    let pushed: Pushed = read(body)?;
    let data = STANDARD.decode(pushed.message.data).map_err(|_| DATA)?;
    let Image { action, digest, tag } = read(&data).map_err(|_| DATA)?;
    let fields = [("action", action), ("digest", digest), ("tag", tag)];
    Ok(fields.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect())
}

/// Whether it has what every CDEvent has. The rest of a subject, which depends on the type, is not looked at.
pub(crate) fn cd_event(body: &[u8]) -> Result<(), PayloadFault> {
    let CdEvent { context, subject } = read(body)?;
    let is_time = context.timestamp.parse::<jiff::Timestamp>().is_ok();
    let values = [
        ("context.version", !context.version.is_empty()),
        ("context.id", !context.id.is_empty()),
        ("context.source", !context.source.is_empty()),
        ("context.type", is_cd_type(&context.type_)),
        ("context.timestamp", is_time),
        ("subject.id", !subject.id.is_empty()),
    ];
    let wrong = values.into_iter().find(|(_, is_right)| !is_right);
    wrong.map_or(Ok(()), |(name, _)| Err(PayloadFault::Value(name)))
}

/// `dev.cdevents.SUBJECT.PREDICATE.VERSION`, or `dev.cdeventsx.TOOL-SUBJECT.PREDICATE.VERSION` of others.
fn is_cd_type(text: &str) -> bool {
    let rest = text.strip_prefix("dev.cdevents.").or_else(|| text.strip_prefix("dev.cdeventsx."));
    let Some(rest) = rest else { return false };
    let mut parts = rest.splitn(3, '.');
    let mut word = || parts.next().unwrap_or_default();
    let (subject, predicate, version) = (word(), word(), word());
    let core = version.split(['-', '+']).next().unwrap_or_default();
    let numbers: Vec<&str> = core.split('.').collect();
    let is_number = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    !subject.is_empty() && !predicate.is_empty() && numbers.len() == 3 && numbers.iter().all(is_number)
}
