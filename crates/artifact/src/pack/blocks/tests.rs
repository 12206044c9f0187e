//! The cut, compared with the standard library's, and the budget in the middle of it.

use std::io::{self, BufWriter, Write};

use manifest::budget::{Budget, Cancel, Limits};

use super::{BLOCK, Blocks};

/// Takes some bytes at a time and notes how many it was offered.
#[derive(Default)]
struct Notes {
    offered: Vec<usize>,
    bytes: Vec<u8>,
}

impl Write for Notes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(50_000);
        self.offered.push(bytes.len());
        self.bytes.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        unreachable!("to flush is to cut")
    }
}

fn limited(steps: u64) -> Budget {
    Budget::new(Limits { steps, ..Limits::NONE }, Cancel::default())
}

proptest::proptest! {
    #[test]
    fn the_cut_is_that_of_the_standard_library(
        lengths in proptest::collection::vec(
            proptest::prop_oneof![0..2000_usize, BLOCK - 600..BLOCK + 600, 0..4 * BLOCK], 0..24,
        )
    ) {
        let mut ours = Blocks::new(Notes::default(), Budget::default());
        let mut std = BufWriter::with_capacity(BLOCK, Notes::default());
        for (index, length) in lengths.into_iter().enumerate() {
            let bytes = vec![index as u8; length];
            ours.write_all(&bytes).unwrap();
            std.write_all(&bytes).unwrap();
        }
        let ours = ours.into_inner().unwrap();
        let (std, gathered) = std.into_parts();
        let mut std = std;
        std.write_all(&gathered.unwrap()).unwrap();
        proptest::prop_assert_eq!(ours.offered, std.offered);
        proptest::prop_assert!(ours.bytes == std.bytes);
    }
}

#[test]
fn a_large_piece_ends_in_the_middle() {
    let mut blocks = Blocks::new(Notes::default(), limited(3));
    assert!(blocks.write_all(&vec![0; 100 * BLOCK]).is_err());
    assert!(blocks.inner.bytes.len() <= 3 * 50_000, "{}", blocks.inner.bytes.len());
}

#[test]
fn what_a_writer_takes_at_once_is_charged_as_well() {
    let budget = limited(100);
    let mut blocks = Blocks::new(Vec::new(), budget.clone());
    blocks.write_all(&vec![0; 64 * BLOCK]).unwrap();
    assert_eq!(budget.steps(), 65);
}

#[test]
fn a_writer_that_takes_nothing_is_an_error() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Ok(0)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let error = Blocks::new(Full, Budget::default()).write_all(&[0; BLOCK]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WriteZero);
}
