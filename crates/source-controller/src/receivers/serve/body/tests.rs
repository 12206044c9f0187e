//! What a body may cost.

use std::convert::Infallible;

use http_body_util::{Full, StreamBody};
use hyper::body::Frame;

use super::*;

fn memory(pieces: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(pieces))
}

/// So many pieces, of which nobody says before how many there are.
fn unannounced(
    pieces: usize,
) -> StreamBody<impl futures::Stream<Item = Result<Frame<Bytes>, Infallible>> + Unpin> {
    let frames = std::iter::repeat_n(Bytes::from(vec![7; PIECE]), pieces);
    StreamBody::new(futures::stream::iter(frames.map(|bytes| Ok(Frame::data(bytes)))))
}

#[tokio::test]
async fn a_body_is_read_whole_and_gives_its_memory_back() {
    let memory = memory(4);
    for length in [0, 1, PIECE, PIECE + 1, PIECE * 4] {
        let Ok(body) = read(Full::new(Bytes::from(vec![7; length])), &memory).await else {
            panic!("no body of {length} bytes");
        };
        assert_eq!(body.bytes.len(), length);
        assert_eq!(memory.available_permits(), 4 - length.div_ceil(PIECE));
        drop(body);
        assert_eq!(memory.available_permits(), 4);
    }
}

#[tokio::test]
async fn large_bodies_are_refused_when_they_are_announced_and_when_they_come() {
    let memory = super::memory();
    let announced = Full::new(Bytes::from(vec![7; LARGEST + 1]));
    assert_eq!(read(announced, &memory).await.err(), Some(BodyFault::Large));
    assert_eq!(read(unannounced(LARGEST / PIECE + 1), &memory).await.err(), Some(BodyFault::Large));
    let largest = Full::new(Bytes::from(vec![7; LARGEST]));
    assert!(read(largest, &memory).await.is_ok());
    assert_eq!(memory.available_permits(), TOGETHER / PIECE);
}

/// What has come is copied a few times, and not once for each piece; all room that is made is counted.
#[tokio::test]
async fn room_is_made_for_twice_as_much_each_time() {
    let memory = super::memory();
    let pieces = LARGEST / PIECE;
    for (count, held) in [(1, 1), (3, 4), (pieces, pieces)] {
        let Ok(body) = read(unannounced(count), &memory).await else { panic!("no body of {count} pieces") };
        assert!(body.held.len() <= 9, "{} times", body.held.len());
        assert_eq!(body.held.iter().map(OwnedSemaphorePermit::num_permits).sum::<usize>(), held);
        assert_eq!((body.bytes.len(), body.bytes.capacity()), (count * PIECE, held * PIECE));
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_ever() {
    let never = StreamBody::new(futures::stream::pending::<Result<Frame<Bytes>, Infallible>>());
    assert_eq!(read(never, &memory(4)).await.err(), Some(BodyFault::Slow));
    let full = Full::new(Bytes::from(vec![7; PIECE * 2]));
    assert_eq!(read(full, &memory(1)).await.err(), Some(BodyFault::NoMemory));
}
