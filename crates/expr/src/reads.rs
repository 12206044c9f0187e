//! Which fields of its variables an expression reads. It is said of the text alone: what is reached only for some objects
//! counts as read, and where a field cannot be known, all that is beside it.

use std::collections::BTreeSet;

use crate::ast::{Call, Kind, Node, Step, StepKind};

/// The paths that are read, sorted.
pub(crate) fn reads(root: &Node) -> Vec<Vec<String>> {
    let mut reader = Reader { locals: Vec::new(), paths: BTreeSet::new() };
    reader.node(root);
    reader.paths.into_iter().collect()
}

struct Reader<'a> {
    /// What macros have bound: parts of what is read whole already.
    locals: Vec<&'a str>,
    paths: BTreeSet<Vec<String>>,
}

impl<'a> Reader<'a> {
    fn node(&mut self, node: &'a Node) {
        match &node.kind {
            Kind::Literal(_) => {}
            Kind::Name(name) => self.read(name, &[], None),
            Kind::List(elements) => elements.iter().for_each(|(_, element)| self.node(element)),
            Kind::Map(entries) => {
                for entry in entries {
                    self.node(&entry.key);
                    self.node(&entry.value);
                }
            }
            Kind::Member(base, steps) => self.member(base, steps, None),
            Kind::Call(call) => self.call(call),
            Kind::Not(operand) | Kind::Negate(operand) => self.node(operand),
            Kind::Chain(first, links) => {
                self.node(first);
                links.iter().for_each(|link| self.node(&link.operand));
            }
            Kind::All(operands) | Kind::Any(operands) => {
                operands.iter().for_each(|operand| self.node(operand));
            }
            Kind::Choose(branches, otherwise) => {
                for (condition, value) in branches {
                    self.node(condition);
                    self.node(value);
                }
                self.node(otherwise);
            }
            Kind::Has(operand, field) => match &operand.kind {
                Kind::Name(name) => self.read(name, &[], Some(&**field)),
                Kind::Member(base, steps) => self.member(base, steps, Some(&**field)),
                _ => self.node(operand),
            },
        }
    }

    fn call(&mut self, call: &'a Call) {
        call.arguments.iter().for_each(|argument| self.node(argument));
    }

    /// What is done with a value, and a field of the result that is looked for.
    fn member(&mut self, base: &'a Node, steps: &'a [Step], has: Option<&str>) {
        match &base.kind {
            Kind::Name(name) => self.read(name, steps, has),
            _ => self.node(base),
        }
        steps.iter().for_each(|step| self.step(step));
    }

    fn step(&mut self, step: &'a Step) {
        match &step.kind {
            StepKind::Field { .. } => {}
            StepKind::Index { index, .. } => self.node(index),
            StepKind::Call(call) => self.call(call),
            StepKind::Fold { name, body, .. } | StepKind::OptMap { name, body, .. } => {
                self.bound(name, &[body]);
            }
            StepKind::MapIf { name, condition, body } => self.bound(name, &[condition, body]),
        }
    }

    fn bound(&mut self, name: &'a str, bodies: &[&'a Node]) {
        self.locals.push(name);
        bodies.iter().for_each(|body| self.node(body));
        self.locals.pop();
    }

    fn read(&mut self, name: &str, steps: &[Step], has: Option<&str>) {
        if self.locals.contains(&name) {
            return;
        }
        let mut path = vec![name.to_owned()];
        path.extend(steps.iter().map_while(Step::constant).map(str::to_owned));
        // Behind an index or a call the field is one of something that is read whole.
        if path.len() == steps.len() + 1 {
            path.extend(has.map(str::to_owned));
        }
        self.paths.insert(path);
    }
}

#[cfg(test)]
mod tests;
