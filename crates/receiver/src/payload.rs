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

/// A Go program reads an object, whatever its other fields are; what comes behind it is not looked at.
fn reads<T: DeserializeOwned>(body: &[u8]) -> bool {
    let mut values = serde_json::Deserializer::from_slice(body).into_iter::<T>();
    is_object(body) && values.next().is_some_and(|value| value.is_ok())
}

/// Lists, too, would be taken for the fields in their order.
fn is_object(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'{')
}

pub(crate) fn is_quay(body: &[u8]) -> bool {
    reads::<Quay>(body)
}

pub(crate) fn is_docker_hub(body: &[u8]) -> bool {
    reads::<DockerHub>(body)
}

pub(crate) fn is_nexus(body: &[u8]) -> bool {
    is_object(body) && serde_json::from_slice::<Nexus>(body).is_ok()
}

pub(crate) fn is_acr(body: &[u8]) -> bool {
    reads::<Acr>(body)
}

/// What Google's registries say, out of the message of Pub/Sub that it is packed in.
pub(crate) fn gcr(body: &[u8]) -> Option<Map<String, Value>> {
    let pushed: Pushed = serde_json::from_slice(body).ok()?;
    let data = STANDARD.decode(pushed.message.data).ok()?;
    let Image { action, digest, tag } = serde_json::from_slice(&data).ok()?;
    Some(
        [("action", action), ("digest", digest), ("tag", tag)]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), Value::String(value)))
            .collect(),
    )
}

/// Whether it has what every CDEvent has. The rest of a subject, which depends on the type, is not looked at.
pub(crate) fn is_cd_event(body: &[u8]) -> bool {
    let Ok(CdEvent { context, subject }) = serde_json::from_slice::<CdEvent>(body) else { return false };
    let said = [&context.version, &context.id, &context.source, &subject.id];
    said.iter().all(|text| !text.is_empty())
        && is_cd_type(&context.type_)
        && context.timestamp.parse::<jiff::Timestamp>().is_ok()
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
