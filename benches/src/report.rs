//! The digest of what bodies report in their turns.

use std::cell::Cell;

use crate::digest;

thread_local! {
    static DIGEST: Cell<u64> = const { Cell::new(0) };
}

/// Takes a value into the digest. Every body calls it in every turn, so a turn that is left out, or out of order, changes
/// the digest.
#[inline(always)]
pub fn report(value: u64) {
    DIGEST.set(digest(DIGEST.get(), value));
}

/// Returns the digest of what all bodies have reported since the last call.
pub fn take_digest() -> u64 {
    DIGEST.take()
}
