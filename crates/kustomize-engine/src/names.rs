//! Name references: after all renames, fields that name objects follow. Source: contracts/kustomize-engine.md 4.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use manifest::yaml::{Map, Node, Scalar, Style};

use crate::edit;
use crate::error::{Error, Result, Within as _};
use crate::fieldspec::config::Reference;
use crate::fieldspec::{self, Create, FieldSpec, GvkFilter};
use crate::id::Id;
use crate::resmap::ResMap;
use crate::resource::{Affixes, Resource};
use crate::work::{Held, Work};

/// Candidates, or rows of fields that refer, that are looked at for one step.
const LOOKED_AT_PER_STEP: usize = 8;

/// Objects that a message names at most.
const MOST_SHOWN: usize = 20;

/// How much the fields of a kind that refer weigh, and which they are.
type OfKind<'a> = (usize, Vec<(&'a GvkFilter, &'a FieldSpec)>);

/// Brings all references up to date.
pub(crate) fn fix(map: &mut ResMap, references: &[Reference]) -> Result<()> {
    let work = map.work().clone();
    let candidates = Candidates::new(map, &work)?;
    // Rows by the kind of the referrer; rows for any kind are in the list of the empty one.
    let mut rows: HashMap<&str, Vec<(usize, usize)>> = HashMap::new();
    for (i, reference) in references.iter().enumerate() {
        for (j, referrer) in reference.referrers.iter().enumerate() {
            rows.entry(&*referrer.gvk.kind).or_default().push((i, j));
        }
    }
    // Objects of one kind have the same fields that refer.
    let mut held = work.nothing();
    let mut known: HashMap<[Arc<str>; 3], OfKind<'_>> = HashMap::new();
    for position in 0..map.len() {
        let Some(resource) = map.get(position) else { continue };
        let original = resource.original_id();
        let kind = [original.group.clone(), original.version.clone(), original.kind.clone()];
        let (own, filters) = match known.entry(kind) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let (own, filters) = filters_of(original, references, &rows);
                held.add(filters.len() * size_of::<(&GvkFilter, &FieldSpec)>())?;
                entry.insert((own, filters))
            }
        };
        work.step(1 + *own / LOOKED_AT_PER_STEP)?;
        if filters.is_empty() {
            continue;
        }
        let referrer = Referrer::new(resource)?;
        map.change(position, |resource| {
            resource.edit(|node| {
                for (target, spec) in filters.iter().copied() {
                    let role = role_of(node, spec);
                    let filter =
                        Filter { candidates: &candidates, referrer: &referrer, target, role, work: &work };
                    fieldspec::apply_to_any(spec, &referrer.id, node, Create::Nothing, &mut |field| {
                        filter.set(field)
                    })
                    .within(|| {
                        format!("updating name reference in '{}' field of '{}'", spec.path, referrer.id)
                    })?;
                }
                Ok(())
            })
        })?;
    }
    Ok(())
}

/// How many rows there are for a kind of object, some of them twice; those that are for its group and version.
fn filters_of<'a>(
    original: &Id,
    references: &'a [Reference],
    rows: &HashMap<&str, Vec<(usize, usize)>>,
) -> (usize, Vec<(&'a GvkFilter, &'a FieldSpec)>) {
    let mut own: Vec<(usize, usize)> = Vec::new();
    for kind in [&*original.kind, ""] {
        own.extend(rows.get(kind).into_iter().flatten());
    }
    let count = own.len();
    own.sort_unstable();
    own.dedup();
    let filters = own.into_iter().filter_map(|(i, j)| {
        let reference = references.get(i)?;
        let spec = reference.referrers.get(j)?;
        spec.gvk.selects_id(original).then_some((&reference.target, spec))
    });
    (count, filters.collect())
}

/// What is asked of every object that might be meant.
#[derive(Debug)]
struct Candidate {
    id: Id,
    original_namespace: Arc<str>,
    previous: Vec<Id>,
    affixes: Affixes,
}

#[derive(Debug)]
struct Candidates {
    list: Vec<Candidate>,
    by_previous_name: HashMap<Arc<str>, Vec<usize>>,
    by_original_namespace: HashMap<Arc<str>, Vec<usize>>,
    // Only for its end.
    _held: Held,
}

impl Candidates {
    fn new(map: &ResMap, work: &Work) -> Result<Self> {
        let mut held = work.nothing();
        let mut list = Vec::new();
        // The namespaces that are meant where none is written: there are two.
        let mut stand_ins: Vec<Arc<str>> = Vec::new();
        let mut by_previous_name: HashMap<Arc<str>, Vec<usize>> = HashMap::new();
        let mut by_original_namespace: HashMap<Arc<str>, Vec<usize>> = HashMap::new();
        for (i, resource) in map.iter().enumerate() {
            for id in resource.previous_ids() {
                let positions = by_previous_name.entry(id.name.clone()).or_default();
                if positions.last() != Some(&i) {
                    positions.push(i);
                }
            }
            let original = resource.original_id();
            let original_namespace = match original.effective_namespace() {
                written if *written == *original.namespace => original.namespace.clone(),
                meant => match stand_ins.iter().find(|known| ***known == *meant) {
                    Some(known) => Arc::clone(known),
                    None => {
                        let new = Arc::<str>::from(meant);
                        stand_ins.push(new.clone());
                        new
                    }
                },
            };
            let affixes = resource.affixes();
            held.add(size_of::<Candidate>() + original_namespace.len() + affixes.len())?;
            match by_original_namespace.get_mut(&original_namespace) {
                Some(positions) => positions.push(i),
                None => drop(by_original_namespace.insert(original_namespace.clone(), vec![i])),
            }
            list.push(Candidate {
                id: resource.id().clone(),
                original_namespace,
                previous: resource.previous_ids().to_vec(),
                affixes,
            });
        }
        Ok(Self { list, by_previous_name, by_original_namespace, _held: held })
    }
}

/// The object whose fields are looked at.
struct Referrer {
    id: Id,
    affixes: Affixes,
    /// Namespaces of the service accounts that a role binding names.
    namespaces: Vec<String>,
}

impl Referrer {
    fn new(resource: &Resource) -> Result<Self> {
        let mut namespaces = Vec::new();
        if resource.kind() == "RoleBinding"
            && !resource.id().cluster
            && let Some(Node::Seq(subjects)) = resource.node().get("subjects")
        {
            for subject in &subjects.items {
                let Node::Map(fields) = subject else {
                    // The original panics, as it does below.
                    return Err(Error::input("a subject of a role binding is no map"));
                };
                let account = match (fields.get("namespace"), fields.get("kind")) {
                    (Some(_), Some(kind)) => match kind {
                        Node::Scalar(scalar) if edit::is_string(scalar) => scalar.text == "ServiceAccount",
                        _ => return Err(Error::input("the kind of a role binding's subject is no string")),
                    },
                    _ => false,
                };
                match subject.get("namespace") {
                    Some(namespace) if account => match namespace {
                        Node::Scalar(scalar) if edit::is_string(scalar) => {
                            namespaces.push(scalar.text.to_string());
                        }
                        _ => {
                            return Err(Error::input(format!(
                                "Invalid Input: namespace is blank for resource {:?}\n",
                                resource.id().to_string()
                            )));
                        }
                    },
                    _ => {}
                }
            }
        }
        Ok(Self { id: resource.id().clone(), affixes: resource.affixes(), namespaces })
    }

    /// Whether it may refer to an object at all.
    fn sees(&self, candidate: &Candidate) -> bool {
        self.id.cluster
            || candidate.id.cluster
            || candidate.id.effective_namespace() == self.id.effective_namespace()
            || self.namespaces.iter().any(|namespace| **namespace == *candidate.id.namespace)
    }
}

/// Group and kind that a role binding's `roleRef` states, for the field that names the role.
fn role_of(node: &Node, spec: &FieldSpec) -> Option<GvkFilter> {
    if !spec.path.ends_with("roleRef/name") {
        return None;
    }
    let role = node.get("roleRef")?;
    let text = |field: &str| role.get(field).map(|value| value.text().unwrap_or_default().to_owned().into());
    Some(GvkFilter { group: text("apiGroup")?, kind: text("kind")?, ..GvkFilter::default() })
}

struct Filter<'a> {
    candidates: &'a Candidates,
    referrer: &'a Referrer,
    target: &'a GvkFilter,
    role: Option<GvkFilter>,
    work: &'a Work,
}

impl Filter<'_> {
    fn set(&self, field: &mut Node) -> Result<()> {
        match field {
            Node::Scalar(scalar) if scalar.is_null() => Ok(()),
            Node::Scalar(_) => self.set_scalar(field),
            Node::Map(map) => self.set_map(map),
            Node::Seq(seq) => {
                for item in &mut seq.items {
                    match item {
                        Node::Scalar(scalar) if scalar.is_null() => {}
                        Node::Scalar(_) => self.set_scalar(item)?,
                        Node::Map(map) => self.set_map(map)?,
                        Node::Seq(_) => {
                            return Err(Error::input(
                                "list is expected to be either a string or a map of string",
                            ));
                        }
                    }
                }
                Ok(())
            }
        }
    }

    fn set_scalar(&self, field: &mut Node) -> Result<()> {
        let old = field.text().unwrap_or_default();
        let Some(found) = self.choose(old, None, false)? else { return Ok(()) };
        if *found.id.name == *old {
            return Ok(());
        }
        edit::set_scalar(field, Scalar::untyped(&*found.id.name))
    }

    fn set_map(&self, map: &mut Map) -> Result<()> {
        let Some(name) = map.get("name") else {
            return Err(Error::input("path config error; no 'name' field in node"));
        };
        let old = name.text().unwrap_or_default().to_owned();
        let namespace = map.get("namespace").map(|namespace| namespace.text().unwrap_or_default().to_owned());
        let Some(found) = self.choose(&old, namespace.as_deref(), true)? else { return Ok(()) };
        let (name, namespace) = (&found.id.name, &found.id.namespace);
        if **name == *old && namespace.is_empty() {
            return Ok(());
        }
        edit::put_field(map, "name", Node::Scalar(Scalar::untyped(&**name)), Style::Plain);
        if !namespace.is_empty() {
            edit::put_field(map, "namespace", Node::Scalar(Scalar::untyped(&**namespace)), Style::Plain);
        }
        Ok(())
    }

    /// The object that a name means, if it is one of the target kind that was renamed.
    fn choose(&self, old: &str, namespace: Option<&str>, with_namespace: bool) -> Result<Option<&Candidate>> {
        let named = self.candidates.by_previous_name.get(old).map_or(&[][..], Vec::as_slice);
        if named.is_empty() {
            return Ok(None);
        }
        let same_namespace =
            namespace.and_then(|namespace| self.candidates.by_original_namespace.get(namespace));
        let looked_at = named.len() + same_namespace.map_or(0, Vec::len);
        let accounts = 1 + self.referrer.namespaces.len();
        self.work.step(looked_at.saturating_mul(accounts) / LOOKED_AT_PER_STEP)?;
        let by_original = namespace.map(|namespace| {
            let group = self.candidates.by_original_namespace.get(namespace).map_or(&[][..], Vec::as_slice);
            namespace != crate::id::NO_NAMESPACE
                && group.iter().filter_map(|i| self.candidates.list.get(*i)).any(|c| self.referrer.sees(c))
        });
        let in_namespace = |candidate: &Candidate| match (namespace, by_original) {
            (Some(namespace), Some(true)) => *candidate.original_namespace == *namespace,
            (Some(namespace), _) => !candidate.id.cluster && candidate.id.effective_namespace() == namespace,
            (None, _) => true,
        };
        let mut found: Vec<&Candidate> = named
            .iter()
            .filter_map(|i| self.candidates.list.get(*i))
            .filter(|candidate| self.referrer.sees(candidate) && in_namespace(candidate))
            .filter(|candidate| candidate.previous.iter().any(|id| self.target.selects_id(id)))
            .filter(|candidate| match &self.role {
                Some(role) => candidate.previous.iter().any(|id| role.selects_id(id)),
                None => true,
            })
            .filter(|candidate| {
                self.referrer.id.cluster
                    || candidate.id.cluster
                    || &*candidate.id.kind == "ServiceAccount"
                    || candidate.id.effective_namespace() == self.referrer.id.effective_namespace()
            })
            .collect();
        if let [only] = found.as_slice() {
            return Ok(Some(only));
        }
        found.retain(|candidate| candidate.affixes.matches(&self.referrer.affixes, true));
        if found.len() > 1 {
            found.retain(|candidate| candidate.affixes.matches(&self.referrer.affixes, false));
        }
        let Some((first, rest)) = found.split_first() else { return Ok(None) };
        let same = rest.iter().all(|other| {
            other.id.name == first.id.name && (!with_namespace || other.id.namespace == first.id.namespace)
        });
        if same {
            return Ok(Some(first));
        }
        let ids: Vec<String> =
            found.iter().take(MOST_SHOWN).map(|candidate| candidate.id.to_string()).collect();
        Err(Error::input(format!("found multiple possible referrals: {}", ids.join(", "))))
    }
}
