//! One crate's files as modules, and which file a path leads to.

use std::collections::{BTreeMap, BTreeSet};

use super::tokens::{Code, Token};

/// A path from the crate's root.
type Path<'a> = Vec<&'a str>;

/// How often one path may lead through a `use` to another: re-exports that name each other end nowhere.
const DEEPEST: usize = 16;

/// A file of a crate, and what it names.
#[derive(Debug)]
pub(super) struct Module<'a> {
    path: Path<'a>,
    defined: BTreeSet<&'a str>,
    /// What a `use` gives a name to.
    imports: BTreeMap<&'a str, Mention<'a>>,
    globs: Vec<Mention<'a>>,
    mentions: Vec<Mention<'a>>,
}

/// A path as it is written, and the module that it is written in.
#[derive(Clone, Debug)]
struct Mention<'a> {
    within: Path<'a>,
    path: Path<'a>,
    glob: bool,
}

/// All files of a crate; the first is its root.
#[derive(Debug)]
pub(super) struct Modules<'a> {
    modules: Vec<Module<'a>>,
    by_path: BTreeMap<Path<'a>, usize>,
}

/// Where a path leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// To what this file defines.
    Item(usize),
    /// To the file itself.
    Whole(usize),
}

impl<'a> Modules<'a> {
    /// `files` are paths of modules and their code.
    pub(super) fn new(files: Vec<(Path<'a>, Code<'a>)>) -> Self {
        let modules: Vec<_> = files.into_iter().map(|(path, code)| read(path, &code.tokens)).collect();
        let by_path =
            modules.iter().enumerate().map(|(index, module)| (module.path.clone(), index)).collect();
        Self { modules, by_path }
    }

    /// The files that each file depends on, by their places in the list.
    pub(super) fn edges(&self) -> Vec<BTreeSet<usize>> {
        let edges_of = |(index, module): (usize, &Module<'a>)| {
            let places =
                module.mentions.iter().filter_map(|mention| match self.follow(index, mention, 0)? {
                    Place::Item(file) => Some(file),
                    // A module that is only given a name is used where that name is.
                    Place::Whole(file) => mention.glob.then_some(file),
                });
            places.filter(|file| *file != index).collect()
        };
        self.modules.iter().enumerate().map(edges_of).collect()
    }

    /// Follows a path that is written in the file `from`; none when it leads out of the crate.
    fn follow(&self, from: usize, mention: &Mention<'a>, depth: usize) -> Option<Place> {
        let (first, rest) = mention.path.split_first()?;
        match *first {
            "crate" => self.descend(rest, depth),
            "self" => self.descend(&joined(&mention.within, rest), depth),
            "super" => {
                let (_, mut above) = mention.within.split_last()?;
                let mut rest = rest;
                while let (Some((&"super", deeper)), Some((_, higher))) =
                    (rest.split_first(), above.split_last())
                {
                    (above, rest) = (higher, deeper);
                }
                self.descend(&joined(above, rest), depth)
            }
            name => {
                let module = &self.modules[from];
                let child = joined(&module.path, &[name]);
                if self.by_path.contains_key(&child) {
                    return self.descend(&joined(&child, rest), depth);
                }
                let import = module.imports.get(name)?;
                if depth >= DEEPEST || import.path == mention.path {
                    return None;
                }
                let path = joined(&import.path, rest);
                self.follow(from, &Mention { path, ..import.clone() }, depth + 1)
            }
        }
    }

    /// Follows a path from the crate's root.
    fn descend(&self, path: &[&'a str], depth: usize) -> Option<Place> {
        let depths = (0..=path.len()).rev();
        let (at, file) = depths.filter_map(|at| Some((at, *self.by_path.get(&path[..at])?))).next()?;
        let Some((name, rest)) = path[at..].split_first() else { return Some(Place::Whole(file)) };
        let module = &self.modules[file];
        if module.defined.contains(name) || depth >= DEEPEST {
            return Some(Place::Item(file));
        }
        if let Some(import) = module.imports.get(name) {
            let path = joined(&import.path, rest);
            return self.follow(file, &Mention { path, ..import.clone() }, depth + 1);
        }
        let defines = |glob: &&Mention<'a>| match self.follow(file, glob, depth + 1) {
            Some(Place::Whole(other)) => self.modules[other].has(name),
            _ => false,
        };
        match module.globs.iter().find(defines) {
            Some(glob) => {
                let path = joined(&glob.path, &path[at..]);
                self.follow(file, &Mention { path, ..glob.clone() }, depth + 1)
            }
            None => Some(Place::Item(file)),
        }
    }
}

impl Module<'_> {
    fn has(&self, name: &str) -> bool {
        self.defined.contains(name) || self.imports.contains_key(name)
    }
}

fn joined<'a>(front: &[&'a str], back: &[&'a str]) -> Path<'a> {
    [front, back].concat()
}

/// Words in front of the name of an item.
const DEFINING: [&str; 9] =
    ["const", "enum", "fn", "macro_rules", "static", "struct", "trait", "type", "union"];

fn read<'a>(path: Path<'a>, tokens: &[Token<'a>]) -> Module<'a> {
    let mut module = Module {
        path: path.clone(),
        defined: BTreeSet::new(),
        imports: BTreeMap::new(),
        globs: Vec::new(),
        mentions: Vec::new(),
    };
    // Modules that are written in the file itself, and how deep in brackets each began.
    let mut within = path;
    let mut inline = Vec::new();
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        match (token, tokens.get(at + 1), tokens.get(at + 2)) {
            (Token::Sign('{'), ..) => depth += 1,
            (Token::Sign('}'), ..) => {
                depth = depth.saturating_sub(1);
                if inline.last() == Some(&depth) {
                    inline.pop();
                    within.pop();
                }
            }
            (Token::Word("mod"), Some(Token::Word(name)), Some(Token::Sign('{'))) => {
                module.defined.insert(name);
                within.push(name);
                inline.push(depth);
            }
            (Token::Word("use"), Some(next), _) if *next != Token::Sign('<') => {
                at = read_use(&mut module, &within, tokens, at + 1, &[]);
                continue;
            }
            (Token::Word("macro_rules"), _, Some(Token::Word(name))) => {
                module.defined.insert(name);
            }
            (Token::Word(word), Some(Token::Word(name)), _) if DEFINING.contains(word) => {
                module.defined.insert(name);
            }
            (Token::Word(_), Some(Token::Then), _)
                if !matches!(before, Some(Token::Then | Token::Sign('.'))) || is_range(tokens, at) =>
            {
                let (path, end) = read_path(tokens, at);
                module.mentions.push(Mention { within: within.clone(), path, glob: false });
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    module
}

/// Whether two dots stand before `at`.
fn is_range(tokens: &[Token<'_>], at: usize) -> bool {
    at >= 2 && tokens[at - 2..at] == [Token::Sign('.'), Token::Sign('.')]
}

fn read_path<'a>(tokens: &[Token<'a>], mut at: usize) -> (Path<'a>, usize) {
    let mut path = Vec::new();
    while let Some(Token::Word(word)) = tokens.get(at) {
        path.push(*word);
        at += 1;
        if tokens.get(at) != Some(&Token::Then) || !matches!(tokens.get(at + 1), Some(Token::Word(_))) {
            break;
        }
        at += 1;
    }
    (path, at)
}

/// Reads one branch of a `use` and gives the place behind it.
fn read_use<'a>(
    module: &mut Module<'a>,
    within: &Path<'a>,
    tokens: &[Token<'a>],
    mut at: usize,
    front: &[&'a str],
) -> usize {
    if tokens.get(at) == Some(&Token::Then) {
        // Another crate, whatever it is called.
        while !matches!(tokens.get(at), None | Some(Token::Sign(';'))) {
            at += 1;
        }
        return at;
    }
    let (back, end) = read_path(tokens, at);
    let mut path = joined(front, &back);
    at = end;
    if tokens.get(at) == Some(&Token::Then) {
        at += 1;
    }
    let mention = |path: &Path<'a>, glob| Mention { within: within.clone(), path: path.clone(), glob };
    match tokens.get(at) {
        Some(Token::Sign('{')) => {
            at += 1;
            while !matches!(tokens.get(at), None | Some(Token::Sign('}'))) {
                at = read_use(module, within, tokens, at, &path);
                if tokens.get(at) == Some(&Token::Sign(',')) {
                    at += 1;
                }
            }
            return at + 1;
        }
        Some(Token::Sign('*')) => {
            module.globs.push(mention(&path, true));
            module.mentions.push(mention(&path, true));
            return at + 1;
        }
        _ => {}
    }
    if path.len() > 1 && path.last() == Some(&"self") {
        path.pop();
    }
    let mut name = path.last().copied();
    if let (Some(Token::Word("as")), Some(Token::Word(alias))) = (tokens.get(at), tokens.get(at + 1)) {
        name = Some(alias);
        at += 2;
    }
    module.mentions.push(mention(&path, false));
    if let Some(name) = name.filter(|name| *name != "_") {
        module.imports.entry(name).or_insert_with(|| mention(&path, false));
    }
    // Anything else is nothing that this understands; the reader goes on behind it.
    if matches!(tokens.get(at), Some(Token::Sign(',' | '}' | ';'))) { at } else { at + 1 }
}
