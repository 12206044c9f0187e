//! Tests of the whole: what this crate's own, test-only encryption made, and garbage.

mod encrypt;
mod garbage;
mod round_trip;

use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use proptest::test_runner::RngSeed;
use zeroize::Zeroizing;

use crate::{KeyError, KeyService, MasterKey};

/// The same cases in every run.
const SEED: RngSeed = RngSeed::Fixed(0x736f_7073);

/// A service whose data keys are not encrypted.
struct Open;

#[async_trait]
impl KeyService for Open {
    async fn decrypt(&self, _: &MasterKey, encrypted: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        Ok(Zeroizing::new(encrypted.iter().map(|byte| byte.wrapping_sub(b'0')).collect()))
    }
}

/// Runs what never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}
