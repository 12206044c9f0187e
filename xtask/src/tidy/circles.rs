//! That no two files of a crate need each other, not even by way of others: whoever reads one must not have to know all.
//!
//! An edge is a path in code outside of tests: `use crate::…`, `use super::…`, `use self::…`, `crate::a::b` written out,
//! or one that begins with a child module or an imported name. A name that is only re-exported leads to the file that
//! defines it; `mod x;` is no edge, and neither is a module that is imported and not used.
//!
//! Not seen: methods and fields of a type that the file does not name; implementations of traits; what macros put
//! together, and paths in texts (`#[serde(with = "…")]`); modules with a `#[path]`; the arms of a `cfg` other than
//! `test` (all count); binaries beside `lib.rs`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::problem::Problem;
use crate::workspace::TextFile;

mod modules;
mod tokens;

use modules::Modules;

/// Crates that may have circles, and why.
const ALLOWED: [(&str, &str); 0] = [];

/// One problem for every knot of files, and one for every exception that is no longer needed.
pub(super) fn check(sources: &[TextFile]) -> Vec<Problem> {
    check_with(sources, &ALLOWED)
}

fn check_with(sources: &[TextFile], allowed: &[(&str, &str)]) -> Vec<Problem> {
    let mut crates: BTreeMap<&str, Vec<(&str, &TextFile)>> = BTreeMap::new();
    for file in sources {
        if let Some((folder, inner)) = file.path.split_once("/src/") {
            crates.entry(folder).or_default().push((inner, file));
        }
    }
    let mut problems = Vec::new();
    for (folder, files) in crates {
        let circles = circles(&files);
        let exception = allowed.iter().any(|(allowed, _)| *allowed == folder);
        if exception && circles.is_empty() {
            problems.push(Problem::new(folder, "has no circles any more; take it out of tidy/circles.rs"));
        } else if !exception {
            problems.extend(circles.iter().map(|circle| Problem::new(folder, circle.to_string())));
        }
    }
    problems
}

/// Files that need each other.
struct Circle<'a> {
    /// The shortest way around; each needs the next, and the last the first.
    round: Vec<&'a str>,
    /// All that hang together.
    knot: BTreeSet<&'a str>,
}

impl std::fmt::Display for Circle<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a circle of files: {}", self.round.join(" -> "))?;
        if let Some(first) = self.round.first() {
            write!(f, " -> {first}")?;
        }
        let rest: Vec<_> = self.knot.iter().filter(|file| !self.round.contains(file)).copied().collect();
        if rest.is_empty() { Ok(()) } else { write!(f, " (and with them {})", rest.join(", ")) }
    }
}

fn circles<'a>(files: &[(&'a str, &'a TextFile)]) -> Vec<Circle<'a>> {
    let has_library = files.iter().any(|(inner, _)| *inner == "lib.rs");
    let mut read: Vec<_> = files
        .iter()
        .filter_map(|(inner, file)| {
            Some((*inner, module_path(inner, has_library)?, tokens::code(&file.text)))
        })
        .collect();
    let tests: Vec<Vec<&str>> = read
        .iter()
        .flat_map(|(_, path, code)| code.test_modules.iter().map(|name| [path.as_slice(), &[*name]].concat()))
        .collect();
    read.retain(|(_, path, _)| !tests.iter().any(|test| path.starts_with(test)));
    let names: Vec<&str> = read.iter().map(|(inner, ..)| *inner).collect();
    let edges = Modules::new(read.into_iter().map(|(_, path, code)| (path, code)).collect()).edges();
    let reached: Vec<BTreeSet<usize>> = (0..names.len()).map(|from| reach(&edges, from)).collect();
    let mut circles = Vec::new();
    for file in 0..names.len() {
        let knot: BTreeSet<usize> =
            reached[file].iter().copied().filter(|other| reached[*other].contains(&file)).collect();
        if knot.first() == Some(&file) {
            circles.push(Circle {
                round: shortest(&edges, &knot).into_iter().map(|file| names[file]).collect(),
                knot: knot.iter().map(|file| names[*file]).collect(),
            });
        }
    }
    circles
}

/// A file's module from its path below `src`; none for tests and for roots of other crates.
fn module_path(inner: &str, has_library: bool) -> Option<Vec<&str>> {
    let stem = inner.strip_suffix(".rs")?;
    let path: Vec<_> = stem.split('/').collect();
    match path.as_slice() {
        ["lib"] => Some(Vec::new()),
        ["main"] => (!has_library).then(Vec::new),
        ["bin", ..] => None,
        _ => (!path.contains(&"tests")).then_some(path),
    }
}

/// All that can be reached over at least one edge.
fn reach(edges: &[BTreeSet<usize>], from: usize) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(file) = open.pop() {
        open.extend(edges[file].iter().filter(|next| reached.insert(**next)));
    }
    reached
}

/// The shortest way around within a knot.
fn shortest(edges: &[BTreeSet<usize>], knot: &BTreeSet<usize>) -> Vec<usize> {
    knot.iter().filter_map(|start| round(edges, *start)).min_by_key(Vec::len).unwrap_or_default()
}

/// The shortest way from a file back to itself.
fn round(edges: &[BTreeSet<usize>], start: usize) -> Option<Vec<usize>> {
    let mut seen = BTreeSet::new();
    let mut open = VecDeque::from([vec![start]]);
    while let Some(way) = open.pop_front() {
        for next in way.last().into_iter().flat_map(|last| &edges[*last]) {
            if *next == start {
                return Some(way);
            }
            if seen.insert(*next) {
                open.push_back([way.as_slice(), &[*next]].concat());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_files(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> = files
            .iter()
            .map(|(path, text)| TextFile { path: format!("crates/a/src/{path}"), text: (*text).to_owned() })
            .collect();
        check_with(&files, &[]).into_iter().map(|problem| problem.message).collect()
    }

    /// Two files, and a parent that needs nothing.
    fn check_two(b: &str, c: &str) -> usize {
        check_files(&[("lib.rs", "mod b;\nmod c;"), ("b.rs", b), ("c.rs", c)]).len()
    }

    #[test]
    fn a_circle_is_told_in_its_order() {
        let files = [
            ("lib.rs", "mod b;\nmod c;\nmod d;\nmod e;\npub use b::B;"),
            ("b.rs", "use crate::c::C;\npub struct B(C, crate::e::E);"),
            ("c.rs", "use super::d;\npub struct C;\nfn f() { d::d(); }"),
            ("d.rs", "pub fn d() -> crate::B { crate::e::e() }"),
            ("e.rs", "use crate::c::C;\npub fn e(_: C) {}"),
        ];
        assert_eq!(
            check_files(&files),
            ["a circle of files: b.rs -> c.rs -> d.rs -> b.rs (and with them e.rs)"]
        );
    }

    #[test]
    fn all_forms_of_paths_are_edges() {
        for to_b in [
            "use crate::b::B;",
            "use crate::{b::{self, B as Other}};",
            "use super::b::B as _;",
            "use crate::b::*;",
            "fn f(_: crate::b::B) {}",
            "fn f() { 0..super::b::B::new() }",
            "use crate::b;\nfn f() { b::B::new() }",
            "use super::b as other;\nfn f() { other::B }",
            "mod inner { use super::super::b::B; }",
            "macro_rules! m { () => { $crate::b::B } }",
        ] {
            assert_eq!(check_two("use crate::c::C; struct B;", to_b), 1, "{to_b}");
            assert_eq!(check_two("struct B;", to_b), 0, "{to_b}");
        }
    }

    #[test]
    fn no_edges() {
        for to_b in [
            "// crate::b::B\n/// [`crate::b::B`]\nfn f() -> &'static str { \"crate::b::B\" }",
            "#[cfg(test)]\nmod tests { use crate::b::B; }",
            "#[cfg(test)]\nuse crate::b::B;",
            "use ::b::B;",
            "use std::b::B;",
            "use crate::b;",
            "struct B; use self::B as Other;",
            "fn f() -> impl Sized + use<'a> { x.b::<B>() }",
        ] {
            assert_eq!(check_two("use crate::c::C; struct B;", to_b), 0, "{to_b}");
        }
        let tests = [
            ("lib.rs", "mod b;\n#[cfg(test)]\nmod fakes;\n#[cfg(test)]\nmod tests;\nuse b::B;"),
            ("b.rs", "pub struct B;\n#[cfg(test)] mod tests;"),
            ("b/tests.rs", "use crate::A; use super::B;"),
            ("fakes.rs", "use crate::A; pub use crate::b::B;"),
            ("fakes/more.rs", "use crate::A;"),
            ("tests.rs", "use crate::fakes::A; use crate::b::B;"),
        ];
        assert!(check_files(&tests).is_empty());
    }

    #[test]
    fn parents_and_children() {
        let circle = |parent: &str, child: &str| {
            check_files(&[("lib.rs", "mod b;"), ("b.rs", parent), ("b/c.rs", child)]).len()
        };
        let needs_b = "use super::B;\npub struct C(B);";
        assert_eq!(circle("mod c;\nstruct B;", needs_b), 0, "a declaration is no edge");
        assert_eq!(circle("mod c;\npub use c::C;\nstruct B;", needs_b), 1);
        assert_eq!(circle("mod c;\nstruct B;\nfn f() { c::f(); }", needs_b), 1);
        assert_eq!(circle("mod c;\nuse c::C;\nstruct B;", "pub struct C;"), 0);
    }

    #[test]
    fn a_reexport_leads_to_where_the_name_is_defined() {
        let files = |child: &str| {
            check_files(&[
                ("lib.rs", "mod b;\npub use b::{B, C};"),
                ("b.rs", "mod c;\nmod d;\nmod e;\npub use c::C;\nuse d::*;\npub use e::E as B;"),
                ("b/c.rs", child),
                ("b/d.rs", "pub struct D;"),
                ("b/e.rs", "pub struct E;"),
            ])
            .len()
        };
        for child in ["use super::B;", "use crate::B;", "use super::D;", "use super::d::D;", "use super::d;"]
        {
            assert_eq!(files(child), 0, "{child}");
        }
        assert_eq!(files("use crate::F;"), 1, "defined nowhere else, so in the file itself");
        assert_eq!(check_two("pub use crate::c::X;", "pub use crate::b::X;"), 1, "two empty promises");
    }

    #[test]
    fn crates_stand_alone_and_exceptions_end() {
        let file = |path: &str, text: &str| TextFile { path: path.to_owned(), text: text.to_owned() };
        let files = [
            file("crates/a/src/lib.rs", "mod b;\nfn f() { b::f() }\nstruct A;"),
            file("crates/a/src/b.rs", "use crate::A;"),
            file("crates/a/src/main.rs", "mod b;\nfn main() { b::main() }"),
            file("crates/c/src/main.rs", "mod b;\nfn main() { b::main() }"),
            file("crates/c/src/b.rs", "use crate::A;"),
            file("crates/d/tests/it/main.rs", "mod b; fn main() { b::main() }"),
            file("crates/d/tests/it/b.rs", "use crate::A;"),
        ];
        let places = |allowed: &[(&str, &str)]| -> Vec<String> {
            check_with(&files, allowed).iter().map(ToString::to_string).collect()
        };
        assert_eq!(
            places(&[]),
            [
                "crates/a: a circle of files: lib.rs -> b.rs -> lib.rs",
                "crates/c: a circle of files: main.rs -> b.rs -> main.rs"
            ]
        );
        assert_eq!(places(&[("crates/a", "why"), ("crates/c", "why")]), [""; 0]);
        let sound = check_with(&files[..1], &[("crates/a", "why")]);
        assert_eq!(sound.len(), 1, "an exception that is not needed");
    }
}
