//! Fetching what is not kept, many at a time (contracts/source-controller.md 8). An object that is gone leaves the index,
//! one that is something else by now changes it.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};

use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use reqwest::StatusCode;

use super::failure::{Failure, listing, misplaced};
use super::index::{Index, State};
use super::kept::{Content, Draft, Shelf, id};
use super::key_text::shown;
use super::list::{LOOKS, Look, etag_of, look_up, restless};
use super::login::Proof;
use super::page::Item;
use super::store::Store;
use super::wire::Wire;
use super::{BucketError, Buckets, Means, blocking, keys};

/// Objects of a bucket that are fetched at a time, and as many as are without asking for memory.
const PARALLEL: (usize, usize) = (100, 12);
/// Memory of one that is under way: what a connection buffers, and what is written at a time.
const BUFFERS: u64 = 512 << 10;
/// How much is written to the disk at a time.
const CHUNK: usize = 256 << 10;

/// What is fetched of one object, and with what.
struct Job<'a> {
    wire: &'a Wire<'a>,
    store: &'a Store,
    proof: &'a Proof,
    shelf: &'a Shelf,
    /// What an object may have, and what is left of what all may.
    most: u64,
    left: &'a AtomicU64,
}

impl Buckets {
    /// Brings what is not kept. Gives what there is then, and places and contents in the order of an archive.
    pub(super) async fn bring(
        &self,
        wire: &Wire<'_>,
        (store, proof): (&Store, &Proof),
        shelf: &Shelf,
        index: Index,
        has_rules: bool,
        means: &Means,
    ) -> Result<(Index, Vec<(String, Content)>), BucketError> {
        let (mut index, mut contents, missing) = {
            let shelf = shelf.clone();
            blocking(move || sort(&shelf, &index, has_rules).map(|(kept, missing)| (index, kept, missing)))
                .await??
        };
        let held: u64 = contents.values().map(|content| content.size).sum();
        let left = AtomicU64::new(means.most.bytes.1.saturating_sub(held));
        let (parallel, _memory) = self.parallel(wire, missing.len(), means).await?;
        let job = &Job { wire, store, proof, shelf, most: means.most.bytes.0, left: &left };
        let mut fetched = stream::iter(missing)
            .map(|(key, state)| async move {
                let outcome = self.download(job, &key, &state).await;
                (key, outcome)
            })
            .buffer_unordered(parallel);
        while let Some((key, outcome)) = fetched.next().await {
            match outcome {
                Ok(Some((state, content))) => {
                    index.change(&key, state, &means.most).map_err(listing)?;
                    contents.insert(key, content);
                }
                Ok(None) => {
                    tracing::info!(
                        "indexed object '{}' disappeared from '{}' bucket",
                        wire.access.redact(&shown(&key)),
                        store.bucket()
                    );
                    index.remove(&key);
                }
                Err(Failure::Cancelled) => return Err(BucketError::Cancelled),
                Err(Failure::Disk(cause)) => return Err(BucketError::Disk(cause)),
                Err(cause) => return Err(BucketError::Object { key: shown(&key), cause }),
            }
        }
        drop(fetched);
        let shelf = shelf.clone();
        blocking(move || arrange(&shelf, &index, contents, has_rules).map(|files| (index, files))).await?
    }

    /// How many are fetched at a time; what that takes is waited for.
    async fn parallel(
        &self,
        wire: &Wire<'_>,
        missing: usize,
        means: &Means,
    ) -> Result<(usize, Option<reconcile_core::gate::Reservation>), BucketError> {
        let most = missing.clamp(1, PARALLEL.0);
        if most <= PARALLEL.1 || means.reserve.is_some() {
            return Ok((most, None));
        }
        let fits = usize::try_from(self.memory.limit() / BUFFERS).unwrap_or(PARALLEL.0);
        let most = most.min(fits).max(PARALLEL.1);
        let bytes = (most as u64 * BUFFERS).min(self.memory.limit());
        match wire.wait(self.memory.enter(wire.access.namespace(), bytes)).await {
            Ok(entered) => Ok((most, entered.ok())),
            Err(Failure::Cancelled) => Err(BucketError::Cancelled),
            Err(failure) => Err(BucketError::List(failure)),
        }
    }

    /// One object; `None` when it is gone.
    async fn download(
        &self,
        job: &Job<'_>,
        key: &str,
        state: &State,
    ) -> Result<Option<(State, Content)>, Failure> {
        let State { etag, generation, size } = state.clone();
        let mut item = Item { key: key.to_owned(), etag, generation, size };
        for _ in 0..LOOKS {
            let brought = job.wire.again(|| self.bring_one(job, &item)).await?;
            if brought.is_some() {
                return Ok(brought);
            }
            // Gone, or another content has its place by now.
            match look_up(job.wire, job.store, job.proof, key).await? {
                Look::There(newer) if newer.generation != item.generation => {
                    item = Item { key: item.key, ..newer };
                }
                Look::There(_) | Look::Gone | Look::Needless => return Ok(None),
            }
        }
        Err(restless())
    }

    /// One try.
    async fn bring_one(&self, job: &Job<'_>, item: &Item) -> Result<Option<(State, Content)>, Failure> {
        let request = job.store.get(job.proof, item, None, Timestamp::now())?;
        let mut response = job.wire.send(request).await?;
        if response.status() != StatusCode::OK {
            let read = |status, body: &[u8]| job.store.refusal(status, body);
            let failure = job.wire.refused(response, read).await;
            return if failure.is_no_object() { Ok(None) } else { Err(failure) };
        }
        // Google's header is of another form, but what was asked for has a number.
        let etag = if item.generation.is_empty() { etag_of(&response)? } else { None };
        let etag = etag.map_or_else(|| item.etag.clone(), |etag| job.store.etag(etag));
        let mut taken = Taken { left: job.left, bytes: 0, is_kept: false };
        let (mut buffer, mut draft) = (Vec::new(), None);
        while let Some(chunk) = job.wire.chunk(&mut response).await? {
            self.received.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            taken.take(chunk.len() as u64, job.most)?;
            buffer.extend_from_slice(&chunk);
            if buffer.len() >= CHUNK {
                draft = Some(write(job.shelf, draft, std::mem::take(&mut buffer)).await?);
            }
        }
        let draft = write(job.shelf, draft, buffer).await?;
        let (shelf, key) = (job.shelf.clone(), item.key.clone());
        let state = State { etag: etag.clone(), generation: item.generation.clone(), size: taken.bytes };
        let named = tokio::task::spawn_blocking(move || shelf.finish(draft, &key, &etag)).await;
        let content = named.map_err(|error| unwritten(&error))?.map_err(|error| unwritten(&error))?;
        taken.is_kept = true;
        Ok(Some((state, content)))
    }
}

/// What is kept of those in the index, and what is not.
type Sorted = (HashMap<String, Content>, Vec<(String, State)>);

/// Looks what is kept. What cannot be an archive is not fetched.
fn sort(shelf: &Shelf, index: &Index, has_rules: bool) -> Result<Sorted, BucketError> {
    keys::plan(index.iter().map(|(key, _)| key), has_rules).map_err(misplaced)?;
    shelf.make().map_err(|error| BucketError::Disk(error.to_string()))?;
    let kept = shelf.contents();
    let (mut contents, mut missing) = (HashMap::new(), Vec::new());
    for (key, state) in index.iter() {
        match kept.get(&id(key, &state.etag)).filter(|_| !state.etag.is_empty()) {
            Some(content) => drop(contents.insert(key.to_owned(), content.clone())),
            None => missing.push((key.to_owned(), state.clone())),
        }
    }
    Ok((contents, missing))
}

/// Places and contents, in the order of an archive. What nobody needs goes.
fn arrange(
    shelf: &Shelf,
    index: &Index,
    contents: HashMap<String, Content>,
    has_rules: bool,
) -> Result<Vec<(String, Content)>, BucketError> {
    let all: Vec<&str> = index.iter().map(|(key, _)| key).collect();
    let plan = keys::plan(all.iter().copied(), has_rules).map_err(misplaced)?;
    let place = |(place, number): (String, usize)| {
        let content = all.get(number).and_then(|key| contents.get(*key))?;
        Some((place, content.clone()))
    };
    let files = plan.into_iter().filter_map(place).collect();
    shelf.keep(&contents.into_values().collect::<HashSet<_>>());
    Ok(files)
}

/// What an object has taken of what is left to all; given back when it is not kept.
struct Taken<'a> {
    left: &'a AtomicU64,
    bytes: u64,
    is_kept: bool,
}

impl Taken<'_> {
    fn take(&mut self, bytes: u64, most: u64) -> Result<(), Failure> {
        if self.bytes + bytes > most {
            return Err(Failure::Excess(format!("it has more than {most} bytes")));
        }
        let taken =
            self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        taken.map_err(|_| Failure::Excess("the objects have more bytes in all than they may".to_owned()))?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if !self.is_kept {
            self.left.fetch_add(self.bytes, Ordering::Relaxed);
        }
    }
}

async fn write(shelf: &Shelf, draft: Option<Draft>, bytes: Vec<u8>) -> Result<Draft, Failure> {
    let shelf = shelf.clone();
    let work = move || {
        let mut draft = draft.map_or_else(|| shelf.begin(), Ok)?;
        draft.write(&bytes)?;
        Ok::<_, std::io::Error>(draft)
    };
    let written = tokio::task::spawn_blocking(work).await.map_err(|error| unwritten(&error))?;
    written.map_err(|error| unwritten(&error))
}

fn unwritten(error: &dyn std::fmt::Display) -> Failure {
    Failure::Disk(error.to_string())
}
