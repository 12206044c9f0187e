//! The library's rules by group and kind. Most objects are of groups that no file names; for them a few comparisons are all
//! that happens. A file is read when an object of one of its groups is met, and of its rules only those are compiled, and
//! kept, that objects are judged by: a cluster has few of the kinds.

use std::sync::{LazyLock, OnceLock};

use super::files::{FILES, File};
use super::reading::{read, rule_for};
use crate::rules::compiled::CompiledRule;

/// All rules of the library.
#[derive(Debug)]
pub(in crate::rules) struct Library {
    /// Groups, sorted.
    groups: Box<[GroupRules]>,
    /// Groups with their beginning left open, sorted by what is behind it.
    ends: Box<[GroupRules]>,
}

/// The rules for a group.
#[derive(Debug)]
struct GroupRules {
    file: &'static File,
    /// The group as its rules have it.
    group: &'static str,
    /// The kinds that there are rules for, sorted, once the file has been read.
    kinds: OnceLock<Box<[KindRule]>>,
}

/// A kind of a group, or `*` for all, and its rule once it has been asked for; none if it cannot be used.
#[derive(Debug)]
struct KindRule {
    kind: Box<str>,
    rule: OnceLock<Option<Box<CompiledRule>>>,
}

impl Library {
    /// The library that is built in.
    pub(in crate::rules) fn built_in() -> &'static Self {
        static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::of(FILES));
        &LIBRARY
    }

    /// The rule that is exactly for a kind.
    pub(in crate::rules) fn of_kind(&self, group: &str, kind: &str) -> Option<&CompiledRule> {
        let found = self.groups.binary_search_by(|known| known.group.cmp(group)).ok()?;
        self.groups.get(found)?.rule(kind)
    }

    /// The rule for a group or many, the most certain: one that names the whole group before one that names its end, then
    /// one that names the kind. Of two ends the longer is the more certain.
    pub(in crate::rules) fn of_group(&self, group: &str, kind: &str) -> Option<&CompiledRule> {
        self.of_kind(group, kind)
            .or_else(|| self.of_kind(group, "*"))
            .or_else(|| self.above(group).find_map(|rules| rules.rule(kind)))
            .or_else(|| self.above(group).find_map(|rules| rules.rule("*")))
    }

    fn of(files: &'static [File]) -> Self {
        let all =
            files.iter().flat_map(|file| file.groups.iter().map(move |group| GroupRules::of(file, group)));
        let (mut groups, mut ends): (Vec<_>, Vec<_>) = all.partition(|rules| rules.end().is_none());
        groups.sort_unstable_by_key(|rules| rules.group);
        ends.sort_unstable_by_key(GroupRules::end);
        Self { groups: groups.into(), ends: ends.into() }
    }

    /// The rules for ends of a group, itself among them.
    fn above(&self, group: &str) -> impl Iterator<Item = &GroupRules> {
        let ends = std::iter::successors(Some(group), |end| Some(end.split_once('.')?.1));
        ends.filter_map(|end| {
            let found = self.ends.binary_search_by(|known| known.end().cmp(&Some(end))).ok()?;
            self.ends.get(found)
        })
    }
}

impl GroupRules {
    const fn of(file: &'static File, group: &'static str) -> Self {
        Self { file, group, kinds: OnceLock::new() }
    }

    /// What is behind the beginning that is left open, if one is.
    fn end(&self) -> Option<&'static str> {
        self.group.strip_prefix("*.")
    }

    fn rule(&self, kind: &str) -> Option<&CompiledRule> {
        let kinds = self.kinds.get_or_init(|| self.kinds());
        let found = kinds.binary_search_by(|known| (*known.kind).cmp(kind)).ok()?;
        kinds.get(found)?.rule.get_or_init(|| self.compiled(kind).map(Box::new)).as_deref()
    }

    fn kinds(&self) -> Box<[KindRule]> {
        let entries = read(self.file.name, self.file.text).unwrap_or_default();
        let of_group = entries.into_iter().filter(|entry| entry.spec.group == self.group);
        let mut kinds: Vec<String> = of_group.flat_map(|entry| entry.spec.kinds).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds.into_iter().map(|kind| KindRule { kind: kind.into(), rule: OnceLock::new() }).collect()
    }

    /// From the text once more: an entry is as large as its rule, and is needed once.
    fn compiled(&self, kind: &str) -> Option<CompiledRule> {
        let entries = read(self.file.name, self.file.text).ok()?;
        let is_for = |known: &String| known == kind;
        let entry = entries
            .into_iter()
            .find(|entry| entry.spec.group == self.group && entry.spec.kinds.iter().any(is_for))?;
        rule_for(entry.spec, kind).ok()
    }
}

#[cfg(test)]
mod tests;
