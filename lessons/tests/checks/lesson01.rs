use std::cell::Cell;

use crate::lesson01::{launch, running_total};

#[test]
fn launch_counts_down_and_blasts_off_once() {
    let said: Vec<String> = launch(3).into_iter().collect();
    assert_eq!(said, ["3", "2", "1", "Blast off!"]);
}

#[test]
fn launch_from_zero_only_blasts_off() {
    let said: Vec<String> = launch(0).into_iter().collect();
    assert_eq!(said, ["Blast off!"]);
}

#[test]
fn running_total_gives_a_sum_after_each_number() {
    let sums: Vec<u32> = running_total([1, 2, 3, 10]).into_iter().collect();
    assert_eq!(sums, [1, 3, 6, 16]);
}

#[test]
fn running_total_takes_a_number_only_when_it_is_asked() {
    let taken = Cell::new(0);
    let numbers = (1..=5).inspect(|_| taken.set(taken.get() + 1));
    let mut sums = running_total(numbers).into_iter();
    assert_eq!(taken.get(), 0, "taken before the first resume");
    assert_eq!(sums.next(), Some(1));
    assert_eq!(taken.get(), 1, "taken after the first resume");
    assert_eq!(sums.next(), Some(3));
    assert_eq!(taken.get(), 2, "taken after the second resume");
}
