//! What a body may cost.

use http_body_util::{Full, StreamBody};
use hyper::body::Frame;

use super::*;

fn memory(pieces: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(pieces))
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
    let memory = memory(TOGETHER / PIECE);
    let announced = Full::new(Bytes::from(vec![7; LARGEST + 1]));
    assert_eq!(read(announced, &memory).await.err(), Some(StatusCode::PAYLOAD_TOO_LARGE));
    let frames = std::iter::repeat_n(Bytes::from(vec![7; PIECE]), LARGEST / PIECE + 1)
        .map(|bytes| Ok::<_, std::convert::Infallible>(Frame::data(bytes)));
    let body = StreamBody::new(futures::stream::iter(frames));
    assert_eq!(read(body, &memory).await.err(), Some(StatusCode::PAYLOAD_TOO_LARGE));
    let largest = Full::new(Bytes::from(vec![7; LARGEST]));
    assert!(read(largest, &memory).await.is_ok());
    assert_eq!(memory.available_permits(), TOGETHER / PIECE);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_ever() {
    let never = StreamBody::new(futures::stream::pending::<Result<Frame<Bytes>, std::convert::Infallible>>());
    assert_eq!(read(never, &memory(4)).await.err(), Some(StatusCode::REQUEST_TIMEOUT));
    let full = Full::new(Bytes::from(vec![7; PIECE * 2]));
    assert_eq!(read(full, &memory(1)).await.err(), Some(StatusCode::SERVICE_UNAVAILABLE));
}
