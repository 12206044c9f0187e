//! Finding files and base directories, with the restrictions and the error texts of upstream.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::error::{Error, Result, Within as _};
use crate::kustomization::FILE_NAMES;
use crate::path::{clean, clean_from_top};
use crate::remote::Repository;
use crate::shown;
use crate::tree::{Entry, FileTree};
use crate::work::Work;
use crate::{Limits, Mode, Options};

/// The tree of one build, and how much of it was read.
pub(crate) struct Source<'a> {
    tree: &'a dyn FileTree,
    options: &'a Options,
    spent: RefCell<(usize, usize)>,
    work: Work,
}

impl<'a> Source<'a> {
    pub(crate) fn new(tree: &'a dyn FileTree, options: &'a Options, work: &Work) -> Self {
        Self { tree, options, spent: RefCell::default(), work: work.clone() }
    }

    fn entry(&self, path: &str) -> Option<Entry> {
        self.tree.entry(path)
    }

    fn read(&self, path: &str) -> Result<Option<Arc<[u8]>>> {
        let content = self.tree.read(path);
        if let Some(content) = &content {
            self.work.text(content.len())?;
            self.spend(content.len())?;
        }
        Ok(content)
    }

    /// Counts a file that was read.
    fn spend(&self, length: usize) -> Result<()> {
        let mut spent = self.spent.borrow_mut();
        spent.0 += 1;
        spent.1 += length;
        let Limits { files, bytes, .. } = self.options.limits;
        if spent.0 > files {
            return Err(Error::Budget { what: "files", limit: files });
        }
        if spent.1 > bytes {
            return Err(Error::Budget { what: "bytes", limit: bytes });
        }
        Ok(())
    }

    /// Fetches a repository that a file names, if the tree fetches any; gives the directory that is meant in it, too.
    fn check_out(&self, repository: Repository, file: &str) -> Result<(String, Checkout)> {
        let Some(remotes) = self.tree.remotes() else { return Err(remote(&repository.raw, file)) };
        let top = remotes.repository(&repository).map_err(Error::input)?;
        let top = confirm(self, &top)?;
        let directory = clean(&top, &repository.directory).unwrap_or_default();
        let root = confirm(self, &directory)?;
        if !is_in_or_below(&root, &top) {
            return Err(Error::input(format!(
                "{:?} refers to directory outside of repo {:?}",
                self.show(&directory),
                self.show(&top)
            )));
        }
        Ok((root, Checkout { repository, root: top }))
    }

    /// A path as users see it.
    pub(crate) fn show(&self, path: &str) -> String {
        let path = &*shown::file(path);
        match (self.options.root.as_str(), path) {
            ("", path) => format!("/{path}"),
            (root, "") => root.to_owned(),
            (root, path) => format!("{root}/{path}"),
        }
    }

    /// Joins a path as written onto a directory: clean and below the tree's root, else the path as shown.
    fn join(&self, directory: &str, path: &str) -> std::result::Result<String, String> {
        let shown_root = &self.options.root;
        let relative = match path.strip_prefix('/') {
            Some(absolute) => {
                let clean = clean("", path).unwrap_or_default();
                let root = shown_root.trim_start_matches('/');
                if root.is_empty() {
                    return Ok(clean);
                }
                return match clean.strip_prefix(root) {
                    Some("") => Ok(String::new()),
                    Some(rest) if rest.starts_with('/') => Ok(rest.trim_start_matches('/').to_owned()),
                    _ => Err(format!("/{}", absolute.trim_end_matches('/'))),
                };
            }
            None => clean(directory, path),
        };
        match relative {
            Some(relative) => Ok(relative),
            None if shown_root.is_empty() => Ok(clean_from_top(directory, path)),
            None => Err(outside(shown_root, directory, path)),
        }
    }

    /// The part of upstream's symlink failure that names the first missing piece.
    fn missing(&self, path: &str) -> String {
        let mut end = 0;
        let first = loop {
            let next = path.get(end..).and_then(|rest| rest.find('/')).map_or(path.len(), |i| end + i);
            let part = path.get(..next).unwrap_or(path);
            if next == path.len() || self.tree.entry(part).is_none() {
                break part;
            }
            end = next + 1;
        };
        format!(
            "evalsymlink failure on '{}' : lstat {}: no such file or directory",
            self.show(path),
            self.show(first)
        )
    }
}

/// The directory of one kustomization and the way there.
#[derive(Clone)]
pub(crate) struct Loader<'a> {
    source: &'a Source<'a>,
    root: String,
    referrer: Option<Rc<Self>>,
    depth: usize,
    /// The repository that the directory was fetched with, if this is where it was entered.
    checkout: Option<Rc<Checkout>>,
}

/// A repository in the tree.
struct Checkout {
    repository: Repository,
    /// Its top folder.
    root: String,
}

impl<'a> Loader<'a> {
    /// For the directory a build starts in.
    pub(crate) fn top(source: &'a Source<'a>, directory: &str) -> Result<Self> {
        if source.tree.remotes().is_some()
            && let Some(repository) = Repository::parse(directory)
        {
            let (root, checkout) = source.check_out(repository, "/")?;
            return Ok(Self { source, root, referrer: None, depth: 0, checkout: Some(Rc::new(checkout)) });
        }
        let root = clean("", directory).unwrap_or_default();
        let root = confirm(source, &root)?;
        Ok(Self { source, root, referrer: None, depth: 0, checkout: None })
    }

    /// What the build is charged to.
    pub(crate) fn work(&self) -> &Work {
        &self.source.work
    }

    /// The directory as users see it.
    pub(crate) fn shown(&self) -> String {
        self.source.show(&self.root)
    }

    /// Last part of the directory's path.
    pub(crate) fn base_name(&self) -> String {
        self.shown().rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// A loader for a base.
    pub(crate) fn enter(self: &Rc<Self>, path: &str) -> Result<Rc<Self>> {
        self.work().text(path.len().saturating_mul(8))?;
        if path.is_empty() {
            return Err(Error::input("new root cannot be empty"));
        }
        if let Some(repository) = Repository::parse(path) {
            return self.enter_repository(repository);
        }
        if is_remote(path) {
            return Err(remote(path, &self.shown()));
        }
        if path.starts_with('/') {
            return Err(Error::input(format!("new root '{}' cannot be absolute", shown::file(path))));
        }
        let root = match self.source.join(&self.root, path) {
            Ok(root) => confirm(self.source, &root).within(|| "must build at directory".to_owned())?,
            Err(outside) => {
                let shown = shown::file(&outside);
                let missing = first_outside(&self.source.options.root, &shown);
                return Err(Error::input(format!(
                    "must build at directory: not a valid directory: evalsymlink failure on '{shown}' : lstat {missing}: no \
                     such file or directory"
                )));
            }
        };
        if let Some(checkout) = self.containing_checkout()
            && !is_in_or_below(&root, &checkout.root)
        {
            return Err(Error::input(format!(
                "security; bases in kustomizations found in cloned git repos must be within the repo, but base '{}' is outside \
                 '{}'",
                self.source.show(&root),
                self.source.show(&checkout.root)
            )));
        }
        let mut visited: Option<&Self> = Some(self);
        while let Some(loader) = visited {
            if is_in_or_below(&loader.root, &root) {
                return Err(Error::input(format!(
                    "cycle detected: candidate root '{}' contains visited root '{}'",
                    self.source.show(&root),
                    loader.shown()
                )));
            }
            visited = loader.referrer.as_deref();
        }
        self.below(root, None)
    }

    fn below(self: &Rc<Self>, root: String, checkout: Option<Checkout>) -> Result<Rc<Self>> {
        let limit = self.source.options.limits.depth;
        if self.depth >= limit {
            return Err(Error::Budget { what: "nested kustomizations", limit });
        }
        Ok(Rc::new(Self {
            source: self.source,
            root,
            referrer: Some(self.clone()),
            depth: self.depth + 1,
            checkout: checkout.map(Rc::new),
        }))
    }

    /// A loader for a base in a repository, if the tree fetches any.
    fn enter_repository(self: &Rc<Self>, repository: Repository) -> Result<Rc<Self>> {
        let source = self.source;
        let mut visited: Option<&Self> = Some(self);
        while let Some(loader) = visited {
            if let Some(checkout) = &loader.checkout
                && checkout.repository.raw.starts_with(&repository.raw)
            {
                return Err(Error::input(format!(
                    "cycle detected: URI '{}' referenced by previous URI '{}'",
                    shown::file(&repository.raw),
                    shown::file(&checkout.repository.raw)
                )));
            }
            visited = loader.referrer.as_deref();
        }
        let (root, checkout) = source.check_out(repository, &self.shown())?;
        self.below(root, Some(checkout))
    }

    /// The repository that this directory is in.
    fn containing_checkout(&self) -> Option<&Checkout> {
        self.checkout.as_deref().or_else(|| self.referrer.as_deref()?.containing_checkout())
    }

    /// The content of a file.
    pub(crate) fn load(&self, path: &str) -> Result<Arc<[u8]>> {
        let source = self.source;
        self.work().text(path.len().saturating_mul(8))?;
        if path.starts_with("http://") || path.starts_with("https://") {
            return self.download(path);
        }
        // What was fetched reads only its own files, whatever the build allows.
        let restricted = source.options.load_restrictions.unwrap_or(source.options.mode == Mode::Cli)
            || self.containing_checkout().is_some();
        let joined = match source.join(&self.root, path) {
            Ok(joined) => joined,
            Err(outside) if restricted => {
                let shown = shown::file(&outside);
                return Err(Error::input(format!(
                    "security; file '{shown}' is not in or below '{}'",
                    self.shown()
                )));
            }
            Err(outside) => {
                let shown = shown::file(&outside);
                return Err(Error::input(format!(
                    "fs-security-constraint read {shown}: path '{shown}' is not in or below '{}'",
                    source.options.root
                )));
            }
        };
        let joined = if restricted { self.restrict(joined)? } else { joined };
        match source.read(&joined)? {
            Some(content) => Ok(content),
            None if source.entry(&joined) == Some(Entry::Directory) => {
                Err(Error::input(format!("read {}: is a directory", source.show(&joined))))
            }
            None => Err(Error::input(format!("open {}: no such file or directory", source.show(&joined)))),
        }
    }

    fn download(&self, url: &str) -> Result<Arc<[u8]>> {
        let remotes = self.source.tree.remotes();
        match remotes.and_then(|remotes| remotes.file(url)) {
            Some(content) => {
                let content = content.map_err(Error::input)?;
                self.source.spend(content.len())?;
                Ok(content)
            }
            // The entry is tried as a base next.
            None if remotes.is_some() && Repository::parse(url).is_some() => {
                Err(Error::input("URL is a git repository"))
            }
            None => Err(remote(url, &self.shown())),
        }
    }

    fn restrict(&self, path: String) -> Result<String> {
        let source = self.source;
        match source.entry(&path) {
            None => return Err(Error::input(source.missing(&path))),
            Some(Entry::Directory) => {
                return Err(Error::input(format!("'{}' must resolve to a file", source.show(&path))));
            }
            Some(Entry::File) => {}
        }
        let resolved = source.tree.resolve(&path).unwrap_or_else(|| path.clone());
        let directory = resolved.rsplit_once('/').map_or("", |(directory, _)| directory);
        if is_in_or_below(directory, &self.root) {
            return Ok(resolved);
        }
        Err(Error::input(format!(
            "security; file '{}' is not in or below '{}'",
            source.show(&path),
            self.shown()
        )))
    }

    /// The content of a file as text.
    pub(crate) fn load_text(&self, path: &str) -> Result<String> {
        text(&self.load(path)?)
    }

    /// The kustomization file: its text and name.
    pub(crate) fn kustomization(&self) -> Result<(String, &'static str)> {
        let mut found = None;
        for name in FILE_NAMES {
            let content = match self.load(name) {
                Ok(content) => content,
                Err(error) if error.is_final() => return Err(error),
                Err(_) => continue,
            };
            if found.is_some() {
                return Err(Error::input(format!(
                    "Found multiple kustomization files under: {}\n",
                    self.shown()
                )));
            }
            found = Some((content, name));
        }
        let Some((content, name)) = found else {
            return Err(Error::input(format!(
                "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '{}'",
                self.shown()
            )));
        };
        Ok((text(&content).within(|| "invalid Kustomization".to_owned())?, name))
    }
}

/// Bytes as YAML reads them: UTF-8, or UTF-16 with a byte order mark.
fn text(content: &[u8]) -> Result<String> {
    let wide = |order: fn([u8; 2]) -> u16, bytes: &[u8]| {
        let units = bytes.as_chunks::<2>().0.iter().map(|pair| order(*pair));
        char::decode_utf16(units).collect::<std::result::Result<String, _>>()
    };
    let read = match content {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] if content.len() % 2 == 1 => {
            return Err(Error::input("yaml: incomplete UTF-16 character"));
        }
        [0xff, 0xfe, rest @ ..] => wide(u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => wide(u16::from_be_bytes, rest),
        _ => return utf8(content),
    };
    read.map_err(|_| Error::input("yaml: unexpected low surrogate area"))
}

fn utf8(content: &[u8]) -> Result<String> {
    let error = match std::str::from_utf8(content) {
        Ok(text) => return Ok(text.to_owned()),
        Err(error) => error,
    };
    let leading = content.get(error.valid_up_to()).is_some_and(|byte| matches!(byte, 0x80..=0xbf | 0xf8..));
    Err(Error::input(match error.error_len() {
        None => "yaml: incomplete UTF-8 octet sequence",
        Some(_) if leading => "yaml: invalid leading UTF-8 octet",
        Some(_) => "yaml: invalid trailing UTF-8 octet",
    }))
}

fn confirm(source: &Source<'_>, path: &str) -> Result<String> {
    match source.entry(path) {
        Some(Entry::Directory) => Ok(source.tree.resolve(path).unwrap_or_else(|| path.to_owned())),
        Some(Entry::File) => Err(Error::input(format!("'{}': file is not directory", source.show(path)))),
        None => Err(Error::input(format!("not a valid directory: {}", source.missing(path)))),
    }
}

fn is_in_or_below(path: &str, directory: &str) -> bool {
    directory.is_empty()
        || path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// How a path outside the root reads.
fn outside(root: &str, directory: &str, path: &str) -> String {
    format!("/{}", clean_from_top(&format!("{root}/{directory}"), path))
}

/// The first part of a path that is not on the way to the root.
fn first_outside<'a>(root: &str, path: &'a str) -> &'a str {
    let common = root.split('/').zip(path.split('/')).take_while(|(a, b)| a == b).count();
    let end: usize = path.split('/').take(common + 1).map(|part| part.len() + 1).sum();
    path.get(..end.saturating_sub(1)).unwrap_or(path)
}

/// Whether an entry names something to fetch.
fn is_remote(path: &str) -> bool {
    path.contains("://")
        || path.starts_with("git@")
        || path.starts_with("git::")
        || path.starts_with("gh:")
        || path.to_ascii_lowercase().starts_with("github.com/")
        || path.to_ascii_lowercase().starts_with("github.com:")
}

fn remote(path: &str, file: &str) -> Error {
    Error::Unsupported {
        feature: format!("remote resource '{}'", shown::file(path)),
        file: file.to_owned(),
        hint: "fetch it beforehand, for example as a source of its own, and refer to the copy",
    }
}
