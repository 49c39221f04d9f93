//! Small runs: their pictures are files.

use std::{fs, path::Path};

use tminus::timeline::Timeline;

use crate::programs;

/// The picture is what the file has. With `BLESS=1`, the file is what the picture is.
fn assert_golden(name: &str, picture: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/timeline")
        .join(name);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, picture).unwrap();
        return;
    }
    let golden = fs::read_to_string(&path)
        .unwrap_or_default()
        .replace("\r\n", "\n");
    assert_eq!(
        picture, golden,
        "{name} is another picture: see the top of tests/timeline/main.rs"
    );
}

/// Both pictures of a program, which are the same in each of its runs.
fn assert_both(name: &str, program: fn() -> Timeline) {
    let (timeline, again) = (program(), program());
    assert_eq!(timeline.svg(), again.svg());
    assert_golden(&format!("{name}.txt"), &timeline.text(80));
    assert_golden(&format!("{name}.svg"), &timeline.svg());
}

#[test]
fn three_countdowns() {
    assert_both("three_countdowns", programs::three_countdowns);
}

#[test]
fn two_sleepers() {
    assert_both("two_sleepers", programs::two_sleepers);
}

#[test]
fn a_task_awaited() {
    assert_both("a_task_awaited", programs::a_task_awaited);
}

#[test]
fn a_lock_with_two_waiters() {
    assert_both("a_lock_with_two_waiters", programs::a_lock_with_two_waiters);
}

#[test]
fn a_producer_and_a_consumer() {
    assert_both(
        "a_producer_and_a_consumer",
        programs::a_producer_and_a_consumer,
    );
}

#[test]
fn a_cancellation_and_a_failure() {
    assert_both(
        "a_cancellation_and_a_failure",
        programs::a_cancellation_and_a_failure,
    );
}

#[test]
fn cancelled_before_it_began() {
    assert_both(
        "cancelled_before_it_began",
        programs::cancelled_before_it_began,
    );
}

#[test]
fn every_reason_to_wait() {
    assert_both("every_reason_to_wait", programs::every_reason_to_wait);
}

#[test]
fn a_ring() {
    assert_both("a_ring", || programs::in_a_ring(12));
}

#[test]
fn a_narrow_terminal_has_bands() {
    assert_golden(
        "narrow.txt",
        &programs::a_cancellation_and_a_failure().text(24),
    );
    assert_golden("narrow_turns.txt", &programs::three_countdowns().text(30));
}

#[test]
fn nothing() {
    let nothing = Timeline::default();
    assert_eq!(nothing.text(80), "nothing was recorded\n");
    assert_golden("nothing.svg", &nothing.svg());
}
