//! Random operations beside a sorted list. An order that is wrong is shrunk to a few operations.

use proptest::{prelude::*, test_runner::RngSeed};

use super::*;

#[derive(Clone, Copy, Debug)]
enum Op {
    /// Sets a timer this number of nanoseconds from now.
    Set(u64),
    SetPast(u64),
    /// Sets a timer this number of nanoseconds before the last of all deadlines.
    SetFar(u64),
    /// Cancels one of the timers that were ever set.
    Cancel(usize),
    TakeDue,
    Advance(u64),
    LookAhead,
    Clear,
}

/// Lengths of every order of magnitude, and those beside the powers of two, at which the wheel has its borders.
fn length() -> impl Strategy<Value = u64> {
    prop_oneof![
        0_u64..4,
        (0_u32..63, 0_u64..3).prop_map(|(power, off)| (1 << power) + off - 1),
        (0_u32..63).prop_flat_map(|power| 0..1_u64 << power),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => length().prop_map(Op::Set),
        1 => length().prop_map(Op::SetPast),
        1 => any::<u64>().prop_map(Op::SetFar),
        4 => any::<usize>().prop_map(Op::Cancel),
        6 => Just(Op::TakeDue),
        4 => length().prop_map(Op::Advance),
        2 => Just(Op::LookAhead),
        1 => Just(Op::Clear),
    ]
}

/// After 584 years, every deadline is never.
fn counts_as(deadline: Duration) -> Duration {
    match deadline < ns(u64::MAX) {
        true => deadline,
        false => Duration::MAX,
    }
}

#[derive(Default)]
struct Both {
    timers: Timers<usize>,
    /// By deadline, and those with equal deadlines in the order of setting.
    list: Vec<(Duration, usize)>,
    /// All that were ever set; their values are their numbers.
    ids: Vec<TimerId>,
    now: Duration,
}

impl Both {
    fn set(&mut self, deadline: Duration) {
        let number = self.ids.len();
        self.ids.push(self.timers.set(deadline, number));
        let deadline = counts_as(deadline);
        let place = self.list.partition_point(|(other, _)| *other <= deadline);
        self.list.insert(place, (deadline, number));
    }

    fn perform(&mut self, op: Op) -> Result<(), TestCaseError> {
        match op {
            Op::Set(length) => self.set(self.now.saturating_add(ns(length))),
            Op::SetPast(length) => self.set(self.now.saturating_sub(ns(length))),
            Op::SetFar(length) => self.set(Duration::MAX - ns(length)),
            Op::Cancel(_) if self.ids.is_empty() => {}
            Op::Cancel(number) => {
                let number = number % self.ids.len();
                let place = self.list.iter().position(|(_, other)| *other == number);
                let expected = place.map(|place| self.list.remove(place).1);
                prop_assert_eq!(self.timers.cancel(self.ids[number]), expected);
            }
            Op::TakeDue => {
                let first = self
                    .list
                    .first()
                    .filter(|(deadline, _)| *deadline <= self.now);
                let expected = first.map(|(_, number)| *number);
                self.list.drain(..usize::from(expected.is_some()));
                prop_assert_eq!(self.timers.take_due(self.now), expected);
            }
            Op::Advance(length) => self.now = self.now.saturating_add(ns(length)),
            Op::LookAhead => {
                let first = self.list.first().map(|(deadline, _)| *deadline);
                prop_assert_eq!(self.timers.next_deadline(), first);
            }
            Op::Clear => {
                self.timers.clear();
                self.list.clear();
            }
        }
        prop_assert_eq!(self.timers.len(), self.list.len());
        self.timers.wheel.assert_invariant();
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(21),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_order_is_that_of_a_sorted_list(ops in prop::collection::vec(op(), 0..60)) {
        let mut both = Both::default();
        for op in ops {
            both.perform(op)?;
        }
        let left = both.list.into_iter().map(|(_, number)| number);
        prop_assert!(due(&mut both.timers, Duration::MAX).into_iter().eq(left));
    }
}
