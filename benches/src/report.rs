//! What bodies that take turns report.

use std::cell::Cell;

use crate::digest;

thread_local! {
    static DIGEST: Cell<u64> = const { Cell::new(0) };
}

/// What every body does in a turn. Were one left out, or its order wrong, the digest would tell.
#[inline(always)]
pub fn report(value: u64) {
    DIGEST.set(digest(DIGEST.get(), value));
}

/// What all bodies have reported since the last time.
pub fn take_digest() -> u64 {
    DIGEST.take()
}
