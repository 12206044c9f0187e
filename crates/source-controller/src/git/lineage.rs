//! Whether a commit comes after the one that was stored before it, or a branch was rewritten (docs/design/0015).
//!
//! A clone of depth 1 knows no history, and none is fetched to learn this. The parents that both commits name say it of
//! most pushes; of the others the server is asked with Git's own negotiation: whoever wants the one commit and has the
//! other is told `ready` if what is wanted reaches what one has, or a parent of it. So `ready` proves nothing, and its
//! absence that the branch was rewritten. No file is sent for it. What is not certain is not told.

use gix::progress::Discard;
use gix::protocol::fetch::response::Acknowledgement;
use gix::protocol::fetch::{Arguments, Response};
use gix::protocol::transport::client::blocking_io::Transport;
use gix::protocol::transport::{Protocol, Service};
use gix::protocol::{Command, handshake};

use super::archive::MAX_SIGNED;

#[cfg(test)]
mod tests;

/// What is known of a commit and one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lineage {
    /// It comes after the other.
    After,
    /// It does not: the branch was rewritten.
    Leaves,
    /// Neither is certain.
    Unknown,
}

/// What the parents say. `old` has none when its commit is not at hand.
pub(super) fn by_parents(
    (old, olds): (gix::ObjectId, Option<&[gix::ObjectId]>),
    (new, news): (gix::ObjectId, &[gix::ObjectId]),
) -> Lineage {
    if old == new || news.contains(&old) {
        return Lineage::After;
    }
    let Some(olds) = olds else {
        return if news.is_empty() { Lineage::Leaves } else { Lineage::Unknown };
    };
    // What the old one comes after does not come after it; nor does what comes after nothing but that.
    if olds.contains(&new) || news.iter().all(|parent| olds.contains(parent)) {
        Lineage::Leaves
    } else {
        Lineage::Unknown
    }
}

/// The parents of a commit, as it names them itself; `None` if it is not at hand, or too large to be looked at.
pub(super) fn parents(repo: &gix::Repository, id: gix::ObjectId) -> Option<Vec<gix::ObjectId>> {
    let header = repo.find_header(id).ok()?;
    if header.kind() != gix::object::Kind::Commit || header.size() > MAX_SIGNED {
        return None;
    }
    let commit = repo.find_commit(id).ok()?;
    Some(commit.parent_ids().map(gix::Id::detach).collect())
}

/// What the server says. A failure is no answer.
pub(super) fn asked(transport: &mut dyn Transport, old: gix::ObjectId, new: gix::ObjectId) -> Lineage {
    answer(transport, old, new).unwrap_or(Lineage::Unknown)
}

fn answer(
    mut transport: &mut dyn Transport,
    old: gix::ObjectId,
    new: gix::ObjectId,
) -> Result<Lineage, gix::Error> {
    let shaken = handshake(&mut transport, Service::UploadPack, |_| Ok(None), Vec::new(), &mut Discard)?;
    let version = shaken.server_protocol_version;
    if version != Protocol::V2 {
        // The first versions have no `ready` of its own.
        return Ok(Lineage::Unknown);
    }
    let mut features = Command::Fetch.default_features(version, &shaken.capabilities);
    features.retain(|(name, _)| *name != "sideband-all");
    let mut arguments = Arguments::new(version, features, false);
    if arguments.can_use_filter() {
        // What is sent behind the answer is not read.
        arguments.filter("tree:0");
    }
    arguments.want(new);
    arguments.have(old);
    let mut reader = arguments.send(&mut transport, false).map_err(gix::Error::from_error)?;
    let response = Response::from_line_reader(version, &mut reader, false, true)?;
    Ok(of(response.acknowledgements()))
}

/// What acknowledgements mean. A server that does not know the old commit has all that the new one comes after, and so
/// not that.
fn of(acknowledgements: &[Acknowledgement]) -> Lineage {
    if acknowledgements.is_empty() || acknowledgements.contains(&Acknowledgement::Ready) {
        Lineage::Unknown
    } else {
        Lineage::Leaves
    }
}
