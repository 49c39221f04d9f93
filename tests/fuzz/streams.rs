//! The streams' parser: what is read does not depend on the pieces in which the bytes arrive.

use std::ops::Range;

use proptest::prelude::*;
use tminus::{
    EventLoop, Exception,
    clock::VirtualClock,
    streams::{IncompleteReadError, LimitOverrunError, StreamReader},
    yield_now,
};

#[derive(Clone, Debug)]
enum Read {
    Exactly(usize),
    Line,
    Until(Vec<Vec<u8>>),
    ToEnd,
}

#[derive(Clone, Debug, PartialEq)]
enum Outcome {
    Bytes(Vec<u8>),
    Incomplete(Vec<u8>, Option<usize>),
    Overrun,
    ValueError,
}

/// Few different bytes, so that separators are frequent.
fn bytes(length: Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop::sample::select(b"ab\r\n".to_vec());
    prop::collection::vec(byte, length)
}

fn read() -> impl Strategy<Value = Read> {
    let separator = || bytes(1..4);
    prop_oneof![
        4 => (0_usize..12).prop_map(Read::Exactly),
        4 => Just(Read::Line),
        4 => separator().prop_map(|separator| Read::Until(vec![separator])),
        2 => prop::collection::vec(separator(), 1..4).prop_map(Read::Until),
        1 => Just(Read::ToEnd),
    ]
}

/// The bytes that are left, of the whole stream.
struct Model<'a> {
    rest: &'a [u8],
    limit: usize,
}

impl Model<'_> {
    fn take(&mut self, n: usize) -> Vec<u8> {
        let (taken, rest) = self.rest.split_at(n);
        self.rest = rest;
        taken.to_vec()
    }

    fn take_all(&mut self) -> Vec<u8> {
        self.take(self.rest.len())
    }

    fn read(&mut self, read: &Read) -> Outcome {
        match read {
            Read::Exactly(n) if *n <= self.rest.len() => Outcome::Bytes(self.take(*n)),
            Read::Exactly(n) => Outcome::Incomplete(self.take_all(), Some(*n)),
            Read::ToEnd => Outcome::Bytes(self.take_all()),
            Read::Until(separators) => self.until(separators),
            Read::Line => match self.until(&[b"\n".to_vec()]) {
                Outcome::Incomplete(partial, _) => Outcome::Bytes(partial),
                // A line over the limit is dropped. How much of it has arrived then depends on the pieces, so a test ends here.
                Outcome::Overrun => Outcome::ValueError,
                outcome => outcome,
            },
        }
    }

    /// Up to the separator that ends first; the shortest one if several end there.
    fn until(&mut self, separators: &[Vec<u8>]) -> Outcome {
        for end in 0..=self.rest.len() {
            let ending = separators
                .iter()
                .filter(|separator| self.rest[..end].ends_with(separator));
            if let Some(shortest) = ending.min_by_key(|separator| separator.len()) {
                return match end - shortest.len() > self.limit {
                    true => Outcome::Overrun,
                    false => Outcome::Bytes(self.take(end)),
                };
            }
        }
        // What could still be the beginning of a separator is not over the limit.
        let longest = separators.iter().map(Vec::len).max().expect("there is one");
        match (self.rest.len() + 1).saturating_sub(longest) > self.limit {
            true => Outcome::Overrun,
            false => Outcome::Incomplete(self.take_all(), None),
        }
    }
}

async fn perform(reader: &StreamReader, read: &Read) -> Outcome {
    let read = match read {
        Read::Exactly(n) => reader.readexactly(*n).await,
        Read::Line => reader.readline().await,
        Read::Until(separators) => reader.readuntil(separators.clone()).await,
        Read::ToEnd => reader.read_to_end().await,
    };
    let exception = match read {
        Ok(bytes) => return Outcome::Bytes(bytes),
        Err(exception) => exception,
    };
    if let Some(error) = exception.downcast_ref::<IncompleteReadError>() {
        return Outcome::Incomplete(error.partial.clone(), error.expected);
    }
    match exception.is::<LimitOverrunError>() {
        true => Outcome::Overrun,
        false if exception.name() == "ValueError" => Outcome::ValueError,
        false => panic!("{exception:?}"),
    }
}

/// Feeds the pieces, a few rounds of the loop apart, while a task reads. Returns what it reads, and what is left.
fn run(
    pieces: &[(Vec<u8>, u8)],
    limit: usize,
    reads: &[Read],
) -> Result<(Vec<Outcome>, Vec<u8>), Exception> {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    event_loop.run_until_complete(async {
        let reader = StreamReader::new(limit)?;
        let feeds = async {
            for (piece, rounds) in pieces {
                reader.feed_data(piece)?;
                for _ in 0..*rounds {
                    yield_now().await?;
                }
            }
            reader.feed_eof();
            Ok::<_, Exception>(())
        };
        let performs = async {
            let mut outcomes = Vec::new();
            for read in reads {
                outcomes.push(perform(&reader, read).await);
                if outcomes.last() == Some(&Outcome::ValueError) {
                    break;
                }
            }
            outcomes
        };
        let (fed, outcomes) = futures::join!(feeds, performs);
        fed?;
        Ok((outcomes, reader.buffer()))
    })
}

fn check(pieces: &[(Vec<u8>, u8)], limit: usize, reads: &[Read]) -> Result<(), TestCaseError> {
    let whole: Vec<u8> = pieces.iter().flat_map(|(piece, _)| piece.clone()).collect();
    let (outcomes, left) = run(pieces, limit, reads).unwrap();
    let mut model = Model {
        rest: &whole,
        limit,
    };
    for (number, (outcome, read)) in outcomes.iter().zip(reads).enumerate() {
        prop_assert_eq!(outcome, &model.read(read), "read {} of {:?}", number, whole);
    }
    if outcomes.last() != Some(&Outcome::ValueError) {
        prop_assert_eq!(outcomes.len(), reads.len());
        prop_assert_eq!(&left[..], model.rest);
    }
    Ok(())
}

proptest! {
    #![proptest_config(crate::config(1000))]

    #[test]
    fn reads_do_not_depend_on_the_pieces(
        pieces in prop::collection::vec((bytes(0..8), 0_u8..4), 0..10),
        limit in prop_oneof![Just(1 << 16), 1_usize..20],
        reads in prop::collection::vec(read(), 1..8),
    ) {
        check(&pieces, limit, &reads)?;
    }
}
