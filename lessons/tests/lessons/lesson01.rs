use genawaiter::rc::{Co, Gen};
use tminus_lessons::lesson01_countdown::{Countdown, countdown, lucas};

use crate::programs::{demo, recorded};

#[test]
fn the_programs_print_what_cpython_printed() {
    let ours = demo("lesson01");
    let ours = ours.lines().skip(7); // the first section is not Python's
    let ours: Vec<&str> = ours.filter(|line| !line.starts_with("== ")).collect();
    let theirs = [
        recorded("29_generator_expression"),
        recorded("30_countdown"),
        recorded("40_lucas_search"),
    ]
    .concat();
    // Python names the objects it prints, `<class 'generator'>`. In Rust a type has no name when the program runs.
    let theirs: Vec<&str> = theirs
        .lines()
        .filter(|line| !line.starts_with('<'))
        .collect();
    assert_eq!(ours, theirs);
}

#[test]
fn both_countdowns_sum_to_55() {
    assert_eq!(Countdown::new(10).sum::<u32>(), 55);
    assert_eq!(countdown(10).into_iter().sum::<u32>(), 55);
}

fn forgetful() -> Gen<u32, (), impl Future<Output = ()>> {
    Gen::new(async |co: Co<u32>| {
        #[expect(unused_must_use, reason = "the `.await` is what we forget")]
        co.yield_(2);
        co.yield_(1).await;
    })
}

#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "Multiple values were yielded without an intervening await.")]
fn a_forgotten_await_panics() {
    forgetful().resume();
}

#[test]
#[cfg(not(debug_assertions))]
fn a_forgotten_await_loses_the_value() {
    assert!(forgetful().into_iter().eq([1]));
}

#[test]
#[should_panic(expected = "`async fn` resumed after completion")]
fn a_finished_generator_panics_when_it_is_resumed() {
    let mut c = countdown(0);
    c.resume();
    c.resume();
}

#[test]
fn the_search_for_six_digits_resumes_25_times() {
    let numbers: Vec<u64> = lucas().into_iter().take(25).collect();
    assert_eq!(numbers[24], 103_682);
    assert_eq!(
        numbers.iter().position(|n| n.to_string().len() >= 6),
        Some(24)
    );
}
