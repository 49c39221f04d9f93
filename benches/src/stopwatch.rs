//! Times only a part of some work: turns, but not the creation of the tasks that take them.

use std::{
    cell::Cell,
    thread::LocalKey,
    time::{Duration, Instant},
};

type Local<T> = LocalKey<Cell<T>>;

thread_local! {
    static TO_BEGIN: Cell<u64> = const { Cell::new(0) };
    static TO_TAKE: Cell<u64> = const { Cell::new(0) };
    static BEGUN: Cell<Option<Instant>> = const { Cell::new(None) };
    static TOOK: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// Starts the clock when `beginners` tasks have [begun](began), and stops it when `turns` turns are [taken](took_turn).
pub fn only_turns_count(beginners: u64, turns: u64) {
    TO_BEGIN.set(beginners);
    TO_TAKE.set(turns);
}

/// Counts one more task that has begun.
#[inline(always)]
pub fn began() {
    if counts_down(&TO_BEGIN) {
        BEGUN.set(Some(Instant::now()));
    }
}

/// Counts one more turn that is taken.
#[inline(always)]
pub fn took_turn() {
    if counts_down(&TO_TAKE) {
        TOOK.set(BEGUN.take().map(|begun| begun.elapsed()));
    }
}

/// Returns `true` if this was the last one. If nothing is counted, the number wraps around, and there is no last one.
#[inline(always)]
fn counts_down(left: &'static Local<u64>) -> bool {
    left.set(left.get().wrapping_sub(1));
    left.get() == 0
}

/// Returns the time of the part that counts since the last call, if only a part does.
pub(crate) fn take_time() -> Option<Duration> {
    TOOK.take()
}
