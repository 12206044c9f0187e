//! Order, barriers and merging by hand; that nothing is lost by property, for any order of arrivals and of what is
//! taken.

use std::collections::{BTreeMap, VecDeque};

use futures::FutureExt as _;
use proptest::prelude::{Just, Strategy, proptest};
use proptest::{prop_assert, prop_assert_eq, prop_oneof};

use super::{Entry, Mailbox};
use crate::lane::Lane;

/// Events of one kind merge: tokens add up, the newest revision stands. Kind 0 is a barrier and merges with nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ev {
    kind: u8,
    tokens: Vec<u32>,
    revision: u32,
}

const BARRIER: u8 = 0;

fn event(kind: u8, number: u32) -> Ev {
    Ev { kind, tokens: vec![number], revision: number }
}

fn mailbox() -> Mailbox<Ev> {
    Mailbox::new(
        |queued, new| {
            if queued.kind != new.kind || new.kind == BARRIER {
                return Some(new);
            }
            queued.tokens.extend(new.tokens);
            queued.revision = new.revision;
            None
        },
        |queued| queued.kind == BARRIER,
    )
}

fn take(mailbox: &Mailbox<Ev>) -> Option<Entry<Ev>> {
    mailbox.next().now_or_never()
}

/// What waits, oldest first: `kind:tokens`, and `end number` for the ends of jobs.
fn drain(mailbox: &Mailbox<Ev>) -> String {
    let mut texts = Vec::new();
    while let Some(entry) = take(mailbox) {
        texts.push(match entry {
            Entry::Event(event) => format!("{}:{:?}", event.kind, event.tokens),
            Entry::Ended { number, .. } => format!("end {number}"),
        });
    }
    texts.join(" ")
}

#[test]
fn entries_come_in_the_order_of_their_first_part() {
    let mailbox = mailbox();
    for (kind, number) in [(1, 1), (2, 2), (1, 3), (3, 4), (2, 5)] {
        mailbox.send(event(kind, number));
    }
    assert_eq!(drain(&mailbox), "1:[1, 3] 2:[2, 5] 3:[4]");
    assert!(mailbox.is_empty());
}

#[test]
fn nothing_is_merged_into_or_past_a_barrier() {
    let mailbox = mailbox();
    for (kind, number) in [(1, 1), (BARRIER, 2), (BARRIER, 3), (1, 4), (1, 5)] {
        mailbox.send(event(kind, number));
    }
    assert_eq!(drain(&mailbox), "1:[1] 0:[2] 0:[3] 1:[4, 5]");
}

#[test]
fn the_end_of_a_job_is_never_merged_and_no_barrier() {
    let mailbox = mailbox();
    mailbox.send(event(1, 1));
    mailbox.ended(Lane::Run, 7, event(1, 2));
    mailbox.ended(Lane::Heal, 8, event(1, 3));
    mailbox.send(event(1, 4));
    assert_eq!(drain(&mailbox), "1:[1, 4] end 7 end 8");
}

#[test]
fn what_is_put_back_comes_first_and_merges_again() {
    let mailbox = mailbox();
    mailbox.send(event(3, 9));
    mailbox.restore(vec![event(1, 1), event(2, 2)]);
    mailbox.send(event(1, 3));
    assert_eq!(drain(&mailbox), "1:[1, 3] 2:[2] 3:[9]");
    mailbox.restore(Vec::new());
    assert!(mailbox.is_empty());
}

#[test]
fn who_waits_is_woken_by_whatever_comes() {
    for put in [
        (|mailbox: &Mailbox<Ev>| mailbox.send(event(1, 1))) as fn(&Mailbox<Ev>),
        |mailbox| mailbox.ended(Lane::Run, 1, event(1, 1)),
        |mailbox| mailbox.restore(vec![event(1, 1)]),
    ] {
        let mailbox = mailbox();
        let mut waiting = std::pin::pin!(mailbox.next());
        assert!(waiting.as_mut().now_or_never().is_none());
        put(&mailbox);
        assert!(waiting.now_or_never().is_some());
        assert!(mailbox.is_empty());
    }
}

#[test]
fn who_stops_waiting_takes_nothing_along() {
    let mailbox = mailbox();
    {
        let mut waiting = Box::pin(mailbox.next());
        assert!(waiting.as_mut().now_or_never().is_none());
        mailbox.send(event(1, 1));
    }
    assert_eq!(drain(&mailbox), "1:[1]");
}

#[test]
fn an_empty_mailbox_gives_its_memory_back() {
    let mailbox = mailbox();
    for number in 0..1000 {
        mailbox.send(event(BARRIER, number));
    }
    while take(&mailbox).is_some() {}
    assert_eq!(mailbox.entries.lock().capacity(), 0);
}

/// One thing that happens to a mailbox.
#[derive(Clone, Copy, Debug)]
enum Op {
    /// An event of this kind arrives.
    Send(u8),
    /// A job ends.
    End,
    /// The reader takes an entry.
    Take,
    /// The reader takes so many entries and puts the events back: the object starts over.
    PutBack(u8),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        5 => (0..4_u8).prop_map(Op::Send),
        1 => Just(Op::End),
        3 => Just(Op::Take),
        1 => (1..4_u8).prop_map(Op::PutBack),
    ];
    proptest::collection::vec(op, 0..80)
}

/// What a reader has seen of a mailbox, and what it should have.
#[derive(Default)]
struct Reader {
    taken: Vec<Ev>,
    ended: Vec<u64>,
}

impl Reader {
    fn note(&mut self, entry: Entry<Ev>) {
        match entry {
            Entry::Event(event) => self.taken.push(event),
            Entry::Ended { number, .. } => self.ended.push(number),
        }
    }

    /// As the runtime does when an object starts over: ends are used up, events go back.
    fn put_back(&mut self, mailbox: &Mailbox<Ev>, count: u8) {
        let mut kept = Vec::new();
        for _ in 0..count {
            match take(mailbox) {
                Some(Entry::Event(event)) => kept.push(event),
                Some(end) => self.note(end),
                None => break,
            }
        }
        mailbox.restore(kept);
    }
}

/// Carries everything out and reads to the end; what was sent, and what was read.
fn play(ops: &[Op]) -> (Vec<Ev>, u64, Reader) {
    let (mailbox, mut reader) = (mailbox(), Reader::default());
    let (mut sent, mut ends) = (Vec::new(), 0);
    for op in ops {
        match op {
            Op::Send(kind) => {
                let event = event(*kind, u32::try_from(sent.len()).expect("few"));
                sent.push(event.clone());
                mailbox.send(event);
            }
            Op::End => {
                ends += 1;
                mailbox.ended(Lane::Run, ends, event(9, 0));
            }
            Op::Take => {
                if let Some(entry) = take(&mailbox) {
                    reader.note(entry);
                }
            }
            Op::PutBack(count) => reader.put_back(&mailbox, *count),
        }
    }
    while let Some(entry) = take(&mailbox) {
        reader.note(entry);
    }
    (sent, ends, reader)
}

proptest! {
    #[test]
    fn no_token_is_lost_or_doubled(ops in ops()) {
        let (sent, ends, reader) = play(&ops);
        let mut tokens: Vec<u32> = reader.taken.iter().flat_map(|event| event.tokens.clone()).collect();
        tokens.sort_unstable();
        let all: Vec<u32> = sent.iter().flat_map(|event| event.tokens.clone()).collect();
        prop_assert_eq!(tokens, all);
        prop_assert_eq!(reader.ended, (1..=ends).collect::<Vec<_>>());
    }

    #[test]
    fn the_last_revision_of_a_kind_is_the_last_that_is_read(ops in ops()) {
        let (sent, _, reader) = play(&ops);
        let last = |events: &[Ev]| -> BTreeMap<u8, u32> {
            events.iter().map(|event| (event.kind, event.revision)).collect()
        };
        prop_assert_eq!(last(&reader.taken), last(&sent));
        let mut newest = BTreeMap::new();
        for event in &reader.taken {
            let before = newest.insert(event.kind, event.revision);
            prop_assert!(before.is_none_or(|before| before < event.revision), "an older revision came later");
            prop_assert_eq!(event.tokens.last(), Some(&event.revision), "the newest of what was merged stands");
        }
    }

    #[test]
    fn no_event_changes_its_side_of_a_barrier(ops in ops()) {
        let (sent, _, reader) = play(&ops);
        let mut expected: VecDeque<Vec<u32>> = sides(&sent);
        for side in sides(&reader.taken) {
            prop_assert_eq!(Some(side), expected.pop_front());
        }
        prop_assert!(expected.is_empty());
    }
}

/// The tokens between barriers, each side sorted.
fn sides(events: &[Ev]) -> VecDeque<Vec<u32>> {
    events
        .split(|event| event.kind == BARRIER)
        .map(|side| {
            let mut tokens: Vec<u32> = side.iter().flat_map(|event| event.tokens.clone()).collect();
            tokens.sort_unstable();
            tokens
        })
        .collect()
}
