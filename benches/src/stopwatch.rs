//! The part of some work that counts, where it is not all of it: turns, but not the making of who takes them.

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

/// Only the time counts from when so many have [begun](began) to when so many turns are [taken](took_turn).
pub fn only_turns_count(beginners: u64, turns: u64) {
    TO_BEGIN.set(beginners);
    TO_TAKE.set(turns);
}

/// One more of those who take turns is there.
#[inline(always)]
pub fn began() {
    if counts_down(&TO_BEGIN) {
        BEGUN.set(Some(Instant::now()));
    }
}

/// One more turn is taken.
#[inline(always)]
pub fn took_turn() {
    if counts_down(&TO_TAKE) {
        TOOK.set(BEGUN.take().map(|begun| begun.elapsed()));
    }
}

/// Whether this was the last. Where nobody counts it never is.
#[inline(always)]
fn counts_down(left: &'static Local<u64>) -> bool {
    left.set(left.get().wrapping_sub(1));
    left.get() == 0
}

/// What counted since the last time, if not all did.
pub(crate) fn take_time() -> Option<Duration> {
    TOOK.take()
}
