//! What is known of trees, without fetches.

use std::sync::Arc;

use super::{ADDRESSES, State as Known};
use crate::digest::{Algorithm, Digest};
use crate::tree::MemTree;

type State = Known<()>;

fn tree(size: usize) -> Arc<MemTree> {
    Arc::new(MemTree::from_files([("a", vec![0; size])]).unwrap())
}

fn digest(number: u8) -> Digest {
    Digest::of(Algorithm::Sha256, &[number])
}

#[test]
fn trees_that_were_used_last_are_kept() {
    let mut state = State::default();
    let limit = 2 * tree(100).cost();
    for number in 0..2 {
        state.keep("a", digest(number), tree(100), limit);
    }
    assert!(state.find("a", &digest(0)).is_some(), "used again: the other one is the oldest now");
    state.keep("a", digest(2), tree(100), limit);
    assert!(state.find("a", &digest(1)).is_none());
    assert!(state.find("a", &digest(0)).is_some() && state.find("a", &digest(2)).is_some());
    assert_eq!(state.bytes, limit);
}

#[test]
fn a_tree_that_is_too_large_to_keep_is_found_while_it_is_in_use() {
    let mut state = State::default();
    let large = tree(1000);
    state.keep("a", digest(0), Arc::clone(&large), 10);
    assert_eq!(state.bytes, 0);
    assert!(Arc::ptr_eq(&state.find("a", &digest(0)).unwrap(), &large));
    drop(large);
    assert!(state.find("a", &digest(0)).is_none());
    state.keep("a", digest(1), tree(1), 1 << 20);
    assert!(state.in_use.is_empty(), "what nobody uses is forgotten");
}

#[test]
fn a_tree_that_is_kept_again_counts_once() {
    let mut state = State::default();
    for _ in 0..3 {
        state.keep("a", digest(0), tree(100), 1 << 20);
    }
    assert_eq!((state.kept.len(), state.bytes), (1, tree(100).cost()));
}

#[test]
fn a_tree_is_given_to_those_from_whose_address_it_came() {
    let mut state = State::default();
    let first = state.keep("one", digest(0), tree(1), 1 << 20);
    assert!(state.find("one", &digest(0)).is_some());
    assert!(state.find("other", &digest(0)).is_none(), "a digest alone proves nothing");
    let second = state.keep("other", digest(0), tree(1), 1 << 20);
    assert!(Arc::ptr_eq(&first, &second), "its bytes are the same");
    assert!(state.find("one", &digest(0)).is_some() && state.find("other", &digest(0)).is_some());
    assert!(state.find("other", &digest(1)).is_none());
}

#[test]
fn addresses_are_bounded_and_go_with_their_tree() {
    let mut state = State::default();
    for number in 0..=ADDRESSES {
        state.keep(&number.to_string(), digest(0), tree(1), 1 << 20);
    }
    assert!(state.find("0", &digest(0)).is_none(), "the oldest went");
    assert!(state.find("1", &digest(0)).is_some());
    assert_eq!(state.take_idle().len(), 1);
    assert_eq!((state.origins.len(), state.bytes), (0, 0));
    // What is let go of under one address is not known from it when it comes back under another.
    state.keep("other", digest(0), tree(1), 1 << 20);
    assert!(state.find("1", &digest(0)).is_none());
}

#[test]
fn only_idle_trees_are_let_go_of() {
    let mut state = State::default();
    let used = state.keep("a", digest(0), tree(100), 1 << 20);
    drop(state.keep("a", digest(1), tree(100), 1 << 20));
    assert_eq!(state.take_idle().len(), 1);
    assert_eq!(state.bytes, used.cost());
    assert!(state.find("a", &digest(0)).is_some() && state.find("a", &digest(1)).is_none());
}

#[test]
fn a_tree_goes_when_its_source_has_a_newer_one() {
    let mut state = State::default();
    for number in 0..3 {
        drop(state.now_of("a", &digest(number)));
        drop(state.keep("url", digest(number), tree(100), 1 << 20));
    }
    assert_eq!((state.kept.len(), state.bytes), (1, tree(100).cost()));
    assert!(state.find("url", &digest(1)).is_none() && state.find("url", &digest(2)).is_some());
    assert!(state.now_of("a", &digest(2)).is_none(), "it is the same one still");
}

#[test]
fn a_tree_of_another_source_or_in_use_is_found_when_one_has_a_newer_one() {
    let mut state = State::default();
    for source in ["a", "b"] {
        assert!(state.now_of(source, &digest(0)).is_none());
        drop(state.keep("url", digest(0), tree(100), 1 << 20));
    }
    assert!(state.now_of("a", &digest(1)).is_none(), "the other has it still");
    let used = state.find("url", &digest(0)).unwrap();
    assert!(state.now_of("b", &digest(2)).is_some());
    assert_eq!(state.bytes, 0);
    assert!(state.find("url", &digest(0)).is_some(), "somebody is still at it");
    drop(used);
    assert!(state.find("url", &digest(0)).is_none());
}

#[test]
fn what_sources_have_is_forgotten_with_their_trees() {
    let mut state = State::default();
    let limit = tree(100).cost();
    for number in 0..3 {
        drop(state.now_of(&number.to_string(), &digest(number)));
        drop(state.keep("url", digest(number), tree(100), limit));
    }
    assert_eq!(state.newest.len(), 1);
    state.flights.insert(("url".to_owned(), digest(4)), ());
    drop(state.now_of("coming", &digest(4)));
    drop(state.keep("url", digest(5), tree(100), limit));
    assert!(state.newest.contains_key("coming"), "its tree is on the way");
}
