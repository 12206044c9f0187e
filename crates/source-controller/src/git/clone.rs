//! The kept clone of one repository: opened or made, updated from its server, never checked out.
//! Blocking; the caller runs it on a thread of its own. Which reference is wanted is `refs`' decision, who shares it
//! `clones`'.
//!
//! Whoever uses a clone asks its server what there is, with its own credentials, and gets nothing that was not named to
//! it. Questions are asked side by side; one at a time fetches, and those who wait for it find what they want.

use std::num::NonZeroU32;
use std::sync::atomic::AtomicBool;

use gix::bstr::ByteSlice as _;
use gix::progress::Discard;
use gix::protocol::handshake::Ref;
use gix::protocol::transport::client::blocking_io::Transport;
use gix::protocol::transport::client::blocking_io::http::Transport as HttpTransport;
use gix::remote::{Direction, fetch::Shallow, fetch::Tags};

use super::archive::MAX_SIGNED;
pub(crate) use super::clone_error::CloneError;
use super::clone_error::MAX_PACKS;
use super::clones::{Kept, Turn};
use super::guard::Excess;
use super::http::Http;
use super::http::rules::Failure;
use super::lineage::{self, Lineage};
use super::on_disk::{self, DiskError, chain, short_hash};
use super::refs::{self, HEADS, SemverError, TAGS, Target};
use super::ssh::{self, Algorithms};
pub(crate) use super::tip::{TagRef, Tip};
use crate::upstream::Resolved;

#[cfg(test)]
mod tests;

/// What the server has for a target. A revision that is new is in the clone already: in Git's protocol one exchange
/// asks and answers.
pub(crate) type Found = Resolved<Tip>;

/// One reference as the server lists it.
struct Listed {
    name: String,
    /// What it names: a commit or a tag.
    object: gix::ObjectId,
    commit: gix::ObjectId,
}

impl Listed {
    fn tag(&self) -> Option<TagRef> {
        let name = self.name.strip_prefix(TAGS)?.to_owned();
        let object = (self.object != self.commit).then(|| self.object.to_string());
        Some(TagRef { name, object })
    }
}

/// A clone being updated.
#[derive(Clone, Copy)]
pub(crate) struct Updater<'a> {
    /// The clone.
    pub(super) kept: &'a Kept,
    /// Address without credentials.
    pub(crate) url: &'a str,
    /// Makes a connection.
    pub(crate) http: &'a dyn Fn() -> Http,
    /// What SSH may use.
    pub(crate) algorithms: &'a Algorithms,
    /// Whether a commit is asked for by itself first, wherever it is.
    pub(crate) exact: bool,
    /// Set when time is up.
    pub(crate) interrupt: &'a AtomicBool,
    /// The revision that need not be fetched again.
    pub(crate) known: Option<&'a str>,
}

impl Updater<'_> {
    /// Brings the clone up to date. One that turns out broken, or too large to go on with, gives way to another one, if
    /// that is better: what is the server's fault costs those who share it nothing.
    pub(super) fn update(&self, target: &Target) -> Result<(Found, Kept), CloneError> {
        match self.attempt(target) {
            Ok(found) => Ok((found, self.kept.clone())),
            Err(CloneError::Taken) => self.update_apart(target),
            Err(error) if !self.kept.is_new() && is_of_the_clone(&error) => {
                // Of those who share it one makes another; who waits for that goes on with it.
                let Some(turn) = self.kept.turn(&(self.http)())? else { return self.update_apart(target) };
                let now = self.kept.now()?;
                if !now.is(self.kept) {
                    drop(turn);
                    return Updater { kept: &now, ..*self }.update(target);
                }
                tracing::info!(error = %error, clone = %self.kept.path().display(), "re-cloning");
                let fresh = self.kept.fresh();
                let found = Updater { kept: &fresh, ..*self }.attempt(target)?;
                if found == Found::Unchanged && self.kept.open().is_ok() {
                    return Ok((found, self.kept.clone()));
                }
                self.kept.give_way_to(&fresh);
                Ok((found, fresh))
            }
            Err(error) => Err(error),
        }
    }

    /// In a clone that the namespace has for itself.
    fn update_apart(&self, target: &Target) -> Result<(Found, Kept), CloneError> {
        let apart = self.kept.set_apart()?;
        Updater { kept: &apart, ..*self }.update(target)
    }

    fn attempt(&self, target: &Target) -> Result<Found, CloneError> {
        let repo = match self.kept.open() {
            Err(DiskError::Git(cause)) => return Err(CloneError::Git(cause)),
            repo => repo?,
        };
        match target {
            Target::Commit { id, branch, .. } => self.commit(&repo, target, id, branch.as_deref()),
            Target::Semver(range) => self.semver(&repo, range),
            // A server lists what HEAD stands for, not what it is: to Flux that is no commit at all.
            Target::Name(name) if name == "HEAD" => {
                Err(CloneError::CommitNotFound(gix::ObjectId::null(gix::hash::Kind::Sha1).to_string()))
            }
            _ => {
                let Some(name) = target.full_name() else {
                    return Err(CloneError::Git("no reference".to_owned()));
                };
                let label = target.label().unwrap_or_default();
                match self.one(&repo, &name, label) {
                    Err(CloneError::RefNotFound(_)) if matches!(target, Target::Name(_)) => {
                        Err(CloneError::NameNotFound(label.to_owned()))
                    }
                    outcome => outcome,
                }
            }
        }
    }

    /// One reference at depth 1.
    fn one(&self, repo: &gix::Repository, name: &str, label: &str) -> Result<Found, CloneError> {
        if gix::validate::reference::name(name.into()).is_err() {
            return Err(CloneError::RefNotFound(name.to_owned()));
        }
        let spec = format!("+{name}:refs/source/{}", short_hash(name));
        let http = (self.http)();
        let explain = |error: gix::Error| explain(&http, &error);
        let remote = self.remote(repo, &[spec])?;
        let prepared = self.prepare(&remote, &http).map_err(explain)?;
        let Some(listed) = find(listed(&prepared.ref_map().remote_refs), name) else {
            drop(prepared);
            return Err(self.absent(repo, name));
        };
        let commit = listed.commit.to_string();
        let revision = refs::revision(Some(label), &commit);
        if self.known == Some(revision.as_str()) {
            return Ok(Found::Unchanged);
        }
        // A tag may come to a commit that is there already.
        let is_there = || repo.has_object(listed.commit) && repo.has_object(listed.object);
        if !is_there() {
            let _turn = self.turn(&http)?;
            // Who had the turn before may have fetched it.
            if !is_there() {
                prepared
                    .with_shallow(Shallow::DepthAtRemote(NonZeroU32::MIN))
                    .receive(Discard, self.interrupt)
                    .map_err(explain)?;
            }
        }
        Ok(Found::Revision { revision, place: self.tip(commit, listed.tag()) })
    }

    /// Leave to fetch into the clone, alone.
    fn turn(&self, http: &Http) -> Result<Turn, CloneError> {
        let turn = self.kept.turn(http)?.ok_or(CloneError::Taken)?;
        if on_disk::packs(self.kept.path()) > MAX_PACKS { Err(CloneError::Full) } else { Ok(turn) }
    }

    fn tip(&self, commit: String, tag: Option<TagRef>) -> Tip {
        let (clone, held) = (self.kept.path().to_owned(), vec![self.kept.folder()]);
        Tip { clone, commit, tag, held, ..Tip::default() }
    }

    /// The commit that was stored before, if the branch is known to have left it for another one, which is in the clone.
    /// Nothing fails because that cannot be told.
    pub(super) fn left(&self, target: &Target, before: &str, commit: &str) -> Option<String> {
        target.full_name().filter(|name| name.starts_with(HEADS))?;
        let repo = &self.kept.open().ok()?;
        let id = |text: &str| gix::ObjectId::from_hex(text.as_bytes()).ok();
        let (old, new) = (id(before)?, id(commit)?);
        let (olds, news) = (lineage::parents(repo, old), lineage::parents(repo, new)?);
        let told = match lineage::by_parents((old, olds.as_deref()), (new, &news)) {
            Lineage::Unknown => {
                let http = (self.http)();
                let remote = self.remote(repo, &[]).ok()?;
                lineage::asked(&mut *self.transport(&remote, &http).ok()?, old, new)
            }
            told => told,
        };
        (told == Lineage::Leaves).then(|| before.to_owned())
    }

    /// The highest tag of a range; tags of equal precedence by the time of their commits. Those are the committers'
    /// clocks, as in Flux; of equal ones the last by name is taken, so that the answer is the same at every poll.
    fn semver(&self, repo: &gix::Repository, range: &str) -> Result<Found, CloneError> {
        let listed = self.list(repo, &["refs/tags/*:refs/source/tags/*"])?;
        let tags: Vec<&str> = listed.iter().filter_map(|listed| listed.name.strip_prefix(TAGS)).collect();
        let candidates = match refs::highest(range, tags.into_iter()) {
            Err(SemverError::NoMatch(_)) if listed.is_empty() && self.is_empty(repo)? => {
                return Err(CloneError::Empty);
            }
            candidates => candidates?,
        };
        let mut newest: Option<(i64, Found)> = None;
        for tag in &candidates {
            let commit = listed.iter().find(|listed| listed.name.strip_prefix(TAGS) == Some(tag));
            let revision = commit.map(|listed| refs::revision(Some(tag), &listed.commit.to_string()));
            let is_only = candidates.len() == 1;
            if is_only && revision.is_some() && self.known == revision.as_deref() {
                return Ok(Found::Unchanged);
            }
            if is_only {
                return self.one(repo, &format!("{TAGS}{tag}"), tag);
            }
            // Times are read from the clone, which may be younger than the known revision.
            let found = Self { known: None, ..*self }.one(repo, &format!("{TAGS}{tag}"), tag)?;
            let time = commit.map_or(Ok(i64::MIN), |listed| commit_time(repo, listed.commit))?;
            if newest.as_ref().is_none_or(|(best, _)| time >= *best) {
                newest = Some((time, found));
            }
        }
        newest.map(|(_, found)| found).ok_or_else(|| SemverError::NoMatch(range.to_owned()).into())
    }

    /// A commit, from the whole history of a branch or of all branches.
    fn commit(
        &self,
        repo: &gix::Repository,
        target: &Target,
        id: &str,
        branch: Option<&str>,
    ) -> Result<Found, CloneError> {
        let not_found = || CloneError::CommitNotFound(id.to_owned());
        let oid = gix::ObjectId::from_hex(id.as_bytes()).map_err(|_| not_found())?;
        // A spec may name a commit in capitals; a revision never does.
        let commit = oid.to_string();
        let revision = refs::revision(target.label(), &commit);
        if self.known == Some(revision.as_str()) {
            return Ok(Found::Unchanged);
        }
        let is_there = || is_commit(repo, oid);
        if is_there() && !self.kept.had(&commit) && self.exact {
            // It is here because somebody else wanted it: the server says whether we may have it.
            self.list(repo, &["HEAD:refs/source/head"])?;
        }
        if !is_there() && self.exact {
            self.by_itself(repo, oid)?;
        }
        if !is_there() || !self.exact && !self.kept.had(&commit) {
            let spec = match branch {
                Some(branch) => {
                    let name = format!("{HEADS}{branch}");
                    if gix::validate::reference::name(name.as_str().into()).is_err() {
                        return Err(CloneError::RefNotFound(name));
                    }
                    format!("+{name}:refs/source/{}", short_hash(&name))
                }
                None => "+refs/heads/*:refs/source/heads/*".to_owned(),
            };
            self.history(repo, &spec, branch, &is_there)?;
        }
        if !is_there() {
            return Err(not_found());
        }
        let named = target.label().and_then(|label| label.strip_prefix(TAGS));
        let tag = named.map(|name| TagRef { name: name.to_owned(), object: None });
        Ok(Found::Revision { revision, place: self.tip(commit, tag) })
    }

    /// A commit that is named, at depth 1. Servers need not give one that no reference leads to.
    fn by_itself(&self, repo: &gix::Repository, oid: gix::ObjectId) -> Result<(), CloneError> {
        let http = (self.http)();
        let _turn = self.turn(&http)?;
        if is_commit(repo, oid) {
            return Ok(());
        }
        let remote = self.remote(repo, &[format!("+{oid}:refs/source/{oid}")])?;
        let fetched = self.prepare(&remote, &http).and_then(|prepared| {
            prepared.with_shallow(Shallow::DepthAtRemote(NonZeroU32::MIN)).receive(Discard, self.interrupt)
        });
        match fetched.map_err(|error| explain(&http, &error)) {
            Ok(_) | Err(CloneError::Git(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The history of a branch, or of all of them, until a commit is there.
    fn history(
        &self,
        repo: &gix::Repository,
        spec: &str,
        branch: Option<&str>,
        is_there: &dyn Fn() -> bool,
    ) -> Result<(), CloneError> {
        let http = (self.http)();
        let explain = |error: gix::Error| explain(&http, &error);
        let remote = self.remote(repo, &[spec.to_owned()])?;
        let prepared = self.prepare(&remote, &http).map_err(explain)?;
        let listed = listed(&prepared.ref_map().remote_refs);
        let name = branch.map(|branch| format!("{HEADS}{branch}"));
        let missing =
            name.as_ref().map_or(listed.is_empty(), |name| !listed.iter().any(|one| one.name == *name));
        if missing {
            drop(prepared);
            return Err(self.absent(repo, name.as_deref().unwrap_or("refs/heads/*")));
        }
        if is_there() {
            return Ok(());
        }
        let _turn = self.turn(&http)?;
        if !is_there() {
            // Who fetched single commits has a clone that ends with them: what comes before them is not sent otherwise.
            let depth = if repo.is_shallow().map_err(explain)? { Shallow::undo() } else { Shallow::NoChange };
            prepared.with_shallow(depth).receive(Discard, self.interrupt).map_err(explain)?;
        }
        Ok(())
    }

    /// What an absent reference means: that it is absent, or that everything is.
    fn absent(&self, repo: &gix::Repository, name: &str) -> CloneError {
        match self.is_empty(repo) {
            Ok(true) => CloneError::Empty,
            Ok(false) => CloneError::RefNotFound(name.to_owned()),
            Err(error) => error,
        }
    }

    fn is_empty(&self, repo: &gix::Repository) -> Result<bool, CloneError> {
        let specs = ["refs/heads/*:refs/source/heads/*", "refs/tags/*:refs/source/tags/*"];
        Ok(self.list(repo, &specs)?.is_empty())
    }

    fn list(&self, repo: &gix::Repository, specs: &[&str]) -> Result<Vec<Listed>, CloneError> {
        let http = (self.http)();
        let specs: Vec<String> = specs.iter().map(|spec| format!("+{spec}")).collect();
        let remote = self.remote(repo, &specs)?;
        let (map, _) = self
            .connect(&remote, &http)
            .and_then(|connection| connection.ref_map(Discard, gix::remote::ref_map::Options::default()))
            .map_err(|error| explain(&http, &error))?;
        Ok(listed(&map.remote_refs))
    }

    fn remote<'repo>(
        &self,
        repo: &'repo gix::Repository,
        specs: &[String],
    ) -> Result<gix::Remote<'repo>, CloneError> {
        let git = |error: gix::Error| CloneError::Git(error.to_string());
        repo.remote_at(self.url)
            .map_err(git)?
            .with_fetch_tags(Tags::None)
            .with_refspecs(specs.iter().map(|spec| spec.as_bytes().as_bstr()), Direction::Fetch)
            .map_err(git)
    }

    /// Asks what there is; what of it is fetched is said after that.
    fn prepare<'repo>(
        &self,
        remote: &gix::Remote<'repo>,
        http: &Http,
    ) -> Result<Prepared<'repo>, gix::Error> {
        self.connect(remote, http)?.prepare_fetch(Discard, gix::remote::ref_map::Options::default())
    }

    fn connect<'a, 'repo>(
        &self,
        remote: &'a gix::Remote<'repo>,
        http: &Http,
    ) -> Result<Connection<'a, 'repo>, gix::Error> {
        let transport = self.transport(remote, http)?;
        // The transport sends credentials itself; gix must not look for helpers or ask.
        Ok(remote.to_connection_with_transport(transport).with_credentials(|_| Ok(None)))
    }

    fn transport(
        &self,
        remote: &gix::Remote<'_>,
        http: &Http,
    ) -> Result<Box<dyn Transport + Send>, gix::Error> {
        let (url, version) = remote.sanitized_url_and_version(Direction::Fetch)?;
        Ok(if url.scheme == gix::url::Scheme::Ssh {
            ssh::transport(http, self.algorithms, self.url, version).map_err(gix::Error::from_error)?
        } else {
            Box::new(HttpTransport::new_http(http.clone(), url, version, false))
        })
    }
}

type Prepared<'repo> = gix::remote::fetch::Prepare<'static, 'repo, Box<dyn Transport + Send>>;
type Connection<'a, 'repo> = gix::remote::Connection<'a, 'static, 'repo, Box<dyn Transport + Send>>;

/// The wire's own failure says more than what gix makes of it.
fn explain(http: &Http, error: &gix::Error) -> CloneError {
    http.failure().map_or_else(|| CloneError::Git(http.cleaned(&chain(error))), CloneError::Wire)
}

fn listed(refs: &[Ref]) -> Vec<Listed> {
    refs.iter()
        .filter_map(|reference| {
            let (name, target, peeled) = reference.unpack();
            // An annotated tag: what it is, and what it stands for.
            let (object, commit) = (target.or(peeled)?.to_owned(), peeled.or(target)?.to_owned());
            Some(Listed { name: name.to_str().ok()?.to_owned(), object, commit })
        })
        .collect()
}

fn find(listed: Vec<Listed>, name: &str) -> Option<Listed> {
    listed.into_iter().find(|listed| listed.name == name)
}

fn is_commit(repo: &gix::Repository, id: gix::ObjectId) -> bool {
    repo.find_header(id).is_ok_and(|header| header.kind() == gix::object::Kind::Commit)
}

/// Whether another clone may do better.
fn is_of_the_clone(error: &CloneError) -> bool {
    match error {
        CloneError::Git(_) | CloneError::Full => true,
        // A pack that completes a clone is held to stricter limits than a whole one, which may do.
        CloneError::Wire(Failure::Excess(excess)) => matches!(excess, Excess::References(_)),
        _ => false,
    }
}

fn commit_time(repo: &gix::Repository, id: gix::ObjectId) -> Result<i64, CloneError> {
    let git = |error: gix::Error| CloneError::Git(error.to_string());
    if repo.find_header(id).map_err(git)?.size() > MAX_SIGNED {
        return Err(CloneError::Wire(Excess::Signed(MAX_SIGNED).into()));
    }
    let commit = repo.find_commit(id).map_err(git)?;
    Ok(commit.time().map_err(git)?.seconds)
}
