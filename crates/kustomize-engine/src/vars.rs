//! `vars`: values of fields put in place of `$(NAME)`, at the very end of a build.

use std::cell::Cell;
use std::collections::BTreeMap;

use manifest::yaml::{Node, Scalar, Style, Tag, go_float};

use crate::edit;
use crate::error::{Error, Result};
use crate::fields;
use crate::fieldspec::{self, Create, FieldSpec};
use crate::id::Id;
use crate::kustomization::Var;
use crate::resmap::ResMap;
use crate::work::Growth;

/// Objects that are looked at for one step.
const OBJECTS_PER_STEP: usize = 4;

/// A value that can stand for a variable.
#[derive(Debug, Clone)]
enum VarValue {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// A map or list, which leaves references as they are.
    Other,
}

/// Values by name, and whether anything has referred to them.
type Values = BTreeMap<String, (VarValue, Cell<bool>)>;

/// The vars of a build so far.
#[derive(Debug, Default)]
pub(crate) struct Vars(BTreeMap<String, Var>);

impl Vars {
    /// Adds the vars of one kustomization and binds them to the objects they name.
    pub(crate) fn add(&mut self, map: &mut ResMap, vars: &[Var]) -> Result<()> {
        let work = map.work().clone();
        for var in vars {
            work.step(1)?;
            let id = target_id(var);
            let positions: Vec<usize> = if id.namespace.is_empty() {
                work.step(map.len() / OBJECTS_PER_STEP)?;
                map.iter()
                    .enumerate()
                    .filter(|(_, r)| {
                        !r.is_nil_or_empty() && r.ids().any(|other| id.same_but_namespace(other))
                    })
                    .map(|(i, _)| i)
                    .collect()
            } else {
                map.by_any_id(&id).to_vec()
            };
            match *positions.as_slice() {
                [] => {}
                [position] => {
                    map.change(position, |resource| {
                        resource.vars.push(var.name.clone());
                        Ok(())
                    })?;
                }
                _ => {
                    return Err(Error::input(format!(
                        "found {} resId matches for var {} (unable to disambiguate)",
                        positions.len(),
                        var.name
                    )));
                }
            }
        }
        vars.iter().try_for_each(|var| self.insert(var.clone()))
    }

    /// Adds the vars of a base.
    pub(crate) fn merge(&mut self, other: Self) -> Result<()> {
        other.0.into_values().try_for_each(|var| self.insert(var))
    }

    fn insert(&mut self, var: Var) -> Result<()> {
        if self.0.contains_key(&var.name) {
            return Err(Error::input(format!("var '{}' already encountered", var.name)));
        }
        self.0.insert(var.name.clone(), var);
        Ok(())
    }

    /// Puts the values in; gives the names of those that nothing refers to.
    pub(crate) fn resolve(&self, map: &mut ResMap, specs: &[FieldSpec]) -> Result<Vec<String>> {
        if self.0.is_empty() {
            return Ok(Vec::new());
        }
        let mut values = Values::new();
        let mut held = map.work().nothing();
        for var in self.0.values() {
            map.work().step(1 + (map.len() + self.0.len()) / OBJECTS_PER_STEP)?;
            let Some(resource) = map.iter().find(|resource| resource.vars.contains(&var.name)) else {
                let known = map.iter().any(|resource| resource.ids().any(|id| *id.kind == *var.obj_ref.kind));
                return Err(Error::input(format!(
                    "var '{}' cannot be mapped to a field in the set of known resources",
                    describe(var, known)
                )));
            };
            let path =
                if var.field_ref.field_path.is_empty() { "metadata.name" } else { &var.field_ref.field_path };
            let value = field_value(resource.node(), path).ok_or_else(|| {
                Error::input(format!(
                    "field specified in var '{}' not found in corresponding resource",
                    describe(var, true)
                ))
            })?;
            if let VarValue::Text(text) = &value {
                held.add(text.len())?;
            }
            values.insert(var.name.clone(), (value, Cell::new(false)));
        }
        let growth = Growth::new(map.work());
        for resource in map.iter_mut() {
            growth.work().glance(resource.weight())?;
            fieldspec::charge(specs, growth.work())?;
            let id = resource.id().clone();
            resource.edit(|node| {
                specs.iter().try_for_each(|spec| {
                    fieldspec::apply(spec, &id, node, Create::Nothing, &mut |field| {
                        substitute(field, &values, &growth)
                    })
                })
            })?;
        }
        map.grown(growth.into_bytes())?;
        Ok(values.into_iter().filter(|(_, (_, used))| !used.get()).map(|(name, _)| name).collect())
    }
}

/// A var as the original prints it. What is no kind of the build's objects may be anything, and is not shown.
fn describe(var: &Var, is_kind_known: bool) -> String {
    let path = if var.field_ref.field_path.is_empty() { "metadata.name" } else { &var.field_ref.field_path };
    let gvk = if is_kind_known { target_id(var).gvk_string() } else { "(a kind without objects)".to_owned() };
    format!("{{{} {gvk} {{{path}}}}}", var.name)
}

fn target_id(var: &Var) -> Id {
    let target = &var.obj_ref;
    let (mut group, mut version) = (target.group.as_str(), target.version.as_str());
    match target.api_version.split('/').collect::<Vec<_>>().as_slice() {
        [""] => {}
        [only] => version = only,
        [first, second] => (group, version) = (first, second),
        _ => {}
    }
    Id {
        group: group.into(),
        version: version.into(),
        kind: target.kind.as_str().into(),
        name: target.name.as_str().into(),
        namespace: target.namespace.as_str().into(),
        cluster: false,
    }
}

/// The value at a path; `ports[0]` is `ports` and `0`.
fn field_value(node: &Node, path: &str) -> Option<VarValue> {
    let mut parts = Vec::new();
    for part in fields::split(path) {
        match part.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')) {
            Some((name, index)) if !index.is_empty() && index.bytes().all(|b| b.is_ascii_digit()) => {
                if !name.is_empty() {
                    parts.push(name.to_owned());
                }
                parts.push(index.to_owned());
            }
            _ => parts.push(part),
        }
    }
    let Node::Scalar(scalar) = fields::lookup(node, &parts).ok()?? else { return Some(VarValue::Other) };
    match scalar.tag {
        Tag::Int => scalar.text.parse().ok().map(VarValue::Int),
        Tag::Float => scalar.text.parse().ok().map(VarValue::Float),
        Tag::Bool => match scalar.text.as_str() {
            "true" | "True" | "TRUE" => Some(VarValue::Bool(true)),
            "false" | "False" | "FALSE" => Some(VarValue::Bool(false)),
            _ => None,
        },
        _ => Some(VarValue::Text(scalar.text.to_string())),
    }
}

fn substitute(field: &mut Node, values: &Values, growth: &Growth) -> Result<()> {
    let is_string = |node: &Node| matches!(node, Node::Scalar(scalar) if edit::is_string(scalar));
    match field {
        Node::Scalar(scalar) => {
            if edit::is_string(scalar) {
                update(scalar, values, growth)?;
            }
        }
        Node::Map(map) => {
            for (key, value) in &mut map.entries {
                if !edit::is_string(key) {
                    return Err(Error::input(format!("invalid map key in line {}", key.line)));
                }
                if let Node::Scalar(scalar) = value
                    && edit::is_string(scalar)
                {
                    update(scalar, values, growth)?;
                }
            }
        }
        Node::Seq(seq) => {
            for item in &mut seq.items {
                if !is_string(item) {
                    return Err(Error::input("invalid value type expect a string"));
                }
                if let Node::Scalar(scalar) = item {
                    update(scalar, values, growth)?;
                }
            }
        }
    }
    Ok(())
}

fn update(scalar: &mut Scalar, values: &Values, growth: &Growth) -> Result<()> {
    growth.work().text(scalar.text.len())?;
    let (text, tag) = match expand(&scalar.text, values, growth)? {
        VarValue::Text(text) => (text, Tag::Str),
        VarValue::Int(int) => (int.to_string(), Tag::Int),
        VarValue::Float(float) => (float.to_string(), Tag::Float),
        VarValue::Bool(bool) => (bool.to_string(), Tag::Bool),
        VarValue::Other => return Ok(()),
    };
    scalar.text = text.into();
    scalar.tag = tag;
    scalar.style = Style::Plain;
    scalar.tagged = false;
    scalar.stamp += 1;
    Ok(())
}

/// Replaces references in a text; one that is the whole text keeps the value's type.
fn expand(text: &str, values: &Values, growth: &Growth) -> Result<VarValue> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        if out.len() > edit::MAX_WEIGHT {
            return Err(Error::Budget { what: "bytes in an object", limit: edit::MAX_WEIGHT });
        }
        out.push_str(before);
        let mut chars = after.chars();
        match chars.next() {
            None => {
                out.push('$');
                rest = "";
            }
            Some('$') => {
                out.push('$');
                rest = chars.as_str();
            }
            Some('(') => match chars.as_str().split_once(')') {
                Some((name, after)) => {
                    let found = values.get(name);
                    if let Some((_, used)) = found {
                        used.set(true);
                    }
                    match found.map(|(value, _)| value) {
                        None | Some(VarValue::Other) => {
                            out.push_str("$(");
                            out.push_str(name);
                            out.push(')');
                        }
                        Some(value) => {
                            let length = if let VarValue::Text(text) = value { text.len() } else { 0 };
                            growth.add(length)?;
                            growth.work().text(length)?;
                            let whole = out.is_empty() && after.is_empty() && rest.len() == text.len();
                            if whole {
                                return Ok(value.clone());
                            }
                            out.push_str(&value_text(value));
                        }
                    }
                    rest = after;
                }
                None => {
                    out.push_str("$(");
                    rest = chars.as_str();
                }
            },
            Some(other) => {
                out.push('$');
                out.push(other);
                rest = chars.as_str();
            }
        }
    }
    out.push_str(rest);
    Ok(VarValue::Text(out))
}

fn value_text(value: &VarValue) -> String {
    match value {
        VarValue::Text(text) => text.clone(),
        VarValue::Int(int) => int.to_string(),
        VarValue::Float(float) => go_float(*float),
        VarValue::Bool(bool) => bool.to_string(),
        VarValue::Other => String::new(),
    }
}
