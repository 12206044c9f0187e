//! The walk through two objects at once. What is the same on both sides is not entered.

use super::lenient;
use super::masking::{Masking, Showing, Shown, holds_values, is_secret_within};
use super::owners::{ListKind, Owners, Writer};
use super::places::places;
use api::labels::APPLY_MANAGER;
use api::managed_fields::applied_by;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use manifest::foreign::line;
use manifest::is_built_in;
use serde_json::{Map, Value};
use std::cell::LazyCell;
use std::collections::BTreeSet;

/// More of them than this are not looked for in one object.
pub const MOST: usize = 1_000;
/// Characters of a field manager's name that are shown; the API server takes no more.
const LONGEST_MANAGER: usize = 128;

/// Of metadata what is declared and not kept by the API server.
const METADATA: [&str; 4] = ["labels", "annotations", "finalizers", "ownerReferences"];
/// Groups of the API server itself that are not in client-go's scheme.
const DEFINITIONS: [&str; 2] = ["apiextensions.k8s.io", "apiregistration.k8s.io"];
/// Maps whose entries are told one by one, also where the other side has no map at all.
const FLAT: [&str; 3] = ["data", "stringData", "binaryData"];

/// One field in which two objects differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// JSON pointer (RFC 6901), of at most 256 characters. An element of a list has the index that it has in the desired
    /// object, or in the live one where only that has it.
    pub pointer: String,
    /// What should be there; none where nothing should.
    pub desired: Option<Shown>,
    /// What is there; none where nothing is.
    pub live: Option<Shown>,
    /// The field manager that set the live value, or took it away, if managedFields tell. Others go before ourselves.
    pub manager: Option<String>,
    /// When that manager last wrote the object.
    pub time: Option<Timestamp>,
    /// The way to it, with nothing taken out.
    pub(crate) path: Vec<String>,
}

impl Difference {
    /// Both values on one line each, of at most `max` characters. Where they are longer and begin alike, what is shown
    /// begins shortly before they part.
    #[must_use]
    pub fn excerpts(&self, max: usize) -> (Option<String>, Option<String>) {
        let text = |shown: &Option<Shown>| shown.as_ref().map(ToString::to_string);
        let (desired, live) = (text(&self.desired), text(&self.live));
        let skipped = match (&desired, &live) {
            (Some(desired), Some(live)) if desired.chars().count().max(live.chars().count()) > max => {
                let alike = desired.chars().zip(live.chars()).take_while(|(one, other)| one == other).count();
                if alike > max / 2 { alike - max / 4 } else { 0 }
            }
            _ => 0,
        };
        let cut = |text: String| {
            let lead = if skipped == 0 { "" } else { "…" };
            let rest: String = lead.chars().chain(text.chars().skip(skipped)).collect();
            line(&rest, max).into_owned()
        };
        (desired.map(cut), live.map(cut))
    }
}

/// What counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// What the desired object names, as its author wrote it.
    Declared,
    /// The same of an object that is known to be the one that we applied last: what we still own is not looked at.
    Applied,
    /// What either has, as the API server wrote it.
    All,
    /// What only the live one has, and one of the entries owns.
    Owned,
}

/// See the module.
pub(super) struct Walk<'a> {
    extent: Extent,
    masking: &'a Masking,
    entries: &'a [ManagedFieldsEntry],
    path: Vec<String>,
    /// The API server has a type for objects of the kind, and writes some values in its own way.
    is_typed: bool,
    /// It is among the values of a Secret that stands within the object.
    is_veiled: bool,
    found: Vec<Difference>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(extent: Extent, masking: &'a Masking, entries: &'a [ManagedFieldsEntry]) -> Self {
        // Without an entry of ours nothing is known of what we applied.
        let extent = match extent {
            Extent::Applied if applied_by(entries, APPLY_MANAGER).is_none() => Extent::Declared,
            extent => extent,
        };
        let (path, found) = (Vec::new(), Vec::new());
        Self { extent, masking, entries, path, is_typed: true, is_veiled: false, found }
    }

    /// Compares two objects.
    pub(super) fn objects(mut self, desired: &Value, live: &Value) -> Vec<Difference> {
        let showing = Showing::of(self.masking, desired, live);
        let owners = Owners::of(self.entries);
        let group = group_of(desired).or_else(|| group_of(live)).unwrap_or_default();
        self.is_typed = is_built_in(group) || DEFINITIONS.contains(&group);
        let empty = Map::new();
        let (desired, live) = (desired.as_object().unwrap_or(&empty), live.as_object().unwrap_or(&empty));
        for name in self.names(desired, live) {
            let (one, other) = (desired.get(&name), live.get(&name));
            match name.as_str() {
                "apiVersion" | "kind" | "status" => {}
                "metadata" => self.metadata(&showing, one, other, &owners.field("metadata")),
                _ => self.named(&showing, &name, (one, other), &owners, FLAT.contains(&name.as_str())),
            }
        }
        self.found
    }

    fn metadata(
        &mut self,
        showing: &Showing<'_>,
        desired: Option<&Value>,
        live: Option<&Value>,
        owners: &Owners<'_>,
    ) {
        self.path.push("metadata".to_owned());
        for part in METADATA {
            let part_of =
                |metadata: Option<&'_ Value>| metadata.and_then(|metadata| metadata.get(part)).cloned();
            let (one, other) = (part_of(desired), part_of(live));
            if !self.is_of_desired() || one.is_some() {
                let is_flat = matches!(part, "labels" | "annotations");
                self.named(showing, part, (one.as_ref(), other.as_ref()), owners, is_flat);
            }
        }
        self.path.pop();
    }

    /// Names on either side that count, the desired object's first.
    fn names(&self, desired: &Map<String, Value>, live: &Map<String, Value>) -> Vec<String> {
        let more = live.keys().filter(|name| !self.is_of_desired() && !desired.contains_key(*name));
        desired.keys().chain(more).cloned().collect()
    }

    /// Whether only what the desired object names counts.
    const fn is_of_desired(&self) -> bool {
        matches!(self.extent, Extent::Declared | Extent::Applied)
    }

    /// A field of a map. A flat map's entries are told one by one.
    fn named(
        &mut self,
        showing: &Showing<'_>,
        name: &str,
        (desired, live): (Option<&Value>, Option<&Value>),
        owners: &Owners<'_>,
        is_flat: bool,
    ) {
        if desired == live || self.found.len() >= MOST {
            return;
        }
        let owners = owners.field(name);
        self.path.push(name.to_owned());
        let empty = Value::Object(Map::new());
        let absent = |value: Option<&Value>| value.is_none_or(Value::is_null);
        let is_map = |value: Option<&Value>| absent(value) || value.is_some_and(Value::is_object);
        if is_flat && is_map(desired) && is_map(live) {
            let (desired, live) = (desired.filter(|v| v.is_object()), live.filter(|v| v.is_object()));
            self.maps(showing, desired.unwrap_or(&empty), live.unwrap_or(&empty), &owners);
        } else {
            self.values(showing, desired, live, &owners);
        }
        self.path.pop();
    }

    fn values(
        &mut self,
        showing: &Showing<'_>,
        desired: Option<&Value>,
        live: Option<&Value>,
        owners: &Owners<'_>,
    ) {
        match (desired, live) {
            _ if self.extent == Extent::Applied && owners.is_ours() => {}
            (Some(one @ Value::Object(_)), Some(other @ Value::Object(_))) => {
                self.maps(showing, one, other, owners);
            }
            (Some(Value::Array(one)), Some(Value::Array(other))) => self.lists(showing, one, other, owners),
            _ if self.is_same(desired, live) => {}
            _ => self.tell(showing, desired, live, owners),
        }
    }

    fn is_same(&self, desired: Option<&Value>, live: Option<&Value>) -> bool {
        if desired == live {
            return true;
        }
        if !self.is_of_desired() {
            // The server writes no null but where one was sent, and means nothing by it.
            return desired.is_none_or(Value::is_null) && live.is_none_or(Value::is_null);
        }
        match (desired, live) {
            (None, _) => true,
            // Of what we applied, what the server leaves out is ours.
            (Some(desired), None) => {
                let may_be_left_out = self.is_typed && self.extent == Extent::Declared;
                desired.is_null() || may_be_left_out && !self.is_in_flat_map() && lenient::is_nothing(desired)
            }
            (Some(desired), Some(live)) => {
                let may_be_quantity = self.is_typed && !self.is_in_flat_map();
                lenient::is_same(desired, live)
                    || may_be_quantity && lenient::is_same_quantity(&self.path, desired, live)
            }
        }
    }

    /// Whether the path leads to an entry of a map of texts, in which an empty text is one.
    fn is_in_flat_map(&self) -> bool {
        let [.., parent, _] = self.path.as_slice() else { return false };
        FLAT.contains(&parent.as_str()) || matches!(parent.as_str(), "labels" | "annotations" | "matchLabels")
    }

    fn maps(&mut self, showing: &Showing<'_>, desired: &Value, live: &Value, owners: &Owners<'_>) {
        let has_values = is_secret_within(desired) || is_secret_within(live);
        let (Value::Object(desired), Value::Object(live)) = (desired, live) else { return };
        for name in self.names(desired, live) {
            let before = self.is_veiled;
            self.is_veiled |= has_values && holds_values(&name);
            self.named(showing, &name, (desired.get(&name), live.get(&name)), owners, false);
            self.is_veiled = before;
        }
    }

    fn lists(&mut self, showing: &Showing<'_>, desired: &[Value], live: &[Value], owners: &Owners<'_>) {
        match owners.list_kind() {
            ListKind::Keyed(keys) => self.pairs(showing, desired, live, owners, Some(&keys)),
            ListKind::Set => self.pairs(showing, desired, live, owners, None),
            ListKind::Atomic if desired.len() == live.len() => {
                for (index, (one, other)) in desired.iter().zip(live).enumerate() {
                    if one != other {
                        self.element(showing, index, Some(one), Some(other), &owners.element(index));
                    }
                }
            }
            ListKind::Atomic => self.whole(showing, desired, live, owners),
        }
    }

    /// Elements that are told apart by something else than their place. Who owns one is looked up where it differs: lists
    /// may be long.
    fn pairs(
        &mut self,
        showing: &Showing<'_>,
        desired: &[Value],
        live: &[Value],
        owners: &Owners<'_>,
        keys: Option<&[String]>,
    ) {
        let elements = LazyCell::new(|| owners.elements());
        let places = places(keys, desired, live);
        let before = self.found.len();
        for (index, (one, place)) in desired.iter().zip(&places).enumerate() {
            match place.and_then(|place| live.get(place)) {
                Some(other) if other == one => {}
                Some(other) => self.element(showing, index, Some(one), Some(other), &elements.of(other)),
                None => self.element(showing, index, Some(one), None, &Owners::default()),
            }
        }
        let is_turned = !places.iter().flatten().is_sorted();
        if !self.is_of_desired() {
            let taken: BTreeSet<usize> = places.into_iter().flatten().collect();
            for (at, other) in live.iter().enumerate().filter(|(at, _)| !taken.contains(at)) {
                self.element(showing, at, None, Some(other), &elements.of(other));
            }
        }
        // An apply puts its elements into its order. Where they differ themselves, that is told.
        if is_turned && self.found.len() == before {
            self.whole(showing, desired, live, owners);
        }
    }

    /// A list as one value.
    fn whole(&mut self, showing: &Showing<'_>, desired: &[Value], live: &[Value], owners: &Owners<'_>) {
        let whole = |items: &[Value]| Value::Array(items.to_vec());
        self.tell(showing, Some(&whole(desired)), Some(&whole(live)), owners);
    }

    fn element(
        &mut self,
        showing: &Showing<'_>,
        index: usize,
        desired: Option<&Value>,
        live: Option<&Value>,
        owners: &Owners<'_>,
    ) {
        if desired == live || self.found.len() >= MOST {
            return;
        }
        self.path.push(index.to_string());
        if desired.is_some() && live.is_some() {
            self.values(showing, desired, live, owners);
        } else {
            self.tell(showing, desired, live, owners);
        }
        self.path.pop();
    }

    fn tell(
        &mut self,
        showing: &Showing<'_>,
        desired: Option<&Value>,
        live: Option<&Value>,
        owners: &Owners<'_>,
    ) {
        let setter = owners.setter();
        if self.extent == Extent::Owned && (desired.is_some() || setter.is_none()) {
            return;
        }
        let (desired, live) = match self.is_veiled {
            true => (desired.map(|_| Shown::Hidden), live.map(|_| Shown::Hidden)),
            false => showing.both(&self.path, desired, live),
        };
        let writer = setter.or_else(|| Writer::last_after_ours(self.entries));
        self.found.push(Difference {
            pointer: showing.pointer(&self.path),
            desired,
            live,
            manager: writer
                .filter(|writer| !writer.manager.is_empty())
                .map(|writer| line(writer.manager, LONGEST_MANAGER).into_owned()),
            time: writer.and_then(|writer| writer.time),
            path: self.path.clone(),
        });
    }
}

/// The group in an object's `apiVersion`; none where it has none.
fn group_of(object: &Value) -> Option<&str> {
    let api_version = object.get("apiVersion")?.as_str()?;
    Some(api_version.split_once('/').map_or("", |(group, _)| group))
}
