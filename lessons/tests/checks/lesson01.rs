use std::cell::Cell;

use crate::lesson01::{Countdown, countdown, running_total};

#[test]
fn countdown_by_hand_counts_to_1() {
    let values: Vec<u32> = Countdown::new(3).take(9).collect(); // no more than nine, in case it has no end
    assert_eq!(values, [3, 2, 1], "the values of Countdown::new(3)");
}

#[test]
fn countdown_by_hand_from_0_is_at_its_end() {
    assert_eq!(Countdown::new(0).next(), None, "Countdown::new(0).next()");
}

#[test]
fn countdown_by_hand_stays_at_its_end() {
    let mut c = Countdown::new(1);
    let trace = format!("{:?}, {:?}, {:?}", c.next(), c.next(), c.next());
    assert_eq!(
        trace, "Some(1), None, None",
        "three times next() of Countdown::new(1)"
    );
}

#[test]
fn countdown_yields_each_number_and_then_completes() {
    let mut c = countdown(3);
    let mut trace = Vec::new();
    for resume in 1..=4 {
        trace.push(format!("resume {resume}: {:?}", c.resume()));
        if trace[resume - 1].ends_with("Complete(())") {
            break; // one more resume would panic
        }
    }
    let want = [
        "resume 1: Yielded(3)",
        "resume 2: Yielded(2)",
        "resume 3: Yielded(1)",
        "resume 4: Complete(())",
    ];
    assert_eq!(trace, want, "the resumes of countdown(3)");
}

#[test]
fn countdown_from_0_yields_nothing() {
    let first = format!("{:?}", countdown(0).resume());
    assert_eq!(first, "Complete(())", "the first resume of countdown(0)");
}

#[test]
fn two_countdowns_keep_a_place_each() {
    let (mut five, mut three) = (countdown(5), countdown(3));
    let trace = [1, 2].map(|_| format!("{:?} and {:?}", five.resume(), three.resume()));
    let want = ["Yielded(5) and Yielded(3)", "Yielded(4) and Yielded(2)"];
    assert_eq!(
        trace, want,
        "countdown(5) and countdown(3), resumed in turn"
    );
}

#[test]
fn running_total_yields_a_sum_after_each_number() {
    let sums: Vec<u32> = running_total([1, 2, 3, 10]).into_iter().collect();
    assert_eq!(sums, [1, 3, 6, 16], "the sums of 1, 2, 3, 10");
}

#[test]
fn running_total_takes_a_number_only_when_a_sum_is_asked_for() {
    let taken = Cell::new(0);
    let numbers = (1..=5).inspect(|_| taken.set(taken.get() + 1));
    let mut sums = running_total(numbers).into_iter();
    let mut trace = vec![format!("created, taken {}", taken.get())];
    for resume in 1..=2 {
        let sum = sums.next();
        trace.push(format!("resume {resume}: {sum:?}, taken {}", taken.get()));
    }
    let want = [
        "created, taken 0",
        "resume 1: Some(1), taken 1",
        "resume 2: Some(3), taken 2",
    ];
    assert_eq!(trace, want, "running_total of 1, 2, 3, 4, 5");
}
