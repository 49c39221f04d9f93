//! The lanes of lesson 11 for the crate's loop, which reports itself what its tasks do.

use tminus::{Exception, timeline::Timeline};

/// Listens while `run` runs a loop. What comes back draws the lanes of all tasks, in which a turn is a poll.
pub fn watch<T>(run: impl FnOnce() -> Result<T, Exception>) -> Result<Timeline, Exception> {
    let (result, timeline) = Timeline::of(run);
    result?;
    Ok(timeline)
}
